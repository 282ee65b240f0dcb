"""Tables of boxes in all the forms in which they are met: columns found, rows gathered, bad ones told by line."""

from __future__ import annotations

import json
import os
import random
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import catalog
from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.readers import boxes, table
from augment.sample import Dataset, Entry, Skip

WANTED = frozenset({".jpg", ".png"})
HEADER = "file,x1,y1,x2,y2,label"


def make(root: Path, text: str | bytes, name: str = "t.csv") -> Path:
    for file in ("a.jpg", "b.jpg", "sub/c.PNG"):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(file.encode())
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root / name


def lines(*rows: Any) -> str:
    return "\n".join(map(json.dumps, rows))


def load(path: Path, **options: Any) -> tuple[Dataset, dict[str, Entry], list[Skip]]:
    chosen = boxes.Options.model_validate(options)
    dataset = boxes.dataset(path, chosen)
    json.dumps(dict(dataset.reading))
    listed = list(boxes.entries(path, chosen, WANTED))
    entries = {item.key: item for item in listed if isinstance(item, Entry)}
    return dataset, entries, [item for item in listed if isinstance(item, Skip)]


def found(path: Path, **options: Any) -> dict[str, Annotations]:
    dataset, entries, skips = load(path, **options)
    assert skips == []
    read = {}
    for key, entry in entries.items():
        content = boxes.read(path, entry, dataset)
        assert content.data == key.encode()
        assert content.annotations is not None
        read[key] = content.annotations
    return read


def only(path: Path, **options: Any) -> Annotations:
    (annotations,) = found(path, **options).values()
    return annotations


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a.jpg,100,200,cat,10,20,30,60"),
        ("file,x_min,y_min,x_max,y_max,label", "a.jpg,10,20,30,60,cat"),
        ("image,xmin,ymin,xmax,ymax,label", "a.jpg,10,20,30,60,cat"),
        ("Image Path,Label,Left,Top,Right,Bottom", "a.jpg,cat,10,20,30,60"),
        ("file,x0,y0,x1,y1,label", "a.jpg,10,20,30,60,cat"),
        ("file,x,y,width,height,label", "a.jpg,10,20,20,40,cat"),
        ("file,x,y,w,h,width,height,label", "a.jpg,10,20,20,40,100,200,cat"),
        ("file,x_center,y_center,w,h,label", "a.jpg,20,40,20,40,cat"),
        ("file,xmin,ymin,width,height,class_name", "a.jpg,10,20,20,40,cat"),
    ],
)
def test_usual_columns_are_found(tmp_path: Path, header: str, row: str) -> None:
    for name, separator in (("t.csv", ","), ("t.tsv", "\t")):
        path = make(tmp_path, f"{header}\n{row}\n".replace(",", separator), name)
        assert boxes.claims(path)
        annotations = only(path)
        assert [(one.label, one.box, one.fields) for one in annotations.instances] == [("cat", (10, 20, 30, 60), {})]
        assert annotations.size == ((100, 200) if "100" in row else None)


def test_open_images_has_fractions_and_no_endings(tmp_path: Path) -> None:
    text = (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\n"
        "a,x,/m/0,1,0.1,0.3,0.25,0.5,1\nsub/c,x,/m/1,1,0,1,0,1,0\na,y,/m/1,0,0.5,0.6,0,1,-1\n"
    )
    path = make(tmp_path, text)
    path.with_name("sub").joinpath("c.PNG").rename(tmp_path / "sub/c.png")
    dataset, entries, skips = load(path)
    assert (list(entries), skips) == (["a.jpg", "sub/c.png"], [])
    annotations = boxes.read(path, entries["a.jpg"], dataset).annotations
    assert annotations is not None
    assert annotations.unit == "fraction"
    assert [(one.label, one.box, one.crowd) for one in annotations.instances] == [
        ("/m/0", (0.1, 0.25, 0.3, 0.5), True),
        ("/m/1", (0.5, 0, 0.6, 1), False),
    ]
    assert annotations.instances[0].fields == {"Source": "x", "Confidence": "1"}
    assert [category.name for category in dataset.categories] == ["/m/0", "/m/1"]
    assert all(
        a.unit == "pixel" for a in (boxes.read(path, entries["a.jpg"], load(path, unit="pixel")[0]).annotations,) if a
    )


