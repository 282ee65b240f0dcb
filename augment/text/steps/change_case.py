"""ChangeCase: writes words in capitals, in small letters, as titles, or in a mixture.

    text: [{ChangeCase: {to: [upper, lower], rate: 1}}]
    text: [{ChangeCase: {to: random, rate: 0.2}}]

Scripts without case stay as they are. Some letters have a capital of more than one (``ß``, ``SS``); Turkish and
Azerbaijani keep their i with a dot and without one apart: in words that have one of their own letters, and in all
others of a text that is known for such. A name from there in an English text changes nothing about its other words.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Literal, get_args

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.value import Passage

LABELS = "keeps"
NOTE = "Classes hold. Case tells names from words: where entities are labelled, a model learns to do without it."
DOCS = "https://www.unicode.org/reports/tr21/tr21-5.html"

Form = Literal["upper", "lower", "title", "swap", "sentence", "random"]

_END = re.compile(r"(?:[.!?…][^\w\s]*\s|[。！？\n])\W*\Z")
"""Before the first word of a sentence."""

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
    turkish = _is_turkish(text, words)
    while forms:  # until one makes a difference
        form = forms.pop(int(numbers.random() * len(forms)))
        made = passage.edited(
            (start, end, _formed(word, form, _begins(text, start), turkish or bool(_TURKISH.search(word)), numbers))
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


def _begins(text: str, start: int) -> bool:
    """Whether a word is the first of a sentence."""
    place = start
    while place and not text[place - 1].isalnum():
        place -= 1
    return not place or _END.search(text, place, start) is not None


def _formed(word: str, form: Form, begins: bool, turkish: bool, numbers: Numbers) -> str:
    """A word in another case."""
    if form == "upper":
        return _upper(word, turkish)
    if form == "lower":
        return _lower(word, turkish)
    if form == "title" or (form == "sentence" and begins):
        return _upper(word[0], turkish).title() + _lower(word[1:], turkish)
    if form == "sentence":
        return _lower(word, turkish)
    if form == "swap":
        return "".join([_lower(char, turkish) if char.isupper() else _upper(char, turkish) for char in word])
    return "".join([(_upper if numbers.random() < 0.5 else _lower)(char, turkish) for char in word])


def _upper(text: str, turkish: bool) -> str:
    return (text.replace("i", "İ") if turkish else text).upper()


def _lower(text: str, turkish: bool) -> str:
    return (text.replace("İ", "i").replace("I", "ı") if turkish else text).lower()
