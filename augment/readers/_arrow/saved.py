"""The folders that ``save_to_disk`` writes: of a data set, or of one with splits.

A data set is ``state.json``, which names its tables in order, ``dataset_info.json`` and the tables; other tables that
lie there are caches. One with splits is ``dataset_dict.json`` and a folder for each split.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augment.errors import InputError
from augment.readers import _shards
from augment.readers._arrow.file import ENDING
from augment.readers._places import Places
from augment.sample import Skip

STATE = "state.json"
SPLITS = "dataset_dict.json"

FIX = "save it again with dataset.save_to_disk(FOLDER)"


@dataclass(frozen=True, slots=True)
class Part:
    """One table: its name below the root, what its rows' keys begin with, its split where one is told, its facts."""

    name: str
    lead: str
    split: str | None
    facts: os.stat_result


def holds(path: Path) -> bool:
    """Whether a path is such a folder, or one table of the kind."""
    if path.is_file():
        return path.name.lower().endswith(ENDING)
    return (path / SPLITS).is_file() or ((path / STATE).is_file() and (path / "dataset_info.json").is_file())


def parts(path: Path) -> Iterator[Part | Skip]:
    """The tables, split by split, in their order. Raises InputError where a file that tells of them is broken."""
    places = Places(str(_shards.root_of(path)), None)
    for name, split in _names(path):
        found = _shards.placed(places, name)
        yield found if isinstance(found, Skip) else Part(name, f"{split}/" if split else "", split, found[1])


def _names(path: Path) -> Iterator[tuple[str, str | None]]:
    """The tables' names, each with its split."""
    if path.is_file():
        yield path.name, None
        return
    if not (path / SPLITS).is_file():
        yield from ((name, None) for name in _tables(path))
        return
    splits = _told(path / SPLITS, "splits")
    for split in splits:
        if not isinstance(split, str) or not split or "/" in split:
            raise InputError(f"{path / SPLITS}: expected names of splits, got {split!r}; {FIX}")
        yield from ((f"{split}/{name}", split) for name in _tables(path / split))


def _tables(folder: Path) -> list[str]:
    """The tables of one data set."""
    file = folder / STATE
    if _told(file, "_indices_data_files", missing=[]):
        raise InputError(f"{file}: rows are chosen by indices, as datasets before 1.6 saved them; {FIX}")
    names = [item.get("filename") if isinstance(item, dict) else None for item in _told(file, "_data_files")]
    for name in names:
        if not isinstance(name, str) or not name:
            raise InputError(f"{file}: expected _data_files with a filename each, got {name!r}; {FIX}")
    return [str(name) for name in names]


def _told(file: Path, key: str, missing: list[Any] | None = None) -> list[Any]:
    """A list from a JSON file. Raises InputError."""
    try:
        whole = _shards.parsed(file.read_bytes())
        found = whole.get(key, missing)
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{file}: expected JSON as datasets write it ({error}); {FIX}") from None
    found = missing if found is None else found
    if not isinstance(found, list):
        raise InputError(f"{file}: expected a list under {key}, got {found!r:.60}; {FIX}")
    return found
