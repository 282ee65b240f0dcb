"""A CSV, TSV or JSONL table of boxes: a row a box, with its file, label and edges (see ``_boxes.columns``).

Tables as Google Open Images, TensorFlow, keras-retinanet (no header; empty cells for a picture without boxes), Kaggle
and Hugging Face (JSONL, a line a picture) have them are read without options, but that a list of four numbers needs
its ``box_format``. A picture's rows may be scattered over the table; its split, where it has one, must be the same in
all. File names without ending (Open Images) are tried with all wanted endings. Of a folder, boxes.csv or boxes.jsonl
is taken.

A row that names no file is left out with its line. A row whose box can't be understood costs its picture: with the
box left out, the picture would be labelled wrongly.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augment.errors import InputError, SampleError
from augment.readers import _files, table
from augment.readers._boxes import items as _boxes_items
from augment.readers._boxes import table as _boxes_table
from augment.readers._boxes.columns import CLASS, Options, Roles
from augment.readers._boxes.index import Index
from augment.readers._boxes.table import Table
from augment.readers._lines import Spot
from augment.readers._places import Places, RefusedError
from augment.readers._rows import word
from augment.sample import Category, Content, Dataset, Entry, Skip

__all__ = ["FALLBACK", "Options", "claims", "dataset", "entries", "read"]

FALLBACK = False
NAMES = ("boxes.csv", "boxes.jsonl")


def claims(path: Path) -> bool:
    """A table that has columns for files and for boxes, or a folder with one that is called boxes."""
    return _boxes_table.resembles(_table(path))


def dataset(path: Path, options: Options) -> Dataset:
    """The labels of all boxes, sorted; the whole table is read, a million rows in 3 s. Raises InputError."""
    path = _table(path)
    found = Table.find(path, options)
    labels: set[str] = set()
    boxed = bool(found.header)
    for _, _, row in found.rows():
        if not isinstance(row, str):
            here = found.roles(row)
            labels.update(_boxes_items.labels(row, here, found.options))
            boxed = boxed or bool(here.box or here.nested)
    if not boxed:
        raise InputError(f"{path}: no row has a box or a list of boxes; say input: {{box: [A, B, C, D]}}")
    return Dataset(categories=tuple(Category(label) for label in sorted(labels)), spatial=True, reading=found.plain())


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the pictures; see the Reader contract. Of each, only a hash and the places of its rows are held."""
    path = _table(path)
    found = Table.find(path, options)
    index = Index()
    seen = False
    for spot, line, row in found.rows():
        seen = True
        try:
            if isinstance(row, str):
                raise RefusedError("bad row", row)
            here = found.roles(row)
            index.add(_name(row, here), _split(row, here), spot)
        except RefusedError as refused:
            yield Skip(f"{path.name}:{line}", refused.reason, refused.detail)
    if not seen:
        raise InputError(f"{path}: the table has no rows")
    changed = path.stat().st_mtime_ns
    listing = _Listing(found, Places(str(path.parent), options.root), sorted(suffixes))
    with path.open("rb") as file:
        for splits, spots in index.pictures():
            line, row = next(found.at(file, spots[0]))
            if isinstance(row, str):
                raise InputError(f"{path}:{line}: the table has changed while it was read; run again")
            yield listing.entry(row, splits, spots, changed)


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A picture and its boxes. Raises SampleError, with the line of a bad row."""
    path = _table(path)
    data = table.read(path, entry, dataset).data
    found = Table.restored(path, dataset.reading)
    taken = _boxes_items.Found(found.options, bool(found.header))
    try:
        with path.open("rb") as file:
            for spot in _spots(entry.annotations):
                rows = list(found.at(file, spot))
                if not rows:
                    raise SampleError("changed", f"{path.name}:{spot.before + 1} has changed since it was listed")
                for numbered in rows:
                    _take(taken, found, entry, numbered)
    except OSError as error:
        raise SampleError("changed", f"{path.name} can't be read any more: {error.strerror}") from None
    return Content(data, taken.done())


def _table(path: Path) -> Path:
    """The table itself, where the folder is given that our writer has put it in."""
    return next((path / name for name in NAMES if path.is_dir() and (path / name).is_file()), path)


def _take(taken: _boxes_items.Found, found: Table, entry: Entry, numbered: tuple[int, dict[str, Any] | str]) -> None:
    """One row of a picture. Raises SampleError."""
    line, row = numbered
    place = f"{found.path.name}:{line}"
    try:
        if isinstance(row, str):
            raise RefusedError("", row)
        here = found.roles(row)
        name = posixpath.basename(_name(row, here))
    except (RefusedError, InputError) as error:
        raise SampleError("changed", f"{place} has changed since it was listed: {error}") from None
    if not posixpath.basename(entry.locator).startswith(name):
        raise SampleError("changed", f"{place} has changed since it was listed: it names {name[:80]}")
    try:
        taken.take(row, here)
    except (InputError, ValueError) as error:
        raise SampleError("bad row", f"{place}: {error}") from None


@dataclass(slots=True)
class _Listing:
    """Makes entries of the places of rows; ``suffixes`` stand in the order in which they are tried."""

    table: Table
    places: Places
    suffixes: list[str]
    _wanted: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._wanted = frozenset(self.suffixes)

    def entry(self, row: Mapping[str, Any], splits: set[str], spots: list[Spot], changed: int) -> Entry | Skip:
        """One picture, from its first row."""
        here = self.table.roles(row)
        name = _name(row, here)
        place = f"{self.table.path.name}:{spots[0].before + 1}"
        if len(splits) > 1:
            return Skip(name, "in several splits", f"{place}: {', '.join(sorted(splits))[:80]}; put all rows in one")
        (split,) = splits
        try:
            key, facts = self._find(name)
            label = _class(row, here)
        except RefusedError as refused:
            return Skip(_files.printable(name), refused.reason, f"{place}: {refused.detail}".rstrip(": "), None, split)
        return Entry(
            key=key,
            locator=self.places.lead + key,
            split=split,
            label=label,
            size=facts.st_size + sum(spot.stop - spot.start for spot in spots),
            mtime_ns=max(facts.st_mtime_ns, changed),
            annotations=" ".join(f"{spot.before}@{spot.start}+{spot.stop - spot.start}" for spot in spots),
        )

    def _find(self, name: str) -> tuple[str, os.stat_result]:
        """Key and facts of a file, whose ending may not be written. Raises RefusedError."""
        ending = os.path.splitext(name)[1].lower()
        if ending in self._wanted:
            return self.places.find(name)
        for number, suffix in enumerate(self.suffixes):
            try:
                found = self.places.find(name + suffix)
            except RefusedError as refused:
                if refused.reason != "missing":
                    raise
                continue
            self.suffixes.insert(0, self.suffixes.pop(number))  # the next one will end so, too
            return found
        wanted = f"wanted are {' '.join(sorted(self._wanted))}"
        if ending:
            raise RefusedError("not a wanted file", wanted, name)
        raise RefusedError("missing", f"no file {name[:80]} with an ending; {wanted}", name)


def _spots(annotations: str) -> Iterator[Spot]:
    for words in annotations.split():
        before, _, place = words.partition("@")
        start, _, length = place.partition("+")
        yield Spot(int(before), int(start), int(start) + int(length))


def _name(row: Mapping[str, Any], here: Roles) -> str:
    """The file that a row names. Raises RefusedError."""
    value = row.get(here.file) if here.file else None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise RefusedError("bad row", f"no file name in column {here.file}" if here.file else "no column with files")
    name = value.strip().replace("\\", "/")
    return posixpath.normpath(name) if "./" in name or "//" in name else name


def _split(row: Mapping[str, Any], here: Roles) -> str:
    return (here.split and word(row.get(here.split), here.split)) or "train"


def _class(row: Mapping[str, Any], here: Roles) -> str | None:
    """The class of a whole picture, in a table that our writer has made. Raises RefusedError."""
    if not here.ours:
        return None
    column = "label" if here.nested else CLASS
    return word(row.get(column), column) or None
