"""Shards of rows that carry no keys: written row by row, and each found again by the key of its output.

Where a row lies is told by a part below STATE, a line a row: key, first byte, bytes, and a note by which the format
makes the output's value of its row again, parted by tabs.
"""

from __future__ import annotations

import hashlib
import struct
from array import array
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from augment import durable
from augment.contracts import Written
from augment.writers import _tree

LINES = ".keys"
"""How the name of a part ends."""

_HEAD = struct.Struct("<HIII")


def pack(key: str, note: str, head: bytes, row: bytes) -> bytes:
    """One output on its way to its shard.

    Args:
        key: Its key.
        note: ASCII without line ends and tabs.
        head: How a shard begins; the same for all rows of one.
        row: Its bytes, with whatever ends it.
    """
    name, told = key.encode(), note.encode("ascii")
    return b"".join((_HEAD.pack(len(name), len(told), len(head), len(row)), name, told, head, row))


def unpack(part: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """The reverse: key, note, head, row."""
    name, told, head, row = _HEAD.unpack_from(part)
    first = _HEAD.size + name
    second = first + told
    third = second + head
    return part[_HEAD.size : first], part[first:second], part[second:third], part[third : third + row]


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write one shard and the part that tells where its rows lie. ValueError where two rows want other heads."""
    digest, size, samples, begun = hashlib.sha256(), 0, 0, b""
    with durable.writing(_tree.part(root, shard, LINES)) as lines, durable.writing(root / shard) as file:
        for part in parts:
            key, note, head, row = unpack(part)
            if not samples:
                begun, size = head, len(head)
                file.write(head)
                digest.update(head)
            elif head != begun:
                raise ValueError(f"{shard}: {key.decode()} has other columns than the rows before it")
            lines.write(line(key, size, len(row), note))
            file.write(row)
            digest.update(row)
            size += len(row)
            samples += 1
    return [Written(shard, size, digest.hexdigest(), samples)]


def line(key: bytes, place: int, length: int, note: bytes) -> bytes:
    """A line of a part; other formats than lines of bytes have other numbers for a row's place."""
    return b"%b\t%d\t%d\t%b\n" % (key, place, length, note)


def found(root: Path, name: str, key: str) -> tuple[bytes, str]:
    """The row of an output and its note. Raises KeyError, OSError."""
    start, length, note = place(root, name, key)
    with (root / name).open("rb") as file:
        file.seek(start)
        row = file.read(length)
    if len(row) < length:
        raise KeyError(f"{name} ends before {key}")
    return row, note


def place(root: Path, name: str, key: str) -> tuple[int, int, str]:
    """What the part of a shard says of an output: first byte, bytes, note. Raises KeyError, OSError."""
    path = _tree.part(root, name, LINES)
    if not path.is_file():
        raise KeyError(f"{name}: {path} is missing, which tells where its rows lie")
    facts = path.stat()
    hashes, starts = _index(path, facts.st_size, facts.st_mtime_ns)
    wanted = key.encode()
    with path.open("rb") as file:
        for turn in range(int(np.searchsorted(hashes, hash(wanted))), len(hashes)):
            if hashes[turn] != hash(wanted):
                break
            file.seek(int(starts[turn]))
            own, start, length, note = file.readline().rstrip(b"\n").split(b"\t")
            if own == wanted:
                return int(start), int(length), note.decode()
    raise KeyError(f"{key} is not in {name}")


@lru_cache(32)
def _index(path: Path, size: int, mtime_ns: int) -> tuple[Any, Any]:
    """Hashes of the keys in a part, sorted, and where their lines begin: 16 bytes a row."""
    hashes, starts, start = array("q"), array("q"), 0
    with path.open("rb") as file:
        for line in file:
            hashes.append(hash(line[: line.index(b"\t")]))
            starts.append(start)
            start += len(line)
    values = np.frombuffer(hashes, np.int64) if hashes else np.empty(0, np.int64)
    order = np.argsort(values, kind="stable")
    return values[order], (np.frombuffer(starts, np.int64) if starts else values)[order]
