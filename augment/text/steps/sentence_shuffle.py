"""SentenceShuffle: puts sentences in another order, in any script; the white space between them stays where it is.

    text: [{SentenceShuffle: {rate: 1.0}}]

As Lewis et al. have it for whole documents ("BART", ACL 2020, section 2.2). A text of one sentence stays as it is.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.steps._sentences import movable
from augment.text.value import Passage, Range

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on the order of events; entities, answers and tokens move with their sentences,"
    " whose words stay the same."
)
DOCS = "https://aclanthology.org/2020.acl-main.703/"


class Options(Columns):
    """How many sentences move."""

    rate: Rate = pydantic.Field(1.0, description="Share of the sentences that change places, at least two.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with their sentences in another order."""
    return each(options, sample, chance, lambda passage, draws: _shuffled(passage, draws, options.rate))


def _shuffled(passage: Passage, generator: Numbers, rate: Rate) -> Passage:
    parts = movable(passage)
    count = many(rate, len(parts), generator)
    if len(parts) < 2 or not count:
        return passage
    moving = picked(max(2, count), len(parts), generator)
    drawn = moving.copy()
    for left in range(len(drawn) - 1, 0, -1):
        at = int(generator.random() * (left + 1))
        drawn[at], drawn[left] = drawn[left], drawn[at]
    if drawn == moving:
        drawn = [*moving[1:], moving[0]]
    order = list(range(len(parts)))
    for place, index in zip(moving, drawn, strict=True):
        order[place] = index
    pieces: list[Range] = [(0, parts[0][0])]
    for place, index in enumerate(order):
        after = parts[place + 1][0] if place + 1 < len(parts) else len(passage.text)
        pieces += [parts[index], (parts[place][1], after)]
    return passage.rearranged([(start, end) for start, end in pieces if start < end])
