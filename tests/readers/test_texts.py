"""Tables whose rows are the samples: each cell comes back as it was, each bad row is told, order means nothing."""

from __future__ import annotations

import csv
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import catalog, spans
from augment.errors import InputError, SampleError
from augment.readers import _rows, _stretches, texts
from augment.readers._texts import groups, layout
from augment.readers._texts.ids import Ids
from augment.sample import Content, Dataset, Entry, Record, Skip
from augment.spans import _tags

WANTED = frozenset({".row"})
NUL = "not text" if sys.version_info >= (3, 11) else "bad row"
"""Python 3.10's csv takes no NUL."""

CHARS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
CELLS = st.text(CHARS | st.sampled_from(",;\t\"'\n\r \u2028é😀"), max_size=12)


def opened(path: Path, **options: Any) -> tuple[Dataset, list[Entry], list[Skip]]:
    chosen = texts.Options.model_validate(options)
    found = list(texts.entries(path, chosen, WANTED))
    entries = [item for item in found if isinstance(item, Entry)]
    return texts.dataset(path, chosen), entries, [item for item in found if isinstance(item, Skip)]


def row_of(content: Content) -> dict[str, Any]:
    assert content.data[:1] == b"\x1e"
    told = {} if content.annotations is None else dict(content.annotations.fields)
    return {**json.loads(content.data[1:]), **told}


def rows_of(path: Path, **options: Any) -> list[dict[str, Any]]:
    dataset, entries, _ = opened(path, **options)
    return [row_of(texts.read(path, entry, dataset)) for entry in entries]


def skips(path: Path, **options: Any) -> dict[str, str]:
    return {skip.source: skip.reason for skip in opened(path, **options)[2]}


def quoted(cell: str, delimiter: str, always: bool) -> str:
    needed = always or any(mark in cell for mark in f'{delimiter}"\r\n')
    return '"' + cell.replace('"', '""') + '"' if needed else cell


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]),
    st.booleans(),
)
def test_cells_of_a_csv_come_back_as_they_were(
    home: Path,
    rows: list[tuple[str, str, str]],
    delimiter: str,
    newline: str,
    all_of_them: bool,
    codec: str,
    header: bool,
) -> None:
    names = ["a", "b", "c"]
    written = [
        delimiter.join(quoted(cell, delimiter, all_of_them) for cell in row) + newline
        for row in ([names, *rows] if header else rows)
    ]
    path = home / "t.csv"
    path.write_bytes("".join(written).encode(codec))
    options = {"columns": names, "header": header, "delimiter": delimiter, "encoding": codec.removesuffix("-sig")}
    if not header and codec == "utf-8" and rows[0][0].startswith("\ufeff"):
        return  # it would be a mark
    dataset, entries, left_out = opened(path, text=["b", "c"], quoting="standard", **options)
    assert all(skip.reason == "empty" for skip in left_out)
    want = [row for row in rows if (row[1] + row[2]).strip()]
    got = [row_of(texts.read(path, entry, dataset)) for entry in entries]
    assert got == [{"b": b, "c": c, "a": a} for a, b, c in want]
    assert dataset.rows is not None
    assert (dataset.rows.texts, dataset.rows.columns) == (("b", "c"), ("a", "b", "c"))
    assert dataset.rows.dialect["delimiter"] == delimiter
    assert dataset.rows.dialect["header"] is header


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(CHARS, max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(CHARS, max_size=3), inner, max_size=2),
    max_leaves=4,
)
OBJECTS = st.lists(
    st.fixed_dictionaries(
        {"t": st.text(CHARS, min_size=1, max_size=9).filter(str.strip)}, optional={"x": JSON, "y": JSON}
    ),
    min_size=1,
    max_size=5,
)


@given(OBJECTS, st.booleans(), st.sampled_from([None, 1]))
def test_objects_come_back_as_they_were_from_lines_and_from_a_list(
    home: Path, rows: list[dict[str, Any]], escaped: bool, indent: int | None
) -> None:
    lines, whole = home / "o.jsonl", home / "o.json"
    lines.write_bytes(b"".join(json.dumps(row, ensure_ascii=escaped).encode() + b"\n" for row in rows))
    whole.write_bytes(json.dumps(rows, ensure_ascii=escaped, indent=indent).encode())
    for path in (lines, whole):
        dataset, entries, left_out = opened(path, text="t", shape="none")
        assert not left_out
        assert [row_of(texts.read(path, entry, dataset)) for entry in entries] == rows


