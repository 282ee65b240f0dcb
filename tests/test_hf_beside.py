"""What stands beside the pictures of a Hugging Face data set follows them, in the columns and form that it came in."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

datasets = pytest.importorskip("datasets")

from PIL import Image  # noqa: E402

import augment  # noqa: E402
from augment import demo, masks  # noqa: E402
from tests.hf_rows import cells, read, wanted  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
datasets.disable_progress_bars()

STRING, FLOAT, INT = datasets.Value("string"), datasets.Value("float32"), datasets.Value("int64")
CATEGORIES = ["cat", "dog", "never"]
CLASSES = datasets.ClassLabel(names=CATEGORIES)
SIDE = 40
MOVES: list[dict[str, Any]] = [
    {"HorizontalFlip": {"p": 1}},
    {"RandomRotate90": {"p": 1}},
    {"RandomCrop": {"height": 24, "width": 28, "p": 1}},
    {"Rotate": {"limit": 40, "p": 1}},
    {"CoarseDropout": {"p": 1}},
    {"GaussNoise": {"p": 1}},
]


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def png(pixels: Any, mode: str | None = None) -> dict[str, Any]:
    out = io.BytesIO()
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(out, "png")
    return {"bytes": out.getvalue(), "path": None}


def picture(number: int) -> dict[str, Any]:
    return png(demo.picture("circle", number, SIDE))


OBJECTS = st.lists(
    st.tuples(*[st.floats(-6, 44, width=32)] * 2, *[st.floats(0, 30, width=32)] * 2, st.integers(0, 1)), max_size=4
)


@st.composite
def pictured(draw: Any) -> tuple[Any, str, str]:
    """A data set with boxes in any of their forms, the type of its numbers, and what its areas are of."""
    kind = draw(st.sampled_from(["float32", "float64", "int64"]))
    of = draw(st.sampled_from(["box", "mask", "other"]))
    beside = draw(st.booleans())
    category = draw(st.sampled_from([CLASSES, STRING, datasets.Value("int64")]))
    number = datasets.Value(kind)
    features = {
        "bbox": datasets.List(number, length=4),
        "category": category,
        "area": datasets.Value("float64"),
        "id": INT,
        "note": datasets.List(STRING),
        **({"segmentation": datasets.List(datasets.List(number))} if of == "mask" else {}),
    }
    rows, count = [], 0
    for listed in draw(st.lists(OBJECTS, min_size=1, max_size=3)):
        items = []
        for x, y, w, h, label in listed:
            if kind == "int64":
                x, y, w, h = map(round, (x, y, w, h))
            count += 1
            item = {"bbox": [x, y, w, h], "category": CATEGORIES[label] if category is STRING else label, "id": count}
            item |= {"area": w * h * (1 if of == "box" else 0.5), "note": [f"n{count}"]}
            if of == "mask":
                item["segmentation"] = [[x, y, x + w, y, x, y + h]]
            items.append(item)
        rows.append(items)
    told: Any = [features]
    if beside:
        told = {name: datasets.List(feature) for name, feature in features.items()}
        rows = [{name: [item[name] for item in items] for name in features} for items in rows]  # type: ignore[misc]
    data = {"image": [picture(row) for row in range(len(rows))], "objects": rows, "row": list(range(len(rows)))}
    whole = datasets.Features({"image": datasets.Image(), "objects": told, "row": INT})
    return datasets.Dataset.from_dict(data, features=whole), kind, of


def listed(cell: Any) -> list[dict[str, Any]]:
    if isinstance(cell, list):
        return cell
    return [dict(zip(cell, values, strict=True)) for values in zip(*cell.values(), strict=True)]


@given(case=pictured(), step=st.sampled_from(MOVES))
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_boxes_are_where_the_steps_have_put_them(case: tuple[Any, str, str], step: dict[str, Any]) -> None:
    dataset, kind, of = case
    recipe = {"image": [step]}
    grown = augment.hf.map(dataset, recipe, multiplier=3)
    assert grown.features == dataset.features
    assert cells(grown)[::3] == cells(dataset), "originals stay, to the byte"
    close = {"float32": 1e-3, "float64": 1e-9, "int64": 1.0}[kind]
    whole, now = read(grown)
    own = {item["id"]: item for row in dataset["objects"] for item in listed(row)}
    for place, (sample, content, row) in enumerate(
        zip(wanted(dataset, recipe, "image", 3), now, grown["objects"], strict=True)
    ):
        assert content.annotations is not None
        expected, found = sample.annotations.instances, content.annotations.instances
        assert [one.label for one in found] == [one.label for one in expected]
        for one, other, item in zip(found, expected, listed(row), strict=True):
            assert one.box and other.box and np.allclose(one.box, other.box, rtol=0, atol=close)
            given_item = own[item["id"]]
            assert item["id"] == other.fields["id"] and item["note"] == given_item["note"]
            assert item["category"] == given_item["category"]
            if place % 3 and item["bbox"] != given_item["bbox"]:
                *_, w, h = item["bbox"]
                assert kind != "int64" or (w > 0 and h > 0)
                if of == "box":
                    assert item["area"] == pytest.approx(w * h, rel=2e-3, abs=1e-3)
                elif of == "mask" and abs(given_item["area"] - given_item["bbox"][2] * given_item["bbox"][3]) > 1e-2:
                    assert item["area"] == masks.area(other, sample.annotations.size)
            if of == "mask" and place % 3 and other.polygons:
                assert np.allclose(one.polygons, other.polygons, rtol=0, atol=close)
    assert whole.categories == read(dataset)[0].categories or kind == "int64"


@given(case=pictured())
@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_steps_that_do_nothing_change_no_object(case: tuple[Any, str, str]) -> None:
    dataset, *_ = case
    sound = [
        all(w >= 1 and h >= 1 and x >= 0 and y >= 0 and x + w <= SIDE and y + h <= SIDE for x, y, w, h in boxes)
        for boxes in ([item["bbox"] for item in listed(row)] for row in dataset["objects"])
    ]
    for step in ({"HorizontalFlip": {"p": 0}}, {"Rotate": {"limit": [0, 0], "p": 1}}):
        grown = augment.hf.map(dataset, {"image": [step]}, multiplier=2)
        for number, row in enumerate(cells(grown)):
            if sound[number // 2]:
                assert row["objects"] == cells(dataset)[number // 2]["objects"]


@pytest.mark.parametrize(
    "step", [*MOVES, {"Mosaic": {"p": 1}}, {"CopyPaste": {"p": 1}}], ids=lambda one: next(iter(one))
)
def test_live_all_of_it_is_the_same(step: dict[str, Any]) -> None:
    rows = [
        {
            "image": picture(number),
            "mask": png(np.full((SIDE, SIDE), number, np.uint8)),
            "width": SIDE,
            "height": SIDE,
            "objects": {"bbox": [[1.5, 2, 9, 8 + row] for row in range(number)], "category": [1] * number},
        }
        for number in range(4)
    ]
    features = {
        "image": datasets.Image(),
        "mask": datasets.Image(),
        "width": INT,
        "height": INT,
        "objects": {"bbox": datasets.List(datasets.List(FLOAT)), "category": datasets.List(CLASSES)},
    }
    dataset = datasets.Dataset.from_list(rows, features=datasets.Features(features))
    grown = augment.hf.map(dataset, {"image": [step]}, multiplier=3)
    assert grown.features == dataset.features and cells(grown)[::3] == cells(dataset)
    live = augment.hf.map(dataset, {"image": [step]}, multiplier=3, with_transform=True)
    for row in live:
        same = grown[row["augment_row"] * 3 + row["augment_copy"]]
        for name in ("image", "mask"):
            assert np.array_equal(np.asarray(row[name]), np.asarray(same[name]))
        assert np.allclose(np.ravel(row["objects"]["bbox"]), np.ravel(same["objects"]["bbox"]), atol=1e-4)
        assert row["objects"]["category"] == same["objects"]["category"]
        assert (
            (row["width"], row["height"]) == (same["width"], same["height"]) == row["image"].size == row["mask"].size
        )
    assert live.select_columns(["image", "augment_row", "augment_copy"])[0].keys() == {
        "image",
        "augment_row",
        "augment_copy",
    }
    with pytest.raises(augment.AugmentError, match=r"objects is not there.*before map"):
        live.rename_column("objects", "things")[5]


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16", "RGB"])
def test_masks_move_with_their_pictures_and_stay_of_their_mode(mode: str) -> None:
    rows = []
    for number in range(3):
        values = (np.indices((SIDE, SIDE)).sum(0) // (5 + number)) % (2 if mode == "1" else 7)
        shown = png((values * 36).astype(np.uint8))  # the mask, to be seen in the picture
        if mode == "1":
            mask = png(Image.fromarray((values * 255).astype(np.uint8)).point([0, *[255] * 255], "1"))
        elif mode == "P":
            coloured = Image.fromarray(values.astype(np.uint8), "L").convert("P")
            coloured.putdata(values.ravel().tolist())
            coloured.putpalette([7, 7, 7, 250, 0, 0, 0, 250, 0, *range(30)])
            mask = png(coloured)
        elif mode == "RGB":
            mask = png(values.astype(np.uint8), mode)
        else:
            mask = png(values.astype(np.uint16 if mode == "I;16" else np.uint8))
        rows.append({"image": shown, "label": mask})
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Image()})
    dataset = datasets.Dataset.from_list(rows, features=features)
    for step in MOVES[:3]:
        grown = augment.hf.map(dataset, {"image": [step]}, multiplier=3)
        assert cells(grown)[::3] == cells(dataset)
        for row in grown:
            assert row["label"].mode == mode
            values = np.asarray(row["label"].getchannel(0) if mode == "RGB" else row["label"], int)
            assert (values * 36 == np.asarray(row["image"])).all()
            if mode == "P":
                assert row["label"].getpalette()[:9] == [7, 7, 7, 250, 0, 0, 0, 250, 0]


@pytest.mark.parametrize("depth", [2, 4])
def test_masks_of_few_bits_are_shown_as_before(depth: int) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", SIDE, SIDE, depth, 0, 0, 0, 0)
    lines = b"".join(bytes([0, *[0b00011011] * (SIDE * depth // 8)]) for _ in range(SIDE))
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")]
    row = {"image": picture(0), "mask": {"bytes": b"\x89PNG\r\n\x1a\n" + b"".join(parts), "path": None}}
    features = datasets.Features(dict.fromkeys(row, datasets.Image()))
    dataset = datasets.Dataset.from_list([row], features=features)
    grown = augment.hf.map(dataset, {"image": [MOVES[0]]}, multiplier=2)
    shown = np.asarray(dataset[0]["mask"])
    assert shown.max() > 20 and np.array_equal(np.asarray(grown[1]["mask"]), shown[:, ::-1])


KEYS: list[tuple[str, Any, Any]] = [
    ("keypoints", datasets.List(datasets.List(FLOAT)), [[1.0, 2.0, 2.0]]),
    ("angle", FLOAT, 0.5),
    ("rle", {"counts": datasets.List(INT), "size": datasets.List(INT)}, {"counts": [3], "size": [1, 3]}),
    ("cutout", datasets.Value("binary"), b"x"),
]


@pytest.mark.parametrize(("key", "feature", "value"), KEYS, ids=[key for key, *_ in KEYS])
def test_what_nothing_can_read_is_refused(key: str, feature: Any, value: Any) -> None:
    item = {"bbox": [1, 2, 9, 8], "category": 1, key: value}
    told = [{"bbox": datasets.List(FLOAT), "category": CLASSES, key: feature}]
    features = datasets.Features({"image": datasets.Image(), "objects": told})
    dataset = datasets.Dataset.from_list([{"image": picture(0), "objects": [item]}], features=features)
    for live in (False, True):
        with pytest.raises(augment.AugmentError, match=rf"moves what objects.{key} says the place of in image"):
            augment.hf.map(dataset, {"image": [MOVES[0]]}, multiplier=2, with_transform=live)
    for step in (MOVES[-1], {"HorizontalFlip": {"p": 1, "allow_label_change": True}}):
        grown = augment.hf.map(dataset, {"image": [step]}, multiplier=2)
        assert [row["objects"] for row in cells(grown)] == [row["objects"] for row in cells(dataset)] * 2


def test_facts_about_objects_are_no_places() -> None:
    told = {
        "bbox": datasets.List(FLOAT, length=4),
        "category": CLASSES,
        "name": STRING,
        "score": FLOAT,
        "colours": datasets.List(STRING),
        "kinds": datasets.List(CLASSES),
        "crowd": datasets.Value("bool"),
    }
    facts = {"name": "x", "score": 0.5, "colours": ["red", "blue"], "kinds": [0, 2], "crowd": True}
    row = {"image": picture(0), "objects": [{"bbox": [1, 2, 9, 8], "category": 1, **facts}]}
    features = datasets.Features({"image": datasets.Image(), "objects": [told]})
    grown = augment.hf.map(datasets.Dataset.from_list([row], features=features), {"image": [MOVES[0]]}, multiplier=2)
    assert grown[1]["objects"] == [{"bbox": [SIDE - 10, 2, 9, 8], "category": 1, **facts}]


def test_several_masks_are_refused() -> None:
    row = {name: picture(0) for name in ("image", "mask", "depth_mask")}
    features = datasets.Features(dict.fromkeys(row, datasets.Image()))
    dataset = datasets.Dataset.from_list([row], features=features)
    with pytest.raises(augment.AugmentError, match=r"mask and depth_mask says the place of in image.*input=dataset"):
        augment.hf.map(dataset, {"image": [MOVES[0]]})


def test_where_no_row_can_be_grown_it_is_told() -> None:
    coloured = {"image": picture(0), "mask": png(demo.picture("circle", 1, SIDE))}
    features = datasets.Features({"image": datasets.Image(), "mask": datasets.Image()})
    dataset = datasets.Dataset.from_list([coloured] * 2, features=features)
    for _ in range(2):
        with pytest.raises(augment.AugmentError, match="none of the 2 rows could be grown: "):
            augment.hf.map(dataset, {"image": [MOVES[0]]})


def test_annotations_of_our_own_tables_follow(tmp_path: Path) -> None:
    item = {"bbox": [1, 2, 9, 8], "category": 1}
    features = datasets.Features(
        {"image": datasets.Image(), "objects": [{"bbox": datasets.List(FLOAT, length=4), "category": CLASSES}]}
    )
    dataset = datasets.Dataset.from_list([{"image": picture(0), "objects": [item]}], features=features)
    recipe = {"image": [MOVES[0]], "output": {"format": "parquet"}}
    augment.run(recipe, input=dataset, output=tmp_path / "out", multiplier=1, executor="serial")
    back = augment.hf.load(tmp_path / "out")["train"]
    grown = augment.hf.map(back, {"image": [MOVES[0]]}, multiplier=2)
    assert grown.features == back.features and cells(grown)[::2] == cells(back)
    boxes = [content.annotations.instances[0].box for content in read(grown)[1] if content.annotations is not None]
    assert boxes == [(1, 2, 10, 10), (SIDE - 10, 2, SIDE - 1, 10)]


def test_sizes_that_are_others_stay() -> None:
    features = datasets.Features({"image": datasets.Image(), "width": INT, "height": INT})
    rows = [{"image": picture(0), "width": 120, "height": 90}]
    grown = augment.hf.map(datasets.Dataset.from_list(rows, features=features), {"image": [MOVES[2]]}, multiplier=2)
    assert grown[1]["image"].size == (28, 24) and (grown[1]["width"], grown[1]["height"]) == (120, 90)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_pictures_are_taken_in_the_mode_that_is_asked_for(mode: str) -> None:
    rows = [{"image": png(demo.picture("circle", row, SIDE), one)} for row, one in enumerate(["RGB", "L", "RGBA"])]
    dataset = datasets.Dataset.from_list(rows, features=datasets.Features({"image": datasets.Image(mode=mode)}))
    recipe = {"image": [MOVES[0]]}
    shown = [np.asarray(row["image"]) for row in dataset]
    grown = augment.hf.map(dataset, recipe, multiplier=2)
    assert grown.features == dataset.features and cells(grown)[::2] == cells(dataset)
    live = augment.hf.map(dataset, recipe, multiplier=2, with_transform=True)
    stream = {(item.source, item.copy): item.value for item in augment.stream(recipe, input=dataset, multiplier=2)}
    for row, pixels in enumerate(shown):
        copies = [grown[2 * row + 1]["image"], live[len(shown) + row]["image"]]
        assert all(copy.mode == mode for copy in copies)
        opaque = pixels[..., :3] if mode == "RGBA" else pixels
        for found in (*map(np.asarray, copies), stream[f"{row:06d}.png", 1]):
            assert np.array_equal(found[..., :3] if mode == "RGBA" and found.ndim == 3 else found, opaque[:, ::-1])


def test_modes_that_png_does_not_know_are_refused() -> None:
    features = datasets.Features({"image": datasets.Image(mode="CMYK")})
    dataset = datasets.Dataset.from_list([{"image": picture(0)}], features=features)
    said = r"column 'image': expected a mode among .*, got CMYK; cast it"
    with pytest.raises(augment.InputError, match=said):
        augment.hf.map(dataset, {"image": MOVES})
    with pytest.raises(augment.InputError, match=said):
        augment.stream({"image": MOVES}, input=dataset)
