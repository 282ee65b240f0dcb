"""What is kept comes back as it was, in whatever process, or not at all."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.engine import kept
from augment.engine.kept import Kept, Shared

ROOM = 16 * 2**20
forked = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
quiet = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")


@dataclass
class Value:
    """Arrays of several sizes and orders, and what is none."""

    arrays: list[np.ndarray]
    told: Any


def value(number: int, size: int) -> Value:
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, (size, 7, 3), np.uint8)
    return Value(
        [pixels, rng.random(size), np.asfortranarray(pixels), np.zeros(0)], {"number": number, "text": "ä" * size}
    )


def same(found: Value, wanted: Value) -> bool:
    pairs = zip(found.arrays, wanted.arrays, strict=True)
    return found.told == wanted.told and all(
        one.dtype == other.dtype and np.array_equal(one, other) for one, other in pairs
    )


@forked
@given(st.lists(st.tuples(st.text(), st.integers(0, 40_000)), max_size=60), st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_is_shared_comes_back_as_it_was(wanted: list[tuple[str, int]], by_file: bool) -> None:
    """By a file in memory where the system has such, by a map alone where it has none."""
    with pytest.MonkeyPatch.context() as patch:
        if not by_file:
            patch.delattr(os, "memfd_create", raising=False)
        shared, held = Shared(ROOM), {}
    for number, (key, size) in enumerate(wanted):
        made = value(number, size)
        if shared.get(key) is None and shared.put(key, made):
            held[key] = made
    assert shared.get("never put\0") is None
    for key, _ in wanted:
        found = shared.get(key)
        assert (found is not None) == (key in held)
        assert found is None or same(found, held[key])


@forked
@quiet
def test_processes_find_what_others_have_put() -> None:
    """Eight at once put what overlaps, some after others have ended; nobody ever finds half a value or a wrong one."""
    shared, context = Shared(64 * 2**20), multiprocessing.get_context("fork")

    def work(first: int) -> None:
        for number in range(first, first + 40):
            found = shared.get(str(number))
            if found is None:
                shared.put(str(number), value(number, 2_000))
            else:
                assert same(found, value(number, 2_000))

    for round_ in range(2):
        workers = [context.Process(target=work, args=(10 * number,)) for number in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0, round_
    there = [shared.get(str(number)) for number in range(70)]
    assert sum(one is not None for one in there) > 60
    assert all(one is None or same(one, value(number, 2_000)) for number, one in enumerate(there))


@forked
@quiet
def test_a_lock_whose_holder_was_killed_keeps_nobody_waiting() -> None:
    shared = Shared(ROOM)
    assert shared.put("before", value(1, 100))
    process = multiprocessing.get_context("fork").Process(target=shared._lock.acquire)
    process.start()
    process.join()
    assert not shared.put("after", value(2, 100))
    found = shared.get("before")
    assert found is not None
    assert same(found, value(1, 100))


@forked
def test_it_fills_and_then_keeps_what_it_has() -> None:
    shared = Shared(ROOM)
    stored = [number for number in range(200) if shared.put(str(number), value(number, 20_000))]
    assert 0 < len(stored) < 200
    assert all(same(shared.get(str(number)), value(number, 20_000)) for number in stored)


@pytest.mark.parametrize("most", [0, 1_000, 10**6])
def test_of_its_own_a_process_keeps_what_was_used_last(most: int) -> None:
    own: Kept[int] = Kept(most)
    for number in range(50):
        own.put(str(number), number, 100)
        assert own.get(str(number)) == number
        assert own.size <= most
        assert own.get("0") == 0 or most < 5_000
    assert [number for number in range(50) if own.get(str(number)) is not None][-1] == 49


@forked
def test_small_values_stay_with_the_process_and_big_ones_are_shared() -> None:
    shared = Shared(ROOM)
    one, other = Kept[Value](2**20, shared), Kept[Value](2**20, shared)
    one.put("small", value(1, 10), 10)
    one.put("big", value(2, 10), kept.BIG)
    assert other.get("small") is None
    assert other.get("big") is not None
    assert one.get("small") is not None


def test_without_memory_there_is_nothing_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_SHARED", 0)
    assert kept.shared() is None
    monkeypatch.setattr(kept, "MOST_SHARED", 2**30)
    monkeypatch.setattr(kept.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert kept.shared() is None


@forked
def test_memory_that_is_let_go_of_leaves_no_file_open() -> None:
    there = Path("/proc/self/fd")
    if not there.is_dir():
        pytest.skip("needs /proc")
    before = len(os.listdir(there))
    for number in range(20):
        shared = Shared(ROOM)
        assert shared.put("a", value(number, 1_000))
        del shared
    assert len(os.listdir(there)) == before


class Slow(Shared):
    """Memory whose use takes time by a clock of its own; it holds as many values as one likes."""

    def __init__(self, price: float) -> None:
        self.price, self.now, self.spent = price, 0.0, 0.0
        self.there: dict[str, Any] = {}

    def get(self, key: str) -> Any:
        return self.there.get(key)

    def put(self, key: str, value: Any, size: int = 0) -> bool:
        self.now += self.price
        self.spent += self.price
        self.there[key] = value
        return True


def epochs(price: float, sure: int, sources: int, passes: int) -> list[tuple[float, int]]:
    """What passes over some sources take, one second to make each, and how many are shared by then."""
    slow = Slow(price)
    own = Kept[int](0, slow, sure)
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "thread_time", lambda: slow.now)
        for _ in range(passes):
            before = slow.now
            for number in np.random.default_rng(0).permutation(np.repeat(np.arange(sources), sure + 1)).tolist():
                if own.get(str(number)) is None:
                    slow.now += 1
                    own.put(str(number), number, kept.BIG, cost=1.0)
            found.append((slow.now - before, len(slow.there)))
    return found


@given(st.floats(0, 10), st.integers(20, 300))
@settings(max_examples=60, deadline=None)
def test_no_epoch_is_much_slower_for_what_is_shared_in_it(price: float, sources: int) -> None:
    """With a copy a source each epoch takes at most PART longer than with nothing kept, but for the first value."""
    for took, _ in epochs(price, 0, sources, 8):
        assert took <= sources * (1 + kept.PART) + 2 * price


@pytest.mark.parametrize(("price", "most"), [(0.1, 2), (0.3, 3), (0.5, 4), (1.7, 10)])
def test_all_is_shared_after_a_few_epochs(price: float, most: int) -> None:
    found = epochs(price, 0, 1_000, most + 1)
    assert found[most - 1][1] == 1_000
    assert found[most][0] == 0


@given(st.floats(0, 10), st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_what_is_sure_to_pay_is_shared_at_once(price: float, sure: int) -> None:
    """With several copies a source the first epoch never takes longer than without, but for PART and one value."""
    took, there = epochs(price, sure, 100, 1)[0]
    assert took <= 100 * (sure + 1) * (1 + kept.PART) + 2 * price
    if 1.5 * price <= sure:
        assert there == 100
        assert took <= 100 * (1 + price) + 2
