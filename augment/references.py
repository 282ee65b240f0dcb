"""Files that a step needs beside the value it works on: found by the names in a recipe, and kept once read."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Generic, TypeVar

from augment.errors import Problem, RecipeError

T = TypeVar("T")


def find(value: Any, base: Path, key: str, kind: str, suffixes: Collection[str]) -> list[tuple[Path, str]]:
    """The files that a folder, a file name or a list of them stands for, each with what it is called.

    Args:
        value: As it stands in the recipe. Names are taken against ``base``, and if nothing is there against the
            working folder.
        base: The recipe's folder.
        key: The parameter, for errors.
        kind: What the files are, for errors: ``pictures``.
        suffixes: Endings of the files that are looked for in folders, lower case with dot; hidden files never count.

    Returns:
        list[tuple[Path, str]]: In the order of ``value``; those of a folder, and of all below it, sorted by their path
        below it, which is what they are called. Paths are absolute. A file named by itself is given whatever it is.

    Raises:
        RecipeError: A name leads nowhere, or no file was found.
    """
    names = value if isinstance(value, (list, tuple)) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise RecipeError([Problem(key, f"expected a folder, a file or a list of them, got {value!r}")])
    found: list[tuple[Path, str]] = []
    for name in names:
        place = next((where / name for where in (base, Path()) if _is_there(where / name)), None)
        if place is None:
            where = " nor ".join(dict.fromkeys(os.path.abspath(root / name) for root in (base, Path())))
            raise RecipeError([Problem(key, f"expected a file or folder, nothing is at {where}")])
        found += _below(place, suffixes) if place.is_dir() else [(place, place.name)]
    if not found:
        raise RecipeError([Problem(key, f"expected {kind}, found none in {', '.join(names)}")])
    return [(Path(os.path.abspath(file)), name) for file, name in found]


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _below(folder: Path, suffixes: Collection[str]) -> list[tuple[Path, str]]:
    listed = [
        (file, file.relative_to(folder).as_posix())
        for file in folder.rglob("*")
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    ]
    return sorted(listed, key=lambda pair: pair[1])


class Shelf(Generic[T]):
    """The files used last, as they were read, up to a number of bytes. What it holds changes no output.

    Args:
        most: Bytes of memory.
        read: Reads a file. Raises SampleError.
        size: How many bytes what was read takes.
    """

    def __init__(self, most: int, read: Callable[[Path], T], size: Callable[[T], int]) -> None:
        self.most = most
        self.size = 0
        self._read, self._measure = read, size
        self._held: OrderedDict[Path, T] = OrderedDict()

    def take(self, file: Path) -> T:
        """What is in a file; read only if it is not held. Not to be written into."""
        if file in self._held:
            self._held.move_to_end(file)
            return self._held[file]
        found = self._read(file)
        self._held[file] = found
        self.size += self._measure(found)
        while self.size > self.most and len(self._held) > 1:
            _, oldest = self._held.popitem(last=False)
            self.size -= self._measure(oldest)
        return found
