"""Placement: counts are exact, shards are full, and copies of one source keep apart."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from augment.engine.listing import Listing, collect
from augment.engine.lots import Batch, Lot, cut_chunks, cut_lots
from augment.sample import Entry


def lots_of(sources: int, copies: int, shard_size: int) -> list[Lot]:
    return cut_lots([Batch("train", range(copies), np.arange(sources))], shard_size, 0, {})


def shards_of(lots: list[Lot]) -> tuple[Counter[int], dict[int, list[int]]]:
    """Outputs a shard, and the shards of each source."""
    sizes: Counter[int] = Counter()
    homes: dict[int, list[int]] = {}
    for lot in lots:
        copies = len(lot.batch.copies)
        for turn in range(lot.outputs):
            shard = lot.first_shard + turn % lot.shards
            sizes[shard] += 1
            homes.setdefault(lot.start + turn // copies, []).append(shard)
    return sizes, homes


@given(st.integers(1, 400), st.integers(1, 20), st.integers(1, 60))
def test_every_output_has_one_place_and_shards_are_full(sources: int, copies: int, shard_size: int) -> None:
    lots = lots_of(sources, copies, shard_size)
    sizes, homes = shards_of(lots)
    assert sum(sizes.values()) == sources * copies
    assert sorted(sizes) == list(range(len(sizes)))
    assert [source for lot in lots for source in range(lot.start, lot.stop)] == list(range(sources))
    last = range(lots[-1].first_shard, lots[-1].first_shard + lots[-1].shards)
    assert all(size == shard_size for shard, size in sizes.items() if shard not in last)
    assert all(0 < size <= shard_size for size in sizes.values())
    for lot in lots:
        if copies <= lot.shards:
            assert all(len(set(homes[source])) == copies for source in range(lot.start, lot.stop))


@given(st.integers(1, 300), st.integers(1, 20), st.integers(1, 60))
def test_copies_keep_apart_wherever_the_whole_has_room(sources: int, copies: int, shard_size: int) -> None:
    if sources >= shard_size:
        _, homes = shards_of(lots_of(sources, copies, shard_size))
        assert all(len(set(shards)) == copies for shards in homes.values())


def test_ninety_sources_by_ten_in_shards_of_fifty() -> None:
    sizes, homes = shards_of(lots_of(90, 10, 50))
    assert len(sizes) == 18
    assert set(sizes.values()) == {50}
    assert all(len(set(shards)) == 10 for shards in homes.values())


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=60), st.integers(1, 300))
def test_chunks_hold_each_source_of_a_lot_once(sizes: list[int], copies: int) -> None:
    listing = collect((Entry(f"{i}.x", f"{i}.x", size=size) for i, size in enumerate(sizes)), seed=3)
    batch = Batch("train", range(copies), np.arange(len(sizes)))
    for lot in cut_lots([batch], 7, 0, {}):
        chunks = list(cut_chunks(lot, listing))
        keys = [entry.key for chunk in chunks for entry in chunk.entries]
        assert keys == [entry.key for entry in listing.entries(batch.rows[lot.start : lot.stop])]
        assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
        firsts = np.cumsum([0, *(chunk.outputs for chunk in chunks)])[:-1]
        assert [chunk.first for chunk in chunks] == firsts.tolist()


@given(st.lists(st.sampled_from("abcdef"), max_size=30), st.integers(0, 5))
def test_keys_listed_twice_are_told_apart_and_order_ignores_the_rest(keys: list[str], seed: int) -> None:
    def ordered(listing: Listing) -> list[str]:
        return [entry.key for split in listing.splits for entry in listing.entries(listing.rows(split))]

    listing = collect((Entry(key, key, size=i) for i, key in enumerate(keys)), seed)
    found = ordered(listing)
    assert len(set(found)) == len(keys)
    assert Counter(entry.locator for entry in listing.entries(range(len(listing)))) == Counter(keys)
    fewer = collect((Entry(key, key) for key in sorted(set(keys))[::2]), seed)
    kept = ordered(fewer)
    assert [key for key in found if key in kept] == kept
