"""Batches hold what their samples did, padded and mixed ones too; what does not go together is told with a way out."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import augment

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader  # noqa: E402

import augment.torch as live  # noqa: E402


@given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(1, 2), st.floats(-1, 1, width=32))
def test_sounds_are_padded_and_nothing_of_them_is_lost(frames: list[int], channels: int, pad: float) -> None:
    samples = [(torch.rand(channels, count), place) for place, count in enumerate(frames)]
    padded, lengths, labels = live.collate(samples, pad=pad)
    assert lengths.tolist() == frames
    assert labels.tolist() == list(range(len(frames)))
    for (value, _), row, count in zip(samples, padded, frames, strict=True):
        assert torch.equal(row[:, :count], value)
        assert bool((row[:, count:] == np.float32(pad)).all())
    told = live.collate([{"value": value, "label": label} for value, label in samples], pad=pad)
    assert torch.equal(told["value"], padded) and torch.equal(told["lengths"], lengths)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([(3, 4, 4), (3, 5, 4)], r"\(3, 4, 4\) and \(3, 5, 4\); add Resize or RandomCrop"),
        ([(3, 4, 4), (1, 4, 4)], "ToGray"),
        ([(1, 10), (1, 12)], r"FixedLength.*pad=0\.0"),
        ([(1, 10), (2, 10)], "ToMono"),
        ([(1, 10), (3, 4, 4)], "mixes sounds and pictures"),
        ([(3, 4, 4), (1, 10), (1, 12)], "mixes pictures and sounds"),
    ],
)
def test_what_differs_in_shape_is_told_with_the_step_that_mends_it(shapes: Any, said: str) -> None:
    values = [torch.zeros(shape) for shape in shapes]
    for batch in ([(value, 0) for value in values], [{"value": value, "label": 0} for value in values]):
        with pytest.raises(augment.AugmentError, match=said):
            live.collate(batch)


@pytest.mark.parametrize("pad", [None, 0.0])
def test_a_batch_of_two_modalities_is_refused_whatever_comes_first(pad: float | None) -> None:
    values = {"texts": "a", "sounds": torch.zeros(1, 9), "pictures": torch.zeros(3, 2, 2)}
    for (one, value), (other, another) in itertools.permutations(values.items(), 2):
        with pytest.raises(augment.AugmentError, match=f"mixes {one} and {other}; make a dataset of each"):
            live.collate([(value, 0), (another, 0)], pad=pad)


SIZES = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=5)


@given(SIZES, st.booleans())
def test_pictures_with_objects_are_a_list_where_their_sizes_differ(sizes: list[tuple[int, int]], told: bool) -> None:
    values = [torch.rand(3, *size) for size in sizes]
    targets = [{"boxes": torch.zeros(place, 4), "labels": torch.zeros(place)} for place in range(len(sizes))]
    if told:
        whole = live.collate([{"value": one, "objects": two} for one, two in zip(values, targets, strict=True)])
        found, objects = whole["value"], whole["objects"]
    else:
        found, objects = live.collate(list(zip(values, targets, strict=True)))
    assert isinstance(found, list) == (len(set(sizes)) > 1)
    assert all(map(torch.equal, found, values))
    assert objects == targets
    if len(set(sizes)) > 1:
        gray = [(values[0][:1], targets[0]), *zip(values[1:], targets[1:], strict=True)]
        with pytest.raises(augment.AugmentError, match="ToGray"):
            live.collate(gray)


def test_labels_hard_soft_and_none() -> None:
    value = torch.zeros(1, 2, 2)
    labels = live.collate([(value, 1), (value, live.UNLABELLED)])[1]
    assert labels.dtype == torch.int64 and labels.tolist() == [1, -100]
    labels = live.collate([(value, 1), None, (value, torch.tensor([0.25, 0.0, 0.75])), (value, live.UNLABELLED)])[1]
    assert labels.tolist() == [[0, 1, 0], [0.25, 0, 0.75], [0, 0, 0]]
    with pytest.raises(augment.AugmentError, match="all 2 samples of a batch are None"):
        live.collate([None, None])


def test_mixed_copies_have_soft_labels(shapes: Path) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 3}, "image": [{"MixUp": {"p": 0.5}}]}
    labels = torch.cat(
        [batch[1] for batch in DataLoader(live.Dataset(recipe, input=shapes), 54, collate_fn=live.collate)]
    )
    assert labels.shape == (54, 3)
    assert torch.allclose(labels.sum(1), torch.ones(54))
    assert bool(((labels > 0).sum(1) > 1).any())


def test_texts_and_boxes_are_lists(scenes: Path) -> None:
    assert live.collate([("a", 0), ("b", 1)])[0] == ["a", "b"]
    columns = live.collate([({"title": "a", "body": "b"}, 0), ({"title": "c", "body": "d"}, 1)])[0]
    assert columns == {"title": ["a", "c"], "body": ["b", "d"]}
    dataset = live.Dataset({"expand": {"multiplier": 1}, "image": []}, input=scenes)
    values, targets = next(iter(DataLoader(dataset, 5, collate_fn=live.collate, num_workers=0)))
    assert values.shape[0] == len(targets) == 5
    assert {len(target["boxes"]) for target in targets} > {0, 1}
