"""Hugging Face data sets grow to exactly so many rows, with the same features, live or at once."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

datasets = pytest.importorskip("datasets")

import soundfile  # noqa: E402
from PIL import Image  # noqa: E402

import augment  # noqa: E402
from augment import catalog, demo  # noqa: E402
from augment.chance import Chance  # noqa: E402
from augment.engine.draw import draw  # noqa: E402
from augment.sample import Sample  # noqa: E402
from tests.conftest import STEPS  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
TEXTS = ["When will my new card arrive?", "Please cancel the second order today.", "The app crashes on every start."]


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def png(number: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(demo.picture("circle", number, 24)).save(out, "png")
    return out.getvalue()


def wav(number: int) -> bytes:
    out = io.BytesIO()
    samples = np.sin(np.arange(400) * (0.1 + number / 50)).astype(np.float32) / 4
    soundfile.write(out, samples, 8000, subtype="FLOAT", format="WAV")
    return out.getvalue()


def case(kind: str) -> tuple[Any, dict[str, Any], str]:
    names = datasets.ClassLabel(names=["cat", "dog"])
    if kind == "text":
        features = datasets.Features({"text": datasets.Value("string"), "label": names, "id": datasets.Value("int32")})
        data: dict[str, Any] = {"text": TEXTS}
        recipe: dict[str, Any] = {"text": [{"Typos": {"rate": 0.1, "p": 1}}]}
    elif kind == "image":
        features = datasets.Features({"image": datasets.Image(), "label": names, "id": datasets.Value("int32")})
        data, recipe = {"image": [{"bytes": png(n), "path": None} for n in range(3)]}, {"image": STEPS}
    else:
        cell = {"bytes": datasets.Value("binary"), "path": datasets.Value("string")}
        features = datasets.Features({"audio": cell, "label": names, "id": datasets.Value("int32")})
        data = {"audio": [{"bytes": wav(n), "path": None} for n in range(3)]}
        recipe = {"audio": [{"Gain": {"min_gain_db": -9, "max_gain_db": -3, "p": 1}}]}
    made = datasets.Dataset.from_dict({**data, "label": [0, 1, 0], "id": [7, 8, 9]}, features=features)
    return made if kind != "audio" else made.cast_column("audio", datasets.Audio()), recipe, kind


def raw(dataset: Any, kind: str) -> list[Any]:
    """The stored cells."""
    if kind == "text":
        return list(dataset["text"])
    plain = dataset.cast_column(kind, {"image": datasets.Image, "audio": datasets.Audio}[kind](decode=False))
    return [row["bytes"] for row in plain[kind]]


def value(cell: Any, kind: str) -> Any:
    modality = catalog.modality(kind)
    return modality.plain(modality.decode(cell.encode() if kind == "text" else cell))[0]


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
@pytest.mark.parametrize("keep", [True, False])
def test_it_grows_exactly(kind: str, keep: bool) -> None:
    dataset, recipe, _ = case(kind)
    recipe = {**recipe, "expand": {"keep_originals": keep}}
    grown = augment.hf.map(dataset, recipe, multiplier=3, seed=5)
    assert grown.features == dataset.features
    assert list(grown["id"]) == [7, 7, 7, 8, 8, 8, 9, 9, 9]
    assert list(grown["label"]) == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    before, after = raw(dataset, kind), raw(grown, kind)
    assert not keep or after[::3] == before, "originals are their own bytes"
    checked, modality = augment.load(recipe), catalog.modality(kind)
    for row in range(3):
        for place, copy in enumerate(range(3) if keep else range(1, 4)):
            decoded = modality.decode(before[row].encode() if kind == "text" else before[row])
            steps = draw(checked.steps[kind], Chance.of(5, str(row), copy).child(kind)) if copy else []
            sample, _ = modality.apply(Sample(decoded), steps, checked.labels_of(kind))
            assert np.array_equal(value(after[row * 3 + place], kind), modality.plain(sample.value)[0])


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
@pytest.mark.parametrize("epoch", [0, 2])
def test_live_it_is_the_same(kind: str, epoch: int) -> None:
    dataset, recipe, _ = case(kind)
    grown = augment.hf.map(dataset, recipe, multiplier=3, epoch=epoch)
    live = augment.hf.map(dataset, recipe, multiplier=3, epoch=epoch, with_transform=True)
    assert len(live) == len(grown) == 9
    cells = raw(grown, kind)
    for place in (8, 0, 3, 5):
        row = live[place]
        which = row["augment_row"] * 3 + place // 3
        seen = row[kind]["array"][None] if kind == "audio" else np.asarray(row[kind]) if kind == "image" else row[kind]
        assert np.array_equal(seen, value(cells[which], kind))
        assert (row["label"], row["id"]) == (grown["label"][which], grown["id"][which])
    again = pickle.loads(pickle.dumps(live))
    assert str(again[4][kind]) == str(live[4][kind]) if kind == "text" else True
    other = augment.hf.map(dataset, recipe, multiplier=3, epoch=epoch + 1)
    assert raw(other, kind)[1] != cells[1]


def test_a_copy_that_is_mirrored_has_the_other_class() -> None:
    dataset, _, _ = case("image")
    recipe = {"image": [{"HorizontalFlip": {"p": 1}}], "labels": {"flip_pairs": [["cat", "dog"]]}}
    grown = augment.hf.map(dataset, recipe, multiplier=2)
    assert list(grown["label"]) == [0, 1, 1, 0, 0, 1]


def test_rows_that_are_bad_are_left_out_and_told() -> None:
    dataset, recipe, _ = case("image")
    rows = [{"bytes": cell, "path": None} for cell in raw(dataset, "image")]
    rows[1]["bytes"] = b"nothing"
    bad = datasets.Dataset.from_dict({"image": rows}, features=datasets.Features({"image": datasets.Image()}))
    with pytest.warns(UserWarning, match="row 1: .*left out"):
        assert len(augment.hf.map(bad, recipe, multiplier=2)) == 4
    with pytest.raises(augment.AugmentError, match=r"row 1: .*on_error: stop"):
        augment.hf.map(bad, {**recipe, "on_error": "stop"}, multiplier=2)


def test_what_does_not_go_together_is_told() -> None:
    dataset, recipe, _ = case("image")
    two = dataset.add_column("caption", TEXTS).add_column("title", TEXTS)
    text = {"text": [{"Typos": {"p": 1}}]}
    for data, steps, more, said in [
        (dataset, text, {}, r"it has steps for text; the columns are image \(image\)"),
        (two, text, {}, "which of caption, title"),
        (two, text, {"column": "titel"}, "did you mean title"),
        (dataset, recipe, {"column": "id"}, "those with pictures, sounds or texts: image"),
        (dataset, recipe, {"label": "lable"}, "did you mean label"),
        ({"train": dataset}, recipe, {}, r"give one split, as in dataset\['train'\]"),
        (dataset, recipe, {"epoch": -1}, "epoch: expected"),
    ]:
        with pytest.raises(augment.AugmentError, match=said):
            augment.hf.map(data, steps, **more)
    assert list(augment.hf.map(two, text, column="title", multiplier=2)["caption"])[:2] == [TEXTS[0]] * 2
