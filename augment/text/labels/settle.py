"""Annotations as a reader gives them -> true to the decoded document: in it, in its columns, in order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from augment.annotations import Annotations, Span
from augment.contracts import Settled
from augment.errors import SampleError
from augment.sample import Content
from augment.text.value import Document


def settle(document: Document, content: Content) -> Settled:
    """Make annotations true to their document.

    Raises:
        SampleError: They are of pictures or sounds: boxes, masks, events.
    """
    found = content.annotations or Annotations()
    if found.instances or found.masks or found.events:
        raise SampleError(
            "annotations do not fit", "boxes, masks and events belong to pictures and sounds, not to text"
        )
    if not found.spans:
        return Settled(found, found, {})
    notes: Counter[str] = Counter()
    first = next(iter(document.passages))
    kept = [span for span in found.spans if _fits(span, document, first, notes)]
    whole = found if len(kept) == len(found.spans) else replace(found, spans=tuple(kept))
    return Settled(whole, whole, dict(notes))


def _fits(span: Span, document: Document, first: str, notes: Counter[str]) -> bool:
    """Whether a span lies within its text."""
    passage = document.passages.get(span.column or first)
    if passage is None:
        notes["spans dropped: no such text"] += 1
        return False
    if not 0 <= span.start <= span.end <= len(passage.text):
        notes["spans dropped: outside the text"] += 1
        return False
    return True
