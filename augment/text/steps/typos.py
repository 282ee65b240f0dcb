"""Typos: makes the slips of fingers: a key beside, two letters swapped, one dropped or doubled, a missed space.

    text: [{Typos: {rate: 0.05, layout: qwertz, swap: 0, p: 0.5}}]

Neighbours are those of a keyboard (see augment/text/keyboards), with the case kept; a letter with marks of its own
keeps its place among them, for most marks would fit no other. How common which slip is: Dhakal
et al., "Observations on Typing from 136 Million Keystrokes", CHI 2018, find substitutions the most frequent error.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cached_property
from itertools import accumulate
from typing import Annotated, Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text import keyboards
from augment.text.graphemes import boundaries
from augment.text.steps import _letters
from augment.text.steps._passages import Columns, Draw, Rate, bulk, counted, each_with
from augment.text.value import Edit, Passage

LABELS = "keeps"
NOTE = "Words get harder to read; at high rates some become others. Entities and what else is protected stay."
DOCS = "https://doi.org/10.1145/3173574.3174220"


LONG = 100_000
"""Texts of fewer characters are changed in a list of them, which takes ten times as much memory as the text."""

Weight = Annotated[float, pydantic.Field(ge=0, allow_inf_nan=False)]


class Options(Columns):
    """How many slips of which kinds, on which keyboard."""

    rate: Rate = pydantic.Field(0.02, description="Share of a text's characters; at least one where above 0.")
    layout: str = pydantic.Field(
        keyboards.AUTO, description=f"{keyboards.AUTO} goes by the script; else {', '.join(keyboards.names())}."
    )
    first: bool = pydantic.Field(False, description="Whether the first letter of a word may change; people know it.")
    shortest: int = pydantic.Field(3, ge=2, description="Words of fewer letters are left alone.")
    neighbor: Weight = pydantic.Field(4.0, description="Weight of: a letter of a key beside.")
    swap: Weight = pydantic.Field(2.0, description="Weight of: two letters the other way.")
    drop: Weight = pydantic.Field(2.0, description="Weight of: a letter is missing.")
    double: Weight = pydantic.Field(1.0, description="Weight of: a letter comes twice.")
    insert: Weight = pydantic.Field(1.0, description="Weight of: a key beside is hit too.")
    space: Weight = pydantic.Field(0.5, description="Weight of: a space missed or doubled.")

    @pydantic.field_validator("layout")
    @classmethod
    def _known(cls, name: str) -> str:
        if name != keyboards.AUTO and name not in keyboards.names():
            raise ValueError(f"expected {keyboards.AUTO}, {', '.join(keyboards.names())}")
        return name

    @pydantic.model_validator(mode="after")
    def _any(self) -> Options:
        if not any((self.neighbor, self.swap, self.drop, self.double, self.insert, self.space)):
            raise ValueError("expected a kind of slip with a weight above 0")
        return self

    @cached_property
    def usual(self) -> bool:
        """Whether letters may change that are not the first of three or more: what two slices tell of a place."""
        return self.shortest == 3 and not self.first

    @cached_property
    def plan(self) -> tuple[tuple[float, ...], Mapping[str, str]]:
        """Up to which number below 1 each kind is drawn, in the order of the fields; letter -> its neighbours."""
        totals = [*accumulate((self.neighbor, self.swap, self.drop, self.double, self.insert, self.space))]
        return tuple(total / totals[-1] for total in totals), keyboards.neighbours(self.layout)

    @cached_property
    def slips(self) -> _Slips:
        """See there."""
        return _Slips(self)


class _Slips(dict[str, tuple[str | None, ...]]):
    """Letter -> what it becomes in each of PARTS equal parts of what may be drawn.

    None stands where a part has several in it, and where it is no matter of the letter alone; SWAP stands for itself.
    """

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options

    def __missing__(self, letter: str) -> tuple[str | None, ...]:
        if letter not in self.options.plan[1] and not (len(letter) == 1 and _bare(letter)):
            return _UNTOLD  # not kept: there are a hundred thousand letters that no keyboard has
        found: list[str | None] = []
        self._fill(letter, 0, PARTS, found)
        self[letter] = parts = tuple(found)
        return parts

    def _fill(self, letter: str, start: int, end: int, found: list[str | None]) -> None:
        """Add what the parts from ``start`` to ``end`` hold, all at once where both ends hold the same."""
        one, other = self._at(letter, start / PARTS), self._at(letter, end / PARTS - _UNIT)
        if end - start == 1 or one == other:
            found += [one if one == other and one != SPACE else None] * (end - start)
        else:
            middle = (start + end) // 2
            self._fill(letter, start, middle, found)
            self._fill(letter, middle, end, found)

    def _at(self, letter: str, drawn: float) -> str | None:
        (neighbor, swap, _, _, insert, _), _ = self.options.plan
        if neighbor <= drawn < swap:
            return SWAP
        return SPACE if drawn >= insert else _struck(self.options, letter, drawn)


PARTS = 1024
SWAP, SPACE = "swap", "space"
_UNTOLD = (None,) * PARTS
_UNIT = 2.0**-32


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each_with(options, sample, chance, _change, options, None)


def _change(passage: Passage, chance: Chance, options: Options) -> Passage:
    if options.usual and len(passage.text) < LONG and not passage.spans:
        made = _plainly(passage, chance, options)
        if made is not None and made != passage.text and boundaries(made) is None:
            return Passage(made, (), passage.policy)
    draw = chance.drawing()
    count = counted(options.rate, len(passage.text), draw)
    return _letters.tried(passage, _edits, options, count, draw) if count else passage


def _plainly(passage: Passage, chance: Chance, options: Options) -> str | None:
    """A text in which nothing is in the way of slips after them; None where something is, or there are none to make.

    In half the time of edits: places are drawn until letters that may change are met, each once, and changed in place.
    """
    length = len(passage.text)
    left, numbers, bits = bulk(options.rate, length, chance, 3)
    able = _letters.inner(passage) if left else None
    if able is None or 1 not in able:
        return None
    chars, slips, shift = [*passage.text], options.slips, bits - 10  # PARTS are told by 10 bits
    for number in numbers:
        at = number * length >> bits
        if not able[at]:
            continue
        drawn = next(numbers, 0)
        new = slips[chars[at]][drawn >> shift]
        if new is None:
            if not _slipped(chars, at, drawn / (1 << bits), options):
                continue
        elif new is SWAP:
            other = at + 1
            if other == length or not chars[other].isalpha():
                other = at - 1  # of the last letter of a word, the one before it
            if chars[at] == chars[other]:
                continue
            chars[at], chars[other] = chars[other], chars[at]
        else:
            chars[at] = new
        able[at] = 0
        left -= 1
        if not left:
            break
    return "".join(chars)


def _slipped(chars: list[str], at: int, drawn: float, options: Options) -> bool:
    """Make a slip that no part of a letter's has by itself; whether there was one to make."""
    insert = options.plan[0][4]
    if drawn < insert:
        new = _struck(options, chars[at], drawn) if len(chars[at]) == 1 else None
        chars[at] = chars[at] if new is None else new
        return new is not None
    try:
        place = chars.index(" ", at)
    except ValueError:
        return False
    chars[place] = "" if (drawn - insert) / (1 - insert) < 0.5 else "  "
    return True


