"""Which rows of a table are of which recording, in 40 bytes a run of rows and 100 bytes a recording.

A table may have more rows than memory has room for, so only the bytes at which they begin and end are held, and
recordings are told apart by the 64-bit hashes of their names. Two names of a million share one with a chance of one in
ten million; reading them would tell that their rows have changed.
"""

from __future__ import annotations

import codecs
import os
import posixpath
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Protocol

import numpy as np

from augment.errors import InputError, SampleError
from augment.readers import _files
from augment.readers._lines import Lines, Spot
from augment.sample import Skip
from augment.timelines._lines import Row, Source

_ABSOLUTE = re.compile(r"/|[A-Za-z]:/|[a-z]+://")


class Kind(Protocol):
    """What of a kind is needed to find its rows."""

    def opening(self, lines: Iterator[str]) -> str:
        """See SharedTimeline."""

    def rows(self, lines: Iterator[str], source: Source) -> Iterator[Row]:
        """See SharedTimeline."""


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Table:
    """A file of many recordings.

    Args:
        home: The folder of the label files.
        name: The file below it.
        kind: How it is read.
        encoding: Of the file; one in which a line feed is a byte of its own.
    """

    home: str
    name: str
    kind: Kind
    encoding: str
    slots: dict[int, int] = field(default_factory=dict)
    runs: array[int] = field(default_factory=_numbers)
    befores: array[int] = field(default_factory=_numbers)
    starts: array[int] = field(default_factory=_numbers)
    stops: array[int] = field(default_factory=_numbers)
    order: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    firsts: np.ndarray = field(default_factory=lambda: np.zeros(1, np.int64))

    @property
    def stem(self) -> str:
        """The name without ending."""
        return os.path.splitext(posixpath.basename(self.name))[0]

    def rows(self) -> Iterator[tuple[Spot, Row, Source]]:
        """All rows with the places where they stand. Raises InputError."""
        path = os.path.join(self.home, self.name)
        if "\n,".encode(self.encoding).removeprefix(codecs.BOM_UTF8) != b"\n,":
            raise InputError(f"{path}: tables can't be read from {self.encoding} text; save them as UTF-8")
        try:
            with open(path, "rb") as file:
                lines = Lines(file, self.encoding)
                opening = self.kind.opening(iter(lines))
                source = Source(self.name, lines.count, opening)
                rows = self.kind.rows(iter(lines), source)
                while True:
                    before, start = lines.count, lines.offset
                    row = next(rows, None)
                    if row is None:
                        return
                    yield Spot(before, start, lines.offset), row, source
        except OSError as error:
            raise InputError(f"{path}: the table can't be read ({error.strerror})") from None
        except UnicodeError as error:
            why = getattr(error, "reason", error)
            raise InputError(
                f"{path}:{lines.count + 1}: not {self.encoding} text ({why}); say which it is, as in input: "
                "{encoding: latin-1}"
            ) from None
        except SampleError as error:
            raise InputError(f"{self.home}{os.sep}{error.detail}") from None

    def scan(self) -> Iterator[Skip]:
        """Note where the rows of each recording are; rows that name none are given. Raises InputError."""
        for spot, row, _ in self.rows():
            if not row.recording:
                why = row.cells if isinstance(row.cells, str) else "it names no file"
                yield Skip(_files.printable(f"{self.name}:{row.line}"), "bad row", _files.printable(why))
                continue
            slot = self.slots.setdefault(hash(normal(row.recording)), len(self.slots))
            if self.runs and self.runs[-1] == slot and self.stops[-1] == spot.start:
                self.stops[-1] = spot.stop
                continue
            for column, value in zip(self._columns(), (slot, *spot), strict=True):
                column.append(value)
        runs = np.frombuffer(self.runs, np.int64) if self.runs else np.zeros(0, np.int64)
        self.order = np.argsort(runs, kind="stable")
        self.firsts = np.searchsorted(runs[self.order], np.arange(len(self.slots) + 1))

    def slot(self, name: str) -> int | None:
        """The number of a recording, by its name as ``normal`` gives it."""
        return self.slots.get(hash(name))

    def spots(self, slot: int) -> list[Spot]:
        """Where the rows of a recording are."""
        runs = self.order[self.firsts[slot] : self.firsts[slot + 1]].tolist()
        return [Spot(self.befores[run], self.starts[run], self.stops[run]) for run in runs]

    def first(self, slot: int) -> tuple[int, str]:
        """The line and the name of a recording's first row."""
        path = os.path.join(self.home, self.name)
        with open(path, "rb") as file:
            opening = self.kind.opening(iter(Lines(file, self.encoding)))
            row = next(at(file, self, self.spots(slot)[0], opening), None)
        return (row.line, row.recording) if row else (0, "")

    def _columns(self) -> Sequence[array[int]]:
        return self.runs, self.befores, self.starts, self.stops


def at(file: BinaryIO, table: Table, spot: Spot, opening: str) -> Iterator[Row]:
    """The rows at one spot of an open table. Raises SampleError: it has changed."""
    file.seek(spot.start)
    taken = file.read(spot.stop - spot.start).splitlines(keepends=True)
    try:
        lines = Lines(taken, table.encoding, spot.start, spot.before)
        yield from table.kind.rows(iter(lines), Source(table.name, spot.before, opening))
    except UnicodeError as error:
        raise SampleError("changed", f"{table.name} has changed since it was listed: {error}") from None


def normal(name: str) -> str:
    """A recording's name as it is looked up: with ``/``, without detours; of another computer's path the last part."""
    name = name.strip()
    if "/" not in name and "\\" not in name:
        return name
    name = name.replace("\\", "/")
    if _ABSOLUTE.match(name):
        return posixpath.basename(name)
    return posixpath.normpath(name) if "./" in name or "//" in name else name


def names(key: str, lead: str, stem: str) -> Iterator[tuple[str, bool]]:
    """What a table may call a sound, the likeliest first, and whether that is its whole name.

    Args:
        key: The sound, below the folder of sounds.
        lead: What leads from the table's folder to that of sounds.
        stem: The table's name: in ``train.csv``, ``a.wav`` is ``train/a.wav``.
    """
    told: dict[str, bool] = {posixpath.normpath(lead + key): True, key: True}
    parts = key.split("/")
    for place in range(1, len(parts)):
        told.setdefault("/".join(parts[place:]), parts[place - 1] == stem)
    for name, whole in told.items():
        yield name, whole
        yield os.path.splitext(name)[0], whole
