"""JSON Lines: types stay, columns keep their order, further ones come after, nothing is added."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import catalog, spans
from augment.annotations import Annotations, Span
from augment.errors import SampleError
from augment.sample import Dataset, Record, Rows
from augment.writers import _keys
from tests.writers.test_annotations import json_values
from tests.writers.texts import Table, names, record, texts, write

WRITER = catalog.writer("jsonl")


def line(one: Record, dataset: Dataset, **options: Any) -> dict[str, Any]:
    """The row of an output."""
    made: dict[str, Any] = json.loads(_keys.unpack(WRITER.render(one, dataset, WRITER.Options(**options)))[-1])
    return made


@given(
    st.lists(names, min_size=1, max_size=6, unique=True), st.dictionaries(names, json_values, max_size=3), st.data()
)
@settings(max_examples=100, deadline=None)
def test_ragged_rows_stay_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], more: dict[str, Any], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("jsonl")
    rows = Rows((columns[0],), tuple(columns))
    there = {name: data.draw(json_values) for name in columns[1:] if data.draw(st.booleans())}
    text = data.draw(texts)
    facts = {**{name: value for name, value in more.items() if name not in columns}, **there}
    one = record(0, {columns[0]: text}, annotations=Annotations(fields=facts))
    shard = write(WRITER, root, Table(Dataset(rows=rows), [one], []))
    found = (root / shard).read_bytes()
    assert found.endswith(b"\n")
    assert found.count(b"\n") == 1
    row = json.loads(found)
    expected = {columns[0]: text, **there, **{name: value for name, value in facts.items() if name not in there}}
    assert json.dumps(row) == json.dumps(expected)  # in this order, 1 is not 1.0 and not true
    assert WRITER.extract(root, shard, one.key) == one.data


@pytest.mark.parametrize(
    ("kind", "classes"),
    [
        ("int64", [0, 7, -1, 10**18]),
        ("bool", [True, False]),
        ("double", [0.5, 2.0]),
        ("", ["0", "007", "true", None]),
        ("int64", [None]),
    ],
)
def test_classes_are_what_they_were(kind: str, classes: list[Any]) -> None:
    rows = Rows(("t",), ("t", "y"), "y", types={"y": kind} if kind else {})
    for value in classes:
        word = value if value is None or isinstance(value, str) else json.dumps(value)
        found = line(record(0, {"t": "x"}, label=word), Dataset(rows=rows))["y"]
        assert (found, type(found)) == (value, type(value))


def test_a_class_that_is_no_number_stays_a_text() -> None:
    for kind, word in (("int64", "007"), ("int64", "1_0"), ("int64", "x"), ("bool", "yes"), ("double", "nan")):
        rows = Rows(("t",), ("t", "y"), "y", types={"y": kind})
        assert line(record(0, {"t": "x"}, label=word), Dataset(rows=rows))["y"] == word


def test_split_and_class_stand_in_their_columns() -> None:
    rows = Rows(("t",), ("part", "t", "kind"), "kind", "part")
    found = line(record(0, {"t": "x"}, label="k", split="dev"), Dataset(rows=rows))
    assert list(found.items()) == [("part", "dev"), ("t", "x"), ("kind", "k")]


def test_files_have_text_class_and_facts() -> None:
    mark = Span(0, 1, "A")
    one = record(0, {"text": "x"}, label="k", fields={"lang": "de", "label": 3, "spans": 4})
    assert line(one, Dataset()) == {"text": "x", "label": "k", "lang": "de", "spans": 4, "fields": {"label": 3}}
    one = record(0, {"text": "x"}, label="k", fields={"spans": 4}, annotations=Annotations(spans=(mark,)))
    told = {"text": "x", "label": "k", "spans": [{"start": 0, "end": 1, "label": "A"}], "fields": {"spans": 4}}
    assert line(one, Dataset()) == line(one, Dataset(spanned=True)) == told
    assert line(record(0, {"text": "x"}), Dataset(spanned=True))["spans"] == []


def test_what_comes_between_columns_gets_out_of_the_way() -> None:
    rows = Rows(("t",), ("t", "spans", "label"))
    facts = {"spans": 1, "label": 2, "copy": 3, "augment_copy": 4}
    one = record(5, {"t": "x"}, label="k", annotations=Annotations(fields=facts, spans=(Span(0, 1),)))
    found = line(one, Dataset(rows=rows, spanned=True), provenance=True)
    assert {name: found[name] for name in facts} == {**facts, "copy": found["copy"]}
    assert found["augment_label"] == "k"
    assert found["augment_spans"][0]["end"] == 1


def test_half_a_surrogate_pair_in_a_fact_is_escaped(tmp_path: Path) -> None:
    one = record(0, {"t": "ü"}, annotations=Annotations(fields={"x": "\ud83d"}))
    shard = write(WRITER, tmp_path, Table(Dataset(rows=Rows(("t",), ("t", "x"))), [one], []))
    assert json.loads((tmp_path / shard).read_bytes()) == {"t": "ü", "x": "\ud83d"}
    assert WRITER.extract(tmp_path, shard, one.key) == "ü".encode()


@pytest.mark.parametrize("data", [b"[1]", b"{", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_several_texts_must_be_such(data: bytes) -> None:
    for name in ("csv", "jsonl", "parquet", "webdataset"):
        with pytest.raises(SampleError, match="expected an object of texts"):
            catalog.writer(name).render(record(0, {"t": ""}, data=data, extension="json"), Dataset())


def test_a_row_that_is_a_list_comes_back_as_one(tmp_path: Path) -> None:
    row = ["Anna lives.", {"entities": [[0, 4, "PER"]]}]
    found = spans.parse("spacy", row)  # type: ignore[arg-type]
    dataset = Dataset(rows=Rows(("text",), shape="spacy"), spanned=True)
    one = record(0, dict(found.texts), annotations=Annotations(spans=found.spans, fields=found.fields))
    shard = write(WRITER, tmp_path, Table(dataset, [one], []))
    assert json.loads((tmp_path / shard).read_bytes()) == row
    assert WRITER.extract(tmp_path, shard, one.key) == one.data
    known = Dataset(rows=Rows(("text",), ("text", "annotations"), shape="spacy"), spanned=True)
    with pytest.raises(SampleError, match="no column 'entities'"):
        catalog.writer("csv").render(one, known)


def test_places_of_rows_are_found_again_after_the_shard_is_made_anew(tmp_path: Path) -> None:
    for count in (10, 3, 200):
        records = [record(n, {"text": f"{count} {n}" * (n + 1)}) for n in range(count)]
        shard = write(WRITER, tmp_path, Table(Dataset(), records, []))
        assert [WRITER.extract(tmp_path, shard, one.key) for one in records] == [one.data for one in records]
    (part,) = (tmp_path / ".augment").rglob("*.keys")
    assert [row.split(b"\t")[0].decode() for row in part.read_bytes().splitlines()] == [one.key for one in records]
    part.unlink()
    with pytest.raises(KeyError, match="is missing"):
        WRITER.extract(tmp_path, shard, records[0].key)
