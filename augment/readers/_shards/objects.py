"""A cell with the objects of one picture, as Hugging Face's detection sets have it, in the neutral form.

Either lists side by side, ``{"bbox": [[x, y, width, height], …], "category": […]}``, or a list of objects with those
keys; boxes are COCO's (https://huggingface.co/docs/datasets/object_detection).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augment.annotations import Box, Instance
from augment.errors import SampleError
from augment.readers import _shards
from augment.readers._shards.columns import BOXES, CATEGORY

_CROWD = ("iscrowd", "is_crowd")
_RINGS = "segmentation"


def instances(cell: Any, names: Sequence[str]) -> tuple[Instance, ...]:
    """The objects of a cell; ``names`` are those of numbered categories. Raises SampleError."""
    return tuple(_instance(row, names, place) for place, row in enumerate(items(cell)) if row is not None)


def category(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """The name of an object's category."""
    value = row.get(category_key(row))
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(names):
        return names[value]
    return _shards.word(value)


def category_key(row: Mapping[str, Any]) -> str:
    """Under which key an object has its category."""
    return next((key for key in CATEGORY if row.get(key) is not None), CATEGORY[0])


def items(cell: Any) -> list[dict[str, Any] | None]:
    """A cell as a list of objects, lists side by side too. Raises SampleError."""
    if not isinstance(cell, dict):
        return [] if cell is None else list(cell)
    lists = {key: value for key, value in cell.items() if isinstance(value, list)}
    lengths = {len(value) for value in lists.values()}
    if len(lengths) > 1:
        told = ", ".join(f"{key} {len(value)}" for key, value in lists.items())
        raise SampleError("bad annotations", f"lists of objects differ in length: {told}")
    return [{key: value[place] for key, value in lists.items()} for place in range(max(lengths, default=0))]


def _instance(row: Mapping[str, Any], names: Sequence[str], place: int) -> Instance:
    box = next((row[key] for key in BOXES if row.get(key) is not None), None)
    polygons = _polygons(row.get(_RINGS))
    known = {*BOXES, *_CROWD, category_key(row), *([_RINGS] if polygons else [])}
    return Instance(
        label=category(row, names),
        box=_box(box, place),
        polygons=polygons,
        crowd=any(bool(row.get(key)) for key in _CROWD),
        fields={key: _shards.plain(value) for key, value in row.items() if key not in known and value is not None},
    )


def _box(value: Any, place: int) -> Box | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4 or not all(isinstance(side, int | float) for side in value):
        raise SampleError(
            "bad annotations", f"object {place + 1}: expected bbox [x, y, width, height], got {value!r:.60}"
        )
    x, y, width, height = map(float, value)
    return x, y, x + width, y + height


def _polygons(value: Any) -> tuple[tuple[float, ...], ...]:
    """Rings, if that is what the value holds."""
    if not isinstance(value, list) or not value:
        return ()
    rings = value if isinstance(value[0], list) else [value]
    if not all(isinstance(ring, list) and len(ring) >= 6 and len(ring) % 2 == 0 for ring in rings):
        return ()
    if not all(isinstance(number, int | float) for ring in rings for number in ring):
        return ()
    return tuple(tuple(map(float, ring)) for ring in rings)
