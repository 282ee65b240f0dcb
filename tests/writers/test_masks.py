"""Masks as written: those that came are kept byte for byte, instances are drawn, boxes alone are refused."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augment.annotations import INDEX, Annotations, Instance
from augment.errors import SampleError
from augment.masks import bitmap
from augment.readers import masks as reader
from augment.sample import Category, Content, Dataset, Entry, Record, Skip
from augment.writers import masks as writer
from tests.writers.test_annotations import DATASET, SIZE, bitmaps, instances, png, record

WANTED = frozenset({".jpg", ".png"})
SEGMENTED = Dataset((Category("sky"), Category("road")), spatial=True, fields={"void": 11})


def write(root: Path, records: list[Record], dataset: Dataset) -> None:
    for split in sorted({one.split for one in records}):
        mine = [writer.render(one, dataset) for one in records if one.split == split]
        writer.assemble(root, writer.shard(split, 0), mine)
    writer.conclude(root, dataset)


def read(root: Path, **options: Any) -> tuple[Dataset, dict[str, tuple[Entry, Content]], list[Skip]]:
    chosen = reader.Options.model_validate(options)
    dataset = reader.dataset(root, chosen)
    listed = list(reader.entries(root, chosen, WANTED))
    entries = [item for item in listed if isinstance(item, Entry)]
    back = {Path(entry.key).stem: (entry, reader.read(root, entry, dataset)) for entry in entries}
    return dataset, back, [item for item in listed if isinstance(item, Skip)]


def pixels(data: bytes) -> Any:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


names = st.sampled_from(
    [INDEX, "road", "Road", "a/b", "..", "con", "日本", "train", "50%25", "x" * 200, "x" * 199 + "y"]
)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(names, bitmaps(), min_size=1, max_size=4),
            st.sampled_from(["train", "val", "a/b", "x" * 130]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(deadline=None)
def test_masks_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[dict[str, bytes], str]]
) -> None:
    root = tmp_path_factory.mktemp("m")
    records = [
        record(number, Annotations(masks=masks, size=SIZE), split=split) for number, (masks, split) in enumerate(found)
    ]
    write(root, records, SEGMENTED)
    dataset, back, skips = read(root)
    assert skips == []
    assert dataset == SEGMENTED
    assert len(back) == len(records)
    for one in records:
        entry, content = back[one.key]
        assert one.annotations is not None
        assert content == Content(one.data, Annotations(masks=one.annotations.masks))
        if len(one.split) < 100:
            assert entry.split == one.split


@given(st.lists(st.lists(instances(("rings", "lengths")), max_size=4), min_size=1, max_size=3))
@settings(deadline=None)
def test_instances_are_drawn_small_ones_on_top(
    tmp_path_factory: pytest.TempPathFactory, found: list[list[Instance]]
) -> None:
    root = tmp_path_factory.mktemp("m")
    write(root, [record(n, Annotations(tuple(some), size=SIZE)) for n, some in enumerate(found)], DATASET)
    dataset, back, skips = read(root)
    assert skips == []
    assert [category.name for category in dataset.categories] == ["background", "cat", "person"]
    assert (root / "classes.txt").read_text() == "background\ncat\nperson\n"
    values = {"cat": 1, "person": 2}
    for number, some in enumerate(found):
        annotations = back[record(number).key][1].annotations
        assert annotations is not None
        drawn = pixels(annotations.masks[INDEX])
        shapes = [(bitmap(one, SIZE), values[str(one.label)]) for one in some]
        everything = np.zeros(SIZE[::-1], bool)
        for shape, value in shapes:
            assert shape is not None
            everything |= shape
            alone = shape & ~np.logical_or.reduce([other for other, _ in shapes if other is not shape] or [~shape])
            assert (drawn[alone] == value).all()
        assert ((drawn > 0) == everything).all()
        by_size = sorted(shapes, key=lambda item: -int(item[0].sum()))  # type: ignore[union-attr]
        if by_size:
            assert (drawn[by_size[-1][0]] == by_size[-1][1]).all()


def test_a_picture_without_objects_is_all_background(tmp_path: Path) -> None:
    write(tmp_path, [record(0, Annotations(size=SIZE)), record(1)], DATASET)
    _, back, skips = read(tmp_path)
    annotations = back[record(0).key][1].annotations
    assert annotations is not None
    assert pixels(annotations.masks[INDEX]).shape == SIZE[::-1]
    assert not pixels(annotations.masks[INDEX]).any()
    assert [(skip.source, skip.reason) for skip in skips] == [(f"train/images/{record(1).key}.jpg", "no mask")]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Annotations((Instance("cat", (1, 1, 5, 5)),), size=SIZE), "no mask"),
        (Annotations((Instance(None, polygons=((0, 0, 9, 0, 9, 9),)),), size=SIZE), "no category"),
        (Annotations((Instance("dog", polygons=((0, 0, 9, 0, 9, 9),)),), size=SIZE), "no category"),
        (Annotations((Instance("cat", polygons=((0, 0, 9, 0, 9, 9),)),)), "no mask"),
        (Annotations((Instance("cat", rle={"size": [3, 3], "counts": "9"}),), size=SIZE), "bad mask"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(found: Annotations, reason: str) -> None:
    with pytest.raises(SampleError) as caught:
        writer.render(record(0, found), DATASET)
    assert caught.value.reason == reason
    assert caught.value.detail


def test_a_box_alone_says_what_to_do() -> None:
    ring = Instance("cat", (0, 0, 9, 9), ((0, 0, 9, 0, 9, 9),))
    with pytest.raises(SampleError, match=r"object 2 \(person\) has a box but no mask.*coco"):
        writer.render(record(0, Annotations((ring, Instance("person", (1, 1, 5, 5))), size=SIZE)), DATASET)


@pytest.mark.parametrize(("count", "kind"), [(255, np.uint8), (256, np.uint16)])
def test_many_categories_need_sixteen_bits(tmp_path: Path, count: int, kind: Any) -> None:
    dataset = Dataset(tuple(Category(str(n)) for n in range(count)), spatial=True)
    last = Instance(str(count - 1), polygons=((0, 0, 20, 0, 20, 20, 0, 20),))
    write(tmp_path, [record(0, Annotations((last,), size=SIZE))], dataset)
    found = pixels((tmp_path / f"train/masks/{record(0).key}.png").read_bytes())
    assert found.astype(int).max() == count
    assert (found.dtype == np.uint8) == (kind is np.uint8)


def test_the_background_has_a_name_of_its_own(tmp_path: Path) -> None:
    dataset = Dataset((Category("background"), Category("a\nb")), spatial=True)
    write(tmp_path, [record(0, Annotations((Instance("a\nb", polygons=((0, 0, 9, 0, 9, 9),)),), size=SIZE))], dataset)
    assert (tmp_path / "classes.txt").read_text() == "background_\nbackground\na b\n"
    assert [category.name for category in read(tmp_path)[0].categories] == ["background_", "background", "a\nb"]


def test_drawn_masks_and_others_have_no_common_names(tmp_path: Path) -> None:
    ring = Instance("cat", polygons=((0, 0, 9, 0, 9, 9),))
    write(tmp_path, [record(0, Annotations((ring,), size=SIZE))], DATASET)
    assert (tmp_path / "classes.txt").is_file()
    mask = Annotations(masks={INDEX: png(np.zeros(SIZE[::-1], np.uint8))}, size=SIZE)
    writer.assemble(tmp_path, writer.shard("train", 1), [writer.render(record(1, mask), DATASET)])
    writer.conclude(tmp_path, DATASET)
    assert not (tmp_path / "classes.txt").exists()
    assert read(tmp_path)[0].categories == ()


def test_values_that_skip_some_come_back(tmp_path: Path) -> None:
    dataset = Dataset((Category("sky"), Category("void", fields={"value": 255})), spatial=True)
    mask = Annotations(masks={INDEX: png(np.full(SIZE[::-1], 255, np.uint8))}, size=SIZE)
    write(tmp_path, [record(0, mask)], dataset)
    assert not (tmp_path / "classes.txt").exists()
    assert read(tmp_path)[0].categories == dataset.categories


@pytest.mark.realdata
def test_camvid_comes_back(tmp_path: Path) -> None:
    place = os.environ.get("AUGMENT_REAL_DATA")
    if not place:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    root = Path(place) / "seg_camvid"
    classes = [
        "sky",
        "building",
        "pole",
        "road",
        "pavement",
        "tree",
        "sign",
        "fence",
        "car",
        "pedestrian",
        "bicyclist",
        "void",
    ]
    dataset, before, skips = read(root, classes=classes, void=11)
    assert (len(before), skips) == (9, [])
    records = []
    for number, (entry, content) in enumerate(before.values()):
        assert content.annotations is not None
        annotations = replace(content.annotations, size=(480, 360))
        records.append(record(number, annotations, data=content.data, split=entry.split, extension="png"))
    write(tmp_path, records, dataset)
    again, after, skips = read(tmp_path)
    assert (again, skips) == (dataset, [])

    def told(found: dict[str, tuple[Entry, Content]]) -> set[tuple[str, str, str]]:
        return {
            (entry.split, hashlib.sha256(content.data).hexdigest(), content.sha256())
            for entry, content in found.values()
        }

    assert told(after) == told(before)
    assert len(told(after)) == 9
