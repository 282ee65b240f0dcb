"""One Arrow file, asked as pyarrow's ParquetFile is: a row group is a record batch, mapped into memory and not copied.

Streams, as Hugging Face's datasets write them, and files with a footer (https://arrow.apache.org/docs/format/Columnar.html
#serialization-and-interprocess-communication-ipc). Batches are checked in full before anything is taken out of them:
pyarrow follows offsets blindly, and those of a damaged file lead anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

ENDING = ".arrow"
INFO = "dataset_info.json"
"""Beside the tables of a data set: what its columns are."""

_MAGIC = b"ARROW1"
"""How a file with a footer begins; a stream doesn't."""


class ArrowFile:
    """An open file. Raises pa.ArrowException, OSError or ValueError for what is none, here and in all methods."""

    def __init__(self, path: str) -> None:
        with pa.memory_map(path) as mapped:
            footed = mapped.read(len(_MAGIC)) == _MAGIC
            mapped.seek(0)
            if footed:
                file = pa.ipc.open_file(mapped)
                self._batches = [file.get_batch(place) for place in range(file.num_record_batches)]
            else:
                file = pa.ipc.open_stream(mapped)
                self._batches = list(file)
        self.schema_arrow: pa.Schema = _described(file.schema, Path(path).parent / INFO)
        self._good: set[int] = set()

    def __enter__(self) -> ArrowFile:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing to do: memory is unmapped with the last array that lies in it."""

    @property
    def num_row_groups(self) -> int:
        """How many batches."""
        return len(self._batches)

    def rows_of(self, group: int) -> int:
        """How many rows a batch has."""
        return int(self._batches[group].num_rows)

    def iter_batches(
        self,
        batch_size: int,
        *,
        row_groups: Sequence[int] | None = None,
        columns: Sequence[str] | None = None,
        **_: Any,
    ) -> Iterator[pa.RecordBatch]:
        """Rows in batches of at most so many; ``columns`` may name a field of a struct, as in ``image.path``."""
        for group in range(len(self._batches)) if row_groups is None else row_groups:
            batch = self._batch(group, columns)
            for start in range(0, batch.num_rows, batch_size):
                yield batch.slice(start, batch_size)

    def read_row_group(self, group: int, **_: Any) -> pa.Table:
        """All of a batch."""
        return pa.Table.from_batches([self._batch(group)])

    def row(self, group: int, place: int, columns: Sequence[str]) -> dict[str, Any]:
        """One row."""
        batch = self._batch(group, columns)
        if not 0 <= place < batch.num_rows:
            raise ValueError("the table has fewer rows than when it was listed")
        found: dict[str, Any] = batch.slice(place, 1).to_pylist()[0]
        return found

    def sizes(self, group: int, value: str, others: Sequence[str]) -> list[int]:
        """Bytes of each row: exact those in column ``value``, in the mean those of ``others``."""
        batch = self._batch(group)
        column = batch.column(value)
        data = pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
        mean = sum(batch.column(name).nbytes for name in others) // max(1, batch.num_rows)
        return [(length or 0) + mean for length in pc.binary_length(data).to_pylist()]

    def _batch(self, group: int, columns: Sequence[str] | None = None) -> pa.RecordBatch:
        if not 0 <= group < len(self._batches):
            raise ValueError("the table has fewer rows than when it was listed")
        batch = self._batches[group]
        if group not in self._good:
            batch.validate(full=True)
            self._good.add(group)
        if columns is None:
            return batch.replace_schema_metadata(self.schema_arrow.metadata)
        chosen = dict(_column(batch, name) for name in columns)
        return pa.RecordBatch.from_arrays(list(chosen.values()), names=list(chosen))


def _column(batch: pa.RecordBatch, name: str) -> tuple[str, pa.Array]:
    """A column, or a struct with one field of it where the name says so; lists of structs come whole."""
    if name in batch.schema.names:
        return name, batch.column(name)
    lead, _, rest = name.partition(".")
    column = batch.column(lead)
    if not pa.types.is_struct(column.type):
        return lead, column
    return lead, pa.StructArray.from_arrays([pc.struct_field(column, rest)], names=[rest])


def _described(schema: pa.Schema, info: Path) -> pa.Schema:
    """With the features that the file beside tells, in the form in which the metadata of tables has them."""
    try:
        features = json.loads(info.read_bytes())["features"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return schema
    if not isinstance(features, dict):
        return schema
    return schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
