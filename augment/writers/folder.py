"""Class folders: each output a file of its own, ``train/cats/KEY.jpg``; ``KEY.json`` beside it holds other fields."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from augment import durable
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Record
from augment.writers import _record
from augment.writers._names import folder_name

SHARDED = False


class Options(_Base):
    """No options beside the common ones."""


def shard(split: str, index: int) -> str:
    """A name for a lot; no file carries it."""
    return f"{folder_name(split)}/lot-{index:06d}"


def locate(record: Record, shard: str) -> str:
    """``split/class/KEY.ext``; ``split/KEY.ext`` where there are no classes."""
    words = [record.split] if record.label is None else [record.split, record.label]
    parts = map(folder_name, words)
    return "/".join([*parts, f"{record.key}.{record.extension}"])


def render(record: Record) -> bytes:
    """The record as it is."""
    return _record.pack(record)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each output whole or not at all; all are flushed to disk together at the end.

    Where the parts end in an error, what this call has written is removed.
    """
    written: list[Written] = []
    try:
        for part in parts:
            record = _record.unpack(part)
            name = locate(record, shard)
            written.append(_write(root, name, record.data, 1))
            if record.fields:
                fields = json.dumps(dict(record.fields), ensure_ascii=False).encode("utf-8", "surrogatepass")
                written.append(_write(root, str(PurePosixPath(name).with_suffix(".json")), fields, 0))
        _flush(root, written)
    except BaseException:
        for file in written:
            (root / file.name).unlink(missing_ok=True)
        raise
    return written


def extract(root: Path, name: str, key: str) -> bytes:
    """The file's bytes."""
    path = root / name
    if path.stem != key or not path.is_file():
        raise KeyError(f"{key} is not at {name}")
    return path.read_bytes()


def _write(root: Path, name: str, data: bytes, samples: int) -> Written:
    with durable.writing(root / name, flush=False) as file:
        file.write(data)
    return Written(name, len(data), hashlib.sha256(data).hexdigest(), samples)


def _flush(root: Path, written: list[Written]) -> None:
    """Wait until the disk has all files, and the folders that name them, up to the root."""
    folders: set[Path] = set()
    for item in written:
        path = root / item.name
        with path.open("r+b") as file:  # Windows flushes only what is open for writing
            os.fsync(file.fileno())
        folders.update(folder for folder in path.parents if folder == root or root in folder.parents)
    for folder in sorted(folders):
        durable.sync_folder(folder)
