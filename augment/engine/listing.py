"""Stage 2 of 8: all sources of a data set in the seeded order; of many millions, most lie in a file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from augment.chance import order_hash
from augment.engine.columns import Numbers, number_column, numbers, text_column
from augment.engine.sorting import Sorter
from augment.sample import Entry, Skip, class_order

BATCH = 8192
"""Sources in one batch, and the most that are held as Python objects."""

Rows = Sequence[int] | range | Numbers
"""Numbers of rows."""

TABLE = pa.schema(
    [
        ("key", pa.string()),
        ("locator", pa.string()),
        ("fields", pa.string()),
        ("annotations", pa.string()),
        ("split", pa.string()),
        ("label", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("order", pa.uint64()),
    ]
)
"""A listing as a table. ``locator`` is null where it equals the key; ``fields`` is JSON; null stands for none."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The sources, split by split, each in the seeded order: by a hash that does not depend on what else is listed.

    Args:
        parts: Batches of TABLE, ``BATCH`` rows at most.
        stops: Where each of them ends, as a number of rows.
        splits: Names of the splits, sorted.
        starts: Where each split begins, with the end.
        classes: Names of the classes that occur, in the order of ``class_order``.
        skipped: Sources that are listed but can't be used.
        digest: Fingerprint over keys, splits, labels, fields and sizes. Times of change are left out: a data set that
            was copied or fetched again is still the same.
    """

    parts: Sequence[pa.RecordBatch]
    stops: Numbers
    splits: tuple[str, ...]
    starts: tuple[int, ...]
    classes: tuple[str, ...]
    skipped: Sequence[pa.RecordBatch]
    digest: str

    def __len__(self) -> int:
        return self.starts[-1]

    def rows(self, split: str) -> range:
        """Row numbers of one split, in the seeded order."""
        place = self.splits.index(split)
        return range(self.starts[place], self.starts[place + 1])

    def entries(self, rows: Rows) -> list[Entry]:
        """Some sources as objects."""
        found: list[Entry | None] = [None] * len(rows)
        for batch, places, inside in self._parts(rows):
            for place, row in zip(places.tolist(), batch.take(number_column(inside)).to_pylist(), strict=True):
                found[place] = entry_of(row)
        return found  # type: ignore[return-value]  # each row lies in one of the batches

    def numbers(self, name: str, rows: Rows) -> Numbers:
        """A column of numbers, for some sources: ``size``, ``mtime_ns`` or ``order``."""
        found = np.zeros(len(rows), np.uint64 if name == "order" else np.int64)
        for batch, places, inside in self._parts(rows):
            found[places] = numbers(batch.column(name))[inside]
        return found

    def labels(self, rows: Rows) -> Counter[str | None]:
        """How many of some sources are of each class."""
        counts: Counter[str | None] = Counter()
        for batch, _, inside in self._parts(rows):
            told = batch.column("label").take(number_column(inside)).value_counts().to_pylist()
            counts.update({one["values"]: one["counts"] for one in told})
        return counts

    def first(self) -> Entry:
        """The source whose hash is the least."""
        heads = [self.rows(split).start for split in self.splits]
        return self.entries([heads[int(np.argmin(self.numbers("order", heads)))]])[0]

    def table(self) -> pa.Table:
        """All of it, with the columns of TABLE."""
        return pa.Table.from_batches(self.parts, TABLE)

    def _parts(self, rows: Rows) -> Iterator[tuple[pa.RecordBatch, Numbers, Numbers]]:
        """The batches that rows lie in, each with the places in ``rows`` that it serves, and where they lie in it."""
        if isinstance(rows, range) and rows.step == 1:  # of many millions, so no list of them is made
            yield from self._stretch(rows)
            return
        wanted = np.asarray(rows, np.int64)
        owners = np.searchsorted(self.stops, wanted, "right")
        for number in np.unique(owners).tolist():
            places = np.flatnonzero(owners == number)
            yield self.parts[number], places, wanted[places] - self._begin(number)

    def _stretch(self, rows: range) -> Iterator[tuple[pa.RecordBatch, Numbers, Numbers]]:
        first = int(np.searchsorted(self.stops, rows.start, "right"))
        for number in range(first, len(self.stops)):
            begin = self._begin(number)
            start, stop = max(rows.start, begin), min(rows.stop, int(self.stops[number]))
            if start >= stop:
                return
            yield self.parts[number], np.arange(start, stop) - rows.start, np.arange(start, stop) - begin

    def _begin(self, number: int) -> int:
        return int(self.stops[number - 1]) if number else 0

    def skips(self) -> Iterator[Skip]:
        """The sources that are listed but can't be used."""
        for batch in self.skipped:
            for row in batch.to_pylist():
                yield Skip(row["source"], row["reason"], row["detail"], None, row["split"])

    def unusable(self) -> int:
        """How many sources are listed but can't be used."""
        return sum(batch.num_rows for batch in self.skipped)


