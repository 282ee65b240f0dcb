"""One contract, all writers: what goes in comes out, the same bytes each time, whole or not at all."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import webdataset

from augment import catalog
from augment.durable import sha256
from augment.sample import Record
from augment.writers import _record, folder
from augment.writers import webdataset as ours

WRITERS = catalog.names("writers")
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


@pytest.fixture(params=WRITERS)
def writer(request: pytest.FixtureRequest) -> Any:
    return catalog.writer(request.param)


@pytest.mark.parametrize("count", [1, 7, 600])
def test_every_record_comes_out_again(writer: Any, tmp_path: Path, count: int) -> None:
    records = [record(n) for n in range(count)]
    shard = writer.shard("train", 3)
    written = writer.assemble(tmp_path, shard, (writer.render(r) for r in records))
    assert sum(item.samples for item in written) == count
    for item in written:
        assert (tmp_path / item.name).stat().st_size == item.bytes
        assert sha256(tmp_path / item.name) == item.sha256
    for r in records[:: max(1, count // 20)]:
        assert writer.extract(tmp_path, writer.locate(r, shard), r.key) == r.data
    with pytest.raises(KeyError):
        writer.extract(tmp_path, writer.locate(records[0], shard), "nobody")


def test_the_same_records_give_the_same_bytes(writer: Any, tmp_path: Path) -> None:
    def make(name: str) -> dict[str, bytes]:
        writer.assemble(tmp_path / name, writer.shard("train", 0), [writer.render(record(n)) for n in range(20)])
        return {
            str(p.relative_to(tmp_path / name)): p.read_bytes() for p in (tmp_path / name).rglob("*") if p.is_file()
        }

    assert make("a") == make("b") != {}


def test_a_failure_half_way_leaves_no_half_file(writer: Any, tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield writer.render(record(0))
        yield writer.render(record(1))
        raise RuntimeError("the source went away")

    with pytest.raises(RuntimeError, match="went away"):
        writer.assemble(tmp_path, writer.shard("train", 0), parts())
    assert not list(tmp_path.rglob("*.part"))
    whole = {record(0).data, record(1).data, json.dumps(dict(record(1).fields), ensure_ascii=False).encode()}
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.read_bytes() in whole for path in left)
    assert not (writer.SHARDED and left)


def test_records_survive_packing() -> None:
    for number in range(12):
        assert _record.unpack(_record.pack(record(number))) == record(number)


HANDLES = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""The webdataset library leaves its files open for the garbage collector."""


@HANDLES
def test_shards_are_read_by_the_webdataset_library(tmp_path: Path) -> None:
    records = [record(n) for n in range(25)]
    ours.assemble(tmp_path, "train/shard-000000.tar", map(ours.render, records))
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


def test_a_shard_is_the_archive_that_tar_would_write(tmp_path: Path) -> None:
    ours.assemble(tmp_path, "s.tar", [ours.render(record(n)) for n in range(5)])
    size = (tmp_path / "s.tar").stat().st_size
    assert size % tarfile.RECORDSIZE == 0
    with tarfile.open(tmp_path / "s.tar") as archive:
        members = archive.getmembers()
    assert {(m.mtime, m.uid, m.gid, m.uname, m.mode) for m in members} == {(0, 0, 0, "", 0o644)}


@HANDLES
def test_fields_with_our_names_are_not_lost(tmp_path: Path) -> None:
    clash = record(0, fields={"label": "theirs", "fields": 1, "other": 2})
    ours.assemble(tmp_path, "s.tar", [ours.render(clash)])
    (sample,) = webdataset.WebDataset(str(tmp_path / "s.tar"), shardshuffle=False, empty_check=False)
    facts = json.loads(sample["json"])
    assert facts["label"] == "cats"
    assert facts["other"] == 2
    assert facts["fields"] == {"label": "theirs", "fields": 1}


def test_parquet_is_what_hugging_face_reads(tmp_path: Path) -> None:
    writer = catalog.writer("parquet")
    records = [record(n) for n in range(300)]
    writer.assemble(tmp_path, "s.parquet", map(writer.render, records))
    table = pq.read_table(tmp_path / "s.parquet")
    assert table.num_rows == 300
    value = table["image"].to_pylist()[7]
    assert value == {"bytes": records[7].data, "path": f"{records[7].key}.jpg"}
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == table.column_names
    assert features["image"] == {"_type": "Image"}
    assert table["label"].to_pylist() == [r.label for r in records]


def test_hugging_face_itself_reads_it(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    writer = catalog.writer("parquet")
    writer.assemble(tmp_path, "s.parquet", map(writer.render, [record(n) for n in range(3)]))
    found = datasets.load_dataset("parquet", data_files=str(tmp_path / "s.parquet"), cache_dir=str(tmp_path / "cache"))
    assert type(found["train"].features["image"]).__name__ == "Image"


def test_class_folders_are_legal_names_and_stay_apart() -> None:
    labels = ["a/b", "a%2Fb", "..", ".", "", " ", "con", "CON.txt", "nul", "a.", "a", "ü", ".git", "x" * 50]
    names = [folder.folder_name(label) for label in labels]
    assert len(set(names)) == len(labels)
    for name in names:
        assert name not in ("", ".", "..")
        assert not set(name) & set('/\\:*?"<>|')
        assert name[0] not in ". "
        assert name[-1] not in ". "
        assert not folder.RESERVED.match(name)
