"""Stage 3 of 8, the cutting: sources -> lots, chunks and shards, by recipe and input only, never by workers.

A **chunk** (a few sources with all their copies) is the unit of work, of retry and of resume. A **lot** (as many
sources as fill ``copies`` shards) is the unit of placement: its outputs, counted source by source, are dealt round its
K shards (output t to shard t mod K). So every shard but the last lot's holds exactly ``shard_size``, and the copies of
a source lie in different shards whenever copies <= K. With ``views: N`` it is groups of N copies that are dealt: those
of a group stand side by side in one shard, which then holds ``shard_size`` give or take less than N.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from augment.engine.listing import Listing, Rows
from augment.sample import TRAINING, Entry

CHUNK_BYTES = 2_000_000
CHUNK_OUTPUTS = 256
SMALLEST = 4096
"""What a chunk holds at most: outputs, counted by their source's bytes (a small source counts as ``SMALLEST``)."""

LOT_OUTPUTS = 1000
"""Outputs of a lot where the format has no shards."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sources of one split that get the same copies. ``rows`` are row numbers of the listing, in order.

    ``views`` copies that follow each other stay together.
    """

    split: str
    copies: range
    rows: Rows
    views: int = 1


@dataclass(frozen=True, slots=True)
class Lot:
    """The unit of placement.

    Args:
        number: Counted over all lots of the output.
        batch: Whose sources ``start`` to ``stop`` it holds.
        shards: How many shards its outputs are dealt round.
        first_shard: Number of the first of them within the split.
    """

    number: int
    batch: Batch
    start: int
    stop: int
    shards: int
    first_shard: int

    @property
    def outputs(self) -> int:
        """Planned outputs."""
        return (self.stop - self.start) * len(self.batch.copies)


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of work: sources, and which turn in the lot the first output has; ``views`` as in Batch."""

    lot: int
    number: int
    split: str
    copies: range
    entries: tuple[Entry, ...]
    first: int
    shards: int
    first_shard: int
    views: int = 1

    @property
    def name(self) -> str:
        """File name of the chunk file."""
        return f"{self.lot:06d}-{self.number:05d}.chunk"

    @property
    def outputs(self) -> int:
        """Planned outputs."""
        return len(self.entries) * len(self.copies)


def grows(split: str) -> bool:
    """Whether a split is augmented; the others pass through untouched."""
    return split.lower() in TRAINING


def cut_lots(batches: list[Batch], shard_size: int | None, lots: int, shards: dict[str, int]) -> list[Lot]:
    """Cut batches into lots.

    Args:
        batches: In the order in which they are written.
        shard_size: Outputs a shard; None where the format has no shards.
        lots: Number of the first lot.
        shards: Split -> number of its first shard; counted on in place.
    """
    cut: list[Lot] = []
    for batch in batches:
        for start, stop in _spans(len(batch.rows), len(batch.copies), shard_size):
            count = 1 if shard_size is None else math.ceil((stop - start) * len(batch.copies) / shard_size)
            first = shards.get(batch.split, 0)
            cut.append(Lot(lots + len(cut), batch, start, stop, count, first))
            shards[batch.split] = first + count
    return cut


def _spans(sources: int, copies: int, shard_size: int | None) -> Iterator[tuple[int, int]]:
    """Where lots begin and end. A last lot too small to keep copies apart joins the one before."""
    size = shard_size or max(1, LOT_OUTPUTS // max(1, copies))
    edges = [*range(0, sources, size), sources]
    rest = sources % size
    if shard_size and rest and len(edges) > 2 and math.ceil(rest * copies / shard_size) < copies:
        del edges[-2]
    return ((start, stop) for start, stop in pairwise(edges) if stop > start)


def cut_chunks(lot: Lot, listing: Listing) -> Iterator[Chunk]:
    """Cut a lot into chunks; made one by one, for a big lot has many."""
    batch = lot.batch
    copies = len(batch.copies)
    rows = batch.rows[lot.start : lot.stop]
    weights = np.maximum(listing.numbers("size", rows), SMALLEST) * copies
    most = max(1, CHUNK_OUTPUTS // max(1, copies))
    start = 0
    number = 0
    while start < len(rows):
        stop = start + max(1, int(np.searchsorted(np.cumsum(weights[start : start + most]), CHUNK_BYTES, "right")))
        yield Chunk(
            lot=lot.number,
            number=number,
            split=batch.split,
            copies=batch.copies,
            entries=tuple(listing.entries(rows[start:stop])),
            first=start * copies,
            shards=lot.shards,
            first_shard=lot.first_shard,
            views=batch.views,
        )
        start, number = min(stop, len(rows)), number + 1


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the plan's table: sources before and outputs after, of one class of one split."""

    split: str
    label: str | None
    before: int
    after: int


def tally(batches: list[Batch], listing: Listing) -> list[Row]:
    """Per split and class: before and after."""
    counts: dict[tuple[str, str | None], tuple[int, int]] = {}
    for batch in batches:
        for label, count in listing.labels(batch.rows).items():
            before, after = counts.get((batch.split, label), (0, 0))
            counts[batch.split, label] = (before + count, after + count * len(batch.copies))
    return [Row(*key, *pair) for key, pair in sorted(counts.items(), key=lambda item: (item[0][0], item[0][1] or ""))]
