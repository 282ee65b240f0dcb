"""COCO's JSON in all the forms in which it is met: what is read, what is reported, and where the files are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as rle_code

from augment.annotations import Annotations, Instance
from augment.errors import InputError, SampleError
from augment.masks import bitmap
from augment.readers import coco
from augment.readers._coco import json as _coco_json
from augment.sample import Dataset, Entry, Skip

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""pycocotools.mask.decode and NumPy 2."""

SUFFIXES = frozenset({".jpg", ".png"})
CATEGORIES = [{"id": 3, "name": "cat", "supercategory": "animal"}, {"id": 8, "name": "Vögel"}]
PERSON = {"id": 1, "name": "person", "keypoints": ["nose", "tail"], "skeleton": [[1, 2]]}
RING = [1, 2, 9.5, 2, 9.5, 8]


def image(number: Any = 1, name: Any = "a.jpg", **more: Any) -> dict[str, Any]:
    return {"id": number, "file_name": name, "width": 20, "height": 10, **more}


def box(number: Any = 1, **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": 1, "category_id": 3, "bbox": [1, 2, 8.5, 6], **more}


def write(path: Path, **top: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": CATEGORIES, **top}), encoding="utf-8")
    return path


def draw(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"picture {name}".encode())


def one(root: Path, *annotations: Any, images: Any = None, **top: Any) -> Path:
    """A data set with one JSON file and one picture."""
    draw(root, "train/a.jpg")
    images = [image()] if images is None else images
    write(root / "annotations/instances_train.json", images=images, annotations=list(annotations), **top)
    return root


def load(
    path: Path, options: coco.Options | None = None
) -> tuple[Dataset, dict[str, Entry], dict[str, Annotations], list[Skip]]:
    options = options or coco.Options()
    dataset = coco.dataset(path, options)
    listed = list(coco.entries(path, options, SUFFIXES))
    entries = {item.key: item for item in listed if isinstance(item, Entry)}
    assert len(entries) == sum(isinstance(item, Entry) for item in listed)
    found = {key: coco.read(path, entry, dataset).annotations for key, entry in entries.items()}
    assert all(annotations is not None for annotations in found.values())
    skips = [item for item in listed if isinstance(item, Skip)]
    return dataset, entries, found, skips  # type: ignore[return-value]


def instances(path: Path) -> tuple[Instance, ...]:
    return next(iter(load(path)[2].values())).instances


def skipped(path: Path) -> list[tuple[str, str]]:
    return [(skip.source, skip.reason) for skip in load(path)[3]]


# What is read


def test_an_object_is_read_whole(tmp_path: Path) -> None:
    one(tmp_path, box(5, segmentation=[RING], iscrowd=0, area=9, score=0.5, attributes={"truncated": True}))
    dataset, entries, found, skips = load(tmp_path)
    assert skips == []
    assert [category.name for category in dataset.categories] == ["cat", "Vögel"]
    assert dataset.categories[0].fields == {"id": 3, "supercategory": "animal"}
    assert dataset.spatial
    entry = entries["train/a.jpg"]
    assert (entry.locator, entry.split, entry.label) == ("train/a.jpg", "train", None)
    expected = Instance(
        "cat", (1, 2, 9.5, 8), (tuple(map(float, RING)),), fields={"score": 0.5, "attributes": {"truncated": True}}
    )
    assert found["train/a.jpg"] == Annotations((expected,), size=(20, 10))
    assert coco.read(tmp_path, entry, dataset).data == b"picture train/a.jpg"


def test_size_and_time_count_the_annotations(tmp_path: Path) -> None:
    one(tmp_path, box(5))
    text = json.dumps(box(5))
    os.utime(tmp_path / "train/a.jpg", ns=(1, 1))
    os.utime(tmp_path / "annotations/instances_train.json", ns=(7000, 7000))
    entry = load(tmp_path)[1]["train/a.jpg"]
    assert entry.size == len("picture train/a.jpg") + len(text)
    assert entry.mtime_ns == 7000
    os.utime(tmp_path / "train/a.jpg", ns=(9000, 9000))
    assert load(tmp_path)[1]["train/a.jpg"].mtime_ns == 9000


def test_instances_keypoints_and_captions_are_one(tmp_path: Path) -> None:
    draw(tmp_path, "val2017/a.jpg")
    folder = tmp_path / "annotations"
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 8.5, 6]}
    plain = {key: value for key, value in PERSON.items() if key in ("id", "name")}
    write(
        folder / "instances_val2017.json",
        images=[image()],
        annotations=[box(2), {**person, "segmentation": [RING]}],
        categories=[*CATEGORIES, plain],
    )
    points = {**person, "keypoints": [4, 5, 2, 0, 0, 0], "num_keypoints": 1, "looks": "left"}
    write(folder / "person_keypoints_val2017.json", images=[image()], annotations=[points], categories=[PERSON])
    said = [{"id": 1, "image_id": 1, "caption": "Ein Vogel ☃"}, {"id": 9, "image_id": 1, "caption": "two"}]
    (folder / "captions_val2017.json").write_text(json.dumps({"images": [image()], "annotations": said}))
    dataset, entries, found, skips = load(tmp_path)
    assert skips == []
    assert entries["val2017/a.jpg"].split == "val"
    assert dataset.categories[2].keypoints == ("nose", "tail")
    assert dataset.categories[2].fields == {"id": 1, "skeleton": [[1, 2]]}
    first, second = found["val2017/a.jpg"].instances
    assert first == Instance("cat", (1, 2, 9.5, 8))
    assert second.polygons == ((1, 2, 9.5, 2, 9.5, 8),)
    assert second.keypoints == ((4.5, 5.5, 2), (0, 0, 0))
    assert second.fields == {"looks": "left"}
    assert found["val2017/a.jpg"].captions == ("Ein Vogel ☃", "two")


