"""Makes the lexicon from the files of a WordNet: ``python -m augment.text.lexicon.build /usr/share/wordnet``.

What is read is Princeton's format (wndb(5WN)): ``index.POS`` and ``data.POS``, and where they are there the exception
lists ``POS.exc`` and the frequencies ``cntlist.rev``. What is made are lines, in two parts with an empty line between:

    word TAB reading [TAB reading …]     reading = pos count ":" sense ["|" sense …], the most frequent sense first
                                         sense = tenths [synonym ["," synonym …]] ["!" antonym ["," antonym …]]
                                         tenths = how much of the reading's use the sense is, 0 to 9
    form TAB pos form base               an irregular form: ``went TAB v d go``

Only what can stand for a word in a sentence is kept: no names, numbers, abbreviations or slurs, and as synonyms no
words that are rare, or mostly read in another sense. Synonyms of a sense are in the order of how often they are used.
Words that nothing is said of are there to be known as English.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from augment.errors import InputError
from augment.text.lexicon.inflection import bases, inflected

PARTS = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
COUNTS = "cntlist.rev"
TARGET = Path(__file__).with_name("wordnet.z")

_UNFIT = "ethnic_slur disparagement obscenity archaism trademark trade_name combining_form"
_COARSE = "arsehole asshole bullshit cunt eff fuck fucker fucking motherfucker piss shit shitty"

_ODD = """
    travel say populate throttle wedge puncher playacting bringing redundant surplus twofold valuation manager ailment
    reexamine psyche berg tidings babe fright decree metropolis wondrous everlastingly presently rob recede retreat
    of_all_time check_out twenty-four_hours good_deal great_deal half_dozen min zero soldiery fleet
    necessitate possess place lay province vanquish roaring delimit have_on drop_dead perish forsake enliven contrive
    get_down make_up_one's_mind contempt percent per_centum authorities athletics tubing fundamental_law bask trump
    move tell apply maintain transportation codification confine mint light-green cowpuncher ballyhoo sentiment
    set_out start_out set_about relate
    category called_for call_for works animate sure_enough
"""

ODD = frozenset(_ODD.split())
"""Words that read oddly in most places where their synonyms stand; found by reading what steps made of real texts."""

UNFIT = frozenset(_UNFIT.split())
"""Words whose usage WordNet marks with one of these replace nothing."""

COARSE = frozenset(_COARSE.split())
"""So do these, which it does not mark."""

_DATED = """
    banditti brethren divertimenti halteres lustra
    betted blest bypast chevied chevies chevying clad co-ordinate co-ordinated co-ordinates co-ordinating curst gan
    gilt gnawn graven gript inputted kent molten outbidden outputted overbidden pent quitted ridded riven shaven
    swopped swopping swops thriven transfixt wrought
"""
DATED = frozenset(_DATED.split())
"""Forms of the exception lists that are read, but not written where the regular one can be."""

LEAST = {False: 1, True: 3}
"""A word (or a phrase) that is met less often in a sense, in SemCor, is rare, and replaces nothing."""

RARER = 25
"""Nor does one that is met so many times less often than what it would replace: *metropolis* for a city."""

MAIN = 0.34
"""A word replaces another in a sense that is at least so much of its own use: *history* is seldom an account."""

SMOOTH = 0.5
"""What is added to each count (Lidstone), for what is never met has uses, too."""

_KINDS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
_MARKER = re.compile(r"\((?:a|p|ip)\)$")
_WORD = re.compile(r"[a-z]+(?:[-'][a-z]+)*")
_PHRASE = re.compile(r"[a-z]+(?:[-'_][a-z]+)*")
_PERFECT = re.compile(r"(?:en|own|awn|ewn|orn|orne|ain|(?<!sh)one)$")
"""How participles end that are no past as well: *shown* beside *showed*, which exception lists don't have."""
_SAYABLE = re.compile(r"[aeiouy]")


@dataclass(slots=True)
class _Synset:
    """The words of one meaning, each with its marker such as ``(p)``: predicative only."""

    words: list[str]
    markers: list[str]
    antonyms: list[tuple[int, tuple[str, str], int]] = field(default_factory=list)
    usages: list[tuple[int, tuple[str, str]]] = field(default_factory=list)
    unfit: set[int] = field(default_factory=set)


def files(folder: Path) -> list[Path]:
    """The files of a WordNet that are read. Raises InputError where it has no part of speech."""
    found: list[Path] = []
    for name in PARTS.values():
        pair = [folder / f"index.{name}", folder / f"data.{name}"]
        if all(path.is_file() for path in pair):
            found += [*pair, *(path for path in [folder / f"{name}.exc"] if path.is_file())]
    if not found:
        raise InputError(f"{folder}: expected the files of a WordNet (index.noun and data.noun …), found none")
    return [*found, *(path for path in [folder / COUNTS] if path.is_file())]


