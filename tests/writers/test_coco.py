"""COCO's files as written: what pycocotools finds in them is what was put in, and what our reader finds, too."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from augment import masks
from augment.annotations import INDEX, Annotations, Instance, bounds
from augment.errors import SampleError
from augment.readers import coco as reader
from augment.sample import Category, Dataset, Entry, Record, Skip
from augment.writers import coco as writer

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning", "ignore:unclosed file:ResourceWarning"
)
"""pycocotools and NumPy 2; older pycocotools and their files."""

SIZE = (40, 30)
CAT, PERSON = Category("cat", fields={"id": 17}), Category("person", ("nose", "tail"), {"id": 1, "skeleton": [[1, 2]]})
DATASET = Dataset((CAT, PERSON), spatial=True)
RING = (1.0, 2.0, 9.5, 2.0, 9.5, 8.25)


def record(key: str, annotations: Annotations | None = None, **other: Any) -> Record:
    facts: dict[str, Any] = {
        "data": f"picture {key}".encode(),
        "extension": "jpg",
        "modality": "image",
        "split": "train",
        "label": None,
        "label_index": None,
        "source": f"süß/{key}.png",
        "copy": 0,
    }
    return Record(key=key, **{**facts, **other}, annotations=annotations)


def of(*instances: Instance, **more: Any) -> Annotations:
    return Annotations(instances, size=more.pop("size", SIZE), **more)


def write(root: Path, records: Sequence[Record], dataset: Dataset = DATASET, lot: int = 0) -> dict[str, Any]:
    """One lot a split; all JSON files by name."""
    for split in dict.fromkeys(record.split for record in records):
        mine = [record for record in records if record.split == split]
        writer.assemble(root, writer.shard(split, lot), [writer.render(record, dataset) for record in mine])
    written = writer.conclude(root, dataset)
    for item in written:
        data = (root / item.name).read_bytes()
        assert len(data) == item.bytes
        assert item.samples == 0
    return {item.name.removeprefix("annotations/"): json.loads((root / item.name).read_bytes()) for item in written}


def read(root: Path) -> tuple[Dataset, dict[str, Annotations], list[Skip]]:
    dataset = reader.dataset(root, reader.Options())
    listed = list(reader.entries(root, reader.Options(), frozenset({".jpg"})))
    found = {item.key: reader.read(root, item, dataset) for item in listed if isinstance(item, Entry)}
    skips = [item for item in listed if isinstance(item, Skip)]
    return dataset, {key: content.annotations or Annotations() for key, content in found.items()}, skips


def annotation(root: Path, instance: Instance, dataset: Dataset = DATASET) -> dict[str, Any]:
    (found,) = write(root, [record("a", of(instance))], dataset)["instances_train.json"]["annotations"]
    return found


def load(file: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(file))


# What a file holds


def test_a_file_is_what_coco_says(tmp_path: Path) -> None:
    first = Instance("cat", (1, 2, 9.5, 8.25), (RING,), fields={"score": 0.5, "id": 99})
    person = Instance("person", (0, 0, 40, 30), keypoints=((3.5, 4.25, 2), (7.0, 9.0, 0)))
    dataset = dataclasses.replace(DATASET, fields={"info": {"year": 2017}, "note": "ü"})
    labelled = record("a", of(first, person, captions=("☃",), fields={"license": 4, "id": 7}), label="street", copy=2)
    found = write(tmp_path, [labelled, record("b")], dataset)
    assert list(found) == ["instances_train.json", "person_keypoints_train.json", "captions_train.json"]
    instances, keypoints, captions = found.values()
    assert list(instances) == ["info", "licenses", "note", "images", "annotations", "categories"]
    assert instances["info"] == {"year": 2017}
    image = {"id": 1, "file_name": "a.jpg", "width": 40, "height": 30, "label": "street", "source": "süß/a.png"}
    assert instances["images"] == [
        {**image, "copy": 2, "license": 4, "fields": {"id": 7}},
        {"id": 2, "file_name": "b.jpg", "source": "süß/b.png", "copy": 0},
    ]
    assert keypoints["images"] == captions["images"] == instances["images"]
    area = masks.area(first, SIZE)
    one = {"id": 1, "image_id": 1, "category_id": 17, "bbox": [1, 2, 8.5, 6.25], "area": area, "iscrowd": 0}
    two = {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 30], "area": 1200, "iscrowd": 0}
    assert instances["annotations"] == [
        {**one, "segmentation": [list(RING)], "score": 0.5, "fields": {"id": 99}},
        {**two, "segmentation": []},
    ]
    points = {"num_keypoints": 1, "keypoints": [3, 3.75, 2, 0, 0, 0]}
    assert keypoints["annotations"] == [{**two, "segmentation": [], **points}]
    assert instances["categories"] == [{"id": 17, "name": "cat"}, {"id": 1, "name": "person"}]
    whole = {"id": 1, "name": "person", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
    assert keypoints["categories"] == [whole]
    assert captions["annotations"] == [{"id": 1, "image_id": 1, "caption": "☃"}]
    assert "categories" not in captions
    assert (tmp_path / "train/a.jpg").read_bytes() == b"picture a"


def test_files_are_ascii_for_pycocotools_reads_them_in_the_systems_encoding(tmp_path: Path) -> None:
    dataset = Dataset((Category("Vögel"),), fields={"info": "日本"})
    write(tmp_path, [record("a", of(Instance("Vögel", (0, 0, 1, 1)), captions=("🎈",)), label="ß")], dataset)
    files = list((tmp_path / "annotations").iterdir())
    assert len(files) == 2
    assert all(file.read_bytes().isascii() for file in files)


def test_each_split_has_its_files_and_counts_anew(tmp_path: Path) -> None:
    found = write(tmp_path, [record("a", of(Instance("cat", (0, 0, 1, 1)))), record("b", split="my val", label="x")])
    assert sorted(found) == [
        "instances_my val.json",
        "instances_train.json",
        "person_keypoints_my val.json",
        "person_keypoints_train.json",
    ]
    assert [image["id"] for data in found.values() for image in data["images"]] == [1, 1, 1, 1]
    assert (tmp_path / "my val/b.jpg").is_file()


@pytest.mark.parametrize(
    ("own", "ids"),
    [
        ([5, 0], [5, 0]),
        ([-1, 2**40], [-1, 2**40]),
        ([5, 5], [1, 2]),
        ([5, None], [1, 2]),
        ([5, "6"], [1, 2]),
        ([5, True], [1, 2]),
        ([5, 6.0], [1, 2]),
    ],
)
def test_ids_of_categories(tmp_path: Path, own: list[Any], ids: list[int]) -> None:
    dataset = Dataset(tuple(Category(f"c{n}", fields={"id": number}) for n, number in enumerate(own)))
    found = write(tmp_path, [record("a", of(Instance("c1", (0, 0, 1, 1))))], dataset)["instances_train.json"]
    assert [category["id"] for category in found["categories"]] == ids
    assert found["annotations"][0]["category_id"] == ids[1]


def test_earlier_ids_stay_when_more_is_appended(tmp_path: Path) -> None:
    def some(first: int, count: int) -> list[Record]:
        numbers = range(first, first + count)
        return [
            record(f"k{n}", of(*[Instance("person", (n, 0, n + 1, 1))] * (n % 3), captions=("c",))) for n in numbers
        ]

    before = write(tmp_path, some(0, 5), lot=999_999)
    after = write(tmp_path, some(5, 4), lot=1_000_000)
    for name, data in before.items():
        for key in ("images", "annotations"):
            assert after[name][key][: len(data[key])] == data[key]
            ids = [item["id"] for item in after[name][key]]
            assert ids == list(range(1, len(ids) + 1))
    names = {image["id"]: image["file_name"] for image in after["instances_train.json"]["images"]}
    for item in after["instances_train.json"]["annotations"]:
        assert names[item["image_id"]] == f"k{item['bbox'][0]}.jpg"
    again = write(tmp_path / "again", some(0, 5)), write(tmp_path / "again", some(5, 4), lot=1)
    assert again[1] == after


def test_keypoints_keep_the_ids_of_their_objects(tmp_path: Path) -> None:
    cat, person = Instance("cat", (0, 0, 1, 1)), Instance("person", (5, 5, 6, 6), keypoints=((1, 1, 1), (0, 0, 0)))
    found = write(tmp_path, [record("a", of(cat, person, cat)), record("b", of(cat, person))])
    all_of_them = {item["id"]: item for item in found["instances_train.json"]["annotations"]}
    pointed = found["person_keypoints_train.json"]["annotations"]
    assert [item["id"] for item in pointed] == [2, 5]
    for item in pointed:
        assert item == {**all_of_them[item["id"]], "num_keypoints": 1, "keypoints": [0.5, 0.5, 1, 0, 0, 0]}


def test_keypoints_of_a_category_that_names_none_are_not_lost(tmp_path: Path) -> None:
    instance = Instance("cat", (0, 0, 1, 1), keypoints=((2.5, 2.5, 2),))
    found = write(tmp_path, [record("a", of(instance))], Dataset((CAT,)))
    assert [category["name"] for category in found["person_keypoints_train.json"]["categories"]] == ["cat"]
    assert read(tmp_path)[1]["train/a.jpg"].instances == (instance,)


def test_objects_without_categories(tmp_path: Path) -> None:
    found = write(tmp_path, [record("a", of(Instance(None, (0, 0, 1, 1))))], Dataset())["instances_train.json"]
    assert found["categories"] == [{"id": 1, "name": "object"}]
    assert found["annotations"][0]["category_id"] == 1
    assert write(tmp_path / "none", [record("a")], Dataset())["instances_train.json"]["categories"] == []


@pytest.mark.parametrize(
    ("instance", "size", "reason"),
    [
        (Instance("dog", (0, 0, 1, 1)), SIZE, "no category"),
        (Instance(None, (0, 0, 1, 1)), SIZE, "no category"),
        (Instance("cat", (0, 0, 1, 1), (RING,)), None, "bad annotation"),
        (Instance("cat", (0, 0, 1, 1), rle=masks.run_lengths(np.ones((3, 3), bool))), SIZE, "bad annotation"),
        (Instance("cat", (0, 0, 1, 1), rle={"size": [30, 40], "counts": "11"}), SIZE, "bad annotation"),
        (Instance("cat", (0, 0, float("nan"), 1)), SIZE, "bad annotation"),
        (Instance("cat", (0, 0, float("inf"), 1)), SIZE, "bad annotation"),
        (Instance("cat", (0, 0, 1, 1), fields={"x": float("nan")}), SIZE, "bad annotation"),
    ],
)
def test_what_coco_can_not_hold_is_refused(instance: Instance, size: Any, reason: str) -> None:
    with pytest.raises(SampleError) as caught:
        writer.render(record("a", of(instance, size=size)), DATASET)
    assert caught.value.reason == reason


def test_the_size_of_a_picture_without_annotations_is_its_files(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("L", (12, 7)).save(data, "PNG")
    (image,) = write(tmp_path, [record("a", data=data.getvalue())])["instances_train.json"]["images"]
    assert (image["width"], image["height"]) == (12, 7)


def test_nothing_written_is_nothing_said(tmp_path: Path) -> None:
    assert writer.conclude(tmp_path, DATASET) == []


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    records = [record(f"k{n}", of(Instance("person", (0, 0, 1 / 3, 1)), captions=("x",))) for n in range(9)]
    for name in "ab":
        write(tmp_path / name, records)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 9 + 3 + 1
    assert all((tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes() for file in files)


# Masks


def test_run_lengths_are_made_anew_and_stay_compressed(tmp_path: Path) -> None:
    pixels = np.zeros((30, 40), bool)
    pixels[3:9, 5:8] = True
    counts = [5 * 30 + 3, 6, 24, 6, 0, 0, 24, 6, 21, 0, 30 * 32]  # with runs of none
    instance = Instance("cat", (5, 3, 8, 9), rle=masks.compressed({"size": [30, 40], "counts": counts}))
    found = annotation(tmp_path, instance)
    assert found["segmentation"] == masks.run_lengths(pixels) != instance.rle
    assert found["area"] == 18


def test_a_crowds_rings_become_run_lengths(tmp_path: Path) -> None:
    instance = Instance("cat", bounds((RING,)), (RING,), crowd=True)
    found = annotation(tmp_path, instance)
    assert found["iscrowd"] == 1
    again = Instance("cat", rle=found["segmentation"])
    assert (masks.bitmap(again, SIZE) == masks.bitmap(instance, SIZE)).all()


def encoded(values: Any) -> bytes:
    data = io.BytesIO()
    Image.fromarray(values).save(data, "PNG")
    return data.getvalue()


def test_masks_of_classes_become_objects(tmp_path: Path) -> None:
    values = np.zeros((30, 40), np.uint8)
    values[2:5, 3:9], values[10:12, 0:4], values[20:, 20:], values[0, 0] = 1, 2, 255, 7
    dataset = Dataset((Category("Background"), Category("road"), Category("car")))
    found = write(tmp_path, [record("a", of(masks={INDEX: encoded(values)}))], dataset)["instances_train.json"]
    assert [item["category_id"] for item in found["annotations"]] == [2, 3]
    assert [item["bbox"] for item in found["annotations"]] == [[3, 2, 6, 3], [0, 10, 4, 2]]
    for item, value in zip(found["annotations"], (1, 2), strict=True):
        again = Instance(rle=item["segmentation"])
        assert (masks.bitmap(again, SIZE) == (values == value)).all()
    named = {"car": encoded(values == 1), "tree": encoded(values == 2), "road": encoded(values == 99)}
    found = write(tmp_path / "named", [record("a", of(masks=named))], dataset)["instances_train.json"]
    assert [item["category_id"] for item in found["annotations"]] == [3]


@pytest.mark.parametrize(
    "data", [b"", b"no PNG", encoded(np.zeros((30, 40, 3), np.uint8)), encoded(np.ones((3, 4), np.uint8))]
)
def test_masks_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(SampleError, match="bad annotation"):
        writer.render(record("a", of(masks={INDEX: data})), DATASET)


# There and back


def numbers(least: float, most: float, places: int = 2) -> st.SearchStrategy[float]:
    factor = 10**places
    return st.integers(int(least * factor), int(most * factor)).map(lambda value: value / factor)


POINTS = st.tuples(numbers(0, 40, 3), numbers(0, 30, 3), st.integers(1, 2)) | st.just((0.0, 0.0, 0))
RINGS = st.lists(st.tuples(numbers(0, 40), numbers(0, 30)), min_size=3, max_size=8).map(
    lambda points: tuple(value for point in points for value in point)
)
BITMAPS = st.integers(0, 2**32 - 1).map(
    lambda seed: masks.run_lengths(np.random.default_rng(seed).random((30, 40)) < seed % 11 / 10)
)
FIELDS = st.dictionaries(
    st.text(max_size=6) | st.sampled_from(["id", "bbox", "score", "width"]),
    st.none() | st.booleans() | st.integers() | st.text() | st.lists(numbers(-5, 5)),
    max_size=3,
).filter(lambda fields: not fields.keys() & {"fields", "source", "copy", "label", "classes"})


@st.composite
def objects(draw: st.DrawFn) -> Instance:
    left, top = draw(numbers(0, 39, 5)), draw(numbers(0, 29, 5))
    person = draw(st.booleans())
    kind = draw(st.sampled_from(["box", "rings", "run lengths"]))
    crowd = draw(st.booleans())
    return Instance(
        label="person" if person else "cat",
        box=(left, top, draw(numbers(left, 40, 5)), draw(numbers(top, 30, 5))),
        polygons=tuple(draw(st.lists(RINGS, min_size=1, max_size=3))) if kind == "rings" else (),
        rle=draw(BITMAPS) if kind == "run lengths" else None,
        keypoints=(draw(POINTS), draw(POINTS)) if person else (),
        crowd=crowd,
        fields=draw(FIELDS),
    )


ANNOTATIONS = st.builds(
    Annotations,
    instances=st.lists(objects(), max_size=4).map(tuple),
    captions=st.lists(st.text(max_size=20), max_size=2).map(tuple),
    classes=st.just({}) | st.just({"a": 0.25, "ü": 0.75}),
    size=st.just(SIZE),
    fields=FIELDS,
)


def assert_same(one: Annotations, other: Annotations) -> None:
    """Equal in meaning."""
    assert one.size == other.size
    assert one.captions == other.captions
    assert dict(one.classes) == dict(other.classes)
    ours = ("source", "copy")
    assert dict(one.fields) == {key: value for key, value in other.fields.items() if key not in ours}
    assert len(one.instances) == len(other.instances)
    for first, second in zip(one.instances, other.instances, strict=True):
        assert (first.label, first.crowd, first.fields) == (second.label, second.crowd, second.fields)
        assert first.box is not None
        assert second.box is not None
        assert max(abs(a - b) for a, b in zip(first.box, second.box, strict=True)) < 0.01
        assert first.crowd or first.polygons == second.polygons
        assert one.size is not None
        pixels, again = masks.bitmap(first, one.size), masks.bitmap(second, one.size)
        assert (pixels is None) == (again is None)
        assert pixels is None or again is None or (pixels == again).all()
        assert len(first.keypoints) == len(second.keypoints)
        for point, back in zip(first.keypoints, second.keypoints, strict=True):
            assert point[2] == back[2]
            assert max(abs(point[0] - back[0]), abs(point[1] - back[1])) < 0.01


@settings(max_examples=150, deadline=None)
@given(st.lists(ANNOTATIONS, min_size=1, max_size=4), st.integers(1, 3))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Annotations], lots: int
) -> None:
    root = tmp_path_factory.mktemp("trip")
    records = [record(f"k{n}", annotations) for n, annotations in enumerate(drawn)]
    for lot in range(lots):
        mine = records[lot::lots]
        if mine:
            write(root, mine, lot=lot)
    dataset, found, skips = read(root)
    assert skips == []
    assert dataset.categories == DATASET.categories
    assert set(found) == {f"train/k{n}.jpg" for n in range(len(drawn))}
    for number, wanted in enumerate(drawn):
        assert_same(wanted, found[f"train/k{number}.jpg"])


@settings(max_examples=40, deadline=None)
@given(st.lists(ANNOTATIONS, min_size=1, max_size=3))
def test_pycocotools_finds_the_same_masks_and_areas(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Annotations]
) -> None:
    root = tmp_path_factory.mktemp("peer")
    write(root, [record(f"k{n}", annotations) for n, annotations in enumerate(drawn)])
    peer = load(root / "annotations/instances_train.json")
    for number, wanted in enumerate(drawn, 1):
        listed = peer.loadAnns(peer.getAnnIds([number]))
        assert len(listed) == len(wanted.instances)
        for item, instance in zip(listed, wanted.instances, strict=True):
            pixels = masks.bitmap(instance, SIZE)
            if pixels is not None:
                assert (peer.annToMask(item).astype(bool) == pixels).all()
                assert item["area"] == pixels.sum()


# Real data

REAL = Path(os.environ.get("AUGMENT_REAL_DATA", "")) / "coco"
real = pytest.mark.skipif("AUGMENT_REAL_DATA" not in os.environ, reason="AUGMENT_REAL_DATA is not set")


def evaluated(file: Path, kind: str) -> Iterable[float]:
    """COCO's own scores of the annotations in a file, taken as detections."""
    truth = load(file)
    wanted = [item for item in truth.dataset["annotations"] if not item["iscrowd"] and item.get("num_keypoints") != 0]
    detected = [{"image_id": item["image_id"], "category_id": item["category_id"], "score": 1.0} for item in wanted]
    for found, item in zip(detected, wanted, strict=True):
        name = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}[kind]
        found[name] = truth.annToRLE(item) if kind == "segm" else item[name]
    with contextlib.redirect_stdout(io.StringIO()):
        judge = COCOeval(truth, truth.loadRes(detected), kind)
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return [float(value) for value in judge.stats]


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real set, read and written without a step."""
    root = tmp_path_factory.mktemp("real")
    dataset = reader.dataset(REAL, reader.Options())
    entries = list(reader.entries(REAL, reader.Options(), frozenset({".jpg"})))
    records = []
    for number, entry in enumerate(entries):
        assert isinstance(entry, Entry)
        content = reader.read(REAL, entry, dataset)
        key = f"k{number:04d}"
        records.append(record(key, content.annotations, data=content.data, split=entry.split, source=entry.key))
    write(root, records[0::2], dataset)
    write(root, records[1::2], dataset, lot=1)
    return root


@real
@pytest.mark.realdata
def test_real_data_come_back(trip: Path) -> None:
    there, before, _ = read(REAL)
    back, after, skips = read(trip)
    assert skips == []
    assert back.fields == there.fields
    assert [(category.name, category.keypoints, category.fields) for category in back.categories] == [
        (category.name, category.keypoints, category.fields) for category in there.categories
    ]
    sources = {annotations.fields["source"]: annotations for annotations in after.values()}
    assert set(sources) == set(before)
    assert sum(len(annotations.instances) for annotations in before.values()) > 100
    for key, wanted in before.items():
        assert_same(wanted, sources[key])


@real
@pytest.mark.realdata
def test_real_masks_are_those_of_the_original_file(trip: Path) -> None:
    ours, theirs = (
        load(root / f"annotations/{name}.json")
        for root, name in ((trip, "instances_train"), (REAL, "instances_train2017"))
    )
    names = {image["file_name"]: image["id"] for image in theirs.dataset["images"]}
    seen = 0
    for image in ours.dataset["images"]:
        mine = ours.loadAnns(ours.getAnnIds([image["id"]]))
        other = theirs.loadAnns(theirs.getAnnIds([names[Path(image["source"]).name]]))
        assert [item["category_id"] for item in mine] == [item["category_id"] for item in other]
        assert [item["iscrowd"] for item in mine] == [item["iscrowd"] for item in other]
        for one, two in zip(mine, other, strict=True):
            assert np.abs(np.subtract(one["bbox"], two["bbox"])).max() < 0.01
            assert (ours.annToMask(one) == theirs.annToMask(two)).all()
            seen += 1
    assert seen == len(theirs.dataset["annotations"])


@real
@pytest.mark.realdata
@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
def test_our_files_score_as_perfect(trip: Path, kind: str) -> None:
    name = "person_keypoints" if kind == "keypoints" else "instances"
    scores = list(evaluated(trip / f"annotations/{name}_train.json", kind))
    assert scores[0] == pytest.approx(1.0)
    assert all(score == pytest.approx(1.0) or score == -1 for score in scores[: 5 if kind == "keypoints" else 6])
