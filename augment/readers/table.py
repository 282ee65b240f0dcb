"""A CSV, TSV or JSONL table that names files, a row a source; all other columns ride along.

A file's name may be made of columns, as for UrbanSound8K: ``file: "fold{fold}/{slice_file_name}"`` with ``root``.
Folds become splits by ``split: fold, splits: {test: [10], val: [9]}``: all others are ``train``, and the fold itself
stays a fact. See ``_rows`` for how cells are read. A row that can't be used is left out with its line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

import pydantic
from pydantic_core import PydanticCustomError

from augment.annotations import Annotations
from augment.errors import InputError
from augment.options import Options as _Base
from augment.readers import _columns, _files, _rows
from augment.readers._columns import Columns, Named, Parts
from augment.readers._places import Places, RefusedError
from augment.readers._rows import word
from augment.sample import Content, Dataset, Entry, Skip

FALLBACK = True


class Options(_Base):
    """Which column is what; found by usual names, or by the files' endings, where not said.

    Args:
        file: The column with the files' names, or names of columns in braces with text around them.
        label: The column with the class.
        split: The column with the split.
        splits: Name of a split -> the values of the split's column that stand for it; all others are ``train``.
        transcript: The column with what is said.
        root: The folder that file names are relative to; the table's own by default.
        delimiter: What stands between the cells of a CSV.
        encoding: Of the table.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    splits: dict[str, tuple[str, ...]] | None = None
    transcript: str | None = None
    root: str | None = None
    delimiter: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"]$')
    encoding: str = "utf-8-sig"

    @pydantic.field_validator("file", "splits", mode="before")
    @classmethod
    def _makes_sense(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        if info.field_name == "file" and isinstance(value, dict):
            raise PydanticCustomError("braces", "expected a text; put it in quotes, for YAML has braces too")
        try:
            if info.field_name == "splits" and value is not None:
                return _columns.parts(value)
            if isinstance(value, str):
                _columns.template(value)
        except ValueError as error:
            raise PydanticCustomError("columns", "expected {told}", {"told": str(error)}) from None
        return value


def claims(path: Path) -> bool:
    """A file that ends like a table."""
    return path.is_file() and path.suffix.lower() in {*_rows.SEPARATORS, *_rows.LINES}


def dataset(path: Path, options: Options) -> Dataset:
    """Rows have classes, but no objects in them; they may tell what is said."""
    return Dataset(transcribed=options.transcript is not None)


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Rows are read one by one."""
    listing = _Listing(path, options, suffixes)
    seen = False
    with _rows.opened(path, options.encoding) as file:
        try:
            for item in listing.items(file):
                seen = True
                yield item
        except UnicodeError as error:
            raise _rows.undecodable(path, options.encoding, error) from None
    if not seen:
        raise InputError(f"{path}: the table has no rows")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The bytes of a file named in the table, and its transcript. Raises SampleError."""
    locator = entry.locator
    told = Annotations(transcript=entry.annotations) if dataset.transcribed and entry.annotations else None
    if locator.startswith("../") or os.path.isabs(locator):  # `root` lies beside the table; listing has checked it
        return Content(_files.read(os.path.join(path.parent, locator)), told)
    return Content(_files.read_below(path.parent, locator), told)


class _Listing:
    """One pass over a table, row by row. An entry's ``annotations`` is its transcript itself."""

    def __init__(self, path: Path, options: Options, suffixes: frozenset[str]) -> None:
        self.path, self.suffixes = path, suffixes
        self.lines = path.suffix.lower() in _rows.LINES
        self.separator = options.delimiter or _rows.SEPARATORS.get(path.suffix.lower(), ",")
        self.places = Places(str(path.parent), options.root)
        self.parts = Parts(options.splits) if options.splits else None
        named = Named(options.file, options.label, options.split, options.transcript, self.parts is not None)
        self.columns = Columns(str(path), named, suffixes, complete=not self.lines)

    def items(self, file: TextIO) -> Iterator[Entry | Skip]:
        """Its rows as sources. Raises InputError."""
        changed = os.fstat(file.fileno()).st_mtime_ns
        rows = _rows.json_rows(file) if self.lines else _rows.csv_rows(self.path, file, self.separator)
        for line, row in rows:
            here = f"{self.path.name}:{line}"
            if isinstance(row, str):
                yield Skip(here, "bad row", row)
                continue
            if not row.keys() <= self.columns.known.keys():
                self.columns.learn(row)
            try:
                yield self._entry(row, changed)
            except RefusedError as refused:
                yield Skip(refused.source or here, refused.reason, f"{here}: {refused.detail}".removesuffix(": "))
        self.columns.check()
        if self.parts is not None and self.columns.known:
            self.parts.check(str(self.path), self.columns.split)

    def _entry(self, row: Mapping[str, Any], changed: int) -> Entry:
        """One row of a table that was last changed at ``changed``. Raises RefusedError."""
        columns = self.columns
        split = self._split(row)
        name = columns.name(row)
        if os.path.splitext(name)[1].lower() not in self.suffixes:
            raise RefusedError("not a wanted file", f"wanted are {' '.join(sorted(self.suffixes))}", name)
        label = None if columns.label is None else word(row.get(columns.label), columns.label)
        said = columns.text(row)
        key, facts = self.places.find(name)
        return Entry(
            key=key,
            locator=self.places.lead + key,
            split=split,
            label=label or None,
            size=facts.st_size + len(said.encode()),
            mtime_ns=max(facts.st_mtime_ns, changed) if said else facts.st_mtime_ns,
            fields={column: value for column, value in row.items() if column not in columns.taken},
            annotations=said,
        )

    def _split(self, row: Mapping[str, Any]) -> str:
        column = self.columns.split
        found = (column and word(row.get(column), column)) or ""
        return self.parts.of(found) if self.parts is not None else found or "train"
