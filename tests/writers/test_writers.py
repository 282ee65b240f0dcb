"""One contract, all writers: what goes in comes out, the same bytes each time, whole or not at all."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from augment import catalog
from augment.durable import sha256
from augment.errors import SampleError
from augment.sample import Dataset, Record
from augment.writers import _names, _record, folder
from augment.writers import webdataset as ours
from tests.writers.test_annotations import DATASET, SIZE, annotated, png

WRITERS = catalog.names("writers")
DEPTHS = {"webdataset": 2, "parquet": 2, "folder": 3}
"""Names in the path of an output, where its split and class are one folder each."""

LABELS = ["cats", "çà et là", "a/b", "..", "con", None]


def record(number: int, **other: Any) -> Record:
    label = LABELS[number % len(LABELS)]
    facts: dict[str, Any] = {
        "key": f"photo_{number}-0123456789abcdef-{number:04d}",
        "data": bytes([number % 256]) * (number * 37 % 2000 + 1),
        "extension": "jpg",
        "modality": "image",
        "split": "train",
        "label": label,
        "label_index": None if label is None else number % len(LABELS),
        "source": f"ordner/süß {number}.jpg",
        "copy": number % 10,
        "fields": {"speaker": "Ünal", "nested": {"a": [1, 2]}} if number % 2 else {},
    }
    return Record(**{**facts, **other})


def words(number: int, **other: Any) -> Record:
    """A record for formats that hold nothing but texts."""
    text = f'Nummer {number}, süß,\n"und" neu.\t' * (number % 50 + 1)
    own: dict[str, Any] = {"data": text.encode(), "extension": "txt", "modality": "text", "fields": {}}
    return record(number, **{**own, **other})


def apt(writer: Any) -> Callable[..., Record]:
    """What makes records that a writer can hold: of pictures, else of texts."""
    try:
        writer.render(record(0), Dataset())
    except SampleError:
        return words
    return record


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> Any:
    return catalog.writer(request.param)


@pytest.mark.parametrize("count", [1, 7, 1000])
def test_every_record_comes_out_again(writer: Any, tmp_path: Path, count: int) -> None:
    records = [apt(writer)(n) for n in range(count)]
    shard = writer.shard("train", 3)
    written = writer.assemble(tmp_path, shard, (writer.render(r, Dataset()) for r in records))
    assert sum(item.samples for item in written) == count
    for item in written:
        assert (tmp_path / item.name).stat().st_size == item.bytes
        assert sha256(tmp_path / item.name) == item.sha256
    for r in records[:: max(1, count // 20)]:
        assert writer.extract(tmp_path, writer.locate(r, shard), r.key) == r.data
    with pytest.raises(KeyError):
        writer.extract(tmp_path, writer.locate(records[0], shard), "nobody")


def test_the_same_records_give_the_same_bytes(writer: Any, tmp_path: Path) -> None:
    records = [apt(writer)(n) for n in range(20)]

    def make(name: str) -> dict[str, bytes]:
        writer.assemble(tmp_path / name, writer.shard("train", 0), [writer.render(one, Dataset()) for one in records])
        return {
            str(p.relative_to(tmp_path / name)): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()
        }

    assert make("a") == make("b") != {}


def rendered(writer: Any, one: Record) -> bytes | None:
    """An output's part, or None where the format refuses what is annotated, with its reason."""
    try:
        return bytes(writer.render(one, DATASET))
    except SampleError as error:
        assert error.reason
        assert error.detail
        return None


def add_lot(writer: Any, root: Path, lot: list[Record], number: int) -> None:
    """Assemble a shard of each split; what went in comes out."""
    for split in sorted({one.split for one in lot}):
        shard = writer.shard(split, number)
        parts = [(one, rendered(writer, one)) for one in lot if one.split == split]
        made = {one.key: (one, part) for one, part in parts if part is not None}
        if made:
            for item in writer.assemble(root, shard, [part for _, part in made.values()]):
                assert sha256(root / item.name) == item.sha256
        for one, _ in made.values():
            assert writer.extract(root, writer.locate(one, shard), one.key) == one.data


