"""Pascal VOC written and read again: the same objects, names, facts and splits; the same bytes each time."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import augment
from augment import masks
from augment.annotations import Annotations, Instance
from augment.contracts import STATE
from augment.errors import SampleError
from augment.readers import voc as reader
from augment.sample import Category, Dataset, Entry, Record
from augment.writers import voc

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning")
"""pycocotools.mask.decode and NumPy 2."""

WANTED = frozenset({".jpg", ".png"})
CAT = Instance("cat", (1, 2, 30, 40))
USUAL = {"pose": "Unspecified", "truncated": "0", "difficult": "0"}


def facts(of: Any, least: int = 0) -> Any:
    return st.dictionaries(names, of, min_size=least, max_size=3)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=6)
names = st.text(st.sampled_from('ab@#&<" é.-1'), min_size=1, max_size=5)
values = st.recursive(words, lambda inner: st.lists(inner, min_size=2, max_size=3) | facts(inner, 1), max_leaves=5)
edges = st.floats(-1e5, 1e5)


@st.composite
def instances(draw: Any) -> Instance:
    rings = draw(
        st.lists(st.lists(edges, min_size=6, max_size=10).filter(lambda ring: len(ring) % 2 == 0), max_size=2)
    )
    box = tuple(draw(edges) for _ in range(4))
    return Instance(
        label=draw(words.filter(lambda word: word.strip() == word != "")),
        box=box,
        polygons=tuple(map(tuple, rings)),
        crowd=draw(st.booleans()),
        fields=draw(facts(values)),
    )


def picture(size: tuple[int, int] = (50, 60), mode: str = "RGB", kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, kind)
    return file.getvalue()


def record(annotations: Annotations | None, key: str = "a-1", **more: Any) -> Record:
    told = {"data": b"bytes", "extension": "png", "modality": "image", "split": "train", "label": None, **more}
    return Record(key=key, label_index=None, source=f"{key}.png", annotations=annotations, **{"copy": 0, **told})


def written(root: Path, records: Iterable[Record], options: voc.Options = voc.USUAL, lot: int = 0) -> Path:
    by_split: dict[str, list[Record]] = {}
    for one in records:
        by_split.setdefault(one.split, []).append(one)
    for split, some in by_split.items():
        voc.assemble(root, voc.shard(split, lot), [voc.render(one, Dataset(), options) for one in some])
    voc.conclude(root, Dataset())
    return root


def again(root: Path, **options: Any) -> dict[str, tuple[str, Annotations]]:
    chosen = reader.Options(**options)
    dataset = reader.dataset(root, chosen)
    found = {}
    for item in reader.entries(root, chosen, WANTED):
        assert isinstance(item, Entry)
        annotations = reader.read(root, item, dataset).annotations
        assert annotations is not None
        labels = {one.label for one in annotations.instances}
        assert labels <= {category.name for category in dataset.categories}
        found[Path(item.key).stem] = (item.split, annotations)
    return found


def only(root: Path, annotations: Annotations | None, options: voc.Options = voc.USUAL, **more: Any) -> Annotations:
    return again(written(root, [record(annotations, **more)], options))["a-1"][1]


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def plain(value: Any) -> Any:
    """What XML makes of a fact: text, whose lists and objects are never empty."""
    if isinstance(value, dict):
        found = {name: plain(item) for name, item in value.items()}
        return found.get("#text", found) if set(found) == {"#text"} and isinstance(found["#text"], str) else found
    return [plain(item) for item in value] if isinstance(value, list) else value


def flat(value: Any) -> bool:
    """Whether XML can say it: no list stands in a list, and no name is said twice in one place."""
    if isinstance(value, dict):
        return "@name" not in value and "#text" not in value and all(map(flat, value.values()))
    return not isinstance(value, list) or all(flat(item) and not isinstance(item, list) for item in value)


@given(st.lists(instances(), max_size=3), facts(values), st.tuples(st.integers(1, 9999), st.integers(1, 9999)))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, some: list[Instance], about: dict[str, Any], size: tuple[int, int]
) -> None:
    some = [replace(one, fields={k: v for k, v in one.fields.items() if flat({k: v})}) for one in some]
    about = {name: value for name, value in about.items() if flat({name: value})}
    found = only(tmp_path_factory.mktemp("v"), Annotations(tuple(some), size=size, fields=about))
    assert found.size == size
    assert found.fields == plain(about)
    assert len(found.instances) == len(some)
    for old, new in zip(some, found.instances, strict=True):
        assert (new.label, new.crowd) == (old.label, old.crowd)
        assert new.box == pytest.approx(old.box, abs=0.0051)
        assert [len(ring) for ring in new.polygons] == [len(ring) for ring in old.polygons]
        for ring, other in zip(old.polygons, new.polygons, strict=True):
            assert other == pytest.approx(ring, abs=0.0051)
        assert new.fields == {**USUAL, **plain(dict(old.fields))}


@given(
    st.lists(instances(), max_size=2),
    facts(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists)),
)
def test_whatever_the_facts_the_file_is_proper_xml(some: list[Instance], about: dict[str, Any]) -> None:
    one = record(Annotations(tuple(some), size=(1, 1), fields={**about, "\ud800\0": "\ud800\0\r"}))
    assert voc.render(one, Dataset()) == voc.render(one, Dataset())
    _, data = voc.render(one, Dataset()).split(b"<annotation", 1)
    ElementTree.fromstring(b"<annotation" + data.removesuffix(one.data))


def test_facts_of_other_kinds_become_texts(tmp_path: Path) -> None:
    about: dict[str, Any] = {
        "a": 1,
        "b": 2.5,
        "c": True,
        "d": None,
        "e": [],
        "f": [[1, 2], "x"],
        "g": {"h": {}},
        "size": 3,
    }
    found = only(tmp_path, Annotations((replace(CAT, fields={"name": "other", "difficult": 1}),), fields=about))
    assert found.fields == {"a": "1", "b": "2.5", "c": "1", "d": "", "f": ["[1, 2]", "x"], "g": {"h": ""}, "size": "3"}
    assert found.instances[0].label == "cat"
    assert found.instances[0].fields == {**USUAL, "name": "other", "difficult": "1"}


def test_the_layout_is_that_of_the_devkit(tmp_path: Path) -> None:
    one = record(Annotations((CAT,), size=(50, 60), fields={"folder": "VOC2012", "segmented": "0"}), data=picture())
    written(tmp_path, [one])
    assert {name for name in tree(tmp_path) if not name.startswith(STATE)} == {
        "JPEGImages/a-1.png",
        "Annotations/a-1.xml",
        "ImageSets/Main/train.txt",
    }
    assert voc.locate(one, "") == "JPEGImages/a-1.png"
    text = (tmp_path / "Annotations/a-1.xml").read_text(encoding="utf-8")
    assert "".join(text.split()) == (
        "<annotation><folder>VOC2012</folder><filename>a-1.png</filename><size><width>50</width><height>60</height>"
        "<depth>3</depth></size><segmented>0</segmented><object><name>cat</name><pose>Unspecified</pose>"
        "<truncated>0</truncated><difficult>0</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30</xmax>"
        "<ymax>40</ymax></bndbox></object></annotation>"
    )


@pytest.mark.parametrize(("mode", "depth"), [("L", "1"), ("RGB", "3"), ("RGBA", "4")])
def test_the_depth_is_that_of_the_file(tmp_path: Path, mode: str, depth: str) -> None:
    written(tmp_path, [record(None, data=picture((7, 9), mode))])
    size = ElementTree.parse(tmp_path / "Annotations/a-1.xml").find("size")
    assert size is not None
    assert [child.text for child in size] == ["7", "9", depth]


def test_nothing_known_is_an_xml_without_objects(tmp_path: Path) -> None:
    assert only(tmp_path, None) == Annotations()


def test_pixels_may_count_from_one(tmp_path: Path) -> None:
    options = voc.Options(one_based=True)
    one = replace(CAT, polygons=((1, 2, 30, 2, 30, 40),))
    written(tmp_path, [record(Annotations((one,), size=(50, 60)))], options)
    assert again(tmp_path)["a-1"][1].instances[0].box == (2, 3, 30, 40)
    (back,) = again(tmp_path, one_based=True)["a-1"][1].instances
    assert (back.box, back.polygons) == (one.box, one.polygons)


@given(st.tuples(edges, edges, edges, edges))
def test_whole_pixels_are_the_nearest_ones(box: tuple[float, float, float, float]) -> None:
    x_min, y_min, x_max, y_max = box
    text = voc.render(record(Annotations((replace(CAT, box=box),))), Dataset(), voc.Options(integers=True)).decode()
    found = [int(text.split(f"<{name}>")[1].split("<")[0]) for name in ("xmin", "ymin", "xmax", "ymax")]
    assert np.abs(np.subtract(found, box)).max() <= 1
    assert found[2] > found[0] or x_max <= x_min
    assert found[3] > found[1] or y_max <= y_min
    if x_max - x_min > 1:
        assert abs(found[0] - x_min) <= 0.5


def test_a_bitmap_becomes_an_outline_of_the_same_pixels(tmp_path: Path) -> None:
    pixels = np.zeros((60, 50), bool)
    pixels[5:40, 5:40] = True
    pixels[10:20, 10:20] = False
    pixels[50:55, 45:50] = True
    one = Instance("cat", None, rle=masks.run_lengths(pixels))
    (back,) = only(tmp_path, Annotations((one,), size=(50, 60))).instances
    assert back.box == (5, 5, 50, 55)
    np.testing.assert_array_equal(masks.bitmap(back, (50, 60)), pixels)


def test_positions_that_no_step_moves_are_not_in_copies(tmp_path: Path) -> None:
    one = Annotations((replace(CAT, fields={"part": {"name": "head"}, "pose": "Left"}),), size=(50, 60))
    assert only(tmp_path / "0", one).instances[0].fields == {**USUAL, "part": {"name": "head"}, "pose": "Left"}
    assert only(tmp_path / "1", one, copy=1).instances[0].fields == {**USUAL, "pose": "Left"}


@pytest.mark.parametrize("size", [None, (50, 60)])
@pytest.mark.parametrize(
    "bad",
    [
        Instance("cat", (0, 0, float("nan"), 1)),
        Instance("cat", (0, 0, float("inf"), 1)),
        Instance("cat"),
        Instance("cat", rle={"size": [2, 2], "counts": "?"}),
        replace(CAT, polygons=((0, 0, 1, 1, float("nan"), 2),)),
    ],
)
def test_what_cannot_be_written_is_refused(bad: Instance, size: Any) -> None:
    with pytest.raises(SampleError, match="can't be written"):
        voc.render(record(Annotations((bad,), size=size)), Dataset(), voc.Options(integers=True))
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    with pytest.raises(SampleError, match="deep"):
        voc.render(record(Annotations(fields={"a": deep})), Dataset())


def test_what_has_no_name_gets_one(tmp_path: Path) -> None:
    assert only(tmp_path, Annotations((replace(CAT, label=None),))).instances[0].label == "object"


def test_lists_hold_all_runs_and_odd_splits(tmp_path: Path) -> None:
    splits = ["train", "val", "test", "extra", "valid"]
    written(tmp_path, [record(None, f"a-{split}", split=split) for split in splits])
    before = tree(tmp_path)
    written(tmp_path, [record(None, "a-more")], lot=7)
    assert (tmp_path / "ImageSets/Main/train.txt").read_text() == "a-train\na-more\n"
    assert {name: found[0] for name, found in again(tmp_path).items()} == {
        **{f"a-{split}": split for split in splits},
        "a-more": "train",
    }
    for item in voc.conclude(tmp_path, Dataset()):
        assert (tmp_path / item.name).stat().st_size == item.bytes
    assert all(tree(tmp_path)[name] == data for name, data in before.items() if not name.endswith("train.txt"))


def test_an_output_that_was_never_begun_has_no_lists(tmp_path: Path) -> None:
    assert voc.conclude(tmp_path, Dataset()) == []


def test_the_recipe_reaches_the_writer(tmp_path: Path) -> None:
    source = written(tmp_path / "in", [record(Annotations((CAT,), size=(50, 60)), data=picture())])
    recipe = {"recipe": 1, "image": ["HorizontalFlip"], "output": {"format": "voc", "one_based": True}}
    augment.run(recipe, input=source, output=tmp_path / "out", multiplier=1, executor="serial")
    ((_, found),) = again(tmp_path / "out").values()
    assert found.instances[0].box == (2, 3, 30, 40)


@pytest.mark.realdata
def test_blood_cells_come_out_as_they_went_in(tmp_path: Path) -> None:
    root = os.environ.get("AUGMENT_REAL_DATA")
    if not root:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    source = Path(root) / "voc_bccd"
    dataset = reader.dataset(source, reader.Options())
    records = []
    for item in reader.entries(source, reader.Options(), WANTED):
        assert isinstance(item, Entry)
        content = reader.read(source, item, dataset)
        key = Path(item.key).stem
        records.append(record(content.annotations, key, data=content.data, extension="jpg", split=item.split))
    written(tmp_path, records)
    assert again(tmp_path) == again(source)
    assert reader.dataset(tmp_path, reader.Options()) == dataset
    assert [category.name for category in dataset.categories] == ["Platelets", "RBC", "WBC"]
    assert Category("RBC") in dataset.categories
