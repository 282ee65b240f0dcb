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
from augment.text.steps import _letters
from augment.text.steps._passages import Columns, Draw, Rate, counted, each_with
from augment.text.value import Edit, Passage

LABELS = "keeps"
NOTE = "Words get harder to read; at high rates some become others. Entities and what else is protected stay."
DOCS = "https://doi.org/10.1145/3173574.3174220"

TRIES = 4
"""How often edits are drawn anew of which none was lawful."""
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


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each_with(options, sample, chance, _change, options)


def _change(passage: Passage, draw: Draw, options: Options) -> Passage:
    count = counted(options.rate, len(passage.text), draw)
    return _letters.tried(passage, _edits, options, count, draw) if count else passage


def _edits(passage: Passage, options: Options, count: int, random: Draw) -> list[Edit]:
    """Slips at letters drawn until there are enough, or it seems that there are no more."""
    text, simple = passage.text, passage.simple
    (neighbor, swap, drop, double, insert, _), beside = options.plan
    length = len(text)
    last, usual = length - 1, simple and options.usual
    edits: list[Edit] = []
    for _ in range(4 * count + 8):
        drawn = random() * length
        start = int(drawn)
        drawn -= start  # which kind, and which neighbour
        if usual:
            if not (0 < start < last and text[start - 1 : start + 2].isalpha()) and not (
                start > 1 and text[start - 2 : start + 1].isalpha()
            ):
                continue
        elif not _able(text, start, options):
            continue
        end = start + 1 if simple else _letters.end(passage, start)
        if not end:
            continue
        if drawn < neighbor:
            near = beside.get(text[start]) or _bare(text[start])
            if near and end == start + 1:  # vowel signs and points belong to their own letter, and fit few others
                edits.append((start, end, near[int(drawn / neighbor * len(near))]))
        elif drawn < swap:
            after = end + 1 if simple else _letters.end(passage, end)
            if text[end:after] and text[end].isalpha():
                edits.append((start, after, text[end:after] + text[start:end]))
        elif drawn < drop:
            edits.append((start, end, ""))
        elif drawn < double:
            edits.append((start, end, 2 * text[start:end]))  # no insertion: the slip belongs to its token
        elif drawn < insert:
            near = beside.get(text[start], "")
            if near:
                key = near[int((drawn - double) / (insert - double) * len(near)) % len(near)]
                edits.append((start, end, text[start:end] + key))
        else:
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
