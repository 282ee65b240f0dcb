"""Cells of a CSV or a string column that hold lists or objects as JSON, as our own writers put spans there.

A table has a cell for each column in each row; where rows that were objects had different keys, the others are empty.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from augment.readers import _rows
from augment.readers._places import RefusedError

_SHOWN = 40


def columns(rows: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The columns in which all of the first rows have a list or an object, as such or as JSON, or nothing."""
    names = dict.fromkeys(name for row in rows for name in row)
    told = {name: [row[name] for row in rows if row.get(name) not in (None, "")] for name in names}
    return tuple(name for name, cells in told.items() if cells and all(_is_coded(cell) for cell in cells))


def decoded(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A row with the values of such columns, without those that are empty. Raises RefusedError for what is no JSON."""
    made = dict(row)
    for name in names:
        cell = made.get(name)
        if isinstance(cell, str) and cell and not cell.isspace():
            made[name] = _value(cell, name)
        elif cell is None or isinstance(cell, str):
            made.pop(name, None)
    return made


def _is_coded(cell: Any) -> bool:
    if isinstance(cell, list | dict):
        return True
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("[", "{"):
        return False
    try:
        _value(cell, "")
    except RefusedError:
        return False
    return True


def _value(cell: str, name: str) -> Any:
    try:
        value = _rows.json_value(cell)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        told = f"column {name}: expected JSON as in other rows, got {cell[:_SHOWN]!r} ({error})"
        raise RefusedError("bad annotations", told[:300]) from None
    return value
