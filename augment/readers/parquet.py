"""Parquet tables that hold the samples themselves, as Hugging Face's datasets keep them and our own writer does.

The samples are in a column of structs of bytes and path, or of plain bytes. The class is in one called label or the
like, or the only one that the metadata calls classes (Hugging Face's ClassLabel), which also names and orders them.
The split is in a column, a folder's or a file's name. A column of boxes (``objects``) and one of masks become
annotations; other columns ride along, if JSON can hold them.

Listing does not read the samples. The size of each is told as the mean of its row group, from the footer: when the
content changes, that changes too, nearly always. The format: https://parquet.apache.org/docs/file-format. The reader
``arrow`` hands its folders to this one.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from augment.annotations import INDEX, Annotations, plain
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files, _shards
from augment.readers._arrow import saved
from augment.readers._arrow.file import ENDING, ArrowFile
from augment.readers._arrow.saved import Part
from augment.readers._masks import png as _masks_png
from augment.readers._shards import media
from augment.readers._shards import objects as _shards_objects
from augment.readers._shards import whole as _shards_whole
from augment.readers._shards.columns import Layout, as_plain, layout_of
from augment.sample import Category, Content, Dataset, Entry, Skip

ENDINGS = (".parquet",)
ROWS = 1024
"""Rows that are listed at once."""

STEP = 8
"""Rows that are decoded at once on the way to one of them."""

BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, OverflowError)
"""What pyarrow raises for damaged tables."""

CHECKED = {"page_checksum_verification": True}
"""Listing tells damage before it is decoded, where pages have checksums as ours do: pyarrow may crash on damaged ones.

