"""Tables whose rows are the samples: CSV, TSV, JSON Lines, a JSON file that is a list of objects, and Parquet.

The path is one table, or a folder of them: ``train.csv``, ``validation.jsonl``, ``test-00000-of-00002.parquet`` or
``train/shard-000000.jsonl``, whose names say the split. A table given alone is training data, unless it has a column
that says otherwise. The texts are in columns of usual names, or in the one with the longest texts; the class, the
split and the rows' names are looked for, too. A recipe may name a field inside a column of objects or lists as
``doc.body`` or ``messages.0.content``; it is changed in its place. All other columns ride along. Where rows tell what
stands where in their texts, in one of the shapes of ``augment.spans``, that becomes spans; the cells of a CSV do so
as JSON.

Nothing in a cell is changed: line ends, quotes, tabs and spaces stay. A bad row is left out with its line: too few
cells, bytes that are not in the table's encoding, NUL, half a surrogate pair, nothing in it, a name that has come
before, overlapping entities. A row is listed as a stretch of its file, and fetched alone.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from augment import nested
from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.readers import _stretches
from augment.readers._places import RefusedError
from augment.readers._rows import word
from augment.readers._shards import whole as _shards_whole
from augment.readers._shards.columns import only_class
from augment.readers._texts import claim as _texts_claim
from augment.readers._texts import groups, keys, objects
from augment.readers._texts import layout as _texts_layout
from augment.readers._texts import listing as _texts_listing
from augment.readers._texts.layout import Layout
from augment.readers._texts.listing import Listing
from augment.readers._texts.opened import Opened, told
from augment.readers._texts.options import Options as Options
from augment.sample import ROW, SIGN, Content, Dataset, Entry, Skip

FALLBACK = False

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def claims(path: Path) -> bool:
    """A table with a column of texts that names no files, or a folder of such; only beginnings are looked at."""
    return _texts_claim.claims(path)


def dataset(path: Path, options: Options) -> Dataset:
    """How the rows are laid out: as those of the first table for training. Raises InputError."""
    tables = [item for item in _texts_listing.tables(path, options) if not isinstance(item, Skip)]
    layouts = [found.layout for _, found in tables]
    if layouts[0].roles.label is None:
        only_class(tuple(layouts[0].classes), str(path))
    names = dict.fromkeys(name for one in layouts for name in one.classes.get(one.roles.label or "", ()))
    return Dataset(
        classes=tuple(names) or _declared(path),
        spanned=any(layout.shape for layout in layouts),
        rows=layouts[0].rows(),
        reading=told(path, [(file.name, layout.plain()) for (file, _), layout in zip(tables, layouts, strict=True)]),
    )


def _declared(path: Path) -> tuple[str, ...]:
    """The classes that an output of ours tells of; a file of that name may be another's, and a table."""
    with contextlib.suppress(InputError):
        told = _shards_whole.described(path)
        return told[0].classes if told is not None else ()
    return ()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Raises InputError where rows are not wanted."""
    if ROW not in suffixes:
        raise InputError(f"{path}: its rows are texts, and the recipe has no steps for texts; add some, or remove it")
    yield from Listing(path, options).items()


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """One row: its texts by column, its spans, and all else that it has. Raises SampleError."""
    lead, _, place = entry.locator.rpartition("/")
    layout, file = _opened.table(path, dataset.reading, lead)
    try:
        if layout.kind == "groups":
            group, _, row = place.removesuffix(ROW).partition(":")
            return _of_group(file, int(group), int(row), (entry, layout))
        start, _, length = place.removesuffix(ROW).partition("+")
        data = _stretches.read(file, int(start), int(length))
        return (_of_cells if layout.kind == "cells" else _of_object)(data, entry, layout)
    except SampleError:
        raise
    except RefusedError as refused:
        raise SampleError(refused.reason, refused.detail) from None
    except UnicodeEncodeError:
        raise SampleError("not text", "half a surrogate pair: no proper Unicode") from None
    except (ValueError, csv.Error, RecursionError) as error:
        raise _changed(lead, f"{error}") from None


def read_as(dataset: Dataset, options: Options) -> Mapping[str, str]:
    """Encoding, delimiter and columns, as they were found or told."""
    return _texts_layout.told([Layout.restored(one) for one in dataset.reading["layouts"]], options)


_opened = Opened(Layout.restored)
_groups = groups.Cache()


def _of_cells(data: bytes, entry: Entry, layout: Layout) -> Content:
    """A row of a CSV. Raises SampleError, ValueError or csv.Error where it is no longer the one that was listed."""
    text = data.decode(layout.encoding)
    limit = csv.field_size_limit(_stretches.MOST)
    try:
        cells = next(csv.reader((text,), **layout.dialect.reading))
    finally:
        csv.field_size_limit(limit)
    row = dict(zip(layout.columns, cells, strict=True))
    if layout.shape:
        return _of_row(row, keys.of_cells(cells), entry, layout)
    roles = layout.roles
    _check(entry, row[roles.id] if roles.id is not None else None, keys.of_cells(cells))
    texts = {name: row[name] for name in roles.texts}
    taken = roles.taken
    return _content(texts, Annotations(fields={name: cell for name, cell in row.items() if name not in taken}))


def _of_object(data: bytes, entry: Entry, layout: Layout) -> Content:
    """A row of JSON. Raises as ``_of_cells``, or RefusedError."""
    row, written = objects.parsed(data, layout.encoding, layout.kind)
    if isinstance(row, str):
        raise ValueError(row)
    return _of_row(row, written, entry, layout)


def _of_group(file: str, group: int, place: int, known: tuple[Entry, Layout]) -> Content:
    """A row of Parquet. Raises as ``_of_object``."""
    try:
        facts = os.stat(file)
        row = _groups.row(file, (facts.st_mtime_ns, facts.st_size), group, place)
    except FileNotFoundError:
        raise SampleError("missing", "the table was there when the data set was listed") from None
    except groups.BROKEN as error:
        raise SampleError("unreadable", f"{error}"[:200]) from None
    return _of_row(row, objects.written(row), *known)


def _of_row(row: dict[str, Any], written: bytes, entry: Entry, layout: Layout) -> Content:
    roles = layout.roles
    row = nested.lifted(row, layout.nested) if layout.nested else row
    _check(entry, row.get(roles.id) if roles.id is not None else None, written)
    taken = roles.taken.union(layout.nested)
    if layout.mixed and not isinstance(row.get(roles.label or ""), str | None):
        taken -= {roles.label}  # its type is a fact
    if not layout.shape:
        texts = {name: text for name in roles.texts if isinstance(text := row.get(name), str)}
        fields = {name: value for name, value in row.items() if name not in taken}
        if len(texts) < len(roles.texts):  # which of them are not there is a fact
            fields |= dict.fromkeys(name for name in roles.texts if name not in texts)
        return _content(texts, Annotations(fields=fields))
    texts, found = _texts_listing.shaped(row, layout, "keep")
    fields = {name: value for name, value in found.fields.items() if name not in taken}
    return _content(texts, Annotations(spans=found.spans, fields=fields))


def _check(entry: Entry, name: Any, content: bytes) -> None:
    """Raises SampleError where a row is not the one that was listed."""
    own = "" if name is None else word(name, "id") or ""
    if own and not own.isspace():
        good = keys.same(entry.key, keys.of_name(own, entry.split))
    else:
        good = keys.same(entry.key, keys.of_content(content))
    if not good:
        raise _changed(entry.key, "another row is in its place")


def _changed(name: str, why: str) -> SampleError:
    return SampleError("changed", f"{name}: it has changed since it was listed ({why})"[:300].removeprefix(": "))


def _content(texts: Mapping[str, str], beside: Annotations) -> Content:
    return Content(SIGN + _ENCODE(texts).encode(), beside if beside.fields or beside.spans else None)
