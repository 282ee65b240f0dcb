"""Stage 2 of 8, for a data set of millions: rows put into the seeded order, most of them in files.

An external sort. Rows gather until a **run** is full; it is sorted by hash, cut into ``PARTS`` slices by the top bits
of the hash, and spilled. Slice k of all runs together is a small table that no other slice has a share in, so it can
be sorted, or searched for equal hashes, in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from augment.engine.columns import Numbers, mask, number_column, numbers, text_column
from augment.engine.spill import spilled

RUN = 131_072
"""Rows of a run: what is held and sorted in memory at a time."""

PARTS = 128
"""Slices of a run; a power of two."""

Rename = Callable[[pa.RecordBatch, list[int]], pa.RecordBatch]
"""The batch with the keys of its rows numbered, each by how often it came before, and with their new hashes."""


def hashes(batch: pa.RecordBatch | pa.Table) -> Numbers:
    """The column ``order``, uint64."""
    column = batch.column("order")
    pieces = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return np.concatenate([np.zeros(0, np.uint64), *(numbers(piece) for piece in pieces)])


class Sorter:
    """Rows in the order of their hashes, split by split.

    Args:
        batch: Rows of a batch that is given out, at most.
        rename: What becomes of a row whose key came before; such rows have equal hashes.
    """

    def __init__(self, batch: int, rename: Rename) -> None:
        self._batch = batch
        self._rename = rename

    def sorted(
        self, batches: Iterator[pa.RecordBatch], splits: Callable[[], Sequence[str]]
    ) -> tuple[Sequence[pa.RecordBatch], list[int]]:
        """All rows, and where each split begins, with the end.

        Args:
            batches: Rows with the columns ``order`` and ``split`` among them, in the order of listing.
            splits: Names of the splits in the order wanted; asked once ``batches`` is through.
        """
        runs = _Runs(batches)
        repeated: set[int] = set()
        further = _Runs(self._again(runs, repeated), runs.parts)
        stops = [0]

        def put() -> Iterator[pa.RecordBatch]:
            for split in splits():
                count = 0
                for part in range(runs.parts):
                    slices = runs.slices(part)
                    first = _firsts(slices) if part in repeated else slices
                    for batch in self._of(split, [*first, *further.slices(part)]):
                        count += batch.num_rows
                        yield batch
                stops.append(stops[-1] + count)

        return spilled(put()), stops

    def _again(self, runs: _Runs, repeated: set[int]) -> Iterator[pa.RecordBatch]:
        """The rows whose key came before, numbered; the parts that have such are added to ``repeated``."""
        for part in range(runs.parts):
            slices = runs.slices(part)
            for batch, turns in zip(slices, turns_of(slices), strict=True):
                if turns.any():
                    repeated.add(part)
                    again = batch.filter(mask(turns > 0))
                    yield self._rename(again, turns[turns > 0].tolist())

    def _of(self, split: str, slices: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """One slice of the order: the rows of a split, sorted."""
        wanted = text_column([split])[0]
        found = [batch.filter(pc.equal(batch.column("split"), wanted)) for batch in slices]
        if any(batch.num_rows for batch in found):
            yield from in_order(pa.Table.from_batches(found)).to_batches(self._batch)


def _firsts(slices: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """The rows whose key did not come before."""
    return [batch.filter(mask(turns == 0)) for batch, turns in zip(slices, turns_of(slices), strict=True)]


class _Runs:
    """Sorted runs, each cut into ``parts`` slices; a single run is left in one piece unless ``parts`` is given."""

    def __init__(self, batches: Iterator[pa.RecordBatch], parts: int = 0) -> None:
        runs = _gathered(batches)
        first = list(islice(runs, 2))
        self.parts = parts or (PARTS if len(first) > 1 else 1)
        self._slices = spilled(self._cut(chain(first, runs)))

    def slices(self, part: int) -> list[pa.RecordBatch]:
        """Slice ``part`` of all runs, in the order of listing."""
        return [self._slices[place] for place in range(part, len(self._slices), self.parts)]

    def _cut(self, runs: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
        edges = np.arange(1, self.parts, dtype=np.uint64) << np.uint64(65 - self.parts.bit_length())
        for run in runs:
            table = in_order(run)
            whole = table.to_batches()[0]
            stops = [0, *np.searchsorted(hashes(table), edges).tolist(), table.num_rows]
            yield from (whole.slice(start, stop - start) for start, stop in pairwise(stops))


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches put together until they have ``RUN`` rows."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        held.append(batch)
        rows += batch.num_rows
        if rows >= RUN:
            yield pa.Table.from_batches(held)
            held, rows = [], 0
    if rows:
        yield pa.Table.from_batches(held)


def in_order(table: pa.Table) -> pa.Table:
    """The rows sorted by hash, in one piece; equal ones stay as they stood."""
    places = np.argsort(hashes(table), kind="stable")
    return table.take(number_column(places)).combine_chunks()


def turns_of(slices: Sequence[pa.RecordBatch]) -> list[Numbers]:
    """For each row of each batch, how many rows before it have the same hash."""
    if not slices:
        return []
    each = [hashes(batch) for batch in slices]
    order = np.concatenate([np.zeros(0, np.uint64), *each])
    turns = np.zeros(len(order), np.int64)
    places = np.argsort(order, kind="stable")
    ordered = order[places]
    same = ordered[1:] == ordered[:-1]
    if same.any():
        first = np.arange(len(order))
        first[1:][same] = 0
        turns[places] = np.arange(len(order)) - np.maximum.accumulate(first)
    return np.split(turns, np.cumsum([len(one) for one in each])[:-1])
