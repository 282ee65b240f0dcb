"""A CSV, TSV or JSONL table that names files, a row a source; all other columns ride along.

CSV values stay the strings they are. JSON values stay what they are too, but ``NaN`` and ``Infinity``, which JSON does
not have, become null. A row that can't be used is left out with its line; a quote that is never closed would swallow
the rest of the table, so it stops the run.
"""

from __future__ import annotations

import codecs
import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import pydantic

from augment.errors import InputError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._columns import Columns
from augment.readers._places import Places, RefusedError
from augment.sample import Content, Dataset, Entry, Skip

LINES = frozenset({".jsonl", ".ndjson"})
SEPARATORS = {".csv": ",", ".tsv": "\t"}
CELL = 2**24
"""Most characters of one cell; Python's own limit of 131,072 is raised only while a row is read."""

Row = tuple[int, dict[str, Any] | str]
"""The line a row begins on, and its cells by column; a string instead says what is wrong with the row."""


class Options(_Base):
    """Which column is what; found by usual names, or by the files' endings, where not said.

    ``root`` is the folder that file names are relative to; the table's own by default.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    root: str | None = None
    delimiter: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"]$')
    encoding: str = "utf-8-sig"


def claims(path: Path) -> bool:
    """A file that ends like a table."""
    return path.is_file() and path.suffix.lower() in {*SEPARATORS, *LINES}


def dataset(path: Path, options: Options) -> Dataset:
    """Rows have classes, but no objects in them."""
    return Dataset()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Rows are read one by one."""
    places = Places(str(path.parent), options.root)
    seen = False
    with _opened(path, options.encoding) as file:
        try:
            for item in _items(path, file, options, (places, suffixes)):
                seen = True
                yield item
        except UnicodeError as error:
            place = f"{path}:{_undecodable_line(path, options.encoding)}"
            why = f"not {options.encoding} text ({getattr(error, 'reason', error)})"
            raise InputError(f"{place}: {why}; say which it is, as in input: {{encoding: latin-1}}") from None
    if not seen:
        raise InputError(f"{path}: the table has no rows")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The bytes of a file named in the table. Raises SampleError."""
    locator = entry.locator
    if locator.startswith("../") or os.path.isabs(locator):  # `root` lies beside the table; listing has checked it
        return Content(_files.read(os.path.join(path.parent, locator)))
    return Content(_files.read_below(path.parent, locator))


def _opened(path: Path, encoding: str) -> TextIO:
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


def _undecodable_line(path: Path, encoding: str) -> int:
    """The first line with bytes that are not in the encoding."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        try:
            return next((number for number, line in enumerate(file, 1) if "\ufffd" in line), 1)
        except UnicodeError:  # UTF-16 without its mark can't be read even so
            return 1


def _items(path: Path, file: TextIO, options: Options, place: tuple[Places, frozenset[str]]) -> Iterator[Entry | Skip]:
    places, suffixes = place
    lines = path.suffix.lower() in LINES
    columns = Columns(str(path), (options.file, options.label, options.split), suffixes, complete=not lines)
    for line, row in _json_rows(file) if lines else _csv_rows(path, file, options):
        if isinstance(row, str):
            yield Skip(f"{path.name}:{line}", "bad row", row)
            continue
        if not row.keys() <= columns.known:
            columns.learn(row)
        try:
            yield _entry(row, columns, places)
        except RefusedError as refused:
            here = f"{path.name}:{line}"
            yield Skip(refused.source or here, refused.reason, f"{here}: {refused.detail}".removesuffix(": "))
    columns.check()


def _csv_rows(path: Path, file: TextIO, options: Options) -> Iterator[Row]:
    separator = options.delimiter or SEPARATORS.get(path.suffix.lower(), ",")
    rows = csv.reader(file, delimiter=separator, strict=True)
    try:
        header = _header(path, next(rows, None))
    except csv.Error as error:  # Python 3.10 takes no NUL
        raise InputError(f"{path}:1: expected a first row with the names of columns: {error}") from None
    width = len(header)
    while True:
        line = rows.line_num + 1
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


def _header(path: Path, cells: list[str] | None) -> list[str]:
    """Names of columns; one without a name (such as pandas' index) is called by its place."""
    if not cells or not any(cells):
        raise InputError(f"{path}: expected a first row with the names of columns")
    names = [name.lstrip("\ufeff") or f"column {place}" for place, name in enumerate(cells, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{path}: expected each column once, got {', '.join(twice)} again; rename or remove one")
    return names


def _json_rows(file: TextIO) -> Iterator[Row]:
    for line, written in enumerate(file, 1):
        stripped = written.lstrip("\ufeff").strip()
        if not stripped:
            continue
        try:
            row = json.loads(stripped, parse_constant=_null)
            if "\\ud" in stripped or "\\uD" in stripped:
                json.dumps(row, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            yield line, "half a surrogate pair: no proper Unicode"
        except (ValueError, RecursionError) as error:
            yield line, f"expected a JSON object: {error}"
        else:
            yield line, row if isinstance(row, dict) else f"expected a JSON object, got {stripped[:40]}"


def _null(constant: str) -> None:
    """NaN and the infinities."""


def _entry(row: Mapping[str, Any], columns: Columns, places: Places) -> Entry:
    """One row as an Entry. Raises RefusedError."""
    name = row.get(columns.file)
    if not isinstance(name, str) or not name.strip():
        raise RefusedError("bad row", f"no file name in column {columns.file}")
    name = name.strip().replace("\\", "/")
    if os.path.splitext(name)[1].lower() not in columns.suffixes:
        raise RefusedError("not a wanted file", f"wanted are {' '.join(sorted(columns.suffixes))}", name)
    label = None if columns.label is None else _word(row.get(columns.label), columns.label)
    split = None if columns.split is None else _word(row.get(columns.split), columns.split)
    key, facts = places.find(name)
    return Entry(
        key=key,
        locator=places.lead + key,
        split=split or "train",
        label=label or None,
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        fields={column: value for column, value in row.items() if column not in columns.taken},
    )


def _word(value: Any, column: str) -> str | None:
    """A cell that names a class or a split. Raises RefusedError for a list or an object."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise RefusedError("bad row", f"expected one name in column {column}, got {json.dumps(value)[:40]}")