def conclude(writer: Any, root: Path) -> dict[str, bytes]:
    """Conclude, and give all files of the output."""
    told = writer.conclude(root, DATASET)
    assert len({item.name for item in told}) == len(told)
    for item in told:
        assert (sha256(root / item.name), (root / item.name).stat().st_size) == (item.sha256, item.bytes)
        assert item.samples == 0
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@given(
    st.lists(st.tuples(st.none() | annotated(), st.sampled_from(["train", "val"])), min_size=2, max_size=5), st.data()
)
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", WRITERS)
def test_annotations_give_the_same_bytes_in_whatever_order_lots_are_made(
    tmp_path_factory: pytest.TempPathFactory, name: str, found: list[tuple[Any, str]], data: st.DataObject
) -> None:
    writer, root = catalog.writer(name), tmp_path_factory.mktemp(name)
    media = png(np.zeros(SIZE[::-1], np.uint8))  # some formats look for the size of the picture
    records = [
        record(number, annotations=one, split=split, data=media, extension="png")
        for number, (one, split) in enumerate(found)
    ]
    cut = data.draw(st.integers(1, len(records) - 1))
    for number, lot in enumerate([records[:cut], records[cut:]]):  # as a run and one that appends
        add_lot(writer, root / "a", lot, number)
        first = conclude(writer, root / "a")
    assert conclude(writer, root / "a") == first
    for number, lot in ((1, records[cut:]), (0, records[:cut])):
        add_lot(writer, root / "b", lot, number)
    assert conclude(writer, root / "b") == first


@pytest.mark.parametrize("count", [0, 2, 600])
def test_a_failure_half_way_leaves_nothing(writer: Any, tmp_path: Path, count: int) -> None:
    def parts() -> Iterator[bytes]:
        yield from (writer.render(apt(writer)(n), Dataset()) for n in range(count))
        raise RuntimeError("the source went away")

    with pytest.raises(RuntimeError, match="went away"):
        writer.assemble(tmp_path, writer.shard("train", 0), parts())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("split", ["../../evil", "/evil", "..", "a/b", "con", "Größe", "x" * 400])
