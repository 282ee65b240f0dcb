"""What a text sample is between decoding and encoding: a Document of Passages.

A step never writes a passage anew: it gives ``edited`` what to put where, or ``rearranged`` which stretches in which
order, and what is annotated moves with it. What is unlawful is left undone there, so no step can break a label: an
edit that touches what is guarded (see guards.py) or makes a word grow onto it, or would cut a grapheme cluster
(Unicode Standard Annex 29) or join two of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, TypeVar

from augment.annotations import Span
from augment.text import guards, marks, swaps
from augment.text.graphemes import boundaries
from augment.text.guards import DEFAULT, Policy, Range
from augment.text.marks import Edit
from augment.text.words import words

__all__ = ["Document", "Edit", "Passage", "Range"]

_ROUNDS = 9
"""How often edits are looked at anew of which some had to be left out; texts that need more are no texts."""

Found = TypeVar("Found")


class _Once(Generic[Found]):
    """What is found out once, as by ``functools.cached_property``, which takes a lock before Python 3.12: 1 us."""

    def __init__(self, find: Callable[[Any], Found]) -> None:
        self.find = find
        self.name = find.__name__
        self.__doc__ = find.__doc__

    def __get__(self, owner: Any, kind: type) -> Found:
        found = self.find(owner)
        setattr(owner, self.name, found)
        return found


@dataclass(eq=False)
class Passage:
    """One text, and what stands where in it. Lazy: what is found out once serves all copies of a source.

    No step writes into it. It is not frozen only because that doubles the time it takes to make one, as with Sample.

    Args:
        text: Any Unicode without lone surrogates; code points are counted.
        spans: Of this text only, in any order, all within it.
        policy: What is left alone.
    """

    text: str
    spans: tuple[Span, ...] = ()
    policy: Policy = DEFAULT
    tokens: Sequence[str] | None = field(default=None, init=False, repr=False)
    """What ``_words.tokens_of`` has found, if it was asked again; empty after once, None before."""
    parts: list[str] | None = field(default=None, init=False, repr=False)
    """What ``_words.parts_of`` has found, as for ``tokens``."""
    foreign: bool | None = field(default=None, init=False, repr=False)
    """What ``_english.foreign`` has found; None where it was not asked."""

    @_Once
    def guarded(self) -> Sequence[Range]:
        """Stretches that edits leave alone: sorted, none overlapping the next, none empty."""
        return guards.ranges(self.text, self.spans, self.policy)

    @_Once
    def words(self) -> Sequence[Range]:
        """Where words are that may be edited, in order; see words.py for what is a word."""
        found = words(self.text)
        cuts = self.boundaries
        if cuts is not None:
            found = [word for word in found if word[0] in cuts and word[1] in cuts]
        if self.guarded:
            found = [word for word in found if not self.touches(*word)]
        return found

    @_Once
    def boundaries(self) -> frozenset[int] | None:
        """Where one may cut: before each grapheme cluster and at the end; None stands for everywhere."""
        return boundaries(self.text)

    @_Once
    def simple(self) -> bool:
        """Whether every code point is a character of its own, and none is guarded: as in most text."""
        text = self.text
        if not self.spans and text.isascii() and "\r" not in text and guards.unmarked(text):
            return True
        return self.boundaries is None and not self.guarded

    @_Once
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
        return list(pairwise(edges))

    def edited(self, edits: Iterable[Edit]) -> Passage:
        """With some stretches replaced.

        Args:
            edits: ``(start, end, replacement)`` in code points; start = end inserts. In any order; of two that
                overlap, that which begins first is done. One that is unlawful or changes nothing is left out.

        Returns:
            The new passage; this one itself where nothing has changed.
        """
        text = self.text
        anywhere = self.simple
        done, last, length = 0, -1, len(text)
        pieces: list[str] = []
        found: list[Edit] = []
        for edit in sorted(edits):
            start, end, new = edit
            if not done <= start <= end <= length or text[start:end] == new or start == end == last:
                continue  # overlaps the one before, is no stretch, changes nothing, or puts in at the same place
            if anywhere or self._may(start, end):
                pieces += (text[done:start], new)
                found.append(edit)
                done, last = end, start
        if not found:
            return self
        pieces.append(text[done:])
        made = "".join(pieces)
        if anywhere and "\r" not in made and (made.isascii() or boundaries("".join(pieces[1::2])) is None):
            return self._made(made, found, None)  # of characters that join no others, wherever they stand
        return self._settled(made, found)

    def _may(self, start: int, end: int) -> bool:
        """Whether an edit cuts no cluster and touches nothing guarded."""
        cuts = self.boundaries
        return (cuts is None or (start in cuts and end in cuts)) and not self.touches(start, end)

    def _settled(self, text: str, edits: list[Edit]) -> Passage:
        """With edits of which ``text`` is made, but for those that prove unlawful there."""
        for _ in range(_ROUNDS):
            cuts = boundaries(text)
            kept = edits if cuts is None else marks.seamed(edits, cuts)
            kept = marks.unstuck(kept, self.text, self.guarded) if self.guarded else kept
            if len(kept) == len(edits):
                return self._made(text, edits, cuts)
            edits = kept  # another look: what is left has other neighbours now
            text = marks.rewritten(self.text, edits)
        return self

    def _made(self, text: str, edits: list[Edit], cuts: frozenset[int] | None) -> Passage:
        if text == self.text:
            return self
        made = Passage(text, marks.moved(self.spans, edits) if self.spans else (), self.policy)
        made.boundaries = cuts
        return made

    def may_part(self, place: int) -> bool:
        """Whether one may cut here and put something else in between."""
        return not self.touches(place, place) and (self.boundaries is None or place in self.boundaries)

    def rearranged(self, pieces: Sequence[Range]) -> Passage:
        """Some stretches of the text in a given order; what is in none of them is gone.

        Args:
            pieces: ``(start, end)`` each, none overlapping another.

        Returns:
            The new passage; this one itself where that would lose an entity or an answer, cut what is guarded or a
            grapheme cluster, let a word stick to what is guarded, or change nothing.
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
        if self.guarded and marks.sticking(self.guarded, (self.text, text), pieces):
            return self
        return Passage(text, spans, self.policy)

    def swapped(self, replacements: Iterable[tuple[Span, str]]) -> Passage:
        """With some entities replaced by others, whole; their spans then have the new words.

        Args:
            replacements: Spans of this passage (the very objects), each with what is to stand there.

        Returns:
            The new passage; this one itself where nothing has changed. Left alone is an answer, what overlaps another
            span or cuts what is guarded by its looks, and what would join grapheme clusters. Tokens in a replaced
            span are cut anew at white space.
        """
        text, spans = swaps.swapped(self.text, self.spans, self.policy, replacements)
        return self if text == self.text else Passage(text, spans, self.policy)


