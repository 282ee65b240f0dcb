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
from augment.text.steps._words import Parts, core, joined, loose, parts_of, remove, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on one word (not, never), which may go; entities and answers are left alone,"
    " tokens go with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"


LEAST = 1e-9
"""A rate below is none."""

_WORD = re.compile(r"[^\W_]")


class Options(Columns):
    """How many words go."""

    rate: Rate = pydantic.Field(0.1, description="Probability of each word to go.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with fewer words."""
    return each_with(options, sample, chance, changed, options.rate)


def changed(passage: Passage, draw: Draw, rate: Rate) -> Passage:
    """One text with fewer words."""
    part = share(rate, draw) if isinstance(rate, tuple) else rate
    if part < LEAST:
        return passage
    tokens = tokens_of(passage)
    if tokens:
        text = _shorter(tokens, part, draw)
        if text is not None:
            return passage if text == passage.text else Passage(text, (), passage.policy)
    parts = parts_of(passage)
    gone = _drawn(len(parts) // 2, part, draw)
    new = parts.copy()
    for index in reversed(gone):
        if loose(parts, 2 * index + 1):
            remove(new, 2 * index + 1)
    return joined(passage, parts, new)


def _shorter(tokens: Sequence[str], rate: float, draw: Draw) -> str | None:
    """Tokens less some words, as a text; None where that can't be told from tokens, or no word would be left."""
    scale = 1 / log1p(-rate) if rate < 1 else 0.0
    new, left = [*tokens], len(tokens)
    place = int(log1p(-draw()) * scale)  # how many stay before the first that goes
    while place < left:
        if new[place].isalnum():
            del new[place]
            left -= 1
        else:
            gone = _taken(new, place)
            if gone is None:
                return None
            if gone:
                left -= 1
            else:
                place += 1
        place += int(log1p(-draw()) * scale)
    if left and (new[0].isalnum() or any(map(_WORD.search, new))):
        return " ".join(new)
    return None


def _taken(tokens: Parts, place: int) -> bool | None:
    """Take away the word of a token with marks, which then stand at a neighbour, but for those that open the text.

    Returns:
        Whether the token is gone; None where what the marks would stand at has no word, and may be guarded.
    """
    token = tokens[place]
    word = core(token)
    if not word:
        return False
    before, after = token.split(word, 1)
    at = place - 1 if after else place + 1
    if before:
        if after or at == len(tokens):
            tokens[place] = before + after
            return False
    elif not after or not place:
        del tokens[place]
        return True
    other = tokens[at]
    if not other.isalnum() and not core(other):
        return None
    tokens[at] = before + other + after
    del tokens[place]
    return True


def _drawn(count: int, rate: float, draw: Draw) -> list[int]:
    """Which of some words go, each with probability ``rate``, but never all: a draw for each that does."""
    gone: list[int] = []
    if rate < 1:
        scale = 1 / log1p(-rate)
        place = int(log1p(-draw()) * scale)  # how many stay before the first that goes
        while place < count:
            gone.append(place)
            place += 1 + int(log1p(-draw()) * scale)
    else:
        gone = list(range(count))
    if gone and len(gone) == count:
        del gone[int(draw() * count)]
    return gone
