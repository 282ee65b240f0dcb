"""RandomDeletion: takes words away, each with the same probability, and the space that goes with them; in any script.

    text: [{RandomDeletion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). One word is always left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Draw, Rate, each_with, share
from augment.text.steps._words import Parts, is_word, joined, loose, parts_of, remove, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on one word (not, never), which may go; entities and answers are left alone,"
    " tokens go with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"


_CLOSING = ".,;:!?"
_WORD = re.compile("[A-Za-z0-9]")


class Options(Columns):
    """How many words go."""

    rate: Rate = pydantic.Field(0.1, description="Probability of each word to go.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with fewer words."""
    return each_with(options, sample, chance, changed, options.rate)


def changed(passage: Passage, draw: Draw, rate: Rate) -> Passage:
    """One text with fewer words."""
    part = share(rate, draw) if isinstance(rate, tuple) else rate
    tokens = tokens_of(passage)
    if tokens:
        gone = _drawn(len(tokens), part, draw)
        if not gone:
            return passage
        new = _without(tokens, gone)
        if new:
            text = " ".join(new)
            return passage if text == passage.text else Passage(text, (), passage.policy)
    parts = parts_of(passage)
    gone = _drawn(len(parts) // 2, part, draw)
    new = parts.copy()
    for index in reversed(gone):
        if loose(parts, 2 * index + 1):
            remove(new, 2 * index + 1)
    return joined(passage, parts, new)


def _without(tokens: Sequence[str], gone: list[int]) -> Parts:
    """Tokens less those that go; what stands behind a word stays. Nothing where that can't be told from the token."""
    new = [*tokens]
    for index in reversed(gone):
        token = new[index]
        if not token.isalnum():
            if not token:
                continue
            if not is_word(token):
                word = token.rstrip(_CLOSING)
                if not index or not is_word(word) or not is_word(new[index - 1]):
                    return []
                new[index - 1] += token[len(word) :]
        del new[index]
    return new if new[0].isalnum() or any(map(_WORD.search, new)) else []


def _drawn(count: int, rate: float, draw: Draw) -> list[int]:
    """Which of some words go, each with probability ``rate``, but never all: a draw for each that does."""
    gone: list[int] = []
    if 1e-9 <= rate < 1:
        scale = 1 / log1p(-rate)
        place = int(log1p(-draw()) * scale)  # how many stay before the first that goes
        while place < count:
            gone.append(place)
            place += 1 + int(log1p(-draw()) * scale)
    elif rate >= 1:
        gone = list(range(count))
    if gone and len(gone) == count:
        del gone[int(draw() * count)]
    return gone
