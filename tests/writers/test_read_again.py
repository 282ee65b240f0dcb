"""Tables that we wrote are read again: the same texts, classes and spans, whatever form the spans came in."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import catalog
from augment.annotations import Annotations, Span
from augment.errors import InputError, SampleError
from augment.readers import texts
from augment.sample import Content, Dataset, Entry, Record, Rows, Skip
from augment.spans import listed
from augment.text import decode
from tests.spans.rows import SHAPES

WRITERS = ("jsonl", "csv", "parquet")
WANTED = frozenset({".row"})

Read = tuple[Dataset, list[tuple[Entry, Content]]]


def read(path: Path, **options: Any) -> Read:
    chosen = texts.Options.model_validate({"overlaps": "keep", "id": False, **options})
    dataset = texts.dataset(path, chosen)
    found = list(texts.entries(path, chosen, WANTED))
    entries = [item for item in found if isinstance(item, Entry)]
    return dataset, [(entry, texts.read(path, entry, dataset)) for entry in entries]


def write(name: str, root: Path, made: Read) -> list[bytes]:
    """To disk, as the engine would; the values that were written. SampleError for what the format can't hold."""
    writer = catalog.writer(name)
    dataset, rows = made
    records = []
    for number, (entry, content) in enumerate(rows):
        value = decode.original(content.data, ".row")
        records.append(
            Record(
                *(f"k{number}", value.data, value.extension, "text", "train", entry.label, None, entry.key, 0),
                annotations=content.annotations,
            )
        )
    shard = writer.shard("train", 0)
    writer.assemble(root, shard, [writer.render(record, dataset) for record in records])
    writer.conclude(root, dataset)
    for record in records:
        assert writer.extract(root, shard, record.key) == record.data
    return [record.data for record in records]


def told(made: Read) -> list[tuple[dict[str, str], str | None, list[Span]]]:
    """The texts, the class and the spans of each row."""
    return [
        (
            json.loads(content.data[1:]),
            entry.label,
            list(content.annotations.spans) if content.annotations is not None else [],
        )
        for entry, content in made[1]
    ]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
@settings(max_examples=8, deadline=None)
def test_rows_of_any_shape(name: str, shape: str, data: st.DataObject) -> None:
    rows = data.draw(st.lists(SHAPES[shape](), min_size=1, max_size=3))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        try:
            made = read(root / "in.jsonl", shape=shape)
            assume(len(made[1]) == len(rows))
            assume(made[0].rows and all({*found} == {*made[0].rows.texts} for found, _, _ in told(made)))
            write(name, root / "out", made)
        except (InputError, SampleError):
            assume(False)
        again = read(root / "out" / catalog.writer(name).shard("train", 0), shape=shape)
        assert told(again) == told(made)
        write(name, root / "more", again)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("columns", [("text",), ("question",), ("premise", "hypothesis")])
def test_spans_that_no_column_told_of(tmp_path: Path, name: str, columns: tuple[str, ...]) -> None:
    """As those of a grammar: nothing but the rows themselves says where they are."""
    dataset = Dataset(spanned=True, rows=Rows(columns, (*columns, "n"), "label", types={"n": "int64"}))
    rows = []
    for number in range(3):
        last = columns[-1] if len(columns) > 1 else ""
        spans = (Span(0, 4, "PER", column=last), Span(5, 9, None, "answer", last, {"a": [1]}))[: number % 3]
        values = dict.fromkeys(columns, f"Anna runs {number}")
        notes = Annotations(spans=spans, fields={"n": number})
        rows.append(
            (
                Entry(str(number), ".row", label="x"),
                Content(b"\x1e" + json.dumps(values).encode(), notes),
            )
        )
    write(name, tmp_path / "out", (dataset, rows))
    again = read(tmp_path / "out")
    assert again[0].spanned
    assert told(again) == told((dataset, rows))
    write(name, tmp_path / "more", again)
    assert told(read(tmp_path / "more")) == told(again)


@pytest.mark.parametrize("name", WRITERS)
def test_what_stands_between_tokens_is_kept_beside_the_key(tmp_path: Path, name: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"tokens": ["Anna", "left"], "ner_tags": ["B-PER", "O"]}\n', encoding="utf-8")
    dataset, rows = read(path)
    ((entry, content),) = rows
    assert content.annotations is not None
    spans = (Span(0, 4, None, "token"), Span(6, 10, None, "token"), Span(0, 4, "PER"))
    moved = Content(b'\x1e{"text": "Anna  left"}', Annotations(spans=spans))
    assert write(name, tmp_path / "out", (dataset, [(entry, moved)])) == [b"Anna  left"]


def test_pairs_come_back_as_pairs(tmp_path: Path) -> None:
    rows = [["Anna left", {"entities": [[0, 4, "PER"]]}], ["He left", {"entities": [], "cats": {"a": 1}}]]
    path = tmp_path / "in.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    assert texts.claims(path)
    made = read(path)
    assert [len(spans) for _, _, spans in told(made)] == [1, 0]
    write("jsonl", tmp_path / "out", made)
    lines = (tmp_path / "out" / "train" / "shard-000000.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == rows
    assert told(read(tmp_path / "out")) == told(made)
    for name in ("csv", "parquet"):
        write(name, tmp_path / name, made)
        again = read(tmp_path / name)
        assert told(again) == told(made)
        assert again[0].rows is not None
        assert again[0].rows.columns == ("text", "entities", "cats")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "a b", "spans": [{"start": 0, "end": 9, "label": "X"}]}, "from 0 to 3"),
        ({"text": "a b", "spans": [{"start": 0, "end": 1, "label": "X", "column": "t"}]}, "column 't'"),
        ({"text": "a b", "spans": [{"start": 0, "end": 1, "label": "X", "fields": 7}]}, "an object in the fields"),
        ({"text": "a b", "spans": [{"start": 0, "end": 1, "label": "X", "fields": "{"}]}, "Expecting"),
        ({"text": "a b", "spans": [{"start": 0, "end": 1, "label": 7}]}, "expected texts"),
        ({"text": None, "spans": []}, "expected a text"),
    ],
)
def test_what_is_wrong_with_our_own_form_is_told(row: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        listed.parse(row, ("text",))


def test_a_cell_that_is_no_json_is_a_bad_row(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    good = [f'some words {n},"[{{""start"": 0, ""end"": 4, ""label"": ""X""}}]"\n' for n in range(120)]
    path.write_text("text,spans\n" + "".join(good) + "some more,nonsense\nand none,\n", encoding="utf-8")
    found = list(texts.entries(path, texts.Options(), WANTED))
    assert [item.source for item in found if isinstance(item, Skip)] == ["in.csv:122"]
    assert len(found) == 122
