"""The file that a chunk of work becomes: rendered outputs one after the other, then an index. It is its own receipt.

    output 0 | output 1 | … | index: int64 (turn, offset, length) an output | rows: JSON | count | length | magic

Outputs are written as they are made, so memory stays flat however big they are; the index lets the assembly of a shard
fetch its own without reading the rest. ``turn`` is the output's place in its lot.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MAGIC = b"AUGCHNK1"
_TAIL = struct.Struct("<qq8s")


class ChunkWriter:
    """Adds outputs to an open file; ``close`` adds the index."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._index: list[tuple[int, int, int]] = []
        self._offset = 0
        self._rows: list[dict[str, Any]] = []

    def add(self, turn: int, rendered: bytes, row: dict[str, Any]) -> None:
        """Append one output and its row of provenance (JSON values only)."""
        self._file.write(rendered)
        self._index.append((turn, self._offset, len(rendered)))
        self._offset += len(rendered)
        self._rows.append(row)

    def close(self, skipped: list[dict[str, Any]]) -> None:
        """Write the index, the rows and what was skipped."""
        rows = json.dumps({"rows": self._rows, "skipped": skipped}, ensure_ascii=False).encode(
            "utf-8", "surrogatepass"
        )
        self._file.write(np.array(self._index, "<i8").tobytes())
        self._file.write(rows)
        self._file.write(_TAIL.pack(len(self._index), len(rows), MAGIC))


def outputs(path: Path, shards: int, shard: int) -> Iterator[bytes]:
    """The rendered outputs that are dealt to one shard of ``shards``, in their order."""
    with path.open("rb") as file:
        count, length = _tail(file, path)
        file.seek(-(_TAIL.size + length + count * 24), 2)
        index = np.frombuffer(file.read(count * 24), "<i8").reshape(count, 3)
        for _, offset, size in index[index[:, 0] % shards == shard].tolist():
            file.seek(offset)
            yield file.read(size)


def rows(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of provenance, and what was skipped."""
    with path.open("rb") as file:
        _, length = _tail(file, path)
        file.seek(-(_TAIL.size + length), 2)
        found = json.loads(file.read(length).decode("utf-8", "surrogatepass"))
    return found["rows"], found["skipped"]


def _tail(file: BinaryIO, path: Path) -> tuple[int, int]:
    file.seek(-_TAIL.size, 2)
    count, length, magic = _TAIL.unpack(file.read(_TAIL.size))
    if magic != MAGIC:
        raise ValueError(f"{path}: not a chunk file")
    return count, length
