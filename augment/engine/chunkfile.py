"""The file that a chunk of work becomes: rendered outputs one after the other, then an index. It is its own receipt.

    output 0 | output 1 | … | index: int64 (turn, offset, length) each | rows: JSON | count | length | CRC-32 | magic

Outputs are written as they are made, so memory stays flat however big they are; the index lets the assembly of a shard
fetch its own without reading the rest. ``turn`` is the output's place in its lot, counted in groups where views are
dealt together.

A chunk file is not flushed to disk when it takes its name, for a worker would wait for that as long as for two
outputs. What a power cut may have left of it is told by its checksum and made again; its shards are flushed before it
is removed.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from augment import durable

MAGIC = b"AUGCHNK1"
_TAIL = struct.Struct("<qqq8s")


class ChunkWriter:
    """Adds outputs to an open file; ``close`` adds the index."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._index: list[tuple[int, int, int]] = []
        self._offset = 0
        self._rows: list[dict[str, Any]] = []
        self._checksum = 0

    def add(self, turn: int, rendered: bytes, row: dict[str, Any]) -> None:
        """Append one output and its row of provenance (JSON values only)."""
        self._write(rendered)
        self._index.append((turn, self._offset, len(rendered)))
        self._offset += len(rendered)
        self._rows.append(row)

    def close(self, skipped: list[dict[str, Any]], notes: Mapping[str, int]) -> None:
        """Write the index, the rows, what was skipped, and what became of annotations: reason -> how often."""
        found = {"rows": self._rows, "skipped": skipped, "notes": dict(sorted(notes.items()))}
        rows = json.dumps(found, ensure_ascii=False).encode("utf-8", "surrogatepass")
        self._write(np.array(self._index, "<i8").tobytes())
        self._write(rows)
        self._file.write(_TAIL.pack(len(self._index), len(rows), self._checksum, MAGIC))

    def _write(self, data: bytes) -> None:
        self._checksum = zlib.crc32(data, self._checksum)
        self._file.write(data)


def whole(path: Path) -> bool:
    """Whether a chunk file is there and has not been damaged."""
    try:
        with path.open("rb") as file:
            left = path.stat().st_size - _TAIL.size
            checksum = 0
            while left > 0 and (block := file.read(min(left, durable.BLOCK))):
                checksum = zlib.crc32(block, checksum)
                left -= len(block)
            return left == 0 and _TAIL.unpack(file.read())[2:] == (checksum, MAGIC)
    except (FileNotFoundError, struct.error):
        return False


def outputs(path: Path, shards: int, shard: int) -> Iterator[bytes]:
    """The rendered outputs that are dealt to one shard of ``shards``, in their order."""
    with path.open("rb") as file:
        count, length = _tail(file, path)
        file.seek(-(_TAIL.size + length + count * 24), 2)
        index = np.frombuffer(file.read(count * 24), "<i8").reshape(count, 3)
        for _, offset, size in index[index[:, 0] % shards == shard].tolist():
            file.seek(offset)
            yield file.read(size)


@dataclass(frozen=True, slots=True)
class Notes:
    """What a chunk file tells beside its outputs: rows of provenance, what was skipped, counts of what was mended."""

    rows: list[dict[str, Any]]
    skipped: list[dict[str, Any]]
    notes: dict[str, int]


def notes(path: Path) -> Notes:
    """All but the outputs."""
    with path.open("rb") as file:
        _, length = _tail(file, path)
        file.seek(-(_TAIL.size + length), 2)
        return Notes(**json.loads(file.read(length).decode("utf-8", "surrogatepass")))


def _tail(file: BinaryIO, path: Path) -> tuple[int, int]:
    file.seek(-_TAIL.size, 2)
    count, length, _, magic = _TAIL.unpack(file.read(_TAIL.size))
    if magic != MAGIC:
        raise ValueError(f"{path}: not a chunk file")
    return count, length
