"""An output that is text as a row: the columns that came in, in their order, with the copy's texts and class in them.

Samples that were files had no row; theirs is ``{MODALITY: text, "label": …, facts…}``, and a fact whose name is taken
stands below ``fields``. Spans go back into the shape that they were read from (``augment.spans``) where the format can
hold that, else into a column ``spans``: a list of ``{"start", "end", "label"}`` with ``layer``, ``column`` and
``fields`` where there is more to tell. Where a column of ours would have the name of one that came in, it gets a
leading ``augment_``.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from augment import encodings, nested, spans
from augment.annotations import MASKED, Annotations, Span, plain
from augment.errors import SampleError
from augment.sample import Dataset, Record
from augment.spans import Found
from augment.writers import _annotations

SUFFIXES = frozenset({".txt", ".text", ".json"})
"""Endings of values that are text. Several texts are one value: a JSON object by column."""

SEVERAL = "json"
REASON = "can't be written"
CLASS, SPANS = "label", "spans"
PROVENANCE = ("source", "copy")

CODECS = ("utf-8", *(f"utf-{n}-{end}{mark}" for mark in ("+", "") for n in (16, 32) for end in ("le", "be")))
CODECS += ("cp1252", "latin-1")
"""What ``augment.encodings`` may find a file to be in."""

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one output, and what is needed to make its value of them again.

    Args:
        by_column: Column -> text, in the order of the value.
        several: Whether the value is a JSON object.
        codec: What the value's bytes are in where that is not UTF-8, with ``+`` where a byte order mark comes first.
    """

    by_column: Mapping[str, str]
    several: bool = False
    codec: str = ""

    def data(self) -> bytes:
        """The value."""
        if self.several:
            return json.dumps(self.by_column, ensure_ascii=False).encode()
        text = next(iter(self.by_column.values()))
        return _coded(text, self.codec) if self.codec else text.encode()


@dataclass(frozen=True, slots=True)
class Layout:
    """What the rows of one data set have in common.

    Args:
        texts: Columns of texts.
        columns: All that are known before, in their order.
        label: The column of the class; None where classes are not told.
        number: Makes a class of its name again where classes were numbers; None where they were texts.
        split: The column of the split, or None.
        shape: The shape that spans are given back in, or empty.
        spans: The column of spans where there is no shape; empty where nothing is spanned.
        told: Columns for source and copy, where wanted.
        files: Whether the samples were files.
        nested: Paths of texts, class and split that are fields inside columns.
    """

    texts: tuple[str, ...]
    columns: tuple[str, ...]
    label: str | None
    number: Callable[[str], Any] | None
    split: str | None
    shape: str
    spans: str
    told: tuple[str, ...]
    files: bool
    nested: tuple[str, ...] = ()

    def named(self, label: str | None) -> Any:
        """A class as it stands in a row."""
        if label is None or self.number is None:
            return label
        try:
            value = self.number(label)
        except (ValueError, KeyError):
            return label
        exact = math.isfinite(value) if isinstance(value, float) else str(value) in (label, label.capitalize())
        return value if exact else label

    def is_number(self, label: str) -> bool:
        """Whether a class stands in a row as what its column's type says."""
        return self.number is None or not isinstance(self.named(label), str)


