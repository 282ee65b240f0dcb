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
from augment.text.lexicon.inflection import bases, inflected, plural

SHIPPED = Path(__file__).with_name("wordnet.z")

MOST = 200_000
"""Words that a table remembers; then it begins anew."""

ENOUGH = {"n": 3, "v": 4, "a": 3, "r": 3}
"""Tenths of a word's use that the senses must be which are asked for: what *get* means is anyone's guess."""

CLEAR = 1.2
"""So many times more often must a word be read in one way than in others to be read so where no rule tells."""

RIVAL = 2
"""The same for two words of one part of speech that share a form."""

_SHARES = {"": 1.0, "s": 0.3, "d": 0.25, "n": 0.2, "g": 0.15, "r": 0.1, "t": 0.1}
"""How much of a word's use is a form of it, roughly: tells *left* (leave) from *left* (not right)."""


class Reading(NamedTuple):
    """One way to read a word.

    Args:
        pos: Part of speech: ``n``, ``v``, ``a`` or ``r`` (adverb).
        form: As in inflection.py; empty for the base.
        weight: How often it is read so; only to be compared.
        words: What can stand for it, in the same form, what is nearest in meaning first.
        clear: Whether it is read so where its neighbours don't tell.
    """

    pos: str
    form: str
    weight: float
    words: tuple[str, ...]
    clear: bool = True


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
        self.known = Known(self)

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
        found = [(key, self._read(word, key, senses, opposite)) for key in self._analyses(word)]
        made = []
        for (pos, _, base), reading in found:
            rivals = [other for key, other in found if key[0] == pos and key[2] != base]
            others = [other for key, other in found if key[0] != pos]
            if any(reading.weight < RIVAL * rival.weight for rival in rivals):
                reading = reading._replace(words=())  # *steps*: stairs, or more than one step
            made.append(reading._replace(clear=all(reading.weight >= CLEAR * other.weight for other in others)))
        if not any(reading.words for reading in made):
            return ()
        return tuple(sorted(made, key=lambda reading: -reading.weight))

    def likely(self, word: str) -> float:
        """Whether a word is English: 1 for yes, 0 for no, 0.5 for a name, a number, a letter and the like."""
        plain = word.lower().replace("’", "'")
        own = plain.partition("'")[0]
        if plain.endswith("n't") or (
            len(own) > 1 and (plain in STOP or own in STOP or any(map(self._met, self._analyses(own))))
        ):
            return 1.0
        if word == "I":
            return 1.0
        unlikely = not word.isascii() if len(word) == 1 else not any(map(str.isdecimal, word))
        return 0.0 if unlikely and not word[0].isupper() else 0.5

    def _met(self, key: tuple[str, str, str]) -> bool:
        return self._weight(key) > 1

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

    def _read(self, word: str, key: tuple[str, str, str], senses: int, opposite: bool) -> Reading:
        pos, form, base = key
        part = next(part for part in self._lines[base].split("\t") if part[0] == pos)
        head, _, listed = part.partition(":")
        found: dict[str, None] = {}
        bare = pos == "n" and not form  # then one thing can't be called by a word for many, or the reverse
        first = [sense for sense in listed.split("|")[:senses] if sense]
        if not opposite and sum(int(sense[0]) for sense in first) < ENOUGH[pos]:
            first = []
        for sense in first:
            same, _, other = sense[1:].partition("!")
            for candidate in (other if opposite else same).split(","):
                made = self.inflected(candidate, pos, form) if candidate else ""
                if made and made not in (word, base) and not (bare and plural(base) != self._many(candidate)):
                    found[made] = None
        return Reading(pos, form, (int(head[1:]) + 0.5) * _SHARES[form], tuple(found))

    def inflected(self, phrase: str, pos: str, form: str) -> str:
        """A word or phrase in another form: of a verb the first word changes, of a noun the head."""
        if not form:
            return phrase
        if " " in phrase and pos in "ar":
            return f"{'more' if form == 'r' else 'most'} {phrase}"
        before, head, after = _parted(phrase, pos)
        return before + self._one(head, pos, form) + after

    def _many(self, phrase: str) -> bool:
        """Whether a noun is met as a plural only."""
        return plural(_parted(phrase, "n")[1])

    def _one(self, word: str, pos: str, form: str) -> str:
        return self._forms.get(f"{pos}{form}{word}") or inflected(word, form, pos)


def _parted(phrase: str, pos: str) -> tuple[str, str, str]:
    """What stands before the word of a phrase that takes its forms, that word, and what stands after it."""
    first, space, rest = phrase.partition(" ")
    if space and pos == "n" and not rest.startswith(("of ", "in ", "at ", "on ", "and ")):
        before, space, last = phrase.rpartition(" ")
        return before + space, last, ""
    return "", first, space + rest


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


class Known(dict[str, float]):
    """How much words are English, see ``Lexicon.likely``; remembered as by a table."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self._asked = lexicon

    def __missing__(self, word: str) -> float:
        if len(self) >= MOST:
            self.clear()
        found = self[word] = self._asked.likely(word)
        return found


@cache
def lexicon(folder: Path | None = None) -> Lexicon:
    """The lexicon that ships with the package, or that of a folder with a WordNet (seconds). Raises InputError."""
    if folder is None:
        return Lexicon(zlib.decompress(SHIPPED.read_bytes()).decode("ascii"))
    from augment.text.lexicon.build import compiled

    return Lexicon(compiled(folder))