def test_the_same_id_in_two_files_is_not_always_the_same_object(tmp_path: Path) -> None:
    draw(tmp_path, "train/a.jpg")
    write(tmp_path / "annotations/instances_train_1.json", images=[image()], annotations=[box(1)])
    other = box(1, bbox=[12, 1, 3, 3])
    write(tmp_path / "annotations/instances_train_2.json", images=[image()], annotations=[other])
    assert [item.box for item in instances(tmp_path)] == [(1, 2, 9.5, 8), (12, 1, 15, 4)]


def test_each_file_has_ids_of_its_own(tmp_path: Path) -> None:
    draw(tmp_path, "train/a.jpg", "train/b.jpg")
    write(tmp_path / "annotations/instances_train.json", images=[image(1, "a.jpg")], annotations=[box(1)])
    said = [{"id": 1, "image_id": 1, "caption": "of b"}]
    write(tmp_path / "annotations/captions_train.json", images=[image(1, "b.jpg")], annotations=said)
    found = load(tmp_path)[2]
    assert found["train/a.jpg"].captions == ()
    assert found["train/b.jpg"].captions == ("of b",)


def test_a_picture_without_annotations_is_kept(tmp_path: Path) -> None:
    draw(tmp_path, "train/b.jpg")
    one(tmp_path, box(), images=[image(), image(2, "b.jpg")])
    _, _, found, skips = load(tmp_path)
    assert found["train/b.jpg"] == Annotations(size=(20, 10))
    assert skips == []


@pytest.mark.parametrize("crowd", [0, 1])
@pytest.mark.parametrize("as_text", [False, True])
def test_run_lengths_are_read_in_both_forms(tmp_path: Path, as_text: bool, crowd: int) -> None:
    pixels = np.random.default_rng(1).random((10, 20)) < 0.3
    packed = rle_code.encode(np.asfortranarray(pixels, np.uint8))
    flat = pixels.ravel("F").astype(int).tolist()
    edges = [0, *(n for n in range(1, 200) if flat[n] != flat[n - 1]), 200]
    runs = [stop - start for start, stop in pairwise(edges)]
    counts: Any = packed["counts"].decode() if as_text else [0, *runs] if flat[0] else runs
    one(tmp_path, box(segmentation={"size": [10, 20], "counts": counts}, iscrowd=crowd))
    (item,) = instances(tmp_path)
    assert item.crowd == bool(crowd)
    assert item.rle is not None
    assert isinstance(item.rle["counts"], str)
    assert (bitmap(item, (20, 10)) == pixels).all()


def test_keypoints_name_the_middle_of_a_pixel(tmp_path: Path) -> None:
    points = [0, 0, 0, 3, 4, 1]
    one(tmp_path, box(category_id=1, keypoints=points, num_keypoints=1), categories=[PERSON])
    assert instances(tmp_path)[0].keypoints == ((0, 0, 0), (3.5, 4.5, 1))


def test_other_facts_ride_along(tmp_path: Path) -> None:
    extra = {"license": 4, "flickr_url": "http://x", "tags": ["a", {"b": None}], "label": "street"}
    top = {"info": {"year": 2017}, "licenses": [{"id": 4}], "type": "instances", "empty": {}}
    one(tmp_path, images=[image(1, **extra)], **top)
    dataset, entries, found, _ = load(tmp_path)
    assert dataset.fields == {name: top[name] for name in ("info", "licenses", "type")}
    assert entries["train/a.jpg"].label == "street"
    assert found["train/a.jpg"].fields == {key: value for key, value in extra.items() if key != "label"}


