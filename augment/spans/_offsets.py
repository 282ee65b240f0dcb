"""Places in a text as tools write them -> code points, checked against the words that they repeat.

JavaScript counts UTF-16 units and some tools count bytes of UTF-8; the words tell which it was. All places of a row
are read the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

Mark = tuple[int, int, str | None]
"""Start, end, and the words that stand there, where they are told."""

UNITS: tuple[tuple[str, Callable[[str], int]], ...] = (
    ("UTF-16 units", lambda char: 1 + (char > "\uffff")),
    ("bytes", lambda char: len(char.encode("utf-8", "surrogatepass"))),
)
"""What else may have been counted, and how many of it a character is."""


def whole(value: Any, what: str) -> int:
    """A whole number. Raises ValueError for truth values, fractions, NaN, and what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        raise ValueError(f"expected a whole number for {what}, found {brief(value)}")
    return int(value)


def brief(value: Any) -> str:
    """A value in a message."""
    told = repr(value) if isinstance(value, str | int | float | None) else type(value).__name__
    return told if len(told) <= 40 else f"{told[:37]}..."


def text_of(row: Mapping[str, Any], column: str) -> str:
    """The text in a column. Raises ValueError that names the columns there are."""
    found = row.get(column)
    if not isinstance(found, str):
        known = ", ".join(str(name) for name in row)[:200]
        told = f"found {brief(found)}" if column in row else f"there are {known or 'none'}"
        raise ValueError(f"expected a text in column {column!r}, {told}")
    return found


def objects(value: Any, what: str) -> list[dict[str, Any]]:
    """A list of objects; none for null. Raises ValueError."""
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"expected a list of objects in {what}, found {brief(value)}")
    return list(value)


def counted(text: str, place: int, unit: str) -> int:
    """A place in code points as a tool writes it that counts ``unit``; anything but a key of UNITS is code points."""
    size = dict(UNITS).get(unit)
    return place if size is None or text.isascii() else sum(map(size, text[:place]))


def read_as(text: str, marks: Sequence[Mark], unit: str) -> list[tuple[int, int]] | None:
    """Where marks are, in code points, if ``unit`` was counted; None where that does not fit."""
    places = {one: place for place, one in enumerate(accumulate(map(dict(UNITS)[unit], text), initial=0))}
    moved = [(places.get(start, -1), places.get(end, -1), words) for start, end, words in marks]
    return None if any(_trouble(text, mark) for mark in moved) else [(start, end) for start, end, _ in moved]


def fitted(text: str, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    """Where marks are, in code points.

    Args:
        text: What they are in.
        marks: As written, in whatever was counted.

    Raises:
        ValueError: One is outside the text, or the words are others however one counts.
    """
    trouble = next((told for mark in marks if (told := _trouble(text, mark))), "")
    if not trouble:
        return [(start, end) for start, end, _ in marks]
    if not any(words for _, _, words in marks) or text.isascii():
        raise ValueError(trouble)
    for unit, _ in UNITS:
        moved = read_as(text, marks, unit)
        if moved is not None:
            return moved
    units = ", ".join(name for name, _ in UNITS)
    raise ValueError(f"{trouble}; nor does it fit if {units} were counted")


def _trouble(text: str, mark: Mark) -> str:
    """What is wrong with a mark; empty where nothing is."""
    start, end, words = mark
    if not 0 <= start <= end <= len(text):
        return f"expected start and end in order from 0 to {len(text)}, found {brief(start)} and {brief(end)}"
    if words is not None and text[start:end] != words:
        return f"expected {brief(words)} from {start} to {end}, found {brief(text[start:end])}"
    return ""
