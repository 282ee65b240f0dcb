"""Killed after any number of samples and resumed from its state, a pass goes on with the very next one."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
from tests.conftest import STEPS

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
    pytest.mark.filterwarnings("ignore:.*it is left out"),  # test_flawed looks at these
]
RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 7}, "image": STEPS}


@pytest.fixture(scope="module")
def flawed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 20 small pictures, some of which can't be read."""
    folder = tmp_path_factory.mktemp("flawed")
    rng = np.random.default_rng(5)
    for number in range(20):
        Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).save(folder / f"{number:02d}.png")
    for number in (3, 4, 11):
        (folder / f"{number:02d}.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


def keys(batch: Any) -> list[tuple[str, int]]:
    return list(zip(batch["source"], batch["copy"].tolist(), strict=True))


def made(folder: Path, **options: Any) -> Any:
    return live.IterableDataset(RECIPE, input=folder, mapping=True, **options)


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize(("size", "after"), [(37, 1), (1, 37), (4, 9)])
def test_killed_and_resumed_it_goes_on(flawed: Path, workers: int, size: int, after: int) -> None:
    def loader() -> Any:
        return live.Loader(made(flawed), size, num_workers=workers)

    uncut = loader()
    whole = [keys(batch) for batch in uncut]
    assert len(list(itertools.chain(*whole))) == 17 * 7
    state: dict[str, Any] = loader().state_dict()
    found: list[Any] = []
    while state["epoch"] == 0:
        part = loader()
        part.load_state_dict(json.loads(json.dumps(state)))
        part.set_epoch(state["epoch"])  # as loops over epochs do
        coming = iter(part)
        for batch in itertools.islice(coming, after):
            found.append(keys(batch))
            state = part.state_dict()
        if len(found) == len(whole):
            assert next(coming, None) is None
            state = part.state_dict()
        del coming
    assert found == whole
    assert state == uncut.state_dict()
    assert sum(len(keys(batch)) for batch in uncut) == 17 * 7
    assert uncut.dataset.epoch == 2


def test_lasting_workers_resume_and_go_on_to_the_next_epoch(flawed: Path) -> None:
    loader = live.Loader(made(flawed), 8, num_workers=2, persistent_workers=True)
    first = [keys(batch) for batch in loader]
    second = [keys(batch) for batch in loader]
    assert not {key for key in itertools.chain(*first) if key[1]} & {key for key in itertools.chain(*second) if key[1]}
    loader.set_epoch(0)
    states = [(loader.state_dict(), keys(batch)) for batch in loader]
    assert [batch for _, batch in states] == first
    loader.load_state_dict(states[4][0])
    assert [keys(batch) for batch in loader] == first[5:]
    loader.set_epoch(0)
    for _ in zip(range(3), loader, strict=False):
        pass
    assert [keys(batch) for batch in loader] == first, "a pass that was left begins again"


def test_a_dataset_by_itself_resumes(flawed: Path) -> None:
    whole = [(one["source"], one["copy"]) for one in made(flawed)]
    state, found = made(flawed).state_dict(), []
    while len(found) < len(whole):
        dataset = made(flawed)
        dataset.load_state_dict(state)
        dataset.set_epoch(0)
        found += [(one["source"], one["copy"]) for one in itertools.islice(dataset, 37)]
        state = json.loads(json.dumps(dataset.state_dict()))
    assert found == whole


def test_a_plain_loader_says_that_it_does_not_know_where_its_workers_are(flawed: Path) -> None:
    dataset = made(flawed)
    for _ in DataLoader(dataset, 8, num_workers=1, collate_fn=live.collate):
        with pytest.raises(augment.AugmentError, match=r"use augment\.torch\.Loader"):
            dataset.state_dict()
    dataset.set_epoch(1)
    state = dataset.state_dict()
    assert (state["epoch"], state["position"], state["parts"]) == (1, 0, 1)
    dataset.load_state_dict({**state, "epoch": 0, "position": 5})
    with pytest.raises(augment.AugmentError, match="the same num_workers"):
        list(DataLoader(dataset, 8, num_workers=1, collate_fn=live.collate))


@pytest.mark.parametrize(("workers", "size", "drop"), [(0, 8, False), (2, 8, False), (3, 8, True), (2, 7, True)])
def test_its_length_is_what_comes(shapes: Path, workers: int, size: int, drop: bool) -> None:
    dataset = live.IterableDataset({**RECIPE, "expand": {"multiplier": 2}}, input=shapes, mapping=True)
    loader = live.Loader(dataset, size, num_workers=workers, drop_last=drop)
    assert len(loader) == sum(1 for _ in loader)


def test_wrong_use_is_told(flawed: Path) -> None:
    with pytest.raises(augment.AugmentError, match=r"expected an augment\.torch\.IterableDataset, got Dataset"):
        live.Loader(live.Dataset(RECIPE, input=flawed))
    with pytest.raises(augment.AugmentError, match="with 3 parts, this one has 1"):
        loader = live.Loader(made(flawed))
        loader.load_state_dict({**loader.state_dict(), "positions": [1, 2, 3], "last": 0})


def test_a_state_of_other_samples_is_refused(flawed: Path) -> None:
    for one, other in (
        (made(flawed), made(flawed, seed=3)),
        (live.Loader(made(flawed)), live.Loader(made(flawed, seed=3))),
    ):
        with pytest.raises(augment.AugmentError, match="of other samples"):
            other.load_state_dict(one.state_dict())
        for bad in ({}, None):
            with pytest.raises(augment.AugmentError, match="expected a state"):
                other.load_state_dict(bad)
