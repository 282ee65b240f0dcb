"""Hugging Face data sets grow to exactly so many rows, with the same features, live or at once."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
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


@pytest.fixture
def lent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where inputs in memory are written; nothing stays."""
    folder = tmp_path / "lent"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.glob("augment-input-*")) == []


def tree(folder: Path) -> dict[str, bytes]:
    """All files of an output but the recipe, which names folders."""
    files = (file for file in folder.rglob("*") if file.is_file() and ".augment" not in file.parts)
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.name != "recipe.yaml"}


def told(items: Any) -> list[Any]:
    return [
        (item.source, item.copy, item.label, np.asarray(item.value).tobytes(), dict(item.fields)) for item in items
    ]


def chosen(dataset: Any) -> list[Any]:
    """Ways in which rows of a data set are others than those of its file."""
    far = dataset.with_format("numpy")
    return [
        dataset,
        far.shuffle(seed=3),
        dataset.select([2, 0]),
        dataset.filter(lambda number: number != 8, input_columns="id"),
    ]


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
def test_live_it_is_the_folder_that_it_is_saved_in(kind: str, tmp_path: Path, lent: Path) -> None:
    dataset, recipe, _ = case(kind)
    for number, rows in enumerate(chosen(dataset)):
        rows.with_format(None).save_to_disk(tmp_path / f"saved{number}")
        found = told(augment.stream(recipe, input=rows, multiplier=2))
        assert found == told(augment.stream(recipe, input=tmp_path / f"saved{number}", multiplier=2))
        own = [item[2] for item in found if item[1] == 0]
        assert sorted(own) == sorted(["cat", "dog"][label] for label in rows["label"])


@pytest.mark.parametrize("kind", ["image", "audio", "text"])
def test_as_an_input_it_is_the_folder_that_it_is_saved_in(kind: str, tmp_path: Path, lent: Path) -> None:
    dataset, recipe, _ = case(kind)
    rows = chosen(dataset)[1]
    rows.with_format(None).save_to_disk(tmp_path / "saved")
    said = {**recipe, "input": {"path": "elsewhere"}, "output": {"format": "webdataset"}}
    first, second = (
        augment.run(said, input=data, output=tmp_path / name, multiplier=3, executor="serial")
        for name, data in [("a", rows), ("b", tmp_path / "saved")]
    )
    assert first.outputs == 9 and tree(first.output) == tree(second.output)
    if kind == "image":
        third = augment.run(said, input=rows, output=tmp_path / "c", multiplier=3, workers=2)
        assert tree(third.output) == tree(first.output)
    whole = b"".join(file.read_bytes() for file in first.output.rglob("*") if file.is_file())
    assert b"augment-input-" not in whole, "where it lay for a while is told nowhere"
    checked = augment.verify(first.output, rederive=4, input=rows)
    assert (checked.rederived, checked.problems) == (4, [])
    with pytest.raises(augment.InputError, match="its input was in memory"):
        augment.verify(first.output, rederive=1)


@pytest.mark.parametrize("kind", ["image", "text"])
def test_it_holds_what_a_folder_of_files_holds(kind: str, tmp_path: Path, lent: Path) -> None:
    dataset, recipe, _ = case(kind)
    for number, cell in enumerate(raw(dataset, kind)):
        file = tmp_path / "files" / ["cat", "dog", "cat"][number] / f"{number}.{'txt' if kind == 'text' else 'png'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(cell.encode() if kind == "text" else cell)
    found = [
        sorted((item.label, str(np.asarray(item.value).tolist())) for item in live)
        for live in (augment.stream(recipe, input=data, multiplier=1) for data in (dataset, tmp_path / "files"))
    ]
    assert found[0] == found[1]


def test_splits_stay_apart(tmp_path: Path, lent: Path) -> None:
    dataset, recipe, _ = case("image")
    parts = {"train": dataset, "validation": dataset.select([1]), "odd one": dataset.select([0, 2])}
    whole = datasets.DatasetDict({**parts, "none": dataset.select([])})
    result = augment.run(recipe, input=whole, output=tmp_path / "out", multiplier=4, executor="serial")
    assert {name: split["outputs"] for name, split in result.manifest["splits"].items()} == {
        "train": 12,
        "validation": 1,
        "odd one": 2,
    }