def test_tables_without_names_of_columns(tmp_path: Path) -> None:
    path = make(tmp_path, "a.jpg,1,2,3,4,cat\nb.jpg,,,,,\na.jpg,5,6,7,8.5,dog\n")
    assert boxes.claims(path)
    read = found(path)
    assert [(one.label, one.box) for one in read["a.jpg"].instances] == [
        ("cat", (1, 2, 3, 4)),
        ("dog", (5, 6, 7, 8.5)),
    ]
    assert read["b.jpg"] == Annotations()
    assert boxes.claims(make(tmp_path, "b.jpg,,,,,\na.jpg,1,2,3,4,cat\n"))


def test_lists_need_to_be_told_what_they_mean(tmp_path: Path) -> None:
    texts = {
        "t.jsonl": lines({"file_name": "a.jpg", "bbox": [10, 20, 20, 40], "category": 3}),
        "n.jsonl": lines({"file_name": "a.jpg", "objects": {"bbox": [[10, 20, 20, 40]], "category": [3]}}),
        "m.jsonl": lines({"file": "a.jpg", "annotations": [{"bbox": [10, 20, 20, 40], "label": "3"}]}),
        "t.csv": 'image_id,bbox,label\na,"[10.0, 20.0, 20.0, 40.0]",3\n',
    }
    for name, text in texts.items():
        path = make(tmp_path, text, name)
        assert boxes.claims(path)
        with pytest.raises(InputError, match="box_format: xyxy"):
            load(path)
        for form, box in (
            ("xywh", (10, 20, 30, 60)),
            ("xyxy", (10, 20, 20, 40)),
            ("cxcywh", (0, 0, 20, 40)),
        ):
            (one,) = only(path, box_format=form).instances
            assert (one.label, one.box) == ("3", box)


def test_a_line_may_hold_a_picture(tmp_path: Path) -> None:
    box = {"x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4, "label": "cat", "score": 0.5, "none": None}
    path = make(
        tmp_path,
        lines(
            {"file": "a.jpg", "width": 10, "height": 20, "boxes": [box, {**box, "crowd": True}], "weather": "rain"},
            {"file": "b.jpg", "boxes": []},
            {"file": "sub/c.PNG", "split": "val"},
            {"file": "a.jpg", "boxes": [box], "light": None},
        ),
        "t.jsonl",
    )
    assert boxes.claims(path)
    read = found(path)
    first = read["a.jpg"]
    assert (first.size, first.fields) == ((10, 20), {"weather": "rain", "light": None})
    assert [(one.crowd, one.fields) for one in first.instances] == [
        (crowd, {"score": 0.5, "none": None}) for crowd in (False, True, False)
    ]
    assert read["b.jpg"] == read["sub/c.PNG"] == Annotations()
    assert load(path)[1]["sub/c.PNG"].split == "val"


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = make(tmp_path / "in", "pic;l;t;r;b;what;fold\nb.jpg;1;2;3;5;cat;val\n")
    named = {"file": "pic", "label": "what", "split": "fold", "delimiter": ";", "box": ["l", "t", "r", "b"]}
    assert only(path, **named).instances[0].box == (1, 2, 3, 5)
    assert only(path, **named, box_format="xywh").instances[0].box == (1, 2, 4, 7)
    assert load(path, **named)[1]["b.jpg"].split == "val"
    make(tmp_path / "pictures", "")
    dataset, entries, _ = load(path, **named, root="../pictures")
    assert boxes.read(path, entries["b.jpg"], dataset).data == b"b.jpg"
    with pytest.raises(InputError, match="no column 'pics' for the file; did you mean pic"):
        load(path, **{**named, "file": "pics"})
    with pytest.raises(InputError, match="four columns"):
        load(path, **{**named, "box": ["l", "t"]})
    with pytest.raises(InputError, match="two corners"):
        load(make(tmp_path, f"{HEADER}\na.jpg,1,2,3,4,cat\n"), box_format="xywh")


@given(st.randoms(), st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["t.csv", "t.jsonl"]))
def test_scattered_rows_are_gathered(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random, end: str, name: str
) -> None:
    rows = []
    notes = ["", "plain", 'quo"ted', "two, cells", "ä\u2028ß", *([] if end == "\r" else ["two\nlines"])]
    for number in range(chance.randint(1, 12)):
        file = chance.choice(["a.jpg", "b.jpg", "./sub//c.PNG", "sub\\c.PNG"])
        note = chance.choice(notes)
        edges = [number, chance.randint(-9, 9) / 4, number, 99]
        rows.append((file, edges, chance.choice("xyz"), note))
    wanted: dict[str, list[Any]] = {}
    for file, edges, label, note in rows:
        key = "sub/c.PNG" if "c.PNG" in file else file
        fields = {} if name == "t.csv" and not note else {"note": note}
        wanted.setdefault(key, []).append((tuple(edges), label, fields))
    if name == "t.csv":
        quoted = [
            [*map(str, [file, *edges, label]), '"' + note.replace('"', '""') + '"']
            for file, edges, label, note in rows
        ]
        text = end.join([f"{HEADER},note", *map(",".join, quoted), "", ""])
    else:
        told = [
            dict(zip([*HEADER.split(","), "note"], [file, *edges, label, note], strict=True))
            for file, edges, label, note in rows
        ]
        text = end.join([*(json.dumps(row, ensure_ascii=bool(number % 2)) for number, row in enumerate(told)), "", ""])
    path = make(tmp_path_factory.mktemp("t"), "\ufeff" + text if len(rows) % 2 else text, name)
    read = found(path)
    assert {key: [(one.box, one.label, one.fields) for one in said.instances] for key, said in read.items()} == wanted
    dataset, entries, _ = load(path)
    assert list(entries) == list(wanted)
    assert [category.name for category in dataset.categories] == sorted({label for _, _, label, _ in rows})


