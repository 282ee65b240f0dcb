"""UnicodeNoise: writes the same with other characters: odd spaces, invisible ones, accents, quotes, dashes, ligatures.

    text: [{UnicodeNoise: {kinds: [spaces, quotes, zero_width], rate: 0.2}}]
    text: [{UnicodeNoise: {kinds: nfd}}]

For each text one of the kinds is drawn, among those for which it has a place. ``nfc``, ``nfd`` and ``nfkc`` bring all
of it into that normal form (Unicode Standard Annex 15); the others change a share of the places where they can.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Literal, get_args

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.value import Edit, Passage, Range

LABELS = "keeps"
NOTE = "Accents apart, people read the same; tokenizers see other characters."
DOCS = "https://www.unicode.org/reports/tr15/"

Kind = Literal[
    "zero_width", "spaces", "accents", "quotes", "dashes", "ellipsis", "ligatures", "nfc", "nfd", "nfkc"
]  # fmt: skip

INVISIBLE = ("\u200b", "\u2060", "\ufeff", "\u00ad")
"""Zero-width space, word joiner, byte order mark, soft hyphen."""

ACCENTS = ("\u0300", "\u0301", "\u0302", "\u0303", "\u0308", "\u030a", "\u0323", "\u0327")
"""On letters of scripts that write them."""

OTHERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "spaces": {" ": ("\u00a0", "\u2002", "\u2003", "\u2009", "\u202f", "\u3000", "  ")},
    "quotes": {
        '"': ("“", "”", "„", "«", "»", "＂"),
        "'": ("’", "‘", "ʼ", "′"),
        **dict.fromkeys("“”„«»", ('"',)),
        **dict.fromkeys("’‘‚", ("'",)),
    },
    "dashes": {"-": ("‐", "‑", "–", "—", "−"), **dict.fromkeys("‐‑–—−", ("-",))},
    "ellipsis": {"...": ("…",), "…": ("...",)},
    "ligatures": {
        **{"ffi": ("ﬃ",), "ffl": ("ﬄ",), "ff": ("ﬀ",), "fi": ("ﬁ",), "fl": ("ﬂ",), "st": ("ﬆ",)},
        **{"ﬃ": ("ffi",), "ﬄ": ("ffl",), "ﬀ": ("ff",), "ﬁ": ("fi",), "ﬂ": ("fl",), "ﬆ": ("st",)},
    },
}
"""Kind -> what stands there -> what may stand there instead.

Ligatures are those that type sets for letters (Unicode's compatibility ones); *æ*, *œ* and *ĳ* are letters of words.
"""

_FINDS = {kind: re.compile("|".join(map(re.escape, table))) for kind, table in OTHERS.items()}


class Options(Columns):
    """Which kinds, and how much of them."""

    kinds: Kind | tuple[Kind, ...] = pydantic.Field(
        ("zero_width", "spaces", "accents", "quotes", "dashes", "ellipsis", "ligatures"),
        description=f"Any of {', '.join(get_args(Kind))}.",
    )
    rate: Rate = pydantic.Field(
        0.1, description="Share of the places where a kind can be; at least one where above 0."
    )

    @pydantic.field_validator("kinds")
    @classmethod
    def _some(cls, kinds: Kind | tuple[Kind, ...]) -> Kind | tuple[Kind, ...]:
        if not kinds:
            raise ValueError("expected at least one")
        return kinds


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each(options, sample, chance, partial(_change, options))


def _change(options: Options, passage: Passage, numbers: Numbers) -> Passage:
    if options.rate == 0:
        return passage
    kinds: list[Kind] = [options.kinds] if isinstance(options.kinds, str) else [*options.kinds]
    while kinds:
        kind = kinds.pop(int(numbers.random() * len(kinds)))
        made = passage.edited(_edits(kind, options.rate, passage, numbers))
        if made is not passage:
            return made
    return passage


def _edits(kind: Kind, rate: float | tuple[float, float], passage: Passage, numbers: Numbers) -> list[Edit]:
    if kind in OTHERS:
        found = [match.span() for match in _FINDS[kind].finditer(passage.text)]
        return _some(found, rate, numbers, lambda place: _other(OTHERS[kind][passage.text[slice(*place)]], numbers))
    if kind == "zero_width":
        inner = [letter for word in passage.words for letter in passage.clusters(*word)[:-1]]
        return _some([(end, end) for _, end in inner], rate, numbers, lambda place: _other(INVISIBLE, numbers))
    letters = [letter for word in passage.words for letter in passage.clusters(*word)]
    if kind == "accents":
        able = [letter for letter in letters if _accented(passage.text[letter[0]])]
        return _some(able, rate, numbers, lambda place: passage.text[slice(*place)] + _other(ACCENTS, numbers))
    form: Any = kind.upper()  # a normal form's name
    if unicodedata.is_normalized(form, passage.text):
        return []
    return [(start, end, unicodedata.normalize(form, passage.text[start:end])) for start, end in passage.clusters()]


@lru_cache(4096)
def _accented(char: str) -> bool:
    """Whether a letter is of a script that writes such accents: Latin, Greek or Cyrillic."""
    return char.isalpha() and unicodedata.name(char, "").partition(" ")[0] in ("LATIN", "GREEK", "CYRILLIC")


def _some(
    places: list[Range], rate: float | tuple[float, float], numbers: Numbers, new: Callable[[Range], str]
) -> list[Edit]:
    """Edits at a share of the places."""
    chosen = picked(many(rate, len(places), numbers), len(places), numbers)
    return [(*places[at], new(places[at])) for at in chosen]


def _other(choices: tuple[str, ...], numbers: Numbers) -> str:
    return choices[int(numbers.random() * len(choices))]
