"""Parquet shards as Hugging Face reads them: the value as a struct of bytes and path, the class as text and number.

Annotations are JSON in their neutral form, masks a list of names and PNG bytes. Both columns are always there, null
where nothing is annotated: the tables of one data set need the same columns, also where only some have soft labels.

Texts are rows instead, see ``_parquet_texts.py``: the columns that came in, of the types that they had.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from augment import durable
from augment.annotations import plain
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _annotations, _cells, _parquet_texts, _record
from augment.writers._names import folder_name

SHARDED = True
ROW_GROUP_BYTES = 32_000_000
ROW_GROUP_ROWS = 256
"""A row group ends at whichever comes first; it is what a reader, and this writer, holds in memory."""

MASK = {"name": "string", "bytes": "binary"}
COLUMNS = {
    "key": pa.string(),
    "value": None,  # the struct, under the name of its modality
    "label": pa.string(),
    "label_index": pa.int64(),
    "split": pa.string(),
    "source": pa.string(),
    "copy": pa.int64(),
    "fields": pa.string(),
    "annotations": pa.string(),
    "masks": pa.list_(pa.struct(list(MASK.items()))),
}
"""A row an output; ``fields`` are the source's other facts as JSON; the mask whose values are classes has no name."""


class Options(_Base):
    """Of tables of texts; others always have source and copy, and no further columns.

    Args:
        columns: Further columns, beside those that are known from the input.
        provenance: Add ``source`` and ``copy``: of what the row was made, and the how-manieth copy it is; 0 is the
            untouched original.
    """

    columns: tuple[str, ...] = ()
    provenance: bool = False


USUAL = Options()


def shard(split: str, index: int) -> str:
    """``train/shard-000000.parquet``."""
    return f"{folder_name(split)}/shard-{index:06d}.parquet"


def locate(record: Record, shard: str) -> str:
    """Every output lies in its shard."""
    return shard


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The record as it is, for rows can't be concatenated; of a text its cells. Raises SampleError for the latter."""
    if _cells.is_text(record):
        return _parquet_texts.render(record, dataset, options.provenance, options.columns)
    return _record.pack(record)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write one table, row group by row group. ValueError where there are no outputs, or of two modalities."""
    parts = iter(parts)
    begin = next(parts, b"")
    parts = itertools.chain([begin] if begin else [], parts)
    if _parquet_texts.is_one(begin):
        return _parquet_texts.assemble(root, shard, parts)
    samples = 0
    path = root / shard
    groups = _groups(parts)
    first = next(groups, None)
    if first is None:
        raise ValueError(f"{shard}: a table without rows has no columns either")
    media = first[0].modality
    schema = _schema(media)
    with durable.writing(path) as file, pq.ParquetWriter(file, schema, **_storage(media)) as writer:
        for group in itertools.chain([first], groups):
            writer.write_table(pa.Table.from_pylist([_row(record, media) for record in group], schema=schema))
            samples += len(group)
    return [Written(shard, path.stat().st_size, durable.sha256(path), samples)]


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """``dataset.json``: the categories, and what else is true of the whole; nothing for mere classes."""
    return _annotations.describe(root, dataset)


def extract(root: Path, name: str, key: str) -> bytes:
    """The value of one row."""
    if _parquet_texts.wrote(root, name):
        return _parquet_texts.extract(root, name, key)
    with pq.ParquetFile(root / name) as file:
        media = file.schema_arrow.names[1]
        for number in range(file.num_row_groups):
            keys = file.read_row_group(number, columns=["key"])["key"].to_pylist()
            if key in keys:
                value: bytes = file.read_row_group(number, columns=[media])[media][keys.index(key)].as_py()["bytes"]
                return value
    raise KeyError(f"{key} is not in {name}")


def _schema(media: str) -> pa.Schema:
    """The columns, and in the metadata what Hugging Face's datasets should take each of them for."""
    value = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    fields = [(media, value) if kind is None else (name, kind) for name, kind in COLUMNS.items()]
    features: dict[str, Any] = {name: {"dtype": str(kind), "_type": "Value"} for name, kind in fields}
    features[media] = {"_type": media.capitalize()}
    features["masks"] = [{name: {"dtype": kind, "_type": "Value"} for name, kind in MASK.items()}]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def _storage(media: str) -> dict[str, Any]:
    """Values are compressed already; dictionaries and statistics are kept where values repeat."""
    stored = {name: "snappy" for name, kind in COLUMNS.items() if kind is not None and name != "masks"}
    masks = {"masks.list.element.name": "snappy", "masks.list.element.bytes": "none"}
    return {
        "compression": {**stored, **masks, f"{media}.bytes": "none", f"{media}.path": "snappy"},
        "use_dictionary": ["label", "split"],
        "write_page_checksum": True,
        "write_statistics": ["label", "label_index", "split", "copy"],
    }


def _row(record: Record, media: str) -> dict[str, Any]:
    if record.modality != media:
        raise ValueError(
            f"{record.key}: a table holds values of one modality, this is {record.modality} after {media}"
        )
    found = record.annotations
    return {
        "key": record.key,
        media: {"bytes": record.data, "path": f"{record.key}.{record.extension}"},
        "label": record.label,
        "label_index": record.label_index,
        "split": record.split,
        "source": record.source,
        "copy": record.copy,
        "fields": _annotations.as_text(record.fields) if record.fields else None,
        "annotations": None if found is None else _annotations.as_text(plain(found)),
        "masks": None if found is None else [{"name": name, "bytes": data} for name, data in found.masks.items()],
    }


def _groups(parts: Iterable[bytes]) -> Iterator[list[Record]]:
    group: list[Record] = []
    size = 0
    for part in parts:
        if _parquet_texts.is_one(part):
            raise ValueError("a table holds values of one modality, this has a text after others")
        group.append(_record.unpack(part))
        size += len(part)
        if size >= ROW_GROUP_BYTES or len(group) >= ROW_GROUP_ROWS:
            yield group
            group, size = [], 0
    if group:
        yield group
