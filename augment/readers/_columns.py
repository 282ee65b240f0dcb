"""Which column of a table names the file, which the class, which the split; and what their values mean."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from augment.errors import InputError, nearest
from augment.readers import _pattern
from augment.readers._places import RefusedError
from augment.readers._rows import word

FILE = ("file", "filename", "file_name", "path", "filepath", "file_path")
LABEL = ("label", "class", "category", "target")
SPLIT = ("split", "subset", "set")

TOLD = 20
"""Most values of a column that a message shows."""


class Named(NamedTuple):
    """What the recipe says of columns; None where it says nothing.

    Args:
        file: A column, or names of columns in braces with text around them: ``fold{fold}/{name}``.
        label: The column with the class.
        split: The column with the split.
        transcript: The column with what is said.
        parted: Whether values of the split's column stand for splits, and stay facts.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    transcript: str | None = None
    parted: bool = False


class Columns:
    """Found from the rows: a JSONL table may bring new columns in any line.

    Args:
        table: The table's path, for messages.
        named: What the recipe says.
        suffixes: The file endings wanted.
        complete: The first row has all columns, as in CSV, so a named one that it lacks is a mistake.
    """

    def __init__(self, table: str, named: Named, suffixes: frozenset[str], complete: bool) -> None:
        self.table = table
        self.suffixes = suffixes
        self.known: dict[str, None] = {}
        self.file, self.label, self.split = "", named.label, named.split
        self.taken: frozenset[str | None] = frozenset()
        self._named = named
        self._pieces = template(named.file)
        self._complete = complete

    def learn(self, row: Mapping[str, Any]) -> None:
        """Look for what is still missing in a row with new columns. Raises InputError."""
        self.known.update(dict.fromkeys(row))
        if not (self.file or self._pieces):
            self.file = self._named.file or _usual(row, FILE) or self._by_ending(row)
        elsewhere = {self.file, self._named.transcript}
        self.label = self.label or _usual(row, LABEL, elsewhere)
        self.split = self.split or _usual(row, SPLIT, elsewhere)
        split = None if self._named.parted else self.split
        self.taken = frozenset({self.file, self.label, split, self._named.transcript})
        if self._complete:
            self.check()

    def check(self) -> None:
        """Raises InputError if no row so far has a column that the recipe names."""
        if not self.known:
            return
        named = self._named._asdict()
        roles = [("file", piece.name) for piece in self._pieces if isinstance(piece, _pattern.Field)]
        roles += [(what, named[what]) for what in ("file", "label", "split", "transcript")][bool(roles) :]
        for what, name in roles:
            if name is not None and name not in self.known:
                fix = nearest(name, sorted(self.known))
                has = self._has(self.known)
                said = f"{fix} {has}" if fix.startswith("did") else f"{has[:1].lower()}{has[1:]}"
                raise InputError(f"{self.table}: no column {name!r} for the {what}; {said}")
        if self._named.parted and self.split is None:
            has = self._has(self.known)
            raise InputError(f"{self.table}: which column has the splits' values? {has}; say input: {{split: COLUMN}}")

    def name(self, row: Mapping[str, Any]) -> str:
        """The file that a row names, ``/``-separated. Raises RefusedError."""
        if not self._pieces:
            found = row.get(self.file)
            if not isinstance(found, str) or not found.strip():
                raise RefusedError("bad row", f"no file name in column {self.file}")
            return found.strip().replace("\\", "/")
        return "".join(
            piece if isinstance(piece, str) else self._part(row, piece.name) for piece in self._pieces
        ).replace("\\", "/")

    def text(self, row: Mapping[str, Any]) -> str:
        """What is said, as it stands; empty where the row does not tell. Raises RefusedError."""
        if self._named.transcript is None:
            return ""
        found = word(row.get(self._named.transcript), self._named.transcript) or ""
        return found if found.strip() else ""

    def _part(self, row: Mapping[str, Any], column: str) -> str:
        found = (word(row.get(column), column) or "").strip()
        if not found:
            raise RefusedError("bad row", f"nothing in column {column}, which is part of the file's name")
        return found

    def _by_ending(self, row: Mapping[str, Any]) -> str:
        """The one column whose value ends like a wanted file."""
        found = [name for name, value in row.items() if isinstance(value, str) and self._wanted(value)]
        if len(found) == 1:
            return found[0]
        which = f" ({' or '.join(found)}?)" if found else ""
        raise InputError(
            f"{self.table}: which column names the files{which}? None was found to hold texts. {self._has(row)}; say "
            "input: {file: COLUMN}, or, for a table of texts, input: {format: texts, text: COLUMN}, or COLUMN.FIELD "
            "for a field in it"
        )

    def _wanted(self, name: str) -> bool:
        return os.path.splitext(name.strip())[1].lower() in self.suffixes - {""}

    def _has(self, names: Iterable[str]) -> str:
        return f"It has: {', '.join(name[:40] for name in names)}"


