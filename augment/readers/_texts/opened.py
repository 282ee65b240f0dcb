"""What ``read`` needs to know of the tables of a data set: put into plain data, and taken out of it once a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

from augment.errors import SampleError
from augment.readers import _files, _shards

T = TypeVar("T")


def told(path: Path, tables: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """How tables are to be read, as ``Dataset.reading``; most are like the first, and only others are named.

    Args:
        path: The data set's.
        tables: The name of each below the root, and how it is laid out, as JSON values.
    """
    layouts: list[Any] = []
    files: dict[str, int] = {}
    for name, layout in tables:
        if layout not in layouts:
            layouts.append(layout)
        place = layouts.index(layout)
        if place:
            files[name] = place
    return {"folder": path.is_dir(), "layouts": layouts, "files": files}


class Opened(Generic[T]):
    """The tables of the data set that was read last. ``restore`` makes a layout of JSON values."""

    def __init__(self, restore: Callable[[Any], T]) -> None:
        self._restore = restore
        self._path: Path | None = None
        self._told: Mapping[str, Any] = {}
        self._layouts: list[T] = []
        self._tables: dict[str, tuple[T, str]] = {}

    def table(self, path: Path, told: Mapping[str, Any], name: str) -> tuple[T, str]:
        """The layout of a table and where it is; the name is empty where it is the data set. Raises SampleError."""
        if self._told is not told or (self._path is not path and self._path != path):
            self._path, self._told, self._tables = path, told, {}
            self._layouts = [self._restore(layout) for layout in told["layouts"]]
        found = self._tables.get(name)
        if found is None:
            real = os.path.realpath(path / name if told["folder"] else path)
            if told["folder"] and not _files.inside(real, os.path.realpath(_shards.root_of(path))):
                raise SampleError("outside the root", "its path leads out of the input folder")
            found = self._tables[name] = (self._layouts[told["files"].get(name, 0)], real)
        return found