def test_captions_alone_say_nothing_of_places(tmp_path: Path) -> None:
    said = [{"id": 1, "image_id": 1, "caption": "hm"}]
    dataset = load(one(tmp_path, *said, categories=[]))[0]
    assert not dataset.spatial
    assert dataset.categories == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"segmentation": []}, ()),
        ({"segmentation": None}, ()),
        ({"segmentation": [[]]}, ()),
        ({"segmentation": [[1, 2, 3, 4]]}, ()),
        ({"segmentation": RING}, (tuple(map(float, RING)),)),
        ({"segmentation": [RING, [1, 2], RING]}, (tuple(map(float, RING)),) * 2),
    ],
)
def test_odd_rings(tmp_path: Path, more: dict[str, Any], expected: Any) -> None:
    assert instances(one(tmp_path, box(**more)))[0].polygons == expected


@pytest.mark.parametrize("sides", [[0, 0], [-3, 4], [1e6, 1e6]])
def test_flawed_boxes_are_passed_on(tmp_path: Path, sides: list[float]) -> None:
    (item,) = instances(one(tmp_path, box(bbox=[1, 2, *sides])))
    assert item.box == (1, 2, 1 + sides[0], 2 + sides[1])


def test_a_mask_without_a_box_is_an_object(tmp_path: Path) -> None:
    (item,) = instances(one(tmp_path, box(bbox=[], segmentation=[RING])))
    assert item.box is None
    assert len(item.polygons) == 1


def test_without_categories_objects_have_no_label(tmp_path: Path) -> None:
    (item,) = instances(one(tmp_path, box(category_id=None), categories=[]))
    assert item.label is None


def test_a_name_that_stands_twice_is_one_category(tmp_path: Path) -> None:
    """As Roboflow's files have it."""
    listed = [{"id": 0, "name": "fish", "supercategory": "none"}, {"id": 1, "name": "fish", "supercategory": "fish"}]
    one(tmp_path, box(category_id=0), box(2, category_id=1), categories=listed)
    dataset, _, found, skips = load(tmp_path)
    assert [category.name for category in dataset.categories] == ["fish"]
    assert [item.label for item in found["train/a.jpg"].instances] == ["fish", "fish"]
    assert skips == []


def test_ids_may_be_texts_or_written_as_fractions(tmp_path: Path) -> None:
    draw(tmp_path, "train/b.jpg")
    images = [image("x1", "a.jpg"), image(2.0, "b.jpg")]
    one(tmp_path, box("q", image_id="x1"), box("r", image_id=2, category_id=3.0), images=images)
    found = load(tmp_path)[2]
    assert [len(annotations.instances) for annotations in found.values()] == [1, 1]


# What is reported


def test_what_leads_nowhere_is_reported_and_the_rest_is_kept(tmp_path: Path) -> None:
    one(tmp_path, box(7, image_id=99), box(8, category_id=4), box(9, category_id=None), box(10))
    name = "annotations/instances_train.json: annotation"
    assert skipped(tmp_path) == [(f"{name} 7", "no image"), (f"{name} 8", "no category"), (f"{name} 9", "no category")]
    assert len(instances(tmp_path)) == 1


@pytest.mark.parametrize(
    "bad",
    [
        5,
        None,
        "text",
        [],
        {},
        {"image_id": 1},
        {"image_id": 1, "category_id": 3},
        {"image_id": 1, "category_id": 3, "segmentation": [[1, 2, 3, 4]]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3]},
        {"image_id": 1, "category_id": 3, "bbox": ["1", "2", "3", "4"]},
        {"image_id": 1, "category_id": 3, "bbox": {"x": 1}},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, None, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, True, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 1e300, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 10**400, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, float("nan"), 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, float("inf"), 4]},
        {"image_id": [1], "category_id": 3, "bbox": [1, 2, 3, 4]},
        {"image_id": True, "category_id": 3, "bbox": [1, 2, 3, 4]},
        {"image_id": 1, "category_id": {"a": 1}, "bbox": [1, 2, 3, 4]},
        box(iscrowd="yes"),
        box(iscrowd=[1]),
        box(segmentation="mask.png"),
        box(segmentation=[[1, 2, 3, 4, 5, 6, 7]]),
        box(segmentation=[[1, 2, 3, 4, 5, "6"]]),
        box(segmentation=[RING, 5]),
        box(segmentation=[5, RING]),
        box(segmentation={"size": [10, 20]}),
        box(segmentation={"size": [10, 20], "counts": 5}),
        box(segmentation={"size": [10, 20], "counts": [1, 2]}),
        box(segmentation={"size": [10, 20], "counts": [300, -100]}),
        box(segmentation={"size": [10, 20], "counts": [200.0]}),
        box(segmentation={"size": [10, 20], "counts": "?!é"}),
        box(segmentation={"size": [10, 20], "counts": ""}),
        box(segmentation={"size": "10x20", "counts": [200]}),
        box(segmentation={"size": [0, 0], "counts": [0]}),
        box(segmentation={"size": [10**9, 10**9], "counts": [10**18]}),
        box(keypoints=[1, 2]),
        box(keypoints=[1, 2, 3]),
        box(keypoints="none"),
        box(keypoints=[None, None, 0]),
        box(note="\ud800"),
        box(more={"\udfff": [1]}),
        {"image_id": 1, "caption": 5},
    ],
    ids=lambda bad: json.dumps(bad)[:50],
)
def test_an_annotation_that_is_none_is_reported(tmp_path: Path, bad: Any) -> None:
    one(tmp_path, bad, box(2))
    [(source, reason)] = skipped(tmp_path)
    assert source.startswith("annotations/instances_train.json: annotation ")
    assert reason == "bad annotation"
    assert len(instances(tmp_path)) == 1


