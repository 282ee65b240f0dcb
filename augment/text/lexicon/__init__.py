"""English words that can stand for one another: WordNet's synonyms and antonyms, in the form that the word has.

The lexicon that ships with the package was made from WordNet 3.0 (Princeton University, 2006; licence in LICENSE) by
build.py, which says what the lines are. It is read when a step first asks for a word.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from augment.text.lexicon.context import STOP
from augment.text.lexicon.inflection import bases, inflected

SHIPPED = Path(__file__).with_name("wordnet.z")

MOST = 200_000
"""Words that a table remembers; then it begins anew."""

_SHARES = {"": 1.0, "s": 0.3, "d": 0.25, "n": 0.2, "g": 0.15, "r": 0.1, "t": 0.1}
"""How much of a word's use is a form of it, roughly: tells *left* (leave) from *left* (not right)."""


class Reading(NamedTuple):
    """One way to read a word.

    Args:
        pos: Part of speech: ``n``, ``v``, ``a`` or ``r`` (adverb).
        form: As in inflection.py; empty for the base.
        weight: How often it is read so; only to be compared.
        words: What can stand for it, in the same form, what is nearest in meaning first.
    """

    pos: str
    form: str
    weight: float
    words: tuple[str, ...]


class Lexicon:
    """A lexicon from its lines, see build.py."""

    def __init__(self, text: str) -> None:
        words, _, forms = text.partition("\n\n")
        self._lines: dict[str, str] = {}
        for line in words.split("\n"):
            word, _, rest = line.partition("\t")
            self._lines[word] = rest
        self._bases: dict[str, list[str]] = {}
        self._forms: dict[str, str] = {}
        for line in forms.split("\n"):
            form, _, key = line.partition("\t")
            self._bases.setdefault(form, []).append(key)
            self._forms.setdefault(key, form)
        self._tables: dict[tuple[int, bool], Table] = {}

    def table(self, senses: int, opposite: bool = False) -> Table:
        """Word in any case -> its readings, with the synonyms (or antonyms) of the first ``senses`` senses."""
        key = senses, opposite
        if key not in self._tables:
            self._tables[key] = Table(self, senses, opposite)
        return self._tables[key]

    def readings(self, word: str, senses: int, opposite: bool) -> tuple[Reading, ...]:
        """Every way to read a word, the most frequent first; nothing where no reading leads to another word."""
        if word in STOP:
            return ()
        found = [reading for key in self._analyses(word) for reading in self._read(word, key, senses, opposite)]
        if not any(reading.words for reading in found):
            return ()
        return tuple(sorted(found, key=lambda reading: -reading.weight))

    def verb(self, word: str) -> tuple[str, str]:
        """The base of a word whose most frequent reading is a verb, and its form; two empty strings for others."""
        found = [(self._weight(key) * _SHARES[key[1]], key) for key in self._analyses(word)]
        _, (pos, form, base) = max(found, key=lambda item: item[0], default=(0.0, ("", "", "")))
        return (base, form) if pos == "v" else ("", "")

    def _weight(self, key: tuple[str, str, str]) -> float:
        pos, _, base = key
        for part in self._lines[base].split("\t"):
            if part[0] == pos:
                return int(part[1 : part.index(":")]) + 0.5
        return 0.0

    def _analyses(self, word: str) -> Iterator[tuple[str, str, str]]:
        """Part of speech, form and base, of all that a word may be."""
        seen = set()
        for key in self._keys(word):
            if key not in seen:
                seen.add(key)
                pos, _, base = key
                if f"\t{pos}" in "\t" + self._lines.get(base, ""):
                    yield key

    def _keys(self, word: str) -> Iterator[tuple[str, str, str]]:
        for part in self._lines.get(word, "").split("\t"):
            if part:
                yield part[0], "", word
        for key in self._bases.get(word, ()):
            yield key[0], key[1], key[2:]
        for pos in "nva":
            for base, form in bases(word, pos):
                if f"{pos}{form}{base}" not in self._forms:
                    yield pos, form, base
                    if form == "d" and f"{pos}n{base}" not in self._forms:
                        yield pos, "n", base

    def _read(self, word: str, key: tuple[str, str, str], senses: int, opposite: bool) -> Iterator[Reading]:
        pos, form, base = key
        part = next(part for part in self._lines[base].split("\t") if part[0] == pos)
        head, _, listed = part.partition(":")
        found: dict[str, None] = {}
        for sense in listed.split("|")[:senses]:
            same, _, other = sense.partition("!")
            for candidate in (other if opposite else same).split(","):
                made = self.inflected(candidate, pos, form) if candidate else ""
                if made and made not in (word, base):
                    found[made] = None
        yield Reading(pos, form, (int(head[1:]) + 0.5) * _SHARES[form], tuple(found))

    def inflected(self, phrase: str, pos: str, form: str) -> str:
        """A word or phrase in another form: of a verb the first word changes, of a noun the last."""
        if not form:
            return phrase
        first, space, rest = phrase.partition(" ")
        if space and pos == "n" and not rest.startswith(("of ", "in ", "at ", "and ")):
            return phrase[: phrase.rindex(" ") + 1] + self._one(phrase[phrase.rindex(" ") + 1 :], pos, form)
        if space and pos in "ar":
            return f"{'more' if form == 'r' else 'most'} {phrase}"
        return self._one(first, pos, form) + space + rest

    def _one(self, word: str, pos: str, form: str) -> str:
        return self._forms.get(f"{pos}{form}{word}") or inflected(word, form)


class Table(dict[str, tuple[Reading, ...]]):
    """Words looked up once are remembered, each in the case that it was met in."""

    def __init__(self, lexicon: Lexicon, senses: int, opposite: bool) -> None:
        super().__init__()
        self._asked = lexicon, senses, opposite

    def __missing__(self, word: str) -> tuple[Reading, ...]:
        lexicon, senses, opposite = self._asked
        found = lexicon.readings(word.lower(), senses, opposite)
        if len(self) >= MOST:
            self.clear()
        self[word] = found
        return found


@cache
def lexicon(folder: Path | None = None) -> Lexicon:
    """The lexicon that ships with the package, or that of a folder with a WordNet (seconds). Raises InputError."""
    if folder is None:
        return Lexicon(zlib.decompress(SHIPPED.read_bytes()).decode("ascii"))
    from augment.text.lexicon.build import compiled

    return Lexicon(compiled(folder))
