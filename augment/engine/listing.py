"""Stage 2 of 8: all sources of a data set in columns, so that a million of them fit in little memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from augment.chance import order_hash
from augment.engine.spill import spilled
from augment.sample import Entry, Skip

BATCH = 8192
"""Sources in one batch of texts, and the most that are held as Python objects."""

Numbers = np.ndarray[Any, Any]

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
    """The sources in columns, in the order in which they were listed; ``rows`` gives the seeded order.

    Args:
        texts: Keys, locators, fields and where annotations are; ``BATCH`` rows each but the last.
        splits: Names of the splits, sorted; ``split`` is a place in it, for each source.
        classes: Names of the classes, sorted; ``label`` is a place in it, or -1.
        sizes: Bytes of each source.
        mtimes: Time of last change of each source, in nanoseconds.
        order: Each source's hash; sorted by it, sources stand in an order that does not depend on what else is listed.
        skipped: Sources that are listed but can't be used.
        digest: Fingerprint over keys, splits, labels, fields and sizes. Times of change are left out: a data set that
            was copied or fetched again is still the same.
    """

    texts: Sequence[pa.RecordBatch]
    splits: tuple[str, ...]
    split: Numbers
    classes: tuple[str, ...]
    label: Numbers
    sizes: Numbers
    mtimes: Numbers
    order: Numbers
    skipped: Sequence[pa.RecordBatch]
    digest: str

    def __len__(self) -> int:
        return len(self.sizes)

    def entries(self, rows: Iterable[int]) -> list[Entry]:
        """Some sources as objects."""
        return [self._entry(int(row)) for row in rows]

    def _entry(self, row: int) -> Entry:
        batch, place = self.texts[row // BATCH], row % BATCH
        texts = {name: batch.column(name)[place].as_py() for name in batch.schema.names}
        label = int(self.label[row])
        numbers = {"size": int(self.sizes[row]), "mtime_ns": int(self.mtimes[row])}
        named = None if label < 0 else self.classes[label]
        return entry_of({**texts, "split": self.splits[self.split[row]], "label": named, **numbers})

    def rows(self, split: str) -> Numbers:
        """Row numbers of one split, in the seeded order."""
        if len(self.splits) == 1:  # as most tables have it: no copy of the hashes
            return np.argsort(self.order, kind="stable").astype(np.int32)
        inside = np.flatnonzero(self.split == self.splits.index(split)).astype(np.int32)
        return inside[np.argsort(self.order[inside], kind="stable")]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The listing as batches of TABLE."""
        for number, texts in enumerate(self.texts):
            here = slice(number * BATCH, number * BATCH + texts.num_rows)
            labels = [None if code < 0 else self.classes[code] for code in self.label[here].tolist()]
            columns = [
                *texts.columns,
                text_column([self.splits[code] for code in self.split[here].tolist()]),
                text_column(labels),
                *(number_column(column[here].astype(np.int64)) for column in (self.sizes, self.mtimes)),
                number_column(self.order[here]),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=TABLE)

    def skips(self) -> Iterator[Skip]:
        """The sources that are listed but can't be used."""
        for batch in self.skipped:
            for row in batch.to_pylist():
                yield Skip(row["source"], row["reason"], row["detail"], None, row["split"])

    def unusable(self) -> int:
        """How many sources are listed but can't be used."""
        return sum(batch.num_rows for batch in self.skipped)


def _numbers(kind: str) -> Callable[[], array[int]]:
    return lambda: array(kind)