@dataclass(slots=True)
class _Gathered:
    """What is known of all sources together, while they come."""

    seed: int
    splits: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)
    total: int = 0

    def batch(self, entries: list[Entry]) -> pa.RecordBatch:
        """Some sources as rows of TABLE."""
        order = np.empty(len(entries), np.uint64)
        for place, entry in enumerate(entries):
            fields = sorted(entry.fields.items()) if entry.fields else ""
            facts = f"{entry.key}\0{entry.split}\0{entry.label}\0{entry.size}\0{fields}"
            digest = blake2b(facts.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            self.total += int.from_bytes(digest, "little")
            order[place] = order_hash(self.seed, entry.key)
        self.splits.update(entry.split for entry in entries)
        self.classes.update(entry.label for entry in entries if entry.label is not None)
        columns = [
            text_column([entry.key for entry in entries]),
            text_column([None if entry.locator == entry.key else entry.locator for entry in entries]),
            text_column([json.dumps(dict(entry.fields)) if entry.fields else None for entry in entries]),
            text_column([entry.annotations or None for entry in entries]),
            text_column([entry.split for entry in entries]),
            text_column([entry.label for entry in entries]),
            number_column(np.array([entry.size for entry in entries], np.int64)),
            number_column(np.array([entry.mtime_ns for entry in entries], np.int64)),
            number_column(order),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=TABLE)

    def renamed(self, batch: pa.RecordBatch, turns: list[int]) -> pa.RecordBatch:
        """Rows whose keys came before, with keys of their own: ``#2``, ``#3`` …"""
        old, locators = batch.column(0).to_pylist(), batch.column(1).to_pylist()
        keys = [f"{key}#{turn + 1}" for key, turn in zip(old, turns, strict=True)]
        located = [key if place is None else place for key, place in zip(old, locators, strict=True)]
        order = np.array([order_hash(self.seed, key) for key in keys], np.uint64)
        columns = [text_column(keys), text_column(located), *batch.columns[2:-1], number_column(order)]
        return pa.RecordBatch.from_arrays(columns, schema=TABLE)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """A row of TABLE as an Entry."""
    return Entry(
        key=row["key"],
        locator=row["key"] if row["locator"] is None else row["locator"],
        split=row["split"],
        label=row["label"],
        size=row["size"],
        mtime_ns=row["mtime_ns"],
        fields=json.loads(row["fields"]) if row["fields"] else {},
        annotations=row["annotations"] or "",
    )


def collect(found: Iterable[Entry | Skip], seed: int) -> Listing:
    """Gather what a reader lists. A key that occurs again gets ``#2``, ``#3`` … in the order of listing."""
    gathered = _Gathered(seed)
    skips: list[Skip] = []
    skipped: list[pa.RecordBatch] = []

    def batches() -> Iterator[pa.RecordBatch]:
        entries: list[Entry] = []
        for item in found:
            if isinstance(item, Entry):
                entries.append(item)
                if len(entries) == BATCH:
                    yield gathered.batch(entries)
                    entries = []
            else:
                skips.append(item)
                if len(skips) == BATCH:
                    skipped.append(_skip_batch(skips))
                    skips.clear()
        if entries:
            yield gathered.batch(entries)

    parts, starts = Sorter(BATCH, gathered.renamed).sorted(batches(), lambda: as_held(gathered.splits))
    # the order of listing is the file system's whim, so the digest is a sum over the sources
    digest = f"{gathered.total % 2**128:032x}"
    stops = np.cumsum([batch.num_rows for batch in parts], dtype=np.int64)
    pa.default_memory_pool().release_unused()
    skipped.append(_skip_batch(skips))
    splits, classes = tuple(as_held(gathered.splits)), class_order(as_held(gathered.classes))
    return Listing(parts, stops, splits, tuple(starts), classes, _by_file(skipped), digest)


def as_held(names: Iterable[str]) -> list[str]:
    """Names as a column of text holds them, sorted: what is not Unicode, as in names of files, has become ``?``."""
    return sorted({name.encode("utf-8", "replace").decode() for name in names})


def _by_file(skipped: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """What is left out in the order of the files' names; rows of one file (``FILE:LINE``) stay as they came."""
    table = pa.Table.from_batches(skipped)
    if table.num_rows < 2:
        return skipped
    files = [str(name).partition(":")[0] for name in table["source"].to_pylist()]
    order = pa.array(sorted(range(len(files)), key=files.__getitem__), pa.int64())
    batches: list[pa.RecordBatch] = table.take(order).to_batches()
    return batches


def _skip_batch(skips: list[Skip]) -> pa.RecordBatch:
    columns = {name: [getattr(skip, name) for skip in skips] for name in ("source", "reason", "detail", "split")}
    return pa.RecordBatch.from_arrays([text_column(values) for values in columns.values()], names=list(columns))
