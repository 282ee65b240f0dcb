"""What optical character recognition takes for what: shapes that are alike, one letter or two.

Groups after the classes of errors in Nguyen et al., "Deep Statistical Analysis of OCR Errors for Effective Post-OCR
Processing", JCDL 2019 (https://doi.org/10.1109/JCDL.2019.00015): most errors replace one character, and the commonest
others part one into two or join two. Which are alike was chosen by eye, in Latin, Cyrillic and Greek print.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import permutations

ALIKE = (
    "0OoDQ", "1lI", "2Zz", "5Ss", "6bG", "8B", "9gq", "aou", "ceo", "fft", "ftl", "hbn", "ijl", "lt", "mn", "nru",
    "pn", "uvy", "vy", "xk", "kh", "EF", "CG", "HN", "MN", "PR", "UV", "VY", "Tf", "AR", "KX", "LI", "WM", "JI",
    "7T", "dcl", "eéèêë", "aáàâäãå", "oóòôöõø", "iíìîï", "uúùûü", "cç", "nñ", "yýÿ", "Bß", "szžš", "EÉÈÊ", "AÁÀÂÄÅ",
    "OÓÒÔÖØ", "UÚÙÛÜ", "CÇ", "NÑ", "lł", "gğ", "sşś", "zżź", "aą", "eę", "иниц", "нпи", "пл", "шщ", "ес", "ёе",
    "йи", "оэ0", "зэ3", "ьъы", "гт", "тш", "жк", "ао", "ОСЭ", "НИП", "ЬЪ", "ШЩ", "ГТ", "ВЗ3", "οσ0", "νυ", "αο",
    "άα", "έε", "ήη", "ίι", "όο", "ηπ", "κχ", "ρφ", "ΟΘ0", "ΑΛ",
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


_ALL = [*(pair for group in ALIKE for pair in permutations(group, 2)), *PAIRS]
ONE = _table(_ALL, 1)
"""A character -> what is read in its place."""

TWO = _table(_ALL, 2)
"""Two characters -> what is read in their place."""

BEGINS = frozenset(pair[0] for pair in TWO)
"""With what the keys of TWO begin."""
