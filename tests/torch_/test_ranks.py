"""Ranks that wait for each other have equally many batches, whatever does not go evenly and whatever is bad."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import augment

torch = pytest.importorskip("torch")

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
    pytest.mark.filterwarnings("ignore:.*(it is left out|stands in for it)"),
]
RECIPE: dict[str, Any] = {"expand": {"multiplier": 1}, "image": []}
COUNT = 13


@pytest.fixture(scope="module", params=[(), (4, 5)], ids=["good", "flawed"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """Thirteen pictures, and how many of them are good."""
    made = tmp_path_factory.mktemp("uneven")
    for number in range(COUNT):
        Image.fromarray(np.full((4, 4, 3), number, np.uint8)).save(made / f"{number}.png")
        if number in request.param:
            (made / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return made, COUNT - len(request.param)


def batches(folder: Path, size: int, workers: int = 0, **options: Any) -> list[list[str]]:
    dataset = live.IterableDataset(RECIPE, input=folder, mapping=True, **options)
    loader = live.Loader(dataset, size, num_workers=workers)
    found = [batch["source"] for batch in loader]
    if options["even"]:
        assert len(loader) == len(found)
        assert sum(map(len, found)) == len(dataset)
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(2, 16), st.integers(1, 6), st.integers(0, 3), st.sampled_from(["pad", "drop", None]))
def test_all_ranks_have_equally_many(folder: Any, world: int, size: int, epoch: int, even: Any) -> None:
    data, good = folder
    options = {"epoch": epoch, "even": even, "world_size": world}
    if even == "drop" and world > COUNT:
        with pytest.raises(
            augment.AugmentError, match=f"leaves nothing of 13 samples for {world} ranks; take even='pad'"
        ):
            batches(data, size, rank=0, **options)
        return
    ranks = [batches(data, size, rank=rank, **options) for rank in range(world)]
    seen = Counter(source for rank in ranks for batch in rank for source in batch)
    if even is None:
        assert seen == Counter(dict.fromkeys(seen, 1)) and len(seen) == good
        return
    assert len({tuple(map(len, rank)) for rank in ranks}) == 1
    whole = COUNT // world * world if even == "drop" else -(-COUNT // world) * world
    assert seen.total() == whole
    if even == "pad":
        assert len(seen) == good
    if good == COUNT:
        assert sum(count - 1 for count in seen.values()) == max(whole - COUNT, 0)


def test_with_workers_and_resumed_too(folder: Any) -> None:
    data, _ = folder
    ranks = [batches(data, 3, 2, rank=rank, world_size=2, even="pad") for rank in range(2)]
    assert len({tuple(map(len, rank)) for rank in ranks}) == 1

    def loader() -> Any:
        dataset = live.IterableDataset(RECIPE, input=data, mapping=True, even="pad", rank=1, world_size=2)
        return live.Loader(dataset, 3)

    whole = batches(data, 3, rank=1, world_size=2, even="pad")
    begun, rest = loader(), loader()
    next(iter(begun))
    rest.load_state_dict(begun.state_dict())
    assert [batch["source"] for batch in rest] == whole[1:]


def test_where_torch_waits_ranks_are_even_without_a_word(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = folder
    lengths = []
    for rank in range(2):
        assert len(live.IterableDataset(RECIPE, input=data, rank=rank, world_size=2)) == 7 - rank
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
        dataset = live.IterableDataset(RECIPE, input=data)
        lengths.append(len(dataset))
        sent = pickle.dumps(dataset)
        monkeypatch.undo()
        assert len(pickle.loads(sent)) == 7
    assert lengths == [7, 7]
    with pytest.raises(augment.AugmentError, match="even: expected auto, pad, drop or None, got 'yes'"):
        live.IterableDataset(RECIPE, input=data, even="yes")
    with pytest.raises(augment.AugmentError, match="even: give the DataLoader a sampler"):
        live.Dataset(RECIPE, input=data, even="pad")


@pytest.mark.parametrize("kind", [live.IterableDataset, live.Dataset])
def test_a_rank_that_is_started_with_the_dataset_has_its_own_part_and_epoch(
    folder: Any, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, _ = folder
    dataset = kind(RECIPE, input=data)
    sent = pickle.dumps(dataset)
    heard = torch.multiprocessing.get_context("fork").SimpleQueue()

    def rank() -> None:
        dataset.set_epoch(5)
        next(iter(torch.utils.data.DataLoader(dataset, num_workers=1)))
        heard.put(dataset.epoch)

    started = torch.multiprocessing.get_context("fork").Process(target=rank)
    started.start()
    assert heard.get() == 5 and dataset.epoch == 0
    started.join()
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    assert len(pickle.loads(sent)) == (7 if kind is live.IterableDataset else COUNT)
