"""A cell with the objects of one picture, as Hugging Face's detection sets have it, in the neutral form.

Either lists side by side, ``{"bbox": [[x, y, width, height], …], "category": […]}``, or a list of objects with those
keys; boxes are COCO's (https://huggingface.co/docs/datasets/object_detection), and so is ``segmentation``: rings or
run lengths. Keypoints and turned boxes are refused, for nothing says what they mean; ``area`` follows from the rest,
and is left out. All else rides along.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from augment import masks
from augment.annotations import Box, Instance
from augment.errors import SampleError
from augment.readers import _shards
from augment.readers._shards.columns import BOXES, CATEGORY

_CROWD = ("iscrowd", "is_crowd")
_SHAPE = "segmentation"
_AREA = "area"

_UNREAD = re.compile(
    r"(key_?)?points?|landmarks?|joints?|(box_)?(angle|rotation|orientation|theta)|(r|obb_?|rotated_)(box|bbox)|obb|quad",
    re.IGNORECASE,
)
"""Keys of what says where an object is, and that can't follow a step."""


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
    lost = next((key for key, value in row.items() if value not in (None, []) and _UNREAD.fullmatch(key)), None)
    if lost is not None:
        raise SampleError("bad annotations", f"object {place + 1}: {lost} can't follow what a step does; leave it out")
    shape = row.get(_SHAPE)
    polygons, rle = _polygons(shape), _run_lengths(shape, place)
    known = {*BOXES, *_CROWD, category_key(row), _AREA, *([_SHAPE] if polygons or rle else [])}
    return Instance(
        label=category(row, names),
        box=_box(box, place),
        polygons=polygons,
        rle=rle,
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


def _run_lengths(value: Any, place: int) -> dict[str, Any] | None:
    """Run lengths, if that is what the value holds. Raises SampleError for damaged ones."""
    if not isinstance(value, dict) or value.get("counts") is None:
        return None
    try:
        return masks.compressed(value)
    except ValueError as error:
        raise SampleError("bad annotations", f"object {place + 1}: {error}") from None


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
