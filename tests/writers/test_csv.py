"""CSV: the dialect that came in, cells that nothing breaks, files that come back byte for byte."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import catalog
from augment.annotations import Annotations, Span
from augment.errors import SampleError
from augment.sample import Dataset, Record, Rows
from tests.writers.texts import Table, names, record, tables, texts, words, write

WRITER = catalog.writer("csv")
dialects = st.fixed_dictionaries(
    {},
    optional={
        "delimiter": st.sampled_from([",", ";", "\t", "|", "^"]),
        "newline": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from(["minimal", "all"]),
        "header": st.booleans(),
    },
)
grids = st.integers(1, 5).flatmap(
    lambda width: st.tuples(
        st.lists(names, min_size=width, max_size=width, unique=True),
        st.lists(st.tuples(texts, *[st.just("") | words] * (width - 1)), min_size=1, max_size=5),
    )
)


def written(root: Path, columns: list[str], rows: list[tuple[str, ...]], dialect: dict[str, Any]) -> str:
    """A table whose first column is the text and whose others are facts, written by ours."""
    dataset = Dataset(rows=Rows((columns[0],), tuple(columns), dialect=dialect))
    records = []
    for number, (text, *facts) in enumerate(rows):
        found = Annotations(fields=dict(zip(columns[1:], facts, strict=True))) if facts else None
        records.append(record(number, {columns[0]: text}, annotations=found))
    shard = write(WRITER, root, Table(dataset, records, []))
    for one in records:
        assert WRITER.extract(root, shard, one.key) == one.data
    return (root / shard).read_bytes().decode()


@given(grids, dialects)
@settings(max_examples=150, deadline=None)
def test_a_table_comes_back_byte_for_byte(
    tmp_path_factory: pytest.TempPathFactory, grid: Any, dialect: dict[str, Any]
) -> None:
    columns, rows = grid
    out = io.StringIO(newline="")
    how = csv.QUOTE_ALL if dialect.get("quoting") == "all" else csv.QUOTE_MINIMAL
    delimiter, newline = dialect.get("delimiter", ","), dialect.get("newline", "\n")
    table = [columns] * dialect.get("header", True) + [list(row) for row in rows]
    csv.writer(out, delimiter=delimiter, quoting=how, lineterminator=newline).writerows(table)
    found = written(tmp_path_factory.mktemp("csv"), columns, rows, dialect)
    assert list(csv.reader(io.StringIO(found, newline=""), delimiter=delimiter, strict=True)) == table
    if not any(sign in cell for row in table for cell in row for sign in "\r\n '\ufeff") or how == csv.QUOTE_ALL:
        assert found == out.getvalue()  # what else needs quotes depends on Python's version


@given(grids, dialects, st.sampled_from(["minimal", "all", "none"]))
@settings(max_examples=150, deadline=None)
def test_escapes_that_came_in_go_out(
    tmp_path_factory: pytest.TempPathFactory, grid: Any, dialect: dict[str, Any], quoting: str
) -> None:
    columns, rows = grid
    chosen = {**dialect, "quoting": quoting, "escape": "\\"}
    found = written(tmp_path_factory.mktemp("csv"), columns, rows, chosen)
    table = [columns] * dialect.get("header", True) + [list(row) for row in rows]
    how = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    marks = {"delimiter": dialect.get("delimiter", ","), "quoting": how, "doublequote": False, "escapechar": "\\"}
    assert list(csv.reader(io.StringIO(found, newline=""), strict=True, **marks)) == table


@given(grids, dialects)
@settings(max_examples=50, deadline=None)
def test_pandas_reads_the_same_cells(
    tmp_path_factory: pytest.TempPathFactory, grid: Any, dialect: dict[str, Any]
) -> None:
    pandas = pytest.importorskip("pandas")
    columns, rows = grid
    found = written(tmp_path_factory.mktemp("csv"), columns, rows, {**dialect, "header": False})
    frame = pandas.read_csv(
        io.StringIO(found, newline=""),
        sep=dialect.get("delimiter", ","),
        header=None,
        dtype=str,
        keep_default_na=False,
    )
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows


@given(tables(cells=st.just("") | words))
@settings(max_examples=50, deadline=None)
def test_options_go_before_the_dialect(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    root = tmp_path_factory.mktemp("csv")
    shard = write(WRITER, root, table, WRITER.Options(delimiter=";", quoting="all"))
    text = (root / shard).read_bytes().decode()
    assert list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True)) == table.rows
    assert text.startswith('"')


def test_what_the_table_has_no_place_for_is_told() -> None:
    dataset = Dataset(rows=Rows(("t",), ("t", "n")))
    one = record(0, {"t": "x"}, annotations=Annotations(fields={"n": 1, "extra": 2}))
    with pytest.raises(SampleError, match=r"no column 'extra'; name it, as in output: \{columns:"):
        WRITER.render(one, dataset)
    assert b"t,n,extra" in WRITER.render(one, dataset, WRITER.Options(columns=("extra",)))
    for bad in ("\0", "\ud800"):
        with pytest.raises(SampleError, match="write jsonl"):
            WRITER.render(record(0, {"t": "x"}, annotations=Annotations(fields={"n": bad})), dataset)
    for bad in ("", "ab", '"', "\n"):
        with pytest.raises(pydantic.ValidationError):
            WRITER.Options(delimiter=bad)


def test_without_quoting_quotes_are_characters(tmp_path: Path) -> None:
    dataset = Dataset(rows=Rows(("t",), ("t", "n"), dialect={"delimiter": "\t", "quoting": "none"}))

    def row(text: str) -> Record:
        return record(0, {"t": text}, annotations=Annotations(fields={"n": '"'}))

    for text in ('he said "hi', '"', '""x""', "a, b"):
        shard = write(WRITER, tmp_path, Table(dataset, [row(text)], []))
        assert (tmp_path / shard).read_bytes().decode() == f't\tn\n{text}\t"\n'
        assert WRITER.extract(tmp_path, shard, row(text).key) == text.encode()
    for text in ("a\tb", "a\nb", "a\rb"):
        with pytest.raises(SampleError, match="quoting is none"):
            WRITER.render(row(text), dataset)


def test_tabs_give_another_ending() -> None:
    tabs = Dataset(rows=Rows(("t",), dialect={"delimiter": "\t"}))
    shard = WRITER.shard("train", 3)
    assert WRITER.named(shard, tabs) == "train/shard-000003.tsv"
    assert WRITER.named(shard, tabs, WRITER.Options(delimiter=",")) == WRITER.named(shard, Dataset()) == shard


def test_files_and_their_spans(tmp_path: Path) -> None:
    one = record(0, {"text": "Anna"}, label="a", annotations=Annotations(spans=(Span(0, 4, "PER"),)))
    shard = write(WRITER, tmp_path, Table(Dataset(spanned=True), [one], []))
    (row,) = csv.DictReader(io.StringIO((tmp_path / shard).read_bytes().decode(), newline=""))
    assert (row["text"], row["label"]) == ("Anna", "a")
    assert json.loads(row["spans"]) == [{"start": 0, "end": 4, "label": "PER"}]


def test_a_cell_of_a_megabyte(tmp_path: Path) -> None:
    text = 'a "quoted",\n' * 100_000
    one = record(0, {"text": text})
    shard = write(WRITER, tmp_path, Table(Dataset(), [one], []))
    assert WRITER.extract(tmp_path, shard, one.key) == text.encode()


def test_rows_of_other_columns_are_never_mixed(tmp_path: Path) -> None:
    parts = [WRITER.render(record(0, {"t": "x"}), Dataset(rows=Rows((name,)))) for name in ("t", "u")]
    with pytest.raises(ValueError, match="other columns"):
        WRITER.assemble(tmp_path, "s.csv", parts)
    assert not (tmp_path / "s.csv").exists()
