"""RandomDeletion: takes words away, each with the same probability, and the space that goes with them; in any script.

    text: [{RandomDeletion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). One word is always left.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, share
from augment.text.steps._words import joined, loose, parts_of, remove
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
    parts = parts_of(passage)
    draw, stays = generator.random, 1.0 - share(rate, generator)
    gone = []
    left, chance = 1.0, draw()
    for index in range(1, len(parts), 2):  # a draw for each word that goes, and not for those that stay
        left *= stays
        if left <= chance:
            gone.append(index)
            left, chance = 1.0, draw()
    if not gone:
        return passage
    if 2 * len(gone) + 1 == len(parts):
        del gone[int(draw() * len(gone))]
    new = parts.copy()
    for index in reversed(gone):
        if loose(parts, index):
            remove(new, index)
    return joined(passage, parts, new)
