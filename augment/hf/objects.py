"""The objects of a picture in a cell, read as ``augment.readers._shards.objects`` does, and written back in its form.

Each object carries the number of its row and its place there through all steps. So those of a copy are the given ones,
with all that their lists say of them, but for what has moved: box, outline, area, category. Boxes are COCO's. In
columns of whole numbers edges stand at the nearest pixel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from augment import masks
from augment.annotations import Annotations, Box, Instance
from augment.errors import SampleError
from augment.hf.beside import REASON, Given
from augment.hf.library import inside
from augment.readers._shards import objects
from augment.readers._shards.columns import BOXES, CATEGORY
from augment.writers import _outline

_Known = tuple[list[dict[str, Any] | None], Mapping[int, Instance]]
"""The objects of a row as its cell has them, and by their places as they are read."""

MARK = "row and place"
"""The key in an object's fields while it is on its way."""

AREA, OUTLINE = "area", "segmentation"

CLOSE = 1e-3
"""By how much, of it, an area may differ from width times height to be taken for it."""

_PLACES = re.compile(
    r"[xywh]|c[xy]|[xy]c|[xy]_?(?:[0-9]|min|max|center|centre)|(?:center|centre|min|max)_?[xy]|width|height|left|top|"
    r"right|bottom|angle|rotation|orientation|theta",
    re.IGNORECASE,
)
"""Names of numbers that say where an object is, and that nothing reads."""


@dataclass
class Objects:
    """The column with objects.

    Args:
        column: Its name.
        feature: Of the column: a struct of lists, or a list of structs.
        names: Those of numbered categories.
    """

    column: str
    feature: Any
    names: tuple[str, ...]

    @property
    def kinds(self) -> Mapping[str, Any]:
        """Key -> the feature of one object's value; what is no list in a struct of lists is no object's."""
        if not isinstance(self.feature, dict):
            return dict(inside(self.feature))
        return {key: kind for key, whole in self.feature.items() if (kind := inside(whole)) is not None}

    @property
    def _side_by_side(self) -> bool:
        return isinstance(self.feature, dict) or type(self.feature).__name__ == "Sequence"  # before datasets 4

    def unread(self) -> list[str]:
        """Keys that say where an object is, or may do so, and that nothing can move: keypoints, angles."""
        kinds = self.kinds
        box = next((key for key in BOXES if key in kinds), None)
        return [key for key, kind in kinds.items() if key != box and _says_where(key, kind)]

    def marked(self, found: Sequence[Instance], cell: Any, number: int) -> tuple[Instance, ...]:
        """The objects of row ``number`` with what is needed to find them again. Raises SampleError."""
        lost = next((one for one in found if one.fields.get(OUTLINE) not in (None, [], [[]])), None)
        if lost is not None:
            raise SampleError("bad annotations", f"{self.column}: expected rings [x0, y0, x1, y1, …] in {OUTLINE}")
        places = (place for place, item in enumerate(objects.items(cell)) if item is not None)
        return tuple(replace(one, fields={MARK: [number, place]}) for one, place in zip(found, places, strict=True))

    def _read(self, cell: Any, number: int) -> tuple[Instance, ...]:
        return self.marked(objects.instances(cell, self.names), cell, number)

    def cell(self, found: Annotations, number: int, given: Given) -> Any:
        """The cell of a copy of row ``number``. Raises SampleError for what it can't hold."""
        own = given(number)[self.column]
        if found.instances == self._read(own, number):
            return own
        known: dict[int, _Known] = {}
        for row in {one.fields[MARK][0] for one in found.instances if MARK in one.fields}:
            cell = given(row)[self.column]
            known[row] = objects.items(cell), {one.fields[MARK][1]: one for one in self._read(cell, row)}
        made = [self._item(instance, known, found.size or (0, 0)) for instance in found.instances]
        if not self._side_by_side:
            return made
        lists = {key: [item.get(key) for item in made] for key in self.kinds}
        told = {key for key, values in lists.items() if any(value is not None for value in values)}
        own = own or dict.fromkeys(self.feature if isinstance(self.feature, dict) else self.kinds)
        return {key: lists[key] if key in told or isinstance(value, list) else value for key, value in own.items()}

    def _item(self, instance: Instance, known: Mapping[int, _Known], size: tuple[int, int]) -> dict[str, Any]:
        """One object: the given one, with what has changed."""
        if MARK not in instance.fields:
            return self._new(instance, size)
        number, place = instance.fields[MARK]
        items, read = known[number]
        before, item = read[place], dict(items[place] or {})
        if instance.label != before.label:
            key = objects.category_key(item)
            item[key] = self._category(key, instance.label)
        if (instance.box, instance.polygons, instance.rle) == (before.box, before.polygons, before.rle):
            return item
        box = instance.box
        if before.box is not None:
            key = next(key for key in BOXES if item.get(key) is not None)
            item[key] = self._box(key, box)
            *_, width, height = item[key]
            box = (0.0, 0.0, width, height)
        if item.get(AREA) is not None:
            item[AREA] = self._area(item[AREA], before, replace(instance, box=box), size)
        if before.polygons:
            item[OUTLINE] = self._outline(instance)
        return item

    def _new(self, instance: Instance, size: tuple[int, int]) -> dict[str, Any]:
        """An object that a step has made."""
        kinds = self.kinds
        item: dict[str, Any] = dict.fromkeys(kinds)
        box = next(key for key in BOXES if key in kinds)
        item[box] = self._box(box, instance.box)
        category = next((key for key in CATEGORY if key in kinds), None)
        if category is not None:
            item[category] = self._category(category, instance.label)
        if AREA in kinds:
            item[AREA] = self._number(AREA, masks.area(instance, size))
        if OUTLINE in kinds:
            item[OUTLINE] = self._outline(instance)
        return item

    def _category(self, key: str, label: str | None) -> Any:
        """A category as its list has it. Raises SampleError."""
        kind = self.kinds[key]
        if label is None or "string" in kind.dtype:
            return label
        if label in self.names:
            return self.names.index(label)
        try:
            return int(label)
        except ValueError:
            raise SampleError(REASON, f"{label!r} is none of the categories of column {self.column}") from None

    def _box(self, key: str, box: Box | None) -> list[float | int]:
        if box is None:
            raise SampleError(REASON, f"an object without a box, which column {self.column} has for each")
        x_min, y_min, x_max, y_max = box
        if _is_whole(self.kinds[key]):
            (x_min, x_max), (y_min, y_max) = whole(x_min, x_max), whole(y_min, y_max)
        return [x_min, y_min, x_max - x_min, y_max - y_min]

    def _area(self, given: float, before: Instance, after: Instance, size: tuple[int, int]) -> float | int:
        """The area as it was counted: of the box, or of the mask; in proportion to the box where no mask is there."""
        boxed, now = _product(before.box), _product(after.box)
        if abs(given - boxed) > CLOSE * max(boxed, 1):
            masked = before.polygons or before.rle is not None
            now = masks.area(after, size) if masked else given * now / boxed if boxed else now
        return self._number(AREA, now)

    def _number(self, key: str, value: float) -> float | int:
        return round(value) if _is_whole(self.kinds[key]) else value

    def _outline(self, instance: Instance) -> list[Any]:
        """The mask as rings; a bitmap's is one ring, for holes would be filled as rings of their own."""
        rings = instance.polygons
        if instance.rle is not None:
            height, width = instance.rle["size"]
            pixels = masks.bitmap(instance, (width, height))
            found = [] if pixels is None else _outline.rings(pixels)
            rings = (_outline.joined(found),) if found else ()
        kind = self.kinds[OUTLINE]
        flat = _depth(kind) == 1
        if flat and len(rings) > 1:
            rings = (_outline.joined(rings),)
        numbers = _is_whole(kind)
        made = [[round(value) for value in ring] if numbers else list(ring) for ring in rings]
        return made if not flat else made[0] if made else []


