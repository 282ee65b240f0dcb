"""Dates as they are written, and the calendar that they must be in (the Gregorian one, also before 1582)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMES = "January February March April May June July August September October November December"
MONTHS = tuple(_NAMES.split())
SHORT = {name[:3].lower(): turn for turn, name in enumerate(MONTHS, 1)} | {"sept": 9}
"""Month in three letters or four -> its number."""

_MONTH = "|".join([*MONTHS, *(rf"{name[:3]}\b\.?" for name in MONTHS), r"Sept\b\.?"])
_HEAD = r"(?=[0-9JFMASOND])"  # found faster than what must not stand before
_EDGE, _END = _HEAD + r"(?<![\w/.:+,-])(?<![0-9][–—−])(?<!\w ')", r"(?![\w:]|[-/.,+–—−][0-9]|[-/]\w)"
_NAMED = re.compile(_MONTH)
PATTERN = re.compile(
    rf"{_EDGE}(?:(?P<iso>[0-9]{{4}}-[0-9][0-9]-[0-9][0-9])"
    rf"|(?P<day_month>[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH}),? [0-9]{{4}})"
    rf"|(?P<month_day>(?:{_MONTH}) [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}})"
    rf"|(?P<slashes>[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}})){_END}"
)
"""A date with its year in four digits; the group says how it is written."""

_DAY = r"(?<![0-9])[0-9]{1,2}(?![0-9])(?:st|nd|rd|th)?"
_PART = rf"(?:{_DAY}(?: of)?(?: (?:{_MONTH}))?|(?:{_MONTH})(?: {_DAY})?)"
_JOINT = (
    r"(?:\s{0,3}(?:[-–—−&/+,]|\b(?:and|or|to|through|thru|until|till|by)\b)){1,3}\s{0,3}"
    r"(?:\b(?:(?:on|from|the)\s+)*(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*[.,]*\s+(?:the\s+)?)?)?"
)
_RUN = re.compile(rf"{_HEAD}(?<![\w.:])(?:{_PART})(?:{_JOINT}{_PART})+")
"""Days or months in a row, of which the last says the year for all: 5–6 March 2024, 30 April to 2 May 2024."""

_PIECE = re.compile(r"[0-9]+|[A-Za-z]{3,}")

Date = tuple[int, int, int]
"""Year, month, day."""


def found(text: str, day_first: bool | None) -> Iterator[tuple[int, int, str, Date]]:
    """Where dates are: first character, the one after the last, how it is written, and what it says.

    Args:
        day_first: How 05/03/2024 is to be read; where it is None, only 25/03/2024 and its like are dates.
    """
    dates = [*PATTERN.finditer(text)]
    rows = runs(text) if dates else []
    for match in dates:
        form = match.lastgroup or ""
        date = _read(form, match.group(), day_first)
        if date is not None and not any(start < match.start() < end for start, end in rows):
            yield match.start(), match.end(), form, date


def runs(text: str) -> list[tuple[int, int]]:
    """Where days or months stand in a row that are one date only together, as 5 and 6 March; the year is not in it."""
    return [match.span() for match in _RUN.finditer(text) if _NAMED.search(match.group())]


def _read(form: str, written: str, day_first: bool | None) -> Date | None:
    parts = [part for part in _PIECE.findall(written) if part not in ("of", "th", "st", "nd", "rd")]
    if form == "iso":
        year, month, day = (int(part) for part in parts)
    elif form == "slashes":
        one, other, year = (int(part) for part in parts)
        if day_first is None:
            day_first = one > 12 if (one > 12) != (other > 12) else None
        if day_first is None:
            return None
        day, month = (one, other) if day_first else (other, one)
    else:
        name = next(part for part in parts if part.isalpha())
        month = SHORT.get(name[:4].lower(), SHORT.get(name[:3].lower(), 0))
        day, year = (int(part) for part in parts if part.isdigit())
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= days(year, month) else None


def days(year: int, month: int) -> int:
    """Of a month."""
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 + leap if month == 2 else 30 + (month in (1, 3, 5, 7, 8, 10, 12))


def written(form: str, date: Date, day_first: bool) -> str:
    """A date in a form."""
    year, month, day = date
    if form == "iso":
        return f"{year:04}-{month:02}-{day:02}"
    if form == "day_month":
        return f"{day} {MONTHS[month - 1]} {year:04}"
    if form == "month_day":
        return f"{MONTHS[month - 1]} {day}, {year:04}"
    return f"{day:02}/{month:02}/{year:04}" if day_first else f"{month:02}/{day:02}/{year:04}"
