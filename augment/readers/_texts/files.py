"""The tables of a data set: one file, or those in a folder, each for the split that its name says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from augment.errors import InputError
from augment.readers import _shards
from augment.readers.folder import SPLITS
from augment.sample import TRAINING, Skip

OURS = frozenset({"manifest.json", "dataset.json", "skipped.jsonl", "metadata.csv", "metadata.jsonl"})
"""What our own outputs say of themselves, and what Hugging Face keeps beside folders of files; no samples."""

_LAST = re.compile(r"\.([a-z]+)$", re.IGNORECASE)


class File(NamedTuple):
    """One file of a data set: its name below the root, its split where that is told, and what ``stat`` says."""

    name: str
    split: str | None
    facts: os.stat_result


def found(path: Path, endings: Sequence[str]) -> list[File | Skip]:
    """The files, sorted by name. Raises InputError: there is none."""
    listed: list[File | Skip] = []
    for shard in _shards.shards(path, tuple(endings)):
        if isinstance(shard, Skip):
            listed.append(shard)
        elif not path.is_dir():
            listed.append(File(shard[0], None, shard[1]))
        elif shard[0].rpartition("/")[2].lower() not in OURS:
            listed.append(File(shard[0], split_of(shard[0]), shard[1]))
    if not listed:
        raise InputError(f"{path}: no file that ends in {' or '.join(endings)}; check the path")
    return listed


def split_of(name: str) -> str | None:
    """What a file's path says of its split: as for shards, or its ending, as in ``cooking.train``."""
    last = _LAST.search(name)
    return _shards.split_of(name) or (last[1] if last and last[1].lower() in SPLITS else None)


def parted(listed: Sequence[File | Skip]) -> Iterator[File | Skip]:
    """The files, those that training is done on first; the ones beside them that name no split are left out."""
    files = [file for file in listed if isinstance(file, File)]
    trains = [file for file in files if (file.split or "").lower() in TRAINING]
    told = ", ".join(sorted({file.split for file in files if file.split}))
    yield from trains
    for file in listed:
        if isinstance(file, Skip):
            yield file
        elif trains and file.split is None:
            yield Skip(file.name, "outside the splits", f"it lies beside {told}")
        elif file not in trains:
            yield file