def test_keypoints_that_do_not_fit_their_category_are_reported(tmp_path: Path) -> None:
    one(tmp_path, box(2, category_id=1, keypoints=[1, 2, 2]), box(4, category_id=1), categories=[PERSON])
    assert skipped(tmp_path) == [("annotations/instances_train.json: annotation 2", "bad annotation")]
    assert len(instances(tmp_path)) == 1


def test_ids_of_annotations_may_stand_twice(tmp_path: Path) -> None:
    one(tmp_path, box(1), box(1, bbox=[3, 3, 3, 3]), box(1))
    assert len(instances(tmp_path)) == 3
    assert skipped(tmp_path) == []


def test_two_records_of_one_picture(tmp_path: Path) -> None:
    one(tmp_path, box(1), box(2, image_id=2), images=[image(1), image(2, "./a.jpg"), image(1)])
    assert len(instances(tmp_path)) == 2
    assert skipped(tmp_path) == []


def test_an_id_of_two_pictures_is_the_first_ones(tmp_path: Path) -> None:
    draw(tmp_path, "train/b.jpg")
    one(tmp_path, box(1), images=[image(1), image(1, "b.jpg")])
    _, _, found, skips = load(tmp_path)
    assert [(skip.source, skip.reason) for skip in skips] == [("b.jpg", "duplicate id")]
    assert "a.jpg" in skips[0].detail
    assert list(found) == ["train/a.jpg"]


