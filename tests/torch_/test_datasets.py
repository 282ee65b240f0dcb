"""The datasets give what the stream gives, each sample once, whatever processes make it, in the forms torch likes."""

from __future__ import annotations

import json
import pickle
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment
from augment.engine import kept, spill
from augment.engine.items import Item
from tests.conftest import STEPS

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, DistributedSampler, RandomSampler  # noqa: E402

import augment.torch as live  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork"),
]
RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 3}, "image": STEPS}
Key = tuple[str, int]


def of_stream(recipe: Any, **options: Any) -> dict[Key, Any]:
    return {(item.source, item.copy): item for item in augment.stream(recipe, **options)}


def of_batches(batches: Any) -> list[tuple[Key, Any]]:
    """Each sample of some batches of mappings."""
    found = []
    for batch in batches:
        found += zip(zip(batch["source"], batch["copy"].tolist(), strict=True), batch["value"], strict=True)
    return found


def check(found: list[tuple[Key, Any]], wanted: dict[Key, Any]) -> None:
    """Each of the stream's samples once, and equal to it."""
    assert Counter(key for key, _ in found) == Counter(list(wanted))
    for key, value in found:
        assert torch.equal(value, torch.from_numpy(wanted[key].value).permute(2, 0, 1)), key


WAYS = [(0, None), (1, "fork"), (2, "fork"), (4, "fork"), (2, "spawn"), (1, "forkserver")]


@pytest.mark.parametrize(("workers", "start"), WAYS)
def test_whoever_makes_them_it_is_the_stream_each_sample_once(shapes: Path, workers: int, start: str | None) -> None:
    wanted = [of_stream(RECIPE, input=shapes, epoch=epoch) for epoch in (0, 1)]
    iterable = live.IterableDataset(RECIPE, input=shapes, mapping=True)
    mapped = live.Dataset(RECIPE, input=shapes, mapping=True)
    lasting = {"num_workers": workers, "multiprocessing_context": start, "persistent_workers": workers > 0}
    for dataset in {"spawn": (iterable,), "forkserver": (mapped,)}.get(start or "", (iterable, mapped)):
        loader = DataLoader(dataset, 8, collate_fn=live.collate, **lasting)
        for epoch in (0, 1):
            dataset.set_epoch(epoch)
            check(of_batches(loader), wanted[epoch])
        del loader
    copies = [{key for key in epoch if key[1]} for epoch in wanted]
    assert not copies[0] & copies[1]


@pytest.mark.filterwarnings("ignore:another pass begins")
@pytest.mark.parametrize("workers", [0, 2])
def test_without_batches_and_without_lasting_workers(shapes: Path, workers: int) -> None:
    wanted = of_stream(RECIPE, input=shapes, epoch=5)
    dataset = live.IterableDataset(RECIPE, input=shapes, mapping=True, epoch=5)
    for _ in range(2):  # a pass is over the epoch last set
        items = list(DataLoader(dataset, batch_size=None, num_workers=workers))
        check([((item["source"], item["copy"]), item["value"]) for item in items], wanted)


def test_ranks_and_their_workers_part_an_epoch(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, found = of_stream(RECIPE, input=shapes), []
    for rank in range(3):
        monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
        monkeypatch.setattr(torch.distributed, "get_rank", lambda rank=rank: rank)
        monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 3)
        dataset = live.IterableDataset(RECIPE, input=shapes, mapping=True)
        part = of_batches(DataLoader(dataset, 4, num_workers=rank, collate_fn=live.collate))
        assert len(part) == len(dataset) == 18
        found += part
        monkeypatch.undo()
        assert len(pickle.loads(pickle.dumps(live.IterableDataset(RECIPE, input=shapes, rank=1, world_size=3)))) == 18
    check(found, wanted)