@dataclass
class Document:
    """One sample. Not to be written into, as Passage.

    Args:
        passages: Column -> its text. A file has one, called ``text``.
        raw: The bytes that it was decoded from, or None once a text has changed.
        row: Whether it is the row of a table.
    """

    passages: Mapping[str, Passage]
    raw: bytes | None = None
    row: bool = False
    _marked: dict[Policy, Document] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def texts(self) -> dict[str, str]:
        """Column -> text."""
        return {name: passage.text for name, passage in self.passages.items()}

    def marked(self, spans: Sequence[Span], policy: Policy) -> Document:
        """With its annotations; the same object when asked again. They are those of one source: always the same."""
        if not spans and self._marked is None:
            for old in self.passages.values():
                if old.spans or not (old.policy is policy or old.policy == policy):
                    break
            else:
                return self
        if self._marked is None:
            self._marked = {}
        if policy not in self._marked:
            first = next(iter(self.passages))
            own: dict[str, list[Span]] = {}
            for span in spans:
                own.setdefault(span.column or first, []).append(span)
            passages = {
                name: Passage(old.text, tuple(own.get(name, ())), policy) for name, old in self.passages.items()
            }
            self._marked[policy] = Document(passages, self.raw, self.row)
        return self._marked[policy]

    def changed(self, passages: Mapping[str, Passage]) -> Document:
        """With some passages replaced; this one itself where they are the ones that it has."""
        own = self.passages
        if all(own[name] is passage for name, passage in passages.items()):
            return self
        return Document({**own, **passages}, None, self.row)

    @property
    def spans(self) -> tuple[Span, ...]:
        """All of all passages."""
        found: tuple[Span, ...] = ()
        for passage in self.passages.values():
            found += passage.spans
        return found
