"""Files of a lot below the output folder: each whole or not at all, all on the disk before the lot is done."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from augment import durable
from augment.contracts import Written


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
