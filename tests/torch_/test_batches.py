"""Batches hold what their samples did, padded and mixed ones too; what does not go together is told with a way out."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
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
    ],
)
def test_what_differs_in_shape_is_told_with_the_step_that_mends_it(shapes: Any, said: str) -> None:
    with pytest.raises(augment.AugmentError, match=said):
        live.collate([(torch.zeros(shape), 0) for shape in shapes])


def test_labels_hard_soft_and_none() -> None:
    value = torch.zeros(1, 2, 2)
    labels = live.collate([(value, 1), (value, live.UNLABELLED)])[1]
    assert labels.dtype == torch.int64 and labels.tolist() == [1, -100]
    labels = live.collate([(value, 1), None, (value, torch.tensor([0.25, 0.0, 0.75])), (value, live.UNLABELLED)])[1]
    assert labels.tolist() == [[0, 1, 0], [0.25, 0, 0.75], [0, 0, 0]]
    with pytest.raises(augment.AugmentError, match="none of the 2 samples"):
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


BATCHES = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))


@settings(max_examples=60)
@given(BATCHES, st.sampled_from([torch.uint8, torch.float32]), st.floats(0.1, 3), st.sampled_from(["mixup", "cutmix"]))
def test_labels_say_what_a_mixed_picture_is_made_of(size: Any, dtype: Any, alpha: float, name: str) -> None:
    count, height, width, number = size
    mix = functools.partial(getattr(live, name), alpha=alpha, classes=count, epoch=2, number=number)
    values = (torch.eye(count) * 200).to(dtype)[:, :, None, None].expand(count, count, height, width).contiguous()
    kept = values.clone()
    mixed, labels = mix((values, torch.arange(count)))
    assert torch.equal(values, kept) and mixed.dtype == dtype and labels.dtype == torch.float32
    assert torch.allclose(labels.sum(1), torch.ones(count))
    shares = mixed.float().mean((2, 3)) / 200  # each sample is bright in a channel of its own
    assert torch.allclose(shares, labels, atol=0.003)
    again = mix({"value": values, "label": torch.eye(count)})
    assert torch.equal(again["value"], mixed) and torch.equal(again["label"], labels)


def test_each_batch_and_epoch_is_mixed_in_its_own_way() -> None:
    batch = torch.rand(8, 1, 6, 6), torch.arange(8)
    for mix in (live.mixup, live.cutmix):
        found = {
            mix(batch, 1.0, classes=8, seed=seed, epoch=epoch, number=number)[1].numpy().tobytes()
            for seed in (0, 1)
            for epoch in (0, 1)
            for number in range(5)
        }
        assert len(found) == 20


def test_sounds_are_mixed_with_their_lengths() -> None:
    padded, lengths, labels = live.collate([(torch.ones(1, 3), 0), (torch.ones(1, 7), 1)], pad=0.0)
    mixed, longest, soft = live.mixup((padded, lengths, labels), 1.0, classes=2, number=1)
    assert mixed.shape == padded.shape and soft.shape == (2, 2)
    assert bool((longest >= lengths).all())


def test_wrong_batches_are_told() -> None:
    batch = torch.zeros(2, 1, 4, 4), torch.tensor([0, 3])
    for mix, arguments, said in (
        (live.mixup, (batch, 0.0, 4), "alpha: expected a number above 0"),
        (live.mixup, (batch, 1.0, 3), "classes: expected as many"),
        (live.cutmix, ((torch.zeros(2, 1, 4), batch[1]), 1.0, 4), "expected pictures"),
        (live.mixup, ((batch[0], [{}, {}]), 1.0, 4), "Mosaic and MixUp"),
    ):
        with pytest.raises(augment.AugmentError, match=said):
            mix(*arguments[:2], classes=arguments[2])
