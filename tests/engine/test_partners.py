"""Partners: of the same split, never the source itself, spread evenly, the same for the same key, disk or memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from augment.chance import Chance
from augment.engine.listing import TABLE, collect
from augment.engine.partners import Partners, Sources
from augment.errors import SampleError
from augment.sample import Entry, Sample

COUNT = 200


def listing(count: int = COUNT):  # type: ignore[no-untyped-def]
    entries = (
        Entry(f"{n}.x", f"{n}.x", "train" if n % 4 else "test", "rare" if n % 40 == 1 else "often")
        for n in range(count)
    )
    return collect(entries, seed=5)


def partners(held: object) -> Partners:
    return Partners(Sources(held), 5, lambda entry: Sample(entry.key, entry.label))  # type: ignore[arg-type]


def key(n: int) -> Entry:
    return Entry(f"{n}.x", f"{n}.x", "train" if n % 4 else "test")


def draws(found: Partners, count: int, balanced: bool = False) -> list[Sample]:
    return [found.drawn(key(1), Chance.of(0, "k", n), 1, balanced)[0] for n in range(count)]


def test_they_are_of_the_same_split_and_others() -> None:
    found = partners(listing())
    for n in range(COUNT):
        for sample in found.drawn(key(n), Chance.of(0, f"{n}.x", 1), 5, False):
            assert sample.value != f"{n}.x"
            assert (int(sample.value.split(".")[0]) % 4 == 0) == (n % 4 == 0)
            assert sample.key == sample.value


def test_each_comes_up_about_as_often() -> None:
    counts = Counter(sample.value for sample in draws(partners(listing()), 15_000))
    assert len(counts) == 149
    assert max(counts.values()) < 2.5 * 15_000 / 149
    assert min(counts.values()) > 15_000 / 149 / 3


def test_balanced_means_each_class_as_often() -> None:
    counts = Counter(sample.label for sample in draws(partners(listing()), 4000, balanced=True))
    assert abs(counts["rare"] - 2000) < 4 * (4000 * 0.25) ** 0.5


def test_a_table_on_disk_gives_the_same_as_the_listing(tmp_path: Path) -> None:
    held = listing(9000)  # more than one batch
    path = tmp_path / "sources.parquet"
    with pq.ParquetWriter(path, TABLE) as out:
        for batch in held.parts:
            out.write_batch(batch)
    assert isinstance(pq.read_table(path), pa.Table)
    for balanced in (False, True):
        one, two = (draws(partners(source), 300, balanced) for source in (held, path))
        assert [sample.value for sample in one] == [sample.value for sample in two]


def test_the_order_of_listing_does_not_matter() -> None:
    entries = [key(n) for n in range(COUNT)]
    one, two = (partners(collect(order, seed=5)) for order in (entries, entries[::-1]))
    assert [s.value for s in draws(one, 100)] == [s.value for s in draws(two, 100)]


def test_who_is_alone_is_his_own_partner() -> None:
    found = partners(collect([key(1)], seed=5))
    assert [sample.value for sample in draws(found, 3)] == ["1.x"] * 3


def test_one_that_cannot_be_read_is_passed_over() -> None:
    def decode(entry: Entry) -> Sample:
        if int(entry.key.split(".")[0]) % 3:
            raise SampleError("corrupt")
        return Sample(entry.key)

    found = Partners(Sources(listing()), 5, decode)
    assert all(int(sample.value.split(".")[0]) % 3 == 0 for sample in draws(found, 200))

    def refuse(entry: Entry) -> Sample:
        raise SampleError("corrupt", "all of them")

    with pytest.raises(SampleError, match="all of them"):
        Partners(Sources(listing()), 5, refuse).drawn(key(1), Chance.of(0, "k", 1), 1, False)


def test_balanced_goes_by_the_objects_where_samples_have_no_class() -> None:
    held = collect([key(n) for n in range(1, COUNT, 2)], seed=5)

    def has(entry: Entry) -> frozenset[str]:
        return frozenset({"rare"} if int(entry.key.split(".")[0]) % 20 == 1 else {"often"})

    found = Partners(Sources(held), 5, lambda entry: Sample(entry.key), (("often", "rare"), has))
    counts = Counter("rare" in has(Entry(s.key, "")) for s in draws(found, 2000, balanced=True))
    assert abs(counts[True] - 1000) < 4 * 500**0.5
    assert counts[False] > 800
