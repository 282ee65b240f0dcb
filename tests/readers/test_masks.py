"""Segmentation masks: every layout pairs the same pictures with the same masks, and values stay what they were."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augment.annotations import INDEX, Annotations
from augment.errors import InputError, SampleError
from augment.readers import masks as reader
from augment.readers._masks import folders as _masks_folders
from augment.readers._masks import png as _masks_png
from augment.sample import Category, Content, Dataset, Entry, Skip
from tests.writers.test_annotations import png

WANTED = frozenset({".jpg", ".png"})
VALUES = np.array([[0, 1, 11], [255, 3, 2]], np.uint8)
MASK = png(VALUES)


def make(root: Path, *names: str) -> Path:
    """Pictures hold their own name; masks (below a folder of masks, PNG) a mask."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MASK if "picture" not in path.name and path.suffix == ".png" else name.encode())
    return root


def found(root: Path, **options: Any) -> tuple[dict[str, tuple[str, dict[str, str]]], dict[str, str]]:
    """Key -> split and masks by name; and Skips: source -> reason."""
    chosen = reader.Options.model_validate(options)
    listed = list(reader.entries(root, chosen, WANTED))
    dataset = reader.dataset(root, chosen)
    assert dataset.spatial
    entries = [item for item in listed if isinstance(item, Entry)]
    for entry in entries:
        content = reader.read(root, entry, dataset)
        assert content.data == (root / entry.key).read_bytes()
        assert content.annotations is not None
        assert content.annotations.size is None
        assert set(content.annotations.masks.values()) == {MASK}
        assert entry.size == len(content.data) + len(MASK) * len(content.annotations.masks)
        assert entry.label is None
    told = {item.source: item.reason for item in listed if isinstance(item, Skip)}
    return {entry.key: (entry.split, _names(entry)) for entry in entries}, told


def _names(entry: Entry) -> dict[str, str]:
    import json

    names: dict[str, str] = json.loads(entry.annotations)
    return names


@pytest.mark.parametrize(
    ("picture", "mask", "split"),
    [
        ("images/a.jpg", "masks/a.png", "train"),
        ("Images/a.jpg", "Labels/a.png", "train"),
        ("img/a.jpg", "annotations/a.png", "train"),
        ("JPEGImages/a.jpg", "SegmentationClass/a.png", "train"),
        ("JPEGImages/a.jpg", "SegmentationClassRaw/a.png", "train"),
        ("images/a.jpg", "gt/a.png", "train"),
        ("train/images/a.jpg", "train/masks/a.png", "train"),
        ("valid/images/a.jpg", "valid/masks/a.png", "valid"),
        ("images/val/a.jpg", "masks/val/a.png", "val"),
        ("images/training/a.jpg", "annotations/training/a.png", "training"),
        ("ADE/images/validation/a.jpg", "ADE/annotations/validation/a.png", "validation"),
        ("val/a.jpg", "valannot/a.png", "val"),
        ("train/a.jpg", "train_masks/a.png", "train"),
        ("test/a.jpg", "test_labels/a_L.png", "test"),
        ("images/test/city/a.jpg", "masks/test/city/a.png", "test"),
        ("leftImg8bit/val/ulm/a_leftImg8bit.jpg", "gtFine/val/ulm/a_gtFine_labelIds.png", "val"),
        ("images/a.jpg", "masks/a_mask.png", "train"),
        ("images/a.jpg", "masks/a-seg.png", "train"),
        ("images/a.jpg", "masks/a_Label.png", "train"),
        ("images/a_image.jpg", "masks/a_mask.png", "train"),
        ("data/set/images/a.jpg", "data/set/masks/a.png", "train"),
    ],
)
def test_layouts(tmp_path: Path, picture: str, mask: str, split: str) -> None:
    make(tmp_path, picture, mask)
    assert found(tmp_path) == ({picture: (split, {INDEX: mask})}, {})
    if picture.count("/") < 3:
        assert reader.claims(tmp_path)