@settings(deadline=None, max_examples=25)
@given(st.lists(CELLS.filter(str.strip), min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_keys_hang_on_the_row_alone(home: Path, told: list[str], chance: random.Random) -> None:
    rows = [{"text": text, "n": place} for place, text in enumerate(told)]
    other = [*rows, {"text": "one more", "n": -1}]
    chance.shuffle(other)
    found = []
    for name, some in (("k1", rows), ("k2", other)):
        (home / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in some))
        with (home / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, ["text", "n"], quoting=csv.QUOTE_ALL if name == "k1" else csv.QUOTE_MINIMAL)
            out.writeheader()
            out.writerows(some)
        pq.write_table(pa.Table.from_pylist(some), home / f"{name}.parquet", row_group_size=3)
        for ending in ("jsonl", "csv", "parquet"):
            path = home / f"{name}.{ending}"
            dataset, entries, _ = opened(path, text="text")
            found.append({entry.key: row_of(texts.read(path, entry, dataset))["text"] for entry in entries})
    for before, after in zip(found[:3], found[3:], strict=True):
        assert before.items() <= after.items()
        assert len(before) == len(told)


@given(st.lists(st.binary(max_size=30), max_size=6), st.sampled_from(["csv", "tsv", "jsonl", "json"]), st.booleans())
def test_any_bytes_are_rows_or_reasons(home: Path, parts: list[bytes], ending: str, named: bool) -> None:
    path = home / f"any.{ending}"
    path.write_bytes((b"text,label\n" if named else b"") + b'",\n{}[]'.join(parts))
    assert texts.claims(path) in (True, False)
    try:
        dataset, entries, left_out = opened(path)
    except InputError:
        return
    for entry in entries:
        assert row_of(texts.read(path, entry, dataset))
    assert all(skip.reason and skip.source for skip in left_out)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("t.csv", b"text,label\na b,1\nc d\ne f,2,3\n\ng h,4\n", {"t.csv:3": "bad row", "t.csv:4": "bad row"}),
        ("t.csv", "text\nü b\nä c\n".encode() + b"\xff d\nee f\n", {"t.csv:4": "bad row"}),
        ("t.csv", b"text,label\n\"a\nb\",1\n  ,2\nc\0d,3\n", {"t.csv:4": "empty", "t.csv:5": NUL}),
        ("t.csv", b'text,label\n"a" b,1\nc,2\n"d\n" e,3\nf,4\n', {"t.csv:2": "bad row", "t.csv:4": "bad row"}),
        ("t.csv", b'text,label\na,1\n"b,2\nc,3\nd,4\n', {"t.csv:3": "bad row"}),
        ("t.csv", b"id,text\n1,a b\n2,c d\n1,e f\n,g h\n,i j\n", {"t.csv:4": "duplicate id"}),
        ("t.jsonl", b'{"text": "a b"}\n{"text": 3}\n[]\n{"no": 1}\n{"text": "\\ud800"}\n{\n\n{"text": ""}\n',
         {"t.jsonl:2": "bad row", "t.jsonl:3": "bad row", "t.jsonl:4": "empty", "t.jsonl:5": "bad row",
          "t.jsonl:6": "bad row", "t.jsonl:8": "empty"}),
        ("t.jsonl", b'{"text": "a b", "label": "x"}\n{"text": "c d", "label": ["x"]}\n' + b"[" * 5000 + b"\n",
         {"t.jsonl:2": "bad row", "t.jsonl:3": "bad row"}),
        ("t.jsonl", b'{"text": "a\\u0000b"}\n{"text": "c d", "id": 7}\n{"text": "e f", "id": 7}\n',
         {"t.jsonl:1": "not text", "t.jsonl:3": "duplicate id"}),
        ("t.json", b'[{"text": "a b"}, 4, {"text": "\\udc00"}, {"text": " "}]',
         {"t.json: row 2": "bad row", "t.json: row 3": "bad row", "t.json: row 4": "empty"}),
    ],
)  # fmt: skip
def test_bad_rows_are_told_with_their_line(tmp_path: Path, name: str, data: bytes, expected: dict[str, str]) -> None:
    (tmp_path / name).write_bytes(data)
    assert skips(tmp_path / name) == expected
    assert rows_of(tmp_path / name)


def test_where_a_quote_never_closes_only_what_is_certain_is_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('text,label\na,1\n"b,2\nc,""\n')
    with pytest.raises(InputError, match=r"t\.csv:3: a quote is opened here and never closed"):
        opened(path)
    assert [row["text"] for row in rows_of(path, quoting="none")] == ["a", '"b', "c"]
    path = tmp_path / "t.tsv"
    path.write_text('text\tlabel\nsay "a"\t1\n"b is open\t2\nc "d\t3\n"e" f\t4\n')
    dataset, entries, left_out = opened(path)
    assert dataset.rows is not None
    assert dataset.rows.dialect["quoting"] == "none"
    assert len(entries) == 4
    assert not left_out


def test_a_long_line_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_stretches, "MOST", 1000)
    path = tmp_path / "t.csv"
    long = "x" * 5000
    path.write_text(f'text,label\na b,1\n{long},2\n"{long}\n{long}",3\n"{long},4\nc d\ne",5\nf g,6\n')
    assert skips(path) == {"t.csv:3": "bad row", "t.csv:4": "bad row", "t.csv:6": "bad row"}
    assert [row["text"] for row in rows_of(path)] == ["a b", "f g"]
    path = tmp_path / "t.jsonl"
    path.write_text(f'{{"text": "a b"}}\n{{"text": "{long}"}}\n{{"text": "c d"}}\n')
    assert skips(path) == {"t.jsonl:2": "bad row"}


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("text,category", (("text",), "category", None)),
        ("review,sentiment,split", (("review",), "sentiment", "split")),
        ("id,sentence1,sentence2,label", (("sentence1", "sentence2"), "label", None)),
        ("Title,Description,Class Index", (("Title", "Description"), None, None)),
        ("premise,hypothesis,target", (("premise", "hypothesis"), "target", None)),
        ("utterance,intent", (("utterance",), "intent", None)),
        ("question1,question2,is_duplicate", (("question1", "question2"), "is_duplicate", None)),
        ("Quality,#1 String", (("#1 String",), "Quality", None)),
        ("gold_label,sentence1,label1,sentence2", (("sentence1", "sentence2"), "gold_label", None)),
        ("choices,opinion", (("opinion",), "choices", None)),
        ("a,b,c", (("b",), None, None)),
    ],
)
def test_columns_are_found(tmp_path: Path, head: str, found: tuple[tuple[str, ...], str | None, str | None]) -> None:
    path = tmp_path / "t.csv"
    count = head.count(",")
    rows = [["x", "some longer text", "train", "0"][: count + 1] for _ in range(5)]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([head.split(","), *rows])
    told = texts.dataset(path, texts.Options()).rows
    assert told is not None
    assert (told.texts, told.label, told.split) == found