def test_places_are_short_and_sizes_count_rows(tmp_path: Path) -> None:
    text = f"{HEADER}\n" + "a.jpg,1,2,3,4,cat\n" * 50 + "b.jpg,1,2,3,4,cat\n" + "a.jpg,1,2,3,4,cat\n"
    entries = load(make(tmp_path, text))[1]
    assert entries["a.jpg"].annotations == "1@23+900 52@941+18"
    assert entries["a.jpg"].size == 5 + 918
    assert entries["a.jpg"].mtime_ns >= (tmp_path / "a.jpg").stat().st_mtime_ns


def test_bad_rows_are_told_with_their_line(tmp_path: Path) -> None:
    rows = [
        "a.jpg,1,2,3,4,cat",
        "b.jpg,1,2,three,4,cat",
        "none.jpg,1,2,3,4,cat",
        "a.jpg,1,2,3",
        ",1,2,3,4,dog",
        "../../x.jpg,1,2,3,4,dog",
        "/etc/passwd.jpg,1,2,3,4,dog",
        "t.txt,1,2,3,4,dog",
        "bare,1,2,3,4,dog",
        "sub/c.PNG,1,2,3,,cat",
    ]
    path = make(tmp_path, "\n".join([HEADER, *rows]))
    dataset, entries, skips = load(path)
    assert {skip.source: (skip.reason, skip.detail.split(":")[1][:2]) for skip in skips if ":" in skip.detail} == {
        "none.jpg": ("missing", "4"),
        "../../x.jpg": ("outside the root", "7"),
        "/etc/passwd.jpg": ("outside the root", "8"),
        "t.txt": ("not a wanted file", "9"),
        "bare": ("missing", "10"),
    }
    assert {skip.source: skip.reason for skip in skips if ":" not in skip.detail} == {
        "t.csv:5": "bad row",
        "t.csv:6": "bad row",
    }
    with pytest.raises(SampleError, match=r't\.csv:3: expected a number in x2, got "three"'):
        boxes.read(path, entries["b.jpg"], dataset)
    with pytest.raises(SampleError, match=r't\.csv:11: expected a number in y2, got ""'):
        boxes.read(path, entries["sub/c.PNG"], dataset)
    assert boxes.read(path, entries["a.jpg"], dataset).annotations is not None