@pytest.mark.filterwarnings("ignore:another pass begins")
def test_samplers_of_torch_find_every_sample(shapes: Path) -> None:
    dataset = live.Dataset(RECIPE, input=shapes, mapping=True)
    wanted, found = of_stream(RECIPE, input=shapes), []
    for rank in range(3):
        sampler = DistributedSampler(dataset, num_replicas=3, rank=rank, shuffle=True, seed=1)
        found += of_batches(DataLoader(dataset, 4, sampler=sampler, collate_fn=live.collate))
    check(found, wanted)
    check(of_batches(DataLoader(dataset, 5, sampler=RandomSampler(dataset), collate_fn=live.collate)), wanted)
    with pytest.raises(IndexError):
        dataset[len(dataset)]
    assert torch.equal(dataset[-1]["value"], dataset[len(dataset) - 1]["value"])


@pytest.mark.skipif("fork" not in torch.multiprocessing.get_all_start_methods(), reason="no fork here")
@pytest.mark.parametrize("kind", [live.IterableDataset, live.Dataset])
def test_what_a_worker_has_decoded_later_workers_need_not_read(
    shapes: Path, tmp_path: Path, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "PART", 1e9)  # whatever the clock says, there is time to share
    folder = shutil.copytree(shapes, tmp_path / "here")
    wanted = [of_stream(RECIPE, input=shapes, epoch=epoch) for epoch in (0, 1)]
    dataset = kind(RECIPE, input=folder, mapping=True)
    loader = DataLoader(dataset, 8, num_workers=1, multiprocessing_context="fork", collate_fn=live.collate)
    check(of_batches(loader), wanted[0])
    shutil.rmtree(folder)
    dataset.set_epoch(1)
    check(of_batches(loader), wanted[1])


def test_what_a_user_writes_into_harms_no_later_sample(shapes: Path) -> None:
    recipe = {**RECIPE, "image": [{"RandomCrop": {"height": 192, "width": 192, "p": 0.5}}, *STEPS]}
    whole = {key: item.value.copy() for key, item in of_stream(recipe, input=shapes).items()}
    for item in augment.stream(recipe, input=shapes):
        assert np.array_equal(item.value, whole[item.source, item.copy])
        item.value[:] = 0
    for one in live.IterableDataset(recipe, input=shapes, mapping=True):
        assert torch.equal(one["value"], torch.from_numpy(whole[one["source"], one["copy"]]).permute(2, 0, 1))
        one["value"].zero_()


@pytest.mark.filterwarnings("ignore:another pass begins")
def test_it_pickles_small_and_a_listing_in_a_file_goes_along(shapes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "IN_MEMORY", 0)
    dataset = live.IterableDataset(RECIPE, input=shapes, mapping=True)
    assert isinstance(dataset._stream.plan.listing.parts, spill.Spilled)
    assert len(list(dataset)) == 54
    data = pickle.dumps(dataset)
    assert len(data) < 40_000
    again = pickle.loads(data)
    assert [(one["source"], one["copy"]) for one in again] == [(one["source"], one["copy"]) for one in dataset]


def test_pictures_are_channels_first(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    gray, colour = rng.integers(0, 256, (9, 5), np.uint8), rng.integers(0, 256, (9, 5, 3), np.uint8)
    for name, pixels in (("gray", gray), ("rgb", colour)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "a.png")
    wanted = {0: gray[None], 1: colour.transpose(2, 0, 1)}
    recipe = {"expand": {"multiplier": 1}, "image": []}
    assert live.IterableDataset(recipe, input=tmp_path).classes == ("gray", "rgb")
    for value, label in live.IterableDataset(recipe, input=tmp_path):
        assert value.is_contiguous()
        assert np.array_equal(value, wanted[label])
    for value, label in live.Dataset(recipe, input=tmp_path, dtype="float"):
        assert np.array_equal(value, wanted[label].astype(np.float32) / 255)


FLOATS = [["ToFloat"], ["Normalize"], ["ToGray", "ToFloat"], ["ToFloat", {"FromFloat": {"dtype": "uint16"}}]]


@pytest.mark.parametrize("steps", FLOATS)
@pytest.mark.parametrize("dtype", ["uint8", "float"])
def test_pictures_of_floats_are_pictures(tmp_path: Path, steps: list[Any], dtype: Any) -> None:
    rng = np.random.default_rng(3)
    for name, shape in (("gray", (9, 5)), ("rgb", (9, 5, 3)), ("tall", (9, 2, 3))):
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / f"{name}.png")
    recipe = {"prepare": {"image": steps[:1]}, "image": steps, "expand": {"multiplier": 2, "duplicates": "keep"}}
    wanted = of_stream(recipe, input=tmp_path)
    assert len(wanted) == 6
    for one in live.Dataset(recipe, input=tmp_path, mapping=True, dtype=dtype):
        pixels = wanted[one["source"], one["copy"]].value
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        assert one["value"].is_contiguous()
        if pixels.dtype != np.uint8:
            assert one["value"].dtype == torch.float32
            assert np.array_equal(one["value"], pixels.transpose(2, 0, 1))
        assert one["value"].shape == pixels.transpose(2, 0, 1).shape


