"""Parquet tables whose rows are texts: the columns that came in, in their order, each of one type in all shards.

Texts are strings. Other columns have the type that they had where the input is a table with types. Elsewhere all are
strings, for no row tells what the next one holds: texts as they are, other values as JSON, null as null. Spans stand
in the columns that they came in, or in ``spans``, a list of structs whose ``fields`` are JSON; the reader ``texts``
takes them for spans again, as JSON in a string, too. Which row is which output's is told below STATE (``_keys.py``).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from augment import durable
from augment.contracts import Written
from augment.errors import SampleError
from augment.sample import Dataset, Record
from augment.writers import _arrow, _cells, _keys, _tree
from augment.writers._cells import REASON, Layout

GROUP_ROWS = 10_000
GROUP_BYTES = 16_000_000
"""A row group ends at whichever comes first."""

MARK = b"\xff" * 8
"""How a part begins that is a row of texts; as the length that others begin with it would be negative."""

TEXT, LARGE, SPANS = "string", "large_string", "spans"
"""The types of texts, and of spans, as the head of a part has them."""

_SPAN = {"start": pa.int64(), "end": pa.int64(), "label": pa.string(), "layer": pa.string(), "column": pa.string()}
_KINDS = {SPANS: pa.list_(pa.struct([*_SPAN.items(), ("fields", pa.string())]))}
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode


def is_one(part: bytes) -> bool:
    """Whether a rendered part is a row of texts."""
    return part.startswith(MARK)


def render(record: Record, dataset: Dataset, provenance: bool, more: Sequence[str]) -> bytes:
    """The cells of an output, with the names and types of all columns. Raises SampleError."""
    layout = _cells.layout(record, dataset, provenance, more)
    texts = _cells.texts_of(record, layout)
    made = _cells.row(record, layout, texts)
    values = _cells.cells(made, layout.columns)
    kinds, head = _columns(layout, _typed(dataset), dataset.classes)
    cells = [
        None if value is None else _cell(value, kind, name)
        for name, kind, value in zip(layout.columns, kinds, values, strict=True)
    ]
    places = _cells.needed(texts, layout, values)
    note = _cells.exact(texts, layout, made) or _cells.note(
        tuple(texts.by_column), texts.several, texts.codec, layout.shape, (places,)
    )
    try:
        row = _ENCODE(cells).encode()
    except UnicodeEncodeError:
        problem = "half a surrogate pair in one of its facts: no proper Unicode; write jsonl"
        raise SampleError(REASON, problem) from None
    return MARK + _keys.pack(record.key, note, head, row)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write one table, row group by row group, and the part that tells where its rows lie.

    ValueError where an output is no text, or has other columns than the one before it.
    """
    path, samples = root / shard, 0
    groups = _groups(parts, shard)
    head, *_ = first = next(groups)
    columns, kinds = json.loads(head)
    schema = pa.schema([(name, _kind(kind)) for name, kind in zip(columns, kinds, strict=True)])
    stored = {"compression": "zstd", "write_page_checksum": True}
    part = _tree.part(root, shard, _keys.LINES)
    with (
        durable.writing(part) as lines,
        durable.writing(path) as file,
        pq.ParquetWriter(file, schema, **stored) as writer,
    ):
        for number, (_, told, rows) in enumerate(itertools.chain([first], groups)):
            cells = zip(*map(json.loads, rows), strict=True)
            arrays = [_arrow.array(column, kind) for column, kind in zip(cells, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            for place, (key, note) in enumerate(told):
                lines.write(_keys.line(key, number, place, note))
            samples += len(rows)
    return [Written(shard, path.stat().st_size, durable.sha256(path), samples)]


def wrote(root: Path, name: str) -> bool:
    """Whether a table is one of texts."""
    return _tree.part(root, name, _keys.LINES).is_file()


def extract(root: Path, name: str, key: str) -> bytes:
    """The text, or texts, of one row."""
    group, place, note = _keys.place(root, name, key)
    if (data := _cells.kept(note)) is not None:
        return data
    *told, places = json.loads(note)
    facts = (root / name).stat()
    table = _read(root / name, (facts.st_mtime_ns, facts.st_size), group, tuple(name for name, _, _ in places))
    (row,) = table.slice(place, 1).to_pylist()
    return _cells.value({column: _cells.from_cell(row[column], is_json) for column, _, is_json in places}, *told)


@lru_cache(8)
def _read(path: Path, stamp: tuple[int, int], group: int, columns: tuple[str, ...]) -> pa.Table:
    with pq.ParquetFile(path) as file:
        return file.read_row_group(group, columns=list(columns))


def _groups(parts: Iterable[bytes], shard: str) -> Iterator[tuple[bytes, list[tuple[bytes, bytes]], list[bytes]]]:
    """Row groups: the head that all share, keys and notes, cells."""
    begun: bytes | None = None
    told: list[tuple[bytes, bytes]] = []
    rows: list[bytes] = []
    size = 0
    for part in parts:
        if not is_one(part):
            raise ValueError(f"{shard}: a table holds values of one modality, this has another after texts")
        key, note, head, row = _keys.unpack(part[len(MARK) :])
        if begun is not None and head != begun:
            raise ValueError(f"{shard}: {key.decode()} has other columns than the rows before it")
        begun = head
        told.append((key, note))
        rows.append(row)
        size += len(row)
        if size >= GROUP_BYTES or len(rows) >= GROUP_ROWS:
            yield begun, told, rows
            told, rows, size = [], [], 0
    if rows and begun is not None:
        yield begun, told, rows


def _typed(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """Columns with known types."""
    return tuple(dataset.rows.types.items()) if dataset.rows is not None else ()


@lru_cache(16)
def _columns(
    layout: Layout, typed: tuple[tuple[str, str], ...], classes: tuple[str, ...]
) -> tuple[tuple[str, ...], bytes]:
    """The types of all columns by their names, and both as JSON."""
    known = {name: str(kind) for name, told in typed if (kind := _arrow.kind_of(told)) is not None}
    known = {name: SPANS if kind == str(_KINDS[SPANS]) else kind for name, kind in known.items()}
    texts = () if layout.shape else layout.texts
    known.update((name, TEXT) for name in texts if known.get(name) != LARGE)
    known.update(zip(layout.told, (TEXT, "int64"), strict=False))
    if layout.spans:
        known[layout.spans] = SPANS
    if layout.label is not None and not all(layout.is_number(name) for name in classes):
        known[layout.label] = TEXT
    kinds = tuple(known.get(name, TEXT) for name in layout.columns)
    return kinds, json.dumps([layout.columns, kinds]).encode()


@lru_cache(256)
def _kind(name: str) -> pa.DataType:
    return _KINDS.get(name) or _arrow.kind_of(name)


def _cell(value: Any, name: str, column: str) -> Any:
    """A value as JSON that its column takes. Raises SampleError."""
    if name == TEXT:
        return _cells.as_cell(value)
    if name == SPANS:
        return [{**span, "fields": _cells.as_cell(span["fields"])} if "fields" in span else span for span in value]
    try:
        _arrow.array([value], _kind(name))
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        raise SampleError(REASON, f"column {column!r}: expected {name}, got {value!r:.60}") from None
    return value
