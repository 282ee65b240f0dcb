"""Class folders: each output a file of its own, ``train/cats/KEY.jpg``, with ``KEY.json`` where there are other fields."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path

from augment import durable
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Record
from augment.writers import _record

SHARDED = False
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*%]')


class Options(_Base):
    """No options beside the common ones."""


def shard(split: str, index: int) -> str:
    """A name for a lot; no file carries it."""
    return f"{split}/lot-{index:06d}"


def locate(record: Record, shard: str) -> str:
    """``split/class/KEY.ext``; ``split/KEY.ext`` where there are no classes."""
    parts = [record.split] if record.label is None else [record.split, folder_name(record.label)]
    return "/".join([*parts, f"{record.key}.{record.extension}"])


def folder_name(label: str) -> str:
    """A class as a folder name that is legal everywhere; different classes stay different (percent-encoding)."""
    safe = UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", label)
    if not safe.strip(". ") or safe[0] in ". " or safe[-1] in ". " or RESERVED.match(safe):
        safe = f"%{ord(safe[0]):02X}{safe[1:]}" if safe else "%"
        safe = f"{safe[:-1]}%{ord(safe[-1]):02X}" if safe[-1] in ". " else safe
    return safe


def render(record: Record) -> bytes:
    """The record as it is."""
    return _record.pack(record)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each output whole or not at all; all are flushed to disk together at the end."""
    written: list[Written] = []
    touched: list[Path] = []
    for part in parts:
        record = _record.unpack(part)
        name = locate(record, shard)
        path = root / name
        with durable.writing(path, flush=False) as file:
            file.write(record.data)
        touched.append(path)
        if record.fields:
            aside = path.with_suffix(".json")
            with durable.writing(aside, flush=False) as file:
                file.write(json.dumps(dict(record.fields), ensure_ascii=False).encode())
            touched.append(aside)
        written.append(Written(name, len(record.data), hashlib.sha256(record.data).hexdigest(), 1))
    for path in touched:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    for folder in sorted({path.parent for path in touched}):
        durable.sync_folder(folder)
    return written


def extract(root: Path, name: str, key: str) -> bytes:
    """The file's bytes."""
    path = root / name
    if path.stem != key or not path.is_file():
        raise KeyError(f"{key} is not at {name}")
    return path.read_bytes()
