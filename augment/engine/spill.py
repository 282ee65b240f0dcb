"""Stage 2 of 8, for a data set of millions: batches of texts in a file instead of memory.

The file is mapped, so a batch reads like any other; now and then the pages that were touched are given back, or the
process would seem to hold the whole file. It is nameless and goes with the process; ``TMPDIR`` says on which disk.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, overload

import pyarrow as pa

IN_MEMORY = 16
"""As many batches, or fewer, are kept as they are."""

TOUCHED = 16 * 2**20
"""Bytes of batches that may be looked at before pages are given back."""


class Spilled(Sequence[pa.RecordBatch]):
    """Batches of one schema that lie in a file."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self._mapped = mapped
        self._reader = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(mapped)))
        self._left = TOUCHED
        self._last: tuple[int, pa.RecordBatch | None] = (-1, None)

    def __len__(self) -> int:
        return int(self._reader.num_record_batches)

    def __reduce__(self) -> tuple[Any, ...]:
        """For another process, where they go to a file too."""
        return spilled, (list(self),)

    @overload
    def __getitem__(self, place: int) -> pa.RecordBatch: ...

    @overload
    def __getitem__(self, place: slice) -> list[pa.RecordBatch]: ...

    def __getitem__(self, place: int | slice) -> pa.RecordBatch | list[pa.RecordBatch]:
        """One batch, or some."""
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if place < 0 or place >= len(self):
            raise IndexError(place)
        number, batch = self._last
        if batch is None or place != number:
            batch = self._reader.get_batch(place)
            self._last = place, batch
            self._left -= batch.nbytes
        if self._left <= 0 and hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)  # the file keeps what they hold
            self._left = TOUCHED
        return batch


def spilled(batches: Iterable[pa.RecordBatch]) -> Sequence[pa.RecordBatch]:
    """The same batches: a list where there are few, else a file of them. Raises OSError on a full disk."""
    coming = iter(batches)
    first = list(islice(coming, IN_MEMORY))
    further = list(islice(coming, 1))
    if not further:
        return first
    with tempfile.TemporaryFile() as file:
        with pa.ipc.new_file(file, further[0].schema) as out:
            for held in (first, further):
                while held:
                    out.write_batch(held.pop(0))
            for batch in coming:
                out.write_batch(batch)
        file.flush()
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hasattr(mmap, "MADV_RANDOM"):
        mapped.madvise(mmap.MADV_RANDOM)
    return Spilled(mapped)
