"""A source that can't be read ends no training and is not lost in silence, whoever has tried it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
QUIET = pytest.mark.filterwarnings("ignore:.*(it is left out|stands in for it)", "ignore:.*were left out")
COUNT, BAD = 9, (2, 3, 8)
RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 3}, "image": [{"HorizontalFlip": {"p": 0.5}}]}


def flawed(folder: Path, bad: Any = BAD, count: int = COUNT) -> Path:
    """Pictures of which some can't be read."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(5)
    for number in range(count):
        Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8)).save(folder / f"{number}.png")
        if number in bad:
            (folder / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    return folder


@QUIET
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("size", [1, 2, 26])
@pytest.mark.parametrize("join", [live.collate, None])
def test_a_pass_has_no_gaps_and_nothing_that_is_none(tmp_path: Path, workers: int, size: int, join: Any) -> None:
    folder = flawed(tmp_path)
    mapped = live.Dataset(RECIPE, input=folder)
    loader = DataLoader(mapped, size, num_workers=workers, collate_fn=join)
    first = [values for values, _ in loader]
    assert [len(batch) for batch in first] == [min(size, 27 - start) for start in range(0, 27, size)]
    assert mapped.skips == 3 * len(BAD)
    alone = torch.cat([mapped[index][0][None] for index in range(27)])
    assert torch.equal(torch.cat(first), alone), "what stands in hangs not on who makes it"
    assert mapped.skips == 6 * len(BAD)
    iterable = live.IterableDataset(RECIPE, input=folder)
    for epoch in (0, 1):
        iterable.set_epoch(epoch)
        batches = list(DataLoader(iterable, size, num_workers=workers, collate_fn=join))
        assert sum(len(values) for values, _ in batches) == 3 * (COUNT - len(BAD))
        assert iterable.skips == (epoch + 1) * 3 * len(BAD)
    if not workers:
        assert {skip.source for skip in mapped.skipped} == {f"{number}.png" for number in BAD}


@QUIET
@pytest.mark.parametrize("bad", [(0,), (8,), (7, 8, 0), tuple(range(1, COUNT))])
def test_the_same_copy_of_the_next_good_source_stands_in(tmp_path: Path, bad: Any) -> None:
    folder = flawed(tmp_path, bad)
    dataset = live.Dataset(RECIPE, input=folder, mapping=True, epoch=4)
    told = [(one["source"], one["copy"]) for one in dataset]
    order = [skip.source for skip in dataset.skipped]
    assert {*order} == {f"{number}.png" for number in bad}
    wanted = list(dataset._stream.these(range(27)))
    for number, (source, copy) in enumerate(told):
        assert copy == wanted[number].copy
        steps = [step for step in range(COUNT) if not hasattr(wanted[(number + 3 * step) % 27], "reason")]
        assert source == wanted[(number + 3 * steps[0]) % 27].source


def test_a_data_set_without_a_good_source_is_an_error(tmp_path: Path) -> None:
    folder = flawed(tmp_path, range(COUNT))
    for dataset in (live.Dataset(RECIPE, input=folder), live.IterableDataset(RECIPE, input=folder)):
        with (
            pytest.warns(UserWarning, match="can't be|stands in|left out"),
            pytest.raises(augment.AugmentError, match=f"none of {COUNT} sources could be made; the last one: "),
        ):
            list(DataLoader(dataset, 4, collate_fn=live.collate))


@QUIET
def test_a_worker_with_nothing_good_lets_the_others_go_on(tmp_path: Path) -> None:
    folder = flawed(tmp_path, (1,), 3)
    recipe = {"expand": {"multiplier": 1}, "image": []}
    for size in (1, 4):
        dataset = live.IterableDataset(recipe, input=folder)
        assert sum(len(values) for values, _ in live.Loader(dataset, size, num_workers=3)) == 2
        assert dataset.skips == 1


TOLD = """
import sys, torch
from torch.utils.data import DataLoader
import augment.torch as live

kind, folder, start = sys.argv[1:]
if __name__ == "__main__":
    dataset = getattr(live, kind)({"expand": {"multiplier": 2}, "image": []}, input=folder)
    ways = {} if start == "here" else {"num_workers": 2, "multiprocessing_context": start}
    for epoch in (0, 1):
        dataset.set_epoch(epoch)
        for _ in DataLoader(dataset, 1, collate_fn=live.collate, **ways):
            pass
    print(dataset.skips)
"""


@pytest.mark.parametrize("start", ["here", "fork", "spawn"])
@pytest.mark.parametrize("kind", ["Dataset", "IterableDataset"])
def test_each_bad_source_is_told_where_a_user_sees_it(tmp_path: Path, kind: str, start: str) -> None:
    if start == "spawn" and kind == "Dataset":
        pytest.skip("as fork; a start takes seconds")
    folder = flawed(tmp_path / "in")
    (tmp_path / "train.py").write_text(TOLD)
    ended = subprocess.run(
        [sys.executable, tmp_path / "train.py", kind, folder, start], capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == [str(2 * 2 * len(BAD))]
    for number in BAD:
        lines = [line for line in ended.stderr.splitlines() if "Warning" in line and f"{number}.png" in line]
        # two workers may come upon a source at the same moment, and none waits for the other
        assert 1 <= len(lines) <= (1 if start == "here" else 2), ended.stderr
