"""RandomDeletion: takes words away, each with the same probability, and the space that goes with them; in any script.

    text: [{RandomDeletion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). One word is always left, and so is what denies in English.
Marks around a word stay, at its neighbour, but for those that would open the text, and brackets and quotes around it
alone. A word stays that belongs to a sign (the 5 of €5), and whose marks would come to stand at what is guarded.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from itertools import compress
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._english import DENYING
from augment.text.steps._passages import Columns, Rate, each_with
from augment.text.steps._words import (
    CLOSING,
    Parts,
    core,
    joined,
    loose,
    parts_of,
    removable,
    remove,
    shorn,
    tokenized,
    tokens_of,
)
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay unless they hang on one word, which may go; what denies (not, never, without) stays in English,"
    " unless told otherwise. Entities and answers are left alone, tokens go with their words."
)
DOCS = "https://aclanthology.org/D19-1670/"

_MESSAGED = frozenset(word.replace("'", "") for word in DENYING)
KEPT = frozenset(
    form
    for word in DENYING | _MESSAGED | frozenset(word.replace("'", "’") for word in DENYING)
    for form in (word, word.capitalize(), word.upper())
)
"""Words without which a text says the opposite, as people write them."""

How = tuple[Rate, frozenset[str]]
"""How many words go, and which never do."""


class Options(Columns):
    """How many words go."""

    rate: Rate = pydantic.Field(0.1, description="Probability of each word to go.")
    negations: bool = pydantic.Field(False, description="Whether not, never, don't and their like may go, too.")

    @cached_property
    def kept(self) -> frozenset[str]:
        """Words that never go."""
        return frozenset() if self.negations else KEPT


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with fewer words."""
    return each_with(options, sample, chance, changed, (options.rate, options.kept), None)


def changed(passage: Passage, chance: Chance, how: How) -> Passage:
    """One text with fewer words."""
    tokens = tokens_of(passage)
    if not tokens:
        return _by_parts(passage, chance, how)
    new, count, kept = [*tokens], len(tokens), how[1]
    for place in compress(range(count - 1, -1, -1), _drawn(count, how[0], chance)):
        token = new[place]
        if token.isalnum():
            if token not in kept:
                del new[place]
        elif (word := token[:-1]).isalnum() and (mark := token[-1]) in CLOSING and place and new[place - 1].isalnum():
            if word not in kept:  # as most with a mark have it
                new[place - 1] += mark
                del new[place]
        elif token:
            _take(new, place, kept)
        else:
            return _by_parts(passage, chance, how)  # a second space
    if len(new) == count:
        return passage
    if not new[0].isalnum() and not any(map(core, new)):
        return _by_parts(passage, chance, how)
    text = " ".join(new)
    if "( )" in text or ' " " ' in text:
        return _by_parts(passage, chance, how)
    return Passage(text, (), passage.policy)


def _by_parts(passage: Passage, chance: Chance, how: How) -> Passage:
    """The same for any text."""
    parts, kept = parts_of(passage), how[1]
    new = parts.copy()
    count, whole = len(parts) // 2, tokenized(passage)
    for index in compress(range(2 * count - 1, 0, -2), _drawn(count, how[0], chance)):
        if parts[index] not in kept and loose(parts, index) and removable(new, index, whole):
            remove(new, index)
    if not parts[0]:
        _open(new, parts)
    return joined(passage, parts, new)


_behind = re.compile(rf"[{re.escape(CLOSING)}]*(?:[ \t]+|[{re.escape(CLOSING)}]+(?=\s))*").match
"""What stands behind a word, up to what stands before the next."""


def _open(parts: Parts, old: Parts) -> None:
    """Take away the marks that stood behind words at the very beginning: no text begins with a comma."""
    for place in range(2, len(parts), 2):
        if parts[place - 1]:
            return
        gap = old[place]
        found = _behind(gap)
        parts[place] = min(parts[place], gap[found.end() if found else 0 :], key=len)
        if parts[place]:
            return


def _take(tokens: Parts, place: int, kept: frozenset[str]) -> None:
    """Take away the word of a token with marks, which then stand at a neighbour, but for those that open the text.

    It stays where its marks would come to stand at what may be guarded, as an address grows by them.
    """
    token = tokens[place]
    word = core(token)
    if not word or word in kept:
        return
    if word == token:
        del tokens[place]
        return
    before, _, after = token.partition(word)
    left = shorn(before, after)
    if left is None:
        return
    before, after = left
    if before or (after and place):
        at = place + 1 if before else place - 1
        if at == len(tokens):
            return
        other = tokens[at]
        if not other.isalnum() and not core(other):
            return
        tokens[at] = before + other + after
    del tokens[place]


def _drawn(count: int, rate: Rate, chance: Chance) -> bytes:
    """Which of some words go, the last first: 1 for one that goes, else 0; each with the same probability, never all.

    A random byte tells of each; where that is not enough, four more tell of all that it is not enough for.
    """
    if isinstance(rate, tuple):
        drawn = chance.octets(count + 8)
        turns, rest = _turns(rate[0] + (rate[1] - rate[0]) * int.from_bytes(drawn[-8:-4], "little") / 2**32)
    else:
        drawn = chance.octets(count + 4)
        turns, rest = _fixed(rate)
    told = drawn[:count].translate(turns)
    if 2 in told:
        told = told.replace(b"\2", b"\1" if int.from_bytes(drawn[-4:], "little") < rest * 2**32 else b"\0")
    if 0 not in told and count:
        stays = int(chance.child("left").drawing()() * count)
        told = told[:stays] + b"\0" + told[stays + 1 :]
    return told


def _turns(rate: float) -> tuple[bytes, float]:
    """A table of what a random byte tells: 1 goes, 0 stays, 2 goes with the probability that comes with it."""
    sure = int(256 * rate)
    return b"\1" * sure + b"\2" * (sure < 256) + b"\0" * (255 - sure), 256 * rate - sure


_fixed = lru_cache(64)(_turns)
