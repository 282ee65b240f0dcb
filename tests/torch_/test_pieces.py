"""Memory of batches is used again, and never while anybody can see it."""

from __future__ import annotations

import copy
import gc
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, Dataset  # noqa: E402

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
    lent = pieces.stacked(batch)
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
        assert type(pieces.stacked([one] * 8)) is torch.Tensor
    assert not pieces._pieces
