"""RandomSwap: lets pairs of words change places, in any script; what is annotated on a word moves with it.

    text: [{RandomSwap: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). White space and punctuation stay where they are.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Rate, bulk, each_with
from augment.text.steps._words import core, loose, parts_of, swapped, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on the order of words (who did what to whom); entities and answers stay where they"
    " are, tokens move with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"


class Options(Columns):
    """How many swaps."""

    rate: Rate = pydantic.Field(0.1, description="Swaps for each word, at least one in a text.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with words in other places."""
    return each_with(options, sample, chance, changed, options.rate, None)


def changed(passage: Passage, chance: Chance, rate: Rate) -> Passage:
    """One text with words in other places."""
    tokens = tokens_of(passage)
    count = len(tokens)
    if not count:
        return _by_parts(passage, chance, rate)
    left, numbers, bits = bulk(rate, count, chance, 2)
    now = [*tokens]
    for number, more in zip(numbers, numbers, strict=False) if left and count > 1 else ():
        one, other = number * count >> bits, more * count >> bits
        first, second = now[one], now[other]
        word = first if first.isalnum() else core(first)
        met = second if second.isalnum() else core(second)
        if word != met and word and met:
            now[one] = met if word is first else first.replace(word, met, 1)
            now[other] = word if met is second else second.replace(met, word, 1)
            left -= 1
            if not left:
                break
        elif not first or not second:
            return _by_parts(passage, chance, rate)
    text = " ".join(now)
    return passage if text == passage.text else Passage(text, (), passage.policy)


def _by_parts(passage: Passage, chance: Chance, rate: Rate) -> Passage:
    """The same for any text."""
    parts = parts_of(passage)
    count = len(parts) // 2
    if count < 2:
        return passage
    pairs: list[tuple[int, int]] = []
    now = parts.copy()
    left, numbers, bits = bulk(rate, count, chance, 2)
    for number, more in zip(numbers, numbers, strict=False) if left and count > 1 else ():
        one, other = 2 * (number * count >> bits) + 1, 2 * (more * count >> bits) + 1
        if now[one] != now[other] and loose(parts, one) and loose(parts, other):
            pairs.append((one, other))
            now[one], now[other] = now[other], now[one]
            if len(pairs) == left:
                break
    return swapped(passage, parts, pairs)
