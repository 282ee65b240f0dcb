"""A tf.data.Dataset gives what the stream gives, in its order, and every iteration the next epoch."""

from __future__ import annotations

import gc
import os
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
from augment import demo
from augment.errors import AugmentError
from tests.conftest import STEPS

if find_spec("tensorflow") is None:
    pytest.skip("needs TensorFlow", allow_module_level=True)
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import tensorflow as tf

import augment.tensorflow as live

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
RECIPES: dict[str, dict[str, Any]] = {
    "shapes": {"image": STEPS},
    "sounds": {"audio": [{"TimeStretch": {"min_rate": 0.8, "max_rate": 1.25, "p": 1}}]},
    "texts": {"text": [{"Typos": {"rate": 0.1, "p": 1}}]},
    "scenes": {"image": [{"HorizontalFlip": {"p": 0.5}}]},
}


@pytest.fixture(params=RECIPES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """A recipe and its data, of each modality, and of pictures with objects."""
    recipe = {"seed": 7, "expand": {"multiplier": 2}, **RECIPES[request.param]}
    if request.param != "texts":
        return recipe, request.getfixturevalue(request.param)
    texts = tmp_path / "a.csv"
    rows = [f"This is sentence number {number} of the whole table.,{'xyz'[number % 3]}" for number in range(14)]
    texts.write_text("\n".join(["text,label", *rows]))
    return recipe, texts


def check(found: list[Any], wanted: list[Any]) -> None:
    """Elements are the stream's items."""
    assert len(found) == len(wanted)
    for (x, y), item in zip(found, wanted, strict=True):
        if isinstance(item.value, str):
            assert x.decode() == item.value
        else:
            assert np.array_equal(x, item.value if item.value.dtype == np.uint8 else item.value.T)
        if isinstance(y, dict):
            assert len(y["boxes"]) == len(y["labels"]) == len(item.annotations.instances)
            assert np.allclose(y["boxes"], np.reshape([one.box for one in item.annotations.instances], (-1, 4)))
        else:
            assert y == item.label_index


@pytest.mark.parametrize("workers", [0, 2])
def test_each_iteration_is_the_streams_next_epoch(made: Any, workers: int) -> None:
    recipe, data = made
    dataset = live.dataset(recipe, input=data, workers=workers)
    for epoch in (0, 1):
        check(list(dataset.as_numpy_iterator()), list(augment.stream(recipe, input=data, epoch=epoch)))
    twice = live.dataset(recipe, input=data, epoch=4).repeat(2)
    wanted = [item for epoch in (4, 5) for item in augment.stream(recipe, input=data, epoch=epoch)]
    check(list(twice.as_numpy_iterator()), wanted)


def test_ranks_splits_and_order_are_the_streams(shapes: Path) -> None:
    recipe = {"seed": 7, "image": STEPS}
    for options in ({"rank": 1, "world_size": 3}, {"shuffle": False}, {"split": "val"}):
        found = list(live.dataset(recipe, input=shapes, **options).as_numpy_iterator())
        check(found, list(augment.stream(recipe, input=shapes, **options)))


def test_the_signature_is_as_narrow_as_the_samples(made: Any) -> None:
    recipe, data = made
    dataset = live.dataset(recipe, input=data)
    for element in dataset.take(5):
        for value, spec in zip(tf.nest.flatten(element), tf.nest.flatten(dataset.element_spec), strict=True):
            assert spec.is_compatible_with(value)
    batch = next(iter(dataset.padded_batch(4).prefetch(2)))
    assert all(len(part) == 4 for part in tf.nest.flatten(batch))
    free = live.dataset(recipe, input=data, shape=[None] * dataset.element_spec[0].shape.rank)
    assert all(size is None for size in free.element_spec[0].shape)
    assert len(list(free)) == len(list(dataset))


def test_iterations_that_end_early_leave_no_process_and_two_at_a_time_are_two_epochs(shapes: Path) -> None:
    psutil = pytest.importorskip("psutil")
    dataset = live.dataset({"image": STEPS}, input=shapes, workers=2)
    list(dataset.take(1))
    before = len(psutil.Process().children(recursive=True))  # the server that workers come from stays
    for _ in range(3):
        for _ in dataset:
            break
        list(dataset.batch(4).prefetch(1).take(2))
    gc.collect()
    ends = time.monotonic() + 10
    while len(psutil.Process().children(recursive=True)) > before and time.monotonic() < ends:
        time.sleep(0.05)
    assert len(psutil.Process().children(recursive=True)) <= before
    here = live.dataset({"image": STEPS}, input=shapes)
    both = list(tf.data.Dataset.zip((here, here)).as_numpy_iterator())
    for place in range(2):
        check([pair[place] for pair in both], list(augment.stream({"image": STEPS}, input=shapes, epoch=place)))


def test_mappings_weights_and_views(shapes: Path) -> None:
    recipe = {"seed": 7, "image": [{"HorizontalFlip": {"p": 0.5}}]}
    for found, item in zip(
        live.dataset(recipe, input=shapes, mapping=True).as_numpy_iterator(),
        augment.stream(recipe, input=shapes),
        strict=True,
    ):
        assert (found["source"].decode(), found["copy"], found["label"]) == (item.source, item.copy, item.label_index)
    mixed = {"seed": 7, "image": [{"MixUp": {"p": 0.5}}]}
    for _, y in live.dataset(mixed, input=shapes, labels="one-hot"):
        assert y.shape == (3,)
        assert abs(float(tf.reduce_sum(y)) - 1) < 1e-5
    views = {**recipe, "views": 2}
    for (x, y), pair in zip(live.dataset(views, input=shapes), augment.stream(views, input=shapes), strict=True):
        for place in range(2):
            assert np.array_equal(x[place], pair[place].value)
            assert int(y[place]) == pair[place].label_index


def test_what_does_not_fit_is_refused(shapes: Path) -> None:
    with pytest.raises(AugmentError, match=r"batch_size: add \.batch"):
        live.dataset({"image": []}, input=shapes, batch_size=4)
    with pytest.raises(TypeError, match=r"dataset\(\) got an unexpected option 'dtypes'; did you mean dtype\?"):
        live.dataset({"image": []}, input=shapes, dtypes="float")
    crops = {"expand": {"multiplier": 4}, "image": [{"RandomCrop": {"height": 20, "width": 20, "p": 0.05}}]}
    with pytest.raises(tf.errors.UnknownError, match=r"say shape=\(None, None, 3\)"):
        list(live.dataset(crops, input=shapes, shape=(192, 192, 3)))
    assert len(list(live.dataset(crops, input=shapes, shape=(None, None, 3)))) == 72


@pytest.mark.parametrize("steps", [["ToFloat"], ["Normalize"], ["ToGray", "ToFloat"]])
def test_pictures_of_floats_are_pictures(shapes: Path, steps: list[Any]) -> None:
    recipe = {"prepare": {"image": [{"RandomCrop": {"height": 20, "width": 30}}, *steps]}, "image": []}
    wanted = [item.value for item in augment.stream(recipe, input=shapes)]
    dataset = live.dataset(recipe, input=shapes)
    assert dataset.element_spec[0] == tf.TensorSpec((20, 30, 3), tf.float32)
    assert all(np.array_equal(x, one) for (x, _), one in zip(dataset.as_numpy_iterator(), wanted, strict=True))


def test_sounds_and_pictures_are_kept_apart(tmp_path: Path) -> None:
    demo.draw(tmp_path / "pictures", {"train": 2})
    demo.draw_sounds(tmp_path / "sounds", {"train": 2})
    with pytest.raises(
        AugmentError, match=r"a batch mixes (sounds and pictures|pictures and sounds); make a dataset of"
    ):
        live.dataset({"image": [], "audio": []}, input=tmp_path)


@pytest.mark.parametrize("workers", [0, 2])
def test_what_is_bad_is_left_out_and_told_and_others_come_again(tmp_path: Path, workers: int) -> None:
    demo.draw(tmp_path, {"train": 2})
    (tmp_path / "train" / "circle" / "bad.png").write_bytes(b"\x89PNG no picture")
    recipe = {"expand": {"multiplier": 3}, "image": STEPS}
    dataset = live.dataset(recipe, input=tmp_path, workers=workers, mapping=True)
    assert len(dataset) == 21
    for epoch in range(2):
        with pytest.warns(UserWarning, match=r"3 of 21 samples .*bad\.png"):
            found = [(one["source"].decode(), one["copy"]) for one in dataset.as_numpy_iterator()]
        with pytest.warns(UserWarning, match="left out"):
            wanted = [(one.source, one.copy) for one in augment.stream(recipe, input=tmp_path, epoch=epoch)]
        assert found[:18] == wanted
        assert set(found[18:]) <= set(wanted)
        assert len(found) == 21


def test_its_length_is_that_of_what_is_made_of_it(shapes: Path) -> None:
    recipe = {"image": STEPS, "expand": {"multiplier": 3}}
    for options in ({}, {"rank": 1, "world_size": 4}, {"split": "val"}):
        dataset = live.dataset(recipe, input=shapes, **options)
        for made in (dataset, dataset.batch(4).prefetch(2), dataset.repeat(2), dataset.shard(3, 1)):
            assert len(made) == len(list(made))
    assert dataset.repeat().cardinality() == tf.data.INFINITE_CARDINALITY


def test_a_model_fits_it(shapes: Path) -> None:
    import keras

    if keras.backend.backend() != "tensorflow":
        pytest.skip("Keras has another backend here")
    dataset = live.dataset({"image": STEPS}, input=shapes)
    model = keras.Sequential([keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)])
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert len(model.fit(dataset.batch(4).prefetch(1), epochs=2, verbose=0).history["loss"]) == 2