@pytest.mark.parametrize(
    "bad",
    [
        5,
        [],
        {"id": 7},
        {"file_name": "a.jpg"},
        image(None),
        image([1]),
        image(7, 5),
        image(7, " "),
        image(7, None),
        image(7, "a.jpg", note="\ud800"),
    ],
    ids=json.dumps,
)
def test_an_image_record_that_is_none_is_reported(tmp_path: Path, bad: Any) -> None:
    one(tmp_path, box(1), box(2, image_id=7), images=[bad, image()])
    reasons = [reason for _, reason in skipped(tmp_path)]
    assert reasons[0] == "bad image record"
    assert reasons[1:] == ([] if isinstance(bad, dict) and bad.get("id") == 7 else ["no image"])
    assert len(instances(tmp_path)) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.jpg", "missing"),
        ("x/gone.jpg", "missing"),
        ("../../../../../etc/hosts.jpg", "outside the root"),
        ("/etc/hosts.jpg", "outside the root"),
        ("..\\..\\..\\..\\secret.jpg", "outside the root"),
        ("link.jpg", "outside the root"),
        ("a.txt", "not a wanted file"),
        ("a", "not a wanted file"),
        ("nul\0.jpg", "missing"),
        ("n" * 300 + ".jpg", "missing"),
        ("half\ud800.jpg", "unreadable name"),
        ("folder.jpg", "not a plain file"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_a_picture_that_can_not_be_used_is_reported(tmp_path: Path, name: str, reason: str) -> None:
    root = tmp_path / "deep/root"
    (tmp_path / "secret.jpg").write_bytes(b"")
    one(root, box(1), box(2, image_id=2), images=[image(), image(2, name)])
    (root / "train/link.jpg").symlink_to(tmp_path / "secret.jpg")
    (root / "train/folder.jpg").mkdir()
    _, entries, _, skips = load(root)
    assert [skip.reason for skip in skips] == [reason]
    assert list(entries) == ["train/a.jpg"]
    if reason == "missing":
        assert "looked in train, ., annotations" in skips[0].detail


def test_no_picture_at_all_is_an_error_that_says_where_was_looked(tmp_path: Path) -> None:
    one(tmp_path, images=[image(1, "x.jpg"), image(2, "y.jpg")])
    with pytest.raises(InputError, match=r"none of the 2 pictures .* x\.jpg: missing.*train.*images: FOLDER"):
        list(coco.entries(tmp_path, coco.Options(), SUFFIXES))
    write(tmp_path / "annotations/instances_train.json")
    with pytest.raises(InputError, match="list no images"):
        list(coco.entries(tmp_path, coco.Options(), SUFFIXES))


@pytest.mark.parametrize("bad", [5, None, {"name": "x"}, {"id": 3, "name": "dog"}, {"id": 5, "name": "\ud800"}])
def test_a_bad_category_is_reported(tmp_path: Path, bad: Any) -> None:
    one(tmp_path, box(), categories=[*CATEGORIES, bad])
    dataset, _, found, skips = load(tmp_path)
    assert [skip.reason in ("bad category", "duplicate id") for skip in skips] == [True]
    assert len(dataset.categories) == 2
    assert len(found["train/a.jpg"].instances) == 1


def test_a_category_without_a_name_is_called_by_its_id(tmp_path: Path) -> None:
    one(tmp_path, box(), categories=[{"id": 3}, {"id": 4, "name": 7}])
    assert [category.name for category in load(tmp_path)[0].categories] == ["3", "7"]


@pytest.mark.parametrize("size", [{}, {"width": None, "height": 4}, {"width": "20", "height": "10"}, {"width": -1}])
def test_a_size_that_is_none_is_not_known(tmp_path: Path, size: dict[str, Any]) -> None:
    record = {"id": 1, "file_name": "a.jpg", **size}
    one(tmp_path, images=[record])
    assert load(tmp_path)[2]["train/a.jpg"].size is None


# Where the files are


@pytest.mark.parametrize(
    ("json_file", "picture", "split"),
    [
        ("annotations/instances_train2017.json", "train2017/a.jpg", "train"),
        ("annotations/instances_val2014.json", "images/val2014/a.jpg", "val"),
        ("annotations/instances_minival2014.json", "images/a.jpg", "minival2014"),
        ("annotations/person_keypoints_train.json", "train/a.jpg", "train"),
        ("annotations/image_info_test-dev2017.json", "test2017/a.jpg", "test"),
        ("annotations/instances_default.json", "images/a.jpg", "train"),
        ("annotations/instances_default.json", "images/default/a.jpg", "train"),
        ("annotations/instances_my_set.json", "my_set/a.jpg", "my_set"),
        ("annotations/train.json", "train/a.jpg", "train"),
        ("annotations/lvis_v1_val.json", "val/a.jpg", "val"),
        ("annotations.json", "images/a.jpg", "train"),
        ("labels.json", "data/a.jpg", "train"),
        ("result.json", "images/a.jpg", "train"),
        ("coco.json", "a.jpg", "train"),
        ("train/_annotations.coco.json", "train/a.jpg", "train"),
        ("valid/_annotations.coco.json", "valid/a.jpg", "val"),
        ("test/_annotations.coco.json", "test/a.jpg", "test"),
        ("valid/labels.json", "valid/data/a.jpg", "val"),
        ("annotations/instances_validation.json", "valid/a.jpg", "val"),
        ("annotations/instances_train.json", "annotations/a.jpg", "train"),
    ],
)
def test_layouts(tmp_path: Path, json_file: str, picture: str, split: str) -> None:
    picture = picture.replace("test2017", "test-dev2017")
    draw(tmp_path, picture)
    write(tmp_path / json_file, images=[image()], annotations=[box()])
    assert coco.claims(tmp_path)
    _, entries, found, skips = load(tmp_path)
    assert skips == []
    assert {key: entry.split for key, entry in entries.items()} == {picture: split}
    assert len(found[picture].instances) == 1
    assert coco.claims(tmp_path / json_file)
    inner = load(tmp_path / json_file)[1]
    assert [entry.split for entry in inner.values()] == [split]
    assert list(inner) == [picture] or not json_file.startswith("annotations/")


def test_splits_are_read_side_by_side(tmp_path: Path) -> None:
    for split in ("valid", "train", "test"):
        draw(tmp_path, f"{split}/a.jpg")
        listed = [{"id": n, "name": name} for n, name in enumerate([split, "fish"])]
        write(
            tmp_path / split / "_annotations.coco.json",
            images=[image()],
            annotations=[box(category_id=1)],
            categories=listed,
        )
    dataset, entries, found, _ = load(tmp_path)
    assert [category.name for category in dataset.categories] == ["train", "fish", "valid", "test"]
    assert {key: entry.split for key, entry in entries.items()} == {
        "train/a.jpg": "train",
        "valid/a.jpg": "val",
        "test/a.jpg": "test",
    }
    assert {item.label for annotations in found.values() for item in annotations.instances} == {"fish"}


def test_files_can_be_named(tmp_path: Path) -> None:
    root = tmp_path / "root"
    draw(tmp_path, "root/pictures/a.jpg", "elsewhere/b.jpg")
    write(root / "labels/one.json", images=[image()], annotations=[box()])
    write(root / "labels/two.json", images=[image(2, "b.jpg")], annotations=[box(image_id=2)])
    assert list(load(root, coco.Options(annotations="labels/one.json", images="pictures"))[1]) == ["pictures/a.jpg"]
    _, entries, found, _ = load(root, coco.Options(annotations=["labels/two.json"], images="../elsewhere"))
    assert [entry.locator for entry in entries.values()] == ["../elsewhere/b.jpg"]
    assert len(found["b.jpg"].instances) == 1
    with pytest.raises(InputError, match=r"none of the 2 pictures .* looked in labels, \."):
        load(root, coco.Options(annotations=("labels/one.json", "labels/two.json")))


def test_what_is_named_must_be_there(tmp_path: Path) -> None:
    one(tmp_path, box())
    with pytest.raises(InputError, match=r"x\.json: there is no such file"):
        coco.dataset(tmp_path, coco.Options(annotations="x.json"))
    with pytest.raises(InputError, match="nowhere: there is no such folder"):
        list(coco.entries(tmp_path, coco.Options(images="nowhere"), SUFFIXES))
    with pytest.raises(InputError, match="no such folder or file"):
        coco.dataset(tmp_path / "gone", coco.Options())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no JSON file in COCO's format; looked at annotations/\*\.json"):
        coco.dataset(tmp_path / "empty", coco.Options())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "{",
        "5",
        "[1, 2, 3]",
        '{"images": [',
        '{"images": [{"filename": "a.jpg", "imgid": 5}]}',
        '{"annotations": [{"image_id": 1, "question_id": 5, "answers": []}], "questions": []}',
        '{"version": "4.5", "shapes": [], "imagePath": "a.jpg"}',
        '{"recipe": 1, "splits": {}}',
        '{"images": 5, "annotations": 5, "categories": 5}',
        '{"images": {"a": {"file_name": "a.jpg", "id": 1}}}',
        '{"categories": [{"id": 1, "name": "a"}]}',
        '{"categories": {"1": "a"}}',
        '{"a": "' + "x" * 100_000 + '", "images": [{"id": 1, "file_name": "a"}]}',
    ],
    ids=lambda text: text[:30],
)
def test_other_layouts_are_not_claimed(tmp_path: Path, text: str) -> None:
    for name in ("annotations/train.json", "a.json", "train/annotations.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
        assert not coco.claims(tmp_path / name)
    assert not coco.claims(tmp_path)
    (tmp_path / "table.csv").write_text("file,label\n")
    assert not coco.claims(tmp_path / "table.csv")
    assert not coco.claims(tmp_path / "nothing")


def test_panoptic_files_are_passed_over_aloud(tmp_path: Path) -> None:
    one(tmp_path, box())
    write(tmp_path / "annotations/panoptic_train.json", images=[image()])
    assert skipped(tmp_path) == [("panoptic_train.json", "not read")]


# The text of the file


@pytest.mark.parametrize("keys", [["images", "annotations", "categories"], ["categories", "annotations", "images"]])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_any_way_to_write_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    keys: list[str],
    indent: int | None,
    escaped: bool,
    bom: bytes,
    block: int,
) -> None:
    monkeypatch.setattr(_coco_json, "BLOCK", block)
    draw(tmp_path, "train/ä🎈.jpg", "train/a.jpg")
    lists = {
        "images": [image(1, "ä🎈.jpg", place="Zürich"), image(2, "a.jpg", place='naïve 🎈 "}]')],
        "annotations": [box(1, note="ß"), box(2, note="日本"), box(3, image_id=2, note='\\"'), box(4, image_id=2)],
        "categories": CATEGORIES,
    }
    top = {"note": "Ünïcödé 🎈", "number": 12345, **{key: lists[key] for key in keys}, "last": -1.5e3}
    text = json.dumps(top, indent=indent, ensure_ascii=escaped)
    file = tmp_path / "annotations/instances_train.json"
    file.parent.mkdir()
    file.write_bytes(bom + text.replace("\n", "\r\n").encode() + b" \n")
    dataset, _, found, skips = load(tmp_path)
    assert skips == []
    assert dataset.fields == {"note": "Ünïcödé 🎈", "number": 12345, "last": -1500}
    first, second = found["train/ä🎈.jpg"], found["train/a.jpg"]
    assert first.fields == {"place": "Zürich"}
    assert second.fields == {"place": 'naïve 🎈 "}]'}
    assert [item.fields.get("note") for item in (*first.instances, *second.instances)] == ["ß", "日本", '\\"', None]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    top=st.dictionaries(st.text(max_size=5), VALUES | st.lists(VALUES, max_size=5), max_size=5),
    block=st.integers(1, 64),
    indent=st.sampled_from([None, 1]),
    escaped=st.booleans(),
)
def test_items_are_what_json_finds_and_lie_where_they_say(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, Any], block: int, indent: int | None, escaped: bool
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(json.dumps(top, indent=indent, ensure_ascii=escaped).encode("utf-8", "replace"))
    data = file.read_bytes()
    top = json.loads(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_coco_json, "BLOCK", block)
        found = list(_coco_json.items(file, frozenset(top)))
    again: dict[str, Any] = {}
    for item in found:
        if isinstance(top[item.key], list):
            again.setdefault(item.key, [])
            if item.place >= 0:
                again[item.key].append(item.value)
        else:
            again[item.key] = item.value
        if item.length:
            assert json.loads(data[item.start : item.start + item.length]) == item.value
            assert _coco_json.parse(data[item.start : item.start + item.length]) == item.value
    assert again == top


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"images": [],\n "annotations": [}', "2: column 18", "Expecting value"),
        ('{"images": [{"id": 1}\n {"id": 2}]}', "2: column 2", "expected a comma or ]"),
        ('{"images": [],\n\n"ä": 5 "b"}', "3: column 9", "expected a comma or }"),
        ('{"images": [', "1: column 13", "the file ends here"),
        ('{"images": [{"id": 1', "1: column 21", "the file ends here"),
        ('{"images": ["ab', "1: column 13", "Unterminated string"),
        ('{"images" []}', "1: column 11", "expected a colon"),
        ("{5: []}", "1: column 2", "expected a key in quotes"),
        ('{"images": []} x', "1: column 16", "expected the end of the file"),
        ('[{"image_id": 1}]', "1: column 1", "expected an object with images"),
        ("", "1: column 1", "expected an object with images"),
        ("\n\n  null", "3: column 3", "expected an object with images"),
        ('{"images": [' + "[" * 100_000, "1: column 13", "nested too deeply"),
    ],
    ids=lambda value: value[:25],
)
@pytest.mark.parametrize("block", [3, 1 << 20])
def test_broken_json_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, place: str, says: str, block: int
) -> None:
    monkeypatch.setattr(_coco_json, "BLOCK", block)
    file = tmp_path / "annotations/instances_train.json"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    for path in (tmp_path, file):
        with pytest.raises(InputError) as caught:
            coco.dataset(path, coco.Options())
        assert f"instances_train.json:{place}: broken JSON" in str(caught.value)
        assert says in str(caught.value)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_other_encodings_are_refused(tmp_path: Path, encoding: str) -> None:
    one(tmp_path, box())
    file = tmp_path / "annotations/instances_train.json"
    file.write_bytes(json.dumps({"images": [image(1, "ü.jpg")]}, ensure_ascii=False, indent=1).encode(encoding))
    with pytest.raises(InputError, match=r"instances_train\.json:\d+: column \d+: (not UTF-8|broken JSON)"):
        coco.dataset(tmp_path, coco.Options())


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ({"images": None}, "list no images"),
        ({"images": 5}, "expected images to be a list, got 5"),
        ({"images": {"1": image()}}, "expected images to be a list"),
        ({"annotations": "x"}, "expected annotations to be a list"),
        ({"categories": {"1": "cat"}}, "expected categories to be a list"),
    ],
)
def test_lists_must_be_lists(tmp_path: Path, top: dict[str, Any], says: str) -> None:
    file = write(tmp_path / "annotations/instances_train.json", **top)
    with pytest.raises(InputError, match=says):
        list(coco.entries(file, coco.Options(), SUFFIXES))
    file.write_text('{"categories": [], "licenses": []}')
    with pytest.raises(InputError, match="expected COCO's list of images, found categories, licenses"):
        coco.dataset(file, coco.Options())