Reading a row leaves that out: it would look through all samples before it. A worker that crashes does no harm.
"""

FALLBACK = False

_File: TypeAlias = "pq.ParquetFile | ArrowFile"


class Options(_Base):
    """Which column is what; found by types and usual names where not said."""

    value: str | None = None
    label: str | None = None
    split: str | None = None
    masks: str | None = None


def claims(path: Path) -> bool:
    """A Parquet file, or a folder of them, but for tables that hold nothing but texts."""
    if path.is_file():
        return path.name.lower().endswith(ENDINGS) and path.name not in _shards.NO_SHARDS and not _of_texts(path)
    return _shards.claimed(path, ENDINGS) and not _of_texts(path)


def _of_texts(path: Path) -> bool:
    """Whether the first table that can be read has texts only."""
    for shard in _shards.shards(path, ENDINGS):
        if not isinstance(shard, Skip):
            with contextlib.suppress(*BROKEN), _opened(str(_shards.root_of(path) / shard[0])) as file:
                return media.of_texts(file)
    return False


def dataset(path: Path, options: Options) -> Dataset:
    """What ``dataset.json`` says, else the metadata, else the rows. Raises InputError."""
    named = options.model_dump()
    told = _shards_whole.described(path)
    if told is not None:
        return replace(told[0], reading=named)
    names: dict[str, None] = {}
    classes: dict[str, None] = {}
    whole = Dataset(reading=named)
    for table in _tables(path, named):
        if isinstance(table, Skip):
            continue
        layout = table.layout
        classes.update(dict.fromkeys(layout.names))
        whole = replace(whole, spatial=whole.spatial or bool(layout.objects or (layout.masks and not layout.ours)))
        if layout.objects and layout.categories:
            names.update(dict.fromkeys(layout.categories))
        elif layout.objects or layout.told:
            with contextlib.suppress(*BROKEN):  # listing tells of them
                found = _seen(table)
                names.update(dict.fromkeys(sorted(found.names)))
                whole = replace(
                    whole,
                    spatial=whole.spatial or found.spatial,
                    timed=whole.timed or found.timed,
                    transcribed=whole.transcribed or found.transcribed,
                )
    return replace(whole, categories=tuple(map(Category, names)), classes=tuple(classes))


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows, table by table; see the Reader contract. Samples are not read."""
    for table in _tables(path, options.model_dump()):
        if isinstance(table, Skip):
            yield table
            continue
        try:
            usual = _ending(table)
            for group in range(table.file.num_row_groups):
                yield from _listed(table, group, usual, suffixes)
        except BROKEN as error:
            yield Skip(table.part.name, "unreadable", f"{error}"[:200])


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The bytes of one row, and its annotations. Raises SampleError."""
    root = _shards.root_of(path)
    group, place, length, rest = entry.locator.split(":", 3)
    real = os.path.realpath(os.path.join(root, rest[: int(length)]))
    if not _files.inside(real, os.path.realpath(root)):
        raise SampleError("outside the root", "its path leads out of the input folder")
    try:
        facts = os.stat(real)
        named = tuple(sorted(dataset.reading.items()))
        file, layout = _open(real, (facts.st_mtime_ns, facts.st_size), named)
        row = _row(file, layout, int(group), int(place))
    except FileNotFoundError:
        raise SampleError("missing", "the table was there when the data set was listed") from None
    except (*BROKEN, InputError) as error:
        raise SampleError("unreadable", f"{error}"[:200]) from None
    data = _bytes(row[layout.value])
    if data is None:
        raise SampleError("empty", f"row {place} of row group {group} has no bytes in column {layout.value}")
    return Content(data, annotations_of(row, layout))


@dataclass(frozen=True, slots=True)
class _Table:
    """One open table; ``before`` are the rows of others whose keys begin as those of this."""

    part: Part
    file: _File
    layout: Layout
    before: int = 0


def _tables(path: Path, named: Mapping[str, str | None]) -> Iterator[_Table | Skip]:
    """The tables of a data set, one after the other. Raises InputError."""
    root = _shards.root_of(path)
    odd: InputError | None = None
    before: Counter[str] = Counter()
    for part in _parts(path):
        if isinstance(part, Skip):
            yield part
            continue
        try:
            with _opened(str(root / part.name)) as file:
                layout = layout_of(file.schema_arrow, named, str(root / part.name))
                yield _Table(part, file, layout, before[part.lead])
                before[part.lead] += sum(_rows_of(file, group) for group in range(file.num_row_groups))
        except InputError as error:
            odd = odd or error
            yield Skip(part.name, "no samples", str(error))
        except BROKEN as error:
            yield Skip(part.name, "unreadable", f"no table that can be read ({error})"[:200])
    if odd is not None and not before:
        raise odd


def _parts(path: Path) -> Iterator[Part | Skip]:
    """Where the tables are. Raises InputError."""
    if saved.holds(path):
        yield from saved.parts(path)
        return
    for shard in _shards.shards(path, ENDINGS):
        if isinstance(shard, Skip):
            yield shard
        else:
            name, facts = shard
            yield Part(name, f"{name}/", _shards.split_of(name), facts)


def _opened(path: str) -> _File:
    """A table, to be listed. Raises one of BROKEN."""
    return ArrowFile(path) if path.lower().endswith(ENDING) else pq.ParquetFile(path, **CHECKED)


def _rows_of(file: _File, group: int) -> int:
    return file.rows_of(group) if isinstance(file, ArrowFile) else int(file.metadata.row_group(group).num_rows)


def _listed(table: _Table, group: int, usual: str | None, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """The rows of one row group."""
    layout, part = table.layout, table.part
    sizes = _sizes(table, group)
    columns = [*([f"{layout.value}.path"] if layout.nested else []), layout.label, layout.split, *layout.fields]
    before = table.before + sum(_rows_of(table.file, number) for number in range(group))
    for place, row in enumerate(_rows(table.file, group, [column for column in columns if column])):
        number = before + place
        own = _below(row.get(layout.value)) or f"{number:06d}"
        if os.path.splitext(own)[1].lower() not in suffixes:
            if usual is None or usual not in suffixes:
                yield Skip(
                    f"{part.lead}{own}", "unknown ending", "neither its path nor its first bytes say what it is"
                )
                continue
            own += usual
        label = _label(row.get(layout.label or ""), layout.names)
        if not _files.encodes(f"{own}{label}"):
            yield Skip(_files.printable(f"{part.lead}{own}"), "unreadable name")
            continue
        yield Entry(
            key=f"{part.lead}{own}",
            locator=f"{group}:{place}:{len(part.name)}:{part.name}/{own}",
            split=_shards.word(row.get(layout.split or "")) or part.split or "train",
            label=label,
            size=sizes[place],
            mtime_ns=part.facts.st_mtime_ns,
            fields=_fields(row, layout),
        )


def _rows(file: _File, group: int, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Some columns of a row group, row by row."""
    if not columns:
        yield from ({} for _ in range(_rows_of(file, group)))
        return
    for batch in file.iter_batches(ROWS, row_groups=[group], columns=columns, use_threads=False):
        yield from pa.RecordBatch.from_arrays(
            [as_plain(column) for column in batch.columns], names=batch.schema.names
        ).to_pylist()


def _row(file: _File, layout: Layout, group: int, place: int) -> dict[str, Any]:
    """The sample and the annotations of one row. Pages before it are decoded on the way; those after it are not."""
    columns = [layout.value, *layout.annotated(), *layout.sizes]
    if isinstance(file, ArrowFile):
        return file.row(group, place, columns)
    for batch in file.iter_batches(STEP, row_groups=[group], columns=columns, use_threads=False):
        if place < batch.num_rows:
            row: dict[str, Any] = batch.slice(place, 1).to_pylist()[0]
            return row
        place -= batch.num_rows
    raise ValueError("the table has fewer rows than when it was listed")


