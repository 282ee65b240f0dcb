"""Annotations beside a value: JSON that keeps all of them, masks under names that loaders can take, dataset.json.

The random annotations that other tests of writers and readers draw are here too.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augment import catalog, masks
from augment.annotations import INDEX, Annotations, Instance, bounds, restored
from augment.sample import Category, Dataset, Record
from augment.writers import _annotations, folder
from augment.writers import webdataset as tars

SIZE = (40, 30)
CAT, PERSON = Category("cat", fields={"id": 17}), Category("person", ("nose", "left_eye"), {"supercategory": "☃"})
DATASET = Dataset((CAT, PERSON), ("a", "b"), spatial=True, fields={"void": 255, "info": {"year": 2017}})

HANDLES = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The webdataset library leaves its files open for the garbage collector."""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
facts = st.dictionaries(texts, json_values, max_size=3)


def spots(limit: int) -> st.SearchStrategy[float]:
    return st.floats(0, limit, width=32)


def png(pixels: Any, palette: bool = False) -> bytes:
    picture = Image.fromarray(np.asarray(pixels))
    if palette:
        picture = picture.convert("L")
        picture.putpalette([7, 8, 9] * 256)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@st.composite
def rings(draw: st.DrawFn) -> tuple[float, ...]:
    x, y = draw(st.integers(0, 30)), draw(st.integers(0, 20))
    width, height = draw(st.integers(2, 9)), draw(st.integers(2, 9))
    return (
        x + 0.25,
        y + 0.0,
        x + width + 0.5,
        y + 0.0,
        x + width + 0.0,
        y + height + 0.125,
        x + 0.0,
        y + height + 0.0,
    )


@st.composite
def lengths(draw: st.DrawFn) -> dict[str, Any]:
    pixels = np.zeros(SIZE[::-1], bool)
    x, y = draw(st.integers(0, 30)), draw(st.integers(0, 20))
    pixels[y : y + draw(st.integers(1, 9)), x : x + draw(st.integers(1, 9))] = True
    return masks.run_lengths(pixels)


@st.composite
def instances(draw: st.DrawFn, kinds: tuple[str, ...] = ("box", "rings", "lengths", "points")) -> Instance:
    kind = draw(st.sampled_from(kinds))
    label = "person" if kind == "points" else draw(st.sampled_from(["cat", "person"]))
    more: dict[str, Any] = {"label": label, "crowd": draw(st.booleans()), "fields": draw(facts)}
    if kind == "rings":
        polygons = tuple(draw(st.lists(rings(), min_size=1, max_size=3)))
        return Instance(polygons=polygons, box=bounds(polygons), **more)
    if kind == "lengths":
        rle = draw(lengths())
        return Instance(rle=rle, box=masks.box(rle), **more)
    x, y = draw(spots(30)), draw(spots(20))
    box = (x, y, x + draw(st.floats(1, 10, width=32)), y + draw(st.floats(1, 10, width=32)))
    points = st.tuples(spots(40), spots(30), st.integers(0, 2))
    return Instance(box=box, keypoints=(draw(points), draw(points)) if kind == "points" else (), **more)


@st.composite
def bitmaps(draw: st.DrawFn) -> bytes:
    depth = draw(st.sampled_from([np.uint8, np.uint16]))
    pixels = np.zeros(SIZE[::-1], depth)
    pixels[draw(st.integers(0, 29)) :, draw(st.integers(0, 39)) :] = draw(st.integers(1, np.iinfo(depth).max))
    return png(pixels, palette=depth is np.uint8 and draw(st.booleans()))


@st.composite
def annotated(draw: st.DrawFn, masked: bool = True) -> Annotations:
    """Anything that a picture of SIZE may have."""
    names = st.sampled_from([INDEX, "road", "Road", "a/b", "..", "日本", "x" * 200, "mask.png", "con"])
    return Annotations(
        instances=tuple(draw(st.lists(instances(), max_size=3))),
        masks=draw(st.dictionaries(names, bitmaps(), max_size=3)) if masked else {},
        captions=tuple(draw(st.lists(texts, max_size=2))),
        classes=draw(st.sampled_from([{}, {"a": 0.25, "b": 0.75}])),
        size=SIZE,
        fields=draw(facts),
    )


def record(number: int, annotations: Annotations | None = None, **other: Any) -> Record:
    found: dict[str, Any] = {
        "key": f"photo_{number}-0123456789abcdef-{number:04d}",
        "data": bytes([number % 256]) * (number + 1),
        "extension": "jpg",
        "modality": "image",
        "split": "train",
        "label": None,
        "label_index": None,
        "source": f"süß {number}.jpg",
        "copy": number,
    }
    return Record(**{**found, **other}, annotations=annotations)


@given(annotated(), facts)
@settings(deadline=None)
def test_the_json_beside_a_value_keeps_everything(found: Annotations, fields: dict[str, Any]) -> None:
    own = {"label": "x", "copy": 1}
    told = json.loads(_annotations.as_json(_annotations.beside(own, fields, found)))
    assert {name: told.pop(name) for name in own} == own
    kept = told.pop("annotations")
    names = kept.pop("masks", {})
    assert set(names) == set(found.masks)
    assert restored(kept, found.masks) == found
    clash = told.pop("fields", {})
    assert {**told, **clash} == fields


