"""Sentences from tables: drawn by chance, or the one with a number."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from augment.chance import Draws
from augment.readers._grammar.tables import Link, Parts, Start, Table, Variable
from augment.readers._grammar.values import Values

MOST_PARTS = 10_000
MOST = 100_000
"""What a sentence has at most: slots that are filled, and characters. One that outgrows it is none."""

EMPTY = "\0"
"""What stands where nothing came, until white space is tidied; no grammar has it."""

BLANKS = " \t\r\n"
CLOSING = frozenset(",.;:!?)]}%…»”’、。，！？；：）」』】")
OPENING = frozenset("([{«“‘¿¡（「『【")

_UNTIDY = re.compile(r"\A[ \t\r\n]|[ \t\r\n]\Z|[\t\0]|  |\n | [\r\n]")
_RUN = re.compile(r"\A[ \t\r\n\0]+|[ \t\r\n\0]+\Z|[ \t\0]+")

_Edit = tuple[int, int, int, int]
"""Start and end of a run of blanks in the raw text; start and length of what it has become in the new one."""

Mark = tuple[int, int, str]
"""Start, end and label of an entity, in code points."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text and the entities in it, those that hold others first."""

    text: str
    marks: tuple[Mark, ...] = ()


class Decides(Protocol):
    """Who says what becomes of a slot. Numbers are handed down where sentences are numbered, and are 0 elsewhere."""

    def there(self, link: Link, number: int) -> tuple[bool, int]:
        """Whether anything comes in a slot that may stay empty."""

    def body(self, table: Table, number: int) -> tuple[Parts | Values, int]:
        """Which choice it is."""

    def parts(self, parts: Parts, number: int) -> Iterable[tuple[str | Link, int]]:
        """The parts of a sentence with their numbers, the last one first."""

    def value(self, values: Values, number: int) -> str:
        """A generator's text."""

    def again(self, variable: Variable) -> int:
        """The number of a text that comes again."""


class Drawn:
    """By chance and weight."""

    def __init__(self, draws: Draws) -> None:
        self.chance = draws.random

    def there(self, link: Link, number: int) -> tuple[bool, int]:
        """See Decides."""
        return self.chance() < link.chance, 0

    def body(self, table: Table, number: int) -> tuple[Parts | Values, int]:
        """See Decides."""
        bodies, sums = table.bodies, table.sums
        last = len(bodies) - 1
        return bodies[bisect_right(sums, self.chance() * sums[last], 0, last) if last else 0], 0

    def parts(self, parts: Parts, number: int) -> Parts:
        """See Decides."""
        return parts

    def value(self, values: Values, number: int) -> str:
        """See Decides."""
        return values.pick(self.chance())

    def again(self, variable: Variable) -> int:
        """See Decides."""
        return 0


class Numbered:
    """By number: each of the ``ways`` of a start stands for one sentence, though two may be the same text."""

    def __init__(self, start: Start, number: int) -> None:
        self.variables: dict[Variable, int] = {}
        for variable, table in start.variables.items():
            number, self.variables[variable] = divmod(number, table.ways)
        self.first = number

    def there(self, link: Link, number: int) -> tuple[bool, int]:
        """See Decides. The first number is that of nothing."""
        return number > 0, number - 1

    def body(self, table: Table, number: int) -> tuple[Parts | Values, int]:
        """See Decides."""
        for body, count in zip(table.bodies, table.counts, strict=True):
            if number < count:
                return body, number
            number -= count
        raise ValueError("a number beyond the last sentence")

    def parts(self, parts: Parts, number: int) -> list[tuple[str | Link, int]]:
        """See Decides."""
        found: list[tuple[str | Link, int]] = []
        for part, _ in parts:
            own = 0
            if type(part) is Link:
                number, own = divmod(number, part.ways)
            found.append((part, own))
        return found

    def value(self, values: Values, number: int) -> str:
        """See Decides."""
        return values.at(number)

    def again(self, variable: Variable) -> int:
        """See Decides."""
        return self.variables[variable]


@dataclass(frozen=True, slots=True)
class _End:
    """Where a slot's text ends: where it began in the text, among the parts and among the marks, and what it is."""

    link: Link
    start: int
    part: int
    mark: int


