"""Rows of JSON Lines, and of a JSON file that is one list of objects, with the stretch of the file that each is."""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from augment import spans
from augment.errors import InputError
from augment.readers import _rows, _stretches
from augment.readers._binary import UnfitError
from augment.readers._coco import json as _coco_json

_PAIRS = re.compile(rb'\[\s*\[\s*"(?:[^"\\]|\\.)*"\s*,\s*\{')
"""How a list of pairs begins, of a text and an object."""


class Row(NamedTuple):
    """One row: its line or number, its stretch, what it holds or what is wrong with it, and what it is known by."""

    line: int
    start: int
    length: int
    row: dict[str, Any] | str
    written: bytes


def lines(file: BinaryIO, encoding: str) -> Iterator[Row]:
    """The rows of JSON Lines; empty lines are none."""
    name, start = _stretches.codec(file, encoding)
    for number, (raw, length) in enumerate(_stretches.pieces(file, name), 1):
        if raw is None:
            yield Row(number, start, length, _stretches.too_long(length), b"")
        elif stripped := raw.strip():
            try:
                text = stripped.decode() if name == "utf-8" else raw.decode(name).strip()
            except UnicodeError as error:
                yield Row(number, start, length, _stretches.undecodable(error, name), b"")
            else:
                if text:
                    yield Row(number, start, length, _of_line(text), text.encode("utf-8", "replace"))
        start += length


def items(path: Path) -> Iterator[Row]:
    """The rows of a list, numbered from 1. Raises InputError where the file is broken."""
    for item in _coco_json.elements(path):
        if item.place < 0:
            continue
        row = checked(item.value)
        if item.length > _stretches.MOST:
            row = f"an object of {item.length:,} bytes; expected at most {_stretches.MOST:,}"
        yield Row(item.place + 1, item.start, item.length, row, b"" if isinstance(row, str) else written(row))


def checked(value: Any) -> dict[str, Any] | str:
    """An item of a list as a row, or what is wrong with it."""
    value = spans.handed_on(value)
    if not isinstance(value, dict):
        return f"expected a JSON object, got {json.dumps(value)[:40]}"
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return "half a surrogate pair: no proper Unicode"
    except (ValueError, RecursionError) as error:
        return f"expected a JSON object: {error}"
    return value


def columns(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a row has as one of a table; a pair of a text and an object has those of the object."""
    pair = next(iter(row.values())) if len(row) == 1 else None
    if isinstance(pair, list) and spans.handed_on(pair) == row:
        return (*spans.shape(spans.shape_of(pair)).TEXTS, *pair[1])
    return tuple(row)


def written(row: dict[str, Any]) -> bytes:
    """A row in one way of writing."""
    return json.dumps(row, sort_keys=True, default=str).encode()


def parsed(data: bytes, encoding: str, kind: str) -> tuple[dict[str, Any] | str, bytes]:
    """One row from its stretch, and what it is known by. Raises ValueError."""
    if kind == "list":
        row = checked(_coco_json.parse(data))
        return row, b"" if isinstance(row, str) else written(row)
    text = data.decode(encoding).strip()
    return _of_line(text), text.encode("utf-8", "replace")


def _of_line(text: str) -> dict[str, Any] | str:
    """The row that a line holds, or what is wrong with it."""
    if not text.startswith("["):
        return _rows.json_row(text)
    try:
        return checked(_rows.json_value(text))
    except (ValueError, RecursionError) as error:
        return f"expected a JSON object: {error}"


def begins(head: bytes) -> str:
    """What a file is that begins so: ``list``, ``lines`` or neither (empty)."""
    found = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if found.startswith(b"["):
        return "list" if found[1:].lstrip()[:1] == b"{" or _PAIRS.match(found) else ""
    first, end, _ = found.partition(b"\n")
    if not found.startswith(b"{") or not end:
        return ""
    try:
        return "lines" if isinstance(_rows.json_row(first.decode().strip()), dict) else ""
    except UnicodeDecodeError:
        return ""


def first(path: Path, kind: str, head: bytes, encoding: str, most: int) -> list[dict[str, Any]]:
    """The first rows of a file that begins with ``head``, those that are good. Raises InputError."""
    found: Iterator[Any]
    if kind == "list":
        most_bytes = None if path.stat().st_size <= len(head) else len(head)
        found = (checked(item.value) for item in _enough(path, most_bytes))
    else:
        found = (row.row for row in lines(io.BytesIO(head), encoding))
    return [row for row in itertools.islice(found, most) if isinstance(row, dict)]


def _enough(path: Path, most: int | None) -> Iterator[_coco_json.Item]:
    """The first items of a list, up to what is broken. Raises UnfitError where that is the first."""
    seen = False
    try:
        for item in _coco_json.elements(path, most):
            if item.place >= 0:
                seen = True
                yield item
    except _coco_json.EnoughError:
        return
    except InputError as error:
        if not seen:
            raise UnfitError(f"{error}") from None
