"""Which column of a table names the file, which the class, which the split."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from augment.errors import InputError, nearest

FILE = ("file", "filename", "file_name", "path", "filepath", "file_path")
LABEL = ("label", "class", "category", "target")
SPLIT = ("split", "subset", "set")


class Columns:
    """Found from the rows: a JSONL table may bring new columns in any line.

    Args:
        table: The table's path, for messages.
        named: The columns that the recipe names for file, label and split; None where it names none.
        suffixes: The file endings wanted.
        complete: The first row has all columns, as in CSV, so a named one that it lacks is a mistake.
    """

    def __init__(
        self, table: str, named: tuple[str | None, str | None, str | None], suffixes: frozenset[str], complete: bool
    ) -> None:
        self.table = table
        self.suffixes = suffixes
        self.known: set[str] = set()
        self.file, self.label, self.split = "", named[1], named[2]
        self.taken: frozenset[str | None] = frozenset()
        self._named = named
        self._complete = complete

    def learn(self, row: Mapping[str, Any]) -> None:
        """Look for what is still missing in a row with new columns. Raises InputError."""
        self.known.update(row)
        if not self.file:
            self.file = self._named[0] or _usual(row, FILE) or self._by_ending(row)
        self.label = self.label or _usual(row, LABEL, self.file)
        self.split = self.split or _usual(row, SPLIT, self.file)
        self.taken = frozenset({self.file, self.label, self.split})
        if self._complete:
            self.check()

    def check(self) -> None:
        """Raises InputError if no row so far has a column that the recipe names."""
        if not self.known:
            return
        for what, name in zip(("file", "label", "split"), self._named, strict=True):
            if name is not None and name not in self.known:
                fix = nearest(name, sorted(self.known))
                raise InputError(f"{self.table}: no column {name!r} for the {what}; {fix} {self._has(self.known)}")

    def _by_ending(self, row: Mapping[str, Any]) -> str:
        """The one column whose value ends like a wanted file."""
        found = [name for name, value in row.items() if isinstance(value, str) and self._wanted(value)]
        if len(found) == 1:
            return found[0]
        which = f" ({' or '.join(found)}?)" if found else ""
        raise InputError(
            f"{self.table}: which column names the files{which}? {self._has(row)}; say input: {{file: COLUMN}}"
        )

    def _wanted(self, name: str) -> bool:
        return os.path.splitext(name.strip())[1].lower() in self.suffixes

    def _has(self, names: Iterable[str]) -> str:
        return f"It has: {', '.join(name[:40] for name in names)}"


def _usual(row: Mapping[str, Any], usual: tuple[str, ...], taken: str = "") -> str | None:
    """The first usual name that is there, however it is written."""
    lower = {name.strip().lower(): name for name in reversed(list(row)) if name != taken}
    return next((lower[name] for name in usual if name in lower), None)
