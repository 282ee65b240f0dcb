"""Edits of a passage whose tokens are told: a token has no white space in it, whatever was put there."""

from __future__ import annotations

from collections.abc import Iterable

from augment.text.marks import TOKENS, Edit
from augment.text.swaps import parted
from augment.text.value import Passage


def edited(passage: Passage, edits: Iterable[Edit]) -> Passage:
    """As ``Passage.edited``; a token that has got white space is cut there, unless tokens have had such before."""
    made = passage.edited(edits)
    if made is passage or not any(span.layer in TOKENS for span in passage.spans):
        return made
    return made if _spaced(passage) else Passage(made.text, parted(made.text, made.spans), made.policy)


def _spaced(passage: Passage) -> bool:
    """Whether a token has white space in it."""
    return any(
        len(passage.text[span.start : span.end].split(None, 1)) > 1 for span in passage.spans if span.layer in TOKENS
    )
