"""Rows of CSV, TSV and JSONL tables, each with the line that it begins on.

CSV values stay the strings they are. JSON values stay what they are too, but ``NaN`` and ``Infinity``, which JSON does
not have, become null. A bad row is told with its line; a quote that is never closed would swallow the rest of the
table, so it stops the run.
"""

from __future__ import annotations

import codecs
import csv
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from augment.errors import InputError
from augment.readers._places import RefusedError

LINES = frozenset({".jsonl", ".ndjson"})
SEPARATORS = {".csv": ",", ".tsv": "\t"}
CELL = 2**24
"""Most characters of one cell; Python's own limit of 131,072 is raised only while a row is read."""

Row = tuple[int, dict[str, Any] | str]
"""The line a row begins on, and its cells by column; a string instead says what is wrong with the row."""


def opened(path: Path, encoding: str) -> TextIO:
    """A table as text. Raises InputError."""
    try:
        codecs.lookup(encoding)
        return path.open(encoding=encoding, newline="")
    except LookupError:
        raise InputError(
            f"{path}: no encoding is called {encoding!r}; say which, as in input: {{encoding: latin-1}}"
        ) from None
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"{path}: expected a table (.csv, .tsv or .jsonl)") from None
    except OSError as error:
        raise InputError(f"{path}: the table can't be read ({error.strerror})") from None


def undecodable(path: Path, encoding: str, error: UnicodeError) -> InputError:
    """What to say of a table with bytes that are not in the encoding: the first line that has some."""
    place = f"{path}:{_undecodable_line(path, encoding)}"
    why = f"not {encoding} text ({getattr(error, 'reason', error)})"
    return InputError(f"{place}: {why}; say which it is, as in input: {{encoding: latin-1}}")


def _undecodable_line(path: Path, encoding: str) -> int:
    """The first line with bytes that are not in the encoding."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        try:
            return next((number for number, line in enumerate(file, 1) if "\ufffd" in line), 1)
        except UnicodeError:  # UTF-16 without its mark can't be read even so
            return 1


def csv_rows(
    path: Path, lines: Iterable[str], separator: str, header: Sequence[str] = (), before: int = 0
) -> Iterator[Row]:
    """The rows of a CSV table. Lines are taken one by one, none more than the rows given so far need.

    Args:
        path: The table, for messages.
        lines: Its lines, with their ends.
        separator: What stands between cells.
        header: Names of columns; the first row has them where none are given.
        before: How many lines stand before ``lines`` in the table.

    Raises:
        InputError: A quote is never closed, or the first row names no columns.
    """
    rows = csv.reader(lines, delimiter=separator, strict=True)
    header = header or names_of(path, first_row(path, rows))
    width = len(header)
    while True:
        line = before + rows.line_num + 1
        limit = csv.field_size_limit(CELL)
        try:
            cells = next(rows, None)
        except csv.Error as error:
            if "expected after" not in str(error) and "NUL" not in str(error):
                raise InputError(f"{path}:{line}: a quote is opened here and never closed ({error})") from None
            yield line, str(error)
            continue
        finally:
            csv.field_size_limit(limit)
        if cells is None:
            return
        if len(cells) == width:
            yield line, dict(zip(header, cells, strict=True))
        elif cells:
            yield line, f"expected {width} cells, got {len(cells)}"


def first_row(path: Path, rows: Iterator[list[str]]) -> list[str]:
    """The cells of a table's first row, from a csv.reader. Raises InputError if there is none."""
    limit = csv.field_size_limit(CELL)
    try:
        cells = next(rows, None)
    except csv.Error as error:  # Python 3.10 takes no NUL
        raise InputError(f"{path}:1: expected a first row with the names of columns: {error}") from None
    finally:
        csv.field_size_limit(limit)
    if not cells or not any(cells):
        raise InputError(f"{path}: expected a first row with the names of columns")
    return [cells[0].removeprefix("\ufeff"), *cells[1:]]


def names_of(path: Path, cells: Sequence[str]) -> list[str]:
    """Names of columns; one without a name (such as pandas' index) is called by its place. Raises InputError."""
    names = [name or f"column {place}" for place, name in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: expected each column once, got {', '.join(twice)} again; rename or remove one")
    return names


def json_rows(lines: Iterable[str], before: int = 0) -> Iterator[Row]:
    """The rows of a JSONL table; ``before`` is how many lines stand before these in it."""
    for line, written in enumerate(lines, before + 1):
        stripped = written.lstrip("\ufeff").strip()
        if stripped:
            yield line, json_row(stripped)


def json_row(written: str) -> dict[str, Any] | str:
    """The JSON object that a text holds; a string instead says what is wrong with it."""
    try:
        row = _DECODE(written)
        if "\\ud" in written or "\\uD" in written:
            json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "half a surrogate pair: no proper Unicode"
    except (ValueError, RecursionError) as error:
        return f"expected a JSON object: {error}"
    if not isinstance(row, dict):
        return f"expected a JSON object, got {written[:40]}"
    if written.count('":') != len(row) or '" :' in written:  # as a rule that settles it
        for name in row:
            if written.count(f'"{name}"') > 1 and (again := _twice(written)):
                return f"expected each key once, got {again!r} again"
    return row


def _twice(written: str) -> str:
    """A key that a JSON object has more than once, at its top; empty where there is none."""
    pairs = _PAIRS(written)
    names = [name for name, _ in pairs]
    return next((name for name in names if names.count(name) > 1), "")


def _null(constant: str) -> None:
    """NaN and the infinities."""


def _number(written: str) -> float | None:
    """A number with a point or an exponent; one that is too big to be one is null, too."""
    found = float(written)
    return found if math.isfinite(found) else None


def json_value(written: str) -> Any:
    """Any JSON value, ``NaN`` and infinities as null. Raises ValueError, RecursionError."""
    return _DECODE(written)


_PAIRS = json.JSONDecoder(object_pairs_hook=lambda pairs: pairs, parse_constant=_null).decode
"""Objects as lists of keys and values."""

_DECODE = json.JSONDecoder(parse_constant=_null, parse_float=_number).decode


def word(value: Any, column: str) -> str | None:
    """A cell that names a class or a split. Raises RefusedError for a list or an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise RefusedError("bad row", f"expected one name in column {column}, got {json.dumps(value)[:40]}")
