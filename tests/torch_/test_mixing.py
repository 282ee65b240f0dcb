"""MixUp and CutMix: labels say what is in a picture, no batch is mixed as another, and it comes again when resumed."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from augment.annotations import INDEX, Annotations, Event, Span

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
STEPS = [live.MixUp, live.CutMix]

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
            mix(*arguments[:2], classes=arguments[2], number=0)
    for arguments, said in (((0.0, 4), "alpha: expected"), ((1.0, 0), "classes: expected a whole number, 1 or more")):
        with pytest.raises(augment.AugmentError, match=said):
            live.MixUp(arguments[0], classes=arguments[1])
    for call in (live.mixup, live.cutmix):
        with pytest.raises(TypeError, match="number"):  # or each batch would be mixed as the first
            call(batch, 1.0, classes=4)


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_what_can_not_be_mixed_is_refused(scenes: Path, name: str) -> None:
    mix = functools.partial(getattr(live, name), alpha=1.0, classes=3, number=0)
    values = torch.zeros(4, 1, 8, 8)
    event, span = Annotations(events=(Event(0.0, 1.0),)), Annotations(spans=(Span(0, 1),))
    for batch, said in (
        ((values, torch.zeros(4)), r"class numbers \(N,\) .*got \(4,\) torch.float32"),
        ((values, torch.zeros(4, 2, 8, 8)), r"got \(4, 2, 8, 8\)"),
        ((values, torch.zeros(4, 8, 7, dtype=torch.int64)), r"got \(4, 8, 7\)"),
        ((values, torch.zeros(3, dtype=torch.int64)), r"got \(3,\) torch.int64"),
        *(
            (
                {"value": values, "label": torch.zeros(4, dtype=torch.int64), "annotations": [*[None] * 3, one]},
                "Mosaic",
            )
            for one in (event, span, Annotations(transcript=""), Annotations(captions=("a",)))
        ),
    ):
        with pytest.raises(augment.AugmentError, match=said):
            mix(batch)
    dataset = live.Dataset({"expand": {"multiplier": 1}, "image": []}, input=scenes, mapping=True)
    for told in next(iter(DataLoader(dataset, 4, collate_fn=live.collate))), {"objects": [{}] * 4}:
        with pytest.raises(augment.AugmentError, match="Mosaic and MixUp"):
            mix({"value": values, "label": torch.zeros(4, dtype=torch.int64), **told})


@given(st.integers(1, 5), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99), st.booleans())
def test_masks_are_laid_over_with_their_pictures(count: int, height: int, width: int, number: int, told: bool) -> None:
    values = torch.arange(count * height * width, dtype=torch.float32).reshape(count, 1, height, width)
    masks = values[:, 0].long() % 251
    mix = functools.partial(live.cutmix, alpha=1.0, classes=12, number=number)
    if told:
        labelled = Annotations(masks={INDEX: b"", "dog": b""}, classes={"a": 1.0}, instances=())
        with pytest.raises(augment.AugmentError, match="Mosaic"):
            mix({"value": values, "label": masks, "annotations": [labelled] * count})
        found = mix({"value": values, "label": masks, "annotations": [replace(labelled, masks={INDEX: b""})] * count})
        assert "annotations" not in found, "they would say what was before"
        mixed, laid = found["value"], found["label"]
    else:
        mixed, laid = mix((values, masks))
    assert laid.dtype == torch.int64 and torch.equal(laid, mixed[:, 0].long() % 251)
    with pytest.raises(augment.AugmentError, match=r"got \(\d, \d, \d\) torch.int64.*CutMix"):
        live.mixup((values, masks), alpha=1.0, classes=12, number=number)


def batch() -> Any:
    return torch.arange(8 * 1024.0).reshape(8, 1, 32, 32), torch.arange(8)


def drawn(mix: Any, count: int) -> list[bytes]:
    return [mix(batch())[0].numpy().tobytes() for _ in range(count)]


@pytest.mark.parametrize("kind", STEPS)
def test_it_counts_by_itself_and_comes_again(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(seed: int = 3) -> Any:
        return kind(1.0, classes=8, seed=seed)

    whole = drawn(made(), 12)
    assert len(set(whole)) == 12 and drawn(made(), 12) == whole and not set(drawn(made(4), 12)) & set(whole)
    function = {live.MixUp: live.mixup, live.CutMix: live.cutmix}[kind]
    assert [function(batch(), 1.0, classes=8, seed=3, number=n)[0].numpy().tobytes() for n in range(12)] == whole
    epochs, mix = [], made()
    for epoch in (0, 1, 0):
        mix.set_epoch(epoch)
        epochs.append(drawn(mix, 5))
    assert epochs[0] == epochs[2] == whole[:5] and not set(epochs[0]) & set(epochs[1])
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    assert not set(drawn(made(), 12)) & set(whole)


@pytest.mark.parametrize("kind", STEPS)
@given(st.integers(0, 7), st.booleans())
def test_resumed_it_goes_on(kind: Any, after: int, says: bool) -> None:
    uncut, mix = kind(0.5, classes=8), kind(0.5, classes=8)
    for one in (uncut, mix):
        one.set_epoch(2)
    whole = drawn(uncut, 8)
    found = drawn(mix, after)
    state = json.loads(json.dumps(mix.state_dict()))
    resumed = kind(0.5, classes=8)
    resumed.load_state_dict(state)
    if says:
        resumed.set_epoch(2)  # as loops over epochs do
    assert found + drawn(resumed, 8 - after) == whole
    resumed.set_epoch(2)
    assert drawn(resumed, 8) == whole


def mixed(mix: Any, samples: Any) -> Any:
    """As a ``collate_fn`` of which only the draw shows."""
    return mix(batch())[0]


@pytest.mark.parametrize("lasting", [False, True])
def test_workers_mix_each_batch_and_epoch_in_another_way(shapes: Path, lasting: bool) -> None:
    mix = live.MixUp(1.0, classes=8)
    dataset = live.IterableDataset({"expand": {"multiplier": 1}, "image": []}, input=shapes)
    ways = {"num_workers": 2, "persistent_workers": lasting, "collate_fn": functools.partial(mixed, mix)}
    loader = live.Loader(dataset, 3, **ways)
    passes = [[values.numpy().tobytes() for values in loader] for _ in range(2)]
    assert len({*passes[0], *passes[1]}) == 12 and passes[0] == drawn(mix, 6)
    loader.set_epoch(0)
    mix.set_epoch(0)
    assert [values.numpy().tobytes() for values in loader] == passes[0]
    others = DataLoader(TensorDataset(*batch()), 4, num_workers=1, collate_fn=lambda found: mix(tuple(found[0])))
    with pytest.raises(augment.AugmentError, match="does not know the epoch of a TensorDataset"):
        next(iter(others))
