"""What the formats share: numbers and times as text, lines, rows, and how a flaw is told."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from augment.annotations import Annotations, Event
from augment.errors import SampleError

BAD = "bad labels"
"""The reason of a label file or row that can't be understood."""

REASON = "can't be written"

DECIMALS = 6
"""Times are written to a microsecond."""

NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?\s*")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a text comes from, for messages, and what it doesn't say by itself.

    Args:
        name: The file.
        before: How many lines of the file stand before the text.
        opening: The file's opening (see ``SharedTimeline.opening``), where the text was cut out below it.
    """

    name: str
    before: int = 0
    opening: str = ""

    def bad(self, line: int, why: object) -> SampleError:
        """What to raise of a flaw; ``line`` counts from 1 in the text."""
        return SampleError(BAD, f"{self.name}:{self.before + line}: {why}")


class Row(NamedTuple):
    """One row of a file of many recordings.

    Args:
        line: Where it begins, counted from 1 in the whole file.
        recording: Whose it is; empty where that is not told.
        cells: What stands in it; a string instead says what is wrong with it.
    """

    line: int
    recording: str
    cells: Sequence[str] | str


def lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, which are LF, CR or both; other signs that Python splits at stay."""
    return iter(io.StringIO(text.removeprefix("\ufeff"), newline=""))


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank without their ends, each with its number from 1."""
    for number, line in enumerate(lines(text), 1):
        if line.strip():
            yield number, line.rstrip("\r\n")


def first(begin: str) -> str:
    """The first line that is not blank; empty where there is none."""
    return next((line for _, line in numbered(begin)), "")


def number(text: str, what: str) -> float:
    """A finite number. Raises ValueError."""
    if not NUMBER.fullmatch(text):  # float() would take NaN and 1_000
        raise ValueError(f"expected a number for {what}, got {text.strip()[:40]!r}")
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"expected a finite number for {what}, got {text.strip()[:40]}")
    return found


def span(onset: float, offset: float) -> tuple[float, float]:
    """Both, in order. Raises ValueError."""
    if offset < onset:
        raise ValueError(f"it ends at {clock(offset)} s, before it begins at {clock(onset)} s")
    return onset, offset


def after(onset: float, duration: float) -> float:
    """Where something ends, without the noise of binary fractions: 0.1 + 0.2 is 0.3."""
    return max(onset, round(onset + duration, DECIMALS + 3)) if duration > 0 else onset + duration


def near(value: float) -> float:
    """A time to a microsecond. Raises SampleError for what is no finite number."""
    if not math.isfinite(value):
        raise SampleError(REASON, f"a time is {value}")
    return round(value, DECIMALS) + 0.0


def clock(value: float) -> str:
    """A time as text, to a microsecond at most; whole seconds without a point."""
    text = f"{near(value):.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def apart(onset: float, offset: float) -> str:
    """The duration between two times as they are written."""
    return clock(max(0.0, near(offset) - near(onset)))


def word(label: Any, empty: str) -> str:
    """A label where white space parts columns: it is written as ``_``; ``empty`` stands for none."""
    return re.sub(r"\s+", "_", str(label).strip()) if label is not None and str(label).strip() else empty


def single_line(label: Any) -> str:
    """A label in a column that ends with its line: tabs and line ends become spaces."""
    return "" if label is None else re.sub(r"[\t\r\n]", " ", str(label))


def only(annotations: Annotations, tiers: Iterable[str], kind: str) -> tuple[Event, ...]:
    """All events. Raises SampleError where one is of another tier."""
    other = sorted({event.tier for event in annotations.events} - {*tiers})
    if other:
        raise SampleError(
            REASON, f"{kind} holds no {', '.join(other)[:80]}; say output: {{kind: csv}} or jams, which hold all tiers"
        )
    return annotations.events


def events(
    rows: Iterable[Row], event: Callable[[Sequence[str], Source], Event | None], source: Source
) -> Iterator[Event]:
    """What the rows of one recording say, in their order. Raises SampleError with file and line."""
    for row in rows:
        try:
            if isinstance(row.cells, str):
                raise ValueError(row.cells)
            found = event(row.cells, source)
        except ValueError as error:
            raise SampleError(BAD, f"{source.name}:{row.line}: {error}") from None
        if found is not None:
            yield found
