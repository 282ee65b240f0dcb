"""A CSV, TSV or JSONL table that names files, a row a source; all other columns ride along.

See ``_rows`` for how cells are read. A row that can't be used is left out with its line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import pydantic

from augment.errors import InputError
from augment.options import Options as _Base
from augment.readers import _files, _rows
from augment.readers._columns import Columns
from augment.readers._places import Places, RefusedError
from augment.readers._rows import word
from augment.sample import Content, Dataset, Entry, Skip

FALLBACK = True


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
    return path.is_file() and path.suffix.lower() in {*_rows.SEPARATORS, *_rows.LINES}


def dataset(path: Path, options: Options) -> Dataset:
    """Rows have classes, but no objects in them."""
    return Dataset()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Rows are read one by one."""
    places = Places(str(path.parent), options.root)
    seen = False
    with _rows.opened(path, options.encoding) as file:
        try:
            for item in _items(path, file, options, (places, suffixes)):
                seen = True
                yield item
        except UnicodeError as error:
            raise _rows.undecodable(path, options.encoding, error) from None
    if not seen:
        raise InputError(f"{path}: the table has no rows")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The bytes of a file named in the table. Raises SampleError."""
    locator = entry.locator
    if locator.startswith("../") or os.path.isabs(locator):  # `root` lies beside the table; listing has checked it
        return Content(_files.read(os.path.join(path.parent, locator)))
    return Content(_files.read_below(path.parent, locator))


def _items(path: Path, file: TextIO, options: Options, place: tuple[Places, frozenset[str]]) -> Iterator[Entry | Skip]:
    places, suffixes = place
    lines = path.suffix.lower() in _rows.LINES
    separator = options.delimiter or _rows.SEPARATORS.get(path.suffix.lower(), ",")
    columns = Columns(str(path), (options.file, options.label, options.split), suffixes, complete=not lines)
    for line, row in _rows.json_rows(file) if lines else _rows.csv_rows(path, file, separator):
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


def _entry(row: Mapping[str, Any], columns: Columns, places: Places) -> Entry:
    """One row as an Entry. Raises RefusedError."""
    name = row.get(columns.file)
    if not isinstance(name, str) or not name.strip():
        raise RefusedError("bad row", f"no file name in column {columns.file}")
    name = name.strip().replace("\\", "/")
    if os.path.splitext(name)[1].lower() not in columns.suffixes:
        raise RefusedError("not a wanted file", f"wanted are {' '.join(sorted(columns.suffixes))}", name)
    label = None if columns.label is None else word(row.get(columns.label), columns.label)
    split = None if columns.split is None else word(row.get(columns.split), columns.split)
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
