"""Keras' batches are those of the stream, in its order, whoever makes them; ``fit`` sees each epoch once."""

from __future__ import annotations

import gc
import io
import json
import os
import pickle
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import demo
from augment.annotations import INDEX
from augment.errors import AugmentError
from tests.conftest import STEPS

BACKENDS = [name for name in ("torch", "tensorflow", "jax") if find_spec(name)]
if find_spec("keras") is None or not BACKENDS:
    pytest.skip("needs Keras and a backend", allow_module_level=True)
os.environ.setdefault("KERAS_BACKEND", BACKENDS[0])  # it is asked for once, when Keras is imported

live: Any = pytest.importorskip("augment.keras")

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
GAIN = {"audio": [{"Gain": {"min_gain_db": -9, "max_gain_db": -3, "p": 1}}]}
RECIPES: dict[str, dict[str, Any]] = {
    "shapes": {"image": STEPS},
    "sounds": {**GAIN, "prepare": {"audio": [{"FixedLength": {"seconds": 0.2}}]}},
    "texts": {"text": [{"Typos": {"rate": 0.1, "p": 1}}]},
}


@pytest.fixture(params=RECIPES)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """A recipe and its data, of each modality."""
    recipe = {"seed": 7, "expand": {"multiplier": 3}, **RECIPES[request.param]}
    if request.param != "texts":
        return recipe, request.getfixturevalue(request.param)
    texts = tmp_path / "a.csv"
    rows = [f"This is sentence number {number} of the whole table.,{'xyz'[number % 3]}" for number in range(14)]
    texts.write_text("\n".join(["text,label", *rows]))
    return recipe, texts


def plain(value: Any) -> Any:
    """A batch's texts as such, also of a backend's own tensors."""
    found = np.asarray(value)
    return (
        [one.decode() if isinstance(one, bytes) else one for one in found.tolist()] if found.dtype == object else found
    )


def as_keras(items: list[Any]) -> tuple[Any, Any]:
    values = [item.value for item in items]
    if not isinstance(values[0], str):
        values = [value if value.dtype == np.uint8 else value.T for value in values]
    return plain(np.array(values, object if isinstance(values[0], str) else None)), [
        item.label_index for item in items
    ]


def check(dataset: Any, recipe: Any, **options: Any) -> None:
    """Its batches are the stream's."""
    wanted = list(augment.stream(recipe, **options))
    assert len(dataset) == len(wanted)
    for index, items in enumerate(wanted):
        (x, y), (pixels, labels) = dataset[index], as_keras(items)
        assert np.array_equal(plain(x), pixels)
        assert y.tolist() == labels
        assert y.dtype == np.int64


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_batch_is_the_streams_and_each_epoch_another(made: Any, size: int) -> None:
    recipe, data = made
    dataset = live.PyDataset(recipe, input=data, batch_size=size)
    for epoch in (0, 1):
        check(dataset, recipe, input=data, batch_size=size, epoch=epoch)
        dataset.on_epoch_end()
        assert dataset.epoch == epoch + 1
    check(live.PyDataset(recipe, input=data, batch_size=size, epoch=2), recipe, input=data, batch_size=size, epoch=2)


def test_ranks_splits_and_order_are_the_streams(shapes: Path) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 2}, "image": STEPS}
    for rank in range(3):
        part = {"input": shapes, "rank": rank, "world_size": 3, "batch_size": 5}
        check(live.PyDataset(recipe, **part), recipe, **part)
    for options in ({"shuffle": False}, {"split": "val"}):
        check(live.PyDataset(recipe, input=shapes, **options), recipe, input=shapes, batch_size=32, **options)


def test_threads_other_processes_and_any_order_give_the_same(made: Any) -> None:
    recipe, data = made
    dataset = live.PyDataset(recipe, input=data, batch_size=4)
    wanted = [plain(dataset[index][0]) for index in range(len(dataset))]
    again = pickle.loads(pickle.dumps(live.PyDataset(recipe, input=data, batch_size=4)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda index: plain(again[index][0]), reversed(range(len(again)))))
    assert all(np.array_equal(*pair) for pair in zip(wanted, reversed(found), strict=True))


def test_an_epoch_moves_on_only_when_it_was_given_out(shapes: Path) -> None:
    dataset = live.PyDataset({"image": STEPS}, input=shapes, batch_size=4)
    for epoch in range(2):
        for index in range(len(dataset)):
            dataset.on_epoch_end()  # as fit does before its first, and after it has tried a batch out
            assert dataset.epoch == epoch
            dataset[index]
        dataset.on_epoch_end()
    assert dataset.epoch == 2


