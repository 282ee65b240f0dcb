"""How what is annotated moves when a text is edited or rearranged. Offsets are code points."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from augment.annotations import Span

Edit = tuple[int, int, str]
"""Start, end and what stands there instead; start = end inserts."""

LOOSE = frozenset({"token"})
"""Layers that follow whatever is done to the text; all others are said of the very words."""


def rewritten(text: str, edits: Sequence[Edit]) -> str:
    """The text with its edits, which are sorted and do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in edits:
        parts.append(text[done:start])
        parts.append(new)
        done = end
    parts.append(text[done:])
    return "".join(parts)


def seamed(edits: Sequence[Edit], cuts: frozenset[int]) -> list[Edit]:
    """Those edits whose ends are boundaries (``cuts``) of the new text: the others would join grapheme clusters."""
    kept: list[Edit] = []
    shift = 0
    for start, end, new in edits:
        if start + shift in cuts and start + shift + len(new) in cuts:
            kept.append((start, end, new))
        shift += len(new) - (end - start)
    return kept


def moved(spans: Sequence[Span], edits: Sequence[Edit]) -> tuple[Span, ...]:
    """Spans after edits, which are sorted and do not overlap.

    What is put in at a span's edge is outside of it, what replaces all of it is the span. A span whose whole text is
    taken away goes with it; so does one that was empty, if an edit covers its place.
    """
    starts = [start for start, _, _ in edits]
    ends = [end for _, end, _ in edits]
    shifts = list(accumulate((len(new) - (end - start) for start, end, new in edits), initial=0))
    found: list[Span] = []
    for span in spans:
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end)
        start, end = span.start + shifts[first], span.end + shifts[max(first, last)]
        if first < last:  # some begin before its end and end after its start
            (before, until, new), (begun, after, end_new) = edits[first], edits[last - 1]
            if before < span.start:
                if until >= span.end:
                    continue
                start = before + shifts[first] + len(new)
            if after > span.end:
                end = begun + shifts[last - 1] + (len(end_new) if begun == span.start else 0)
            if end <= start:
                continue
        found.append(span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end))
    return tuple(found)


def carried(spans: Sequence[Span], pieces: Sequence[tuple[int, int]]) -> tuple[Span, ...] | None:
    """Spans after a rearrangement; None where one is lost or torn that is said of the very words."""
    places = list(accumulate((end - start for start, end in pieces), initial=0))
    order = sorted(range(len(pieces)), key=lambda index: pieces[index])
    starts = [pieces[index][0] for index in order]
    found: list[Span] = []
    for span in spans:
        turn = bisect_right(starts, span.start) - 1
        index = order[turn] if turn >= 0 else -1
        if index < 0 or pieces[index][1] < span.end:
            if span.layer not in LOOSE:
                return None
            continue
        shift = places[index] - pieces[index][0]
        found.append(replace(span, start=span.start + shift, end=span.end + shift))
    return tuple(sorted(found, key=lambda span: (span.start, span.end)))


def joined(pieces: Sequence[tuple[int, int]]) -> set[int]:
    """Where pieces meet in the new text."""
    return set(accumulate((end - start for start, end in pieces), initial=0))