@pytest.mark.parametrize("bad", ["nan", "inf", "1e999", "1_0", "٣", '"1,5"', "0x1"])
def test_numbers_are_numbers(tmp_path: Path, bad: str) -> None:
    path = make(tmp_path, f"{HEADER}\na.jpg,{bad},2,3,4,cat\n")
    dataset, entries, _ = load(path)
    with pytest.raises(SampleError, match=r"t\.csv:2: expected a number in x1"):
        boxes.read(path, entries["a.jpg"], dataset)


@pytest.mark.parametrize(
    "row",
    [
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, 3, None]},
        {"bbox": [1, 2, 3, True]},
        {"bbox": [1, 2, 3, 10**400]},
        {"bbox": {"x": 1}},
        {"bbox": [1, 2, 3, 4], "iscrowd": "many"},
        {"bbox": [1, 2, 3, 4], "label": ["a"]},
        {"boxes": 7},
        {"boxes": ["x"]},
        {"boxes": [{}]},
        {"boxes": [{"bbox": [1, 2, 3, 4], "label": {}}]},
        {"objects": {"bbox": [[1, 2, 3, 4]], "label": []}},
        {"objects": {"bbox": 3}},
    ],
)
def test_odd_lines_cost_their_picture(tmp_path: Path, row: dict[str, Any]) -> None:
    path = make(tmp_path, lines({"file": "b.jpg", "bbox": [1, 2, 3, 4]}, {"file": "a.jpg", **row}), "t.jsonl")
    dataset, entries, _ = load(path, box_format="xyxy")
    with pytest.raises(SampleError, match=r"bad row: t\.jsonl:2: "):
        boxes.read(path, entries["a.jpg"], dataset)
    assert boxes.read(path, entries["b.jpg"], dataset).annotations is not None


def test_a_picture_is_in_one_split(tmp_path: Path) -> None:
    path = make(tmp_path, f"split,{HEADER}\ntrain,a.jpg,1,2,3,4,cat\nval,b.jpg,,,,,\ntest,a.jpg,1,2,3,4,cat\n")
    _, entries, skips = load(path)
    assert {key: entry.split for key, entry in entries.items()} == {"b.jpg": "val"}
    assert [(skip.source, skip.reason, skip.detail) for skip in skips] == [
        ("a.jpg", "in several splits", "t.csv:2: test, train; put all rows in one")
    ]


def test_flawed_boxes_are_passed_on(tmp_path: Path) -> None:
    path = make(tmp_path, f"{HEADER}\na.jpg,5,5,5,5,cat\na.jpg,9,9,-1,1e5,\n")
    assert [(one.label, one.box) for one in only(path).instances] == [("cat", (5, 5, 5, 5)), (None, (9, 9, -1, 1e5))]


def test_a_table_that_has_changed_is_not_trusted(tmp_path: Path) -> None:
    path = make(tmp_path, f"{HEADER}\na.jpg,1,2,3,4,cat\nb.jpg,1,2,3,4,cat\n")
    dataset, entries, _ = load(path)
    for text in (f"{HEADER}\nb.jpg,1,2,3,4,cat\na.jpg,1,2,3,4,cat\n", f'{HEADER}\n"a.jpg,1,2,3,4,\xff', "\n" * 80):
        path.write_text(text, encoding="latin-1")
        with pytest.raises(SampleError, match="changed"):
            boxes.read(path, entries["a.jpg"], dataset)
    path.unlink()
    with pytest.raises(SampleError, match="changed"):
        boxes.read(path, entries["a.jpg"], dataset)


