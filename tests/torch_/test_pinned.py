"""Batches of every kind go through ``pin_memory``, without an accelerator and, as torch goes about it, with one."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402
from torch.utils.data._utils.pin_memory import pin_memory  # noqa: E402

import augment.torch as live  # noqa: E402
from tests.conftest import STEPS  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:another pass begins"),
    pytest.mark.filterwarnings("ignore:.*pin_memory"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]


@pytest.fixture(params=["pictures", "mixed", "objects", "sounds", "texts", "columns"])
def dataset(request: pytest.FixtureRequest, shapes: Path, scenes: Path, sounds: Path, tmp_path: Path) -> Any:
    """A recipe and its data; the batches of each are of another kind."""
    with (tmp_path / "texts.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("title", "text", "label"), *((f"T {n}.", f"Good {n} day.", "x") for n in range(6))]
        )
    columns = {"text": ["title", "text"]}
    return {
        "pictures": ({"image": STEPS}, shapes),
        "mixed": ({"image": [{"MixUp": {"p": 0.5}}]}, shapes),
        "objects": ({"image": STEPS[:1]}, scenes),
        "sounds": ({"audio": [{"TimeStretch": {"p": 1.0, "leave_length_unchanged": False}}]}, sounds),
        "texts": ({"input": {"text": "text"}, "text": []}, tmp_path / "texts.csv"),
        "columns": ({"input": columns, "text": []}, tmp_path / "texts.csv"),
    }[request.param]


def equal(one: Any, other: Any) -> bool:
    """Whether two batches hold the same in the same form."""
    if isinstance(one, torch.Tensor):
        return bool(torch.equal(one, other)) and one.dtype == other.dtype
    if isinstance(one, Mapping):
        return list(one) == list(other) and all(equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(equal(*pair) for pair in zip(one, other, strict=True))
    return bool(one == other)


@pytest.mark.parametrize("mapping", [False, True])
def test_pinned_they_are_the_same(dataset: Any, mapping: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, data = dataset
    recipe = {**recipe, "seed": 7, "expand": {"multiplier": 2, "duplicates": "keep"}}
    ways = {"collate_fn": functools.partial(live.collate, pad=0.0)}
    made = live.IterableDataset(recipe, input=data, mapping=mapping)
    plain = list(DataLoader(made, 4, **ways))
    for workers in (0, 1):
        found = list(DataLoader(made, 4, num_workers=workers, pin_memory=True, **ways))
        assert equal(found, plain)
    found = list(live.Loader(made, 4, pin_memory=True, **ways))
    assert equal(found, plain)
    pins: list[Any] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda self, *_: pins.append(self) or self.clone())
    assert equal([pin_memory(batch) for batch in plain], plain)
    assert pins