def test_a_stream_keeps_its_input_and_nothing_else_does(lent: Path) -> None:
    dataset, recipe, _ = case("image")
    whole = told(augment.stream(recipe, input=dataset, multiplier=3))
    assert list(lent.glob("augment-input-*")) == []
    live = augment.stream(recipe, input=dataset, multiplier=3, workers=2)
    assert told(live) == whole
    live.set_epoch(0)
    again = pickle.loads(pickle.dumps(live))
    del live
    again.workers = 0
    assert told(again) == whole, "a copy in the same process keeps it, too"
    again.set_epoch(0)
    script = "import pickle, sys; print(len(list(pickle.load(sys.stdin.buffer))))"
    done = subprocess.run([sys.executable, "-c", script], input=pickle.dumps(again), capture_output=True, timeout=60)
    assert done.stdout.split() == [b"9"], done.stderr
    if hasattr(os, "fork"):
        child = os.fork()
        if child == 0:
            del again
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert told(again) == whole, "no other process takes it away"


def test_it_goes_through_a_loader_of_pytorch(lent: Path) -> None:
    torch = pytest.importorskip("torch")
    import augment.torch

    dataset, recipe, _ = case("image")
    live = augment.torch.IterableDataset(recipe, input=dataset, multiplier=3, mapping=True)
    loader = torch.utils.data.DataLoader(live, batch_size=None, num_workers=2)
    assert len(list(loader)) == 9


@pytest.mark.slow
def test_killed_it_goes_on_with_the_same_data_set(tmp_path: Path, lent: Path) -> None:
    rows = [{"bytes": png(number % 9), "path": f"{number}.png"} for number in range(30)]
    dataset = datasets.Dataset.from_dict({"image": rows}).cast_column("image", datasets.Image()).shuffle(seed=1)
    dataset.save_to_disk(tmp_path / "saved")
    recipe = {"image": STEPS, "expand": {"multiplier": 30}, "output": {"shard_size": 100}}
    script = f"""
        import augment, datasets, sys
        if __name__ == "__main__":
            data = datasets.load_from_disk({str(tmp_path / "saved")!r})
            augment.run({recipe!r}, input=data, output=sys.argv[1], executor="serial")
    """
    (tmp_path / "go.py").write_text(textwrap.dedent(script))
    out = tmp_path / "killed"
    own = {**os.environ, "TMPDIR": str(tmp_path)}  # what is killed leaves its folder behind
    run = subprocess.Popen([sys.executable, str(tmp_path / "go.py"), str(out)], start_new_session=True, env=own)
    try:
        begun = time.monotonic()
        while not list(out.glob(".augment/chunks/*.chunk")) and run.poll() is None and time.monotonic() < begun + 60:
            time.sleep(0.01)
    finally:
        os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
        run.wait()
    assert not (out / "manifest.json").exists()
    made = augment.run(recipe, input=datasets.load_from_disk(tmp_path / "saved"), output=out, executor="serial")
    assert 0 < made.made < 900 == made.outputs
    augment.run(recipe, input=dataset, output=tmp_path / "whole", executor="serial")
    assert tree(out) == tree(tmp_path / "whole")


@pytest.mark.parametrize(
    ("format", "kind"),
    [
        ("parquet", "image"),
        ("parquet", "text"),
        ("csv", "text"),
        ("jsonl", "text"),
        ("webdataset", "image"),
        ("folder", "image"),
    ],
)
def test_what_is_written_opens_again(tmp_path: Path, lent: Path, format: str, kind: str) -> None:
    dataset, recipe, _ = case(kind)
    whole = datasets.DatasetDict({"train": dataset, "test": dataset.select([1])})
    settings = [f"output.format={format}", *(["output.image.format=png"] if kind == "image" else [])]
    augment.run(recipe, input=whole, output=tmp_path / "out", multiplier=3, executor="serial", settings=settings)
    back = augment.hf.load(tmp_path / "out")
    assert {name: len(part) for name, part in back.items()} == {"train": 9, "test": 1}
    column = {"webdataset": "png"}.get(format, kind)
    if format != "folder":
        test = back["test"] if column == kind else back["test"].rename_column(column, kind)
        assert raw(test, kind) == raw(dataset, kind)[1:2]


def test_what_is_no_input_is_told(tmp_path: Path, lent: Path) -> None:
    dataset, recipe, _ = case("text")
    for bad, said in [
        (3.5, "got float"),
        (dataset.to_iterable_dataset(), "without streaming=True"),
        (dataset.features, "got Features"),
        (dataset.select([]), "got one with none"),
        (datasets.DatasetDict(), "got one with none"),
    ]:
        with pytest.raises(augment.InputError, match=said):
            augment.plan(recipe, input=bad)
    with pytest.raises(augment.RecipeError):
        augment.plan({"text": [{"Typo": {}}]}, input=dataset)
    with pytest.raises(augment.AugmentError, match="no manifest"):
        augment.hf.load(tmp_path)
    augment.run(recipe, input=dataset, output=tmp_path / "out", executor="serial", settings=["output.format=folder"])
    with pytest.raises(augment.AugmentError, match="webdataset, or folder with pictures or sounds, got folder"):
        augment.hf.load(tmp_path / "out")
