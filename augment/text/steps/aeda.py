"""Aeda: puts punctuation before some words, from one to a third of them; the words stay, and in their order.

    text: [{Aeda: {rate: [0, 0.3]}}]

Karimi et al., "AEDA: An Easier Data Augmentation Technique for Text Classification", Findings of EMNLP 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.graphemes import boundaries
from augment.text.steps import _letters
from augment.text.steps._passages import Columns, Draw, Numbers, Rate, bulk, each_with, many, picked
from augment.text.steps._words import core, tokens_of
from augment.text.value import Edit, Passage

LABELS = "keeps"
NOTE = "No word changes. Sentences may seem to end where they don't."
DOCS = "https://aclanthology.org/2021.findings-emnlp.234/"


class Options(Columns):
    """How many marks, and which."""

    rate: Rate = pydantic.Field((0.0, 0.3333), description="Marks for each word; at least one where above 0.")
    marks: tuple[str, ...] = pydantic.Field(
        (".", ";", "?", ":", "!", ","), min_length=1, description="What is put in, each as often."
    )

    @pydantic.field_validator("marks")
    @classmethod
    def _seen(cls, marks: tuple[str, ...]) -> tuple[str, ...]:
        for mark in marks:
            if not mark.isprintable() or not mark.strip() or any(char.isalnum() for char in mark):
                raise ValueError("expected marks that are seen, neither letters nor digits")
        return marks

    @cached_property
    def plain(self) -> bool:
        """Whether none of the marks joins what stands beside it in one character."""
        return boundaries(f" {' '.join(self.marks)} ") is None


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each_with(options, sample, chance, _change, options, None)


def _change(passage: Passage, chance: Chance, options: Options) -> Passage:
    if options.rate == 0:
        return passage
    tokens = tokens_of(passage) if options.plain else ()
    if tokens:
        text = _plainly(tokens, chance, options)
        if text:
            return Passage(text, (), passage.policy)
    numbers = chance.draws()
    count = many(options.rate, len(passage.words), numbers)
    return _letters.tried(passage, _edits, (options.marks, numbers), count, numbers.random) if count else passage


def _plainly(tokens: Sequence[str], chance: Chance, options: Options) -> str:
    """The text of tokens with marks before some of them; empty where none was put in."""
    size = len(tokens)
    left, numbers, bits = bulk(options.rate, size, chance, 2)
    new, rest, marks, put = [*tokens], [*range(size)], options.marks, False
    for number, more in zip(numbers, numbers, strict=False):
        turn = number * size >> bits
        at = rest[turn]
        size -= 1
        rest[turn] = rest[size]  # each is drawn once
        token = tokens[at]
        if token.isalnum() or (token[:1].isalnum() and core(token)):
            new[at] = f"{marks[more * len(marks) >> bits]} {token}"
            put = True
        left -= 1
        if not left:
            break
    return " ".join(new) if put else ""


def _edits(passage: Passage, how: tuple[tuple[str, ...], Numbers], count: int, random: Draw) -> list[Edit]:
    """Marks before words that are drawn."""
    (marks, numbers), text, words = how, passage.text, passage.words
    edits: list[Edit] = []
    for at in picked(count, len(words), numbers):
        start = words[at][0]
        gap = _gap(text, start)
        if gap is not None:
            edits.append((start, start, marks[int(random() * len(marks))] + gap))
    if not edits:  # they all stood behind brackets and the like
        places = [(start, gap) for start, _ in words if (gap := _gap(text, start)) is not None]
        for start, gap in places[int(random() * len(places)) :][:1]:
            edits.append((start, start, marks[int(random() * len(marks))] + gap))
    return edits


def _gap(text: str, start: int) -> str | None:
    """What stands between a mark and the word that begins there; None where a mark has no place."""
    before = text[start - 1] if start else " "
    if before.isspace():
        return " "
    return "" if before.isalnum() else None  # words without spaces between them
