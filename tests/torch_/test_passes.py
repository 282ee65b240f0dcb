"""Each pass of a loop over epochs has copies of its own, however the loop goes about it, or it is told otherwise."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, RandomSampler, Subset  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 3}, "image": [{"HorizontalFlip": {"p": 0.5}}]}


def key(item: Any) -> tuple[str, int]:
    return item.source, item.copy


def loader(folder: Path, size: int | None = 4, workers: int = 0, **options: Any) -> Any:
    dataset = live.IterableDataset(
        {**RECIPE, "expand": {"multiplier": 3, "duplicates": "keep"}}, input=folder, convert=key
    )
    joined = {} if size is None else {"collate_fn": list}
    return live.Loader(dataset, size, num_workers=workers, **joined, **options)


def samples(batches: Any, size: int | None) -> list[Any]:
    return list(batches) if size is None else list(itertools.chain(*batches))


@pytest.mark.parametrize(
    ("size", "workers", "options"),
    [
        (4, 0, {}),
        (None, 0, {}),
        (5, 0, {"drop_last": True}),
        (4, 2, {}),
        (5, 2, {"drop_last": True, "persistent_workers": True}),
    ],
)
def test_a_loop_that_counts_goes_on_as_one_that_does_not(shapes: Path, size: Any, workers: int, options: Any) -> None:
    whole = loader(shapes, size, workers, **options)
    wanted = [samples(whole, size) for _ in range(3)]
    counts = loader(shapes, size, workers, **options)
    for epoch in range(3):
        coming = iter(counts)
        assert samples((next(coming) for _ in range(len(counts))), size) == wanted[epoch]
        assert counts.dataset.epoch == epoch
        if epoch == 1:
            next(coming, None)  # which ends it, late or not at all
    state = json.loads(json.dumps(counts.state_dict()))
    later, told = loader(shapes, size, workers, **options), loader(shapes, size, workers, **options)
    later.load_state_dict(state)
    assert samples(later, size) == samples(whole, size), "it does not begin with a pass that is empty"
    told.load_state_dict(state)
    told.set_epoch(2)
    assert list(told) == [], "who says the epoch gets what is left of it"
    told.set_epoch(1)
    assert samples(told, size) == wanted[1]


def test_a_pass_that_was_left_begins_again(shapes: Path) -> None:
    made = loader(shapes)
    first = list(made)
    made.set_epoch(0)
    for stop in (1, len(made) - 1):
        assert list(itertools.islice(made, stop)) == first[:stop]
    assert list(made) == first


@pytest.mark.parametrize("workers", [0, 1])
def test_of_two_passes_at_once_the_later_one_says_where_it_is(shapes: Path, workers: int) -> None:
    made = loader(shapes, 4, workers)
    first, second = iter(made), iter(made)
    begun = [next(first)]
    found = [next(second) for _ in range(2)]
    begun += [next(first) for _ in range(4)]
    assert begun[:2] == found
    state = made.state_dict()
    assert state["positions"] == [8]
    begun += list(first)
    assert made.state_dict() == state, "the end of the other one is no end of this one"
    resumed = loader(shapes, 4, workers)
    resumed.load_state_dict(state)
    assert found + list(resumed) == begun


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("kind", [live.IterableDataset, live.Dataset])
def test_a_second_pass_over_the_same_copies_is_told_once(
    shapes: Path, tmp_path: Path, kind: Any, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "told"

    def note(told: str, **_: Any) -> None:  # in whatever process
        with notes.open("a") as file:
            file.write(told + "\n")

    monkeypatch.setattr(warnings, "warn", note)
    dataset = kind(RECIPE, input=shapes, convert=key)
    more = {} if kind is live.IterableDataset else {"shuffle": True}
    plain = DataLoader(dataset, 4, num_workers=workers, collate_fn=list, **more)
    for epoch in range(2):
        dataset.set_epoch(epoch)
        assert len(list(itertools.chain(*plain))) == 54
    assert "same copies" not in (notes.read_text() if notes.exists() else "")
    for _ in range(3):
        list(plain)
    told = [line for line in notes.read_text().splitlines() if "same copies" in line]
    assert len(told) == 1 and "copies of epoch 1" in told[0] and "set_epoch" in told[0], told


def test_what_is_no_second_pass_is_not_told(shapes: Path) -> None:
    still = {"expand": {"multiplier": 1}, "image": []}
    for recipe, split in ((still, "train"), (RECIPE, "val")):  # which have no new copies
        for kind in (live.IterableDataset, live.Dataset):
            dataset = kind(recipe, input=shapes, split=split, convert=key)
            for _ in range(3):
                list(DataLoader(dataset, 4, collate_fn=list))
    made = loader(shapes)
    for _ in range(3):
        list(made)
    dataset = live.Dataset(RECIPE, input=shapes, convert=key)
    [dataset[0] for _ in range(100)]  # by one who looks at it
    for part in (Subset(dataset, range(40)), Subset(dataset, range(40, 54))):
        list(DataLoader(part, 4, collate_fn=list))
    dataset.set_epoch(1)
    list(DataLoader(dataset, 4, sampler=RandomSampler(dataset, replacement=True), collate_fn=list))
    left = live.IterableDataset(RECIPE, input=shapes, convert=key)
    for _ in range(3):
        list(itertools.islice(left, 30))
