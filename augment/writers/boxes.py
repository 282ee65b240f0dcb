"""A table of boxes beside ``train/KEY.jpg``: boxes.csv with a row a box, or boxes.jsonl with a line a picture.

The columns are file, split, label, x_min, y_min, x_max, y_max (in pixels, to a thousandth), width, height, source and
copy; ``crowd`` where there is one; and whatever else is known: facts of an object under their own names, those of a
picture as ``picture.NAME``, its class as ``picture``. A picture without boxes has one row, with empty cells. The
reader ``boxes`` takes both tables without options; of a CSV numbers come back as texts, and empty cells not at all.

In a line of JSONL all boxes of a picture are a list under ``boxes``; a fact whose name is taken stands below
``fields``. A table of boxes has no place for masks, keypoints, captions and soft labels. Cells are written as they
are, also those that a spreadsheet takes for formulas.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from augment import durable
from augment.annotations import Annotations, Box, Instance, bounds
from augment.contracts import Written
from augment.errors import SampleError
from augment.masks import box as box_round
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _tree
from augment.writers._names import folder_name
from augment.writers._tree import extract as extract
from augment.writers._tree import growing, whole_file
from augment.writers._tree import shard as shard

SHARDED = False
NAME = "boxes"
LINES = ".boxes"
"""How the name of a lot's lines ends."""

REASON = "can't be written"
EDGES = ("x_min", "y_min", "x_max", "y_max")
COLUMNS = ("file", "split", "label", *EDGES, "width", "height", "source", "copy")
BOX = ("label", *EDGES, "crowd")
CLASS = "picture"
"""The column of a CSV with the class of a picture."""

PICTURE, OBJECT = "picture.", "object."
"""What stands before a fact of the picture in a CSV, and before one of an object whose name is that of a column."""

DECIMALS = 3
"""Of a coordinate in pixels."""

_HEAD = struct.Struct("<HQ")
_CSV, _JSONL = b"C", b"J"


class Options(_Base):
    """What kind of table.

    Args:
        table: ``csv``: a row a box; ``jsonl``: a line a picture, numbers and lists stay what they are.
    """

    table: Literal["csv", "jsonl"] = "csv"


USUAL = Options()


def locate(record: Record, shard: str) -> str:
    """``split/KEY.ext``."""
    return f"{folder_name(record.split)}/{record.key}.{record.extension}"


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The picture's name, its line, the picture. Raises SampleError for numbers that are not finite."""
    name = locate(record, "").encode()
    try:
        text = json.dumps(_line(record), ensure_ascii=False, allow_nan=False, default=dict)
    except (ValueError, RecursionError) as error:
        raise SampleError(REASON, f"JSON can't hold it: {error}") from None
    line = (_CSV if options.table == "csv" else _JSONL) + text.encode("utf-8", "replace") + b"\n"
    return b"".join([_HEAD.pack(len(name), len(line)), name, line, record.data])


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each picture whole or not at all, and one file with the lines of all for ``conclude``.

    Where the parts end in an error, what this call has written is removed.
    """
    with durable.writing(_tree.part(root, shard, LINES)) as lines, growing(root) as tree:
        for part in parts:
            named, length = _HEAD.unpack_from(part)
            begin = _HEAD.size + named
            tree.add(part[_HEAD.size : begin].decode(), part[begin + length :], 1)
            lines.write(part[begin : begin + length])
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """The table of all splits. Lines pass through one by one; only the names of columns are held."""
    parts = [part for lots in _tree.parts(root, LINES).values() for part in lots]
    kind = next((line[:1] for line in _lines(parts)), _CSV)
    rows = (line[1:] for line in _lines(parts)) if kind == _JSONL else _csv(parts)
    name = f"{NAME}.{'jsonl' if kind == _JSONL else 'csv'}"
    return [whole_file(root, name, rows)]


def _lines(parts: Iterable[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            yield from file


def _line(record: Record) -> dict[str, Any]:
    """One picture, as its line of JSONL. Raises SampleError."""
    annotations = record.annotations or Annotations()
    width, height = annotations.size or (None, None)
    own = {
        "file": locate(record, ""),
        "split": record.split,
        "width": width,
        "height": height,
        "source": record.source,
        "copy": record.copy,
        "boxes": [_box(instance) for instance in annotations.instances],
    }
    if record.label is not None:
        own["label"] = record.label
    return _with_facts(own, (*own, "label", "fields"), {**record.fields, **annotations.fields})


def _box(instance: Instance) -> dict[str, Any]:
    edges = dict(zip(EDGES, map(_number, _edges(instance)), strict=True))
    crowd = {"crowd": True} if instance.crowd else {}
    return _with_facts({"label": instance.label, **edges, **crowd}, (*BOX, "fields"), instance.fields)


def _with_facts(own: dict[str, Any], taken: Iterable[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is ours, then facts; those whose name is taken stand below ``fields``."""
    clash = {name: value for name, value in facts.items() if name in taken}
    free = {name: value for name, value in facts.items() if name not in clash}
    return {**own, **free, **({"fields": clash} if clash else {})}


