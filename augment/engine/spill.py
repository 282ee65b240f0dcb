"""Stage 2 of 8, for a data set of millions: batches of texts in a file instead of memory.

The file is mapped, so a batch reads like any other; now and then the pages that were touched are given back, or the
process would seem to hold the whole file. It is nameless and goes with the process; ``TMPDIR`` says on which disk.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import pyarrow as pa

IN_MEMORY = 64
"""Batches that are kept as they are; only what comes after that is spilled."""

TOUCHED = 256
"""Batches that may be looked at before pages are given back."""


class Spilled(Sequence[pa.RecordBatch]):
    """Batches of one schema, most of them in a file."""

    def __init__(self, first: list[pa.RecordBatch], mapped: mmap.mmap) -> None:
        self._first, self._mapped = first, mapped
        reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped)))
        self._rest = [reader.get_batch(number) for number in range(reader.num_record_batches)]
        self._left = TOUCHED

    def __len__(self) -> int:
        return len(self._first) + len(self._rest)

    @overload
    def __getitem__(self, place: int) -> pa.RecordBatch: ...

    @overload
    def __getitem__(self, place: slice) -> list[pa.RecordBatch]: ...

    def __getitem__(self, place: int | slice) -> pa.RecordBatch | list[pa.RecordBatch]:
        """One batch, or some."""
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if place < len(self._first):
            return self._first[place]
        self._left -= 1
        if self._left <= 0 and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)  # the file keeps what they hold
            self._left = TOUCHED
        return self._rest[place - len(self._first)]


def spilled(batches: Iterable[pa.RecordBatch]) -> Sequence[pa.RecordBatch]:
    """The same batches: a list where there are few, else most of them in a file. Raises OSError on a full disk."""
    coming: Iterator[pa.RecordBatch] = iter(batches)
    first: list[pa.RecordBatch] = []
    for batch in coming:
        if len(first) == IN_MEMORY:
            return _written(first, batch, coming)
        first.append(batch)
    return first


def _written(first: list[pa.RecordBatch], batch: pa.RecordBatch, coming: Iterator[pa.RecordBatch]) -> Spilled:
    with tempfile.TemporaryFile() as file:
        with pa.ipc.new_file(file, batch.schema) as out:
            out.write_batch(batch)
            for further in coming:
                out.write_batch(further)
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hasattr(mmap, "MADV_RANDOM"):
        mapped.madvise(mmap.MADV_RANDOM)
    return Spilled(first, mapped)
