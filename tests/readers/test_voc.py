"""Pascal VOC in all the layouts in which it is met: what belongs together, which split it is in, what XML may hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.readers import voc
from augment.readers._voc import xml as _voc_xml
from augment.sample import Dataset, Entry, Skip

WANTED = frozenset({".jpg", ".png"})
BOX = "<bndbox><xmin>1</xmin><ymin>2.5</ymin><xmax>30</xmax><ymax>40</ymax></bndbox>"


def thing(name: str = "cat", more: str = "", box: str = BOX) -> str:
    return f"<object><name>{name}</name>{more}{box}</object>"


def xml(*objects: str, more: str = "", size: str = "<size><width>50</width><height>60</height></size>") -> str:
    return f"<annotation>{more}{size}{''.join(objects)}</annotation>"


def fill(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def devkit(root: Path, *stems: str, home: str = "", **lists: str) -> Path:
    for stem in stems:
        fill(root / home, {f"JPEGImages/{stem}.jpg": stem, f"Annotations/{stem}.xml": xml(thing())})
    return fill(root / home, {f"ImageSets/Main/{name}.txt": text for name, text in lists.items()}) and root


def load(root: Path, **options: Any) -> tuple[Dataset, dict[str, Entry], list[Skip]]:
    chosen = voc.Options(**options)
    listed = list(voc.entries(root, chosen, WANTED))
    entries = {item.key: item for item in listed if isinstance(item, Entry)}
    skips = sorted((item for item in listed if isinstance(item, Skip)), key=lambda item: item.source)
    return voc.dataset(root, chosen), entries, skips


def splits(root: Path) -> dict[str, str]:
    return {Path(key).stem: entry.split for key, entry in load(root)[1].items()}


def parsed(text: str | bytes, one_based: bool = False) -> Annotations:
    return _voc_xml.parse(text if isinstance(text, bytes) else text.encode(), "a.xml", one_based)


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"JPEGImages/a.jpg": "a", "Annotations/a.xml": xml(thing())}, {"JPEGImages/a.jpg": "train"}),
        ({"V/JPEGImages/a.PNG": "a", "V/Annotations/a.XML": xml(thing())}, {"V/JPEGImages/a.PNG": "train"}),
        ({"images/x/a.jpg": "a", "annotations/x/a.xml": xml(thing())}, {"images/x/a.jpg": "train"}),
        ({"a.jpg": "a", "a.xml": xml(thing()), "classes.txt": "cat"}, {"a.jpg": "train"}),
        (
            {"train/a.jpg": "a", "train/a.xml": xml(thing()), "valid/b.jpg": "b", "valid/b.xml": xml(thing("dog"))},
            {"train/a.jpg": "train", "valid/b.jpg": "valid"},
        ),
    ],
    ids=["devkit", "one deeper", "Kaggle", "labelImg", "Roboflow"],
)
def test_layouts(tmp_path: Path, files: dict[str, str | bytes], wanted: dict[str, str]) -> None:
    fill(tmp_path, files)
    assert voc.claims(tmp_path)
    dataset, entries, skips = load(tmp_path)
    assert {key: entry.split for key, entry in entries.items()} == wanted
    assert skips == []
    assert dataset.spatial
    for entry in entries.values():
        content = voc.read(tmp_path, entry, dataset)
        assert content.annotations is not None
        assert [instance.label for instance in content.annotations.instances] == [
            "dog" if entry.split == "valid" else "cat"
        ]
        assert entry.size == 1 + len(xml(thing()))
        assert entry.mtime_ns > 0


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.jpg": "a"},
        {"a.xml": xml()},
        {"a.jpg": "a", "a.xml": "<html></html>"},
        {"JPEGImages/a.jpg": "a", "Annotations/a.json": "{}"},
        {"train/cats/a.jpg": "a", "val/cats/b.jpg": "b"},
    ],
)
def test_what_is_not_voc_is_not_claimed(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    fill(tmp_path, files)
    assert not voc.claims(tmp_path)
    assert not voc.claims(tmp_path / "a.jpg")
    assert not voc.claims(tmp_path / "nowhere")
    with pytest.raises(InputError):
        load(tmp_path)


def test_several_data_sets_are_not_mixed(tmp_path: Path) -> None:
    devkit(tmp_path, "a", home="VOC2007")
    devkit(tmp_path, "b", home="VOC2012")
    assert voc.claims(tmp_path)
    with pytest.raises(InputError, match="VOC2007, VOC2012"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("lists", "wanted"),
    [
        ({}, {"a": "train", "b": "train", "c": "train"}),
        ({"train": "", "val": ""}, {"a": "train", "b": "train", "c": "train"}),
        ({"train": "a\nb\n", "val": "c\n"}, {"a": "train", "b": "train", "c": "val"}),
        ({"trainval": "a\r\nb\r\n", "test": "c"}, {"a": "train", "b": "train", "c": "test"}),
        ({"train": "a", "trainval": "a\nb", "test": "c"}, {"a": "train", "b": "val", "c": "test"}),
        ({"val": "a", "trainval": "a\nb", "test": "c"}, {"a": "val", "b": "train", "c": "test"}),
        ({"train": "a\nb\nc", "val": "b", "test": "c"}, {"a": "train", "b": "val", "c": "test"}),
        ({"default": "a\nb\nc"}, {"a": "train", "b": "train", "c": "train"}),
        ({"train": "a", "extra": "b\na", "valid": "c"}, {"a": "train", "b": "extra", "c": "valid"}),
        ({"train": "a", "cat_train": "a 1\nb -1\nc  0\n"}, {"a": "train"}),
        (
            {"train": "./a.jpg\n/content/x/JPEGImages/b.jpg\nAnnotations\\c.xml"},
            {"a": "train", "b": "train", "c": "train"},
        ),
    ],
)
def test_lists_give_splits(tmp_path: Path, lists: dict[str, str], wanted: dict[str, str]) -> None:
    devkit(tmp_path, "a", "b", "c", **lists)
    assert splits(tmp_path) == wanted
    left_out = {skip.source: skip.reason for skip in load(tmp_path)[2]}
    assert left_out == {f"JPEGImages/{stem}.jpg": "in no split" for stem in "abc" if stem not in wanted}


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    devkit(tmp_path, "a", train="a\ngone\nbare\n", val="lost\n")
    fill(tmp_path, {"Annotations/lost.xml": xml(), "Annotations/odd.xml": "<", "JPEGImages/bare.jpg": "b"})
    dataset, entries, skips = load(tmp_path)
    assert [(skip.source, skip.reason, skip.split) for skip in skips] == [
        ("Annotations/lost.xml", "no picture", "val"),
        ("Annotations/odd.xml", "no picture", None),
        ("gone", "no picture", "train"),
    ]
    assert voc.read(tmp_path, entries["JPEGImages/bare.jpg"], dataset).annotations is None


def test_a_picture_is_found_by_the_name_inside(tmp_path: Path) -> None:
    devkit(tmp_path, "a")
    names = {"1": "x.jpg", "2": "y.jpeg", "3": "z", "4": "a.jpg", "5": "../../secret.jpg", "6": "/etc/passwd.jpg"}
    fill(
        tmp_path,
        {f"Annotations/{n}.xml": xml(thing(n), more=f"<filename>{name}</filename>") for n, name in names.items()},
    )
    fill(tmp_path, {"JPEGImages/x.jpg": "x", "JPEGImages/y.png": "y", "JPEGImages/z.jpg": "z"})
    fill(tmp_path.parent, {"secret.jpg": "s"})
    fill(tmp_path, {"Annotations/7.xml": xml(more="<filename>x.jpg</filename>")})
    dataset, entries, skips = load(tmp_path)
    found = {key: voc.read(tmp_path, entry, dataset).annotations for key, entry in entries.items()}
    labels = {Path(key).name: said.instances[0].label for key, said in found.items() if said is not None}
    assert labels == {"a.jpg": "cat", "x.jpg": "1", "y.png": "2", "z.jpg": "3"}
    assert {skip.source: skip.reason for skip in skips} == {
        "Annotations/4.xml": "no picture",
        "Annotations/5.xml": "outside the root",
        "Annotations/6.xml": "no picture",
        "Annotations/7.xml": "no picture",
    }


def test_no_link_leads_out(tmp_path: Path) -> None:
    root = devkit(tmp_path / "in", "a", "b")
    fill(tmp_path, {"secret.jpg": "s", "secret.xml": xml()})
    for name in ("JPEGImages/c.jpg", "Annotations/b.xml"):
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(tmp_path / f"secret{Path(name).suffix}")
    (root / "Annotations/a.xml").unlink()
    (root / "Annotations/a.xml").symlink_to(root / "Annotations/nowhere.xml")
    fill(root, {"JPEGImages/d.jpg": "d", "Annotations/d.xml": xml()})
    _, entries, skips = load(root)
    assert list(entries) == ["JPEGImages/d.jpg"]
    assert {skip.source: skip.reason for skip in skips} == {
        "JPEGImages/a.jpg": "missing",
        "JPEGImages/b.jpg": "outside the root",
        "JPEGImages/c.jpg": "outside the root",
    }
    with pytest.raises(SampleError, match="outside the root"):
        voc.read(root, Entry("k", "JPEGImages/d.jpg", annotations="../secret.xml"), Dataset())


def test_an_object_keeps_all_that_is_said_of_it() -> None:
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    more = f"<pose>Left</pose>{part}{part}<occluded/><deleted at='now'>0</deleted><field name='a b'>c</field>"
    found = parsed(
        "<annotation verified='yes'><folder>F</folder><filename>x.jpg</filename><path>/home/x.jpg</path>"
        f"<source><database>D</database></source><segmented>0</segmented>{thing(more=more)}"
        "<!-- no more --><owner>\n</owner></annotation>"
    )
    (instance,) = found.instances
    inner = {"name": "head", "bndbox": {"xmin": "1", "ymin": "1", "xmax": "2", "ymax": "2"}}
    assert instance.box == (1, 2.5, 30, 40)
    assert instance.fields == {
        "pose": "Left",
        "part": [inner, inner],
        "occluded": "",
        "deleted": {"@at": "now", "#text": "0"},
        "a b": "c",
    }
    assert found.fields == {
        "@verified": "yes",
        "folder": "F",
        "source": {"database": "D"},
        "segmented": "0",
        "owner": "",
    }
    assert found.size is None


def test_boxes_are_taken_as_written(tmp_path: Path) -> None:
    odd = "<bndbox><ymax> 7 </ymax><xmax>5.0</xmax><ymin>7</ymin><xmin>-3e1</xmin></bndbox>"
    assert [one.box for one in parsed(xml(thing(box=odd), thing())).instances] == [(-30, 7, 5, 7), (1, 2.5, 30, 40)]
    assert parsed(xml(thing()), one_based=True).instances[0].box == (0, 1.5, 30, 40)
    devkit(tmp_path, "a")
    dataset, entries, _ = load(tmp_path, one_based=True)
    annotations = voc.read(tmp_path, entries["JPEGImages/a.jpg"], dataset).annotations
    assert annotations is not None
    assert annotations.instances[0].box == (0, 1.5, 30, 40)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ("", None),
        ("<size/>", None),
        ("<size><width>0</width><height>0</height></size>", None),
        ("<size><width>5</width></size>", None),
        ("<size><width>a</width><height>1e999</height></size>", None),
        ("<size><width>5.0</width><height>6</height><depth>3</depth></size>", (5, 6)),
    ],
)
def test_the_size_may_be_unknown(size: str, wanted: Any) -> None:
    assert parsed(xml(size=size)).size == wanted


def test_rings_are_polygons_and_other_polygons_are_facts() -> None:
    values = (1.0, 2.0, 9.5, 2.0, 9.0, 8.0)
    ring = "".join(f"<{'xy'[n % 2]}{n // 2 + 1}>{value}</{'xy'[n % 2]}{n // 2 + 1}>" for n, value in enumerate(values))
    found = parsed(xml(thing(more=f"<polygon>{ring}</polygon>"), thing(box=f"<polygon>{ring}</polygon>")))
    assert [one.polygons for one in found.instances] == [(values,), (values,)]
    assert [one.box for one in found.instances] == [(1, 2.5, 30, 40), None]
    (other,) = parsed(xml(thing(more="<polygon><pt><x>1</x></pt></polygon>"))).instances
    assert (other.polygons, other.fields) == ((), {"polygon": {"pt": {"x": "1"}}})


def test_a_crowd_is_one() -> None:
    found = parsed(xml(thing(more="<crowd>1</crowd>"), thing(more="<crowd>0</crowd>"), thing(more="<crowd>7</crowd>")))
    assert [(one.crowd, one.fields) for one in found.instances] == [(True, {}), (False, {}), (False, {"crowd": "7"})]


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "x" * 10}">' for n in range(10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.xml:1"),
        ("<annotation>\n<object>\n<name>cat</object></annotation>", "a.xml:3: no proper XML"),
        ("<html/>", "expected <annotation>"),
        (f"<!DOCTYPE a [{BOMB}]><annotation><owner>&a9;</owner></annotation>", "document type or entities"),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation>&b;</annotation>', "document type"),
        ('<!DOCTYPE annotation SYSTEM "http://127.0.0.1:1/x.dtd"><annotation/>', "document type or entities"),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "save it as UTF-8"),
        ("<annotation>\xe4</annotation>".encode("latin-1"), "a.xml:1"),
        ("<annotation>\0</annotation>", "a.xml:1"),
        (xml(thing(""), ""), "object 1: expected a <name>"),
        (xml(thing(), thing("dog", box="")), r"object 2 \(dog\): expected one <bndbox>, got 0"),
        (xml(thing(box=BOX * 2)), "got 2"),
        (xml(thing(box="<bndbox><xmin>1</xmin></bndbox>")), "expected a number in <ymin>, got ''"),
        *((xml(thing(box=BOX.replace("2.5", bad))), f"'{bad}'") for bad in ("nan", "inf", "1e999", "1,5", "1_0", "٣")),
        (f"<annotation>{'<a>' * 3000}{'</a>' * 3000}</annotation>", "more than 50 elements within each other"),
    ],
)
def test_what_cannot_be_understood_says_where(text: str | bytes, message: str) -> None:
    with pytest.raises(SampleError, match=message) as caught:
        parsed(text)
    assert caught.value.reason == "bad label"
    assert _voc_xml.names(text if isinstance(text, bytes) else text.encode()) <= {"cat", "dog"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "gbk", "shift_jis", "cp1251"])
def test_files_declare_their_encoding(encoding: str) -> None:
    name = {"latin-1": "größe", "gbk": "猫", "shift_jis": "ねこ", "cp1251": "кот"}.get(encoding, "猫 & ö")
    declared = encoding.removesuffix("-sig")
    data = f'<?xml version="1.0" encoding="{declared}"?>\n{xml(thing(escape(name)))}'.encode(encoding)
    assert [one.label for one in parsed(data).instances] == [name]
    assert _voc_xml.names(data) == {name}


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8), max_size=4),
    st.sampled_from(["", "<?xml version='1.0'?>", "<?xml version='1.0' encoding='UTF-8'?>"]),
    st.sampled_from(["\n", "\r\n\t", ""]),
    st.sampled_from(["", "<!-- <object><name>no</name></object> -->", "<part><name>head</name></part>"]),
    st.booleans(),
)
def test_names_found_by_looking_are_those_found_by_parsing(
    words: list[str], head: str, gap: str, extra: str, late: bool
) -> None:
    things = []
    for word in words:
        name = f"{gap}<name>{escape(word)}</name>{gap}"
        things.append(f"<object>{gap}{f'{extra}{BOX}{name}' if late else f'{name}{extra}{BOX}'}</object>")
    data = f"{head}<annotation>{gap.join(things)}</annotation>".encode()
    try:
        labels = {one.label for one in parsed(data).instances}
    except SampleError:
        assert any(not word.strip() or not word.isprintable() for word in words)
        return
    assert _voc_xml.names(data) == labels


def test_parts_are_no_categories_and_categories_are_sorted(tmp_path: Path) -> None:
    attributes = "<attributes><attribute><name>rotation</name><value>0</value></attribute></attributes>"
    other = f"<object><odd><name>no</name></odd>{attributes}<name>cat</name>{BOX}</object>"
    fill(
        tmp_path,
        {
            "a.jpg": "a",
            "a.xml": xml(thing("zebra", "<part><name>head</name></part>"), thing("ant"), other),
            "b.jpg": "b",
            "b.xml": "<annotation><object><name>broken",
        },
    )
    dataset, entries, _ = load(tmp_path)
    assert [category.name for category in dataset.categories] == ["ant", "cat", "zebra"]
    with pytest.raises(SampleError, match=r"b\.xml:1: no proper XML"):
        voc.read(tmp_path, entries["b.jpg"], dataset)


@given(st.binary(max_size=200), st.binary(max_size=60))
def test_no_bytes_make_it_fail_in_another_way(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, listed: bytes
) -> None:
    root = devkit(tmp_path_factory.mktemp("v"), "a")
    fill(root, {"Annotations/a.xml": b"<annotation>" + data, "ImageSets/Main/train.txt": listed})
    try:
        dataset, entries, _ = load(root)
        for entry in entries.values():
            voc.read(root, entry, dataset)
    except (InputError, SampleError):
        pass


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    devkit(tmp_path, "a", "b")
    (tmp_path / "Annotations/a.xml").unlink()
    os.mkfifo(tmp_path / "Annotations/a.xml")
    _, entries, skips = load(tmp_path)
    assert list(entries) == ["JPEGImages/b.jpg"]
    assert [(skip.source, skip.reason) for skip in skips] == [("JPEGImages/a.jpg", "not a plain file")]
    (tmp_path / "ImageSets/Main").mkdir(parents=True)
    os.mkfifo(tmp_path / "ImageSets/Main/train.txt")
    with pytest.raises(InputError, match="the list can't be read"):
        load(tmp_path)


def test_names_that_are_no_unicode_are_left_out(tmp_path: Path) -> None:
    devkit(tmp_path, "a")
    fill(tmp_path, {"JPEGImages/c.jpg": "c"})
    try:
        (tmp_path / os.fsdecode(b"JPEGImages/\xff.jpg")).write_bytes(b"x")
        (tmp_path / os.fsdecode(b"Annotations/\xfe.xml")).write_text(xml(more="<filename>c.jpg</filename>"))
    except OSError:
        pytest.skip("this file system has only names in Unicode")
    _, entries, skips = load(tmp_path)
    assert list(entries) == ["JPEGImages/a.jpg"]
    assert [(skip.source, skip.reason) for skip in skips] == [
        ("JPEGImages/\\udcff.jpg", "unreadable name"),
        ("JPEGImages/c.jpg", "unreadable name"),
    ]


def test_an_xml_that_has_gone_is_told(tmp_path: Path) -> None:
    dataset, entries, _ = load(devkit(tmp_path, "a"))
    (tmp_path / "Annotations/a.xml").unlink()
    with pytest.raises(SampleError, match="labels missing"):
        voc.read(tmp_path, entries["JPEGImages/a.jpg"], dataset)


def test_oxford_pets(tmp_path: Path) -> None:
    fill(tmp_path, {"images/a.jpg": "a", "annotations/xmls/a.xml": xml(thing(), more="<filename>a.jpg</filename>")})
    fill(tmp_path, {"annotations/list.txt": "a", "annotations/trimaps/a.png": "mask"})
    assert voc.claims(tmp_path)
    dataset, entries, skips = load(tmp_path)
    assert skips == []
    annotations = voc.read(tmp_path, entries["images/a.jpg"], dataset).annotations
    assert annotations is not None
    assert len(annotations.instances) == 1


@pytest.mark.realdata
def test_blood_cells() -> None:
    root = os.environ.get("AUGMENT_REAL_DATA")
    if not root:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    path = Path(root) / "voc_bccd"
    assert voc.claims(path)
    dataset, entries, skips = load(path)
    assert [category.name for category in dataset.categories] == ["Platelets", "RBC", "WBC"]
    assert skips == []
    found = [voc.read(path, entry, dataset).annotations for entry in entries.values()]
    instances = [instance for annotations in found if annotations for instance in annotations.instances]
    assert (len(entries), len(instances)) == (45, 626)
    assert sum(one.box is not None and one.box[0] == one.box[2] for one in instances) == 1