@dataclass(slots=True)
class _Growing:
    """Columns of numbers that grow in place, batch by batch. Times are kept only once two of them differ."""

    seed: int
    splits: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    split: array[int] = field(default_factory=_numbers("i"))
    label: array[int] = field(default_factory=_numbers("i"))
    size: array[int] = field(default_factory=_numbers("q"))
    mtime: array[int] = field(default_factory=_numbers("q"))
    order: array[int] = field(default_factory=_numbers("Q"))
    total: int = 0

    def add(self, entries: list[Entry]) -> pa.RecordBatch:
        """One batch; its texts are for the caller to keep."""
        splits, labels = self.splits, self.labels
        for entry in entries:
            self.split.append(splits.setdefault(entry.split, len(splits)))
            self.label.append(-1 if entry.label is None else labels.setdefault(entry.label, len(labels)))
            self.size.append(entry.size)
            self.order.append(order_hash(self.seed, entry.key))
            fields = sorted(entry.fields.items()) if entry.fields else ""
            facts = f"{entry.key}\0{entry.split}\0{entry.label}\0{entry.size}\0{fields}"
            digest = blake2b(facts.encode("utf-8", "surrogatepass"), digest_size=16).digest()
            self.total += int.from_bytes(digest, "little")
        self._times([entry.mtime_ns for entry in entries])
        return pa.RecordBatch.from_arrays(
            [
                text_column([entry.key for entry in entries]),
                text_column([None if entry.locator == entry.key else entry.locator for entry in entries]),
                text_column([json.dumps(dict(entry.fields)) if entry.fields else None for entry in entries]),
                text_column([entry.annotations or None for entry in entries]),
            ],
            names=["key", "locator", "fields", "annotations"],
        )

    def _times(self, times: list[int]) -> None:
        if len(self.mtime) <= 1 and len(set(times) | set(self.mtime)) <= 1:
            self.mtime = array("q", times[:1] or self.mtime)
        else:
            before = len(self.size) - len(times)
            if len(self.mtime) < before:
                self.mtime *= before
            self.mtime.extend(times)

    def done(self, texts: Sequence[pa.RecordBatch], skipped: Sequence[pa.RecordBatch]) -> Listing:
        """The listing. Its digest is a sum over the sources, for the order of listing is the file system's whim."""
        splits, split = _sorted_codes(self.splits, np.frombuffer(self.split, np.intc))
        self.split = array("i")  # of many millions, each column weighs
        classes, label = _sorted_codes(self.labels, np.frombuffer(self.label, np.intc))
        self.label = array("i")
        texts, order = _distinct(texts, np.frombuffer(self.order, np.uint64), self.seed)
        sizes, mtimes = np.frombuffer(self.size, np.int64), np.frombuffer(self.mtime, np.int64)
        sizes = sizes.astype(np.min_scalar_type(sizes.max(initial=0)))
        if len(mtimes) != len(sizes):
            mtimes = np.broadcast_to(mtimes, sizes.shape)
        digest = f"{self.total % 2**128:032x}"
        return Listing(texts, splits, split, classes, label, sizes, mtimes, order, skipped, digest)


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
    growing = _Growing(seed)
    skips: list[Skip] = []
    skipped: list[pa.RecordBatch] = []

    def batches() -> Iterator[pa.RecordBatch]:
        entries: list[Entry] = []
        for item in found:
            if isinstance(item, Entry):
                entries.append(item)
                if len(entries) == BATCH:
                    yield growing.add(entries)
                    entries = []
            else:
                skips.append(item)
                if len(skips) == BATCH:
                    skipped.append(_skip_batch(skips))
                    skips.clear()
        yield growing.add(entries)

    texts = spilled(batches())
    return growing.done(texts, [*skipped, _skip_batch(skips)])


def text_column(values: Sequence[str | None]) -> pa.Array:
    """Texts as an Arrow column. ``pa.array`` would do, but imports pandas wherever that is installed: 0.2 s, 40 MB."""
    if not any(value is not None for value in values):
        return _nothing(len(values))
    encoded = [b"" if value is None else value.encode("utf-8", "replace") for value in values]
    offsets = np.zeros(len(values) + 1, np.int32)
    np.cumsum([len(value) for value in encoded], out=offsets[1:])
    there = np.packbits(np.array([value is not None for value in values], bool), bitorder="little")
    buffers = [pa.py_buffer(there.tobytes()), pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)


@cache
def _nothing(length: int) -> pa.Array:
    """Nulls; most data sets have whole columns of them, and all their batches share this one."""
    return pa.nulls(length, pa.string())


def number_column(values: Numbers) -> pa.Array:
    """Numbers as an Arrow column; see ``text_column``."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def _skip_batch(skips: list[Skip]) -> pa.RecordBatch:
    columns = {name: [getattr(skip, name) for skip in skips] for name in ("source", "reason", "detail", "split")}
    return pa.RecordBatch.from_arrays([text_column(values) for values in columns.values()], names=list(columns))


def _sorted_codes(codes: dict[str, int], column: Numbers) -> tuple[tuple[str, ...], Numbers]:
    """Names sorted, and the column of codes with each code's place among them; -1 stays."""
    names = tuple(sorted(codes))
    places = np.full(len(codes) + 1, -1, np.min_scalar_type(-len(codes) - 1))
    for place, name in enumerate(names):
        places[codes[name]] = place
    return names, places[column]  # code -1 takes the last, which is -1


def _distinct(texts: Sequence[pa.RecordBatch], order: Numbers, seed: int) -> tuple[Sequence[pa.RecordBatch], Numbers]:
    """Number the keys that occur more than once."""
    in_order = np.sort(order)
    if not (in_order[1:] == in_order[:-1]).any():
        return texts, order
    by_hash = np.argsort(order, kind="stable").astype(np.int32)
    same = np.zeros(len(order), bool)
    same[1:] = in_order[1:] == in_order[:-1]
    first = np.where(same, 0, np.arange(len(order), dtype=np.int32))
    again = np.zeros(len(order), np.int32)
    again[by_hash] = np.arange(len(order), dtype=np.int32) - np.maximum.accumulate(first)
    del in_order, by_hash, same, first
    order = order.copy()
    return spilled(_numbered(texts, again, order, seed)), order


def _numbered(texts: Sequence[pa.RecordBatch], again: Numbers, order: Numbers, seed: int) -> Iterator[pa.RecordBatch]:
    """The batches with keys numbered that occur ``again``; their new places are written into ``order``."""
    for number, batch in enumerate(texts):
        turns = again[number * BATCH : number * BATCH + batch.num_rows].tolist()
        if any(turns):
            old, locators = batch.column(0).to_pylist(), batch.column(1).to_pylist()
            keys = [f"{key}#{turn + 1}" if turn else key for key, turn in zip(old, turns, strict=True)]
            located = [
                key if turn and place is None else place for key, place, turn in zip(old, locators, turns, strict=True)
            ]
            for place, turn in enumerate(turns):
                if turn:
                    order[number * BATCH + place] = order_hash(seed, keys[place])
            columns = [text_column(keys), text_column(located), *batch.columns[2:]]
            batch = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
        yield batch
