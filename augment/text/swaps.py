"""Entities replaced by others, whole: the only way in which what is guarded may change."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

from augment.annotations import Span
from augment.text import guards, marks
from augment.text.graphemes import boundaries
from augment.text.guards import Policy, Range
from augment.text.marks import LOOSE, TOKENS, Edit

KEPT = frozenset({"answer"})
"""Layers whose very words are what they are for."""

_pieces = re.compile(r"\S+").finditer


def parted(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans with those tokens cut that have white space in them."""
    found: list[Span] = []
    for span in spans:
        if span.layer in TOKENS and any(map(str.isspace, text[span.start : span.end])):
            found += _cut([span], text[span.start : span.end], span.start)
        else:
            found.append(span)
    return tuple(found)


def _cut(old: Sequence[Span], words: str, start: int) -> list[Span]:
    """A token for each piece of some words; what is said of it is said of the first, or last, of the old ones."""
    pieces = [(start + match.start(), start + match.end()) for match in _pieces(words)]
    return [replace(old[-1] if turn else old[0], start=low, end=high) for turn, (low, high) in enumerate(pieces)]


def swappable(text: str, spans: Sequence[Span], policy: Policy) -> list[Span]:
    """Which spans may be swapped, in order: those that overlap no other, are no answer, and cut nothing guarded."""
    named = sorted((span for span in spans if span.layer not in LOOSE), key=_place)
    looks = guards.ranges(text, (), policy)
    cuts = boundaries(text)
    found: list[Span] = []
    reach = 0
    for turn, span in enumerate(named):
        alone = span.start >= reach and (turn + 1 == len(named) or named[turn + 1].start >= span.end)
        reach = max(reach, span.end)
        if not alone or span.start == span.end or span.layer in KEPT:
            continue
        if cuts is not None and not (span.start in cuts and span.end in cuts):
            continue
        inside = _overlapping(looks, span.start, span.end)
        if not inside or (inside[0][0] >= span.start and inside[-1][1] <= span.end):
            found.append(span)
    return found


def _overlapping(stretches: Sequence[Range], start: int, end: int) -> Sequence[Range]:
    """Those of some sorted stretches, none of which overlap, that overlap another."""
    first = bisect_right(stretches, start, key=itemgetter(1))
    return stretches[first : bisect_left(stretches, end, first, key=itemgetter(0))]


def swapped(
    text: str, spans: Sequence[Span], policy: Policy, replacements: Iterable[tuple[Span, str]]
) -> tuple[str, tuple[Span, ...]]:
    """A text and its spans with some of them replaced; see ``Passage.swapped``."""
    fit = swappable(text, spans, policy)
    wanted = {id(span): words for span, words in replacements}
    edits: list[Edit] = [
        (start, end, words)
        for span in fit
        if (words := wanted.get(id(span), "").strip())
        for start, end in [_core(text, span)]
        if start < end and words != text[start:end]
    ]
    looks = guards.ranges(text, (), policy)
    while edits:
        made = marks.rewritten(text, edits)
        cuts = boundaries(made)
        kept = edits if cuts is None else marks.seamed(edits, cuts)
        places = [(start, end) for start, end, _ in kept]
        kept = marks.unstuck(kept, text, [look for look in looks if not _overlapping(places, *look)])
        if len(kept) == len(edits):
            return made, _moved(spans, edits)
        edits = kept
    return text, tuple(spans)


def _core(text: str, span: Span) -> Range:
    """A span without white space at its edges, which stays: it parts words."""
    words = text[span.start : span.end]
    end = span.start + len(words.rstrip())
    return min(end, span.end - len(words.lstrip())), end


def _moved(spans: Sequence[Span], edits: Sequence[Edit]) -> tuple[Span, ...]:
    """Spans after whole ones were replaced, sorted by place; tokens in those are cut anew."""
    starts = [start for start, _, _ in edits]
    inner: dict[int, list[Span]] = {}
    outer: list[Span] = []
    for span in spans:
        turn = bisect_left(starts, span.start + 1) - 1
        if span.layer in TOKENS and turn >= 0 and span.end <= edits[turn][1]:
            inner.setdefault(turn, []).append(span)
        else:
            outer.append(span)
    found = list(marks.moved(outer, edits))
    shift = 0
    for turn, (start, end, words) in enumerate(edits):
        if turn in inner:
            found += _cut(sorted(inner[turn], key=_place), words, start + shift)
        shift += len(words) - (end - start)
    return tuple(sorted(found, key=_place))


def _place(span: Span) -> tuple[int, int]:
    return span.start, span.end