def _edges(instance: Instance) -> Box:
    """The box of an object, or that round its mask. Raises SampleError."""
    box = instance.box
    if box is None and instance.polygons:
        box = bounds(instance.polygons)
    if box is None and instance.rle is not None:
        box = box_round(instance.rle)
    if box is None:
        raise SampleError(REASON, f"an object ({instance.label}) has neither box nor mask")
    return box


def _number(value: float) -> float | int:
    """To a thousandth; whole numbers without a point. Raises SampleError."""
    if not math.isfinite(value):
        raise SampleError(REASON, f"a coordinate is {value}")
    near = round(value, DECIMALS)
    return int(near) if near == int(near) else near


def _csv(parts: list[Path]) -> Iterator[bytes]:
    """All rows; the first pass finds the columns."""
    found: set[str] = set()
    for line in _lines(parts):
        for row in _rows(line):
            found.update(row)
    crowd = ["crowd"] if "crowd" in found else []
    columns = [*COLUMNS, *crowd, *sorted(found - {*COLUMNS, "crowd"})]
    yield _row(columns)
    for line in _lines(parts):
        for row in _rows(line):
            yield _row(row.get(column) for column in columns)


def _rows(line: bytes) -> Iterator[dict[str, Any]]:
    """The rows of one picture: column -> value."""
    told = json.loads(line[1:])
    boxes = told.pop("boxes")
    own = {name: told.pop(name) for name in COLUMNS if name in told and name != "label"}
    if "label" in told:
        own[CLASS] = told.pop("label")
    picture = {f"{PICTURE}{name}": value for name, value in _facts(told).items()}
    if not boxes:
        yield {**own, **picture}
    for box in boxes:
        facts = {_free(name): value for name, value in _facts(box, BOX).items()}
        yield {**own, **{name: box.get(name) for name in BOX if name in box}, **picture, **facts}


def _facts(told: Mapping[str, Any], own: tuple[str, ...] = ()) -> dict[str, Any]:
    """Facts, with those that stand below ``fields``."""
    inner = told.get("fields", {})
    plain = {name: value for name, value in told.items() if name not in (*own, "fields")}
    return {_cleaned(name): _fact(value) for name, value in {**inner, **plain}.items()}


def _free(name: str) -> str:
    """The column of a fact about an object."""
    free = name and name not in (*COLUMNS, CLASS, "crowd") and not name.startswith((PICTURE, OBJECT))
    return name if free else f"{OBJECT}{name}"


def _row(values: Iterable[Any]) -> bytes:
    """Cells with quotes where they need them (RFC 4180); not by csv, whose quoting depends on Python's version."""
    return (",".join(map(_cell, values)) + "\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = _cleaned(_text(value))
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def _fact(value: Any) -> str | None:
    """A fact as a cell: lists and objects as JSON, and so texts that begin like them."""
    if value is None or (isinstance(value, str) and value[:1] not in ("[", "{", '"')):
        return value
    return json.dumps(value, ensure_ascii=False)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cleaned(text: str) -> str:
    """Without zero bytes: Python 3.10 reads no table that has one."""
    return text.replace("\0", "\ufffd")