class _Same:
    """Stands for a data set by being it: two that are equal need not be told to be, and none has a hash."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.dataset is self.dataset

    def __hash__(self) -> int:
        return id(self.dataset)


def is_text(record: Record) -> bool:
    """Whether an output is text."""
    return f".{record.extension}" in SUFFIXES


def layout(record: Record, dataset: Dataset, provenance: bool, more: Sequence[str] | None = None) -> Layout:
    """The layout of the rows of a data set, of which ``record`` is one.

    Args:
        record: Any output.
        dataset: As writers get it.
        provenance: Whether source and copy get columns.
        more: Further columns of a table, which knows all of its columns before its rows; None for formats that
            need not. A table takes a shape only where its columns are known.
    """
    return _layout(_Same(dataset), record.modality, provenance, None if more is None else tuple(more))


@lru_cache(16)
def _layout(same: _Same, modality: str, provenance: bool, more: tuple[str, ...] | None) -> Layout:
    dataset, rows = same.dataset, same.dataset.rows
    texts = rows.texts if rows is not None else (modality,)
    columns = list(rows.columns) if rows is not None else []
    label, split, shape = (None, None, "") if rows is None else (rows.label, rows.split, rows.shape)
    if more is not None and not columns:
        shape = ""
    within = nested.paths((*texts, label, split), columns) if not shape else ()
    if not (shape and columns):  # the texts of a shape need not be columns
        columns += [name for name in texts if name not in (*columns, *within)]

    def ours(name: str) -> str:
        while name in columns:
            name = f"augment_{name}"
        columns.append(name)
        return name

    columns += [name for name in (label, split) if name is not None and name not in (*columns, *within)]
    if label is None and (rows is None or dataset.classes):
        label = ours(CLASS)
    spanned = ours(SPANS) if dataset.spanned and not shape else ""
    told = tuple(map(ours, PROVENANCE)) if provenance else ()
    columns += [name for name in more or () if name not in columns]
    number = _number(rows.types.get(label or "", "")) if rows is not None else None
    return Layout(texts, tuple(columns), label, number, split, shape, spanned, told, rows is None, within)


def row(record: Record, layout: Layout, texts: Texts) -> Row | list[Any]:
    """An output as its row; a list where its shape is one. Raises SampleError."""
    notes = record.annotations
    fields = record.fields
    if notes is not None and notes.fields:
        fields = {**notes.fields, **fields} if fields else notes.fields
    own = texts.by_column
    if layout.files:
        values = _file_row(record, layout, own, fields)
    else:
        values = _shaped(layout.shape, own, _own(notes), fields) if layout.shape else {**fields, **own}
        if isinstance(values, list):
            return values
        if record.label is not None or layout.label is not None:
            own_class = values.get(layout.label or "")
            if own_class is None or not _is_class(own_class, record.label):
                _put(values, layout.label, CLASS, layout.named(record.label))
        if layout.split is not None:
            values[layout.split] = record.split
    if not layout.shape and (layout.spans or (notes is not None and notes.spans)):
        _put(values, layout.spans, SPANS, listed(notes.spans if notes is not None else ()))
    elif notes is not None and (masked := [span for span in notes.spans if span.layer == MASKED]):
        _put(values, None, SPANS, listed(masked))  # no shape knows such, and none is to take it for an entity
    values = _in_place(values, layout.nested) if layout.nested else values
    for name, value in zip(layout.told, (record.source, record.copy), strict=False):
        _put(values, name, name, value)
    made = {name: values[name] for name in layout.columns if name in values}
    if len(made) < len(values):
        made.update(values)
    return made


def _is_class(value: Any, label: str | None) -> bool:
    """Whether a fact is the class as the row had it: a number, or true or false."""
    return isinstance(value, int | float) and json.dumps(value) == label


def _in_place(values: Row, within: Sequence[str]) -> Row:
    """A row with the values of paths where they belong. Raises SampleError where that is gone."""
    for name in within:
        value = values.pop(name, None)
        try:
            values = nested.put(values, name, value)
        except KeyError:
            if value is not None:
                raise SampleError(REASON, f"there is no {name} in its row, where that belongs") from None
    return values


def cells(row: Row | list[Any], columns: Sequence[str]) -> list[Any]:
    """The values of a row by column, null where it has none. Raises SampleError where it has further ones."""
    if isinstance(row, list):  # a text and an object
        row = {columns[0]: row[0], **row[1]}
    if len(row) > len(columns) or not row.keys() <= set(columns):
        more = [name for name in row if name not in columns]
        told = f"the table has no column {', '.join(map(repr, more))}; name it, as in output: {{columns: {more}}}"
        raise SampleError(REASON, f"{told}, or write jsonl")
    return [row.get(name) for name in columns]


def texts_of(record: Record, layout: Layout) -> Texts:
    """The texts of an output by column. Raises SampleError where it is none."""
    if record.extension == SEVERAL:
        return Texts(several(record.data), True)
    if not is_text(record):
        raise SampleError(REASON, f"a .{record.extension} is no text; webdataset, parquet and folder hold anything")
    name = layout.texts[0]
    if len(layout.texts) > 1 and record.annotations is not None and record.annotations.fields:
        facts = record.annotations.fields  # a text that is null is a fact
        name = next((one for one in layout.texts if one not in facts), name)
    if b"\0" not in record.data:
        with contextlib.suppress(UnicodeDecodeError):
            return Texts({name: record.data.decode()})
    return _foreign(name, record.data)


def as_cell(value: Any) -> str:
    """A value as one text: a text as it is, all else as JSON. Raises SampleError."""
    if isinstance(value, str):
        return value
    try:
        return _ENCODE(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise SampleError(REASON, f"JSON can't hold one of its facts: {error}") from None


def from_cell(cell: Any, is_json: bool) -> Any:
    """The reverse of ``as_cell``."""
    return json.loads(cell) if is_json and isinstance(cell, str) else cell


def needed(texts: Texts, layout: Layout, cells: Sequence[Any]) -> tuple[tuple[str, int, bool], ...]:
    """The cells that the texts can be told from again: column, place, and whether it holds JSON in a column of texts.

    Those of a shape may be told by all cells.
    """
    if not layout.shape:
        heads = {name: name.partition(".")[0] if name in layout.nested else name for name in texts.by_column}
        columns = {head: (head, layout.columns.index(head), head != name) for name, head in heads.items()}
        return tuple(columns.values())
    told = enumerate(zip(layout.columns, cells, strict=True))
    return tuple((name, place, not isinstance(cell, str)) for place, (name, cell) in told if cell is not None)


def exact(texts: Texts, layout: Layout, row: Any) -> str:
    """A note that holds the texts themselves, where a row of a shape doesn't tell them to the blank; else empty.

    So it is with tokens of which only the words are told, not what stands between them.
    """
    if not layout.shape:
        return ""
    try:
        if value(row, tuple(texts.by_column), texts.several, texts.codec, layout.shape) == texts.data():
            return ""
    except (ValueError, KeyError, UnicodeError):
        pass
    return json.dumps(asdict(texts))


def kept(note: str) -> bytes | None:
    """The value in a note of ``exact``; None where it is another."""
    return Texts(**json.loads(note)).data() if note.startswith("{") else None


@lru_cache(256)
def note(texts: tuple[str, ...], several: bool, codec: str, shape: str, more: tuple[Any, ...] = ()) -> str:
    """What ``value`` needs beside the row, and ``more`` that the format needs, as ASCII."""
    return json.dumps([texts, several, codec, shape, *more])


def value(row: Any, texts: Sequence[str], several: bool, codec: str, shape: str) -> bytes:
    """The value of an output from its row; the reverse of ``texts_of`` and ``row``."""
    if shape:
        told = spans.parse(shape, row, tuple(texts)).texts
        return Texts({name: told[name] for name in texts}, several, codec).data()
    own = {name: row[name] if name in row else nested.found(row, name) for name in texts}
    return Texts(own, several, codec).data()


def several(data: bytes) -> dict[str, str]:
    """The texts in a value that has several. Raises SampleError."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SampleError(REASON, f"expected an object of texts by column ({error})") from None
    if not isinstance(found, dict) or not all(isinstance(text, str) for text in found.values()):
        raise SampleError(REASON, "expected an object of texts by column")
    return found