def test_no_split_or_class_leads_out_of_the_output(writer: Any, tmp_path: Path, split: str) -> None:
    root = tmp_path / "deep/root"
    one = apt(writer)(0, split=split, label=split)
    shard = writer.shard(split, 0)
    for item in writer.assemble(root, shard, [writer.render(one, Dataset())]):
        name = PurePosixPath(item.name)
        assert not {"..", "."} & set(name.parts)
        assert not name.is_absolute()
        assert len(name.parts) == DEPTHS.get(writer.__name__.rpartition(".")[2], len(name.parts))
    assert writer.extract(root, writer.locate(one, shard), one.key) == one.data
    files = [path.resolve() for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(root in path.parents for path in files)


def test_an_empty_value_is_a_value(writer: Any, tmp_path: Path) -> None:
    one, shard = apt(writer)(0, data=b""), writer.shard("train", 0)
    part = rendered(writer, one)
    if part is None:
        pytest.skip("an empty value is none there")
    writer.assemble(tmp_path, shard, [part])
    assert writer.extract(tmp_path, writer.locate(one, shard), one.key) == b""


def test_records_survive_packing() -> None:
    for number in range(12):
        assert _record.unpack(_record.pack(record(number))) == record(number)


HANDLES = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The webdataset library leaves its files open for the garbage collector."""


@HANDLES
def test_shards_are_read_by_the_webdataset_library(tmp_path: Path) -> None:
    records = [record(n) for n in range(25)]
    ours.assemble(tmp_path, "train/shard-000000.tar", (ours.render(r, Dataset()) for r in records))
    found = list(
        webdataset.WebDataset(str(tmp_path / "train/shard-000000.tar"), shardshuffle=False, empty_check=False)
    )
    assert [sample["__key__"] for sample in found] == [r.key for r in records]
    for sample, r in zip(found, records, strict=True):
        assert sample["jpg"] == r.data
        facts = json.loads(sample["json"])
        assert (facts["source"], facts["copy"], facts["label"]) == (r.source, r.copy, r.label)
        assert all(facts[name] == value for name, value in r.fields.items())
        assert sample.get("cls") == (None if r.label_index is None else str(r.label_index).encode())


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 100_000])
def test_headers_are_those_of_tarfile(size: int) -> None:
    info = tarfile.TarInfo("some_key-0.jpg")
    info.size = size
    info.mode = 0o644
    expected = io.BytesIO()
    with tarfile.open(fileobj=expected, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"x" * size))
    assert expected.getvalue().startswith(ours._member("some_key-0.jpg", b"x" * size))


def test_fields_of_a_class_folder_lie_beside_the_file(tmp_path: Path) -> None:
    written = folder.assemble(tmp_path, "train/lot-000000", [folder.render(record(n), Dataset()) for n in (0, 1)])
    assert [(Path(item.name).suffix, item.samples) for item in written] == [(".jpg", 1), (".jpg", 1), (".json", 0)]
    assert json.loads((tmp_path / written[2].name).read_text(encoding="utf-8")) == record(1).fields


@pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")
def test_tar_itself_lists_a_shard(tmp_path: Path) -> None:
    ours.assemble(tmp_path, "s.tar", [ours.render(record(n), Dataset()) for n in range(3)])
    told = subprocess.run(["tar", "tf", tmp_path / "s.tar"], capture_output=True, text=True, check=True)
    assert told.stderr == ""
    assert len(told.stdout.split()) == 3 * 3


@HANDLES
def test_the_webdataset_library_decodes_the_values(tmp_path: Path) -> None:
    made = io.BytesIO()
    Image.new("RGB", (8, 6), (200, 10, 10)).save(made, "PNG")
    ours.assemble(tmp_path, "s.tar", [ours.render(record(0, data=made.getvalue(), extension="png"), Dataset())])
    shards = webdataset.WebDataset(str(tmp_path / "s.tar"), shardshuffle=False, empty_check=False)
    (sample,) = shards.decode("pil")
    assert (sample["png"].size, sample["cls"], sample["json"]["copy"]) == ((8, 6), 0, 0)


def test_a_shard_is_the_archive_that_tar_would_write(tmp_path: Path) -> None:
    ours.assemble(tmp_path, "s.tar", [ours.render(record(n), Dataset()) for n in range(5)])
    size = (tmp_path / "s.tar").stat().st_size
    assert size % tarfile.RECORDSIZE == 0
    with tarfile.open(tmp_path / "s.tar") as archive:
        members = archive.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.mode) for m in members} == {(0, 0, 0, "", 0o644)}


@HANDLES
def test_fields_with_our_names_are_not_lost(tmp_path: Path) -> None:
    clash = record(0, fields={"label": "theirs", "fields": 1, "other": 2})
    ours.assemble(tmp_path, "s.tar", [ours.render(clash, Dataset())])
    (sample,) = webdataset.WebDataset(str(tmp_path / "s.tar"), shardshuffle=False, empty_check=False)
    facts = json.loads(sample["json"])
    assert facts["label"] == "cats"
    assert facts["other"] == 2
    assert facts["fields"] == {"label": "theirs", "fields": 1}


def test_parquet_is_what_hugging_face_reads(tmp_path: Path) -> None:
    writer = catalog.writer("parquet")
    records = [record(n) for n in range(300)]
    writer.assemble(tmp_path, "s.parquet", (writer.render(r, Dataset()) for r in records))
    table = pq.read_table(tmp_path / "s.parquet")
    assert table.num_rows == 300
    value = table["image"].to_pylist()[7]
    assert value == {"bytes": records[7].data, "path": f"{records[7].key}.jpg"}
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names
    assert features["image"] == {"_type": "Image"}
    for name in ("source", "copy", "split", "label_index", "key"):
        assert table[name].to_pylist() == [getattr(r, name) for r in records]
    assert [json.loads(text or "{}") for text in table["fields"].to_pylist()] == [r.fields for r in records]
    layout = pq.read_metadata(tmp_path / "s.parquet")
    assert layout.num_row_groups == 2
    value_column = layout.row_group(0).column(1)
    assert (value_column.path_in_schema, value_column.compression) == ("image.bytes", "UNCOMPRESSED")
    assert value_column.statistics is None
    assert table["label"].to_pylist() == [r.label for r in records]


def test_a_table_never_drops_a_value_of_another_modality(tmp_path: Path) -> None:
    writer = catalog.writer("parquet")
    with pytest.raises(ValueError, match="one modality"):
        parts = [writer.render(r, Dataset()) for r in (record(0), record(1, modality="sound"))]
        writer.assemble(tmp_path, "s.parquet", parts)
    with pytest.raises(ValueError, match="without rows"):
        writer.assemble(tmp_path, "s.parquet", [])
    assert not list(tmp_path.iterdir())


def test_hugging_face_itself_reads_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    writer = catalog.writer("parquet")
    writer.assemble(tmp_path, "s.parquet", [writer.render(record(n), Dataset()) for n in range(3)])
    found = datasets.load_dataset("parquet", data_files=str(tmp_path / "s.parquet"), cache_dir=str(tmp_path / "cache"))
    assert type(found["train"].features["image"]).__name__ == "Image"


def test_class_folders_are_legal_names_and_stay_apart() -> None:
    labels = ["a/b", "a%2Fb", "..", ".", "", " ", "con", "CON.txt", "nul", "a.", "a", "ü", ".git", "x" * 50]
    labels += ["x" * 400, "x" * 401, "日" * 200, "日" * 201, "\ud800", "\x7f", *"*?|<>:", "con.", "com1", " a", "a "]
    names = [_names.folder_name(label) for label in labels]
    assert len(set(names)) == len(labels)
    assert all(len(name.encode()) <= _names.MOST_BYTES for name in names)
    assert _names.folder_name("Schöne Grüße, 2 cats (big).v1") == "Schöne Grüße, 2 cats (big).v1"
    for name in names:
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\:*?"<>|')
        assert name[0] not in ". "
        assert name[-1] not in ". "
        assert not _names.RESERVED.match(name)
