"""RandomSwap: lets pairs of words change places, in any script; what is annotated on a word moves with it.

    text: [{RandomSwap: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). White space and punctuation stay where they are.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, many
from augment.text.steps._words import is_word, loose, parts_of, swapped, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on the order of words (who did what to whom); entities and answers stay where they"
    " are, tokens move with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"

TRIES = 4
"""How many pairs are drawn for each swap at most, until there are enough that can be moved by themselves."""


class Options(Columns):
    """How many swaps."""

    rate: Rate = pydantic.Field(0.1, description="Swaps for each word, at least one in a text.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with words in other places."""
    return each(options, sample, chance, lambda passage, generator: changed(passage, generator, options.rate))


def changed(passage: Passage, generator: Numbers, rate: Rate) -> Passage:
    """One text with words in other places."""
    tokens, draw = tokens_of(passage), generator.random
    if tokens is not None:
        count = len(tokens)
        left = many(rate, count, generator) if count > 1 else 0
        for _ in range(TRIES * left):
            one, other = int(draw() * count), int(draw() * count)
            first, second = tokens[one], tokens[other]
            if first != second and (first.isalnum() or is_word(first)) and (second.isalnum() or is_word(second)):
                tokens[one], tokens[other] = second, first
                left -= 1
                if not left:
                    break
        text = " ".join(tokens)
        return passage if text == passage.text else Passage(text, (), passage.policy)
    parts = parts_of(passage)
    count = len(parts) // 2
    if count < 2:
        return passage
    pairs: list[tuple[int, int]] = []
    now = parts.copy()
    left = many(rate, count, generator)
    for _ in range(TRIES * left):
        one, other = 2 * int(draw() * count) + 1, 2 * int(draw() * count) + 1
        if now[one] != now[other] and loose(parts, one) and loose(parts, other):
            pairs.append((one, other))
            now[one], now[other] = now[other], now[one]
            if len(pairs) == left:
                break
    return swapped(passage, parts, pairs)
