"""The YOLO writer: what goes in is read back, and what Ultralytics would trip over is not written."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import masks
from augment.annotations import Annotations, Box, Instance, bounds
from augment.errors import SampleError
from augment.readers import yolo as reader
from augment.readers._yolo.lines import instances
from augment.sample import Category, Dataset, Entry, Record
from augment.writers import yolo as writer

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
"""pycocotools 2.0.11 under NumPy 2."""

NAMES = ["cat", "no", "1.10", "a: b # c", "çà", " two  words "]
CATEGORIES = tuple(map(Category, NAMES))


def record(annotations: Annotations | None, key: str = "x-0", split: str = "train") -> Record:
    return Record(key, key.encode(), "jpg", "image", split, None, None, f"{key}.jpg", 0, {}, annotations)


def write(root: Path, records: Sequence[Record], dataset: Dataset) -> None:
    for split in sorted({one.split for one in records}):
        parts = [writer.render(one, dataset) for one in records if one.split == split]
        writer.assemble(root, writer.shard(split, 0), parts)
    (told,) = writer.conclude(root, dataset)
    assert (root / told.name).stat().st_size == told.bytes


def in_pixels(found: Annotations, size: tuple[int, int]) -> tuple[Instance, ...]:
    assert found.unit == "fraction"
    width, height = size

    def scaled(instance: Instance) -> Instance:
        polygons = tuple(
            tuple(value * (height if place % 2 else width) for place, value in enumerate(ring))
            for ring in instance.polygons
        )
        box: Box | None = None
        if instance.box is not None:
            x_min, y_min, x_max, y_max = instance.box
            box = (x_min * width, y_min * height, x_max * width, y_max * height)
        points = tuple((x * width, y * height, seen) for x, y, seen in instance.keypoints)
        return Instance(
            instance.label, box or bounds(polygons), polygons, keypoints=points, fields=dict(instance.fields)
        )

    return tuple(scaled(instance) for instance in found.instances)


def again(root: Path, records: Sequence[Record], dataset: Dataset) -> tuple[Dataset, dict[str, tuple[Instance, ...]]]:
    """What the reader makes of what the writer wrote, in pixels."""
    write(root, records, dataset)
    options = reader.Options()
    told = reader.dataset(root, options)
    found = {}
    for entry in reader.entries(root, options, frozenset({".jpg"})):
        assert isinstance(entry, Entry)
        content = reader.read(root, entry, told)
        key = content.data.decode()
        (one,) = [one for one in records if one.key == key]
        size = one.annotations.size if one.annotations else None
        assert content.annotations is not None
        found[key] = in_pixels(content.annotations, size or (1, 1))
    assert found.keys() == {one.key for one in records}
    return told, found


def rendered(annotations: Annotations, categories: Sequence[Category] = CATEGORIES) -> list[list[str]]:
    """Words of the lines of one label file."""
    part = writer.render(record(annotations), Dataset(categories=tuple(categories)))
    begin = part.index(b"x-0.txt") + len("x-0.txt")
    return [line.split() for line in part[begin : -len("x-0")].decode().splitlines()]


sizes = st.tuples(st.integers(1, 20_000), st.integers(1, 20_000))
shares = st.floats(0, 1)


@st.composite
def boxes(draw: st.DrawFn, size: tuple[int, int]) -> Box:
    xs = sorted(draw(shares) * size[0] for _ in range(2))
    ys = sorted(draw(shares) * size[1] for _ in range(2))
    return xs[0], ys[0], xs[1], ys[1]


@st.composite
def boxed(draw: st.DrawFn) -> Annotations:
    size = draw(sizes)
    labelled = st.builds(Instance, st.sampled_from(NAMES), boxes(size))
    return Annotations(tuple(draw(st.lists(labelled, max_size=5))), size=size)


@settings(max_examples=60, deadline=None)
@given(st.lists(boxed(), min_size=1, max_size=4))
def test_boxes_come_back(tmp_path_factory: pytest.TempPathFactory, several: list[Annotations]) -> None:
    root = tmp_path_factory.mktemp("out")
    records = [record(one, f"k-{n}") for n, one in enumerate([None, *several])]
    if not any(one.instances for one in several):
        records.append(record(Annotations((Instance("cat", (0, 0, 1, 1)),), size=(1, 1)), "k-more"))
    told, found = again(root, records, Dataset(categories=CATEGORIES))
    assert [category.name for category in told.categories] == NAMES
    for one in records:
        wanted = one.annotations.instances if one.annotations else ()
        assert [instance.label for instance in found[one.key]] == [instance.label for instance in wanted]
        for instance, other in zip(wanted, found[one.key], strict=True):
            assert instance.box is not None
            assert other.box == pytest.approx(instance.box, abs=0.01)
            assert other.polygons == ()


SIZES = [(40, 30), (37, 53), (1, 9), (640, 427), (100, 100)]
coordinates = st.one_of(
    st.integers(0, 10).map(float), st.integers(0, 200).map(lambda value: value / 10), st.floats(0, 30)
)


@st.composite
def rings(draw: st.DrawFn, size: tuple[int, int]) -> tuple[float, ...]:
    points = draw(st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8))
    return tuple(min(value, size[place]) for point in points for place, value in enumerate(point))


@st.composite
def masked(draw: st.DrawFn) -> Annotations:
    size = draw(st.sampled_from(SIZES))
    found = []
    for kind in draw(st.lists(st.sampled_from(["ring", "rings", "rle", "box"]), min_size=1, max_size=4)):
        label = draw(st.sampled_from(NAMES))
        box = draw(boxes(size))
        if kind == "rle":
            seed, share = draw(st.integers(0, 2**20)), draw(st.sampled_from([0.0, 0.05, 0.6, 1.0]))
            pixels = np.random.default_rng(seed).random((min(size[1], 60), min(size[0], 60))) < share
            pixels = np.pad(pixels, ((0, size[1] - pixels.shape[0]), (0, size[0] - pixels.shape[1])))
            found.append(Instance(label, box, rle=masks.run_lengths(pixels)))
        elif kind == "box":
            found.append(Instance(label, box))
        else:
            several = tuple(draw(st.lists(rings(size), min_size=1, max_size=1 if kind == "ring" else 4)))
            found.append(Instance(label, bounds(several), several))
    return Annotations(tuple(found), size=size)


@settings(max_examples=150, deadline=None)
@given(masked())
def test_masks_come_back_to_the_pixel(one: Annotations) -> None:
    assert one.size is not None
    lines = "\n".join(map(" ".join, rendered(one))).encode()
    found = in_pixels(Annotations(instances(lines, "x", dict(enumerate(NAMES)), None, {}), unit="fraction"), one.size)
    for instance, other in zip(one.instances, found, strict=True):
        assert other.label == instance.label
        wanted = masks.bitmap(instance, one.size)
        if wanted is None or not wanted.any():
            continue
        got = masks.bitmap(other, one.size)
        assert got is not None
        assert np.array_equal(got, wanted)


SIDES = ("nose", "left_eye", "right_eye", "Left foot", "Right foot")
POSED = (Category("person", SIDES), Category("fish", ("mouth", "tail")), Category("stone"))


@st.composite
def posed(draw: st.DrawFn) -> Annotations:
    size = draw(sizes)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        category = draw(st.sampled_from(POSED))
        points = tuple(
            (draw(shares) * size[0] if seen else 0.0, draw(shares) * size[1] if seen else 0.0, seen)
            for seen in (draw(st.integers(0, 2)) for _ in category.keypoints)
        )
        found.append(Instance(category.name, draw(boxes(size)), keypoints=points))
    return Annotations(tuple(found), size=size)


@settings(max_examples=60, deadline=None)
@given(posed())
def test_keypoints_come_back(tmp_path_factory: pytest.TempPathFactory, one: Annotations) -> None:
    told, found = again(tmp_path_factory.mktemp("out"), [record(one)], Dataset(categories=POSED))
    assert told.categories == POSED
    for instance, other in zip(one.instances, found["x-0"], strict=True):
        assert instance.box is not None
        assert other.box == pytest.approx(instance.box, abs=0.01)
        wanted = instance.keypoints if any(seen for *_, seen in instance.keypoints) else ()
        assert [seen for *_, seen in other.keypoints] == [seen for *_, seen in wanted]
        for point, got in zip(wanted, other.keypoints, strict=True):
            assert got[:2] == pytest.approx(point[:2], abs=0.01)


@settings(max_examples=200)
@given(boxed() | masked() | posed())
def test_numbers_are_plain(one: Annotations) -> None:
    lines = rendered(one, [*CATEGORIES, *POSED])
    assert len(lines) == len(one.instances)
    for line in lines:
        for word in line:
            assert re.fullmatch(r"0|[1-9]\d*|[01]\.\d*[1-9]", word), word
            assert word == line[0] or float(word) <= 2


def test_what_ultralytics_reads_wrongly_is_not_written() -> None:
    """A box beside polygons in one file would be taken for two points; a crowd for one object."""
    box = Instance("cat", (10, 20, 30, 60))
    ring = Instance("no", (0, 0, 50, 50), ((0.0, 0.0, 50.0, 0.0, 50.0, 50.0),))
    crowd = Instance("no", (0, 0, 9, 9), crowd=True)
    assert rendered(Annotations((box, crowd), size=(100, 100))) == [["0", "0.2", "0.4", "0.2", "0.4"]]
    lines = rendered(Annotations((box, ring), size=(100, 100)))
    assert lines == [
        ["0", "0.1", "0.2", "0.3", "0.2", "0.3", "0.6", "0.1", "0.6"],
        ["1", *"00", "0.5", "0", "0.5", "0.5"],
    ]


def test_all_numbers_lie_in_the_picture() -> None:
    """Ultralytics leaves out a picture with a number below -0.01 or above 1.01."""
    wide = Instance("cat", (-50, -50, 500, 500), ((-50.0, -50.0, 150.0, -50.0, 150.0, 250.0, -50.0, 250.0),))
    far = Instance("cat", (0, 0, 10, 10), ((-1e12, 0.0, 1e12, 0.0, 50.0, 1e12),))
    out = Instance("cat", (500, 500, 600, 600))
    for instance in (wide, far, out):
        for line in rendered(Annotations((instance,), size=(100, 200))):
            assert all(0 <= float(word) <= 1 for word in line[1:])
    (line,) = rendered(
        Annotations((Instance("person", (0, 0, 9, 9), keypoints=((-1.0, 5.0, 2), (5.0, 5.0, 1))),), size=(10, 10)),
        POSED,
    )
    assert line[5:] == [*"000", "0.5", "0.5", "1", *"000000000"]


@pytest.mark.parametrize(
    ("instance", "told"),
    [
        (Instance(None, (0, 0, 1, 1)), "has no class"),
        (Instance("dog", (0, 0, 1, 1)), "dog, is not among"),
        (Instance("cat"), "class cat has no box"),
        (Instance("cat", (0, 0, float("nan"), 1)), "box of"),
        (Instance("cat", (0, 0, 1, 1), ((0.0, 0.0, float("inf"), 0.0, 1.0, 1.0),)), "no number"),
        (Instance("cat", (0, 0, 1, 1), rle={"size": [3, 3], "counts": "9"}), "in a picture of 10x10"),
    ],
)
def test_what_can_not_be_written_is_told(instance: Instance, told: str) -> None:
    with pytest.raises(SampleError, match=re.escape(told)):
        rendered(Annotations((instance,), size=(10, 10)))


def test_a_picture_without_size_can_not_be_written() -> None:
    with pytest.raises(SampleError, match="size"):
        rendered(Annotations((Instance("cat", (0, 0, 1, 1)),)))
    assert rendered(Annotations()) == []


def told(root: Path) -> Any:
    return yaml.safe_load((root / "data.yaml").read_text(encoding="utf-8"))


def test_data_yaml_is_what_ultralytics_wants(tmp_path: Path) -> None:
    splits = ["train", "valid", "test", "Größe", "names"]
    dataset = Dataset(categories=CATEGORIES, fields={"license": "CC BY 4.0", "download": "rm -r /", "nc": 7})
    write(tmp_path, [record(None, f"k-{n}", split) for n, split in enumerate(splits)], dataset)
    assert told(tmp_path) == {
        "path": ".",
        "train": "train/images",
        "val": "valid/images",
        "test": "test/images",
        "Größe": "Größe/images",
        "split-names": "names/images",
        "nc": len(NAMES),
        "names": dict(enumerate(NAMES)),
        "license": "CC BY 4.0",
    }


def test_data_yaml_follows_what_was_appended(tmp_path: Path) -> None:
    dataset = Dataset(categories=CATEGORIES)
    write(tmp_path, [record(None)], dataset)
    assert "no validation split" in (tmp_path / "data.yaml").read_text()
    assert "val" not in told(tmp_path)
    write(tmp_path, [record(None, "y-0", "val"), record(None, "z-0", "dev")], dataset)
    assert told(tmp_path)["val"] == ["dev/images", "val/images"]
    before = (tmp_path / "data.yaml").read_bytes()
    writer.conclude(tmp_path, dataset)
    assert (tmp_path / "data.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("points", "fields", "flip"),
    [
        (SIDES, {}, [0, 2, 1, 4, 3]),
        (SIDES, {"flip_idx": [0, 1, 2, 4, 3]}, [0, 1, 2, 4, 3]),
        (SIDES, {"flip_idx": [0, 1]}, [0, 2, 1, 4, 3]),
        (("a", "left"), {}, None),
        (("left left", "right"), {}, None),
    ],
)
def test_flip_idx_is_the_data_sets_own_or_goes_by_names(
    tmp_path: Path, points: tuple[str, ...], fields: dict[str, Any], flip: list[int] | None
) -> None:
    categories = (Category("person", points), Category("stone"))
    write(tmp_path, [record(None)], Dataset(categories=categories, fields=fields))
    assert told(tmp_path)["kpt_shape"] == [len(points), 3]
    assert told(tmp_path).get("flip_idx") == flip
    assert told(tmp_path)["kpt_names"] == {0: list(points), 1: []}


def test_names_with_odd_characters_stay_themselves(tmp_path: Path) -> None:
    odd = ["yes", "0x10", "null", "'", '"', "\\", "- a", "{b}", "tab\there", "日本", "x" * 300, "😀", "a\u2028b", "é"]
    write(
        tmp_path,
        [record(Annotations((Instance("null", (0, 0, 1, 1)),), size=(2, 2)))],
        Dataset(tuple(map(Category, odd))),
    )
    assert [category.name for category in reader.dataset(tmp_path, reader.Options()).categories] == odd


def test_labels_are_deterministic_and_each_picture_has_a_file(tmp_path: Path) -> None:
    one = Annotations((Instance("cat", (1 / 3, 2 / 3, 4, 5)),), size=(7, 11))
    for name in ("a", "b"):
        write(
            tmp_path / name,
            [record(one, "p-0"), record(None, "q-0"), record(Annotations(), "r-0")],
            Dataset(CATEGORIES),
        )
    files = {path.relative_to(tmp_path / "a"): path.read_bytes() for path in (tmp_path / "a").rglob("*.*")}
    assert files == {path.relative_to(tmp_path / "b"): path.read_bytes() for path in (tmp_path / "b").rglob("*.*")}
    assert sorted(map(str, files)) == [
        "data.yaml",
        *(f"train/images/{k}-0.jpg" for k in "pqr"),
        *(f"train/labels/{k}-0.txt" for k in "pqr"),
    ]
    assert (tmp_path / "a/train/labels/q-0.txt").read_bytes() == b""
    assert json.dumps(told(tmp_path / "a"))