class Parts:
    """Values of the split's column that stand for splits; all others are ``train``.

    Args:
        splits: Name of a split -> the values that stand for it.
    """

    def __init__(self, splits: Mapping[str, tuple[str, ...]]) -> None:
        self._names = {value: name for name, values in splits.items() for value in values}
        self._unseen = set(self._names)
        self._others: set[str] = set()

    def of(self, value: str) -> str:
        """The split of a row with this value."""
        value = value.strip()
        self._unseen.discard(value)
        if value not in self._names and len(self._others) <= TOLD:
            self._others.add(value)
        return self._names.get(value, "train")

    def check(self, table: str, column: str | None) -> None:
        """Raises InputError for a value that has not come."""
        if not self._unseen:
            return
        never = ", ".join(sorted(self._unseen))
        found = sorted({*self._others, *(self._names.keys() - self._unseen)}, key=_by_number)
        more = " …" if len(found) > TOLD else ""
        there = ", ".join(repr(value[:40]) for value in found[:TOLD])
        raise InputError(f"{table}: splits names {never}, but column {column} has none such; it has: {there}{more}")


def template(file: str | None) -> tuple[_pattern.Piece, ...]:
    """The parts of a file's name made of columns; empty for a plain column. Raises ValueError for bad braces."""
    if file is None or not ("{" in file or "}" in file):
        return ()
    pieces = _pattern.split(file)
    if any(isinstance(piece, _pattern.Field) and not piece.name for piece in pieces):
        raise ValueError("the name of a column in each pair of braces")
    return pieces


def parts(splits: Any) -> dict[str, tuple[str, ...]]:
    """``{test: 5, val: [3, 4]}`` with all values as a table has them. Raises ValueError."""
    wanted = "names of splits with values of the split's column, such as {test: [5]}"
    if not isinstance(splits, dict) or not splits:
        raise ValueError(wanted)
    found: dict[str, tuple[str, ...]] = {}
    for name, values in splits.items():
        values = values if isinstance(values, list | tuple) else [values]
        plain = all(isinstance(value, str | int | float) for value in values)
        if not isinstance(name, str) or not name.strip() or not values or not plain:
            raise ValueError(wanted)
        found[name] = tuple(word(value, name) or "" for value in values)
    told = [value for values in found.values() for value in values]
    twice = sorted({value for value in told if told.count(value) > 1})
    if twice:
        raise ValueError(f"each value once; {', '.join(twice)} stands twice")
    return found


def _by_number(value: str) -> tuple[int, str]:
    """Numbers by their size, then words."""
    return (int(value) if value.isdecimal() and len(value) < TOLD else 10**TOLD, value)


def _usual(row: Mapping[str, Any], usual: tuple[str, ...], taken: Collection[str | None] = ()) -> str | None:
    """The first usual name that is there, however it is written."""
    lower = {name.strip().lower(): name for name in reversed(list(row)) if name not in taken}
    return next((lower[name] for name in usual if name in lower), None)
