"""Little generators: numbers, dates and times of the day between two ends, written out in a format.

Nothing is evaluated: a number's format is one replacement field of Python's format language, without attributes and
indices; the codes of a date's format are those of strftime that are the same everywhere, with English names.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

MOST = 10**15
"""The largest number."""

WIDEST = 100
"""Most characters of a format, and most places of a number."""

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CODES = "YymdjBbAaHIMSp"


class UnfitError(ValueError):
    """What a generator can't be made of: what was expected, and under which of its keys."""

    def __init__(self, expected: str, key: str = "") -> None:
        super().__init__(expected)
        self.key = key


class Values(Protocol):
    """Texts to pick from. ``size`` is how many there are, at most; None where nobody knows."""

    @property
    def size(self) -> int | None:
        """How many texts, those that come twice counted twice."""

    def pick(self, u: float) -> str:
        """The text that a number in [0, 1) stands for. Raises InputError."""

    def at(self, index: int) -> str:
        """The text with a number below ``size``."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """Values at even steps: ``low``, ``low + step`` …, ``size`` of them."""

    size: int
    low: Any
    step: Any
    format: str

    def pick(self, u: float) -> str:
        """See Values."""
        return self.at(min(int(u * self.size), self.size - 1))

    def at(self, index: int) -> str:
        """See Values."""
        value = self.low + index * self.step
        return written(value, self.format) if isinstance(value, datetime) else self.format.format(value)


def numbers(ends: tuple[Any, Any], step: Any, format: str) -> Stepped:
    """Numbers from one end to the other, both among them if the steps meet it. Raises ValueError."""
    given = [*ends, 1 if step is None else step]
    if not all(-MOST <= value <= MOST for value in given):  # false for NaN, too
        raise ValueError(f"numbers up to {MOST:,}")
    exact = all(isinstance(value, int) for value in given)
    low, high, by = (value if exact else Decimal(repr(value)) for value in given)
    if low > high or by <= 0:
        raise ValueError("[low, high], low first, and a step above 0")
    _checked(format, low)
    return Stepped(int((high - low) // by) + 1, low, by, format)


def dates(ends: tuple[str, str], step: int | None, format: str) -> Stepped:
    """Days from one to the other, a step in days. Raises ValueError."""
    try:
        low, high = (datetime.combine(date.fromisoformat(end), datetime.min.time()) for end in ends)
    except ValueError:
        raise ValueError('two days in quotes, such as ["2024-01-01", "2024-12-31"]') from None
    return _between(low, high, timedelta(days=step or 1), format)


def times(ends: tuple[str, str], step: int | None, format: str) -> Stepped:
    """Times of the day from one to the other, a step in minutes. Raises ValueError."""
    try:
        low, high = (datetime.strptime(end, "%H:%M") for end in ends)
    except ValueError:
        raise ValueError('two times in quotes, such as ["08:00", "20:30"]') from None
    return _between(low, high, timedelta(minutes=step or 1), format)


def _between(low: datetime, high: datetime, step: timedelta, format: str) -> Stepped:
    if low > high or step <= timedelta():
        raise ValueError("[first, last], the earlier one first, and a step of 1 or more")
    if len(format) > WIDEST:
        raise UnfitError(f"a format of at most {WIDEST} characters", "format")
    written(low, format)
    return Stepped((high - low) // step + 1, low, step, format)


def written(when: datetime, format: str) -> str:
    """A moment in a format of strftime's codes; ``%-d`` has no zeros in front. Raises ValueError for other codes."""
    parts: list[str] = []
    rest = iter(format)
    for char in rest:
        if char != "%":
            parts.append(char)
            continue
        code = next(rest, "")
        bare = code == "-"
        code = next(rest, "") if bare else code
        if code == "%":
            parts.append("%")
        elif code and code in CODES:
            text = _code(when, code)
            parts.append((text.lstrip("0") or "0") if bare else text)
        else:
            known = " ".join(f"%{one}" for one in CODES)
            raise UnfitError(f"codes of {known}, but there is %{code}", "format")
    return "".join(parts)


def _code(when: datetime, code: str) -> str:
    month, day = MONTHS[when.month - 1], DAYS[when.weekday()]
    texts: Mapping[str, str] = {
        "Y": f"{when.year:04d}", "y": f"{when.year % 100:02d}", "m": f"{when.month:02d}", "d": f"{when.day:02d}",
        "j": f"{when.timetuple().tm_yday:03d}", "B": month, "b": month[:3], "A": day, "a": day[:3],
        "H": f"{when.hour:02d}", "I": f"{(when.hour - 1) % 12 + 1:02d}", "M": f"{when.minute:02d}",
        "S": f"{when.second:02d}", "p": "AM" if when.hour < 12 else "PM",
    }  # fmt: skip
    return texts[code]


def _checked(format: str, sample: Any) -> None:
    """Refuse a number's format that does more than write the number. Raises ValueError."""
    try:
        fields = [field for field in string.Formatter().parse(format) if field[1] is not None]
        wide = max((int(digits) for field in fields for digits in _digits(field[2] or "")), default=0)
        if len(fields) != 1 or fields[0][1] or fields[0][3] or "n" in (fields[0][2] or "") or wide > WIDEST:
            raise ValueError
        if len(format) > WIDEST or "{" in (fields[0][2] or ""):
            raise ValueError
        format.format(sample)
    except (ValueError, IndexError, KeyError, TypeError):
        raise UnfitError("a format with one {} for a number, such as {:02d}:00", "format") from None


def _digits(spec: str) -> list[str]:
    return "".join(char if char.isdecimal() else " " for char in spec).split()