def compiled(folder: Path) -> str:
    """The lexicon of a WordNet, as lines. Raises InputError where a file is not of that format."""
    builder = _Builder(files(folder))
    try:
        builder.read()
        return builder.text()
    except OSError as error:
        raise InputError(f"{builder.place}: {error.strerror}") from error
    except (ValueError, IndexError, KeyError) as error:
        raise InputError(f"{builder.place}: expected a line as in wndb(5WN), found another ({error})") from error


class _Builder:
    """All that is read of one WordNet."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = {path.name: path for path in paths}
        self.synsets: dict[tuple[str, str], _Synset] = {}
        self.counts: dict[tuple[str, str, int], int] = {}
        self.met: dict[tuple[str, str, int], int] = {}
        self.totals: dict[tuple[str, str], int] = {}
        self.senses: dict[tuple[str, str], int] = {}
        self.entries: dict[str, dict[str, list[str]]] = {}
        self.place = ""

    def read(self) -> None:
        """All files. Raises ValueError, IndexError or KeyError at a line that is none of WordNet's."""
        for pos, name in PARTS.items():
            for line in self._lines(f"data.{name}"):
                self._synset(pos, line)
        for line in self._lines(COUNTS):
            key, sense, count = line.split()
            lemma, kind = key.split("%")
            self.counts[lemma, _KINDS[kind[0]], int(sense)] = int(count)
        for synset in self.synsets.values():
            for index, domain in synset.usages:
                if domain in self.synsets and UNFIT.intersection(self.synsets[domain].words):
                    synset.unfit.update([index - 1] if index else range(len(synset.words)))
        for work in (self._total, self._entry):
            for name in PARTS.values():
                for line in self._lines(f"index.{name}"):
                    work(line.split())

    def _lines(self, name: str) -> Iterator[str]:
        """Lines of a file, less those of the licence."""
        if name not in self.paths:
            return
        with self.paths[name].open(encoding="latin-1") as file:
            for place, line in enumerate(file, 1):
                self.place = f"{self.paths[name]}:{place}"
                if not line.startswith(" ") and line.strip():
                    yield line

    def _synset(self, pos: str, line: str) -> None:
        head = line.split(" | ")[0].split()
        width = int(head[3], 16)
        raw = head[4 : 4 + 2 * width : 2]
        markers = [found.group() if (found := _MARKER.search(word)) else "" for word in raw]
        synset = _Synset([_MARKER.sub("", word) for word in raw], markers)
        first = 4 + 2 * width
        for place in range(first + 1, first + 1 + 4 * int(head[first]), 4):
            sign, offset, of, ends = head[place : place + 4]
            target = ("a" if of == "s" else of, offset)
            if sign == "!":
                synset.antonyms.append((int(ends[:2], 16), target, int(ends[2:], 16)))
            elif sign == ";u":
                synset.usages.append((int(ends[:2], 16), target))
        self.synsets[pos, head[0]] = synset

    def _senses(self, parts: list[str]) -> list[tuple[_Synset, int | None]]:
        """The synsets of a line of an index in order, and which of its words it is: None for a name."""
        word, pos = parts[0], parts[1]
        found: list[tuple[_Synset, int | None]] = []
        for offset in parts[-int(parts[2]) :]:
            synset = self.synsets[pos, offset]
            found.append((synset, synset.words.index(word) if word in synset.words else None))
        return found

    def _total(self, parts: list[str]) -> None:
        """How often a word is met as this part of speech, less what is a name."""
        word, pos = parts[0], parts[1]
        own = [(turn, synset) for turn, (synset, index) in enumerate(self._senses(parts), 1) if index is not None]
        self.senses[word, pos] = len(own)
        for turn, synset in own:
            count = self.counts.get((word, pos, turn), 0)
            self.met[word, pos, id(synset)] = count
            self.totals[word, pos] = self.totals.get((word, pos), 0) + count

    def _entry(self, parts: list[str]) -> None:
        word, pos = parts[0], parts[1]
        if (word, pos) not in self.totals or not _WORD.fullmatch(word) or len(word) < 2:
            return
        senses = []
        for synset, index in self._senses(parts):
            same = "" if index is None else self._told(word, pos, synset, index)
            other = "" if index is None else ",".join(self._other(synset, index))
            senses.append(f"{same}!{other}" if other else same)
        while senses and not _says(senses[-1:]):
            senses.pop()
        self.entries.setdefault(word, {})[pos] = senses

    def _told(self, word: str, pos: str, synset: _Synset, index: int) -> str:
        """What may stand for a word in one sense, behind the tenths of its use that the sense is."""
        tenths = min(int(10 * self._share(word, pos, synset)), 9)
        return f"{tenths}{','.join(self._same(pos, synset, index))}"

    def _same(self, pos: str, synset: _Synset, index: int) -> list[str]:
        """What may stand for a word of a synset: not what is met in other senses only, for it would be misread."""
        found: dict[str, tuple[int, int]] = {}
        for place, word in enumerate(synset.words):
            if place == index or place in synset.unfit or not _fit(word):
                continue
            here, total = self.met.get((word, pos, id(synset)), 0), self.totals.get((word, pos), 0)
            rare = here < LEAST["_" in word] or here * RARER < self.met[synset.words[index], pos, id(synset)]
            rare = rare and bool(self.counts)
            if synset.markers[place] in ("", synset.markers[index]) and not rare and self._usual(word, pos, synset):
                found[word.replace("_", " ")] = -here, -total
        return sorted(found, key=lambda word: found[word])

    def _share(self, word: str, pos: str, synset: _Synset) -> float:
        """How much of a word's use as a part of speech is one sense, from 0 to 1; all alike where nothing is met.

        A WordNet that has no counts can't tell: there each sense is all.
        """
        if not self.counts:
            return 1.0
        senses = self.senses[word, pos]
        return (self.met[word, pos, id(synset)] + SMOOTH) / (self.totals[word, pos] + SMOOTH * senses)

    def _usual(self, word: str, pos: str, synset: _Synset) -> bool:
        """Whether a word is read in the sense of a synset as a rule."""
        if self._share(word, pos, synset) < MAIN:
            return False
        return self.totals[word, pos] >= MAIN * sum(self.totals.get((word, other), 0) for other in PARTS)

    def _other(self, synset: _Synset, index: int) -> list[str]:
        found = []
        for own, key, place in synset.antonyms:
            if own == index + 1 and key in self.synsets:
                word = self.synsets[key].words[place - 1]
                if word != synset.words[index] and _fit(word) and place - 1 not in self.synsets[key].unfit:
                    found.append(word.replace("_", " "))
        return list(dict.fromkeys(found))

    def text(self) -> str:
        """The lines."""
        kept = {
            word
            for word, readings in self.entries.items()
            if "v" in readings or any(_says(senses) or self.totals[word, pos] for pos, senses in readings.items())
        }
        traps = {
            word
            for word, readings in self.entries.items()
            if any(base in kept and base != word for pos in "nva" for base, _ in bases(word, pos))
        }
        lines = []
        for word in sorted(kept | traps):
            readings = [f"{pos}{self.totals[word, pos]}:{'|'.join(s)}" for pos, s in self.entries[word].items()]
            lines.append("\t".join([word, *readings]))
        forms = [line for pos, name in PARTS.items() for line in self._forms(pos, f"{name}.exc")]
        return "\n".join([*lines, "", *forms, ""])

    def _forms(self, pos: str, name: str) -> Iterator[str]:
        """Irregular forms of single words, as the exception lists have them, and which form each is."""
        known: dict[str, list[str]] = {}
        for line in self._lines(name):
            form, *of = line.split()
            for base in of:
                if base != form and _WORD.fullmatch(form) and _WORD.fullmatch(base):
                    known.setdefault(base, []).append(form)
        for base in sorted(known):
            told = _kinds(pos, base, known[base])
            for kind in dict.fromkeys(kind for kind, form in told if form in DATED):
                yield f"{inflected(base, kind, pos)}\t{pos}{kind}{base}"  # the first one is that which is written
            for kind, form in told:
                regular = inflected(base, kind, pos) == form and (base, kind) in bases(form, pos)
                if not regular or (pos, kind) == ("n", "s"):
                    yield f"{form}\t{pos}{kind}{base}"