FIT = """
import json, sys
import numpy as np, keras
from augment.keras import PyDataset

class Copies(PyDataset):
    def __getitem__(self, index):
        return {"copy": super().__getitem__(index)["copy"]}

class Seen(keras.Model):
    def __init__(self):
        super().__init__()
        self.layer, self.seen = keras.layers.Dense(1), []
    def call(self, x):
        return self.layer(keras.ops.cast(x["copy"], "float32")[:, None])
    def train_step(self, *data):
        self.seen.append(keras.ops.convert_to_numpy(data[-1]["copy"]).tolist())
        return ({"loss": 0.0}, data[0]) if keras.backend.backend() == "jax" else {"loss": 0.0}

for size, built, how in json.loads(sys.argv[3]):
    dataset = Copies(json.loads(sys.argv[1]), input=sys.argv[2], batch_size=size, mapping=True, **how)
    model = Seen()
    model.compile("sgd", run_eagerly=True)
    if built:
        model({"copy": np.zeros(1)})
    model.fit(dataset, epochs=1, shuffle=False, verbose=0)
    model.fit(dataset, epochs=2, shuffle=False, verbose=0)
    print(json.dumps([model.seen, dataset.epoch]))

dataset = PyDataset(json.loads(sys.argv[1]), input=sys.argv[2], batch_size=4)
model = keras.Sequential([keras.layers.Rescaling(1 / 255), keras.layers.Flatten(), keras.layers.Dense(3)])
model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
val = PyDataset({"image": []}, input=sys.argv[2], split="val")
history = model.fit(dataset, epochs=2, verbose=0, validation_data=val)
print(json.dumps([dataset.epoch, sorted(history.history)]))
"""


WORKING: list[dict[str, Any]] = [
    {},
    *({"workers": workers} for workers in (0, 2, 4)),
    {"workers": 1, "use_multiprocessing": True},
    {"workers": 4, "use_multiprocessing": True, "max_queue_size": 2},
]


@pytest.mark.parametrize("backend", BACKENDS)
def test_fit_sees_the_epochs_one_after_the_other(shapes: Path, tmp_path: Path, backend: str) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 3}, "image": [{"HorizontalFlip": {"p": 0.5}}]}
    ways = [(5, False, how) for how in WORKING] + [(5, True, WORKING[2])]
    ways += [(size, False, how) for size in (30, 1000) for how in WORKING[1:3]]  # what is tried out is all there is
    (tmp_path / "fit.py").write_text(FIT)
    command = [sys.executable, str(tmp_path / "fit.py"), json.dumps(recipe), str(shapes), json.dumps(ways)]
    ended = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": backend})
    assert ended.returncode == 0, ended.stderr[-2000:]
    *seen, trained = [json.loads(line) for line in ended.stdout.splitlines()]
    for (size, _, how), (batches, epoch) in zip(ways, seen, strict=True):
        epochs = [augment.stream(recipe, input=shapes, batch_size=size, epoch=number) for number in range(3)]
        assert batches == [[item.copy for item in batch] for epoch in epochs for batch in epoch], how
        assert epoch == 3
    assert trained == [2, ["accuracy", "loss", "val_accuracy", "val_loss"]]


@given(st.integers(2, 40), st.integers(1, 12), st.lists(st.booleans(), max_size=5), st.integers())
def test_what_keras_asks_for_next_is_known_ahead(batches: int, most: int, passes: list[bool], seed: int) -> None:
    guess, before = live._Guess(batches, most), random.getstate()
    random.seed(seed)
    try:
        for shuffled in passes:
            guess.begin()
            order, numbers = list(range(batches)), list(range(batches))
            state = random.getstate()
            random.shuffle(order)
            if not shuffled:
                random.setstate(state)
                if order[0] == 0:
                    continue  # the first batch does not tell which of the two it is
                order = numbers
            after = random.getstate()
            known = [list(guess.after(index)) for index in order]
            assert random.getstate() == after, "nothing is drawn from it"
            assert known == [order[place + 1 : place + 1 + most] for place in range(batches)]
    finally:
        random.setstate(before)


def test_an_order_that_is_not_foreseen_is_learnt_and_costs_little() -> None:
    guess = live._Guess(100, 10)
    ahead = [len(guess.after(index)) for index in (70, 30, 50, *range(10, 16), 3, 90)]
    assert ahead == [0, 0, 0, 0, 1, 3, 7, 10, 10, 0, 0]