def _struck(options: Options, letter: str, drawn: float) -> str | None:
    """What a letter, with its marks, becomes by itself; None where there is nothing, or it is a matter of others."""
    (neighbor, swap, drop, double, insert, _), beside = options.plan
    if drawn < neighbor:
        near = beside.get(letter[0]) or _bare(letter[0])
        # vowel signs and points belong to their own letter, and fit few others
        return near[int(drawn / neighbor * len(near))] if near and len(letter) == 1 else None
    if drawn < swap:
        return None
    if drawn < drop:
        return ""
    if drawn < double:
        return 2 * letter  # no insertion: the slip belongs to its token
    near = beside.get(letter[0], "") if drawn < insert else ""
    return letter + near[int((drawn - double) / (insert - double) * len(near)) % len(near)] if near else None


def _edits(passage: Passage, options: Options, count: int, random: Draw) -> list[Edit]:
    """Slips at letters drawn until there are enough, or it seems that there are no more."""
    text, simple = passage.text, passage.simple
    (neighbor, swap, _, _, insert, _), _ = options.plan
    edits: list[Edit] = []
    for _ in range(4 * count + 8):
        drawn = random() * len(text)
        start = int(drawn)
        drawn -= start  # which kind, and which neighbour
        if not _able(text, start, options):
            continue
        end = start + 1 if simple else _letters.end(passage, start)
        if not end:
            continue
        new = _struck(options, text[start:end], drawn)
        if new is not None:
            edits.append((start, end, new))
        elif neighbor <= drawn < swap:
            after = end + 1 if simple else _letters.end(passage, end)
            if text[end:after] and text[end].isalpha():
                edits.append((start, after, text[end:after] + text[start:end]))
        elif drawn >= insert:
            edits += _space(text, end, (drawn - insert) / (1 - insert))
        if len(edits) == count:
            break
    return edits


def _space(text: str, near: int, drawn: float) -> list[Edit]:
    """The next space is missed or doubled; or the last, where none follows."""
    place = text.find(" ", near)
    if place < 0:
        place = text.rfind(" ")
    if place < 0:
        return []
    return [(place, place + 1, "")] if drawn < 0.5 else [(place, place, " ")]


def _able(text: str, place: int, options: Options) -> bool:
    """Whether a letter is there that may change, for all that its word tells."""
    return (
        text[place].isalpha()
        and (options.first or (place > 0 and _of_word(text[place - 1])))
        and _long(text, place, options.shortest)
    )


def _long(text: str, place: int, least: int) -> bool:
    """Whether the letters and marks around a place are at least so many."""
    start = end = place
    while end - start < least and end < len(text) and _of_word(text[end]):
        end += 1
    while end - start < least and start and _of_word(text[start - 1]):
        start -= 1
    return end - start >= least


def _of_word(char: str) -> bool:
    return char.isalpha() or (char > "\u02ff" and unicodedata.category(char)[0] == "M")


def _bare(char: str) -> str:
    """A letter of an alphabet without its accent, as where that key was missed; empty where it has none."""
    base = unicodedata.normalize("NFD", char)[0] if char < "\u2000" else char
    return base if base != char and base.isalpha() else ""
