"""What writers share whose outputs are files of their own, beside files that are about the whole.

The files of a lot come whole or not at all, and all are on the disk before the lot is done. What ``conclude`` will
need of a lot stays in a part below STATE; the files about the whole are made of these. A writer of such files takes
``shard`` and ``extract`` of its contract from here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from augment import durable
from augment.contracts import STATE, Written
from augment.writers._names import folder_name


@dataclass(slots=True)
class Tree:
    """The files that one ``assemble`` writes below ``root``."""

    root: Path
    written: list[Written] = field(default_factory=list)

    def add(self, name: str, data: bytes, samples: int = 0) -> None:
        """Write one file; ``name`` is relative to the root, ``/``-separated."""
        with durable.writing(self.root / name, flush=False) as file:
            file.write(data)
        self.written.append(Written(name, len(data), hashlib.sha256(data).hexdigest(), samples))

    def flush(self) -> None:
        """Wait until the disk has all files, and the folders that name them, up to the root."""
        folders: set[Path] = set()
        for item in self.written:
            path = self.root / item.name
            with path.open("r+b") as file:  # Windows flushes only what is open for writing
                os.fsync(file.fileno())
            folders.update(folder for folder in path.parents if folder == self.root or self.root in folder.parents)
        for folder in sorted(folders):
            durable.sync_folder(folder)

    def remove(self) -> None:
        """Take away what was written."""
        for item in self.written:
            (self.root / item.name).unlink(missing_ok=True)


@contextmanager
def growing(root: Path) -> Iterator[Tree]:
    """A tree that is flushed at the end; where the block ends in an error, what it has written is removed."""
    tree = Tree(root)
    try:
        yield tree
        tree.flush()
    except BaseException:
        tree.remove()
        raise


def shard(split: str, index: int) -> str:
    """A name for a lot; no file carries it."""
    return f"{folder_name(split)}/lot-{index:06d}"


def extract(root: Path, name: str, key: str) -> bytes:
    """The bytes of the output ``key``, whose file is ``name``. Raises KeyError."""
    path = root / name
    if path.stem != key or not path.is_file():
        raise KeyError(f"{key} is not at {name}")
    return path.read_bytes()


def part(root: Path, shard: str, ending: str) -> Path:
    """Where the part of a lot lies."""
    return root / STATE / "labels" / f"{shard}{ending}"


def parts(root: Path, ending: str) -> dict[str, list[Path]]:
    """Folder name of each split -> the parts of its lots in their order; numbers above a million have a digit more."""
    found: dict[str, list[Path]] = {}
    for path in (root / STATE / "labels").glob(f"*/*{ending}"):
        found.setdefault(path.parent.name, []).append(path)
    return {split: sorted(found[split], key=lambda path: (len(path.name), path.name)) for split in sorted(found)}


def whole_file(root: Path, name: str, pieces: Iterable[bytes]) -> Written:
    """Write one file that is about the whole, piece by piece."""
    digest, size = hashlib.sha256(), 0
    with durable.writing(root / name) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return Written(name, size, digest.hexdigest(), 0)
