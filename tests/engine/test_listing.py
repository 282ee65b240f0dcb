"""A listing is the same whether it fits in memory or is spilled to a file, and in whatever batches it came."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.engine import listing, spill
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
    rows = [list(map(int, found.rows(split))) for split in found.splits]
    table = [batch.to_pylist() for batch in found.batches()]
    flat = [row for batch in table for row in batch]
    return found.entries(range(len(found))), rows, flat, found.digest, list(found.skips()), found.splits, found.classes


@given(listed(), st.integers(1, 7), st.integers(0, 3), st.integers(1, 3))
def test_spilled_or_not_it_says_the_same(items: list[Entry | Skip], batch: int, kept: int, touched: int) -> None:
    whole = told(collect(iter(items), 7))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "BATCH", batch)
        patch.setattr(spill, "IN_MEMORY", kept)
        patch.setattr(spill, "TOUCHED", touched)
        assert told(collect(iter(items), 7)) == whole
    keys = [entry.key for entry in whole[0]]  # type: ignore[attr-defined]
    assert len(keys) == len(set(keys)) or any("#" in key for key in keys)
    assert len(keys) == sum(isinstance(item, Entry) for item in items)


def test_an_equal_key_is_numbered_and_stands_elsewhere() -> None:
    found = collect((Entry("same", f"{place}.row") for place in range(3)), 7)
    assert [entry.key for entry in found.entries(range(3))] == ["same", "same#2", "same#3"]
    assert [entry.locator for entry in found.entries(range(3))] == ["0.row", "1.row", "2.row"]
    assert len(set(found.order.tolist())) == 3


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="pages are given back where the system lets us")
def test_a_listing_of_many_takes_little_memory_a_source() -> None:
    psutil = pytest.importorskip("psutil")

    def entries() -> Iterator[Entry]:
        for place in range(1_000_000):
            yield Entry(f"{place:016x}", f"{place * 200}+200.row", "train", f"c{place % 9}", 200, 5)

    before = psutil.Process().memory_info().rss
    found = collect(entries(), 7)
    assert len(found) == 1_000_000
    assert psutil.Process().memory_info().rss - before < 60_000_000
