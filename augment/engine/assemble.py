"""Stage 8 of 8, first half, in a worker: the chunk files of a lot -> its shards and its receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from augment import durable
from augment.contracts import Written
from augment.engine import chunkfile
from augment.engine.bench import bench
from augment.engine.columns import number_column, text_column
from augment.engine.history import CHUNKS, LOTS
from augment.engine.work import Report

PROVENANCE = pa.schema(
    [
        ("key", pa.string()),
        ("source", pa.string()),
        ("copy", pa.int64()),
        ("class", pa.string()),
        ("split", pa.string()),
        ("shard", pa.string()),
        ("steps", pa.list_(pa.string())),
        ("parameters", pa.string()),
        ("sha256", pa.string()),
        ("source_sha256", pa.string()),
        ("annotations_sha256", pa.string()),
    ]
)
"""Columns of provenance.parquet, a row an output. ``shard`` is the file that holds it, ``parameters`` a JSON list with
the scalars that each of ``steps`` drew."""


@dataclass(frozen=True, slots=True)
class ShardTask:
    """Make shard ``turn`` of the ``shards`` of a lot, number ``number`` of its split, from the lot's chunk files."""

    job: bytes
    lot: int
    turn: int
    shards: int
    split: str
    number: int
    chunks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LotTask:
    """Write the receipt of a lot whose shards stand, and remove its chunk files."""

    job: bytes
    lot: int
    written: tuple[Written, ...]
    chunks: tuple[str, ...]


def make_shard(task: ShardTask, report: Report) -> list[Written]:
    """Assemble one shard; nothing is written where every output of it was skipped."""
    at = bench(task.job)
    folder = at.job.output / CHUNKS
    parts = (part for name in task.chunks for part in chunkfile.outputs(folder / name, task.shards, task.turn))
    first = next(parts, None)
    if first is None:
        return []

    def all_parts() -> Iterator[bytes]:
        yield first
        yield from parts

    return at.writer.assemble(at.job.output, at.shard(task.split, task.number), all_parts())


def make_receipt(task: LotTask, report: Report) -> None:
    """Gather provenance into one file, which stands for the whole lot from then on."""
    at = bench(task.job)
    folder = at.job.output / CHUNKS
    counts: Counter[tuple[str, str | None]] = Counter()
    skipped: list[dict[str, Any]] = []
    mended: Counter[str] = Counter()
    path = receipt(at.job.output, task.lot)
    with durable.writing(path) as file, pq.ParquetWriter(file, PROVENANCE, compression="zstd") as out:
        for name in task.chunks:
            told = chunkfile.notes(folder / name)
            skipped += told.skipped
            mended.update(told.notes)
            counts.update((row["split"], row["class"]) for row in told.rows)
            out.write_batch(_provenance(told.rows))
        notes = {
            "files": [asdict(written) for written in task.written] if at.writer.SHARDED else [],
            "beside": []
            if at.writer.SHARDED
            else [asdict(written) for written in task.written if not written.samples],
            "counts": [[*key, count] for key, count in sorted(counts.items(), key=str)],
            "skipped": skipped,
            "mended": dict(sorted(mended.items())),
        }
        out.add_key_value_metadata({"augment": json.dumps(notes, ensure_ascii=False)})
    for name in task.chunks:
        (folder / name).unlink(missing_ok=True)


def _provenance(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """Rows of PROVENANCE. ``Table.from_pylist`` would do, but imports pandas; see columns."""
    columns: list[pa.Array] = []
    for name, kind in zip(PROVENANCE.names, PROVENANCE.types, strict=True):
        values = [row[name] for row in rows]
        if pa.types.is_integer(kind):
            columns.append(number_column(np.array(values, np.int64)))
        elif pa.types.is_list(kind):
            ends = number_column(np.cumsum([0, *map(len, values)], dtype=np.int32))
            columns.append(pa.ListArray.from_arrays(ends, text_column([item for value in values for item in value])))
        else:
            columns.append(text_column(values))
    return pa.RecordBatch.from_arrays(columns, schema=PROVENANCE)


def receipt(output: Path, lot: int) -> Path:
    """Where the receipt of a lot lies."""
    return output / LOTS / f"{lot:06d}.parquet"


def notes_of(path: Path) -> dict[str, Any]:
    """What a receipt says beside its rows: files, those beside outputs (labels), counts, skipped, mended."""
    found: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[b"augment"])
    return found
