"""Texts with tokens, once steps have been at work: as they will be written, so that copies are told apart by that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augment.spans import _anew, _tokens
from augment.text.marks import TOKENS
from augment.text.value import Document, Passage

KEPT = _tokens.KEPT
"""The fact of a sample that is null where its text stands beside its tokens."""


def settled(before: Document, after: Document, facts: Mapping[str, Any]) -> Document:
    """A document after all steps of a copy.

    Args:
        before: The same with its spans as they were read.
        after: As steps have left it.
        facts: Of the sample, as they were read.
    """
    changed: dict[str, Passage] = {}
    for name, passage in after.passages.items():
        old = before.passages.get(name)
        if old is None or old is passage or not old.spans:
            continue
        first = [span for span in old.spans if span.layer in TOKENS]
        if not first:
            continue
        by_tokens = facts.get(KEPT, KEPT) is not None and _anew.alone(old.text, first)
        text, spans = _anew.anew(first, passage.text, passage.spans, by_tokens)
        changed[name] = Passage(text, spans, passage.policy)
    return after.changed(changed) if changed else after