def test_sounds_texts_and_items_of_ones_own(sounds: Path, tmp_path: Path) -> None:
    for one in live.IterableDataset({"audio": []}, input=sounds, mapping=True):
        assert (one["value"].dtype, one["value"].dim(), one["rate"]) == (torch.float32, 2, 16_000)
    (tmp_path / "a.csv").write_text("text,label\nGood day.,x\nGood night.,y\n")
    texts = {"expand": {"multiplier": 1}, "text": []}
    assert sorted(live.IterableDataset(texts, input=tmp_path / "a.csv")) == [("Good day.", 0), ("Good night.", 1)]
    own = live.Dataset(texts, input=tmp_path / "a.csv", convert=Item.__repr__)
    assert all(text.startswith("Item(") for text in own)


def test_objects_are_as_torchvision_takes_them(scenes: Path) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 2}, "image": [{"HorizontalFlip": {"p": 0.5}}]}
    wanted = of_stream(recipe, input=scenes)
    dataset = live.Dataset(recipe, input=scenes, mapping=True, masks=True)
    assert len(dataset.categories) == 3
    some = 0
    for one in dataset:
        item, target = wanted[one["source"], one["copy"]], one["objects"]
        kept = item.annotations.instances
        some += len(kept)
        assert target["boxes"].dtype == torch.float32 and target["boxes"].shape == (len(kept), 4)
        assert np.allclose(target["boxes"], np.reshape([instance.box for instance in kept], (-1, 4)))
        assert [dataset.categories[place - 1] for place in target["labels"]] == [instance.label for instance in kept]
        assert target["masks"].dtype == torch.uint8 and target["masks"].shape == (len(kept), *item.value.shape[:2])
        assert torch.equal(target["masks"].sum((1, 2)).float(), target["area"])
        assert target["keypoints"].shape == (len(kept), 4, 3)
        for place, instance in enumerate(kept):
            points = np.array(instance.keypoints, np.float32).reshape(-1, 3)
            assert np.array_equal(target["keypoints"][place, : len(points)], points)
        assert target["iscrowd"].tolist() == [int(instance.crowd) for instance in kept]
    assert some > 10
    _, target = live.Dataset(recipe, input=scenes, masks=False)[0]
    assert sorted(target) == ["area", "boxes", "iscrowd", "keypoints", "labels"]


@pytest.mark.parametrize("outlined", [True, False])
def test_all_pictures_have_masks_or_none_has(scenes: Path, tmp_path: Path, outlined: bool) -> None:
    folder = scenes
    if not outlined:
        folder = shutil.copytree(scenes, tmp_path / "boxes")
        for file in folder.rglob("*.json"):
            told = json.loads(file.read_text())
            told["annotations"] = [{**one, "segmentation": []} for one in told["annotations"]]
            file.write_text(json.dumps(told))
    crop = {"RandomCrop": {"height": 24, "width": 24, "p": 1.0}}
    recipe = {"seed": 7, "expand": {"multiplier": 4}, "image": [crop]}
    for form in ({}, {"mapping": True}):
        empty = 0
        for one in live.Dataset(recipe, input=folder, **form):
            value, target = (one["value"], one["objects"]) if form else one
            assert ("masks" in target) == outlined
            empty += not len(target["boxes"])
            if outlined:
                assert target["masks"].shape == (len(target["boxes"]), *value.shape[1:])
                assert target["masks"].dtype == torch.uint8
        assert empty > 3


