"""Rows of a table of boxes -> the annotations of one picture.

A row is a box, or has empty cells for a picture without any; an object in JSONL may also hold all boxes of a picture,
as a list of objects or as an object of lists. Columns that are not known ride along with their box; empty ones don't.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from augment.annotations import Annotations, Box, Instance
from augment.readers._boxes.columns import OUR_BOX, Options, Roles, roles
from augment.readers._boxes.table import NUMBER
from augment.readers._places import RefusedError
from augment.readers._rows import word

PICTURE, OBJECT = "picture.", "object."
"""What stands before a fact of the picture in our own CSV, and before one of a box whose name is that of a column."""

TRUE, FALSE = ("1", "true"), ("", "0", "-1", "false", "none")


@dataclass(slots=True)
class Found:
    """What the rows of one picture say, as they are taken in; empty cells of a CSV say nothing."""

    options: Options
    cells: bool
    instances: list[Instance] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    fraction: bool = False

    def take(self, row: Mapping[str, Any], here: Roles) -> None:
        """One row. Raises ValueError."""
        self.size = self.size or _size(row, here)
        boxes = nested(row, here)
        about = {here.file, here.split, here.nested, *(here.size or ())}  # labels beside a list are not those of boxes
        facts = self._facts(row, here.taken - {here.nested} if boxes is None else here.taken if here.ours else about)
        if boxes is not None:
            self.fields.update(_unfolded(facts, here.ours))
            for number, inner in enumerate(boxes, 1):
                try:
                    self._box(inner, here.ours)
                except ValueError as error:
                    raise ValueError(f"box {number}: {error}") from None
            return
        self.fraction |= here.fraction
        if here.ours:
            facts = {name: _decoded(value) for name, value in facts.items()}
            picture = {name: value for name, value in facts.items() if name.startswith(PICTURE)}
            self.fields.update({name.removeprefix(PICTURE): value for name, value in picture.items()})
            facts = {name.removeprefix(OBJECT): value for name, value in facts.items() if name not in picture}
        box = _box(row, here)
        if box is None:
            self.fields.update(facts)
        else:
            self.instances.append(Instance(_label(row, here), box, crowd=_crowd(row, here), fields=facts))

    def done(self) -> Annotations:
        """All of it."""
        unit: Literal["pixel", "fraction"] = "fraction" if self.fraction else "pixel"
        return Annotations(tuple(self.instances), size=self.size, unit=unit, fields=self.fields)

    def _facts(self, row: Mapping[str, Any], taken: Set[str | None]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in taken and not (self.cells and value == "")}

    def _box(self, inner: Mapping[str, Any], ours: bool) -> None:
        here = OUR_BOX if ours else roles(tuple(inner), self.options)
        box = _box(inner, here)
        if box is None:
            raise ValueError(f"no box in {_shown(dict(inner))}")
        self.fraction |= here.fraction
        facts = _unfolded(self._facts(inner, here.taken), ours)
        self.instances.append(Instance(_label(inner, here), box, crowd=_crowd(inner, here), fields=facts))


def nested(row: Mapping[str, Any], here: Roles) -> list[Mapping[str, Any]] | None:
    """The list of boxes in a row; None where a row is a box. Raises ValueError if it is something else."""
    value = row.get(here.nested) if here.nested else None
    if isinstance(value, str) or value is None or here.box:
        return None
    if isinstance(value, Mapping):
        columns = {name: items for name, items in value.items() if isinstance(items, list)}
        counts = {len(items) for items in columns.values()}
        if len(columns) < len(value) or len(counts) > 1:
            raise ValueError(f"expected lists of equal length in {here.nested}, got {_shown(value)}")
        return [dict(zip(columns, items, strict=True)) for items in zip(*columns.values(), strict=True)]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"expected a list of objects in {here.nested}, got {_shown(value)}")
    return value


def labels(row: Mapping[str, Any], here: Roles, options: Options) -> Iterator[str]:
    """The labels of all boxes in a row; nothing where it can't be understood."""
    try:
        boxes = nested(row, here)
        inside: Iterable[tuple[Mapping[str, Any], Roles]] = (
            [(row, here)]
            if boxes is None
            else [(inner, OUR_BOX if here.ours else roles(tuple(inner), options)) for inner in boxes]
        )
        for inner, its in inside:
            label = _label(inner, its)
            if label and its.box and not all(_empty(inner.get(name)) for name in its.box):
                yield label
    except ValueError:
        return


def _label(row: Mapping[str, Any], here: Roles) -> str | None:
    if here.label is None:
        return None
    try:
        return word(row.get(here.label), here.label) or None
    except RefusedError as refused:
        raise ValueError(refused.detail) from None


def _box(row: Mapping[str, Any], here: Roles) -> Box | None:
    """The four edges; None where all cells are empty. Raises ValueError."""
    values = [row.get(name) for name in here.box]
    if all(map(_empty, values)):
        return None
    if len(values) == 1:
        values, names = _four(values[0], here.box[0]), [f"{here.box[0]}[{place}]" for place in range(4)]
    else:
        names = list(here.box)
    a, b, c, d = (_number(value, name) for value, name in zip(values, names, strict=True))
    if here.form == "xywh":
        return a, b, a + c, b + d
    if here.form == "cxcywh":
        return a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a, b, c, d


def _four(value: Any, name: str) -> list[Any]:
    """A list of four, or a text that looks like one. Raises ValueError."""
    if isinstance(value, str):
        value = value.strip().strip("[]()").replace(",", " ").split()
    if not isinstance(value, list) or len(value) != 4:
        raise ValueError(f"expected four numbers in {name}, got {_shown(value)}")
    return value


def _number(value: Any, name: str) -> float:
    if isinstance(value, str) and NUMBER.fullmatch(value):  # float() would take NaN and 1_000
        value = float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if math.isfinite(found):
            return found
    raise ValueError(f"expected a number in {name}, got {_shown(value)}")


def _size(row: Mapping[str, Any], here: Roles) -> tuple[int, int] | None:
    """The picture's width and height; None where one is missing, 0 or no number."""
    if here.size is None:
        return None
    try:
        width, height = (_number(row.get(name), name) for name in here.size)
    except ValueError:
        return None
    return (int(width), int(height)) if min(width, height) >= 1 else None


def _crowd(row: Mapping[str, Any], here: Roles) -> bool:
    value = None if here.crowd is None else row.get(here.crowd)
    text = str(value).strip().lower()
    if text not in (*TRUE, *FALSE):
        raise ValueError(f"expected 0 or 1 in {here.crowd}, got {_shown(value)}")
    return text in TRUE


def _unfolded(facts: dict[str, Any], ours: bool) -> dict[str, Any]:
    """Facts whose names are those of columns are below ``fields`` in what our writer has made."""
    inner = facts.get("fields")
    if not ours or not isinstance(inner, dict):
        return facts
    return {**{name: value for name, value in facts.items() if name != "fields"}, **inner}


def _decoded(cell: Any) -> Any:
    """A cell of our CSV: lists, objects and what begins like them are JSON."""
    if isinstance(cell, str) and cell[:1] in ("[", "{", '"'):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == []


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:40]