def test_a_table_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(
        '"0","1467","Mon Apr 06 2009","ü it, is sad"\n"4","1468","Tue Apr 07 2009","so happy"\n'.encode("latin-1")
    )
    dataset, entries, _ = opened(path)
    assert dataset.rows is not None
    assert dataset.rows.columns == ("column 1", "column 2", "column 3", "column 4")
    assert dataset.rows.dialect == {"delimiter": ",", "newline": "\n", "header": False, "quoting": "all"}
    assert row_of(texts.read(path, entries[0], dataset))["column 4"] == "ü it, is sad"
    _, entries, _ = opened(path, columns=["label", "id", "date", "tweet"])
    assert [(entry.key, entry.label) for entry in entries] == [("1467", "0"), ("1468", "4")]
    with pytest.raises(InputError, match="columns names 2, but the table has 4"):
        opened(path, columns=["a", "b"])
    assert [entry.label for entry in opened(path, label=1, text=4)[1]] == ["0", "4"]
    with pytest.raises(InputError, match="no column 'column 9' for the label; did you mean column"):
        opened(path, label=9)
    with pytest.raises(InputError, match="no column 'zz' for the label; it has: column 1, "):
        opened(path, label="zz")


@pytest.mark.parametrize(
    ("data", "header", "delimiter"),
    [
        ("v1,v2,,\nham,go until there,,\n", True, ","),
        ("0,1\nsome words,x\n", True, ","),
        (",text\n0,some words\n", True, ","),
        ("ham,go until there\nspam,win\nham,a b\n", False, ","),
        ("3,Wall St. Bears Claw,Reuters - Short-sellers\n", False, ","),
        ("Text;Art\nGuten Tag, Herr;a\nHallo, Du, da;b\n", True, ";"),
        ("name|told\na|some, words\nb|more, of, them\n", True, "|"),
        ("told\nsome words\nmore words\n", True, ","),
        ("text\nsome, words\nmore, words\n", True, ","),
    ],
)
def test_dialects_are_told_from_the_first_rows(tmp_path: Path, data: str, header: bool, delimiter: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(data)
    told = texts.dataset(path, texts.Options()).rows
    assert told is not None
    assert (told.dialect["header"], told.dialect["delimiter"]) == (header, delimiter)


@pytest.mark.parametrize("codec", ["utf-8", "cp1252", "shift_jis", "utf-16"])
@pytest.mark.parametrize("said", [True, False])
def test_what_was_found_out_is_told(tmp_path: Path, codec: str, said: bool) -> None:
    path = tmp_path / "t.csv"
    words = "こんにちは" if codec == "shift_jis" else "Ünï"
    path.write_bytes(f"title;text;label;name\n{words};some words;x;1\nb;more words;y;2\n".encode(codec))
    options = texts.Options(encoding=codec if said else "auto")
    told = texts.read_as(texts.dataset(path, options), options)
    assert told["encoding"].split(" ")[0].startswith(codec) or (codec == "shift_jis" and not said)
    assert ("a guess" in told["encoding"]) == (not said and codec in ("cp1252", "shift_jis"))
    assert {**told, "encoding": ""} == {
        "encoding": "",
        "delimiter": "semicolon",
        "texts": "title, text",
        "label": "label",
        "split": "none",
        "id": "none",
    }


def test_a_delimiter_that_never_occurs_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label\nsome words,a\n")
    for mark in (";", ","):
        options = texts.Options(delimiter=mark)
        told = texts.read_as(texts.dataset(path, options), options)
        assert ("none of the first rows has it" in told["delimiter"]) == (mark == ";")


def test_texts_that_are_not_there_are_facts(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    rows: list[dict[str, Any]] = [
        {"title": "x y", "text": "a b"},
        {"title": None, "text": "c d"},
        {"text": "e f"},
        {"title": "z"},
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset, entries, _ = opened(path)
    for entry, row in zip(entries, rows, strict=True):
        content = texts.read(path, entry, dataset)
        assert json.loads(content.data[1:]) == {name: text for name, text in row.items() if text is not None}
        assert row_of(content) == {"title": None, "text": None, **row}


@pytest.mark.parametrize("role", ["text", "label", "split", "id"])
@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path, role: str, name: str) -> None:
    path = tmp_path / name
    rows = [{"text": "a b", "kind": "c"}]
    if name.endswith("csv"):
        path.write_text("text,kind\na b,c\n")
    elif name.endswith("jsonl"):
        path.write_text(json.dumps(rows[0]))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(InputError, match=r"no column 'kin' for the .* did you mean kind.* It has: text, kind"):
        opened(path, **{role: "kin"})


def test_rows_of_json_may_bring_a_column_late(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    filler = '{"text": "' + "a b " * 500 + '"}\n'
    path.write_text(filler * 300 + '{"text": "c d", "kind": "x"}\n')
    assert [entry.label for entry in opened(path, label="kind")[1]][-1] == "x"
    with pytest.raises(InputError, match="no column 'kindly' for the label"):
        opened(path, label="kindly")


def test_files_of_a_folder_are_for_the_splits_they_name(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("id,text,label\n1,a b,x\n2,c d,y\n")
    (tmp_path / "test.csv").write_text("id;text\n1;e f\n")
    (tmp_path / "validation.jsonl").write_text('{"text": "g h", "label": "x"}\n')
    (tmp_path / "sample_submission.csv").write_text("id,label\n1,x\n")
    (tmp_path / "classes.json").write_text('["x", "y"]')
    pq.write_table(pa.table({"text": ["i j"], "label": ["x"]}), tmp_path / "dev-00000-of-00001.parquet")
    assert texts.claims(tmp_path)
    dataset, entries, left_out = opened(tmp_path)
    assert [(entry.key if len(entry.key) < 9 else "", entry.split, entry.label) for entry in entries] == [
        ("1", "train", "x"),
        ("2", "train", "y"),
        ("", "dev", "x"),
        ("test/1", "test", None),
        ("", "validation", "x"),
    ]
    assert {skip.source: skip.reason for skip in left_out} == {"sample_submission.csv": "outside the splits"}
    assert [row_of(texts.read(tmp_path, entry, dataset))["text"] for entry in entries] == [
        "a b", "c d", "i j", "e f", "g h",
    ]  # fmt: skip
    assert {entry.split for entry in opened(tmp_path / "test.csv", delimiter=";")[1]} == {"train"}


def test_our_own_outputs_read_back(tmp_path: Path) -> None:
    for split in ("train", "val"):
        (tmp_path / split).mkdir()
        rows = [{"id": 7, "text": f"{split} copy {copy}", "label": "x"} for copy in range(3)]
        (tmp_path / split / "shard-000000.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / ".augment").mkdir()
    (tmp_path / "manifest.json").write_text('[{"text": "none of it"}]')
    (tmp_path / "skipped.jsonl").write_text('{"source": "a b", "reason": "empty"}\n')
    pq.write_table(pa.table({"key": ["no sample here"]}), tmp_path / "provenance.parquet")
    assert texts.claims(tmp_path)
    dataset, entries, left_out = opened(tmp_path)
    assert not left_out
    assert sorted(entry.split for entry in entries) == ["train"] * 3 + ["val"] * 3
    assert all(row_of(texts.read(tmp_path, entry, dataset))["id"] == 7 for entry in entries)
    assert texts.claims(tmp_path / "train")
    assert len(opened(tmp_path / "train")[1]) == 3


def test_splits_of_folds(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,fold\na b,1\nc d,2\ne f,3\n")
    _, entries, _ = opened(path, split="fold", splits={"test": [2], "val": 3})
    assert [entry.split for entry in entries] == ["train", "test", "val"]
    assert rows_of(path, split="fold", splits={"test": [2]})[0] == {"text": "a b", "fold": "1"}
    with pytest.raises(InputError, match="splits names 9, but column fold has none such"):
        opened(path, split="fold", splits={"test": [9]})
    with pytest.raises(InputError, match="which column has the splits' values"):
        opened(path, splits={"test": [2]})


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.json", "t.parquet"])
def test_a_row_that_has_changed_is_a_bad_sample(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    def write(words: list[str]) -> None:
        rows = [{"text": word, "label": "x"} for word in words]
        if name.endswith("csv"):
            path.write_text("text,label\n" + "".join(f"{word},x\n" for word in words))
        elif name.endswith("parquet"):
            pq.write_table(pa.Table.from_pylist(rows), path)
        else:
            path.write_text(
                json.dumps(rows) if name.endswith("n") else "".join(json.dumps(row) + "\n" for row in rows)
            )

    write(["one two", "three four"])
    dataset, entries, _ = opened(path)
    for words in (["two one", "four three"], ["one two three"], ["x"]):
        write(words)
        with pytest.raises(SampleError):
            texts.read(path, entries[1], dataset)
    path.unlink()
    with pytest.raises(SampleError):
        texts.read(path, entries[1], dataset)


@pytest.mark.parametrize(
    "data",
    [
        "file,text\na.jpg,a cat on a mat\n",
        "path,sentence,label\nx/1.wav,some words,3\n",
        "a,b\nmy nice file.png,x y\nanother nice file.png,z\n",
        "name,text\nhere,a file that is there\n",
        "a,b\n1,2\n3,4\n",
        "file,xmin,ymin,xmax,ymax,label\na.jpg,1,2,3,4,a long label\n",
    ],
)
def test_tables_that_name_files_are_left_to_others(tmp_path: Path, data: str) -> None:
    (tmp_path / "here").write_text("")
    path = tmp_path / "t.csv"
    path.write_text(data)
    assert not texts.claims(path)


def test_one_reader_claims_each_table_of_texts(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\nsee http://x.y/a.jpg now,1\n")
    (tmp_path / "t.jsonl").write_text('{"text": "a b", "url": "http://x.y/a.jpg"}\n')
    (tmp_path / "t.json").write_text('[{"text": "a b"}]')
    pq.write_table(pa.table({"text": ["a b"]}), tmp_path / "t.parquet")
    for path in [*tmp_path.iterdir(), tmp_path]:
        claims = [name for name in catalog.names("readers") if catalog.reader(name).claims(path)]
        assert [name for name in claims if not catalog.reader(name).FALLBACK] == ["texts"], path
    pq.write_table(pa.table({"text": ["a b"], "image": [b"x"]}), tmp_path / "p.parquet")
    assert not texts.claims(tmp_path / "p.parquet")
    assert catalog.reader("parquet").claims(tmp_path / "p.parquet")


def test_numbers_of_classes_have_names_in_hugging_faces_tables(tmp_path: Path) -> None:
    features = {
        "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
        "text": {"dtype": "string", "_type": "Value"},
    }
    table = pa.table({"text": ["a b", "c d", "e f"], "label": pa.array([1, 0, -1])})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, tmp_path / "t.parquet")
    dataset, entries, _ = opened(tmp_path / "t.parquet")
    assert [entry.label for entry in entries] == ["pos", "neg", None]
    assert dataset.rows is not None
    assert dataset.rows.types == {"text": "string", "label": "string"}


def test_types_tell_what_classes_were(tmp_path: Path) -> None:
    for label, kind in ((1, "int64"), (True, "bool"), ("1", None)):
        path = tmp_path / f"{kind}.jsonl"
        path.write_text(json.dumps({"text": "a b", "label": label}))
        told = texts.dataset(path, texts.Options()).rows
        assert told is not None
        assert told.types.get("label") == kind


def test_row_groups_are_decoded_once_while_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": [f"row {number} is here" for number in range(100)]}), path, row_group_size=10)
    reads: list[int] = []
    whole = pq.ParquetFile.read_row_group

    def counted(self: Any, group: int, **rest: Any) -> Any:
        reads.append(group)
        return whole(self, group, **rest)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    dataset, entries, _ = opened(path)
    random.Random(1).shuffle(entries)
    for entry in entries:
        texts.read(path, entry, dataset)
    assert sorted(reads) == list(range(10))
    small = groups.Cache(1)
    for entry in entries:
        small.row(str(path), (0, 0), *map(int, entry.locator.removesuffix(".row").split(":")))
        assert len(small._groups) == 1


@given(st.lists(st.text(max_size=3), max_size=3000))
def test_names_are_new_once(names: list[str]) -> None:
    ids, known = Ids(), set()
    for name in names:
        assert ids.add(name) is (name not in known)
        known.add(name)


def test_many_names_fit() -> None:
    ids = Ids()
    assert all(ids.add(str(number)) for number in range(5000))
    assert not any(ids.add(str(number)) for number in range(5000))


def test_spans_of_a_shape(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    good = {"text": "Ann lives in Oslo", "entities": [[0, 3, "PER"], [13, 17, "LOC"]], "n": 4}
    rows = [good, {**good, "entities": [[0, 9, "PER"], [4, 9, "X"]]}, {**good, "entities": [[0, 99, "PER"]]}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    dataset, entries, left_out = opened(path)
    assert dataset.spanned
    assert dataset.rows is not None
    assert dataset.rows.shape
    content = texts.read(path, entries[0], dataset)
    assert content.annotations is not None
    assert [(span.start, span.end, span.label) for span in content.annotations.spans] == [
        (0, 3, "PER"),
        (13, 17, "LOC"),
    ]
    assert content.annotations.fields["n"] == 4
    assert {skip.source: skip.reason for skip in left_out} == {
        "t.jsonl:2": "overlapping spans",
        "t.jsonl:3": "bad annotations",
    }
    assert len(opened(path, overlaps="keep")[1]) == 2
    assert not texts.dataset(path, texts.Options(shape="none")).spanned


@pytest.mark.parametrize("scheme", [name for name in _tags.SCHEMES if name != "io"])
def test_tags_of_all_rows_are_of_one_scheme(tmp_path: Path, scheme: str) -> None:
    path = tmp_path / "t.jsonl"
    good = [
        _tags.tagged(chunks, 4, scheme) for chunks in ([(0, 2, "X"), (2, 3, "X")], [(0, 4, "Y")], [(3, 4, "X")], [])
    ]
    other = "iob1" if scheme != "iob1" else "iob2"
    bad = _tags.tagged([(0, 1, "X"), (2, 4, "X")], 4, other)  # sound by itself
    rows = [{"tokens": ["a", "b", "c", "d"], "ner_tags": tags} for tags in [*good, bad, *good]]
    path.write_text("".join(json.dumps({**row, "id": str(place)}) + "\n" for place, row in enumerate(rows)))
    dataset, entries, left_out = opened(path)
    (skip,) = left_out
    assert (skip.source, skip.reason) == ("t.jsonl:5", "bad annotations")
    assert f"; {scheme.upper()} has " in skip.detail
    for entry, tags in zip(entries, [*good, *good], strict=True):
        content = texts.read(path, entry, dataset)
        assert content.annotations is not None
        found = spans.Found(json.loads(content.data[1:]), content.annotations.spans, content.annotations.fields)
        assert spans.restore("tokens", found)["ner_tags"] == tags


def test_first_rows_may_be_longer_than_what_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "HEAD", 64)
    long = "some words " * 100
    for name, data in (
        ("t.csv", f'"{long}",1\n"c d",2\n'),
        ("h.csv", f'told,n\n"{long}",1\n"c d",2\n'),
        ("t.jsonl", f'{{"told": "{long}"}}\n{{"told": "c d"}}\n'),
        ("t.json", f'[{{"told": "{long}"}}, {{"told": "c d"}}]'),
    ):
        (tmp_path / name).write_text(data)
        assert [next(iter(row.values())) for row in rows_of(tmp_path / name)] == [long, "c d"]


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_lines_in_utf_8_are_no_mojibake_in_a_table_of_another_encoding(tmp_path: Path, ending: str) -> None:
    def row(text: str) -> str:
        return f"{text},a\n" if ending == "csv" else json.dumps({"text": text}, ensure_ascii=False) + "\n"

    path = tmp_path / f"t.{ending}"
    head = "text,label\n" if ending == "csv" else ""
    lines = [row(text).encode("cp1252") for text in ("naïve café", "schöne Grüße", "plain words")]
    path.write_bytes(head.encode() + b"".join(lines) + row("über schön").encode())
    _, entries, left_out = opened(path)
    assert len(entries) == 3
    assert [skip.source for skip in left_out] == [f"{path.name}:{4 + bool(head)}"]
    assert "UTF-8" in left_out[0].detail
    assert len(opened(path, encoding="cp1252")[1]) == 4
    path.write_bytes(head.encode() + row("good words").encode() + row("b\ud800d").encode("utf-8", "surrogatepass"))
    assert "not utf-8" in opened(path)[2][0].detail


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_json_lines_are_known_in_any_encoding_and_with_any_line_ends(tmp_path: Path, codec: str, end: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes("".join(f'{{"text": "some words {number}"}}{end}' for number in range(3)).encode(codec))
    assert texts.claims(path)
    assert [row["text"] for row in rows_of(path)] == [f"some words {number}" for number in range(3)]


def test_an_empty_folder_beside_tables_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("text,label\nsome words,a\n")
    (tmp_path / "x.csv").mkdir()
    assert texts.claims(tmp_path)
    assert len(opened(tmp_path)[1]) == 1


def test_what_is_no_table_is_told(tmp_path: Path) -> None:
    for name, data, ours in (
        ("a.csv", b"", True),
        ("b.jsonl", b"\n\n", True),
        ("c.json", b"{}", False),
        ("d.parquet", b"PAR1", False),
        ("e.csv", b"n\n1\n2\n", False),
        ("f.json", b"[]", True),
        ("g.csv", b"\x1f\x8b\x08\x00", True),
        ("h.csv", random.Random(1).randbytes(9999), True),
        ("i.json", '[{"text": "a b"}]'.encode("utf-16"), True),
        ("j.json", b'[{"text": nope}]', True),
    ):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            opened(tmp_path / name)
        assert texts.claims(tmp_path / name) is ours, name
        (tmp_path / "folder").mkdir(exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
        assert not texts.claims(tmp_path / "folder")
    (tmp_path / "f.json").write_bytes(b'[{"text": "a b"}, {"text": ')
    with pytest.raises(InputError, match="broken JSON"):
        opened(tmp_path / "f.json")
    with pytest.raises(InputError, match="no steps for texts"):
        list(texts.entries(tmp_path / "f.json", texts.Options(), frozenset({".jpg"})))


@pytest.mark.parametrize(
    "options",
    [
        {"text": []},
        {"text": ["a", "a"]},
        {"columns": []},
        {"encoding": "nope"},
        {"encoding": "cp037"},
        {"encoding": "hex"},
        {"encoding": ""},
        {"shape": "nope"},
        {"delimiter": ",,"},
        {"delimiter": '"'},
        {"header": "maybe"},
        {"splits": {}},
        {"id": True},
        {"overlaps": "x"},
        {"other": 1},
    ],
)
def test_bad_options_are_mistakes_in_the_recipe(options: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        texts.Options.model_validate(options)


@pytest.mark.realdata
def test_real_tables() -> None:
    root = Path(os.environ.get("AUGMENT_REAL_DATA", "nowhere"))
    path = root / "intent_banking77/banking_data/test.csv"
    if not path.is_file():
        pytest.skip("needs AUGMENT_REAL_DATA")
    dataset, entries, left_out = opened(path)
    with path.open(newline="", encoding="utf-8") as file:
        want = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    got = [(row_of(texts.read(path, entry, dataset))["text"], entry.label) for entry in entries]
    assert got == want
    assert len(got) == 3080
    assert not left_out
    _, entries, left_out = opened(root / "sentiment140", columns=["polarity", "id", "date", "query", "user", "text"])
    assert (len(entries), {entry.label for entry in entries}, left_out) == (998, {"0", "4"}, [])


TYPES = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.dictionary(pa.int32(), pa.string())]
TYPES += [pa.map_(pa.string(), pa.int64()), pa.dictionary(pa.int32(), pa.int64())]


@given(st.data())
def test_columns_beside_the_texts_keep_their_types_and_values(home: Path, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=4))
    values = {str(TYPES[0]): st.text(max_size=5), str(TYPES[2]): st.binary(max_size=5) | st.just(b"data:;base64,x")}
    values |= {str(TYPES[1]): values["string"], str(TYPES[3]): values["binary"], str(TYPES[4]): values["string"]}
    values[str(TYPES[5])] = st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=3)
    values[str(TYPES[6])] = st.integers(0, 9)
    count = data.draw(st.integers(1, 4))
    columns = {"text": pa.array([f"row {place}" for place in range(count)])}
    for place, kind in enumerate(kinds):
        cells = st.lists(st.none() | values[str(kind)], min_size=count, max_size=count)
        columns[f"c{place}"] = pa.array(data.draw(cells), kind)
    table = pa.table(columns)
    path = home / "typed.parquet"
    pq.write_table(table, path)
    dataset, entries, _ = opened(path)
    assert dataset.rows is not None
    writer, parts = catalog.writer("parquet"), []
    for number, entry in enumerate(entries):
        content = texts.read(path, entry, dataset)
        text = json.loads(content.data[1:])["text"]
        one = Record(f"k{number}", text.encode(), "txt", "text", "train", None, None, "s", 0, {}, content.annotations)
        parts.append(writer.render(one, dataset))
    writer.assemble(home, "again.parquet", parts)
    again = pq.read_table(home / "again.parquet")
    assert again.to_pylist() == table.to_pylist()
    assert [str(kind) for kind in again.schema.types] == [str(kind) for kind in pq.read_schema(path).types]


@pytest.mark.parametrize(
    ("name", "cells", "wins"),
    [
        ("hash", [b"0123abcd", b"\x89rest"], True),
        ("embedding", [b"\0\0\x80\x3f", None], True),
        ("image", [b"\x89PNG\r\n", b""], False),
        ("image", [b"????", b""], False),
        ("jpeg", [b"\xff\xd8\xff\xe0", b""], False),
        ("raw_audio", [b"????", b""], False),
    ],
)
def test_texts_beside_bytes_are_the_samples_unless_these_are_pictures_or_sounds(
    tmp_path: Path, name: str, cells: list[bytes | None], wins: bool
) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": ["one two", "three"], "label": ["a", "b"], name: cells}), path)
    claims = [one for one in catalog.names("readers") if catalog.reader(one).claims(path)]
    assert claims == (["texts"] if wins else ["parquet"])
    pq.write_table(pa.table({"caption": ["one two", "three"], name: cells}), path)
    assert not texts.claims(path)


def test_bytes_that_the_recipe_calls_texts_are_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": ["ä b".encode(), b"c"], "label": ["a", "b"]}), path)
    assert [row["text"] for row in rows_of(path)] == ["ä b", "c"]


cells_ = st.text(st.sampled_from('ab ,;\t\n"\\'), max_size=8)


@given(
    st.lists(st.tuples(cells_, cells_), min_size=1, max_size=8),
    st.sampled_from([",", "\t", ";"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]),
)
def test_cells_with_escapes_come_back_as_they_were(
    home: Path, rows: list[tuple[str, str]], delimiter: str, quoting: Any
) -> None:
    path = home / "escaped.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        how = {"delimiter": delimiter, "quoting": quoting, "doublequote": False, "escapechar": "\\"}
        writer = csv.writer(file, lineterminator="\n", **how)
        writer.writerows([("text", "note"), *((f"x{text}", note) for text, note in rows)])
    told = {"delimiter": delimiter, "escape": "\\", "quoting": "none" if quoting == csv.QUOTE_NONE else "standard"}
    assert [(row["text"], row["note"]) for row in rows_of(path, **told)] == [(f"x{text}", note) for text, note in rows]


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE])
def test_escapes_are_told_where_rows_need_them(tmp_path: Path, quoting: Any) -> None:
    path = tmp_path / "x.csv"
    rows = [("id", "text", "label"), ("1", 'the size 5", and more', "pos"), ("2", "back \\ slash", "neg")] * 3
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=quoting, doublequote=False, escapechar="\\").writerows(rows)
    dataset, _, _ = opened(path, id=False)
    assert dataset.rows is not None
    assert dataset.rows.dialect["escape"] == "\\"
    assert texts.read_as(dataset, texts.Options())["escape"] == "\\"
    assert [row["text"] for row in rows_of(path, id=False)] == [text for _, text, _ in rows[1:]]
    plain = tmp_path / "plain.csv"
    plain.write_text("id,text,label\n1,C:\\dir\\,pos\n2,C:\\new,neg\n", encoding="utf-8")
    assert [row["text"] for row in rows_of(plain)] == ["C:\\dir\\", "C:\\new"]
    assert texts.read_as(opened(plain)[0], texts.Options()).get("escape") is None


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_table_of_bad_rows_is_an_error_and_few_of_them_are_left_out(home: Path, good: int, bad: int) -> None:
    path = home / "bad.csv"
    path.write_text("text,label\n" + "a b,x\n" * good + "a b,x,y\n" * bad, encoding="utf-8")
    if bad >= 10 and bad > good + 1:
        with pytest.raises(InputError, match=rf"{bad} of {bad + good + 1} rows are bad, the first in line {good + 2}"):
            opened(path, header=True)
    elif good + bad:
        _, entries, left = opened(path, header=True)
        assert (len(entries), len(left)) == (good, bad)


@given(st.integers(1, 4), st.sampled_from(["#{} String", "s{}", "answer_{}", "{}th"]))
def test_texts_whose_names_differ_in_a_number_only_go_together(home: Path, count: int, name: str) -> None:
    path = home / "alike.csv"
    columns = [name.format(place) for place in range(count)]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [[*(f"some words {place}" for place in range(count)), "7"] for _ in range(3)]
        csv.writer(file).writerows([[*columns, name.format(count)], *rows])
    told = opened(path, header=True)[0].rows
    assert told is not None
    assert told.texts == tuple(columns)


leaves = st.none() | st.integers(0, 9) | st.text('xyz é",\n', max_size=4)
places = st.lists(st.sampled_from(["a", "b", "0", 0, 1]), min_size=1, max_size=3)


@given(places, st.lists(st.tuples(st.text("xyz ", min_size=1, max_size=6), leaves), min_size=1, max_size=4), st.data())
@settings(max_examples=60)
def test_fields_inside_columns_are_texts_and_change_in_their_place(
    home: Path, parts: list[Any], rows: list[tuple[str, Any]], data: st.DataObject
) -> None:
    def within(text: str, other: Any) -> dict[str, Any]:
        value: Any = text
        for part in reversed(parts):
            value = [other] * part + [value, other] if isinstance(part, int) else {"other": other, part: value}
        return {"doc": value, "note": other}

    whole = [within(f"t{text}", other) for text, other in rows]
    path = home / "nested.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in whole), encoding="utf-8")
    name = ".".join(["doc", *map(str, parts)])
    dataset, entries, left = opened(path, text=name, shape="none")
    assert not left
    format = data.draw(st.sampled_from(["jsonl", "csv", "parquet"]))
    writer, made = catalog.writer(format), []
    for number, (entry, row) in enumerate(zip(entries, whole, strict=True)):
        content = texts.read(path, entry, dataset)
        assert json.loads(content.data[1:]) == {name: f"t{rows[number][0]}"}
        one = Record(f"k{number}", b"new", "txt", "text", "train", None, None, "s", 0, {}, content.annotations)
        part = writer.render(one, dataset)
        made.append((part, f"k{number}", {**row, **within("new", rows[number][1])}))
    shard = f"again.{format}"
    writer.assemble(home, shard, [part for part, _, _ in made])
    assert {writer.extract(home, shard, key) for _, key, _ in made} == {b"new"}
    if format == "jsonl":
        again = [json.loads(line) for line in (home / shard).read_text(encoding="utf-8").splitlines()]
        assert again == [row for _, _, row in made]


def test_a_class_may_be_inside_a_column_and_what_is_not_there_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    rows: list[Any] = [{"doc": {"body": f"some text {n}"}, "meta": {"label": n % 2}} for n in range(4)]
    rows.append({"doc": {}, "meta": {}})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    dataset, entries, left = opened(path, text="doc.body", label="meta.label")
    assert [entry.label for entry in entries] == ["0", "1", "0", "1"]
    assert [skip.reason for skip in left] == ["empty"]
    writer = catalog.writer("jsonl")
    content = texts.read(path, entries[0], dataset)
    one = Record("k", b"new", "txt", "text", "train", "1", 1, "s", 0, {}, content.annotations)
    assert json.loads(writer.render(one, dataset).partition(b'{"doc"')[2].join([b'{"doc"', b""])) == {
        "doc": {"body": "new"},
        "meta": {"label": 1},
    }
    for options in ({"text": "doc.boddy"}, {"text": "doc.body", "label": "meta.lable"}, {"text": "nowhere.body"}):
        with pytest.raises(InputError, match="no column"):
            opened(path, **options)
    parquet = tmp_path / "x.parquet"
    pq.write_table(pa.table({"t": pa.array([{"en": "some words", "de": "Worte"}])}), parquet)
    dataset, entries, _ = opened(parquet, text="t.en")
    assert row_of(texts.read(parquet, entries[0], dataset))["t.en"] == "some words"


@given(st.lists(st.sampled_from(["x", 1, "1", 2, 0.5, True, "true", None]), min_size=1, max_size=8))
def test_classes_of_json_keep_their_types(home: Path, labels: list[Any]) -> None:
    path = home / "mixed.jsonl"
    rows = [{"text": f"some words {place}", "label": label} for place, label in enumerate(labels)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    dataset, entries, _ = opened(path, label="label")
    writer = catalog.writer("jsonl")
    for entry, row in zip(entries, rows, strict=True):
        content = texts.read(path, entry, dataset)
        one = Record("k", b"new", "txt", "text", "train", entry.label, 0, "s", 0, {}, content.annotations)
        shard = writer.assemble(home, "again.jsonl", [writer.render(one, dataset)])[0].name
        again = json.loads((home / shard).read_bytes())
        assert (again, type(again["label"])) == ({**row, "text": "new"}, type(row["label"]))
        other = Record("k", b"new", "txt", "text", "train", "other", 0, "s", 0, {}, content.annotations)
        writer.assemble(home, "again.jsonl", [writer.render(other, dataset)])
        assert json.loads((home / shard).read_bytes())["label"] == "other"


@given(st.lists(st.tuples(st.sampled_from(["text", "a", 'q"', "ü"]), st.text('ab:"{', max_size=6)), max_size=5))
def test_a_key_that_stands_twice_is_a_bad_row(pairs: list[tuple[str, str]]) -> None:
    written = "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    found = _rows.json_row(written)
    keys = [key for key, _ in pairs]
    plain = [key for key in keys if json.dumps(key) == f'"{key}"']
    if len(set(plain)) < len(plain):
        assert "expected each key once" in str(found)
    elif len(set(keys)) == len(keys):
        assert found == dict(pairs)


def test_keys_inside_others_may_be_like_them() -> None:
    row = {"text": "a", "more": {"text": "b"}, "list": [{"text": "c"}], "said": '"text": 1'}
    assert _rows.json_row(json.dumps(row)) == row
