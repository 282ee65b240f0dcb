"""ChangeCase: writes words in capitals, in small letters, as titles, or in a mixture.

    text: [{ChangeCase: {to: [upper, lower], rate: 1}}]
    text: [{ChangeCase: {to: random, rate: 0.2}}]

Scripts without case stay as they are. Some letters have a capital of more than one (``ß``, ``SS``); Turkish and
Azerbaijani keep their i with a dot and without one apart: in words that have one of their own letters, and in all
others of a text that is known for such. A name from there in an English text changes nothing about its other words.
Many of their texts have none of these letters, so say ``turkish: true`` of a data set that is. Case mapping is
that of the Unicode Standard, section 3.13, and its SpecialCasing.txt.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Literal, get_args

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.sentences import sentences
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.value import Passage

LABELS = "keeps"
NOTE = "Classes hold. Case tells names from words: where entities are labelled, a model learns to do without it."
DOCS = "https://www.unicode.org/reports/tr21/tr21-5.html"

Form = Literal["upper", "lower", "title", "swap", "sentence", "random"]

_LINE = re.compile(r"\n")
_WORD = re.compile(r"[^\W_]")

_SHORT = re.compile(r"(?<!\w)(?:[a-zà-ÿ]\.){2,}\s*\Z")
"""An abbreviation such as e.g. and z.b., after which no capital was meant whatever follows."""

_LONGEST = 16

_TURKISH = re.compile("[ıİğĞ]")
"""Letters that only Turkish and its kin have."""

_KIN = re.compile("[ıİğĞşŞçÇöÖüÜəƏ]")
"""Letters of which many words of such a text have one."""

_NOT = re.compile("[qwxQWX]")
"""Letters that Turkish has not."""


class Options(Columns):
    """How, and how many words."""

    to: Form | tuple[Form, ...] = pydantic.Field(
        ("upper", "lower", "title"),
        description=f"One is drawn for a text: {', '.join(get_args(Form))}; sentence is a capital where one begins.",
    )
    rate: Rate = pydantic.Field(1.0, description="Share of a text's words; at least one where above 0.")
    turkish: bool | None = pydantic.Field(
        None, description="Whether i and İ, ı and I are pairs, as in Turkish and Azerbaijani; null: found out."
    )

    @pydantic.field_validator("to")
    @classmethod
    def _some(cls, to: Form | tuple[Form, ...]) -> Form | tuple[Form, ...]:
        if not to:
            raise ValueError("expected at least one")
        return to


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each(options, sample, chance, partial(_change, options))


def _change(options: Options, passage: Passage, numbers: Numbers) -> Passage:
    if options.rate == 0:
        return passage
    text = passage.text
    words = [(start, end) for start, end in passage.words if text[start:end].lower() != text[start:end].upper()]
    forms = [*((options.to,) if isinstance(options.to, str) else options.to)]
    chosen = [words[at] for at in picked(many(options.rate, len(words), numbers), len(words), numbers)]
    told = options.turkish
    turkish = _is_turkish(text, words) if told is None else told
    opening = _opening(text) if "sentence" in forms else frozenset()
    while forms:  # until one makes a difference
        form = forms.pop(int(numbers.random() * len(forms)))
        made = passage.edited(
            (start, end, _formed(word, form, start in opening, turkish or (told is None and _own(word)), numbers))
            for start, end in chosen
            if (word := text[start:end])
        )
        if made is not passage:
            return made
    return passage


def _is_turkish(text: str, words: list[tuple[int, int]]) -> bool:
    """Whether a text as a whole is: most words tell so, or one that is no name does and none speaks against it."""
    if _TURKISH.search(text) is None:
        return False
    told = [text[start:end] for start, end in words]
    if any(word[0].islower() and _TURKISH.search(word) for word in told) and _NOT.search(text) is None:
        return True
    marked = sum(_KIN.search(word) is not None for word in told)
    return 2 * marked > len(told) and (marked > 1 or len(told) == 1)


def _own(word: str) -> bool:
    """Whether a word is Turkish by its letters."""
    return _TURKISH.search(word) is not None


def _opening(text: str) -> frozenset[int]:
    """Where the first words of sentences and lines start."""
    starts = [start for start, _ in sentences(text) if _SHORT.search(text, max(0, start - _LONGEST), start) is None]
    if "\n" in text:
        starts += [match.end() for match in _LINE.finditer(text)]
    return frozenset(match.start() for start in starts if (match := _WORD.search(text, start)))


def _formed(word: str, form: Form, begins: bool, turkish: bool, numbers: Numbers) -> str:
    """A word in another case."""
    if form == "upper":
        return _upper(word, turkish)
    if form == "lower":
        return _lower(word, turkish)
    if form == "title" or (form == "sentence" and begins):
        first = "İ" if turkish and word[0] == "i" else word[0].title()
        return first + _lower(word, turkish)[len(_lower(word[0], turkish)) :]
    if form == "sentence":
        return _lower(word, turkish)
    pairs = zip(word, _sigmas(word) if "Σ" in word else word, strict=True)
    if form == "swap":
        return "".join([_lower(low, turkish) if char.isupper() else _upper(char, turkish) for char, low in pairs])
    return "".join([_upper(char, turkish) if numbers.random() < 0.5 else _lower(low, turkish) for char, low in pairs])


def _sigmas(word: str) -> str:
    """A word with small sigmas; at the end of a Greek one it is another than before."""
    small = word.lower()
    return (
        "".join([small[at] if char == "Σ" else char for at, char in enumerate(word)])
        if len(small) == len(word)
        else word
    )


def _upper(text: str, turkish: bool) -> str:
    return (text.replace("i", "İ") if turkish else text).upper()


def _lower(text: str, turkish: bool) -> str:
    return (text.replace("İ", "i").replace("I", "ı") if turkish else text).lower()
