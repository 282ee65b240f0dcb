"""Stages 4 to 7, beside the source: other samples of the same split, for steps that mix.

Which partner a copy gets must not hang on the order of listing, and little on what else is listed: a place on the ring
of all sources' hashes is drawn, and of the ``WINDOW`` sources from there on one is chosen (consistent hashing). So a
source that is added changes few copies: those that it is chosen for, and those whose partner it pushes out of sight.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from augment.chance import Chance, order_hash
from augment.engine.listing import Listing, entry_of
from augment.engine.sorting import hashes
from augment.errors import SampleError
from augment.sample import Entry, Sample

WINDOW = 16
"""From how many neighbours on the ring one is chosen, which evens out how often each comes up."""

FAR = 64
"""How many of them are looked at for an object of the category that a balanced draw asks for."""

MOST_KNOWN = 20_000
"""Sources of which each worker remembers what they hold."""

CACHE_BYTES = 64 * 2**20
"""Decoded partners that each worker keeps."""

Decode = Callable[[Entry], Sample]
Kinds = tuple[Sequence[str], Callable[[Entry], frozenset[str]]]
NO_KINDS: Kinds = ((), lambda entry: frozenset())
Array = np.ndarray[Any, Any]


class Sources:
    """All sources of a run, from the table that the run has noted, or from a listing in memory."""

    def __init__(self, held: Path | Listing) -> None:
        columns = ["order", "split", "label"]
        self._listing = held if isinstance(held, Listing) else None
        table = held.table().select(columns) if isinstance(held, Listing) else pq.read_table(held, columns=columns)
        self.order = hashes(table)
        names = table["split"].to_pylist()
        self.splits = {name: np.flatnonzero([here == name for here in names]) for name in sorted(set(names))}
        classes = {name: code for code, name in enumerate(sorted({*table["label"].to_pylist()} - {None}))}
        self._codes = np.array([classes.get(name, -1) for name in table["label"].to_pylist()], np.int32)
        if not isinstance(held, Listing):
            self._file = pq.ParquetFile(held)
            groups = [self._file.metadata.row_group(number).num_rows for number in range(self._file.num_row_groups)]
            self._stops = np.cumsum(groups)
        self._rings: dict[tuple[str, int | None], Array] = {}
        self._groups: OrderedDict[int, list[dict[str, Any]]] = OrderedDict()

    def ring(self, split: str, code: int | None) -> Array:
        """Row numbers of a split, or of one class of it, in the order of their hashes."""
        if (split, code) not in self._rings:
            rows = self.splits.get(split, np.zeros(0, np.int64))
            rows = rows if code is None else rows[self._codes[rows] == code]
            self._rings[(split, code)] = rows[np.argsort(self.order[rows], kind="stable")]
        return self._rings[(split, code)]

    def codes(self, split: str) -> list[int]:
        """The classes of a split, as numbers."""
        return sorted({int(code) for code in np.unique(self._codes[self.ring(split, None)]) if code >= 0})

    def entry(self, row: int) -> Entry:
        """One source."""
        if self._listing is not None:
            return self._listing.entries([row])[0]
        group = int(np.searchsorted(self._stops, row, "right"))
        if group not in self._groups:
            self._groups[group] = self._file.read_row_group(group).to_pylist()
            if len(self._groups) > 4:
                self._groups.popitem(last=False)
        start = 0 if group == 0 else int(self._stops[group - 1])
        return entry_of(self._groups[group][row - start])


class Partners:
    """Draws partners for samples; what it has decoded last is kept.

    Args:
        sources: All that there are.
        seed: The recipe's.
        decode: Reads and decodes one. Raises SampleError.
        kinds: The categories of a data set whose samples have no class of their own, and what tells which of them a
            source has; balanced draws go by them.
    """

    def __init__(self, sources: Sources, seed: int, decode: Decode, kinds: Kinds = NO_KINDS) -> None:
        self.sources = sources
        self._seed = seed
        self._decode = decode
        self._kinds, self._has = kinds
        self._known: dict[str, frozenset[str]] = {}
        self._held: OrderedDict[str, tuple[Sample, int]] = OrderedDict()
        self._size = 0

    def drawn(self, entry: Entry, chance: Chance, count: int, balanced: bool) -> list[Sample]:
        """``count`` partners for a copy of ``entry``, each drawn for itself. Raises SampleError."""
        return [self._one(entry, chance.child(f"partner/{turn}"), balanced) for turn in range(count)]

    def _one(self, entry: Entry, chance: Chance, balanced: bool) -> Sample:
        last: SampleError | None = None
        for candidate in self._candidates(entry, chance, balanced):
            try:
                return self._sample(candidate)
            except SampleError as error:
                last = error
        raise SampleError("no partner", f"no source of {entry.split} could be read; the last one: {last}")

    def _candidates(self, entry: Entry, chance: Chance, balanced: bool) -> Iterator[Entry]:
        """Sources to try, the chosen one first; the source itself only where it is alone."""
        codes = self.sources.codes(entry.split) if balanced else []
        code = codes[int(chance.child("class").uniform() * len(codes))] if codes else None
        ring = self.sources.ring(entry.split, code)
        own = order_hash(self._seed, entry.key)
        order = self.sources.order[ring]
        kind = self._kind(chance) if balanced and not codes else ""
        most = FAR if kind else WINDOW
        place = np.uint64(int(chance.child("place").uniform() * 2**64) & (2**64 - 1))
        start = int(np.searchsorted(order, place))
        window = (start + np.arange(min(most + 1, len(ring)))) % max(len(ring), 1)
        window = window[order[window] != own][:most]
        salt = np.uint64(int(chance.child("choice").uniform() * 2**53))
        ranked = window[np.argsort(_mixed(order[window] ^ salt), kind="stable")]
        others = (self.sources.entry(row) for row in ring[ranked].tolist())
        yield from self._with(kind, others) if kind else others
        yield entry

    def _kind(self, chance: Chance) -> str:
        """One of the categories, each as often; empty where there are none."""
        return self._kinds[int(chance.child("class").uniform() * len(self._kinds))] if self._kinds else ""

    def _with(self, kind: str, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Those that have an object of a category first; they are read one by one until there is one."""
        rest = []
        for entry in entries:
            if entry.key not in self._known:
                if len(self._known) > MOST_KNOWN:
                    self._known.clear()
                self._known[entry.key] = self._has(entry)
            if kind in self._known[entry.key]:
                yield entry
            else:
                rest.append(entry)
        yield from rest

    def _sample(self, entry: Entry) -> Sample:
        if entry.key in self._held:
            self._held.move_to_end(entry.key)
            return self._held[entry.key][0]
        sample = replace(self._decode(entry), key=entry.key)
        size = int(getattr(sample.value, "nbytes", entry.size))
        self._held[entry.key] = sample, size
        self._size += size
        while self._size > CACHE_BYTES and len(self._held) > 1:
            self._size -= self._held.popitem(last=False)[1][1]
        return sample


def _mixed(values: Array) -> Array:
    """Each number scattered over 64 bits (splitmix64; Steele, Lea and Flood, 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(values ^ (values >> np.uint64(31)))