@pytest.mark.parametrize(
    ("masks", "expected"),
    [
        (["masks/road/a.png", "masks/sky/a.png"], {"road": "masks/road/a.png", "sky": "masks/sky/a.png"}),
        (["masks/a_road.png", "masks/a-sky.png"], {"road": "masks/a_road.png", "sky": "masks/a-sky.png"}),
        (["masks/road/a_mask.png"], {"road": "masks/road/a_mask.png"}),
        (["masks/road/a_road.png"], {"road": "masks/road/a_road.png"}),
        (["masks/a.png", "masks/train/a.png"], {INDEX: "masks/a.png", "train": "masks/train/a.png"}),
        (["masks/a_left_hand_mask.png"], {"left_hand": "masks/a_left_hand_mask.png"}),
    ],
)
def test_a_mask_a_class(tmp_path: Path, masks: list[str], expected: dict[str, str]) -> None:
    make(tmp_path, "images/a.jpg", *masks)
    assert found(tmp_path) == ({"images/a.jpg": ("train", expected)}, {})
    assert reader.claims(tmp_path)


def test_the_longest_name_of_a_picture_owns_a_mask(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "images/a_b.jpg", "masks/a_b_c.png", "masks/a_c.png", "masks/d_c.png")
    assert found(tmp_path) == (
        {
            "images/a.jpg": ("train", {"c": "masks/a_c.png"}),
            "images/a_b.jpg": ("train", {"c": "masks/a_b_c.png"}),
        },
        {"masks/d_c.png": "no picture"},
    )


def test_a_name_that_goes_on_is_no_class_where_others_are_equal(tmp_path: Path) -> None:
    make(tmp_path, "images/1.jpg", "images/2.jpg", "masks/1.png", "masks/2_7.png")
    assert found(tmp_path) == (
        {"images/1.jpg": ("train", {INDEX: "masks/1.png"})},
        {"images/2.jpg": "no mask", "masks/2_7.png": "no picture"},
    )


def test_what_has_no_counterpart_is_told(tmp_path: Path) -> None:
    make(
        tmp_path,
        "train/images/a.jpg",
        "train/images/b.jpg",
        "train/masks/a.png",
        "train/masks/c.png",
        "train/masks/x.txt",
    )
    make(tmp_path, "train/images/deep/d.jpg", "train/masks/a_mask.png", "train/masks/road/e.png")
    assert found(tmp_path)[1] == {
        "train/images/b.jpg": "no mask",
        "train/images/deep/d.jpg": "no mask",
        "train/masks/c.png": "no picture",
        "train/masks/a_mask.png": "no picture",
        "train/masks/road/e.png": "no picture",
    }


SEGNET = ("CamVid/train/a.png", "CamVid/trainannot/a.png", "CamVid/val/b.png", "CamVid/valannot/b.png")


