"""The YOLO reader: all ways in which data.yaml says where things are, every kind of line, and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Annotations, Instance
from augment.errors import InputError, SampleError
from augment.readers import yolo
from augment.readers._yolo import config as _yolo_config
from augment.readers._yolo import layout as _yolo_layout
from augment.sample import Category, Dataset, Entry, Skip

WANTED = frozenset({".jpg", ".png"})
BOX = "0 0.5 0.5 0.2 0.4\n"


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def pair(folder: str, stem: str, text: str | bytes = BOX) -> dict[str, str | bytes]:
    """A picture, which holds its own name, and its label file."""
    labels = _yolo_layout.labels_of(f"{folder}/{stem}.jpg")
    return {f"{folder}/{stem}.jpg": f"{folder}/{stem}", labels: text}


def listed(path: Path, **options: Any) -> list[Entry | Skip]:
    return list(yolo.entries(path, yolo.Options.model_validate(options), WANTED))


def keys(path: Path, **options: Any) -> list[tuple[str, str]]:
    """Split and key of what can be used."""
    return sorted((e.split, e.key) for e in listed(path, **options) if isinstance(e, Entry))


def skips(path: Path, **options: Any) -> list[tuple[str, str]]:
    return sorted((s.source, s.reason) for s in listed(path, **options) if isinstance(s, Skip))


def described(path: Path, **options: Any) -> Dataset:
    return yolo.dataset(path, yolo.Options.model_validate(options))


def annotated(path: Path, **options: Any) -> dict[str, tuple[Instance, ...]]:
    """Key -> instances, of all pictures."""
    dataset = described(path, **options)
    found = {}
    for entry in listed(path, **options):
        if isinstance(entry, Entry):
            content = yolo.read(path, entry, dataset)
            assert content.annotations is not None
            assert content.annotations.unit == "fraction"
            found[entry.key] = content.annotations.instances
    return found


def one(tmp_path: Path, text: str | bytes, config: str = "train: images\nnames: [cat, dog]\n") -> tuple[Instance, ...]:
    """The instances of one label file."""
    root = make(tmp_path, {"data.yaml": config, **pair("images", "a", text)})
    return annotated(root)["images/a.jpg"]


# Where the pictures are


LAYOUTS = {
    "roboflow": (["train/images", "valid/images"], "train: ../train/images\nval: ../valid/images\n"),
    "ultralytics": (["images/train", "images/val"], "path: coco8\ntrain: images/train\nval: images/val\ntest:\n"),
    "another machine": (
        ["images/train", "images/val"],
        "path: /content/coco8\ntrain: images/train\nval: images/val\n",
    ),
    "path inside": (["d/images/train", "d/images/val"], "path: ./d\ntrain: images/train\nval: images/val\n"),
    "path dot": (["images/train", "images/val"], "path: .\ntrain: ./images/train\nvalidation: images/val\n"),
    "backslashes": (["images/train", "images/val"], "train: images\\train\nval: .\\images\\val\n"),
    "lists": (["a/images", "b/images"], "train: [a/images]\nval:\n  - b/images\n"),
    "deep": (["x/y/images/z/train", "x/y/images/z/val"], "train: x/y/images/z/train\nval: x/y/images/z/val\n"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("given_as", ["folder", "file"])
def test_all_ways_to_say_where_pictures_are(tmp_path: Path, layout: str, given_as: str) -> None:
    (train, val), text = LAYOUTS[layout]
    files = {**pair(train, "1"), **pair(f"{train}/sub", "2"), **pair(val, "3")}
    root = make(tmp_path, {"data.yaml": f"{text}names: [cat]\n", **files})
    path = root if given_as == "folder" else root / "data.yaml"
    assert yolo.claims(path)
    assert keys(path) == [("train", f"{train}/1.jpg"), ("train", f"{train}/sub/2.jpg"), ("val", f"{val}/3.jpg")]
    assert skips(path) == []
    assert {key: len(found) for key, found in annotated(path).items()} == {key: 1 for _, key in keys(path)}


@pytest.mark.parametrize(
    ("folders", "expected"),
    [
        (["images"], ["train"]),
        (["images/train", "images/val", "images/holdout"], ["holdout", "train", "val"]),
        (["images/cats", "images/dogs"], ["train", "train"]),
        (["train/images", "valid/images", "odd/images"], ["odd", "train", "valid"]),
    ],
)
def test_a_folder_without_data_yaml(tmp_path: Path, folders: list[str], expected: list[str]) -> None:
    files = {name: text for folder in folders for name, text in pair(folder, "1", "2 0.5 0.5 0.1 0.1").items()}
    root = make(tmp_path, files)
    assert yolo.claims(root)
    assert [split for split, _ in keys(root)] == expected
    assert [category.name for category in described(root).categories] == ["0", "1", "2"]
    assert skips(root) == []


def test_other_layouts_are_not_claimed(tmp_path: Path) -> None:
    make(tmp_path, {"a/images/1.jpg": "", "a/labels/1.png": "", "b/cats/1.jpg": "", "c/images/1.jpg": ""})
    make(tmp_path, {"d/recipe.yaml": "seed: 7\ninput: {path: x}\n", "e/broken.yaml": b"\xff\xfe\x00:", "f": "x"})
    for name in (*"abcdef", "d/recipe.yaml", "e/broken.yaml", "nothing", "a\0b"):
        assert not yolo.claims(tmp_path / name)


def test_lists_of_pictures(tmp_path: Path) -> None:
    files = {**pair("data/images/x", "1"), **pair("data/images/x", "2"), **pair("data/images/y", "3")}
    inside = f"{os.path.realpath(tmp_path)}/data/images/y/3.jpg"
    lists = {
        "train.txt": "data/images/x/1.jpg\r\n\r\n./data/images/x/2.jpg\r\ndata/images/x/gone.jpg\r\n",
        "data/val.txt": f"\ufeff{inside}\nimages/x/1.jpg\n/etc/passwd.jpg\n../../up.jpg\nnotes.md\n",
    }
    root = make(tmp_path, {"data.yaml": "train: train.txt\nval: data/val.txt\nnames: [cat]\n", **files, **lists})
    assert keys(root) == [
        ("train", "data/images/x/1.jpg"),
        ("train", "data/images/x/2.jpg"),
        ("val", "data/images/x/1.jpg"),
        ("val", "data/images/y/3.jpg"),
    ]
    assert [reason for _, reason in skips(root)] == [
        "outside the root",
        "outside the root",
        "missing",
        "not a wanted file",
    ]
    assert all(len(found) == 1 for found in annotated(root).values())


def test_a_missing_split_tells_where_it_may_be(tmp_path: Path) -> None:
    files = {**pair("train/images", "1"), **pair("validate/images", "2"), **pair("holdout/images", "3")}
    text = "train: ../train/images\nval: ../valid/images\n\ntest: ../test/images\nnames: [cat]\n"
    root = make(tmp_path, {"data.yaml": text, **files})
    with pytest.raises(InputError) as caught:
        listed(root)
    told = str(caught.value)
    assert "data.yaml:2: val: ../valid/images: no such folder" in told
    assert "data.yaml:4: test: ../test/images: no such folder" in told
    assert "Folders there: holdout/images, train/images, validate/images" in told
    assert "val: validate/images" in told
    with pytest.raises(InputError):
        described(root)
    found = keys(root, splits={"val": "validate/images", "test": None})
    assert found == [("train", "train/images/1.jpg"), ("val", "validate/images/2.jpg")]
    assert len(keys(root, splits={"val": ["validate/images", "holdout/images"], "test": []})) == 3
    with pytest.raises(InputError, match=r"input\.splits: val: nowhere"):
        listed(root, splits={"val": "nowhere", "test": None})


def test_nothing_outside_of_the_root_is_read(tmp_path: Path) -> None:
    make(tmp_path, {**pair("other/images", "1"), **pair("root/images", "2")})
    root = tmp_path / "root"
    outside = os.path.realpath(tmp_path / "other")
    for text in ("train: ../other/images", f"train: {outside}/images", "train: images/../../other/images"):
        make(root, {"data.yaml": f"names: [cat]\n{text}\n"})
        with pytest.raises(InputError, match="outside of"):
            listed(root)
    for text in (f"path: {outside}\ntrain: images", "path: ../other\ntrain: images"):
        make(root, {"data.yaml": f"names: [cat]\n{text}\n"})
        with pytest.raises(InputError, match=re.escape(f"leads to {outside}")):
            listed(root)
        assert keys(root, root=".") == [("train", "images/2.jpg")]
        assert keys(root, root="../other") == [("train", "images/1.jpg")]
        assert keys(root / "data.yaml", root=outside) == [("train", "images/1.jpg")]
        assert len(annotated(root, root="../other")["images/1.jpg"]) == 1
    with pytest.raises(InputError, match="no such folder"):
        listed(root, root="nowhere")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_lead_nowhere_but_inside(tmp_path: Path) -> None:
    make(tmp_path, {"secret.txt": BOX, "secret.jpg": "s", "far/9.jpg": "f"})
    root = make(tmp_path / "root", {**pair("images", "1"), **pair("images/more", "2"), "labels/3.txt": BOX})
    (root / "images/3.jpg").symlink_to(tmp_path / "secret.jpg")
    make(root, {"images/4.jpg": "4", "images/5.jpg": "5", "images/6.jpg": "6"})
    (root / "labels/4.txt").symlink_to(tmp_path / "secret.txt")
    (root / "labels/5.txt").symlink_to(root / "labels/1.txt")
    (root / "labels/6.txt").symlink_to(root / "nowhere.txt")
    (root / "images/far").symlink_to(tmp_path / "far")
    (root / "images/up").symlink_to(root)
    (root / "images/self").symlink_to(root / "images/self")
    (root / "images/again").symlink_to(root / "images/more")
    assert keys(root) == [
        ("train", "images/1.jpg"),
        ("train", "images/5.jpg"),
        ("train", "images/again/2.jpg"),
        ("train", "images/more/2.jpg"),
    ]
    assert skips(root) == [
        ("images/3.jpg", "outside the root"),
        ("images/4.jpg", "outside the root"),
        ("images/6.jpg", "labels unreadable"),
        ("images/far", "outside the root"),
        ("images/up", "a link in a circle"),
    ]


def test_label_files_without_picture_are_told(tmp_path: Path) -> None:
    extra = {"labels/train/lost.txt": BOX, "labels/train/sub/deep.txt": BOX, "labels/train/b.txt": BOX}
    other = {
        "images/train/b.heic": "",
        "labels/classes.txt": "cat\n",
        "labels/train.cache": "x",
        "labels/old/x.txt": "",
    }
    root = make(tmp_path, {**pair("images/train", "a"), **pair("images/val", "a"), **extra, **other})
    make(root, {"data.yaml": "train: images/train\nval: images/val\nnames: [cat]\n"})
    found = [item for item in listed(root) if isinstance(item, Skip)]
    assert sorted((skip.source, skip.reason, skip.split) for skip in found) == [
        ("labels/train/b.txt", "no picture", "train"),
        ("labels/train/lost.txt", "no picture", "train"),
        ("labels/train/sub/deep.txt", "no picture", "train"),
    ]
    make(root, {"data.yaml": "train: train.txt\nnames: [cat]\n", "train.txt": "images/train/a.jpg\n"})
    assert len(skips(root)) == 3


def test_pictures_without_objects_are_kept(tmp_path: Path) -> None:
    root = make(tmp_path, {**pair("images", "a"), **pair("images", "b", ""), **pair("images", "c", "\ufeff \r\n\n")})
    make(root, {"images/d.PNG": "d", "images/x.y.jpg": "x", "labels/x.y.txt": BOX})
    found = annotated(root)
    assert {key: len(instances) for key, instances in found.items()} == {
        "images/a.jpg": 1,
        "images/b.jpg": 0,
        "images/c.jpg": 0,
        "images/d.PNG": 0,
        "images/x.y.jpg": 1,
    }


def test_labels_beside_their_pictures(tmp_path: Path) -> None:
    root = make(
        tmp_path, {"data.yaml": "train: all\nnames: [cat]\n", "all/a.jpg": "a", "all/a.txt": BOX, "all/z.txt": ""}
    )
    assert len(annotated(root)["all/a.jpg"]) == 1
    assert skips(root) == []


def test_the_last_images_in_a_path_counts() -> None:
    assert _yolo_layout.labels_of("images/a/images/b.x.jpg") == "images/a/labels/b.x.txt"
    assert _yolo_layout.labels_of("images/a.jpg") == "labels/a.txt"
    assert _yolo_layout.labels_of("images2/a.jpg") == "images2/a.txt"
    assert _yolo_layout.labels_of("train/images/") == "train/labels/"
    assert _yolo_layout.labels_of("") == ""


def test_sizes_and_times_are_of_both_files(tmp_path: Path) -> None:
    root = make(tmp_path, pair("images", "a"))
    os.utime(root / "images/a.jpg", ns=(5, 5_000))
    os.utime(root / "labels/a.txt", ns=(9, 9_000))
    (entry,) = listed(root)
    assert isinstance(entry, Entry)
    assert (entry.size, entry.mtime_ns) == (len("images/a") + len(BOX), 9_000)
    assert (entry.key, entry.locator, entry.annotations) == ("images/a.jpg", "images/a.jpg", "labels/a.txt")


def test_a_set_without_any_label_or_picture_is_refused(tmp_path: Path) -> None:
    root = make(tmp_path, {"data.yaml": "train: pictures\nnames: [cat]\n", "pictures/a.jpg": "", "labels/a.txt": BOX})
    with pytest.raises(InputError, match="none of the 1 pictures"):
        listed(root)
    (root / "pictures/a.jpg").unlink()
    with pytest.raises(InputError, match="no picture in pictures"):
        listed(root)
    with pytest.raises(InputError, match="no YOLO data set"):
        listed(make(tmp_path / "empty", {"x.txt": ""}))


# What the classes are called


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("names: [cat, no, 1.10, 'a: b', ~, 010]", ["cat", "no", "1.10", "a: b", "~", "010"]),
        ("names:\n  0: cat\n  1: yes\nnc: 2", ["cat", "yes"]),
        ("names: {1: dog, 0: cat}", ["cat", "dog"]),
        ("names: {0: cat, 5: dog}", ["cat", "dog"]),
        ("nc: 3", ["0", "1", "2"]),
        ("names: []", ["0", "1", "2", "3"]),
    ],
)
def test_names_are_as_written(tmp_path: Path, text: str, expected: list[str]) -> None:
    root = make(tmp_path, {"data.yaml": f"train: images\n{text}\n", **pair("images", "a", "0 .5 .5 .1 .1\n3 1 1 0 0")})
    assert [category.name for category in described(root).categories] == expected


def test_a_number_keeps_its_name_where_some_are_left_out(tmp_path: Path) -> None:
    config = "train: images\nnames: {0: cat, 5: dog}\n"
    assert [i.label for i in one(tmp_path, "5 .5 .5 .1 .1\n0 .5 .5 .1 .1\n", config)] == ["dog", "cat"]


def test_the_recipe_may_name_the_classes(tmp_path: Path) -> None:
    text = "0 .5 .5 .1 .1\n3 .5 .5 .1 .1\n"
    root = make(tmp_path, {"data.yaml": "train: images\nnc: 7\nnames: [x, x]\n", **pair("images", "a", text)})
    names = {0: "ship", 3: "ship", 2: "boat"}
    assert [category.name for category in described(root, names=names).categories] == ["ship", "boat"]
    assert [i.label for i in annotated(root, names=names)["images/a.jpg"]] == ["ship", "ship"]
    assert [category.name for category in described(root, names=["a", "b"]).categories] == ["a", "b"]
    for bad in ([], {-1: "a"}, [" "]):
        with pytest.raises(InputError, match=r"input\.names"):
            described(root, names=bad)


@pytest.mark.parametrize("place", ["classes.txt", "labels/classes.txt", "labels/train/classes.txt"])
def test_classes_txt_names_the_classes(tmp_path: Path, place: str) -> None:
    root = make(tmp_path, {place: "\ufeffcat\r\ntwo words\r\n", **pair("images/train", "a")})
    assert [category.name for category in described(root).categories] == ["cat", "two words"]
    assert skips(root) == []
    for text in ("cat\ncat\n", "cat\n\ndog\n", b"\xff\xfe"):
        with pytest.raises(InputError, match=r"classes\.txt"):
            described(make(root, {place: text}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("names: [a, a]", ":2: classes 0 and 1 are both called a"),
        ("names: [a]\nnc: 2", ":3: nc is 2, but names has 1"),
        ("nc: many", ":2: nc: expected a number"),
        ("nc: -1", ":2: nc: expected a number"),
        ("names: cat", ":2: names: expected a list"),
        ("names: {a: b}", "expected the number of a class"),
        ("names: {0: a, 00: b}", "class 0 has two names"),
        ("names: {123456789012345678901234567890: b}", "expected the number of a class"),
        ("names: [[a]]", "expected a name for class 0"),
        ("names: ['']", "expected a name for class 0"),
        ("names: [a]\nkpt_shape: 17", ":3: kpt_shape: expected"),
        ("names: [a]\nkpt_shape: [17, 4]", ":3: kpt_shape: expected"),
        ("names: [a]\nkpt_shape: [true, 2]", ":3: kpt_shape: expected"),
        ("names: [a]\nkpt_shape: [3, 2]\nflip_idx: [0, 1]", ":4: flip_idx: expected"),
        ("names: [a]\nval: {a: b}", ":3: val: expected the path"),
        ("names: [a]\nval: [[a]]", ":3: val: expected the path"),
        ("names: [a]\nval: images\nvalid: images", "both val and valid"),
        ("names: [a", "not YAML"),
        ("names: [a]\nx: !!python/object:os.system {}", "not YAML"),
        ("names: [a]\nx: 2024-99-99", "not YAML"),
        ("names: [a]\n? {a: b}\n: c", "not YAML"),
        ("- a", "not YAML"),
        ("names: [a]\nx: " + "[" * 5000, "nested too deep"),
        ("names: [a]\nx: &x [*x]", "too much in it"),
        (
            "names: [a]\n"
            + "\n".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" if n else "x0: &x0 z" for n in range(12)),
            "too much in it",
        ),
    ],
)
def test_a_wrong_data_yaml_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    root = make(tmp_path, {"data.yaml": f"train: images\n{text}\n", **pair("images", "a")})
    with pytest.raises(InputError, match=re.escape(told)) as caught:
        described(root / "data.yaml")
    assert "data.yaml" in str(caught.value)
    with pytest.raises(InputError):
        described(root)


@pytest.mark.parametrize("raw", [b"", b"\0", b"\xff\xfea\0", "names: [é]\ntrain: x".encode("latin-1"), b"x", b"[]"])
def test_what_is_no_data_yaml_at_all(tmp_path: Path, raw: bytes) -> None:
    make(tmp_path, {"data.yaml": raw})
    with pytest.raises(InputError, match=r"data\.yaml"):
        described(tmp_path / "data.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_does_not_hang_anything(tmp_path: Path) -> None:
    root = make(tmp_path, {**pair("images", "a"), **pair("images", "b")})
    (root / "labels/b.txt").unlink()
    for name in ("x.yaml", "labels/b.txt", "images/c.jpg"):
        os.mkfifo(root / name)
    assert yolo.claims(root)
    assert skips(root) == [("images/b.jpg", "not a plain file"), ("images/c.jpg", "not a plain file")]
    os.mkfifo(root / "data.yaml")
    assert len(annotated(root)) == 1
    with pytest.raises(InputError):
        described(root / "data.yaml")


def test_two_files_that_may_be_meant_are_asked_about(tmp_path: Path) -> None:
    text = "train: images\nnames: [cat]\n"
    root = make(tmp_path, {"a.yaml": text, "b.yml": text, "recipe.yaml": "seed: 7", **pair("images", "a")})
    with pytest.raises(InputError, match=r"a\.yaml or b\.yml"):
        listed(root)
    assert len(listed(root / "b.yml")) == 1
    assert len(listed(make(root, {"data.yaml": text}))) == 1


def test_other_keys_ride_along(tmp_path: Path) -> None:
    text = "train: images\nnames: [a]\ndownload: rm -r /\nroboflow: {license: CC BY 4.0, when: 2024-05-06, x: .inf}\n"
    root = make(tmp_path, {"data.yaml": text, **pair("images", "a")})
    assert described(root).fields == {"roboflow": {"license": "CC BY 4.0", "when": "2024-05-06", "x": None}}


# Lines


def test_boxes_and_polygons_in_one_file(tmp_path: Path) -> None:
    text = (
        "\ufeff1 0.5 0.5 0.2 0.4  \r\n\r\n0 0.1 0.2 0.3 0.2 0.3 0.4\r\n0\t0.5 .5 2e-1 0.4 0.875\n1.0 0 0 1 0 1 1 0 1"
    )
    assert one(tmp_path, text) == (
        Instance("dog", (0.4, 0.3, 0.6, 0.7)),
        Instance("cat", polygons=((0.1, 0.2, 0.3, 0.2, 0.3, 0.4),)),
        Instance("cat", (0.4, 0.3, 0.6, 0.7), fields={"confidence": 0.875}),
        Instance("dog", polygons=((0, 0, 1, 0, 1, 1, 0, 1),)),
    )


def test_flawed_boxes_and_repeated_lines_are_passed_on(tmp_path: Path) -> None:
    found = one(tmp_path, "0 0.5 0.5 0 0\n0 0.5 0.5 0 0\n0 1.5 1.5 0.1 0.1\n0 0.5 0.5 -0.2 0.1\n")
    assert len(found) == 4
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0.5 0.5 0.1", "got 4"),
        ("0", "got 1"),
        ("0 .1 .1 .2 .2 .3 .3 .4", "got 8"),
        ("2 .1 .1 .2 .2", "class 2 is not among the 2 that have names (0: cat, 1: dog)"),
        ("-1 .1 .1 .2 .2", "class -1 is not among"),
        ("0.5 .1 .1 .2 .2", "expected the number of a class first, got 0.5"),
        ("0 .1 .1 nan .2", "got 'nan'"),
        ("0 .1 .1 inf .2", "got 'inf'"),
        ("0 .1 .1 1_0 .2", "got '1_0'"),
        ("0 0,5 .1 .1 .2", "got '0,5'"),
        ("0 .1 .1 1e999 .2", "got inf: pixels?"),
        ("1e99 .1 .1 .1 .2", "class 1e+99 is not"),
        ("0 320 240 10 20", "got 320: pixels?"),
        ("cat .1 .1 .2 .2", "got 'cat'"),
        ("0 ٣ .1 .2 .2", "expected numbers"),
    ],
)
def test_a_line_that_makes_no_sense_is_told(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(SampleError, match=re.escape(told)) as caught:
        one(tmp_path, f"{BOX}\n{line}\n")
    assert "labels/a.txt:3: " in str(caught.value)


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe0\0 \0", b"\x89PNG\r\n\x1a\n", b"0 .1 .1 .1 \xe9", b"\0" * 9, b"0" * 100_000]
)
def test_what_is_no_text_is_told(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(SampleError, match=r"labels/a\.txt"):
        one(tmp_path, raw)


def test_label_files_that_go_are_told(tmp_path: Path) -> None:
    root = make(tmp_path, pair("images", "a"))
    dataset, (entry,) = described(root), listed(root)
    assert isinstance(entry, Entry)
    (root / "labels/a.txt").unlink()
    with pytest.raises(SampleError, match=r"labels missing: labels/a\.txt"):
        yolo.read(root, entry, dataset)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text("01. -e\n\tnaif", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    from augment.readers._yolo import lines as _yolo_lines

    _yolo_lines.classes(raw)
    for points in (None, (1, 2), (2, 3)):
        try:
            found = _yolo_lines.instances(raw, "x", {0: "a", 1: "b"}, points, {})
        except SampleError as error:
            assert re.match(r"bad label: x:?", str(error))
        else:
            assert isinstance(Annotations(found, unit="fraction"), Annotations)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.text("names:[]{}&*!train \n-0'\"", max_size=80).map(str.encode))
def test_any_data_yaml_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    _yolo_config.resembles(path)
    try:
        _yolo_config.parse(path, False)
    except InputError as error:
        assert str(path) in str(error)


# Keypoints

POSE = "train: images\nnames: [cat, dog]\nkpt_shape: [2, 3]\nflip_idx: [1, 0]\n"


def test_keypoints_with_and_without_a_third_number(tmp_path: Path) -> None:
    text = (
        "0 .5 .5 .2 .4 .1 .2 2 .3 .4 1\n1 .5 .5 .2 .4 0.7 0.7 0 .3 .4 1.0\n0 .5 .5 .2 .4 0 0 0 0 0 0\n0 .5 .5 .2 .4\n"
    )
    found = one(tmp_path, text, POSE)
    assert [instance.keypoints for instance in found] == [
        ((0.1, 0.2, 2), (0.3, 0.4, 1)),
        ((0.0, 0.0, 0), (0.3, 0.4, 1)),
        (),
        (),
    ]
    assert {instance.box for instance in found} == {(0.4, 0.3, 0.6, 0.7)}
    dataset = described(tmp_path)
    assert dataset.categories == (Category("cat", ("0", "1")), Category("dog", ("0", "1")))
    assert dataset.fields == {"flip_idx": [1, 0]}
    two = one(tmp_path, "0 .5 .5 .2 .4 .1 .2 0 0\n0 .5 .5 .2 .4 -1 -1 .1 .2\n", POSE.replace("3]", "2]"))
    assert [i.keypoints for i in two] == [((0.1, 0.2, 2), (0.0, 0.0, 0)), ((0.0, 0.0, 0), (0.1, 0.2, 2))]


def test_names_of_keypoints(tmp_path: Path) -> None:
    config = f"{POSE}kpt_names:\n  0: [head, tail]\n  1: [head]\n"
    text = "0 .5 .5 .2 .4 .1 .2 2 .3 .4 1\n1 .5 .5 .2 .4 .1 .2 2 0 0 0\n"
    assert [len(instance.keypoints) for instance in one(tmp_path, text, config)] == [2, 1]
    assert [category.keypoints for category in described(tmp_path).categories] == [("head", "tail"), ("head",)]
    with pytest.raises(SampleError, match="the class has 1 keypoints"):
        one(tmp_path, "1 .5 .5 .2 .4 .1 .2 2 .1 .1 1\n", config)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 .5 .5 .2 .4 .1 .2 2 .3 .4", "expected 5 numbers, or 11 as kpt_shape [2, 3]"),
        ("0 .5 .5 .2 .4 .1 .2 .9 .3 .4 1", "expected 0, 1 or 2 for how keypoint 0 is seen, got 0.9"),
        ("0 .5 .5 .2 .4 100 .2 2 .3 .4 1", "got 100: pixels?"),
    ],
)
def test_keypoints_that_make_no_sense_are_told(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(SampleError, match=re.escape(told)):
        one(tmp_path, line, POSE)


# A real one


@pytest.mark.realdata
def test_ships_come_back_from_a_run_through_reader_and_writer(tmp_path: Path) -> None:
    """Its data.yaml names a folder that is not there, and one class where the label files have another number too."""
    import numpy as np
    from PIL import Image

    from augment import masks
    from augment.annotations import bounds
    from augment.sample import Record
    from augment.writers import yolo as writer

    root = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere")) / "yolo_ships"
    if not root.is_dir():
        pytest.skip("needs AUGMENT_REAL_DATA")
    with pytest.raises(InputError, match="val: validate/images"):
        listed(root)
    with pytest.raises(
        SampleError, match=r"labels/.*\.txt:1: class 3 is not among the 1 that have names \(0: Ships\)"
    ):
        annotated(root, splits={"val": "validate/images"})
    options = {"splits": {"val": "validate/images"}, "names": {0: "Ships", 3: "Ships"}}
    found = [entry for entry in listed(root, **options) if isinstance(entry, Entry)]
    assert len(found) == len(listed(root, **options)) == 42
    dataset = described(root, **options)
    before = {}
    for number, entry in enumerate(found):
        content = yolo.read(root, entry, dataset)
        with Image.open(root / entry.key) as picture:
            size = picture.size
        annotations = scaled(content.annotations, size)
        before[content.data] = annotations
        record = Record(
            f"k-{number}", content.data, "jpg", "image", entry.split, None, None, entry.key, 0, {}, annotations
        )
        part = writer.render(record, dataset)
        writer.assemble(tmp_path, writer.shard(entry.split, number), [part])
    writer.conclude(tmp_path, dataset)
    told = described(tmp_path)
    assert (told.categories, told.fields) == (dataset.categories, dataset.fields)
    assert sorted(split for split, _ in keys(tmp_path)) == sorted(entry.split for entry in found)
    for entry in listed(tmp_path):
        assert isinstance(entry, Entry)
        content = yolo.read(tmp_path, entry, told)
        wanted = before.pop(content.data)
        assert wanted.size is not None
        got = scaled(content.annotations, wanted.size)
        for instance, other in zip(wanted.instances, got.instances, strict=True):
            assert other.label == instance.label
            assert bool(other.polygons) == bool(instance.polygons)
            if instance.polygons:
                assert np.array_equal(masks.lengths_of(instance, wanted.size), masks.lengths_of(other, wanted.size))
            else:
                assert (other.box or bounds(other.polygons)) == pytest.approx(instance.box, abs=0.01)
    assert before == {}


def scaled(found: Annotations | None, size: tuple[int, int]) -> Annotations:
    """Fractions as pixels; boxes and polygons only."""
    assert found is not None
    instances = []
    for instance in found.instances:
        box = instance.box
        instances.append(
            Instance(
                instance.label,
                None if box is None else (box[0] * size[0], box[1] * size[1], box[2] * size[0], box[3] * size[1]),
                tuple(tuple(v * size[place % 2] for place, v in enumerate(ring)) for ring in instance.polygons),
            )
        )
    return Annotations(tuple(instances), size=size)