@lru_cache(8)
def _open(path: str, stamp: tuple[int, int], named: tuple[tuple[str, str | None], ...]) -> tuple[_File, Layout]:
    """A table that stays open for the next row."""
    arrow = path.lower().endswith(ENDING)
    file = ArrowFile(path) if arrow else pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    return file, layout_of(file.schema_arrow, dict(named), path)


def _sizes(table: _Table, group: int) -> Sequence[int]:
    """Bytes of each row's sample and annotations; of Parquet, in the mean."""
    value, others = table.layout.value, table.layout.annotated()
    if isinstance(table.file, ArrowFile):
        return table.file.sizes(group, value, others)
    facts = table.file.metadata.row_group(group)
    wanted = {value, *others}
    columns = (facts.column(place) for place in range(facts.num_columns))
    total = sum(one.total_uncompressed_size for one in columns if one.path_in_schema.split(".")[0] in wanted)
    return [int(total) // max(1, int(facts.num_rows))] * int(facts.num_rows)


def _ending(table: _Table) -> str | None:
    """The ending that fits how the table's first sample begins."""
    value = table.layout.value
    for batch in table.file.iter_batches(1, columns=[value], use_threads=False):
        data = _bytes(batch.column(0)[0].as_py())
        if data is not None:
            return media.ending_of(data)
    return None


def _bytes(cell: Any) -> bytes | None:
    value = cell.get("bytes") if isinstance(cell, dict) else cell
    return value if isinstance(value, bytes) else None


def _below(cell: Any) -> str | None:
    """The path in a value, if it is one below the table; of others only the file's name."""
    name = str(cell.get("path") or "") if isinstance(cell, dict) else ""
    parts = name.replace("\\", "/").split("/")
    plain = parts if ".." not in parts and parts[0] and ":" not in parts[0] else parts[-1:]
    return "/".join(part for part in plain if part not in ("", ".", "..")) or None


def _label(value: Any, names: tuple[str, ...]) -> str | None:
    """The class; -1 is Hugging Face's number for none."""
    if names and isinstance(value, int) and not isinstance(value, bool):
        return None if value < 0 else names[value] if value < len(names) else str(value)
    return _shards.word(value)


def _fields(row: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    """What rides along."""
    found = {name: _shards.plain(row[name]) for name in layout.fields}
    if set(layout.fields) >= {"fields"} and layout.ours:
        try:
            own = _shards.parsed(str(found.pop("fields") or "{}").encode())
        except ValueError:
            own = {}
        found.update(own if isinstance(own, dict) else {"fields": own})
    return found


def annotations_of(row: Mapping[str, Any], layout: Layout) -> Annotations | None:
    """The annotations of a row; None where it has none. Raises SampleError."""
    if layout.ours:
        masks = {str(mask["name"]): mask["bytes"] for mask in row.get("masks") or () if mask and mask["bytes"]}
        told = row.get(layout.told or "")
        return None if told is None and not masks else _shards_whole.rebuilt(_facts(told), masks)
    if layout.objects is None and layout.masks is None:
        return None
    found = _shards_objects.instances(row.get(layout.objects or ""), layout.categories)
    data = _bytes(row.get(layout.masks or ""))
    width, height = (row.get(name) or 0 for name in layout.sizes) if layout.sizes else (0, 0)
    masks = {} if data is None else {INDEX: _masks_png.index(data)}
    return Annotations(found, masks, size=(width, height) if width > 0 and height > 0 else None)


def _facts(told: Any) -> Any:
    """Annotations in their neutral form, from their cell. Raises SampleError."""
    try:
        return _shards.parsed(told.encode()) if told else {}
    except (ValueError, AttributeError) as error:
        raise SampleError("bad annotations", f"column annotations: {error}") from None


def _seen(table: _Table) -> _shards_whole.Seen:
    """What the rows of a table turn out to hold."""
    layout, seen = table.layout, _shards_whole.Seen()
    columns = (
        [layout.objects] if layout.objects else [layout.told, *(["masks.list.element.name"] if layout.masks else [])]
    )
    for group in range(table.file.num_row_groups):
        for row in _rows(table.file, group, [name for name in columns if name]):
            try:
                found = annotations_of({**row, "masks": None}, layout)
            except SampleError:
                continue
            seen.look(plain(found) if found is not None else {}, bool(row.get("masks")))
    return seen
