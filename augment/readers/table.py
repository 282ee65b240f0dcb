"""A CSV, TSV or JSONL table that names files, a row a source; all other columns ride along."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from augment.contracts import Options as _Base
from augment.errors import InputError, nearest
from augment.readers.folder import read as _read_file
from augment.sample import Entry, Skip

LINES = frozenset({".jsonl", ".ndjson"})
SEPARATORS = {".csv": ",", ".tsv": "\t"}
FILE_COLUMNS = (
    "file",
    "filename",
    "file_name",
    "path",
    "filepath",
    "file_path",
    "image",
    "image_path",
    "img",
    "audio",
)
LABEL_COLUMNS = ("label", "class", "category", "target")
SPLIT_COLUMNS = ("split", "subset", "set")
CELL = 2**24
"""Most characters of one cell."""


class Options(_Base):
    """Which column is what; found by usual names where not said.

    ``root`` is the folder that file names are relative to; the table's own by default.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    root: str | None = None
    delimiter: str | None = None
    encoding: str = "utf-8-sig"


def claims(path: Path) -> bool:
    """A file that ends like a table."""
    return path.is_file() and path.suffix.lower() in {*SEPARATORS, *LINES}


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Rows are read one by one."""
    if not path.is_file():
        raise InputError(f"{path}: expected a table (.csv, .tsv or .jsonl)")
    try:
        with path.open(encoding=options.encoding, newline="") as file:
            seen = False
            for item in _items(path, file, options, suffixes):
                seen = True
                yield item
    except (UnicodeDecodeError, LookupError) as error:
        fix = "say which with input: {encoding: latin-1}, for example"
        raise InputError(f"{path}: not {options.encoding} text: {error}; {fix}") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a readable table: {error}") from None
    if not seen:
        raise InputError(f"{path}: the table has no rows")


def read(path: Path, locator: str) -> bytes:
    """The bytes of a file named in the table. Raises SampleError."""
    return _read_file(path.parent, locator)


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which column is what, and where files are."""

    file: str
    label: str | None
    split: str | None
    root: str
    real: str
    home: str


def _items(path: Path, file: TextIO, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    columns: _Columns | None = None
    rows = _json_rows(file) if path.suffix.lower() in LINES else _csv_rows(path, file, options)
    for line, row in rows:
        if isinstance(row, str):
            yield Skip(f"{path.name}:{line}", "bad row", row)
            continue
        columns = columns or _columns(path, options, list(row))
        yield _item(f"{path.name}:{line}", row, columns, suffixes)


def _csv_rows(path: Path, file: TextIO, options: Options) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Line and cells by column; a text instead says what is wrong with the row."""
    before = csv.field_size_limit(CELL)
    try:
        rows = csv.reader(file, delimiter=options.delimiter or SEPARATORS.get(path.suffix.lower(), ","))
        header = next(rows, None)
        if not header or not any(header):
            raise InputError(f"{path}: expected a first row with the names of columns")
        for cells in rows:
            if len(cells) == len(header):
                yield rows.line_num, dict(zip(header, cells, strict=True))
            elif cells:
                yield rows.line_num, f"expected {len(header)} cells, got {len(cells)}"
    finally:
        csv.field_size_limit(before)


def _json_rows(file: TextIO) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for line, text in enumerate(file, 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except ValueError as error:
            yield line, f"expected a JSON object: {error}"
            continue
        yield line, row if isinstance(row, dict) else f"expected a JSON object, got {text.strip()[:40]}"


def _columns(path: Path, options: Options, header: Sequence[str]) -> _Columns:
    """Find the columns. Raises InputError where one that is needed, or was named, is not there."""

    def find(named: str | None, usual: Sequence[str], what: str) -> str | None:
        if named is not None:
            if named not in header:
                raise InputError(
                    f"{path}: no column {named!r} for the {what}; {nearest(named, header)} It has: {header}"
                )
            return named
        lower = {name.strip().lower(): name for name in reversed(header)}
        return next((lower[name] for name in usual if name in lower), None)

    file = find(options.file, FILE_COLUMNS, "file")
    if file is None:
        raise InputError(
            f"{path}: which column names the files? It has: {', '.join(header)}; say input: {{file: COLUMN}}"
        )
    root = os.path.join(path.parent, options.root or "")
    label, split = find(options.label, LABEL_COLUMNS, "label"), find(options.split, SPLIT_COLUMNS, "split")
    return _Columns(file, label, split, root, os.path.realpath(root), str(path.parent))


def _item(place: str, row: Mapping[str, Any], columns: _Columns, suffixes: frozenset[str]) -> Entry | Skip:
    """One row as an Entry, or why it can't be one."""
    name = row.get(columns.file)
    if not isinstance(name, str) or not name.strip():
        return Skip(place, "bad row", f"no file name in column {columns.file}")
    name = name.strip().replace("\\", "/")
    if os.path.splitext(name)[1].lower() not in suffixes:
        return Skip(name, "not a wanted file", f"{place}: wanted are {' '.join(sorted(suffixes))}")
    path = os.path.join(columns.root, name)
    real = os.path.realpath(path) if os.path.islink(path) or ".." in name or os.path.isabs(name) else ""
    if real and os.path.commonpath([real, columns.real]) != columns.real:
        return Skip(name, "outside the root", f"{place}: it leads out of {columns.root}")
    try:
        facts = os.stat(path)
    except (OSError, ValueError) as error:
        return Skip(name, "missing", f"{place}: {getattr(error, 'strerror', None) or error}")
    split = str(row.get(columns.split) or "train") if columns.split else "train"
    label = row.get(columns.label) if columns.label else None
    rest = {key: value for key, value in row.items() if key not in (columns.file, columns.label, columns.split)}
    return Entry(
        key=os.path.normpath(name).replace(os.sep, "/"),
        locator=os.path.relpath(path, columns.home) if columns.home != columns.root.rstrip("/") else name,
        split=split,
        label=None if label is None or label == "" else str(label),
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        fields=rest,
    )
