"""Rows of Parquet and Arrow tables of texts, row group by row group; the last groups stay in memory.

Rows come in any order. The format: https://parquet.apache.org/docs/file-format. Numbers of classes become the names
that Hugging Face's datasets give them in the metadata. Bytes in a column of their own become texts, see
``encodings.told``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from augment import encodings
from augment.readers import _shards
from augment.readers._arrow.file import ENDING, ArrowFile
from augment.readers._shards import media
from augment.readers._shards.columns import as_plain, class_names, is_bytes, is_text, row_classes

ROWS = 1024
"""Rows that are decoded at once in listing."""

KEPT = 256 * 2**20
"""Most bytes of row groups that stay in memory, in each worker; one group stays whatever its size."""

BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, OverflowError)
"""What pyarrow raises for damaged tables."""


@dataclass(slots=True)
class Table:
    """An open table."""

    file: pq.ParquetFile | ArrowFile
    mend: Callable[[dict[str, Any]], dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.mend = mender(self.file.schema_arrow)

    @classmethod
    def open(cls, path: str, checked: bool = True) -> Table:
        """Raises one of BROKEN. ``checked``: damage is told before it is decoded, where pages have checksums."""
        if path.lower().endswith(ENDING):
            return cls(ArrowFile(path))
        return cls(pq.ParquetFile(path, page_checksum_verification=checked, pre_buffer=False))

    @property
    def columns(self) -> list[str]:
        """All of them."""
        return list(self.file.schema_arrow.names)

    @property
    def types(self) -> dict[str, str]:
        """Column -> its Arrow type; classes are texts once they have their names."""
        schema = self.file.schema_arrow
        named = class_names(schema)
        found = {one.name: str(one.type) for one in schema}
        for name in named:
            if name in found:
                plain = "string" if pa.types.is_integer(schema.field(name).type) else "list<element: string>"
                found[name] = plain
        return found

    @property
    def classes(self) -> dict[str, tuple[str, ...]]:
        """Column with one class a row -> the names of all classes in their order, where the metadata tells."""
        return row_classes(self.file.schema_arrow)

    @property
    def texts(self) -> bool:
        """Whether its samples are texts."""
        return media.of_texts(self.file)

    def rows(self) -> Iterator[tuple[int, int, dict[str, Any]]]:
        """All rows: group, place in it, cells. Raises one of BROKEN."""
        for group in range(self.file.num_row_groups):
            place = 0
            for batch in self.file.iter_batches(ROWS, row_groups=[group], use_threads=False):
                for row in _plain(batch).to_pylist():
                    yield group, place, self.mend(row)
                    place += 1

    def first(self, most: int) -> list[dict[str, Any]]:
        """The first rows."""
        for batch in self.file.iter_batches(most, use_threads=False):
            return [self.mend(row) for row in _plain(batch).to_pylist()]
        return []


class Cache:
    """Open tables and decoded row groups, those used last."""

    def __init__(self, most: int = KEPT) -> None:
        self.most = most
        self._tables: dict[tuple[str, int, int], Table] = {}
        self._groups: OrderedDict[tuple[tuple[str, int, int], int], pa.Table] = OrderedDict()

    def row(self, path: str, stamp: tuple[int, int], group: int, place: int) -> dict[str, Any]:
        """One row of a file that was last changed and is as big as ``stamp`` says. Raises one of BROKEN."""
        key = (path, *stamp)
        if key not in self._tables:
            if len(self._tables) >= 64:
                self._tables.clear()
            self._tables[key] = Table.open(path, checked=False)
        table = self._tables[key]
        if not 0 <= group < table.file.num_row_groups:
            raise ValueError("the table has fewer rows than when it was listed")
        found = self._groups.get((key, group))
        if found is None:
            read = table.file.read_row_group(group, use_threads=False)
            found = self._groups[key, group] = pa.table([as_plain(one) for one in read.columns], read.schema.names)
            while len(self._groups) > 1 and sum(one.nbytes for one in self._groups.values()) > self.most:
                self._groups.popitem(last=False)
        else:
            self._groups.move_to_end((key, group))
        if not 0 <= place < found.num_rows:
            raise ValueError("the table has fewer rows than when it was listed")
        cells = zip(found.column_names, found.columns, strict=True)
        return table.mend({name: column[place].as_py() for name, column in cells})


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([as_plain(column) for column in batch.columns], names=batch.schema.names)


def mender(schema: pa.Schema) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What makes JSON values of a row's, with names for the numbers of classes."""
    named = {name: names for name, names in class_names(schema).items() if name in schema.names}
    blobs = [one.name for one in schema if is_bytes(one.type)]
    odd = [one.name for one in schema if not _is_plain(one.type) and one.name not in blobs]

    def mend(row: dict[str, Any]) -> dict[str, Any]:
        for name in odd:
            row[name] = _shards.plain(row[name])
        for name in blobs:
            row[name] = None if row[name] is None else encodings.told(row[name])
        for name, names in named.items():
            row[name] = _called(row[name], names)
        return row

    return mend


def _is_plain(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    return any(check(kind) for check in (is_text, pa.types.is_integer, pa.types.is_boolean))


def _called(value: Any, names: tuple[str, ...]) -> Any:
    """A class by its name; -1 is Hugging Face's number for none."""
    if isinstance(value, list):
        return [_called(item, names) for item in value]
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return None if value < 0 else names[value] if value < len(names) else str(value)