class Growing:
    """One sentence in the making."""

    def __init__(self, decides: Decides, empty: str) -> None:
        self.decides, self.empty = decides, empty
        self.out: list[str] = []
        self.length = self.filled = 0
        self.marks: list[Mark] = []
        self.kept: dict[Variable, tuple[str, list[Mark]]] = {}
        self.had: set[tuple[str, str]] = set()
        self.void = False

    def sentence(self, start: Table, number: int = 0) -> Sentence | None:
        """The sentence, its white space as it came; None if it outgrows all bounds or says again what it mustn't."""
        waiting: list[tuple[str | Link | _End, int]] = []
        self._filled(start, number, waiting)
        while waiting:
            part, number = waiting.pop()
            if type(part) is str:
                self._add(part)
            elif type(part) is Link:
                self._slot(part, number, waiting)
                if self.filled > MOST_PARTS or self.length > MOST:
                    return None
            elif type(part) is _End:
                self._ended(part)
        if self.void or self.length > MOST:
            return None
        return Sentence("".join(self.out), tuple(self.marks))

    @property
    def work(self) -> int:
        """How much there was to do: slots filled, and a tenth of the characters."""
        return self.filled + self.length // 10

    def _add(self, text: str) -> None:
        self.out.append(text)
        self.length += len(text)

    def _slot(self, link: Link, number: int, waiting: list[tuple[str | Link | _End, int]]) -> None:
        self.filled += 1
        if link.chance < 1:
            there, number = self.decides.there(link, number)
            if not there:
                self._add(self.empty)
                return
        if link.label or link.variable or link.watched:
            end = _End(link, self.length, len(self.out), len(self.marks))
            if link.variable in self.kept:
                text, marks = self.kept[link.variable]
                self.marks += [(begin + self.length, stop + self.length, label) for begin, stop, label in marks]
                self._add(text)
                self._ended(end)
                return
            waiting.append((end, 0))
            number = self.decides.again(link.variable) if link.variable else number
        self._filled(link.table, number, waiting)

    def _filled(self, table: Table, number: int, waiting: list[tuple[str | Link | _End, int]]) -> None:
        body, number = self.decides.body(table, number)
        if isinstance(body, tuple):
            waiting += self.decides.parts(body, number)
        else:
            self._add(self.decides.value(body, number) or self.empty)

    def _ended(self, end: _End) -> None:
        link, start = end.link, end.start
        if link.watched:
            told = (link.watched, "".join(self.out[end.part :]).replace(EMPTY, "").strip())
            self.void = self.void or (link.other and told in self.had)
            self.had.add(told)
        if link.variable:
            inner = [(begin - start, stop - start, label) for begin, stop, label in self.marks[end.mark :]]
            self.kept[link.variable] = "".join(self.out[end.part :]), inner
        if link.label and self.length > start:
            self.marks.insert(end.mark, (start, self.length, link.label))


def drawn(start: Start, draws: Draws, tidy: bool) -> tuple[Sentence | None, int]:
    """A sentence by chance, None where it comes to none (see Growing) or is blank; and how much work it was."""
    growing = Growing(Drawn(draws), EMPTY if tidy else "")
    return _finished(growing.sentence(start.table), tidy), growing.work


def numbered(start: Start, number: int, tidy: bool) -> tuple[Sentence | None, int]:
    """The sentence with a number below ``start.ways``; see ``drawn``."""
    decides = Numbered(start, number)
    growing = Growing(decides, EMPTY if tidy else "")
    return _finished(growing.sentence(start.table, decides.first), tidy), growing.work


def _finished(sentence: Sentence | None, tidy: bool) -> Sentence | None:
    if sentence is None:
        return None
    sentence = tidied(sentence) if tidy else sentence
    return sentence if sentence.text and not sentence.text.isspace() else None


def tidied(sentence: Sentence) -> Sentence:
    """The sentence without blanks at its ends, around its line breaks, and beside what stayed empty.

    Runs of blanks become one. Where nothing came, a blank before it goes if a closing mark follows, and one behind it
    if an opening mark stands before; with blanks on both sides, one of them stays.
    """
    raw = sentence.text
    if not _UNTIDY.search(raw):
        return Sentence(raw, _moved(sentence.marks, (), raw)) if sentence.marks else sentence
    out: list[str] = []
    edits: list[_Edit] = []
    done = length = 0
    for run in _RUN.finditer(raw):
        start, end = run.span()
        out.append(raw[done:start])
        length += start - done
        new = _blank(raw, start, end)
        edits.append((start, end, length, len(new)))
        out.append(new)
        length += len(new)
        done = end
    out.append(raw[done:])
    text = "".join(out)
    return Sentence(text, _moved(sentence.marks, edits, text) if sentence.marks else ())


def _blank(raw: str, start: int, end: int) -> str:
    """What a run of blanks and empty places becomes."""
    before, after = raw[start - 1 : start], raw[end : end + 1]
    if not before or not after or before == "\n" or after in "\r\n":
        return ""
    run = raw[start:end]
    left, right = run[0] != EMPTY, run[-1] != EMPTY
    if left and right:
        return " "
    if left:
        return "" if after in CLOSING else " "
    if right:
        return "" if before in OPENING else " "
    return " " if run.strip(EMPTY) else ""


def _moved(marks: Sequence[Mark], edits: Sequence[_Edit], text: str) -> tuple[Mark, ...]:
    """Marks in the new text, without blanks at their ends; what is empty then is left out."""
    found: list[Mark] = []
    for start, end, label in marks:
        low, high = _moved_place(start, edits), _moved_place(end, edits)
        while low < high and text[low] in BLANKS:
            low += 1
        while low < high and text[high - 1] in BLANKS:
            high -= 1
        if low < high:
            found.append((low, high, label))
    return tuple(found)


def _moved_place(place: int, edits: Sequence[_Edit]) -> int:
    """A place of the raw text in the new one."""
    index = bisect_right(edits, (place, MOST * 2, 0, 0)) - 1
    if index < 0:
        return place
    start, end, new, length = edits[index]
    return new + min(place - start, length) if place <= end else new + length + place - end