@pytest.mark.parametrize("processes", [False, True])
def test_batches_are_said_by_epoch_and_number_however_they_are_asked_for(shapes: Path, processes: bool) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 3}, "image": STEPS}
    options = {"input": shapes, "batch_size": 4}
    dataset = live.PyDataset(recipe, workers=3, use_multiprocessing=processes, max_queue_size=3, **options)
    wanted = {epoch: list(augment.stream(recipe, epoch=epoch, **options)) for epoch in (0, 1, 5)}
    order = np.random.default_rng(3).permutation(len(dataset)).tolist()
    for epoch, indices in ((0, [0, 1]), (1, range(len(dataset))), (0, order), (5, [3, 2, 2, 3, 4]), (1, order)):
        dataset.set_epoch(epoch)
        for index in indices:
            x, y = dataset[index]
            pixels, labels = as_keras(wanted[epoch][index])
            assert np.array_equal(x, pixels) and y.tolist() == labels


def test_workers_end_with_their_dataset_and_what_they_leave_out_is_told(tmp_path: Path) -> None:
    psutil = pytest.importorskip("psutil")
    demo.draw(tmp_path, {"train": 2})
    (tmp_path / "train/circle/bad.png").write_bytes(b"no picture")
    recipe = {"expand": {"multiplier": 4}, "image": STEPS}
    found: list[int] = []
    for _ in range(3):
        dataset = live.PyDataset(recipe, input=tmp_path, batch_size=7, workers=2, use_multiprocessing=True)
        with pytest.warns(UserWarning, match=r"bad\.png.*left out"):
            assert sum(len(dataset[index][0]) for index in range(len(dataset))) == 24
        assert [skip.source for skip in dataset.skipped] == ["train/circle/bad.png"] * 4
        del dataset
        gc.collect()
        found.append(len(psutil.Process().children(recursive=True)))
    assert found[0] == found[1] == found[2], "only the server that workers come from stays"


def test_labels_as_weights_or_masks_and_objects_filled_up(shapes: Path, scenes: Path) -> None:
    recipe = {"image": [{"HorizontalFlip": {"p": 0.5}}]}
    numbers = live.PyDataset(recipe, input=shapes)[0][1]
    hot = live.PyDataset(recipe, input=shapes, labels="one-hot", dtype="float")[0]
    assert np.array_equal(hot[1], np.eye(3, dtype=np.float32)[numbers])
    assert hot[0].dtype == np.float32
    assert 0 <= hot[0].min() < 0.5 < hot[0].max() <= 1
    x, y = live.PyDataset(recipe, input=scenes, batch_size=100)[0]
    items = list(augment.stream(recipe, input=scenes))[:100]
    for item, boxes, labels in zip(items, y["boxes"], y["labels"], strict=True):
        count = len(item.annotations.instances)
        assert np.allclose(boxes[:count], [one.box for one in item.annotations.instances] or boxes[:0])
        assert labels[:count].all()
        assert not boxes[count:].any()
        assert not labels[count:].any()
    assert len(x) == len(y["boxes"])


