"""RandomDeletion: takes words away, each with the same probability, and the space that goes with them; in any script.

    text: [{RandomDeletion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). One word is always left. Marks around a word stay, at its
neighbour, but for those that would open the text; a word stays whose marks would come to stand at what is guarded.
"""

from __future__ import annotations

from math import log1p
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Draw, Rate, each_with, share
from augment.text.steps._words import CLOSING, Parts, core, joined, loose, parts_of, remove, tokens_of
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on one word (not, never), which may go; entities and answers are left alone,"
    " tokens go with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"


LEAST = 1e-9
"""A rate below is none."""


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
        scale = 1 / log1p(-part) if part < 1 else 0.0
        place, left = int(log1p(-draw()) * scale), len(tokens)  # how many stay before the first that goes
        if place >= left:
            return passage
        new = [*tokens]
        while place < left:
            if new[place].isalnum():
                del new[place]
                left -= 1
            else:
                gone = _taken(new, place)
                if gone is None:
                    break
                left -= gone
                place += not gone
            place += int(log1p(-draw()) * scale)
        else:
            if not left:
                new = [tokens[int(draw() * len(tokens))]]
            if new[0].isalnum() or any(map(core, new)):
                text = " ".join(new)
                return passage if text == passage.text else Passage(text, (), passage.policy)
    return _by_parts(passage, part, draw)


def _by_parts(passage: Passage, rate: float, draw: Draw) -> Passage:
    """The same for any text."""
    parts = parts_of(passage)
    gone = _drawn(len(parts) // 2, rate, draw)
    new = parts.copy()
    for index in reversed(gone):
        if loose(parts, 2 * index + 1) and not _sticks(new, 2 * index + 1):
            remove(new, 2 * index + 1)
    if not parts[0]:
        _open(new)
    return joined(passage, parts, new)


def _sticks(parts: Parts, index: int) -> bool:
    """Whether the marks behind a word would come to stand at what is guarded, or may be."""
    at = index + 1
    while at < len(parts) - 1 and not parts[at]:
        at += 1  # words have gone there
    mark = parts[at][:1]
    return mark != "" and not mark.isalnum() and not mark.isspace() and any(map(str.isalnum, parts[index - 1]))


def _open(parts: Parts) -> None:
    """Take away the marks that stood behind words at the very beginning: no text begins with a comma."""
    for place in range(2, len(parts), 2):
        if parts[place - 1]:
            return
        parts[place] = parts[place].lstrip(" \t" + CLOSING)
        if parts[place]:
            return


def _taken(tokens: Parts, place: int) -> bool | None:
    """Take away the word of a token with marks, which then stand at a neighbour, but for those that open the text.

    Returns:
        Whether the token is gone: it stays where its marks would come to stand at what may be guarded, as an address
        grows by them. None where it is no token but a second space.
    """
    token = tokens[place]
    word = core(token)
    if not word:
        return False if token else None
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
        return False
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
