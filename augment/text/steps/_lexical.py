"""What steps share that put other words of the lexicon into a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Annotated, Protocol

import pydantic

from augment.errors import InputError, Problem, RecipeError
from augment.text import lexicon
from augment.text.lexicon import Table
from augment.text.lexicon.context import meant
from augment.text.lexicon.inflection import article
from augment.text.steps._english import English, Language, foreign
from augment.text.steps._passages import Draw, Rate, counted
from augment.text.steps._words import Parts, joined, parts_of, tokenized
from augment.text.value import Passage

_STOPS = tuple(".!?…:\n\r\u2022")
_QUOTES = " \t\"'“”‘’«»([{*_-–—"

SHORT = 4
"""Capitals only, up to so many of them, are an abbreviation: IT, WHO."""


Senses = Annotated[
    int, pydantic.Field(ge=1, le=50, description="How many senses of a word count, the most frequent first.")
]
Folder = Annotated[
    str | None,
    pydantic.Field(description="A folder with a WordNet (index.noun, data.noun …); null: the one that comes along."),
]


class Lexical(English):
    """What steps take that look words up."""

    rate: Rate = pydantic.Field(0.1, description="Share of the words, at least one; or [low, high].")
    senses: Senses = 1
    lexicon: Folder = None


class _Asked(Protocol):
    @property
    def lexicon(self) -> str | None: ...


@dataclass(frozen=True)
class Lexica:
    """Which lexicon a step was given; read when it is first used, once a process."""

    folder: Path | None = None
    files: tuple[Path, ...] = ()

    def table(self, senses: int, opposite: bool = False) -> Table:
        """See Lexicon.table."""
        return lexicon.lexicon(self.folder).table(senses, opposite)


def given(options: _Asked, base: Path) -> Lexica:
    """The lexicon of a recipe. Raises RecipeError where its folder has none."""
    if options.lexicon is None:
        return Lexica()
    from augment.text.lexicon.build import files

    try:
        folder = next((place for place in (base / options.lexicon, Path(options.lexicon)) if place.is_dir()), None)
        if folder is None:
            raise InputError(f"expected a folder with a WordNet, nothing is at {base / options.lexicon}")
        folder = folder.absolute()
        lexicon.lexicon(folder)  # now, and not in the midst of a run
        return Lexica(folder, tuple(files(folder)))
    except (InputError, OSError, ValueError) as error:
        raise RecipeError([Problem("lexicon", str(error))]) from error


def in_turn(numbers: Sequence[int], draw: Draw) -> Iterator[int]:
    """Numbers in a drawn order, as far as they are asked for (Fisher and Yates)."""
    rest = list(numbers)
    for left in range(len(rest), 0, -1):
        at = int(draw() * left)
        yield rest[at]
        rest[at] = rest[left - 1]


def known(words: Sequence[str], table: Table) -> list[int]:
    """Where the words stand in their parts that the lexicon has something for."""
    return list(compress(range(1, 2 * len(words), 2), map(table.__getitem__, words)))


def instead(parts: Parts, index: int, table: Table, draw: Draw, phrases: bool = True) -> str:
    """A word (or phrase) that can stand for one, drawn, in its form and case; empty where there is none.

    Names are left alone: a capital within a sentence, capitals within a word, and a few capitals by themselves.
    """
    word = parts[index]
    readings = table[word]
    if not readings or not (word.islower() or _common(parts, index)):
        return ""
    if len(readings) == 1:
        words = readings[0].words
    else:
        before = parts[index - 2].lower() if index > 1 and parts[index - 1].isspace() else ""
        after = parts[index + 2].lower() if index + 2 < len(parts) and parts[index + 1].isspace() else ""
        reading = meant(readings, before, after)
        if reading is None:
            return ""
        words = reading.words
    if not phrases:
        words = tuple(found for found in words if " " not in found)
    if not words:
        return ""
    found = words[int(draw() ** 2 * len(words))]  # the nearest in meaning most often
    if word.islower():
        return found
    return found.upper() if word.isupper() else found[0].upper() + found[1:]


def _common(parts: Parts, index: int) -> bool:
    """Whether a word with capitals is no name: it opens a sentence, or is all in capitals and no abbreviation."""
    word = parts[index]
    if not word.istitle():
        return word.isupper() and len(word) > SHORT
    before = parts[index - 1].rstrip(_QUOTES)
    return before.endswith(_STOPS) if before else index == 1


def _put(parts: Parts, index: int, word: str) -> None:
    """Put a word in the place of another; an article before it agrees."""
    parts[index] = word
    if index > 1 and parts[index - 2].lower() in ("a", "an") and parts[index - 1].isspace():
        own = parts[index - 2]
        fitting = article(word.lower())
        if own.lower() != fitting:
            parts[index - 2] = fitting.upper() if own.isupper() and word.isupper() else own[0] + fitting[1:]


How = tuple[Table, Rate, Language]
"""Where words are looked up, how many, and in which texts."""


def replaced(passage: Passage, draw: Draw, how: How) -> Passage:
    """A passage in which a share of the words is replaced, as far as words are found that can be."""
    parts = parts_of(passage)
    table, rate, language = how
    words = parts[1::2]
    left = counted(rate, len(words), draw)
    places = known(words, table) if left else []
    if not places or foreign(passage, language, words):
        return passage
    phrases = not tokenized(passage)
    new = parts.copy()
    for index in in_turn(places, draw):
        found = instead(parts, index, table, draw, phrases)
        if found:
            _put(new, index, found)
            left -= 1
            if not left:
                break
    return joined(passage, parts, new)
