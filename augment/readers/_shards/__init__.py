"""Files that hold many samples each: where they are, which split each is for, and a piece of one without the rest."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from augment.errors import InputError, SampleError
from augment.readers import _files
from augment.readers._places import Places, RefusedError
from augment.readers.folder import IGNORED, SPLITS
from augment.sample import Skip

Found = tuple[str, os.stat_result]
"""A file's name relative to its root, ``/``-separated, and its facts."""

NO_SHARDS = frozenset({"provenance.parquet", "metadata.parquet"})
"""What our own outputs say of themselves, and what Hugging Face keeps beside folders of files; no samples."""

MOST_FOLDERS = 100
"""Folders that are looked into to tell a layout."""

_PREFIX = re.compile(r"[a-z]+", re.IGNORECASE)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def root_of(path: Path) -> Path:
    """The folder that names are relative to: ``path`` itself, or where the file lies."""
    return path if path.is_dir() else path.parent


def shards(path: Path, endings: tuple[str, ...]) -> Iterator[Found | Skip]:
    """The files with one of ``endings`` at or below ``path``, sorted; hidden folders are passed over.

    Raises:
        InputError: There is no such folder or file, or none in it.
    """
    root = root_of(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder; check the path")
    places = Places(str(root), None)
    names = [path.name] if path != root else _below(root, endings)
    if not names:
        raise InputError(f"{path}: no file that ends in {' or '.join(endings)}; check the path")
    yield from (placed(places, name) for name in names)


def placed(places: Places, name: str) -> Found | Skip:
    """A file by its name below a root, with its facts; or why it can't be used."""
    if not _files.encodes(name):
        return Skip(_files.printable(name), "unreadable name")
    try:
        _, facts = places.find(name)
    except RefusedError as refused:
        return Skip(name, refused.reason, refused.detail)
    return name, facts


def claimed(path: Path, endings: tuple[str, ...]) -> bool:
    """Whether a folder is one of shards: they lie at its top or one below, and no folder beside them is without.

    An archive that somebody left in a tree of pictures does not make it a folder of shards.
    """
    try:
        with os.scandir(path) as found:
            items = [item for item in found if not _ignored(item.name)]
        folders = [item for item in items if item.is_dir()]
        at_top = any(_is_shard(item.name, endings) for item in items if not item.is_dir())
        inside = [held for item in folders[:MOST_FOLDERS] if (held := _holds(item.path, endings)) is not None]
    except OSError:
        return False
    return (at_top or any(inside)) and all(inside)


def split_of(name: str) -> str | None:
    """What a shard's path says of its split: a folder ``val``, or a name like ``val-00001-of-00002``; else None."""
    *folders, file = name.split("/")
    for word in folders:
        if word.lower() in SPLITS:
            return word
    prefix = _PREFIX.match(file)
    return prefix[0] if prefix and prefix[0].lower() in SPLITS else None


def piece(root: Path, name: str, start: int, size: int) -> bytes:
    """Some bytes of a file below ``root``. Raises SampleError where it is not what it was when it was listed."""
    try:
        real = os.path.realpath(os.path.join(root, name))
        if not _files.inside(real, os.path.realpath(root)):
            raise SampleError("outside the root", "its path leads out of the input folder")
        if size > _files.LARGEST:
            raise SampleError("too large", f"{size} bytes; at most {_files.LARGEST} are read")
        with open(real, "rb", opener=_open) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SampleError("not a plain file", name)
            file.seek(start)
            data = file.read(size)
    except FileNotFoundError:
        raise SampleError("missing", f"{name} was there when the data set was listed") from None
    except (OSError, ValueError) as error:
        raise SampleError("unreadable", getattr(error, "strerror", None) or str(error)) from None
    if len(data) != size:
        raise SampleError("truncated", f"{name} has become shorter since it was listed")
    return data


def parsed(data: bytes) -> Any:
    """JSON; what it has no numbers for (NaN, infinities) is null. Raises ValueError for what can't be used."""
    try:
        text = data.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_null)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("half a surrogate pair: no proper Unicode") from None
    return plain(value) if re.search(r"[eE]\+?\d{3}", text) else value


def plain(value: Any) -> Any:
    """A value as JSON could hold it: null for a number that is none or is infinite, and for bytes; dates as texts."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return None if isinstance(value, bytes) else str(value)


def word(value: Any) -> str | None:
    """A value that names a class or a split, as a text; None where it names none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None


def _null(constant: str) -> None:
    """NaN and the infinities."""


def _below(root: Path, endings: tuple[str, ...]) -> list[str]:
    """Names of all shards in a tree. Links to folders are not followed."""
    names: list[str] = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not _ignored(name))
        lead = Path(os.path.relpath(folder, root)).as_posix()
        lead = "" if lead == "." else f"{lead}/"
        names += [f"{lead}{name}" for name in files if _is_shard(name, endings)]
    return sorted(names)


def _holds(folder: str, endings: tuple[str, ...]) -> bool | None:
    """Whether a folder holds shards; None where it is empty."""
    with os.scandir(folder) as found:
        names = [item.name for item in found]
    return any(_is_shard(name, endings) for name in names) if names else None


def _is_shard(name: str, endings: tuple[str, ...]) -> bool:
    return name.lower().endswith(endings) and not _ignored(name) and name not in NO_SHARDS


def _ignored(name: str) -> bool:
    return name.startswith((".", "_")) or name.lower() in IGNORED


def _open(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes to would hang the worker."""
    return os.open(path, flags | _NO_WAIT)
