"""RandomDeletion: takes words away, each with the same probability, and the space that goes with them; in any script.

    text: [{RandomDeletion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). One word is always left.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log1p
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, share
from augment.text.steps._words import is_word, joined, loose, parts_of, remove, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on one word (not, never), which may go; entities and answers are left alone,"
    " tokens go with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"


class Options(Columns):
    """How many words go."""

    rate: Rate = pydantic.Field(0.1, description="Probability of each word to go.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with fewer words."""
    return each(options, sample, chance, lambda passage, generator: changed(passage, generator, options.rate))


def changed(passage: Passage, generator: Numbers, rate: Rate) -> Passage:
    """One text with fewer words."""
    draw, part = generator.random, share(rate, generator)
    tokens = tokens_of(passage)
    if tokens is not None:
        gone = _drawn(len(tokens), part, draw)
        if not gone:
            return passage
        for index in gone:
            token = tokens[index]
            if not token.isalnum() and not is_word(token):
                break
        else:
            for index in reversed(gone):
                del tokens[index]
            return Passage(" ".join(tokens), (), passage.policy)
    parts = parts_of(passage)
    gone = _drawn(len(parts) // 2, part, draw)
    new = parts.copy()
    for index in reversed(gone):
        if loose(parts, 2 * index + 1):
            remove(new, 2 * index + 1)
    return joined(passage, parts, new)


def _drawn(count: int, rate: float, draw: Callable[[], float]) -> list[int]:
    """Which of some words go, each with probability ``rate``, but never all: a draw for each that does."""
    if rate < 1e-9:
        return []
    if rate == 1:
        gone = list(range(count))
    else:
        scale, gone = 1 / log1p(-rate), []
        place = int(log1p(-draw()) * scale)  # how many stay before the first that goes
        while place < count:
            gone.append(place)
            place += 1 + int(log1p(-draw()) * scale)
    if gone and len(gone) == count:
        del gone[int(draw() * count)]
    return gone