def test_masks_of_classes_come_along(tmp_path: Path) -> None:
    mask = np.zeros((6, 8), np.uint8)
    mask[2:4, 1:5] = 1
    for folder, pixels in (("images", np.full((6, 8, 3), 9, np.uint8)), ("masks", mask)):
        (tmp_path / folder).mkdir()
        Image.fromarray(pixels).save(tmp_path / folder / "a.png")
    recipe = {"input": {"format": "masks"}, "expand": {"multiplier": 1}, "image": []}
    _, target = live.Dataset(recipe, input=tmp_path)[0]
    assert target["mask"].dtype == torch.uint8
    assert np.array_equal(target["mask"], mask)
    for dataset in (
        live.Dataset(recipe, input=tmp_path, labels="mask"),
        live.IterableDataset(recipe, input=tmp_path, labels="mask"),
    ):
        values, masks = next(iter(DataLoader(dataset, 4)))
        assert masks.dtype == torch.int64 and np.array_equal(masks[0], mask)
        scores = torch.zeros(len(values), 2, *mask.shape)
        assert torch.isfinite(torch.nn.functional.cross_entropy(scores, masks))
    told = live.Dataset(recipe, input=tmp_path, labels="mask", mapping=True)[0]
    assert "objects" not in told and np.array_equal(told["label"], mask)


def test_labels_as_weights(shapes: Path) -> None:
    for recipe in (RECIPE, {**RECIPE, "image": [{"MixUp": {"p": 0.5}}]}):
        hard = live.Dataset(recipe, input=shapes)
        for (value, label), (same, weights) in zip(
            hard, live.Dataset(recipe, input=shapes, labels="one-hot"), strict=True
        ):
            assert torch.equal(value, same) and weights.dtype == torch.float32 and weights.shape == (3,)
            assert torch.equal(weights, label if isinstance(label, torch.Tensor) else torch.eye(3)[label])
    with pytest.raises(augment.AugmentError, match="labels: expected int, one-hot or mask, got 'onehot'"):
        live.Dataset(RECIPE, input=shapes, labels="onehot")
    with pytest.raises(augment.AugmentError, match="labels='mask' needs a mask"):
        live.Dataset(RECIPE, input=shapes, labels="mask")[0]


def test_wrong_options_are_told(shapes: Path) -> None:
    for cls, option, said in (
        (live.IterableDataset, {"workers": 2}, "give num_workers to the DataLoader"),
        (live.Dataset, {"batch_size": 2}, "give batch_size to the DataLoader"),
        (live.Dataset, {"shuffle": True}, "DistributedSampler"),
        (live.Dataset, {"dtype": "int8"}, "dtype: expected uint8 or float, got 'int8'"),
        (live.Dataset, {"split": "trian"}, "split.*'trian'"),
    ):
        with pytest.raises(augment.AugmentError, match=said):
            cls(RECIPE, input=shapes, **option)
    for cls, option, unknown in (
        (live.Dataset, {"dtyp": "float"}, r"Dataset\(\) got an unexpected option 'dtyp'; did you mean dtype\?"),
        (live.IterableDataset, {"evn": "pad"}, r"IterableDataset\(\) .* 'evn'; did you mean even\?"),
        (live.Dataset, {"num_workers": 2}, "'num_workers'; give it to the DataLoader"),
        (live.IterableDataset, {"pin_memory": True}, "'pin_memory'; give it to the DataLoader"),
    ):
        with pytest.raises(TypeError, match=unknown):
            cls(RECIPE, input=shapes, **option)


@pytest.mark.parametrize("index", [slice(0, 3), 1.0, "a", None, [1, 2]])
def test_an_index_that_is_none_is_told(shapes: Path, index: Any) -> None:
    dataset = live.Dataset(RECIPE, input=shapes)
    with pytest.raises(augment.AugmentError, match="expected the number of a sample"):
        dataset[index]
    assert torch.equal(dataset[torch.tensor(2)][0], dataset[2][0])
    assert torch.equal(dataset[np.int64(2)][0], torch.utils.data.Subset(dataset, range(3))[2][0])
