"""Dates as they are written, and the calendar that they must be in (the Gregorian one, also before 1582)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAMES = "January February March April May June July August September October November December"
MONTHS = tuple(_NAMES.split())
_SHORT = {name[:3].lower(): turn for turn, name in enumerate(MONTHS, 1)} | {"sept": 9}

_MONTH = "|".join([*MONTHS, *(rf"{name[:3]}\b\.?" for name in MONTHS), r"Sept\b\.?"])
_EDGE, _END = r"(?<![\w/.:+,-])(?<!\w ')", r"(?![\w:]|[-/.,+][0-9]|[-/]\w)"
PATTERN = re.compile(
    rf"{_EDGE}(?:(?P<iso>[0-9]{{4}}-[0-9][0-9]-[0-9][0-9])"
    rf"|(?P<day_month>[0-9]{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH}),? [0-9]{{4}})"
    rf"|(?P<month_day>(?:{_MONTH}) [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}})"
    rf"|(?P<slashes>[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{4}})){_END}"
)
"""A date with its year in four digits; the group says how it is written."""

_PIECE = re.compile(r"[0-9]+|[A-Za-z]{3,}")

Date = tuple[int, int, int]
"""Year, month, day."""


def found(text: str, day_first: bool | None) -> Iterator[tuple[int, int, str, Date]]:
    """Where dates are: first character, the one after the last, how it is written, and what it says.

    Args:
        day_first: How 05/03/2024 is to be read; where it is None, only 25/03/2024 and its like are dates.
    """
    for match in PATTERN.finditer(text):
        form = match.lastgroup or ""
        date = _read(form, match.group(), day_first)
        if date is not None:
            yield match.start(), match.end(), form, date


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
        month = _SHORT.get(name[:4].lower(), _SHORT.get(name[:3].lower(), 0))
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
