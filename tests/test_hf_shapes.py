"""What Hugging Face data sets have besides the usual: texts in columns, old lists, turned photos, lost files."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

datasets = pytest.importorskip("datasets")

import soundfile  # noqa: E402
from PIL import Image  # noqa: E402

import augment  # noqa: E402
from augment import catalog, demo  # noqa: E402
from augment.annotations import Annotations, Instance  # noqa: E402
from augment.hf.objects import Objects  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
datasets.disable_progress_bars()

STRING, FLOAT, INT = datasets.Value("string"), datasets.Value("float32"), datasets.Value("int64")
TYPOS = {"text": [{"Typos": {"rate": 0.5, "p": 1}}]}
FLIP = {"image": [{"HorizontalFlip": {"p": 1}}]}
TEXTS = ["Ada left Rome in May", "Bob ran to the river"]


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def of(rows: list[dict[str, Any]], features: dict[str, Any]) -> Any:
    return datasets.Dataset.from_list(rows, features=datasets.Features(features))


def saved(picture: Image.Image, kind: str, **options: Any) -> dict[str, Any]:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return {"bytes": out.getvalue(), "path": None}


PAIR = {"en": STRING, "meta": {"fr": STRING}}


@pytest.mark.parametrize("names", [["t.en"], ["t.meta.fr", "t.en"], ["plain", "t.meta.fr"]])
def test_texts_inside_columns_are_changed_where_they_stand(names: list[str]) -> None:
    rows = [
        {"t": {"en": text, "meta": {"fr": None if place else text}}, "plain": text} for place, text in enumerate(TEXTS)
    ]
    dataset = of(rows, {"t": PAIR, "plain": STRING})
    grown = augment.hf.map(dataset, TYPOS, columns=names, multiplier=3)
    assert grown.features == dataset.features and list(grown)[::3] == list(dataset)
    for number, row in enumerate(grown):
        own: Any = rows[number // 3]
        for name, text, given in (
            ("t.en", row["t"]["en"], own["t"]["en"]),
            ("t.meta.fr", row["t"]["meta"]["fr"], own["t"]["meta"]["fr"]),
            ("plain", row["plain"], own["plain"]),
        ):
            assert (text != given) == (name in names and number % 3 > 0 and given is not None)
    live = augment.hf.map(dataset, TYPOS, columns=names, multiplier=3, with_transform=True)
    for row in live:
        same = grown[row["augment_row"] * 3 + row["augment_copy"]]
        assert {name: row[name] for name in same} == same


def test_texts_inside_columns_are_told() -> None:
    pair = datasets.Translation(languages=["en", "fr"])
    dataset = of([{"id": "1", "translation": {"en": "a b", "fr": "c d"}}], {"id": STRING, "translation": pair})
    for column in (None, "translation"):
        with pytest.raises(augment.AugmentError, match=r"columns=\['translation.en', 'translation.fr'\]"):
            augment.hf.map(dataset, TYPOS, column=column)


PLACES: list[tuple[Any, Any]] = [
    ({"a": [{"from": INT, "to": INT}]}, {"a": [{"from": 0, "to": 8}]}),
    ([{"offset": INT, "length": INT}], [{"offset": 4, "length": 4}]),
]


@pytest.mark.parametrize(("feature", "value"), PLACES)
@pytest.mark.parametrize("column", ["text", "doc.text"])
def test_places_in_unknown_shapes_never_stay_behind(feature: Any, value: Any, column: str) -> None:
    row = {"text": TEXTS[0], "doc": {"text": TEXTS[0]}, "marks": value}
    dataset = of([row], {"text": STRING, "doc": {"text": STRING}, "marks": feature})
    for live in (False, True):
        with pytest.raises(augment.AugmentError, match=rf"Typos moves what marks says the place of in {column}"):
            augment.hf.map(dataset, TYPOS, column=column, multiplier=2, with_transform=live)
    allowed = {"text": [{"Typos": {"rate": 0.5, "p": 1, "allow_label_change": True}}]}
    assert augment.hf.map(dataset, allowed, column=column, multiplier=2)["marks"][:] == [value] * 2


TIMES: list[tuple[Any, Any]] = [
    ([{"word": STRING, "start": FLOAT, "end": FLOAT}], [{"word": "hi", "start": 0.0, "end": 0.5}]),
    ({"onset": datasets.List(FLOAT), "label": datasets.List(STRING)}, {"onset": [0.0], "label": ["x"]}),
    ([{"text": STRING, "timestamp": datasets.List(FLOAT)}], [{"text": "hi", "timestamp": [0.0, 0.5]}]),
    ([{"start_ms": INT}], [{"start_ms": 3}]),
]


@pytest.mark.parametrize(("feature", "value"), TIMES)
def test_times_never_stay_behind(feature: Any, value: Any) -> None:
    out = io.BytesIO()
    soundfile.write(out, np.sin(np.arange(800) / 9).astype(np.float32) / 4, 8000, format="WAV")
    row = {"audio": {"bytes": out.getvalue(), "path": None}, "turns": value}
    dataset = of([row], {"audio": {"bytes": datasets.Value("binary"), "path": STRING}, "turns": feature})
    dataset = dataset.cast_column("audio", datasets.Audio())
    with pytest.raises(augment.AugmentError, match=r"TimeStretch moves what turns says the place of in audio"):
        augment.hf.map(dataset, {"audio": [{"TimeStretch": {"p": 1}}]}, multiplier=2)
    gain = {"audio": [{"Gain": {"min_gain_db": -9, "max_gain_db": -3, "p": 1}}]}
    assert augment.hf.map(dataset, gain, multiplier=2).remove_columns("audio")["turns"][:] == [value] * 2


@pytest.mark.parametrize("turn", [1, 5, 6, 7, 8])  # others have the same size both ways up: nothing tells
@pytest.mark.parametrize("live", [False, True])
def test_boxes_of_turned_photos_are_where_their_sizes_say(turn: int, live: bool) -> None:
    picture = Image.new("RGB", (64, 48))
    picture.paste((255, 0, 0), (8, 8, 32, 24))
    exif = Image.Exif()
    exif[0x112] = turn
    photo = saved(picture, "JPEG", exif=exif.tobytes(), quality=98, subsampling=0)
    objects = {"bbox": [[8, 8, 24, 16]], "category": [0]}
    listed = {"bbox": datasets.List(datasets.List(FLOAT)), "category": datasets.List(INT)}
    features = {"image": datasets.Image(), "width": INT, "height": INT, "objects": listed}
    dataset = of([{"image": photo, "width": 64, "height": 48, "objects": objects}], features)
    grown = augment.hf.map(dataset, FLIP, multiplier=2, with_transform=live)
    for row in [grown[0], grown[1]] if live else [grown[1]]:  # stored originals stay, to the byte
        ys, xs = np.nonzero(np.asarray(row["image"])[..., 0] > 128)
        x, y, w, h = row["objects"]["bbox"][0]
        assert (row["width"], row["height"]) == row["image"].size
        assert np.allclose([x, y, x + w, y + h], [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1], atol=1)


MASKS = [("P", "GIF", "P"), ("I", "TIFF", "I;16"), ("I;16", "TIFF", "I;16")]


@pytest.mark.parametrize(("mode", "kind", "after"), MASKS)
@pytest.mark.parametrize("most", [5, 250])
def test_masks_in_other_files_keep_their_mode(mode: str, kind: str, after: str, most: int) -> None:
    values = (np.indices((24, 32)).sum(0) % most).astype(np.uint8)
    mask = Image.fromarray(values if mode == "P" else values.astype(np.int32 if mode == "I" else np.uint16))
    if mode == "P":
        mask.putpalette([value for number in range(256) for value in (number, 255 - number, 7)])
    row = {"image": saved(Image.fromarray(demo.picture("circle", 1, 32)).crop((0, 0, 32, 24)), "PNG")}
    dataset = of([row | {"mask": saved(mask, kind)}], {"image": datasets.Image(), "mask": datasets.Image()})
    own = dataset[0]["mask"]
    made = augment.hf.map(dataset, FLIP, multiplier=2)[1]["mask"]
    assert made.mode == after
    assert np.array_equal(np.asarray(made), np.asarray(own)[:, ::-1])
    if mode == "P":
        assert np.array_equal(np.asarray(made.convert("RGB")), np.asarray(own.convert("RGB"))[:, ::-1])


class Sequence:
    """As datasets before 4 has it: cells of one of structs are structs of lists."""

    def __init__(self, feature: Any) -> None:
        self.feature = feature


def test_old_releases_lists_are_known() -> None:
    kinds: dict[str, Any] = {"bbox": FLOAT, "category": INT, "area": FLOAT, "segmentation": FLOAT}
    old = {**kinds, "bbox": [FLOAT], "segmentation": [Sequence(FLOAT)]}
    new = {**kinds, "bbox": datasets.List(FLOAT), "segmentation": datasets.List(datasets.List(FLOAT))}
    items = [{"bbox": [1.0, 2.0, 8.0, 4.0], "category": 0, "area": 32.0, "segmentation": [[1.0, 2, 9, 2, 9, 6]]}]
    lists = {name: [item[name] for item in items] for name in kinds}
    pairs = [
        (Objects("o", [old], ()), Objects("o", datasets.List(new), ()), items),
        (Objects("o", Sequence(old), ()), Objects("o", {name: datasets.List(new[name]) for name in new}, ()), lists),
    ]
    for before, after, cell in pairs:
        assert before.unread() == after.unread() == []
        marked = after._read(cell, 0)
        moved = [SimpleNamespace(**{name: getattr(one, name) for name in one.__slots__}) for one in marked]
        found = Annotations(
            tuple(Instance(**{**one.__dict__, "box": (0.0, 2.0, 8.0, 6.0)}) for one in moved),
            size=(32, 24),
        )
        made = [one.cell(found, 0, lambda _, cell=cell: {"o": cell}) for one in (before, after)]  # type: ignore[misc]
        assert made[0] == made[1] and type(made[0]) is type(cell)


def test_files_that_are_gone_cost_their_rows_alone(tmp_path: Path) -> None:
    for number in range(4):
        Image.fromarray(demo.picture("circle", number, 16)).save(tmp_path / f"{number}.png")
    names = [str(tmp_path / f"{number}.png") for number in (0, 1, 2, 3)]
    dataset = datasets.Dataset.from_dict({"image": names}).cast_column("image", datasets.Image())
    (tmp_path / "2.png").unlink()
    with pytest.warns(UserWarning, match=r"the files of 1 of 4 rows are gone, the first is .*2\.png of row 2"):
        items = list(augment.stream(FLIP, input=dataset, multiplier=2))
    assert len(items) == 6
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        assert len(list(augment.stream(FLIP, input=dataset.select([0, 3]), multiplier=2))) == 4
    assert not [one for one in seen if "gone" in str(one.message)]


def test_data_sets_are_saved_under_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(datasets.Dataset, "save_to_disk", lambda _, folder, **__: seen.append(folder))
    monkeypatch.setattr(datasets.DatasetDict, "save_to_disk", lambda _, folder, **__: seen.append(folder))
    one = datasets.Dataset.from_dict({"text": TEXTS})
    for value in (one, datasets.DatasetDict(train=one)):
        catalog.module("lenders", "datasets").write(value, tmp_path)
    assert seen == [str(tmp_path)] * 2, "datasets before 3.1 takes no Path where fsspec is new"


def test_what_is_streamed_is_told_how_to_be_loaded() -> None:
    rows = datasets.Dataset.from_dict({"text": TEXTS}).to_iterable_dataset()
    with pytest.raises(augment.AugmentError, match=r"got IterableDataset; load it without streaming=True"):
        augment.hf.map(rows, TYPOS)


def test_only_texts_belong_together() -> None:
    row = {"image": saved(Image.new("RGB", (8, 8)), "PNG"), "caption": "a b c"}
    dataset = of([row], {"image": datasets.Image(), "caption": STRING})
    with pytest.raises(augment.AugmentError, match=r"which of image, caption, as in column='image'$"):
        augment.hf.map(dataset, {**FLIP, **TYPOS})