def whole(low: float, high: float) -> tuple[int, int]:
    """Two edges at the nearest whole pixels; at the pixels around them where they would meet there."""
    near = round(low), round(high)
    return near if near[0] < near[1] else (math.floor(low), math.ceil(high))


def _says_where(key: str, kind: Any) -> bool:
    """Whether a value may say where an object is: lists of numbers and encoded masks may."""
    if key == OUTLINE and _depth(kind) in (1, 2):
        return False
    if isinstance(kind, dict):
        return any(_says_where("x" if key == "x" else name, inner) for name, inner in kind.items())
    if inside(kind) is not None:
        return _says_where("x", inside(kind))
    number = "int" in kind.dtype or "float" in kind.dtype
    told = number and not hasattr(kind, "names") and _PLACES.fullmatch(key) is not None
    return told or "binary" in kind.dtype or "Image" in kind.dtype


def _depth(kind: Any) -> int:
    """How many lists are around a number; 0 for a number, and for what holds none."""
    depth = 0
    while (inner := inside(kind)) is not None:
        kind, depth = inner, depth + 1
    numeric = isinstance(getattr(kind, "dtype", None), str) and ("int" in kind.dtype or "float" in kind.dtype)
    return depth if numeric else 0


def _is_whole(kind: Any) -> bool:
    while (inner := inside(kind)) is not None:
        kind = inner
    return "int" in kind.dtype


def _product(box: Box | None) -> float:
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])
