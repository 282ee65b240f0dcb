"""A table of boxes as rows that know where in the file they are, so that a picture's rows can be found again.

Rows are found by bytes, so the encoding must be one in which a line feed is a byte of its own: UTF-16 is not.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from augment.errors import InputError, SampleError
from augment.readers import _rows
from augment.readers._boxes import columns as _boxes_columns
from augment.readers._boxes.columns import HEADLESS, Options, Roles
from augment.readers._lines import Lines, Spot

BEGIN = 1 << 20
"""Most bytes that are looked at to tell what a table is."""

SOME = 20
"""Rows that are looked at for the same."""

NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?\s*")
_ENDING = re.compile(r".*[^/\\.]\.[A-Za-z][A-Za-z0-9]{1,4}\s*")


@dataclass(frozen=True, slots=True)
class Table:
    """How a table is read.

    Args:
        path: Where it is.
        options: The reader's; ``file`` is filled in.
        header: Names of the columns; empty for JSONL.
        begin: The line and the byte at which the rows begin.
    """

    path: Path
    options: Options
    header: tuple[str, ...]
    begin: tuple[int, int] = (0, 0)

    @classmethod
    def find(cls, path: Path, options: Options) -> Table:
        """Look at the first rows. Raises InputError."""
        _rows.opened(path, options.encoding).close()
        if "\n,".encode(options.encoding).removeprefix(codecs.BOM_UTF8) != b"\n,":
            raise InputError(f"{path}: boxes can't be read from {options.encoding} text; save the table as UTF-8")
        with _binary(path) as file:
            found = cls._of(path, options, file)
        if found.header:
            _boxes_columns.check(str(path), found.header, found.options)
        return found

    @classmethod
    def _of(cls, path: Path, options: Options, file: Iterable[bytes]) -> Table:
        lines = Lines(file, options.encoding)
        try:
            if is_lines(path):
                found = cls(path, options, ())
            else:
                cells = _rows.first_row(path, csv.reader(lines, delimiter=_separator(path, options), strict=True))
                if _headless(cells) and options.file is None and options.box is None:
                    return cls(path, options, HEADLESS)
                header = tuple(_rows.names_of(path, cells))
                found = cls(path, options, header, (lines.count, lines.offset))
            return found._with_file(found._parsed(lines))
        except UnicodeError as error:
            raise _rows.undecodable(path, options.encoding, error) from None

    @classmethod
    def restored(cls, path: Path, told: Mapping[str, Any]) -> Table:
        """The reverse of ``plain``."""
        return cls(path, Options.model_validate(told["options"]), tuple(told["header"]))

    def plain(self) -> dict[str, Any]:
        """What ``read`` needs to know, as plain data."""
        return {"options": self.options.model_dump(mode="json", exclude_none=True), "header": list(self.header)}

    def roles(self, row: Mapping[str, Any]) -> Roles:
        """What the columns of a row are."""
        return _boxes_columns.roles(self.header or tuple(row), self.options)

    def rows(self) -> Iterator[tuple[Spot, int, dict[str, Any] | str]]:
        """All rows: where each is, its line, its cells by column or what is wrong with it. Raises InputError."""
        line, offset = self.begin
        try:
            with _binary(self.path) as file:
                file.seek(offset)
                lines = Lines(file, self.options.encoding, offset, line)
                rows = self._parsed(lines)
                while True:
                    before, start = lines.count, lines.offset
                    found = next(rows, None)
                    if found is None:
                        return
                    yield Spot(before, start, lines.offset), *found
        except UnicodeError as error:
            raise _rows.undecodable(self.path, self.options.encoding, error) from None

    def at(self, file: BinaryIO, spot: Spot) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """The rows at one spot, with their lines. Raises SampleError: the table has changed."""
        file.seek(spot.start)
        taken = file.read(spot.stop - spot.start).splitlines(keepends=True)
        try:
            yield from self._parsed(Lines(taken, self.options.encoding, spot.start, spot.before))
        except (InputError, UnicodeError) as error:
            raise SampleError("changed", f"{self.path.name} has changed since it was listed: {error}") from None

    def _parsed(self, lines: Lines) -> Iterator[_rows.Row]:
        if not self.header:
            return _rows.json_rows(lines, lines.count)
        return _rows.csv_rows(self.path, lines, _separator(self.path, self.options), self.header, lines.count)

    def _with_file(self, rows: Iterator[_rows.Row]) -> Table:
        """With the column of files: of a usual name, or the one whose value in the first row ends like a file's."""
        row = next((cells for _, cells in rows if not isinstance(cells, str)), {})
        if self.options.file is not None or self.roles(row).file is not None or not row:
            return self
        found = [name for name, value in row.items() if isinstance(value, str) and _ENDING.fullmatch(value)]
        if len(found) != 1:
            which = f" ({' or '.join(found)}?)" if found else ""
            has = ", ".join(name[:40] for name in row)
            raise InputError(
                f"{self.path}: which column names the files{which}? It has: {has}; say input: {{file: COLUMN}}"
            )
        options = self.options.model_copy(update={"file": found[0]})
        return Table(self.path, options, self.header, self.begin)


def resembles(path: Path) -> bool:
    """Whether a file is a table that clearly has boxes. Never raises."""
    try:
        if not path.is_file() or path.suffix.lower() not in {*_rows.SEPARATORS, *_rows.LINES}:
            return False
        with path.open("rb") as file:
            begin = file.read(BEGIN).splitlines(keepends=True)
        options = Options(encoding="latin-1", box_format="xyxy")
        table = Table._of(path, options, [line.removeprefix(codecs.BOM_UTF8) for line in begin])
        if table.header == HEADLESS:
            return True
        line, offset = table.begin
        lines = Lines(begin[line:], options.encoding, offset, line)
        rows = (row for _, row in islice(table._parsed(lines), SOME))
        return any(_has_boxes(row) for row in rows if not isinstance(row, str))
    except (InputError, OSError, ValueError):
        return False


def is_lines(path: Path) -> bool:
    """Whether a table is JSONL."""
    return path.suffix.lower() in _rows.LINES


def _has_boxes(row: Mapping[str, Any]) -> bool:
    """Whether a row has columns for a box, or a list of boxes."""
    found = _boxes_columns.roles(tuple(row), Options(box_format="xyxy"))
    if len(found.box) == 4 or found.ours:
        return True
    if found.box:
        return _four(row[found.box[0]])
    inner = row.get(found.nested) if found.nested else None
    if isinstance(inner, Mapping):
        inner = [{name: value[:1][0] for name, value in inner.items() if isinstance(value, list) and value}]
    return isinstance(inner, list) and bool(inner) and isinstance(inner[0], dict) and _has_boxes(inner[0])


def _four(value: Any) -> bool:
    if isinstance(value, str):
        return bool(re.fullmatch(r"\s*\[[^\[\]]*,[^\[\]]*,[^\[\]]*,[^\[\],]*\]\s*", value))
    return isinstance(value, list) and len(value) == 4 and all(isinstance(side, int | float) for side in value)


def _headless(cells: list[str]) -> bool:
    """Whether a first row is data: a file, four numbers or nothing, and a class."""
    numbers = cells[1:5]
    return (
        len(cells) == len(HEADLESS)
        and bool(_ENDING.fullmatch(cells[0]))
        and (all(map(NUMBER.fullmatch, numbers)) or not any(cells[1:]))
    )


def _separator(path: Path, options: Options) -> str:
    return options.delimiter or _rows.SEPARATORS.get(path.suffix.lower(), ",")


def _binary(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: the table can't be read ({error.strerror})") from None