@pytest.mark.parametrize(
    ("name", "text", "options", "message"),
    [
        ("t.csv", "", {}, "names of columns"),
        ("t.csv", f"{HEADER}\n", {}, "no rows"),
        ("t.csv", "file,label\na.jpg,cat\n", {}, "which columns hold the boxes"),
        ("t.csv", "p,q,x1,y1,x2,y2\na.jpg,b.jpg,1,2,3,4\n", {}, r"which column names the files \(p or q\?\)"),
        ("t.csv", f'{HEADER}\na.jpg,1,2,3,4,"cat\n', {}, "t.csv:2: a quote is opened"),
        ("t.csv", f"{HEADER}\na.jpg,1,2,3,4,cat\n", {"encoding": "klingon"}, "say which"),
        ("t.csv", f"{HEADER}\na.jpg,1,2,3,4,cat\n", {"encoding": "utf-16"}, "save the table as UTF-8"),
        ("t.csv", f"{HEADER}\na.jpg,1,2,3,4,gr\xf6\n".encode("latin-1"), {}, "t.csv:2: not utf-8-sig text"),
        ("t.jsonl", '{"file": "a.jpg"}\n', {}, "no row has a box"),
        ("t.jsonl", "", {}, "no row has a box"),
        ("gone.csv", None, {}, "expected a table"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(
    tmp_path: Path, name: str, text: str | bytes | None, options: Any, message: str
) -> None:
    path = tmp_path / name if text is None else make(tmp_path, text, name)
    with pytest.raises(InputError, match=message):
        load(path, **options)


def test_other_encodings(tmp_path: Path) -> None:
    path = make(tmp_path, f"{HEADER}\na.jpg,1,2,3,4,größe\n".encode("latin-1"))
    assert only(path, encoding="latin-1").instances[0].label == "größe"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "file,label\na.jpg,cat\n"),
        ("t.csv", "file,width,height,label\na.jpg,1,2,cat\n"),
        ("t.csv", "id,x,y,width,height\n1,1,2,3,4\n"),
        ("t.csv", "a.jpg,1,2,3,4,5,6\n"),
        ("t.csv", ""),
        ("t.jsonl", '{"file": "a.jpg", "label": "cat"}\n'),
        ("t.jsonl", '{"file": "a.jpg", "box": [1, 2.5]}\n'),
        ("t.jsonl", '{"file": "a.jpg", "boxes": 7}\n[1]\n'),
        ("t.json", '{"file": "a.jpg", "bbox": [1, 2, 3, 4]}\n'),
        ("t.txt", f"{HEADER}\na.jpg,1,2,3,4,cat\n"),
    ],
)
def test_other_tables_are_not_claimed(tmp_path: Path, name: str, text: str) -> None:
    path = make(tmp_path, text, name)
    assert not boxes.claims(path)
    assert not boxes.claims(tmp_path)
    first = next((n for n in catalog.names("readers") if catalog.reader(n).claims(path)), None)
    assert first == ("table" if table.claims(path) else None)


def test_tables_of_boxes_come_before_tables(tmp_path: Path) -> None:
    path = make(tmp_path, f"{HEADER}\na.jpg,1,2,3,4,cat\n")
    assert next(name for name in catalog.names("readers") if catalog.reader(name).claims(path)) == "boxes"


@pytest.mark.parametrize("name", ["boxes.csv", "boxes.jsonl"])
def test_a_folder_with_a_table_called_boxes_will_do(tmp_path: Path, name: str) -> None:
    row = dict(zip(HEADER.split(","), ["a.jpg", 1, 2, 3, 4, "cat"], strict=True))
    path = make(tmp_path, f"{HEADER}\na.jpg,1,2,3,4,cat\n" if name == "boxes.csv" else lines(row), name)
    assert boxes.claims(tmp_path)
    assert found(tmp_path) == found(path)
    path.write_text("file,label\na.jpg,cat\n")
    assert not boxes.claims(tmp_path)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["file", "bbox", "boxes", "label", "split", "x1", "iscrowd"]), inner)
    ),
)
keys = st.sampled_from(["bbox", "boxes", "label", "split", "width", "iscrowd", "objects"])
rows = st.dictionaries(keys, anything, max_size=4).map(lambda row: json.dumps({"file": "a.jpg", **row}).encode())
printable = st.text(st.sampled_from(string.printable), max_size=60).map(str.encode)


@given(st.binary(max_size=200) | printable | rows)
def test_no_bytes_make_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for name in ("x.csv", "x.jsonl"):
        root = tmp_path_factory.mktemp("t")
        for text in (data, f"{HEADER}\n".encode() + data):
            path = make(root, text, name)
            boxes.claims(path)
            try:
                dataset, entries, _ = load(path, box_format="xyxy")
                for entry in entries.values():
                    boxes.read(path, entry, dataset)
            except (InputError, SampleError):
                continue


def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "t.csv")
        assert not boxes.claims(tmp_path / "t.csv")
