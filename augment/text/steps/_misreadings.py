"""What optical character recognition takes for what: shapes that are alike, one letter or two.

Groups after the classes of errors in Nguyen et al., "Deep Statistical Analysis of OCR Errors for Effective Post-OCR
Processing", JCDL 2019 (https://doi.org/10.1109/JCDL.2019.00015): most errors replace one character, and the commonest
others part one into two or join two. Which are alike was chosen by eye, in Latin, Cyrillic and Greek print.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import permutations

ALIKE = (
    "0OoDQ", "1lI", "2Zz", "5Ss", "6bG", "8B", "9gq", "aou", "ceo", "fft", "ftl", "hbn", "ijl", "lt", "mn", "nru",
    "pn", "uvy", "vy", "xk", "kh", "EF", "CG", "HN", "MN", "PR", "UV", "VY", "Tf", "AR", "KX", "LI", "WM", "JI",
    "7T", "dcl", "eéèêë", "aáàâäãå", "oóòôöõø", "iíìîï", "uúùûü", "cç", "nñ", "yýÿ", "Bß", "szžš", "EÉÈÊ", "AÁÀÂÄÅ",
    "OÓÒÔÖØ", "UÚÙÛÜ", "CÇ", "NÑ", "lł", "gğ", "sşś", "zżź", "aą", "eę", "иниц", "нпи", "пл", "шщ", "ес", "ёе",
    "йи", "оэ0", "Оо0", "б6", "зэ3", "ьъы", "гт", "тш", "жк", "ао", "ОСЭ", "НИП", "ЬЪ", "ШЩ", "ГТ", "ВЗ3",
    "οσ0", "νυ", "αο", "άα", "έε", "ήη", "ίι", "όο", "ηπ", "κχ", "ρφ", "ΟΘ0", "ΑΛ",
)  # fmt: skip
"""Each is read as each other."""

PAIRS = (
    ("rn", "m"), ("m", "rn"), ("cl", "d"), ("d", "cl"), ("vv", "w"), ("w", "vv"), ("nn", "m"), ("in", "m"),
    ("m", "in"), ("ri", "n"), ("ii", "u"), ("u", "ii"), ("li", "h"), ("h", "li"), ("lo", "b"), ("tl", "d"),
    ("ci", "a"), ("n", "ri"), ("I3", "B"), ("B", "I3"), ("VV", "W"), ("W", "VV"), ("LI", "U"), ("fi", "ﬁ"),
    ("fl", "ﬂ"), ("ff", "ﬀ"), ("rm", "nn"), ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("ьі", "ы"), ("ы", "ьі"),
    ("ьо", "ю"), ("ю", "ьо"),
)  # fmt: skip
"""What stands there, and what is read."""


def _table(pairs: Iterable[tuple[str, str]], size: int) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for right, wrong in pairs:
        if wrong != right and len(right) == size:
            found.setdefault(right, {})[wrong] = None
    return {right: tuple(wrong) for right, wrong in found.items()}


SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
"""Scripts whose letters digits are read as: the first words of the letters' names."""

_LETTER = re.compile(r"[^\W\d_]")


@lru_cache(4096)
def script(char: str) -> str:
    """The script of a letter: the first word of its name."""
    return unicodedata.name(char, "").partition(" ")[0]


def _of(own: str, pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Those pairs whose letters are of one script."""
    return (pair for pair in pairs if {script(char) for part in pair for char in part if char.isalpha()} == {own})


_ALL = [*(pair for group in ALIKE for pair in permutations(group, 2)), *PAIRS]
ONE = _table((pair for pair in _ALL if not pair[0].isdigit()), 1)
"""A letter -> what is read in its place."""

DIGITS = {own: _table(_of(own, (pair for pair in _ALL if pair[0].isdigit())), 1) for own in SCRIPTS}
"""Script -> a digit -> the letters of that script that are read in its place."""

TWO = _table(_ALL, 2)
"""Two characters -> what is read in their place."""

BEGINS = frozenset(pair[0] for pair in TWO)
"""With what the keys of TWO begin."""


FAR = 32
"""Characters within which the nearest letter is looked for."""


def digit(text: str, place: int) -> tuple[str, ...]:
    """What is read in place of a digit: letters of the script of the nearest letter, else of the text's first one.

    Latin ones where there are no letters, and none in scripts that have no letters like digits here.
    """
    return DIGITS.get("LATIN" if text.isascii() else script(_near(text, place)), {}).get(text[place], ())


def _near(text: str, place: int) -> str:
    length = len(text)
    for away in range(1, FAR):
        before, after = place - away, place + away
        if before >= 0 and text[before].isalpha():
            return text[before]
        if after < length and text[after].isalpha():
            return text[after]
    return _first(text)


@lru_cache(1)
def _first(text: str) -> str:
    found = _LETTER.search(text)
    return found.group() if found is not None else "O"
