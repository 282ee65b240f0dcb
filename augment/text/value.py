"""What a text sample is between decoding and encoding: a Document of Passages.

A step never writes a passage anew: it gives ``edited`` what to put where, or ``rearranged`` which stretches in which
order, and what is annotated moves with it. What is unlawful is left undone there, so no step can break a label: an
edit that touches what is guarded (see guards.py), or would cut a grapheme cluster (Unicode Standard Annex 29) or join
two of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from augment.annotations import Span
from augment.text import guards, marks
from augment.text.graphemes import boundaries
from augment.text.guards import DEFAULT, Policy, Range
from augment.text.marks import Edit
from augment.text.words import words

__all__ = ["Document", "Edit", "Passage", "Range"]


@dataclass(frozen=True, eq=False)
class Passage:
    """One text, and what stands where in it. Lazy: what is found out once serves all copies of a source.

    Args:
        text: Any Unicode without lone surrogates; code points are counted.
        spans: Of this text only, in any order, all within it.
        policy: What is left alone.
    """

    text: str
    spans: tuple[Span, ...] = ()
    policy: Policy = DEFAULT

    @cached_property
    def guarded(self) -> Sequence[Range]:
        """Stretches that edits leave alone: sorted, none touching the next, none empty."""
        return guards.ranges(self.text, self.spans, self.policy)

    @cached_property
    def words(self) -> Sequence[Range]:
        """Where words are that may be edited, in order; see words.py for what is a word."""
        found = words(self.text)
        guarded = self.guarded
        if not guarded:
            return found
        return [word for word in found if not self.touches(*word)]

    @cached_property
    def boundaries(self) -> frozenset[int] | None:
        """Where one may cut: before each grapheme cluster and at the end; None stands for everywhere."""
        return boundaries(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.guarded]

    def touches(self, start: int, end: int) -> bool:
        """Whether an edit from ``start`` to ``end`` would change what is guarded; an insertion if it is inside."""
        guarded = self.guarded
        if not guarded:
            return False
        place = bisect_right(self._starts, start) - 1
        if place >= 0 and guarded[place][1] > start and (end > start or guarded[place][0] < start):
            return True
        return place + 1 < len(guarded) and guarded[place + 1][0] < end

    def clusters(self, start: int = 0, end: int | None = None) -> list[Range]:
        """The grapheme clusters from ``start`` to ``end``, which must be boundaries."""
        stop = len(self.text) if end is None else end
        cuts = self.boundaries
        if cuts is None:
            return [(place, place + 1) for place in range(start, stop)]
        edges = [place for place in range(start, stop + 1) if place in cuts]
        return list(zip(edges, edges[1:], strict=False))

    def edited(self, edits: Iterable[Edit]) -> Passage:
        """With some stretches replaced.

        Args:
            edits: ``(start, end, replacement)`` in code points; start = end inserts. In any order. One that overlaps
                an earlier, is unlawful, or changes nothing, is left out.

        Returns:
            The new passage; this one itself where nothing has changed.
        """
        lawful = self._lawful(edits)
        if not lawful:
            return self
        text = marks.rewritten(self.text, lawful)
        cuts = boundaries(text)
        if cuts is not None:
            lawful = marks.seamed(lawful, cuts)
            if not lawful:
                return self
            text = marks.rewritten(self.text, lawful)
        return Passage(text, marks.moved(self.spans, lawful) if self.spans else (), self.policy)

    def _lawful(self, edits: Iterable[Edit]) -> list[Edit]:
        """Those edits that may be done, in order, none overlapping another."""
        found: list[Edit] = []
        free, cuts, text = 0, self.boundaries, self.text
        length = len(text)
        for edit in sorted(edits, key=_place):
            start, end, new = edit
            if start < free or end > length or end < start or self.touches(start, end) or text[start:end] == new:
                continue
            if cuts is not None and not (start in cuts and end in cuts):
                continue
            if found and start == free and start == found[-1][0] and start == end:
                continue  # two insertions at one place
            found.append(edit)
            free = end
        return found

    def may_part(self, place: int) -> bool:
        """Whether one may cut here and put something else in between."""
        return not self.touches(place, place) and (self.boundaries is None or place in self.boundaries)

    def rearranged(self, pieces: Sequence[Range]) -> Passage:
        """Some stretches of the text in a given order; what is in none of them is gone.

        Args:
            pieces: ``(start, end)`` each, none overlapping another.

        Returns:
            The new passage; this one itself where that would lose an entity or an answer, cut what is guarded or a
            grapheme cluster, or change nothing.
        """
        if not all(self.may_part(place) for piece in pieces for place in piece):
            return self
        text = "".join([self.text[start:end] for start, end in pieces])
        if text == self.text:
            return self
        spans = marks.carried(self.spans, pieces)
        cuts = boundaries(text)
        if spans is None or (cuts is not None and not marks.joined(pieces) <= cuts):
            return self
        return Passage(text, spans, self.policy)


def _place(edit: Edit) -> tuple[int, int]:
    return edit[0], edit[1]


@dataclass(frozen=True)
class Document:
    """One sample.

    Args:
        passages: Column -> its text. A file has one, called ``text``.
        raw: The bytes that it was decoded from, or None once a text has changed.
        row: Whether it is the row of a table.
    """

    passages: Mapping[str, Passage]
    raw: bytes | None = None
    row: bool = False
    _marked: dict[Policy, Document] = field(default_factory=dict, repr=False, compare=False)

    @property
    def texts(self) -> dict[str, str]:
        """Column -> text."""
        return {name: passage.text for name, passage in self.passages.items()}

    def marked(self, spans: Sequence[Span], policy: Policy) -> Document:
        """With its annotations; the same object when asked again. They are those of one source: always the same."""
        if policy not in self._marked:
            first = next(iter(self.passages))
            own: dict[str, list[Span]] = {}
            for span in spans:
                own.setdefault(span.column or first, []).append(span)
            passages = {name: Passage(old.text, tuple(own.get(name, ())), policy) for name, old in self.passages.items()}
            self._marked[policy] = replace(self, passages=passages, _marked={})
        return self._marked[policy]

    def changed(self, passages: Mapping[str, Passage]) -> Document:
        """With some passages replaced; this one itself where they are the ones that it has."""
        if all(self.passages[name] is passage for name, passage in passages.items()):
            return self
        return replace(self, passages={**self.passages, **passages}, raw=None, _marked={})

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of all passages."""
        return tuple(span for passage in self.passages.values() for span in passage.spans)
