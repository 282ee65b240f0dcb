"""How what is annotated moves when a text is edited or rearranged. Offsets are code points."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from augment.annotations import Span

Edit = tuple[int, int, str]
"""Start, end and what stands there instead; start = end inserts."""

TOKENS = frozenset({"token"})
"""Layers that say how a text was cut into words."""

LOOSE = TOKENS | {"sentence"}
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


def unstuck(edits: Sequence[Edit], text: str, guarded: Sequence[tuple[int, int]]) -> list[Edit]:
    """Those edits that put no letter next to a guarded stretch of ``text`` where there was none.

    A name, a mention or an address would be another one, or none: ``see @me`` without its blank.
    """
    starts = [start for start, _, _ in edits]
    ends = [end for _, end, _ in edits]
    gone: set[int] = set()
    for start, end in guarded:
        first = last = bisect_right(ends, start)  # those before it end at first
        while first and ends[first - 1] == start:
            first -= 1
        if first < last and not _sticks(text[start - 1 : start]) and _sticks(_before(edits, text, last)):
            gone.update(range(first, last))
        first = last = bisect_left(starts, end)
        while last < len(edits) and starts[last] == end:
            last += 1
        if first < last and not _sticks(text[end : end + 1]) and _sticks(_after(edits, text, first)):
            gone.update(range(first, last))
    return [edit for place, edit in enumerate(edits) if place not in gone] if gone else [*edits]


def _before(edits: Sequence[Edit], text: str, turn: int) -> str:
    """The character that stands where the edits before ``turn`` end, which there must be."""
    while True:
        turn -= 1
        start, _, new = edits[turn]
        if new:
            return new[-1]
        if not turn or edits[turn - 1][1] < start:
            return text[start - 1 : start] if start else ""


def _after(edits: Sequence[Edit], text: str, turn: int) -> str:
    """The character that stands where the edits from ``turn`` on begin, which there must be."""
    while True:
        _, end, new = edits[turn]
        if new:
            return new[0]
        turn += 1
        if turn == len(edits) or edits[turn][0] > end:
            return text[end : end + 1]


def _sticks(char: str) -> bool:
    return char.isalnum() or char in ("_", "&", "%")


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
    """Spans after a rearrangement; None where one is lost or torn that is said of the very words.

    One that is not goes, unless all that it was made of is still in one place.
    """
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
            whole = _together(span, pieces, (order, starts, places))
            if whole is not None:
                found.append(whole)
            continue
        shift = places[index] - pieces[index][0]
        found.append(replace(span, start=span.start + shift, end=span.end + shift))
    return tuple(sorted(found, key=lambda span: (span.start, span.end)))


def _together(
    span: Span, pieces: Sequence[tuple[int, int]], where: tuple[list[int], list[int], list[int]]
) -> Span | None:
    """A span over several pieces, where those stand side by side again; None where they don't, or one is gone.

    Those of a token must be in their order, too: of others it would be another word.
    """
    order, starts, places = where
    first = max(bisect_right(starts, span.start) - 1, 0)
    own = order[first : bisect_left(starts, span.end)]
    if not own or sum(pieces[index][1] - pieces[index][0] for index in own) != pieces[own[-1]][1] - starts[first]:
        return None
    before, after = span.start - starts[first], pieces[own[-1]][1] - span.end
    low, high = min(own), max(own)
    if before < 0 or after < 0 or high - low + 1 != len(own) or (span.layer in TOKENS and own != sorted(own)):
        return None
    if (before and low != own[0]) or (after and high != own[-1]):
        return None  # what it has a part of is no more at its edge
    return replace(span, start=places[low] + before, end=places[high + 1] - after)


def sticking(guarded: Sequence[tuple[int, int]], texts: tuple[str, str], pieces: Sequence[tuple[int, int]]) -> bool:
    """Whether a rearrangement puts a letter next to a guarded stretch where there was none; see ``unstuck``.

    Args:
        guarded: Stretches of the old text, each in one piece or in none.
        texts: The old and the new.
        pieces: As for ``carried``.
    """
    old, new = texts
    places = list(accumulate((end - start for start, end in pieces), initial=0))
    order = sorted(range(len(pieces)), key=lambda index: pieces[index])
    starts = [pieces[index][0] for index in order]
    for start, end in guarded:
        turn = bisect_right(starts, start) - 1
        if turn < 0 or pieces[order[turn]][1] < end:
            continue
        shift = places[order[turn]] - starts[turn]
        first, last = start + shift, end + shift
        if first and _sticks(new[first - 1]) and not _sticks(old[start - 1 : start]):
            return True
        if _sticks(new[last : last + 1]) and not _sticks(old[end : end + 1]):
            return True
    return False


def joined(pieces: Sequence[tuple[int, int]]) -> set[int]:
    """Where pieces meet in the new text."""
    return set(accumulate((end - start for start, end in pieces), initial=0))