def test_names_of_masks_stay_apart_and_suit_loaders() -> None:
    names = [
        "",
        "road",
        "Road",
        "ROAD",
        "a b",
        "a-b",
        "a.b",
        "a/b",
        "..",
        "mask",
        "日",
        "本",
        "x" * 32,
        "x" * 33,
        "y" * 900,
    ]
    names += ["road~1", "json", "cls", "~", "\ud800"]
    endings = [_annotations.ending(name) for name in names]
    assert len({ending.lower() for ending in endings}) == len(names)
    for ending in endings:
        assert ending.endswith("mask.png")
        assert ending.isascii()
        assert "/" not in ending
        assert len(ending) < 64
    assert endings[:2] == ["mask.png", "road.mask.png"]


@HANDLES
@pytest.mark.parametrize("extension", ["jpg", "png"])
def test_the_webdataset_library_finds_picture_and_masks(tmp_path: Path, extension: str) -> None:
    mask = png(np.ones((3, 4), np.uint8))
    found = Annotations(masks={INDEX: mask, "road": mask + b"1", "Tree, big": mask + b"2"}, size=(4, 3))
    one = record(0, found, extension=extension, key="k" * 90)
    tars.assemble(tmp_path, "s.tar", [tars.render(one, DATASET)])
    (sample,) = webdataset.WebDataset(str(tmp_path / "s.tar"), shardshuffle=False, empty_check=False)
    assert (sample["__key__"], sample[extension]) == (one.key, one.data)
    assert (sample["mask.png"], sample["road.mask.png"]) == (mask, mask + b"1")
    names = json.loads(sample["json"])["annotations"]["masks"]
    assert sample[names["Tree, big"]] == mask + b"2"
    assert tars.extract(tmp_path, "s.tar", one.key) == one.data


def test_a_png_is_not_taken_for_its_mask(tmp_path: Path) -> None:
    one = record(0, Annotations(masks={INDEX: b"the mask"}, size=SIZE), extension="png", data=b"the picture")
    packed = tars.render(one, DATASET)
    tars.assemble(tmp_path, "s.tar", [packed])
    assert tars.extract(tmp_path, "s.tar", one.key) == b"the picture"


def test_a_class_folder_has_all_of_it_beside_the_picture(tmp_path: Path) -> None:
    found = Annotations((Instance("cat", (1, 2, 3, 4)),), masks={INDEX: b"i", "road": b"r"}, size=SIZE)
    one = record(0, found, label="street", fields={"speaker": "ü", "annotations": [1]})
    written = folder.assemble(tmp_path, folder.shard("train", 0), [folder.render(one, DATASET)])
    home = f"train/street/{one.key}"
    assert [(item.name, item.samples) for item in written] == [
        (f"{home}.jpg", 1),
        (f"{home}.json", 0),
        (f"{home}.mask.png", 0),
        (f"{home}.road.mask.png", 0),
    ]
    told = json.loads((tmp_path / f"{home}.json").read_text(encoding="utf-8"))
    assert (told["speaker"], told["fields"]) == ("ü", {"annotations": [1]})
    assert told["annotations"].pop("masks") == {"": "mask.png", "road": "road.mask.png"}
    assert restored(told["annotations"], found.masks) == found
    assert folder.extract(tmp_path, written[0].name, one.key) == one.data


@pytest.mark.parametrize("name", ["webdataset", "parquet", "folder", "masks"])
def test_the_whole_is_described_where_there_is_more_than_classes(tmp_path: Path, name: str) -> None:
    writer = catalog.writer(name)
    assert writer.conclude(tmp_path / "plain", Dataset(classes=("a", "b"))) == []
    first = writer.conclude(tmp_path, DATASET)[0]
    assert first.name == "dataset.json"
    told = json.loads((tmp_path / "dataset.json").read_text(encoding="utf-8"))
    assert told["categories"] == [
        {"name": "cat", "fields": {"id": 17}},
        {"name": "person", "keypoints": ["nose", "left_eye"], "fields": {"supercategory": "☃"}},
    ]
    assert (told["spatial"], told["classes"], told["fields"]) == (True, ["a", "b"], dict(DATASET.fields))
    assert writer.conclude(tmp_path, DATASET)[0] == first


def test_tables_of_one_data_set_have_the_same_columns(tmp_path: Path) -> None:
    writer = catalog.writer("parquet")
    mixed = record(1, Annotations(classes={"a": 0.5, "b": 0.5}, size=SIZE))
    masked = record(2, Annotations(masks={INDEX: b"png", "road": b"gnp"}, size=SIZE))
    for number, one in enumerate([record(0), mixed, masked]):
        writer.assemble(tmp_path, f"{number}.parquet", [writer.render(one, Dataset())])
    tables = [pq.read_table(tmp_path / f"{number}.parquet") for number in range(3)]
    assert tables[0].schema.equals(tables[1].schema, check_metadata=True)
    assert tables[0].schema.equals(tables[2].schema, check_metadata=True)
    assert [table["annotations"][0].is_valid for table in tables] == [False, True, True]
    assert tables[2]["masks"].to_pylist() == [[{"name": "", "bytes": b"png"}, {"name": "road", "bytes": b"gnp"}]]
    features = json.loads(tables[0].schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == tables[0].column_names


def test_text_that_is_no_unicode_does_not_break_a_table(tmp_path: Path) -> None:
    writer = catalog.writer("parquet")
    odd = record(0, Annotations(captions=("\ud800",), size=SIZE))
    writer.assemble(tmp_path, "s.parquet", [writer.render(odd, Dataset())])
    told = json.loads(pq.read_table(tmp_path / "s.parquet")["annotations"][0].as_py())
    assert told["captions"] == ["\ud800"]


@given(annotated())
@settings(deadline=None)
def test_packing_keeps_everything(found: Annotations) -> None:
    from augment.writers import _record

    one = replace(record(3, found), fields={"annotations": 1})
    assert _record.unpack(_record.pack(one)) == one
