"""Eda: does one or more of EDA's four: synonyms replaced or put in, words swapped or taken away.

    text: [{Eda: {operations: [1, 1], alpha_sr: 0.1, alpha_ri: 0.1, alpha_rs: 0.1, alpha_rd: 0.1}}]

Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting Performance on Text Classification Tasks" (EMNLP
2019). As there, each copy gets one operation, drawn; one that finds nothing to do gives way to the next. The alphas
are named as in the authors' program.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.lexicon import Table
from augment.text.steps import random_deletion, random_insertion, random_swap
from augment.text.steps._english import English
from augment.text.steps._lexical import Folder, Lexica, Senses, given, in_turn, replaced
from augment.text.steps._passages import Draw, Rate, each_with
from augment.text.value import Passage

__all__ = ["DOCS", "LABELS", "NOTE", "Options", "apply", "given"]

LABELS = "keeps"
NOTE = (
    "Classes stay at small alphas (the paper has 0.05 to 0.1) unless they hang on one word or on the order of words;"
    " entities and answers are left alone, tokens follow their words."
)
DOCS = "https://aclanthology.org/D19-1670/"

OPERATIONS = ("alpha_sr", "alpha_ri", "alpha_rs", "alpha_rd")


class Options(English):
    """How often each operation changes a word; one with alpha 0 is never drawn."""

    alpha_sr: Rate = pydantic.Field(0.1, description="Share of words replaced by synonyms.")
    alpha_ri: Rate = pydantic.Field(0.1, description="Synonyms put in, for each word.")
    alpha_rs: Rate = pydantic.Field(0.1, description="Swaps, for each word.")
    alpha_rd: Rate = pydantic.Field(0.1, description="Probability of each word to go.")
    operations: tuple[int, int] = pydantic.Field((1, 1), description="How many of the four, drawn.")
    senses: Senses = 1
    lexicon: Folder = None

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        low, high = self.operations
        if not 1 <= low <= high <= 4:
            raise ValueError("operations: expected [low, high] within 1 and 4")
        return self

    @cached_property
    def drawn(self) -> tuple[str, ...]:
        """The operations that may be drawn."""
        return tuple(name for name in OPERATIONS if getattr(self, name) not in (0, (0, 0)))


def apply(options: Options, sample: Sample, chance: Chance, words: Lexica) -> tuple[Sample, dict[str, Any]]:
    """The texts after one or more operations."""
    return each_with(options, sample, chance, _changed, (options, words.table(options.senses)), None)


def _changed(passage: Passage, chance: Chance, how: tuple[Options, Table]) -> Passage:
    options, table = how
    drawn, (low, high), draw = options.drawn, options.operations, chance.drawing()
    left = low + int(draw() * (high - low + 1))
    for turn in in_turn(range(len(drawn)), draw):
        made = _done(drawn[turn], passage, (draw, chance), options, table)
        left -= made is not passage
        passage = made
        if not left:
            break
    return passage


def _done(name: str, passage: Passage, source: tuple[Draw, Chance], options: Options, table: Table) -> Passage:
    """One operation on one text."""
    rate: Rate = getattr(options, name)
    draw, chance = source
    if name == "alpha_sr":
        return replaced(passage, draw, (table, rate, options.language))
    if name == "alpha_ri":
        return random_insertion.changed(passage, draw, (table, rate, options.language))
    if name == "alpha_rs":
        return random_swap.changed(passage, chance.child(name), rate)
    return random_deletion.changed(passage, chance.child(name), (rate, random_deletion.KEPT))
