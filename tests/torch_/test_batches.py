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


INTEGERS = [torch.int64, torch.int32, torch.uint8, torch.float64, torch.float32, torch.float16, torch.bool]


@given(st.integers(1, 5), st.integers(0, 9), st.sampled_from(INTEGERS), st.sampled_from(["first", "second", "name"]))
def test_one_dimension_keeps_its_type_and_its_numbers(count: int, length: int, dtype: Any, place: str) -> None:
    rows = [torch.arange(place, place + length).to(dtype) for place in range(count)]
    if place == "name":
        found = live.collate([{"input_ids": row, "labels": 1} for row in rows])
        joined, labels = found["input_ids"], found["labels"]
    elif place == "first":
        joined, labels = live.collate([(row, 1) for row in rows])
    else:
        labels, joined = live.collate([(1, row) for row in rows])
    assert joined.dtype == dtype and torch.equal(joined, torch.stack(rows))
    assert labels.dtype == torch.int64 and labels.tolist() == [1] * count


@pytest.mark.parametrize("pad", [None, 0.0])
def test_columns_of_different_lengths_are_refused_by_name(pad: float | None) -> None:
    rows = [torch.arange(3), torch.arange(1)]  # of which one could be broadcast
    for batch, name in (
        ([{"input_ids": row} for row in rows], "input_ids"),
        ([(torch.zeros(1, 2, 2), row) for row in rows], "target"),
        ([{"label": row.float()} for row in rows], "label"),
        ([{"label": rows[0].float()}, {"label": rows[1].float()}, {"label": 1}], "label"),
    ):
        with pytest.raises(augment.AugmentError, match=rf"{name}: a batch has .* \(3,\) and \(1,\); .*collate_fn"):
            live.collate(batch, pad=pad)
    with pytest.raises(augment.AugmentError, match=r"target: expected .* 3 classes, got 3"):
        live.collate([(torch.zeros(1, 2, 2), one) for one in (rows[0].float(), 3)])
    for batch in (rows, [(row, row, 1) for row in rows], [{"item": object()}], [(1, 2), (1, rows[0])]):
        with pytest.raises(augment.AugmentError, match="collate_fn of your own"):
            live.collate(batch)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(-1, 200))
def test_tokens_are_padded_and_stay_numbers(counts: list[int], pad: int) -> None:
    rows = [torch.arange(count) for count in counts]
    padded, lengths, labels = live.collate([(row, 1) for row in rows], pad=pad)
    assert padded.dtype == torch.int64 and lengths.tolist() == counts and labels.tolist() == [1] * len(rows)
    for row, own in zip(padded, rows, strict=True):
        assert torch.equal(row[: len(own)], own) and bool((row[len(own) :] == pad).all())
    told = live.collate([{"value": row, "label": 1} for row in rows], pad=pad)
    assert torch.equal(told["value"], padded) and torch.equal(told["lengths"], lengths)
    with pytest.raises(augment.AugmentError, match=r"value: .*collate_fn=functools.partial\(.*pad=0\)"):
        live.collate([(torch.arange(2), 1), (torch.arange(3), 1)])
    with pytest.raises(
        augment.AugmentError, match=r"pad: expected a whole number for values of torch.int64, got 0\.5"
    ):
        live.collate([(torch.arange(2), 1)], pad=0.5)


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