def listed(found: Iterable[Span]) -> list[Row]:
    """Spans in their general form."""
    own = tuple(found)
    return plain(Annotations(spans=own))["spans"] if own else []


def _file_row(record: Record, layout: Layout, texts: Mapping[str, str], fields: Mapping[str, Any]) -> Row:
    """The row of a sample that was a file."""
    own: Row = dict(texts)
    _put(own, None, CLASS, record.label)
    notes = record.annotations
    if layout.spans or (notes is not None and notes.spans):
        own[SPANS] = None  # a fact of that name stands below ``fields`` as well
    made = _annotations.beside(own, fields, None)
    if SPANS in own:
        del made[SPANS]
    return made


def _put(values: Row, known: str | None, usual: str, value: Any) -> None:
    """A value of ours under the name that is known for it, else under the usual one, or one that is free."""
    name = known or usual
    if known is None or not known:
        while name in values:
            name = f"augment_{name}"
    values[name] = value


def _own(notes: Annotations | None) -> Annotations | None:
    """What is annotated without what a step has masked."""
    if notes is None or not any(span.layer == MASKED for span in notes.spans):
        return notes
    return replace(notes, spans=tuple(span for span in notes.spans if span.layer != MASKED))


def _shaped(name: str, texts: Mapping[str, str], notes: Annotations | None, fields: Mapping[str, Any]) -> Any:
    try:
        return spans.restore(name, Found(texts, notes.spans if notes is not None else (), fields))
    except ValueError as error:
        raise SampleError(REASON, f"its spans can't be given back as {name}: {error}") from None


def _number(kind: str) -> Callable[[str], Any] | None:
    """What makes a class of its name where the classes are of an Arrow type."""
    kind = kind.removeprefix("dictionary<values=")
    if kind == "bool":
        return {"true": True, "false": False}.__getitem__
    if kind.startswith(("int", "uint")):
        return int
    return float if kind.startswith(("float", "double", "halffloat")) else None


def _foreign(name: str, data: bytes) -> Texts:
    """The text of a file that is not in UTF-8, and which codec gives its bytes again."""
    try:
        text = encodings.decode(data)
    except UnicodeError as error:
        raise SampleError(REASON, f"no encoding fits its bytes ({error})") from None
    for codec in CODECS:
        with contextlib.suppress(UnicodeEncodeError):
            if _coded(text, codec) == data:
                return Texts({name: text}, codec=codec)
    raise SampleError(REASON, "no encoding gives its bytes again")


def _coded(text: str, codec: str) -> bytes:
    name, mark, _ = codec.partition("+")
    return (f"\ufeff{text}" if mark else text).encode(name)
