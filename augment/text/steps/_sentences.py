"""Sentences of a passage that can be moved and taken away: none is cut where something is annotated or guarded.

Nor is a quotation or a bracket, which would be left open.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from augment.text.sentences import quoted, sentences
from augment.text.value import Passage, Range


def movable(passage: Passage) -> list[Range]:
    """Sentences without the white space between them, in order; those that share a span or the like are one."""
    found = sentences(passage.text)
    if not found:
        return found
    if _within(passage, found[0][0]):
        found[0] = 0, found[0][1]
    if _within(passage, found[-1][1]):
        found[-1] = found[-1][0], len(passage.text)
    ends, starts = [end for _, end in found[:-1]], [start for start, _ in found[1:]]
    barred = {
        turn
        for turn, (end, start) in enumerate(zip(ends, starts, strict=True))
        if not (passage.may_part(end) and passage.may_part(start))
    }
    whole = [(span.start, span.end) for span in passage.spans] + (quoted(passage.text) if ends else [])
    for first, last in whole:
        barred.update(range(bisect_right(starts, first), bisect_left(ends, last)))
    merged = [found[0]]
    for turn, sentence in enumerate(found[1:]):
        if turn in barred:
            merged[-1] = merged[-1][0], sentence[1]
        else:
            merged.append(sentence)
    return merged


def _within(passage: Passage, place: int) -> bool:
    """Whether a cut here would go through something."""
    return not passage.may_part(place) or any(span.start < place < span.end for span in passage.spans)
