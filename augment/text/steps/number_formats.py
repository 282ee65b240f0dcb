"""NumberFormats: writes numbers in another form: 1234567 and 1,234,567, 5 and five, 5th and fifth, 5% and 5 percent.

    text: [{NumberFormats: {kinds: [grouping, words], limit: 12}}]

For English, where a comma parts thousands. Left alone is what may be no number but a name for something: years and
other numbers of four digits, what has a letter or a sign on it, times, dates, telephone numbers, versions, and what
follows a word such as *number*, *order* or *room*, a single letter, or a word with capitals (*iPhone 5*, *Wi-Fi 6*),
what stands before a capital (*5 Elm Street*), and fractions. Words for numbers: Chicago Manual of Style, section 9.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.lexicon.context import STOP
from augment.text.marks import Edit
from augment.text.steps import _dates, _numbers
from augment.text.steps._english import English, foreign
from augment.text.steps._passages import Numbers, Rate, each, many, picked
from augment.text.steps._tokens import edited
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "Classes stay: the value is the same. A number that is an entity or an answer is left alone, as all entities are;"
    " tokens are cut anew at white space."
)
DOCS = "https://www.chicagomanualofstyle.org/"

Kind = Literal["grouping", "words", "ordinals", "percent"]

_EDGE = r"(?<![\w.,:/+#$€£¥%@&*=~^'’\\-])"
_END = r"(?=$|\s|[.,;:!?)\]\"'”’…]+(?:$|\s))"
_NUMERAL = re.compile(
    rf"{_EDGE}(?P<number>[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)"
    rf"(?:(?P<ordinal>st|nd|rd|th)|(?P<percent>(?:\.[0-9]+)?(?:%| per ?cent\b)))?{_END}"
)
_BEFORE = re.compile(r"(\S+)[ \t]+[\"'(\[]*$")
_AFTER = re.compile(r"[ \t]+[\"'(\[]*(\S+)")
_LONGEST = 48

_NAMING = (
    "no nr num number numbers id ids order ref reference account code pin zip postcode room version v page pages p pp"
    " chapter section line flight tel phone call text isbn issn card case ticket invoice model step article figure"
    " fig table level gate platform district highway route box suite apt unit serial port error item channel"
    " type grade class vitamin formula size windows iphone ipad galaxy android ios macos ps playstation xbox airbus"
)
NAMING = frozenset(_NAMING.split())
"""After these a number is a name."""

_TIMES = frozenset(["am", "pm", "a.m", "p.m", "o'clock", "o’clock", "bc", "ad", "bce", "ce", "gmt", "utc"])
_MONTHS = frozenset(name.lower() for name in _dates.MONTHS) | frozenset(_dates.SHORT)
_LARGE = "hundred thousand million millions billion billions trillion dozen half point and a one"
PARTS = frozenset(_LARGE.split()) | frozenset(_numbers.UNITS) | frozenset(_numbers.TENS)

_SMALL = "halves quarters hundredths thousandths millionths billionths"
FRACTIONS = frozenset(_SMALL.split()) | {f"{_numbers.ordinal(number)}s" for number in range(3, 100)}
"""What follows the upper number of a fraction."""

_QUOTES = tuple("'\"’”′″")
"""Right after a number they may stand for feet, inches, minutes and seconds."""

_UNITS = tuple("%‰°€$£¥")

GROUPED = range(5, 10)
"""How many digits get commas; four may be a year, ten are a telephone number or an identifier."""


class Options(English):
    """Which forms, and how often."""

    kinds: tuple[Kind, ...] = pydantic.Field(
        ("grouping", "words", "ordinals", "percent"), min_length=1, description="What is written another way."
    )
    limit: int = pydantic.Field(12, ge=0, le=_numbers.MOST, description="The highest number that is put in words.")
    rate: Rate = pydantic.Field(1.0, description="Share of the places where it can be done, at least one.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with numbers in other forms."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        found = [edit for edit in _places(passage.text, options) if not passage.touches(edit[0], edit[1])]
        if not found or foreign(passage, options.language):
            return passage
        chosen = picked(many(options.rate, len(found), generator), len(found), generator)
        return edited(passage, [found[index] for index in chosen])

    return each(options, sample, chance, change)


def _places(text: str, options: Options) -> Iterator[Edit]:
    numerals = [*_NUMERAL.finditer(text)]
    dates = set[int]()
    if numerals:
        listed = [*_dates.runs(text), *(match.span() for match in _dates.PATTERN.finditer(text))]
        dates = {place for start, end in listed for place in range(start, end)}
    for match in numerals:
        if match.start() not in dates:
            new = _numeral(text, match, options)
            if new:
                yield match.start(), match.end(), new
    if options.limit > 1:
        for match in _spelled(options.limit).finditer(text):
            new = _in_digits(text, match, options)
            if new:
                yield match.start(), match.end(), new


def _numeral(text: str, match: re.Match[str], options: Options) -> str:
    """Another form of a numeral; empty where it has none, or may be a name."""
    digits, ordinal, percent = match.group("number", "ordinal", "percent")
    if percent:
        kept = match.group()[: -len(percent.lstrip(".0123456789"))]
        return (f"{kept} percent" if percent.endswith("%") else f"{kept}%") if "percent" in options.kinds else ""
    before, after = _neighbours(text, match.span())
    if (len(digits) > 1 and digits[0] == "0") or _name(before, after) or _lists(text, match):
        return ""
    if text.startswith(_QUOTES, match.end()):
        return ""
    plain = digits.replace(",", "")
    spelled = len(plain) <= 3 and plain == digits and int(plain) <= options.limit
    if ordinal:
        fits = spelled and "ordinals" in options.kinds and ordinal == _numbers.suffix(int(plain))
        return _opened(text, match.start(), _numbers.ordinal(int(plain))) if fits else ""
    if spelled:
        return _opened(text, match.start(), _numbers.cardinal(int(plain))) if "words" in options.kinds else ""
    if "grouping" in options.kinds and (plain != digits or len(plain) in GROUPED):
        return plain if plain != digits else f"{int(plain):,}"
    return ""


def _neighbours(text: str, place: tuple[int, int]) -> tuple[str, str]:
    """The words before and after, with what sticks to them; empty where there is none on this line."""
    start, end = place
    before = _BEFORE.search(text, max(0, start - _LONGEST), start)
    after = _AFTER.match(text, end, end + _LONGEST)
    return before.group(1) if before else "", after.group(1) if after else ""


def _name(before: str, after: str) -> bool:
    """Whether a number is one of more, or a name, by the words beside it."""
    bare, following = before.lower().strip(".:"), after.lower().strip(".,;:!?)")
    if bare in NAMING or bare in _MONTHS or following in _TIMES or following in _MONTHS or after[:1] in _UNITS:
        return True
    if after[:1].isupper() or (len(bare) == 1 and bare.isalpha() and bare not in ("a", "i")):
        return True  # 5 Elm Street, vitamin b 12
    if before[-1:] in ("+", "#") or before[-1:].isdigit() or after[:1].isdigit() or after[:2].strip("+-(").isdigit():
        return True
    return before != before.lower() and before.replace("-", "").isalnum() and bare not in STOP


def _lists(text: str, match: re.Match[str]) -> bool:
    """Whether a number opens an item of a list."""
    line = text[max(0, match.start() - _LONGEST) : match.start()].rpartition("\n")[2]
    return not line.strip(" \t(") and text[match.end() : match.end() + 1] in (".", ")", ":")


def _opened(text: str, place: int, words: str) -> str:
    """Words with a capital where they open a sentence."""
    before = text[max(0, place - _LONGEST) : place].rstrip(" \t\"'(“‘")
    return words[:1].upper() + words[1:] if not before or before[-1] in ".!?…\n" else words


@cache
def _spelled(limit: int) -> re.Pattern[str]:
    """Number words from 2 up to a limit, and ordinals from 4; *one*, *first* and *second* have other uses."""
    known = {_numbers.cardinal(number): number for number in range(2, limit + 1)}
    known |= {_numbers.ordinal(number): number for number in range(4, limit + 1)}
    listed = "|".join(re.escape(words) for words in sorted(known, key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?<![\w'’.-])(?:{listed})(?![\w'’-])", re.IGNORECASE)


@cache
def _values(limit: int) -> dict[str, tuple[int, bool]]:
    """Number words -> their value, and whether they are ordinals."""
    found = {_numbers.cardinal(number): (number, False) for number in range(2, limit + 1)}
    return found | {_numbers.ordinal(number): (number, True) for number in range(4, limit + 1)}


def _in_digits(text: str, match: re.Match[str], options: Options) -> str:
    """A number in digits; empty where its words are a part of a longer number, a fraction, or a name."""
    written = match.group()
    value, is_ordinal = _values(options.limit)[written.lower()]
    before, after = _neighbours(text, match.span())
    beside = {before.lower().strip(",.;:"), after.lower().strip(",.;:!?)\"'”’")}
    if ("ordinals" if is_ordinal else "words") not in options.kinds or beside & PARTS or _name(before, after):
        return ""
    if beside & FRACTIONS:
        return ""
    if written[0].isupper() and _opened(text, match.start(), "a") == "a":
        return ""  # a capital within a sentence: Seven Oaks
    if is_ordinal:
        return "" if after.lower() == "of" else f"{value}{_numbers.suffix(value)}"
    return str(value)
