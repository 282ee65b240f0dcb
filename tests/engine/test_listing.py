"""A listing is the same whether it fits in memory or is sorted in files, and in whatever batches it came."""

from __future__ import annotations

import mmap
import pickle
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.chance import order_hash
from augment.engine import listing, sorting, spill
from augment.engine.listing import Listing, collect
from augment.sample import Entry, Skip

KEYS = st.text(max_size=6)


@st.composite
def listed(draw: st.DrawFn) -> list[Entry | Skip]:
    """Some entries, keys twice among them, and skips between them."""
    found: list[Entry | Skip] = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=40)):
        if draw(st.integers(0, 9)) == 0:
            found.append(Skip(key, "bad row", "for a test"))
            continue
        split, label = draw(st.sampled_from(["train", "val"])), draw(st.sampled_from([None, "a", "b", "ü"]))
        locator = draw(st.sampled_from([key, f"{key}.row", "12+7.row"]))
        size, mtime = draw(st.integers(0, 2**40)), draw(st.sampled_from([0, 5, 5, 5, 7]))
        found.append(
            Entry(key, locator, split, label, size, mtime, {"n": 1} if size % 2 else {}, "x" if mtime else "")
        )
    return found


def told(found: Listing) -> tuple[object, ...]:
    """All that a listing says."""
    rows = [found.rows(split) for split in found.splits]
    flat = [row for batch in found.parts for row in batch.to_pylist()]
    counts = [found.labels(some) for some in rows]
    everything = found.entries(range(len(found)))
    return everything, rows, flat, counts, found.digest, list(found.skips()), found.splits, found.classes


@settings(deadline=None)
@given(listed(), st.integers(1, 7), st.integers(1, 12), st.integers(0, 3), st.sampled_from([1, 2, 8, 128]))
def test_spilled_or_not_it_says_the_same(
    items: list[Entry | Skip], batch: int, run: int, kept: int, parts: int
) -> None:
    whole = told(collect(iter(items), 7))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "BATCH", batch)
        patch.setattr(sorting, "RUN", run)
        patch.setattr(sorting, "PARTS", parts)
        patch.setattr(spill, "IN_MEMORY", kept)
        patch.setattr(spill, "TOUCHED", 100)
        found = collect(iter(items), 7)
        assert told(found) == whole
        assert told(pickle.loads(pickle.dumps(found))) == whole
    keys = [entry.key for entry in whole[0]]  # type: ignore[attr-defined]
    assert len(keys) == len(set(keys)) or any("#" in key for key in keys)
    assert len(keys) == sum(isinstance(item, Entry) for item in items)


@given(listed(), st.data())
def test_rows_stand_by_split_and_hash_and_any_can_be_asked_for(items: list[Entry | Skip], data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "BATCH", 3)
        patch.setattr(spill, "IN_MEMORY", 1)
        found = collect(iter(items), 7)
    order = found.numbers("order", range(len(found)))
    for split in found.splits:
        rows = found.rows(split)
        assert {entry.split for entry in found.entries(rows)} == {split}
        assert (np.diff(order[rows.start : rows.stop].astype(object)) >= 0).all()
    everything = found.entries(range(len(found)))
    assert order.tolist() == [order_hash(7, entry.key) for entry in everything]
    some = data.draw(st.lists(st.sampled_from(range(len(found))), max_size=20)) if len(found) else []
    assert found.entries(np.array(some, np.int64)) == [everything[row] for row in some]
    assert found.numbers("size", some).tolist() == [everything[row].size for row in some]
    assert found.labels(some) == Counter(everything[row].label for row in some)
    if len(found):
        assert order_hash(7, found.first().key) == order.min()


def test_an_equal_key_is_numbered_and_stands_elsewhere() -> None:
    found = collect((Entry("same", f"{place}.row") for place in range(3)), 7)
    places = {entry.key: entry.locator for entry in found.entries(range(3))}
    assert places == {"same": "0.row", "same#2": "1.row", "same#3": "2.row"}
    assert len(set(found.numbers("order", range(3)).tolist())) == 3


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="pages are given back where the system lets us")
@pytest.mark.parametrize("count", [300_000, 1_000_000])
def test_a_listing_of_many_takes_no_more_memory_than_one_of_some(count: int) -> None:
    psutil = pytest.importorskip("psutil")

    def entries() -> Iterator[Entry]:
        for place in range(count):
            yield Entry(f"{place:016x}", f"{place * 200}+200.row", "train", f"c{place % 9}", 200, 5)

    before = psutil.Process().memory_info().rss
    found = collect(entries(), 7)
    assert len(found) == count
    assert psutil.Process().memory_info().rss - before < 80_000_000