def test_numbers_of_many_digits(tmp_path: Path) -> None:
    one(tmp_path)
    file = tmp_path / "annotations/instances_train.json"
    digits = "9" * 5000
    text = f'{{"images": [{json.dumps(image())}], "categories": [{{"id": 3, "name": "cat"}}], "annotations": ['
    text += f'{{"image_id": 1, "category_id": 3, "bbox": [1, 2, {digits}, 3]}}, {json.dumps(box())}]}}'
    file.write_text(text)
    assert [reason for _, reason in skipped(tmp_path)] == ["bad annotation"]
    assert len(instances(tmp_path)) == 1


@pytest.mark.parametrize("depth", [50, 300, 700, 2000])
def test_deep_values_never_crash(tmp_path: Path, depth: int) -> None:
    one(tmp_path)
    file = tmp_path / "annotations/instances_train.json"
    deep = "[" * depth + "]" * depth
    lists = f'"images": [{json.dumps(image())}], "categories": [{{"id": 3, "name": "cat"}}]'
    file.write_text(f'{{{lists}, "annotations": [{json.dumps(box())[:-1]}, "deep": {deep}}}, {json.dumps(box())}]}}')
    try:
        _, _, found, skips = load(tmp_path)
    except InputError as error:
        assert "nested too deeply" in str(error)
    else:
        assert len(found["train/a.jpg"].instances) + len(skips) == 2