def test_masks_as_targets_are_those_of_the_stream(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for folder, high in (("images", 256), ("masks", 3)):
        (tmp_path / folder).mkdir()
        for number in range(4):
            Image.fromarray(rng.integers(0, high, (12, 10), np.uint8)).save(tmp_path / folder / f"{number}.png")
    recipe = {"input": {"format": "masks"}, "image": [{"HorizontalFlip": {"p": 0.5}}]}
    x, y = live.PyDataset(recipe, input=tmp_path, labels="mask", batch_size=8)[0]
    for item, pixels, mask in zip(list(augment.stream(recipe, input=tmp_path))[:8], x, y, strict=True):
        assert np.array_equal(pixels, item.value[..., None])
        with Image.open(io.BytesIO(item.annotations.masks[INDEX])) as image:
            assert np.array_equal(mask, np.array(image))


def test_views_come_as_tuples(shapes: Path) -> None:
    recipe = {"views": 2, "image": STEPS}
    x, y = live.PyDataset(recipe, input=shapes, batch_size=4)[1]
    wanted = list(augment.stream(recipe, input=shapes, batch_size=4))[1]
    for place in range(2):
        assert np.array_equal(x[place], [views[place].value for views in wanted])
        assert y[place].tolist() == [views[place].label_index for views in wanted]


def test_sounds_are_filled_up_and_what_does_not_go_together_is_refused(sounds: Path, shapes: Path) -> None:
    longer = {"audio": [{"TimeStretch": {"min_rate": 0.8, "max_rate": 1.25, "p": 1}}]}
    with pytest.raises(AugmentError, match=r"\(frames, channels\); add FixedLength under prepare.audio"):
        live.PyDataset(longer, input=sounds)[0]
    found = live.PyDataset(longer, input=sounds, pad=0.0, mapping=True, shuffle=False)[0]
    items = list(augment.stream(longer, input=sounds, shuffle=False))[: len(found["value"])]
    for item, filled, length in zip(items, found["value"], found["lengths"], strict=True):
        assert length == item.value.shape[1]
        assert np.array_equal(filled[:length], item.value.T)
        assert not filled[length:].any()
    crops = {"image": [{"RandomCrop": {"height": 20, "width": 20, "p": 0.5}}]}
    with pytest.raises(AugmentError, match="add Resize or RandomCrop"):
        live.PyDataset(crops, input=shapes)[0]
    with pytest.raises(AugmentError, match="labels: expected int, one-hot or mask, got 'both'"):
        live.PyDataset(crops, input=shapes, labels="both")
    with pytest.raises(AugmentError, match="labels='one-hot'"):
        live.PyDataset({"image": [{"MixUp": {"p": 1}}]}, input=shapes)[0]
    with pytest.raises(TypeError, match="unexpected option 'size'"):
        live.PyDataset(crops, input=shapes, size=3)
    with pytest.raises(IndexError):
        live.PyDataset(crops, input=shapes)[99]


def test_bad_files_are_left_out_of_their_batch_and_told(tmp_path: Path) -> None:
    demo.draw(tmp_path, {"train": 2})
    bad = "train/circle/bad.png"
    (tmp_path / bad).write_bytes(b"\x89PNG no picture")
    recipe = {"expand": {"multiplier": 1}, "image": []}
    dataset = live.PyDataset(recipe, input=tmp_path)
    with pytest.warns(UserWarning, match=f"{bad}: .*; it is left out"):
        assert [len(part) for part in dataset[0]] == [6, 6]
    assert [skip.source for skip in dataset.skipped] == [bad]
    alone = live.PyDataset(recipe, input=tmp_path, batch_size=1, mapping=True)
    with pytest.warns(UserWarning, match="left out"):
        seen = [plain(alone[index]["source"])[0] for index in range(len(alone))]
    assert len(seen) == 7 and bad not in seen and len(set(seen)) == 6, "another stands in where a batch would be empty"
    for path in tmp_path.glob("train/*/*"):
        path.write_bytes(b"no picture")
    with (
        pytest.warns(UserWarning, match="left out"),
        pytest.raises(AugmentError, match="none of 7 sources could be made; the last one: "),
    ):
        live.PyDataset(recipe, input=tmp_path)[0]


@pytest.mark.parametrize("steps", [["ToFloat"], ["Normalize"], ["ToGray", "ToFloat"]])
def test_pictures_of_floats_are_pictures(tmp_path: Path, steps: list[Any]) -> None:
    rng = np.random.default_rng(3)
    for name, shape in (("gray", (9, 5)), ("rgb", (9, 5, 3))):
        (tmp_path / name).mkdir()
        Image.fromarray(rng.integers(0, 256, shape, np.uint8)).save(tmp_path / name / "a.png")
    recipe = {"prepare": {"image": steps}, "image": [], "expand": {"multiplier": 1}}
    wanted = {item.source: item.value for item in augment.stream(recipe, input=tmp_path)}
    for dtype in ("uint8", "float"):
        for batch in live.PyDataset(recipe, input=tmp_path, mapping=True, dtype=dtype, batch_size=1, pad=0.0):
            pixels = wanted[plain(batch["source"])[0]]
            pixels = pixels[..., None] if pixels.ndim == 2 else pixels
            assert batch["value"].dtype == np.float32 and np.array_equal(batch["value"][0], pixels)
            assert "lengths" not in batch


def test_wrong_use_is_told(shapes: Path, tmp_path: Path) -> None:
    with pytest.raises(
        TypeError, match=r"PyDataset\(\) got an unexpected option 'num_workers'; did you mean workers\?"
    ):
        live.PyDataset({"image": []}, input=shapes, num_workers=3)
    for wrong in ({"workers": -1}, {"workers": 1.5}, {"max_queue_size": 0}):
        with pytest.raises(AugmentError, match=f"{next(iter(wrong))}: expected a whole number"):
            live.PyDataset({"image": []}, input=shapes, **wrong)
    with pytest.raises(AugmentError, match="expected the number of a batch"):
        live.PyDataset({"image": []}, input=shapes)[0:2]
    demo.draw(tmp_path / "pictures", {"train": 1})
    demo.draw_sounds(tmp_path / "sounds", {"train": 1})
    with pytest.raises(
        AugmentError, match=r"a batch mixes (sounds and pictures|pictures and sounds); make a dataset of"
    ):
        live.PyDataset({"image": [], "audio": []}, input=tmp_path, batch_size=100)[0]
