"""Memory of batches is used again, and never while anybody can see it."""

from __future__ import annotations

import copy
import functools
import gc
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, Dataset  # noqa: E402

import augment  # noqa: E402
import augment.torch as live  # noqa: E402
from augment.torch import pieces  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
SHAPES: tuple[tuple[int, ...], ...] = ((3, 64, 64), (1, 128, 96), (2, 9_000))


class Numbers(Dataset):  # type: ignore[misc, unused-ignore]
    """Batches of several shapes and types, in which each value says which sample it is of."""

    def __init__(self, count: int, size: int) -> None:
        self.count, self.size = count, size

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        batch = index // self.size
        dtype = (torch.uint8, torch.float32)[batch % 2]
        return torch.full(SHAPES[batch % len(SHAPES)], index % 251, dtype=dtype)


def told(batch: Any) -> tuple[Any, int, int]:
    """A batch, how many pieces its worker has, and a copy that is no tensor of ours."""
    lent = pieces.stacked(batch, lend=True)
    return lent, len(pieces._pieces), int(copy.deepcopy(lent).flatten()[0])


def right(batch: Any, number: int, size: int) -> bool:
    wanted = (torch.arange(number * size, number * size + len(batch)) % 251).to(batch.dtype)
    return bool((batch.flatten(1) == wanted[:, None]).all())


@pytest.mark.parametrize(("start", "workers", "lasting"), [("fork", 2, True), ("fork", 1, False), ("spawn", 1, True)])
def test_what_is_held_stays_and_what_is_let_go_is_used_again(start: str, workers: int, lasting: bool) -> None:
    size, many = 8, 60
    options = {"num_workers": workers, "multiprocessing_context": start, "persistent_workers": lasting}
    loader = DataLoader(Numbers(size * many - 3, size), size, collate_fn=told, **options)
    for _ in range(2 if lasting else 1):
        held: list[tuple[int, Any]] = []
        most = 0
        for number, (batch, pieces_there, first) in enumerate(loader):
            assert type(batch) is torch.Tensor
            assert right(batch, number, size)
            assert first == number * size % 251
            most = max(most, pieces_there)
            if number % 7 == 0:
                held.append((number, batch[2:, :1]))  # a part of it only
            batch.add_(1)  # who has a batch may write into it
            if number % 7 == 0:
                batch.sub_(1)
        gc.collect()
        for number, part in held:
            assert (
                part.flatten(1) == ((torch.arange(2, 2 + len(part)) + number * size) % 251).to(part.dtype)[:, None]
            ).all()
        assert most <= pieces.MOST
        assert most < many / workers


def test_who_keeps_all_batches_has_them_all() -> None:
    batches = [batch for batch, _, _ in DataLoader(Numbers(8 * 50, 8), 8, collate_fn=told, num_workers=1)]
    assert all(right(batch, number, 8) for number, batch in enumerate(batches))


def test_outside_workers_and_for_little_it_is_what_torch_does() -> None:
    for one in (torch.zeros(3, 64, 64), torch.zeros(4, dtype=torch.uint8)):
        assert type(pieces.stacked([one] * 8, lend=True)) is torch.Tensor
    assert not pieces._pieces


class Pairs(Numbers):
    """The same in one shape, each with how many pieces its worker has by then."""

    def __getitem__(self, index: int) -> Any:
        return torch.full(SHAPES[0], index % 251, dtype=torch.uint8), len(pieces._pieces)


def parts(batch: Any) -> Any:
    """A batch, and parts of it that go to the loop beside it."""
    values, _ = live.collate(batch)
    return {"all": values, "first": values[:, :1], "flat": values.view(len(values), -1), "own": values.detach()[1:]}


class Keeping:
    """It gives each batch with the one before, which it has kept in the worker."""

    def __init__(self) -> None:
        self.before: Any = None

    def __call__(self, batch: Any) -> Any:
        values, _ = live.collate(batch)
        before, self.before = self.before, values
        return {"all": values, "own": values if before is None else before.clone()}


@pytest.mark.parametrize("start", ["fork", "spawn"])
@pytest.mark.parametrize("join", [parts, Keeping()])
def test_what_a_collate_of_somebody_elses_does_with_ours_is_safe(start: str, join: Any) -> None:
    wanted = [{key: one.clone() for key, one in batch.items()} for batch in map(copy.deepcopy(join), listed(96, 4))]
    loader = DataLoader(Pairs(96, 4), 4, collate_fn=join, num_workers=1, multiprocessing_context=start)
    kept = [{key: one for key, one in batch.items() if key != "all"} for batch in loader]
    for batch, right_one in zip(kept, wanted, strict=True):
        for key, one in batch.items():
            assert torch.equal(one, right_one[key]), key


def listed(count: int, size: int) -> list[list[Any]]:
    whole = [(torch.full(SHAPES[0], place % 251, dtype=torch.uint8), 0) for place in range(count)]
    return [whole[place : place + size] for place in range(0, count, size)]


def counted(batch: Any) -> Any:
    """Under a ``collate_fn`` of one's own, how many pieces there were."""
    return live.collate(batch)[1]


JOINS = [(live.collate, True), (functools.partial(live.collate, pad=None), True), (counted, False)]


@pytest.mark.parametrize(("join", "lent"), JOINS)
def test_memory_is_lent_where_a_loader_calls_ours(join: Any, lent: bool) -> None:
    seen = [batch[-1] if lent else batch for batch in DataLoader(Pairs(32, 8), 8, collate_fn=join, num_workers=1)]
    assert [bool((there > 0).all()) for there in seen] == [False, *[lent] * 3]


@pytest.mark.parametrize(("join", "lent"), [({}, True), ({"collate_fn": counted}, False)])
def test_memory_is_lent_by_our_loader_too(shapes: Path, join: Any, lent: bool) -> None:
    def seen(item: Any) -> Any:
        return torch.from_numpy(item.value), len(pieces._pieces)

    dataset = live.IterableDataset({"expand": {"multiplier": 2}, "image": []}, input=shapes, convert=seen)
    counts = [batch[-1] if lent else batch for batch in live.Loader(dataset, 6, num_workers=1, **join)]
    assert [bool((there > 0).all()) for there in counts] == [False, *[lent] * 5]


def no_memory(after: int) -> Any:
    """A ``share_memory_`` with memory for so many pieces only, and none for what torch takes."""
    there = [after]

    def shared(self: Any, *_: Any, **__: Any) -> Any:
        if not there[0]:
            raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1>: No space left (28)")
        there[0] -= 1
        return self

    return shared


@pytest.mark.parametrize("after", [0, 2])
def test_where_shared_memory_is_full_it_is_told(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.Tensor, "share_memory_", no_memory(after))
    monkeypatch.setattr(torch.UntypedStorage, "_new_shared", no_memory(0))
    monkeypatch.setattr(pieces, "get_worker_info", lambda: object())
    monkeypatch.setattr(torch.utils.data, "get_worker_info", lambda: object())
    monkeypatch.setattr(pieces, "_pieces", [])
    column = [torch.zeros(SHAPES[0])] * 8
    held = [pieces.stacked(column, lend=True) for _ in range(after)]
    with pytest.raises(augment.AugmentError, match=r"no shared memory left .*--shm-size"):
        pieces.stacked(column, lend=True)
    assert len(held) == len(pieces._pieces) == after
    for piece in pieces._pieces:
        piece[-1] = pieces.FREE
    assert after == 0 or pieces.stacked(column, lend=True).piece is not None