def test_a_file_that_has_changed_since_is_noticed(tmp_path: Path) -> None:
    one(tmp_path, box())
    dataset, entries, _, _ = load(tmp_path)
    entry = entries["train/a.jpg"]
    file = tmp_path / "annotations/instances_train.json"
    text = file.read_text()
    for changed in (text + " ", "x" * len(text), "{" * len(text), " " * 10 + text[:-10], text.replace("bbox", "bobx")):
        file.write_text(changed)
        if "bobx" in changed:
            continue
        with pytest.raises(SampleError, match="changed"):
            coco.read(tmp_path, entry, dataset)
    file.unlink()
    with pytest.raises(SampleError, match="unreadable"):
        coco.read(tmp_path, entry, dataset)
    (tmp_path / "train/a.jpg").unlink()
    with pytest.raises(SampleError, match="missing"):
        coco.read(tmp_path, entry, dataset)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.sampled_from(["a.jpg", "x", "", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*image(), *box(), "segmentation", "counts", "size", "keypoints", "caption"]), inner
        )
    ),
    max_leaves=15,
)


@settings(max_examples=300, deadline=None)
@given(
    images=st.lists(
        st.builds(lambda more: {**image(), **more}, st.dictionaries(st.sampled_from(list(image())), JUNK)) | JUNK
    ),
    annotations=st.lists(
        st.builds(
            lambda more: {**box(), **more},
            st.dictionaries(
                st.sampled_from([*box(), "segmentation", "keypoints", "caption", "iscrowd", "fields"]), JUNK
            ),
        )
        | JUNK
    ),
    categories=st.lists(st.sampled_from([*CATEGORIES, PERSON]) | JUNK),
)
def test_nothing_in_a_file_crashes_the_reader(
    tmp_path_factory: pytest.TempPathFactory, images: Any, annotations: Any, categories: Any
) -> None:
    root = tmp_path_factory.getbasetemp() / "junk"
    one(root, *annotations, images=[image(), *images], categories=categories)
    _, _, found, skips = load(root)
    listed = sum(len(item.instances) + len(item.captions) for item in found.values())
    assert listed + sum(": annotation " in skip.source for skip in skips) <= len(annotations)


