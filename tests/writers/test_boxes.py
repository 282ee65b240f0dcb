"""A table of boxes written and read again: the same boxes, labels and facts; the same bytes each time."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import masks
from augment.annotations import Annotations, Instance
from augment.errors import SampleError
from augment.readers import boxes as reader
from augment.readers import voc
from augment.sample import Dataset, Entry, Record
from augment.writers import boxes

Kind = Literal["csv", "jsonl"]
KINDS: tuple[Kind, ...] = ("csv", "jsonl")
WANTED = frozenset({".jpg", ".png"})
CAT = Instance("cat", (1, 2, 30, 40))

names = st.sampled_from(
    ["a", "file", "label", "x", "width", "crowd", "picture", "picture.a", "fields", "boxes", "", "[", "É ,"]
)
words = st.text(st.characters(codec="utf-8"), max_size=6).map(lambda word: word.replace("\0", ""))
containers = st.recursive(
    words | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=5
).filter(lambda value: isinstance(value, list | dict))
texts = st.dictionaries(names, words.filter(bool) | containers, max_size=4)
anything = st.dictionaries(names, containers | words | st.booleans() | st.none() | st.integers(), max_size=4)
edges = st.floats(-1e5, 1e5)


def instances(facts: Any) -> Any:
    label = st.none() | words.filter(bool)
    return st.builds(
        Instance, label=label, box=st.tuples(edges, edges, edges, edges), crowd=st.booleans(), fields=facts
    )


def record(annotations: Annotations | None, key: str = "a-1", **more: Any) -> Record:
    told = {"data": b"bytes", "extension": "png", "modality": "image", "split": "train", "label": None, **more}
    return Record(key=key, label_index=None, source=f"{key}.png", annotations=annotations, **{"copy": 0, **told})


def written(root: Path, records: Iterable[Record], kind: Kind = "csv", lot: int = 0) -> Path:
    by_split: dict[str, list[Record]] = {}
    for one in records:
        by_split.setdefault(one.split, []).append(one)
    for split, some in by_split.items():
        parts = [boxes.render(one, Dataset(), boxes.Options(table=kind)) for one in some]
        boxes.assemble(root, boxes.shard(split, lot), parts)
    (table,) = boxes.conclude(root, Dataset())
    assert table.name == f"boxes.{kind}"
    assert (root / table.name).stat().st_size == table.bytes
    return root / table.name


def again(table: Path) -> Iterator[tuple[Entry, Annotations]]:
    assert reader.claims(table)
    dataset = reader.dataset(table, reader.Options())
    for item in reader.entries(table, reader.Options(), WANTED):
        assert isinstance(item, Entry)
        content = reader.read(table, item, dataset)
        assert content.data == (table.parent / item.locator).read_bytes()
        assert content.annotations is not None
        labels = {one.label for one in content.annotations.instances} - {None}
        assert labels <= {category.name for category in dataset.categories}
        yield item, content.annotations


def only(root: Path, annotations: Annotations | None, kind: Kind = "csv", **more: Any) -> Annotations:
    ((_, found),) = again(written(root, [record(annotations, **more)], kind))
    return found


def same(old: Annotations, new: Annotations) -> None:
    assert (new.size, new.fields) == (old.size, old.fields)
    assert len(new.instances) == len(old.instances)
    for one, other in zip(old.instances, new.instances, strict=True):
        assert (other.label, other.crowd, other.fields) == (one.label, one.crowd, one.fields)
        assert other.box == pytest.approx(one.box, abs=0.00051)


@given(st.lists(instances(texts), max_size=4), texts, st.tuples(st.integers(1, 9999), st.integers(1, 9999)))
def test_a_csv_gives_back_texts_lists_and_objects(
    tmp_path_factory: pytest.TempPathFactory, some: list[Instance], about: dict[str, Any], size: tuple[int, int]
) -> None:
    old = Annotations(tuple(some), size=size, fields=about)
    same(old, only(tmp_path_factory.mktemp("b"), old))


@given(st.lists(instances(anything), max_size=4), anything, st.tuples(st.integers(1, 9999), st.integers(1, 9999)))
def test_jsonl_gives_back_all(
    tmp_path_factory: pytest.TempPathFactory, some: list[Instance], about: dict[str, Any], size: tuple[int, int]
) -> None:
    old = Annotations(tuple(some), size=size, fields=about)
    same(old, only(tmp_path_factory.mktemp("b"), old, "jsonl"))


def test_the_columns_are_those_of_the_manual(tmp_path: Path) -> None:
    some = (CAT, replace(CAT, label="=1+1", box=(0.12345, 2, 3, 4), fields={"pose": "Left", "label": 7}))
    table = written(
        tmp_path,
        [
            record(Annotations(some, size=(50, 60), fields={"weather": "rain"})),
            record(None, "b-2", split="val", label="street"),
        ],
    )
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    own = {"file": "train/a-1.png", "split": "train", "width": "50", "height": "60", "source": "a-1.png", "copy": "0"}
    empty = {"object.label": "", "pose": "", "picture": "", "picture.weather": ""}
    rain = {"picture.weather": "rain"}
    assert rows == [
        {**own, **empty, **rain, "label": "cat", "x_min": "1", "y_min": "2", "x_max": "30", "y_max": "40"},
        {
            **own,
            **empty,
            **rain,
            **{"label": "=1+1", "x_min": "0.123", "y_min": "2", "x_max": "3", "y_max": "4"},
            **{"object.label": "7", "pose": "Left"},
        },
        {
            **dict.fromkeys([*rows[0]], ""),
            **{"file": "val/b-2.png", "split": "val", "source": "b-2.png", "copy": "0", "picture": "street"},
        },
    ]
    found = {item.key: (item.split, item.label) for item, _ in again(table)}
    assert found == {"train/a-1.png": ("train", None), "val/b-2.png": ("val", "street")}


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_without_boxes_stay(tmp_path: Path, kind: Kind) -> None:
    told = Annotations(size=(5, 6), fields={"a": "b"})
    records = [record(None, "a-1", label="street"), record(told, "b-2"), record(None, "c-3", fields={"who": "Ann"})]
    found = list(again(written(tmp_path, records, kind)))
    assert [(item.label, annotations) for item, annotations in found] == [
        ("street", Annotations()),
        (None, told),
        (None, Annotations(fields={"who": "Ann"})),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_run_is_added(tmp_path: Path, kind: Kind) -> None:
    written(
        tmp_path,
        [record(Annotations((CAT,)), f"a-{n}", split=split) for n, split in enumerate(["train", "val"])],
        kind,
    )
    first = (tmp_path / f"boxes.{kind}").read_text()
    more = replace(CAT, crowd=True, fields={"new": "x"})
    table = written(tmp_path, [record(Annotations((more,)), "b-1")], kind, lot=1_000_000)
    found = {item.key: annotations.instances[0] for item, annotations in again(table)}
    assert list(found) == ["train/a-0.png", "train/b-1.png", "val/a-1.png"]
    assert found == {"train/a-0.png": CAT, "train/b-1.png": more, "val/a-1.png": CAT}
    if kind == "jsonl":
        assert set(first.splitlines()) < set(table.read_text().splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_records_give_the_same_bytes(tmp_path: Path, kind: Kind) -> None:
    records = [record(Annotations((CAT,), size=(5, 6)), f"a-{n}") for n in range(5)]
    assert written(tmp_path / "a", records, kind).read_bytes() == written(tmp_path / "b", records, kind).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_what_no_table_can_hold_does_not_spoil_it(tmp_path: Path, kind: Kind) -> None:
    odd = "a\ud800\0\r\n,\"'"
    one = replace(CAT, label=odd, fields={odd: odd, "n": 1})
    found = only(tmp_path, Annotations((one,)), kind)
    (back,) = found.instances
    assert back.box == CAT.box
    assert back.label is not None
    assert back.label.startswith("a?")
    assert len(back.fields) == 2


@pytest.mark.parametrize(
    "bad",
    [
        Instance("cat", (0, 0, float("nan"), 1)),
        Instance("cat", (0, 0, float("inf"), 1)),
        Instance("cat"),
        replace(CAT, fields={"a": float("nan")}),
    ],
)
def test_what_cannot_be_written_is_refused(bad: Instance) -> None:
    with pytest.raises(SampleError, match="can't be written"):
        boxes.render(record(Annotations((bad,))), Dataset())


def test_masks_leave_their_boxes(tmp_path: Path) -> None:
    pixels = np.zeros((60, 50), bool)
    pixels[5:40, 6:30] = True
    some = (Instance("cat", None, ((1, 2, 9, 2, 9, 8),)), Instance("cat", None, rle=masks.run_lengths(pixels)))
    found = only(tmp_path, Annotations(some, size=(50, 60)))
    assert [one.box for one in found.instances] == [(1, 2, 9, 8), (6, 5, 30, 40)]


def test_a_second_generation_keeps_its_facts(tmp_path: Path) -> None:
    one = Annotations((replace(CAT, fields={"pose": "Left", "source": "x"}),), size=(5, 6), fields={"copy": "y"})
    first = only(tmp_path / "1", one, "csv")
    assert only(tmp_path / "2", first, "jsonl") == only(tmp_path / "3", first, "csv") == one


def test_an_output_that_was_never_begun_has_an_empty_table(tmp_path: Path) -> None:
    boxes.conclude(tmp_path, Dataset())
    assert (tmp_path / "boxes.csv").read_text() == ",".join(boxes.COLUMNS) + "\n"


@pytest.mark.realdata
@pytest.mark.parametrize("kind", KINDS)
def test_blood_cells_come_out_as_they_went_in(tmp_path: Path, kind: Kind) -> None:
    root = os.environ.get("AUGMENT_REAL_DATA")
    if not root:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    source = Path(root) / "voc_bccd"
    dataset = voc.dataset(source, voc.Options())
    wanted = {}
    records = []
    for item in voc.entries(source, voc.Options(), WANTED):
        assert isinstance(item, Entry)
        content = voc.read(source, item, dataset)
        key = Path(item.key).stem
        records.append(record(content.annotations, key, data=content.data, extension="jpg", split=item.split))
        wanted[key] = (item.split, content.annotations)
    table = written(tmp_path, records, kind)
    assert {Path(item.key).stem: (item.split, found) for item, found in again(table)} == wanted
    assert reader.dataset(table, reader.Options()).categories == dataset.categories
    assert json.dumps(dict(reader.dataset(table, reader.Options()).reading))
