"""Files that appear whole or not at all: written under a temporary name, flushed to disk, then renamed."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

BLOCK = 1 << 20
"""Bytes that are read at once."""

TEMPORARY = ".part"
"""How the name of a file in the making ends; a crash's leftovers may be deleted by whoever holds the folder's lock."""


@contextmanager
def writing(path: Path, *, flush: bool = True) -> Iterator[BinaryIO]:
    """Open ``path`` for writing under a temporary name beside it; it takes its name when the block ends well.

    Args:
        path: The final name; its folder is made if missing. An existing file is replaced in one step.
        flush: Wait until the disk has the bytes before the rename (fsync). Leave it on unless many files are
            written and flushed together afterwards.

    Raises:
        OSError: The disk is full, read-only, or failing. The temporary file is removed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}{TEMPORARY}")
    try:
        with temporary.open("wb") as file:
            yield file
            file.flush()
            if flush:
                os.fsync(file.fileno())
        temporary.replace(path)
        if flush:
            sync_folder(path.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(path: Path, data: bytes) -> None:
    """Write a small file whole or not at all."""
    with writing(path) as file:
        file.write(data)


def sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hex; the file is read block by block."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` survive a power cut, where the system can (not on Windows)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