# Big files


@pytest.mark.slow
def test_two_hundred_thousand_annotations_take_little_time_and_memory(tmp_path: Path) -> None:
    """Measured: 2.5 s for 51 MB of JSON, and 24 MB of memory more than before."""
    count = 200_000
    (tmp_path / "images").mkdir()
    for number in range(2000):
        (tmp_path / f"images/{number}.jpg").touch()
    ring = [round(20 + 0.37 * n, 2) for n in range(20)]
    with (tmp_path / "annotations.json").open("w") as file:
        file.write('{"annotations": [')
        for number in range(count):
            made = box(number, image_id=number * 7 % 2000, segmentation=[ring], area=5.5, iscrowd=0)
            file.write((", " if number else "") + json.dumps(made))
        file.write(f'], "images": {json.dumps([image(n, f"{n}.jpg") for n in range(2000)])}')
        file.write(f', "categories": {json.dumps(CATEGORIES)}}}')
    code = textwrap.dedent("""
        import pathlib, sys, time
        from augment.readers import coco

        def peak():
            status = pathlib.Path("/proc/self/status")
            lines = status.read_text().splitlines() if status.exists() else []
            return sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

        root, options = pathlib.Path(sys.argv[1]), coco.Options()
        before = peak()
        start = time.process_time()
        dataset = coco.dataset(root, options)
        entries = list(coco.entries(root, options, frozenset({".jpg"})))
        took = time.process_time() - start
        more = peak() - before
        start = time.process_time()
        found = sum(len(coco.read(root, entry, dataset).annotations.instances) for entry in entries[:20])
        print(len(entries), found, took, more, (time.process_time() - start) / 20)
    """)
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    listed, found, took, more, read = map(float, done.stdout.split())
    print(f"listed in {took:.2f} s with {more:.0f} MB more; a picture of 100 objects is read in {read * 1000:.1f} ms")
    assert listed == 2000
    assert found == 20 * count / 2000
    assert took < 20
    assert more < 120
    assert read < 0.1