def _says(senses: list[str]) -> bool:
    """Whether a sense leads to another word."""
    return any(sense.lstrip("0123456789") for sense in senses)


def _fit(word: str) -> bool:
    return len(word) > 2 and word not in COARSE | ODD and bool(_PHRASE.fullmatch(word)) and bool(_SAYABLE.search(word))


def _kinds(pos: str, base: str, forms: list[str]) -> list[tuple[str, str]]:
    """Which form of its base each is; see inflection.py for the letters."""
    if pos == "n":
        return [("s", form) for form in forms if "ing" in base or "ing" not in form]  # *crying* is not many a cry
    if pos in "ar":
        return [("t" if form.endswith("st") else "r", form) for form in forms]
    found = [("g", form) for form in forms if form.endswith("ing")]
    found += [("s", form) for form in forms if form.endswith("s")]
    past = [form for form in forms if not form.endswith(("ing", "s"))]
    if len(past) == 1 and past[0].endswith(("came", "ran")):
        return [*found, ("d", past[0]), ("n", base)]
    perfect = [form for form in past if _PERFECT.search(form) or ("u" in form and form.replace("u", "a") in past)]
    perfect = perfect or past
    past = [form for form in past if form not in perfect] or [form for form in past if not _PERFECT.search(form)]
    return [*found, *(("d", form) for form in past), *(("n", form) for form in perfect)]


def main(arguments: list[str]) -> int:
    """Write the lexicon that ships with the package."""
    if len(arguments) != 1:
        print("usage: python -m augment.text.lexicon.build FOLDER, such as /usr/share/wordnet")
        return 2
    TARGET.write_bytes(zlib.compress(compiled(Path(arguments[0])).encode("ascii"), 9))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
