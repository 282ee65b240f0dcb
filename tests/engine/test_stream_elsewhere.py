"""A stream is the same in another process, as a part of one, by number, and however few sources are kept."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
from augment.engine import bench, spill
from augment.engine.items import Item
from tests.conftest import STEPS

RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 3}, "image": STEPS}


def told(items: Any) -> list[tuple[str, int, bytes]]:
    return [(item.source, item.copy, np.asarray(item.value).tobytes()) for item in items]


@pytest.mark.parametrize("in_memory", [0, 64])
def test_pickled_it_is_the_same(shapes: Path, monkeypatch: pytest.MonkeyPatch, in_memory: int) -> None:
    monkeypatch.setattr(spill, "IN_MEMORY", in_memory)
    live = augment.stream(RECIPE, input=shapes, rank=1, world_size=2, epoch=3)
    whole = told(live)
    data = pickle.dumps(live)
    assert len(data) < 20_000
    again = pickle.loads(data)
    again.set_epoch(3)
    assert told(again) == whole
    assert (
        told(pickle.loads(pickle.dumps(again.part(1, 2)))) == told(augment.stream(RECIPE, input=shapes, epoch=4))[1::2]
    )


@pytest.mark.parametrize("kept", [0, 300_000, 2**28])
def test_what_is_kept_changes_nothing(shapes: Path, monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    whole = told(augment.stream(RECIPE, input=shapes))
    monkeypatch.setattr(bench, "KEPT", kept)
    live = augment.stream(RECIPE, input=shapes)
    for item, wanted in zip(live, whole, strict=True):
        assert told([item]) == [wanted]
        item.value[:] = 0  # what a user writes into harms no later copy
    assert live._at().kept.size <= kept


def test_parts_and_numbers_make_up_the_whole(shapes: Path) -> None:
    live = augment.stream(RECIPE, input=shapes, shuffle=False)
    whole = told(live)
    live.set_epoch(0)
    made = [live.made(number) for number in range(live.total)]
    assert all(isinstance(item, Item) for item in made)
    assert told(made) == whole
    parts = [told(live.part(rank, 4)) for rank in range(4)]
    assert sorted(itertools.chain(*parts)) == sorted(whole)
