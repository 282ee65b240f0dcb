"""All writers that hold texts: what goes in comes out, read by plain libraries; the same bytes each time."""

from __future__ import annotations

import csv
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import catalog, spans
from augment.annotations import Annotations, Span, restored
from augment.errors import SampleError
from augment.sample import Dataset, Rows
from tests.writers.test_writers import record as picture
from tests.writers.texts import Table, as_cell, names, record, tables, texts, write

WRITERS = ("csv", "folder", "jsonl", "parquet", "webdataset")


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def rows_of(name: str, path: Path, columns: list[str]) -> list[dict[str, Any]]:
    """The rows of a shard, by a plain library; cells of a CSV and those of unknown type in Parquet are texts."""
    if name == "jsonl":
        return [json.loads(line) for line in path.read_bytes().decode().split("\n")[:-1]]
    if name == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
        assert header == columns
        return [dict(zip(header, row, strict=True)) for row in rows]
    table = pq.read_table(path)
    assert table.column_names == columns
    return [dict(row) for row in table.to_pylist()]


def told(name: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as a format has it."""
    if name == "csv":
        return {column: as_cell(value) for column, value in row.items()}
    if name == "jsonl":
        return row
    made = {column: None if value is None else as_cell(value) for column, value in row.items()}
    if "spans" in row:
        empty = {"layer": None, "column": None, "fields": None}
        marks = [{**empty, **one} for one in row["spans"]]
        made["spans"] = [{**one, "fields": one["fields"] and as_cell(one["fields"])} for one in marks]
    return made


@given(st.data())
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("spanned", [False, True])
@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_rows_come_out_again_in_their_columns(
    tmp_path_factory: pytest.TempPathFactory, name: str, spanned: bool, data: st.DataObject
) -> None:
    table, root = data.draw(tables(spanned=spanned)), tmp_path_factory.mktemp(name)
    assume(name != "csv" or not any("\0" in as_cell(value) for row in table.rows for value in row.values()))
    shard = write(catalog.writer(name), root, table)
    found = rows_of(name, root / shard, list(table.rows[0]))
    assert found == [told(name, row) for row in table.rows]
    assert [list(row) for row in found] == [list(row) for row in table.rows]


@given(st.data())
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("name", WRITERS)
def test_values_come_out_again_and_bytes_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    table, root = data.draw(tables(spanned=data.draw(st.booleans()))), tmp_path_factory.mktemp(name)
    writer = catalog.writer(name)
    if name == "folder" and table.records[0].extension == "json":
        with pytest.raises(SampleError, match="one text"):
            write(writer, root / "a", table)
        assert not files(root)
        return
    shard = write(writer, root / "a", table)
    for one in table.records:
        assert writer.extract(root / "a", writer.locate(one, shard), one.key) == one.data
    with pytest.raises(KeyError):
        writer.extract(root / "a", writer.locate(table.records[0], shard), "nobody")
    write(writer, root / "b", table)
    assert files(root / "a") == files(root / "b")


@given(tables(spanned=True))
@settings(max_examples=20, deadline=None)
def test_a_tar_holds_text_beside_its_facts(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    root = tmp_path_factory.mktemp("tar")
    shard = write(catalog.writer("webdataset"), root, table)
    with tarfile.open(root / shard) as archive:
        members = {one.name: archive.extractfile(one).read() for one in archive}  # type: ignore[union-attr]
    for one in table.records:
        facts = json.loads(members[f"{one.key}.json"])
        assert restored(facts["annotations"]) == one.annotations if one.annotations else "annotations" not in facts
        if one.extension == "json":
            assert f"{one.key}.txt" not in members
            assert facts["text"] == json.loads(one.data)
        else:
            assert members[f"{one.key}.txt"] == one.data


CODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252"]


@given(texts.filter(lambda text: text[0] != "\ufeff"), st.sampled_from(CODINGS), st.sampled_from(["a", None]))
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_a_file_keeps_its_bytes_in_whatever_encoding(
    tmp_path_factory: pytest.TempPathFactory, name: str, text: str, coding: str, label: str | None
) -> None:
    root, writer = tmp_path_factory.mktemp(name), catalog.writer(name)
    mark = "\ufeff" if coding == "utf-16-be" else ""
    one = record(0, {"text": text}, label=label, data=(mark + text).encode(coding, "replace"))
    shard = write(writer, root, Table(Dataset(), [one], []))
    assert writer.extract(root, shard, one.key) == one.data
    (row,) = rows_of(name, root / shard, ["text", "label"])
    assert list(row) == ["text", "label"]
    if coding in ("utf-8", "utf-16", "utf-16-be", "utf-32"):
        assert row["text"] == text


def test_source_and_copy_are_told_on_demand() -> None:
    rows = Rows(("text",), ("source", "text"))
    one = record(1, {"text": "x"}, annotations=Annotations(fields={"source": "web"}))
    for name in ("csv", "jsonl", "parquet"):
        writer = catalog.writer(name)
        plain, full = writer.Options(), writer.Options(provenance=True)
        assert b"augment_source" not in writer.render(one, Dataset(rows=rows), plain)
        assert b"augment_source" in writer.render(one, Dataset(rows=rows), full)


def test_provenance_stands_last(tmp_path: Path) -> None:
    table = Table(Dataset(rows=Rows(("t",), ("t",))), [record(n, {"t": f"{n} x"}) for n in range(4)], [])
    for name in ("csv", "jsonl", "parquet"):
        writer = catalog.writer(name)
        shard = write(writer, tmp_path / name, table, writer.Options(provenance=True))
        found = rows_of(name, tmp_path / name / shard, ["t", "source", "copy"])
        assert [(row["source"], int(row["copy"])) for row in found] == [(r.source, r.copy) for r in table.records]


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_a_picture_is_no_row(name: str) -> None:
    with pytest.raises(SampleError, match=r"\.jpg is no text"):
        catalog.writer(name).render(picture(0), Dataset())


@given(st.lists(names, min_size=2, max_size=2, unique=True), texts)
@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_the_one_text_of_a_row_whose_other_is_null_stays_in_its_column(
    tmp_path_factory: pytest.TempPathFactory, name: str, columns: list[str], text: str
) -> None:
    root, writer = tmp_path_factory.mktemp(name), catalog.writer(name)
    rows = Rows(tuple(columns), tuple(columns))
    one = record(0, {columns[1]: text}, annotations=Annotations(fields={columns[0]: None}))
    shard = write(writer, root, Table(Dataset(rows=rows), [one], []))
    (row,) = rows_of(name, root / shard, columns)
    assert row == {columns[0]: "" if name == "csv" else None, columns[1]: text}
    assert writer.extract(root, shard, one.key) == one.data


SHAPED = {
    "spacy": {"text": "Anna lives in Rome.", "entities": [[0, 4, "PER"], [14, 18, "LOC"]], "meta": {"n": 1}},
    "doccano": {"id": 7, "text": "Anna lives in Rome.", "label": [[0, 4, "PER"]]},
    "tokens": {"tokens": ["Anna", "lives"], "ner_tags": ["B-PER", "O"]},
    "squad": {
        "id": "q",
        "context": "In Rome.",
        "question": "Where?",
        "answers": {"text": ["Rome"], "answer_start": [3]},
    },
}


@pytest.mark.parametrize("shape", SHAPED)
@pytest.mark.parametrize("name", ["csv", "jsonl", "parquet"])
def test_spans_come_back_in_their_shape(tmp_path: Path, name: str, shape: str) -> None:
    row, writer = SHAPED[shape], catalog.writer(name)
    assert spans.shape_of(row) == shape
    found = spans.parse(shape, row)
    rows = Rows(tuple(found.texts), tuple(row), shape=shape)
    one = record(0, dict(found.texts), annotations=Annotations(spans=found.spans, fields=found.fields))
    shard = write(writer, tmp_path, Table(Dataset(rows=rows, spanned=True), [one], []))
    assert rows_of(name, tmp_path / shard, list(row)) == [told(name, row)]
    assert writer.extract(tmp_path, shard, one.key) == one.data


@pytest.mark.parametrize("name", ["csv", "parquet"])
def test_tables_list_spans_where_the_columns_of_their_shape_are_not_known(tmp_path: Path, name: str) -> None:
    found, writer = spans.parse("tokens", SHAPED["tokens"]), catalog.writer(name)
    dataset = Dataset(rows=Rows(("text",), shape="tokens"), spanned=True)
    one = record(0, dict(found.texts), annotations=Annotations(spans=found.spans, fields=found.fields))
    shard = write(writer, tmp_path, Table(dataset, [one], []))
    (row,) = rows_of(name, tmp_path / shard, ["text", "spans"])
    listed = json.loads(row["spans"]) if name == "csv" else row["spans"]
    assert [(mark["start"], mark["end"], mark["label"]) for mark in listed] == [
        (0, 4, None),
        (5, 10, None),
        (0, 4, "PER"),
    ]
    assert writer.extract(tmp_path, shard, one.key) == one.data


def test_a_table_of_types_keeps_them(tmp_path: Path) -> None:
    kinds = {
        "text": "large_string",
        "n": "int8",
        "x": "float",
        "yes": "bool",
        "day": "date32[day]",
        "at": "timestamp[us, tz=UTC]",
        "cost": "decimal128(9, 2)",
        "tags": "list<element: string>",
        "more": "struct<a: int64, b: list<item: double>>",
        "kind": "dictionary<values=string, indices=int32, ordered=0>",
        "odd": "map<string, int8>",
        "raw": "large_binary",
        "class": "int64",
    }
    facts = {"n": 5, "x": 0.5, "yes": True, "day": "2020-02-29", "at": "2020-02-29 12:00:00.000001Z", "cost": "12.30"}
    facts |= {"tags": ["a", "ü"], "more": {"a": 1, "b": [0.5]}, "kind": "k", "odd": [["a", 1]]}
    facts |= {"raw": "data:;base64,/wA="}
    dataset = Dataset(rows=Rows(("text",), tuple(kinds), "class", types=kinds), classes=("0", "12"))
    writer = catalog.writer("parquet")
    nothing = dict.fromkeys(facts)
    records = [
        record(0, {"text": "a b"}, label="12", annotations=Annotations(fields=facts)),
        record(1, {"text": "c d"}, label=None, annotations=Annotations(fields=nothing)),
    ]
    shard = write(writer, tmp_path, Table(dataset, records, []))
    table = pq.read_table(tmp_path / shard)
    assert [str(kind) for kind in table.schema.types] == [
        *("large_string", "int8", "float", "bool", "date32[day]", "timestamp[us, tz=UTC]", "decimal128(9, 2)"),
        *("list<element: string>", "struct<a: int64, b: list<element: double>>"),
        *("dictionary<values=string, indices=int32, ordered=0>", "map<string, int8 ('odd')>", "large_binary", "int64"),
    ]
    first, second = table.to_pylist()
    assert first["at"].isoformat() == "2020-02-29T12:00:00.000001+00:00"
    assert (first["class"], first["tags"], first["odd"], str(first["cost"])) == (12, ["a", "ü"], [("a", 1)], "12.30")
    assert first["raw"] == b"\xff\0"
    assert set(second.values()) == {"c d", None}
    for one in records:
        assert writer.extract(tmp_path, shard, one.key) == one.data
    wrong = record(2, {"text": "x"}, annotations=Annotations(fields={"n": 300}))
    with pytest.raises(SampleError, match="column 'n': expected int8, got 300"):
        writer.render(wrong, dataset)


def test_all_tables_of_texts_have_one_schema_whatever_rows_fall_in_them(tmp_path: Path) -> None:
    dataset = Dataset(rows=Rows(("t",), ("t", "x")), spanned=True)
    writer, schemas = catalog.writer("parquet"), set()
    values = [1, "a", None, [1], {"a": 1}, 0.5, True]
    for number, value in enumerate(values):
        found = Annotations(fields={"x": value}, spans=(Span(0, 1),) * (number % 2))
        one = record(number, {"t": "x y"}, annotations=found)
        writer.assemble(tmp_path, f"{number}.parquet", [writer.render(one, dataset)])
        schemas.add(str(pq.read_schema(tmp_path / f"{number}.parquet")))
    assert len(schemas) == 1


def test_a_table_of_texts_has_many_row_groups_and_takes_no_pictures(tmp_path: Path) -> None:
    dataset, writer = Dataset(rows=Rows(("t",), ("t",))), catalog.writer("parquet")
    records = [record(n, {"t": f"text {n}"}) for n in range(12_000)]
    writer.assemble(tmp_path, "s.parquet", (writer.render(one, dataset) for one in records))
    assert pq.read_metadata(tmp_path / "s.parquet").num_row_groups == 2
    for one in records[::1999]:
        assert writer.extract(tmp_path, "s.parquet", one.key) == one.data
    both = [writer.render(records[0], dataset), writer.render(picture(0), dataset)]
    for parts in (both, both[::-1]):
        with pytest.raises(ValueError, match="one modality"):
            writer.assemble(tmp_path, "t.parquet", parts)
    assert not (tmp_path / "t.parquet").exists()


def test_numbers_that_json_has_not_are_refused() -> None:
    one = record(0, {"t": "x"}, annotations=Annotations(fields={"x": [float("nan")]}))
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    nested = record(0, {"t": "x"}, annotations=Annotations(fields={"x": deep}))
    for name in ("csv", "jsonl", "parquet"):
        for bad in (one, nested):
            with pytest.raises(SampleError, match="JSON can't hold"):
                catalog.writer(name).render(bad, Dataset(rows=Rows(("t",), ("t", "x"))))


def test_shards_of_lines_are_big() -> None:
    assert [catalog.writer(name).SHARD_SIZE for name in ("csv", "jsonl")] == [100_000, 100_000]
