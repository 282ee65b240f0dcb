"""A value inside a row by its path: ``doc.body``, ``translation.en``, ``messages.0.content``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any


def paths(names: Collection[str | None], columns: Collection[str]) -> tuple[str, ...]:
    """Those of some names that are no columns, but paths that begin with one."""
    told = (name for name in names if name is not None and name not in columns)
    return tuple(name for name in told if "." in name and name.partition(".")[0] in columns)


def found(row: Any, path: str) -> Any:
    """The value at a path; places in lists count from 0. Raises KeyError where there is none."""
    value = row
    for part in path.split("."):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise KeyError(path)
    return value


def lifted(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """A row with the values at some paths as columns beside the others, those that are there."""
    made = dict(row)
    for name in names:
        try:
            made[name] = found(row, name)
        except KeyError:
            continue
    return made


def put(row: Any, path: str, value: Any) -> Any:
    """A copy of a row with another value at a path; the row itself stays as it is. Raises KeyError as ``found``."""
    part, _, rest = path.partition(".")
    if isinstance(row, Mapping) and part in row:
        return {**row, part: put(row[part], rest, value) if rest else value}
    if isinstance(row, list) and part.isdecimal() and int(part) < len(row):
        place = int(part)
        return [*row[:place], put(row[place], rest, value) if rest else value, *row[place + 1 :]]
    raise KeyError(path)
