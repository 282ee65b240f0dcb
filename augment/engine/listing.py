"""Stage 2 of 8: all sources of a data set in columns, so that a million of them fit in little memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from augment.chance import order_hash
from augment.sample import Entry, Skip

BATCH = 32_768
"""Entries that are held as Python objects while a listing grows."""

_ENTRY = pa.schema(
    [
        ("key", pa.string()),
        ("locator", pa.string()),
        ("split", pa.dictionary(pa.int32(), pa.string())),
        ("label", pa.dictionary(pa.int32(), pa.string())),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("fields", pa.string()),
        ("order", pa.uint64()),
    ]
)
_SKIP = pa.schema([("source", pa.string()), ("reason", pa.string()), ("detail", pa.string()), ("split", pa.string())])


@dataclass(frozen=True, slots=True)
class Listing:
    """The sources in columns, in the seeded order that does not depend on what else is listed.

    Args:
        table: One row a source: key, locator, split, label, size, mtime_ns, fields (JSON or null), order (hash).
        skipped: One row a source that is listed but can't be used: source, reason, detail, split.
    """

    table: pa.Table
    skipped: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def entries(self, rows: Sequence[int] | np.ndarray[Any, Any]) -> list[Entry]:
        """Some sources as objects."""
        picked = self.table.take(pa.array(rows, pa.int64())).drop_columns(["order"]).to_pylist()
        return [
            Entry(
                key=row["key"],
                locator=row["key"] if row["locator"] is None else row["locator"],
                split=row["split"],
                label=row["label"],
                size=row["size"],
                mtime_ns=row["mtime_ns"],
                fields=json.loads(row["fields"]) if row["fields"] else {},
            )
            for row in picked
        ]

    def splits(self) -> list[str]:
        """The splits that occur, sorted, training first is for the plan to say."""
        return sorted(pc.unique(self.table["split"]).cast(pa.string()).to_pylist())

    def classes(self) -> list[str]:
        """The classes that occur in any split, sorted by name."""
        return sorted(
            name for name in pc.unique(self.table["label"]).cast(pa.string()).to_pylist() if name is not None
        )

    def rows(self, split: str) -> np.ndarray[Any, Any]:
        """Row numbers of one split, in order."""
        mask = pc.equal(self.table["split"], pa.scalar(split))
        return np.flatnonzero(mask.to_numpy())

    def sizes(self) -> np.ndarray[Any, Any]:
        """Bytes of each source."""
        return np.asarray(self.table["size"].to_numpy())

    def fingerprint(self) -> str:
        """SHA-256 (hex) over keys, splits, labels, fields and sizes.

        Times of change are left out: a data set that was copied or fetched again is still the same.
        """
        digest = hashlib.sha256()
        for name in ("key", "split", "label", "fields", "size"):
            for batch in self.table.select([name]).to_batches(max_chunksize=BATCH):
                column = batch.column(0)
                plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
                filled = plain.fill_null("") if pa.types.is_string(plain.type) else plain
                digest.update("\0".join(map(str, filled.to_pylist())).encode())
        return digest.hexdigest()


def collect(found: Iterable[Entry | Skip], seed: int) -> Listing:
    """Gather what a reader lists. Keys that occur twice get ``#2``, ``#3`` … in the order in which they were listed."""
    entries: list[Entry] = []
    skips: list[Skip] = []
    tables: list[pa.Table] = []
    skip_tables: list[pa.Table] = []
    for item in found:
        if isinstance(item, Entry):
            entries.append(item)
            if len(entries) >= BATCH:
                tables.append(_entry_table(entries, seed))
                entries = []
        else:
            skips.append(item)
            if len(skips) >= BATCH:
                skip_tables.append(_skip_table(skips))
                skips = []
    tables.append(_entry_table(entries, seed))
    skip_tables.append(_skip_table(skips))
    table = _distinct(pa.concat_tables(tables).unify_dictionaries().combine_chunks(), seed)
    ordered = table.take(pa.array(np.argsort(table["order"].to_numpy(), kind="stable")))
    return Listing(ordered, pa.concat_tables(skip_tables))


def skips_of(listing: Listing) -> Iterator[Skip]:
    """The sources that were listed but can't be used."""
    for batch in listing.skipped.to_batches(max_chunksize=BATCH):
        for row in batch.to_pylist():
            yield Skip(row["source"], row["reason"], row["detail"], None, row["split"])


def _entry_table(entries: list[Entry], seed: int) -> pa.Table:
    columns = [
        pa.array([entry.key for entry in entries], pa.string()),
        pa.array([None if entry.locator == entry.key else entry.locator for entry in entries], pa.string()),
        pa.array([entry.split for entry in entries], pa.string()).dictionary_encode(),
        pa.array([entry.label for entry in entries], pa.string()).dictionary_encode(),
        pa.array([entry.size for entry in entries], pa.int64()),
        pa.array([entry.mtime_ns for entry in entries], pa.int64()),
        pa.array([json.dumps(dict(entry.fields)) if entry.fields else None for entry in entries], pa.string()),
        pa.array([order_hash(seed, entry.key) for entry in entries], pa.uint64()),
    ]
    return pa.Table.from_arrays(columns, schema=_ENTRY)


def _skip_table(skips: list[Skip]) -> pa.Table:
    rows = [{"source": s.source, "reason": s.reason, "detail": s.detail, "split": s.split} for s in skips]
    return pa.Table.from_pylist(rows, schema=_SKIP)


def _distinct(table: pa.Table, seed: int) -> pa.Table:
    """Number the keys that occur more than once."""
    order = table["order"].to_numpy()
    by_hash = np.argsort(order, kind="stable")
    same = np.concatenate([[False], order[by_hash][1:] == order[by_hash][:-1]])
    if not same.any():
        return table
    position = np.arange(len(order))
    first = np.maximum.accumulate(np.where(same, 0, position))
    again = np.zeros(len(order), np.int64)
    again[by_hash] = position - first
    twice = again > 0
    old = table["key"]
    number = pa.array(again + 1).cast(pa.string())
    keys = pc.if_else(pa.array(twice), pc.binary_join_element_wise(old, number, "#"), old)
    located = pc.if_else(pa.array(twice), pc.coalesce(table["locator"], old), table["locator"])
    rehashed = order.copy()
    for index in np.flatnonzero(twice):
        rehashed[index] = order_hash(seed, keys[int(index)].as_py())
    table = table.set_column(0, "key", keys).set_column(1, "locator", located)
    return table.set_column(table.schema.get_field_index("order"), "order", pa.array(rehashed))
