"""WebDataset archives: what our writer makes comes back; foreign ones are read, broken ones are told of."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import INDEX, Annotations, Instance, Span
from augment.errors import InputError, SampleError
from augment.readers import webdataset as reader
from augment.readers._shards import tar as _shards_tar
from augment.sample import Category, Content, Dataset, Entry, Skip
from augment.writers import webdataset as writer
from tests.readers import trips
from tests.readers.trips import WANTED
from tests.writers.test_annotations import DATASET, SIZE, annotated, facts, record
from tests.writers.texts import Table, tables


def pack(path: Path, members: Iterable[tuple[str, bytes]], kind: int = tarfile.PAX_FORMAT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=kind) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


write, read = partial(trips.write, writer), partial(trips.read, reader)


def entries(path: Path, **options: Any) -> dict[str, Entry]:
    return {entry.key: entry for entry, _ in read(path, **options)[1]}


def reasons(path: Path, **options: Any) -> dict[str, str]:
    return {skip.source: skip.reason for skip in read(path, **options)[2]}


@given(
    st.lists(
        st.tuples(st.none() | annotated(), facts, st.sampled_from(["train", "val", "my/split"])),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["jpg", "png"]),
)
@settings(deadline=None)
def test_what_our_writer_makes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[Any, Any, str]], ending: str
) -> None:
    root = tmp_path_factory.mktemp("w")
    records = [
        record(number, one, fields=fields, split=split, extension=ending, label="a" if number % 2 else None)
        for number, (one, fields, split) in enumerate(found)
    ]
    write(root, records)
    dataset, samples, skips = read(root)
    assert skips == []
    assert (dataset.categories, dataset.spatial, dataset.fields) == (DATASET.categories, True, DATASET.fields)
    back = {entry.key.rpartition("/")[2].partition(".")[0]: (entry, content) for entry, content in samples}
    assert len(back) == len(records)
    for one in records:
        entry, content = back[one.key]
        assert (content.data, content.annotations) == (one.data, one.annotations)
        assert (entry.split, entry.label, entry.fields) == (one.split, one.label, one.fields)
        assert entry.locator.endswith(f".{ending}")
        assert entry.size >= len(one.data) + sum(map(len, one.annotations.masks.values() if one.annotations else ()))


@given(st.lists(annotated(), min_size=1, max_size=3))
@settings(deadline=None)
def test_without_dataset_json_the_categories_are_found(tmp_path_factory: pytest.TempPathFactory, found: Any) -> None:
    root = tmp_path_factory.mktemp("w")
    write(root, [record(number, one) for number, one in enumerate(found)])
    (root / "dataset.json").unlink()
    dataset, samples, _ = read(root)
    names = {instance.label for one in found for instance in one.instances}
    assert dataset.categories == tuple(Category(str(name)) for name in sorted(map(str, names)))
    assert dataset.spatial == any(one.instances or one.masks for one in found)
    assert {content.annotations == one for (_, content), one in zip(samples, found, strict=True)} == {True}


def test_a_class_data_set_has_nothing_in_places(tmp_path: Path) -> None:
    write(tmp_path, [record(n, label="cat", label_index=7) for n in range(3)], Dataset(classes=("cat",)))
    dataset, samples, _ = read(tmp_path)
    assert dataset == Dataset()
    assert [(entry.label, entry.annotations, content.annotations) for entry, content in samples] == [
        ("cat", "", None)
    ] * 3


def test_soft_labels_ride_along(tmp_path: Path) -> None:
    soft = Annotations(classes={"a": 0.25, "b": 0.75}, size=SIZE)
    write(tmp_path, [record(0, soft), record(1)], Dataset(classes=("a", "b")))
    dataset, samples, _ = read(tmp_path)
    assert dataset.spatial is False
    assert [content.annotations for _, content in samples] == [soft, None]


def test_a_foreign_archive(tmp_path: Path) -> None:
    pack(
        tmp_path / "imagenet-train-000000.tar",
        [
            ("a/0001.jpg", b"1"),
            ("a/0001.cls", b" 7\n"),
            ("a/0001.JSON", json.dumps({"x": [1, None], "split": "odd"}).encode()),
            ("b.png", b"2"),
            ("b.txt", "Käfer".encode("latin-1")),
            ("c.v2.jpg", b"3"),
            ("c.json", b'\xef\xbb\xbf{"label": 3, "n": NaN, "big": 1e999, "deep": [1E400]}'),
            ("d.jpg", b"4"),
            ("d.json", b"[1, 2]"),
            ("__meta__", b"x"),
            ("._b.jpg", b"mac"),
            ("README", b"x"),
            ("./folder.d//e.jpg", b"5"),
            ("__MACOSX/f.jpg", b"x"),
            ("g/.git/h.jpg", b"x"),
        ],
    )
    found = entries(tmp_path)
    lead = "imagenet-train-000000.tar"
    assert {
        key.removeprefix(f"{lead}/"): (entry.label, entry.split, dict(entry.fields)) for key, entry in found.items()
    } == {
        "a/0001.jpg": ("7", "odd", {"x": [1, None]}),
        "b.png": ("Käfer", "train", {}),
        "c.v2.jpg": ("3", "train", {"n": None, "big": None, "deep": [None]}),
        "d.jpg": (None, "train", {"json": [1, 2]}),
        "folder.d/e.jpg": (None, "train", {}),
    }
    assert [content.data for _, content in read(tmp_path / lead)[1]] == [b"1", b"2", b"3", b"4", b"5"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("val/x.tar", "val"),
        ("Test/x.tar", "Test"),
        ("train-000000.tar", "train"),
        ("validation_00.tar", "validation"),
        ("validity_00.tar", "train"),
        ("shard-000000.tar", "train"),
    ],
)
def test_splits_come_from_folders_and_names(tmp_path: Path, name: str, split: str) -> None:
    pack(tmp_path / name, [("a.jpg", b"x")])
    assert entries(tmp_path)[f"{name}/a.jpg"].split == split


def test_masks_of_foreign_archives_are_called_after_their_endings(tmp_path: Path) -> None:
    members = [("a.png", b"p"), ("a.mask.png", b"i"), ("a.Road.mask.png", b"r"), ("b.png", b"q")]
    dataset, samples, _ = read(pack(tmp_path / "s.tar", members))
    assert dataset.spatial
    assert samples[0][1] == Content(b"p", Annotations(masks={INDEX: b"i", "road": b"r"}))
    assert samples[1][1] == Content(b"q")
    assert samples[0][0].size == 3


def test_sentences_are_captions_and_words_are_classes(tmp_path: Path) -> None:
    pack(
        tmp_path / "s.tar",
        [("a.jpg", b"x"), ("a.txt", b"two dogs on a red sofa"), ("b.jpg", b"y"), ("b.txt", b"a cat")],
    )
    found = [(entry.label, content.annotations) for entry, content in read(tmp_path)[1]]
    assert found == [
        (None, Annotations(captions=("two dogs on a red sofa",))),
        (None, Annotations(captions=("a cat",))),
    ]
    assert [entry.label for entry in entries(tmp_path, txt="label").values()] == ["two dogs on a red sofa", "a cat"]
    pack(tmp_path / "s.tar", [("a.jpg", b"x"), ("a.txt", b"polar bear"), ("b.jpg", b"y"), ("b.txt", b"cat")])
    assert [entry.label for entry in entries(tmp_path).values()] == ["polar bear", "cat"]
    assert [content.annotations for _, content in read(tmp_path, txt="captions")[1]] == [
        Annotations(captions=("polar bear",)),
        Annotations(captions=("cat",)),
    ]


def test_which_of_two_pictures_is_asked(tmp_path: Path) -> None:
    pack(tmp_path / "s.tar", [("a.left.jpg", b"l"), ("a.right.jpg", b"r"), ("b.jpg", b"1"), ("b.depth.png", b"2")])
    _, samples, skips = read(tmp_path)
    assert [content.data for _, content in samples] == [b"1"]
    assert [(skip.source, skip.reason) for skip in skips] == [("s.tar/a", "which is it?")]
    assert "value: left.jpg" in skips[0].detail
    assert [content.data for _, content in read(tmp_path, value="right.jpg")[1]] == [b"r"]


@pytest.mark.parametrize("order", ["kind", "mixed"])
def test_members_of_a_sample_may_stand_anywhere(tmp_path: Path, order: str) -> None:
    pictures = [(f"{n:03}.jpg", str(n).encode()) for n in range(100)]
    labels = [(f"{n:03}.cls", str(n % 3).encode()) for n in range(100)]
    members = [*pictures, *labels] if order == "kind" else [*pictures[:50], *labels, *pictures[50:]]
    found = entries(pack(tmp_path / "s.tar", members))
    assert {key[-7:-4]: entry.label for key, entry in found.items()} == {f"{n:03}": str(n % 3) for n in range(100)}


def test_names_that_come_again_are_samples_of_their_own(tmp_path: Path) -> None:
    members = [("a.jpg", b"1"), ("a.cls", b"0"), ("b.jpg", b"2"), ("a.jpg", b"3"), ("a.cls", b"1"), ("b.jpg", b"4")]
    _, samples, skips = read(pack(tmp_path / "s.tar", members))
    assert sorted((content.data, entry.label) for entry, content in samples) == [
        (b"1", "0"),
        (b"2", None),
        (b"3", "1"),
        (b"4", None),
    ]
    assert skips == []


@pytest.mark.parametrize("kind", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names(tmp_path: Path, kind: int) -> None:
    name = (
        "/".join(["ordner" * 5] * 5) + "/bild.jpg"
        if kind == tarfile.USTAR_FORMAT
        else f"{'日本' * 60}/{'x' * 200}.jpg"
    )
    ((entry, content),) = read(pack(tmp_path / "s.tar", [(name, b"1"), (name[:-3] + "cls", b"5")], kind))[1]
    assert (entry.key, entry.label, content.data) == (f"s.tar/{name}", "5", b"1")


def test_names_that_lead_out_links_and_devices_are_not_used(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar", "w") as archive:
        for name in ("../../evil.jpg", "/etc/evil.jpg", "a/../../evil.jpg", "fine.jpg"):
            info = tarfile.TarInfo(name)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
        for name, kind in (
            ("soft.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("folder.jpg")
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    assert list(entries(tmp_path)) == ["s.tar/fine.jpg"]
    assert reasons(tmp_path) == {
        "s.tar/../../evil.jpg": "outside the root",
        "s.tar//etc/evil.jpg": "outside the root",
        "s.tar/a/../../evil.jpg": "outside the root",
        "s.tar/soft.jpg": "a link",
        "s.tar/hard.jpg": "a link",
        "s.tar/pipe.jpg": "not a plain file",
    }


def test_an_archive_that_was_cut_off_gives_what_is_whole(tmp_path: Path) -> None:
    whole = pack(tmp_path / "whole.tar", [(f"{n}.jpg", bytes([n]) * 700) for n in range(6)]).read_bytes()
    (tmp_path / "whole.tar").unlink()
    for cut in (*range(0, 9000, 37), 1536, 3072, 9216):
        (tmp_path / "s.tar").write_bytes(whole[:cut])
        _, samples, skips = read(tmp_path)
        assert [content.data[0] for _, content in samples] == list(
            range(min(6, (cut + 1024 - 700) // 1536 if cut >= 1212 else 0))
        )
        assert skips if cut < 9216 + 512 else not skips, cut


def test_a_damaged_header_is_told(tmp_path: Path) -> None:
    data = bytearray(pack(tmp_path / "s.tar", [(f"{n}.jpg", b"x") for n in range(6)]).read_bytes())
    data[3 * 1024 + 150] ^= 0xFF  # the checksum of the fourth
    (tmp_path / "s.tar").write_bytes(data)
    assert len(entries(tmp_path)) == 3
    assert reasons(tmp_path) == {"s.tar": "broken archive"}


@pytest.mark.parametrize(
    "data", [b"", b"x", b"not a tar" * 200, b"\0" * 10240, b"\x1f\x8b" + b"x" * 2000, b"BZh9" + b"x" * 999]
)
def test_files_that_are_no_archives_are_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(data)
    pack(tmp_path / "b.tar", [("x.jpg", b"1")])
    assert list(entries(tmp_path)) == ["b.tar/x.jpg"]
    assert set(reasons(tmp_path)) == ({"a.tar"} if data.strip(b"\0") or not data else set())


def test_compressed_archives_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar.gz", "w:gz"):
        pass
    assert reader.claims(tmp_path / "s.tar.gz")
    assert reader.claims(tmp_path)
    with pytest.raises(InputError, match="unpack"):
        list(reader.entries(tmp_path / "s.tar.gz", reader.Options(), WANTED))
    (skip,) = reader.entries(tmp_path, reader.Options(), WANTED)
    assert isinstance(skip, Skip)
    assert (skip.reason, "gzip -d" in skip.detail) == ("compressed", True)


@pytest.mark.parametrize(
    "text", [b"{", b"", b"{}x", b"\xff\xfe", b"[" * 100_000, b'{"a": "\\ud800"}', b'{"a": ' + b"9" * 5000 + b"}"]
)
def test_broken_json_is_one_bad_sample(tmp_path: Path, text: bytes) -> None:
    pack(tmp_path / "s.tar", [("a.jpg", b"x"), ("a.json", text), ("b.jpg", b"y")])
    assert list(entries(tmp_path)) == ["s.tar/b.jpg"]
    assert reasons(tmp_path) == {"s.tar/a": "bad JSON"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "instances",
                        "label",
                        "box",
                        "polygons",
                        "rle",
                        "size",
                        "counts",
                        "keypoints",
                        "fields",
                        "classes",
                        "masks",
                        "captions",
                        "",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
    )
)
@settings(deadline=None)
def test_no_annotations_make_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, found: Any) -> None:
    root = tmp_path_factory.mktemp("w")
    pack(root / "s.tar", [("a.jpg", b"x"), ("a.json", json.dumps({"annotations": found}).encode())])
    chosen = reader.Options()
    dataset = reader.dataset(root, chosen)
    for entry in reader.entries(root, chosen, WANTED):
        if isinstance(entry, Entry):
            with contextlib.suppress(SampleError):
                assert reader.read(root, entry, dataset).data == b"x"


def test_damaged_run_lengths_never_reach_pycocotools(tmp_path: Path) -> None:
    bad = {"instances": [{"label": "a", "rle": {"size": [4, 4], "counts": "oooooooo"}}]}
    path = pack(tmp_path / "s.tar", [("a.jpg", b"x"), ("a.json", json.dumps({"annotations": bad}).encode())])
    (entry,) = (item for item in reader.entries(path, reader.Options(), WANTED) if isinstance(item, Entry))
    with pytest.raises(SampleError, match="bad annotations"):
        reader.read(path, entry, Dataset())


def test_a_mask_that_the_json_names_and_nobody_has(tmp_path: Path) -> None:
    one = record(0, Annotations(masks={"road": b"m"}, size=SIZE))
    parts = writer.render(one, DATASET)
    writer.assemble(tmp_path, "s.tar", [parts[: -512 * 2]])
    assert list(reasons(tmp_path).values()) == ["no mask"]


@given(st.binary(max_size=1500), st.integers(0, 3000))
@settings(deadline=None)
def test_no_bytes_make_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int) -> None:
    root = tmp_path_factory.mktemp("w")
    whole = bytearray(pack(root / "s.tar", [("a.jpg", b"x"), ("a.json", b"{}"), ("b.jpg", b"y")]).read_bytes())
    whole[at : at + len(data)] = data
    (root / "s.tar").write_bytes(whole)
    with contextlib.suppress(InputError):
        list(reader.entries(root, reader.Options(), WANTED))


def test_an_archive_that_changes_after_listing(tmp_path: Path) -> None:
    path = pack(tmp_path / "s.tar", [("a.jpg", b"x" * 9000)])
    (entry,) = reader.entries(tmp_path, reader.Options(), WANTED)
    assert isinstance(entry, Entry)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SampleError, match="truncated"):
        reader.read(tmp_path, entry, Dataset())
    path.unlink()
    with pytest.raises(SampleError, match="missing"):
        reader.read(tmp_path, entry, Dataset())
    (tmp_path.parent / "secret.tar").write_bytes(b"x" * 10000)
    path.symlink_to(tmp_path.parent / "secret.tar")
    with pytest.raises(SampleError, match="outside the root"):
        reader.read(tmp_path, entry, Dataset())
    assert reasons(tmp_path) == {"s.tar": "outside the root"}


def test_claims(tmp_path: Path) -> None:
    pack(tmp_path / "a/shard.tar", [("a.jpg", b"x")])
    assert reader.claims(tmp_path / "a")
    assert reader.claims(tmp_path)
    assert reader.claims(tmp_path / "a/shard.tar")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats/1.jpg").write_bytes(b"x")
    assert not reader.claims(tmp_path)  # an archive left in a tree of classes
    assert not reader.claims(tmp_path / "cats")
    assert not reader.claims(tmp_path / "nowhere")
    write(tmp_path / "ours", [record(0), record(1, split="val")])
    (tmp_path / "ours/.augment").mkdir()
    (tmp_path / "ours/manifest.json").write_text("{}")
    assert reader.claims(tmp_path / "ours")


def test_nothing_to_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        list(reader.entries(tmp_path / "none", reader.Options(), WANTED))
    with pytest.raises(InputError, match="no file that ends"):
        reader.dataset(tmp_path, reader.Options())
    pack(tmp_path / "s.tar", [("a.wav", b"x")])
    with pytest.raises(InputError, match="wanted ending"):
        list(reader.entries(tmp_path, reader.Options(), WANTED))
    (tmp_path / "dataset.json").write_text('{"augment": 1, "categories": [{"name": 3}]}')
    with pytest.raises(InputError, match=r"dataset\.json"):
        reader.dataset(tmp_path, reader.Options())


def test_a_split_folder_alone_knows_the_whole(tmp_path: Path) -> None:
    write(tmp_path, [record(0, Annotations((Instance("cat", (0, 0, 1, 1)),), size=SIZE))])
    assert read(tmp_path / "train")[0].categories == DATASET.categories
    assert read(tmp_path / "train/shard-000000.tar")[0].categories[1].keypoints == ("nose", "left_eye")


def test_headers_are_not_kept(tmp_path: Path) -> None:
    path = pack(tmp_path / "s.tar", [(f"{n}.jpg", b"x") for n in range(300)])
    assert len(list(_shards_tar.groups(path, "s.tar"))) == 300


TEXTS = frozenset({"", ".txt", ".text", ".row"})


def read_texts(root: Path) -> tuple[Dataset, list[tuple[Entry, Content]]]:
    dataset = reader.dataset(root, reader.Options())
    listed = list(reader.entries(root, reader.Options(), TEXTS))
    found = [item for item in listed if isinstance(item, Entry)]
    assert len(found) == len(listed)
    return dataset, [(entry, reader.read(root, entry, dataset)) for entry in found]


@given(st.booleans().flatmap(lambda spanned: tables(spanned=spanned)))
@settings(max_examples=60, deadline=None)
def test_rows_of_texts_come_back(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    root = tmp_path_factory.mktemp("tar")
    write(root, table.records, table.dataset)
    dataset, found = read_texts(root)
    assert (dataset.rows, dataset.spanned) == (table.dataset.rows, table.dataset.spanned)
    assert dataset.rows is not None
    for one, (entry, content) in zip(table.records, found, strict=True):
        values = json.loads(one.data) if one.extension == "json" else {dataset.rows.texts[0]: one.data.decode()}
        assert entry.suffix == ".row"
        assert content.data == b"\x1e" + json.dumps(values, ensure_ascii=False).encode()
        assert content.annotations == one.annotations
        assert (entry.label, entry.split, entry.fields) == (one.label, one.split, {})


def test_files_of_text_come_back(tmp_path: Path) -> None:
    found = Annotations(spans=(Span(0, 3, "A", fields={"n": 1}),))
    own: dict[str, Any] = {"data": "Grüße, a b c d e".encode("utf-16"), "extension": "txt", "modality": "text"}
    write(tmp_path, [record(0, found, **own, label="k", fields={"text": 1})], Dataset(spanned=True))
    dataset, ((entry, content),) = read_texts(tmp_path)
    assert (dataset.rows, dataset.spanned) == (None, True)
    assert (entry.suffix, entry.label, entry.fields) == (".txt", "k", {"text": 1})
    assert content == Content(own["data"], found)
    (tmp_path / "dataset.json").unlink()
    assert read_texts(tmp_path)[0].spanned


def test_text_beside_a_picture_is_its_class_or_caption_whatever_is_wanted(tmp_path: Path) -> None:
    pack(tmp_path / "a/s.tar", [("1.jpg", b"x"), ("1.txt", b"cat"), ("2.jpg", b"y"), ("2.txt", b"dog")])
    listed = list(reader.entries(tmp_path / "a", reader.Options(), TEXTS | WANTED))
    assert [(one.suffix, one.label) for one in listed if isinstance(one, Entry)] == [(".jpg", "cat"), (".jpg", "dog")]
    alone = list(reader.entries(tmp_path / "a", reader.Options(), TEXTS))
    assert [(one.suffix, one.label) for one in alone if isinstance(one, Entry)] == [(".txt", None), (".txt", None)]


def test_several_texts_are_found_without_dataset_json(tmp_path: Path) -> None:
    write(tmp_path, [record(0, data=b'{"q": "a", "c": "b"}', extension="json", modality="text")], Dataset())
    dataset, ((entry, content),) = read_texts(tmp_path)
    assert dataset.rows is None
    assert (entry.suffix, content.data) == (".row", b'\x1e{"q": "a", "c": "b"}')
    assert not [one for one in reader.entries(tmp_path, reader.Options(), TEXTS) if isinstance(one, Skip)]
    with pytest.raises(InputError, match="wanted ending"):
        list(reader.entries(tmp_path, reader.Options(), WANTED))


@pytest.mark.parametrize(
    "told", [{"texts": []}, {"texts": "q", "types": 3}, {"texts": [1]}, {}, 7, {"texts": ["a"], "label": 3}]
)
def test_a_dataset_json_with_broken_rows_is_told_of(tmp_path: Path, told: Any) -> None:
    pack(tmp_path / "s.tar", [("1.txt", b"x")])
    (tmp_path / "dataset.json").write_text(json.dumps({"augment": 1, "rows": told}))
    with pytest.raises(InputError, match=r"dataset\.json"):
        reader.dataset(tmp_path, reader.Options())