@pytest.mark.parametrize("root", ["", "CamVid"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_segnets_lists_with_a_foreign_prefix(tmp_path: Path, root: str, end: str) -> None:
    make(tmp_path, *SEGNET, "CamVid/train/unlisted.png", "CamVid/trainannot/unlisted.png")
    line = "/SegNet/CamVid/train/{0}.png /SegNet/CamVid/trainannot/{0}.png"
    text = end.join(["\ufeff" + line.format("a"), "", "rubbish", line.format("gone"), "../../x.png ../../y.png"])
    (tmp_path / "CamVid/train.txt").write_bytes(text.encode())
    lead = "" if root else "CamVid/"
    listed = "train.txt" if root else "CamVid/train.txt"
    pictures, skips = found(tmp_path / root)
    assert pictures == {
        f"{lead}train/a.png": ("train", {INDEX: f"{lead}trainannot/a.png"}),
        f"{lead}val/b.png": ("val", {INDEX: f"{lead}valannot/b.png"}),  # no list tells of val: the folders do
    }
    assert skips == {
        f"{listed}:3": "bad row",
        "/SegNet/CamVid/train/gone.png": "outside the root",
        "../../x.png": "outside the root",
    }
    assert reader.claims(tmp_path / root)


def test_lists_of_voc_say_the_split(tmp_path: Path) -> None:
    make(tmp_path, *(f"VOC/JPEGImages/{n}.jpg" for n in "abcd"), *(f"VOC/SegmentationClass/{n}.png" for n in "abc"))
    make(tmp_path, "VOC/Annotations/a.xml", "VOC/SegmentationObject/a.png")
    for name, text in (("train", "a\n"), ("val", "b\r\nd\r\n"), ("trainval", "a\nb\nd\n")):
        make(tmp_path, f"VOC/ImageSets/Segmentation/{name}.txt")
        (tmp_path / f"VOC/ImageSets/Segmentation/{name}.txt").write_text(text)
    assert found(tmp_path) == (
        {
            "VOC/JPEGImages/a.jpg": ("train", {INDEX: "VOC/SegmentationClass/a.png"}),
            "VOC/JPEGImages/b.jpg": ("val", {INDEX: "VOC/SegmentationClass/b.png"}),
        },
        {"VOC/JPEGImages/d.jpg": "no mask"},
    )


def test_folders_can_be_named(tmp_path: Path) -> None:
    make(tmp_path, "val/photos/a.jpg", "val/truth/a.png", "one/two/b.jpg", "three/b.png")
    assert found(tmp_path, images="photos", masks="truth")[0] == {
        "val/photos/a.jpg": ("val", {INDEX: "val/truth/a.png"})
    }
    assert found(tmp_path, images="one/two", masks="three")[0] == {"one/two/b.jpg": ("train", {INDEX: "three/b.png"})}
    with pytest.raises(InputError, match="images: photos"):
        found(tmp_path)


def test_which_of_two_folders_of_masks_is_asked(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "masks/a.png", "labels/a.txt")
    assert found(tmp_path)[0] == {"images/a.jpg": ("train", {INDEX: "masks/a.png"})}
    make(tmp_path, "labels/a.png")
    with pytest.raises(InputError, match="labels or masks"):
        found(tmp_path)
    assert found(tmp_path, masks="labels")[0] == {"images/a.jpg": ("train", {INDEX: "labels/a.png"})}


@pytest.mark.parametrize(
    "names",
    [
        ["cats/1.jpg", "dogs/1.jpg"],
        ["train/cats/1.jpg", "train/dogs/1.jpg", "val/cats/1.jpg"],
        ["images/cats/1.jpg", "images/dogs/1.png"],
        ["images/1.jpg", "labels/1.txt"],
        ["images/train/1.jpg", "labels/train/1.txt"],
        ["train/images/1.jpg", "train/labels/1.txt"],
        ["JPEGImages/1.jpg", "Annotations/1.xml"],
        ["images/1.jpg", "annotations/instances_train.json"],
        ["train2017/1.jpg", "annotations/instances_train2017.json"],
        ["images/1.jpg", "masks/2.png"],
        ["1.jpg", "1.png"],
        ["mask/1.jpg", "face/1.jpg"],
        ["labels.txt"],
    ],
)
def test_other_layouts_are_not_claimed(tmp_path: Path, names: list[str]) -> None:
    assert not reader.claims(make(tmp_path, *names))
    assert not reader.claims(tmp_path / names[0])


def test_classes_by_value(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "masks/a.png")
    (tmp_path / "names.txt").write_bytes("\ufeffsky\r\nStraße\r\n\r\n".encode())

    def categories(**options: Any) -> tuple[Category, ...]:
        return reader.dataset(tmp_path, reader.Options.model_validate(options)).categories

    assert categories() == ()
    assert categories(classes=["sky", "road"]) == (Category("sky"), Category("road"))
    assert categories(classes="names.txt") == (Category("sky"), Category("Straße"))
    assert categories(classes={255: "void", 0: "sky"}) == (Category("sky"), Category("void", fields={"value": 255}))
    assert categories(classes=["a", "", "b"]) == (Category("a"), Category("b", fields={"value": 2}))
    for bad in (["a", "a"], {-1: "a"}, {65536: "a"}, "missing.txt"):
        with pytest.raises(InputError):
            categories(classes=bad)
    (tmp_path / "classes.txt").write_text("a\nb\n")
    assert categories() == (Category("a"), Category("b"))
    assert reader.dataset(tmp_path, reader.Options(void=11)).fields == {"void": 11}
    with pytest.raises(ValueError, match="void"):
        reader.Options(void=-1)


def saved(pixels: Any, mode: str | None = None, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture = Image.fromarray(np.asarray(pixels))
    (picture.convert(mode) if mode else picture).save(out, kind, **options)
    return out.getvalue()


def palette(kind: str = "PNG", **options: Any) -> bytes:
    picture = Image.fromarray(VALUES)
    picture.putpalette([*range(255, -1, -1)] * 3)
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def values(data: bytes) -> Any:
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode in ("1", "L", "P", "I;16")
        return np.asarray(picture).astype(int)


@pytest.mark.parametrize("data", [MASK, palette(), saved(VALUES > 0), saved(VALUES.astype(np.uint16) * 257)])
def test_masks_of_one_channel_keep_their_bytes(data: bytes) -> None:
    assert _masks_png.index(data) is data


@pytest.mark.parametrize("depth", [2, 4])
def test_few_bits_of_gray_keep_their_values(depth: int) -> None:
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 2, 1, depth, 0, 0, 0, 0)
    row = bytes([0, (1 << 8 - depth) | (3 << 8 - 2 * depth)])
    data = _masks_png.SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")
    assert values(_masks_png.index(data)).tolist() == [[1, 3]]


@pytest.mark.parametrize(
    "data",
    [
        saved(VALUES, kind="BMP"),
        saved(VALUES, kind="TIFF"),
        palette("GIF", optimize=False),
        palette("BMP"),
        saved(np.stack([VALUES] * 3, -1)),
        saved(np.stack([VALUES, VALUES, VALUES, np.full_like(VALUES, 255)], -1)),
        saved(np.stack([VALUES, np.full_like(VALUES, 255)], -1), kind="PNG"),
        saved(np.stack([VALUES] * 3, -1), kind="WEBP", lossless=True),
    ],
)
def test_other_files_without_loss_keep_their_values(data: bytes) -> None:
    packed = _masks_png.index(data)
    assert packed.startswith(_masks_png.SIGNATURE)
    assert values(packed).tolist() == VALUES.tolist()
    assert _masks_png.index(packed) is packed


def test_sixteen_bits_of_other_files() -> None:
    deep = VALUES.astype(np.uint16) * 200
    assert values(_masks_png.index(saved(deep, kind="TIFF"))).tolist() == deep.tolist()


@pytest.mark.parametrize(
    ("data", "reason", "advice"),
    [
        (saved(np.dstack([VALUES, VALUES, VALUES + 1])), "colour-coded mask", "replaced by its class's number"),
        (saved(np.dstack([VALUES, VALUES, VALUES, VALUES])), "colour-coded mask", "8-bit gray or palette PNG"),
        (saved(VALUES, kind="JPEG"), "bad mask", "without loss"),
        (b"", "bad mask", "PNG"),
        (b"text", "bad mask", "PNG"),
        (saved(np.dstack([VALUES] * 3))[:60], "bad mask", ""),
    ],
)
def test_masks_that_have_no_values_are_refused(tmp_path: Path, data: bytes, reason: str, advice: str) -> None:
    make(tmp_path, "images/a.jpg", "masks/a.png")
    (tmp_path / "masks/a.png").write_bytes(data)
    (entry,) = reader.entries(tmp_path, reader.Options(), WANTED)
    assert isinstance(entry, Entry)
    with pytest.raises(SampleError) as caught:
        reader.read(tmp_path, entry, Dataset())
    assert caught.value.reason == reason
    assert advice in caught.value.detail
    assert caught.value.detail.startswith("masks/a.png: ")


@given(st.binary(max_size=200), st.integers(0, 200))
@settings(deadline=None)
def test_no_bytes_make_it_fail_in_another_way(data: bytes, at: int) -> None:
    whole = bytearray(saved(np.stack([VALUES] * 3, -1)))
    whole[at : at + len(data)] = data
    with contextlib.suppress(SampleError):
        _masks_png.index(bytes(whole))


@given(
    st.lists(st.text(st.sampled_from("ab_-1m."), min_size=1, max_size=6), max_size=6),
    st.lists(st.text(st.sampled_from("ab_-1m."), min_size=1, max_size=8), max_size=6),
)
@settings(deadline=None)
def test_pairing_loses_and_invents_nothing(pictures: list[str], masks: list[str]) -> None:
    pictures, masks = [f"a{name}.jpg" for name in set(pictures)], [f"a{name}.png" for name in set(masks)]
    pairs = _masks_folders.paired(pictures, masks)
    used = {mask for by_class in pairs.masks.values() for mask in by_class.values()}
    assert used <= set(masks)
    assert pairs.masks.keys() <= set(pictures)
    assert used.isdisjoint(pairs.unused)
    assert len(used) + len(pairs.unused) == len(masks)
    for picture in pictures:
        if picture.replace(".jpg", ".png") in masks:
            assert pairs.masks[picture] == {INDEX: picture.replace(".jpg", ".png")}


def test_nothing_outside_of_the_root_is_read(tmp_path: Path) -> None:
    root = make(tmp_path / "in", "images/a.jpg", "images/b.jpg", "images/c.jpg", "masks/a.png", "images/sub/d.jpg")
    make(tmp_path / "secret", "b.png", "d.png")
    (root / "masks/b.png").symlink_to(tmp_path / "secret/b.png")
    (root / "masks/c.png").symlink_to(root / "masks/a.png")
    (root / "masks/sub").symlink_to(tmp_path / "secret")
    pictures, skips = found(root)
    assert set(pictures) == {"images/a.jpg", "images/c.jpg"}
    assert skips == {"images/b.jpg": "outside the root", "images/sub/d.jpg": "no mask"}
    with pytest.raises(SampleError, match="outside the root"):
        reader.read(root, Entry("k", "images/a.jpg", annotations='{"": "../secret/b.png"}'), Dataset())


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "masks/a.png")
    (tmp_path / "images/loop").symlink_to(tmp_path / "images")
    assert found(tmp_path) == (
        {"images/a.jpg": ("train", {INDEX: "masks/a.png"})},
        {"images/loop": "a link in a circle"},
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows knows only proper names")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    make(tmp_path, "images/a.jpg", "masks/a.png")
    with contextlib.suppress(OSError):
        (tmp_path / "images/\udcff.jpg").write_bytes(b"x")
        (tmp_path / "masks/\udcff.png").write_bytes(MASK)
        assert found(tmp_path)[1] == {"images/\\udcff.jpg": "unreadable name"}


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    assert not reader.claims(tmp_path / "none")
    for path in (tmp_path / "none", make(tmp_path, "a.jpg") / "a.jpg"):
        with pytest.raises(InputError, match="expected a folder"):
            list(reader.entries(path, reader.Options(), WANTED))
    with pytest.raises(InputError, match="no folder of pictures"):
        list(reader.entries(tmp_path, reader.Options(), WANTED))


@pytest.mark.realdata
def test_camvid(tmp_path: Path) -> None:
    place = os.environ.get("AUGMENT_REAL_DATA")
    if not place:
        pytest.skip("AUGMENT_REAL_DATA names no folder")
    root = Path(place) / "seg_camvid/CamVid"
    options = reader.Options(void=11)
    assert reader.claims(root)
    entries = [item for item in reader.entries(root, options, WANTED) if isinstance(item, Entry)]
    assert [entry.split for entry in entries] == ["train"] * 6 + ["val"] * 3
    dataset = reader.dataset(root, options)
    for entry in entries:
        content = reader.read(root, entry, dataset)
        assert isinstance(content, Content)
        assert isinstance(content.annotations, Annotations)
        mask = root / entry.key.replace("/", "annot/")
        assert hashlib.sha256(content.annotations.masks[INDEX]).digest() == hashlib.sha256(mask.read_bytes()).digest()
        assert values(content.annotations.masks[INDEX]).max() <= 11
