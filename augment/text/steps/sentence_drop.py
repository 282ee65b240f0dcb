"""SentenceDrop: takes sentences away, never one with an entity or an answer, and never the last one left; any script.

    text: [{SentenceDrop: {rate: 0.1}}]

Of white space round what is gone, what parts more (an empty line) is kept.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.marks import LOOSE
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.steps._sentences import movable
from augment.text.value import Passage, Range

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on the sentence that goes; sentences with an entity or an answer stay, tokens go"
    " with their sentences."
)
DOCS = "https://arxiv.org/abs/1901.11196"


class Options(Columns):
    """How many sentences go."""

    rate: Rate = pydantic.Field(0.1, description="Share of the sentences that go, at least one of two or more.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with fewer sentences."""
    return each(options, sample, chance, lambda passage, draws: _fewer(passage, draws, options.rate))


def _fewer(passage: Passage, generator: Numbers, rate: Rate) -> Passage:
    parts = movable(passage)
    count = min(many(rate, len(parts), generator), len(parts) - 1)
    named = sorted((span.start, span.end) for span in passage.spans if span.layer not in LOOSE)
    free = [turn for turn, part in enumerate(parts) if not _holds(part, named)] if count > 0 else []
    if not free:
        return passage
    gone = {free[index] for index in picked(count, len(free), generator)}
    kept = [turn for turn in range(len(parts)) if turn not in gone]
    pieces: list[Range] = [(0, parts[0][0])]
    for turn, following in pairwise(kept):
        spaces = [(parts[between][1], parts[between + 1][0]) for between in range(turn, following)]
        pieces += [parts[turn], max(spaces, key=lambda space: passage.text.count("\n", *space))]
    pieces += [parts[kept[-1]], (parts[-1][1], len(passage.text))]
    return passage.rearranged([(start, end) for start, end in pieces if start < end])


def _holds(part: Range, named: list[Range]) -> bool:
    """Whether a sentence has a span in it; the spans are sorted, and none is in two sentences."""
    place = bisect_left(named, (part[0], -1))
    return place < len(named) and named[place][0] < part[1]
