"""The label file of one output: a line an object, in fractions of width and height (see readers/_yolo).

What YOLO can't say: a crowd (left out, as Ultralytics' converter of COCO does), the mask of an object in a set with
keypoints, and any other fact about an object. In a file with polygons a box is written as its four corners, for
Ultralytics would take the four numbers of a box for two points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from augment import masks
from augment.annotations import Annotations, Box, Instance, Point, bounds
from augment.errors import SampleError
from augment.sample import Category
from augment.writers import _outline
from augment.writers._outline import Ring

DIGITS = 10
"""Decimals of a fraction: a ten thousandth of a pixel in a picture of a million."""

FARTHEST = 10
"""Polygons that reach farther than so many pictures are cut first: pycocotools' memory grows with their length."""

REASON = "can't be written"

Size = tuple[int, int]


def written(annotations: Annotations, categories: Sequence[Category]) -> str:
    """All lines.

    Raises:
        SampleError: An object has no class, one that the data set does not have, or nothing that says where it is; or
            its run lengths are damaged.
    """
    numbers = {category.name: number for number, category in enumerate(categories)}
    several = max((len(category.keypoints) for category in categories), default=0)
    kept = [instance for instance in annotations.instances if not instance.crowd]
    if not kept:
        return ""
    size = annotations.size
    if size is None or min(size) < 1:
        raise SampleError(REASON, "the size of the picture is not known")
    classes = [_number(instance, numbers) for instance in kept]
    boxes = [_bounds(instance, size) for instance in kept]
    if several:
        values = [
            [*_box(box, size), *_points(instance.keypoints, several, size)]
            for instance, box in zip(kept, boxes, strict=True)
        ]
    else:
        outlines = [_outlined(instance, size) for instance in kept]
        values = [
            _exact(ring or _ring(box), size) if any(outlines) else _box(box, size)
            for ring, box in zip(outlines, boxes, strict=True)
        ]
    return "".join(" ".join([str(number), *line]) + "\n" for number, line in zip(classes, values, strict=True))


def _number(instance: Instance, numbers: Mapping[str, int]) -> int:
    if instance.label is None:
        raise SampleError(REASON, "an object has no class, and every line of a YOLO label file begins with one")
    if instance.label not in numbers:
        raise SampleError(REASON, f"an object's class, {instance.label}, is not among those of the data set")
    return numbers[instance.label]


def _bounds(instance: Instance, size: Size) -> Box:
    """The box inside the picture."""
    box = instance.box
    if box is None and instance.polygons:
        box = bounds(instance.polygons)
    if box is None:
        raise SampleError(REASON, f"an object of class {instance.label} has no box")
    if not all(map(math.isfinite, box)):
        raise SampleError(REASON, f"an object of class {instance.label} has a box of {box}")
    width, height = size
    x_min, y_min, x_max, y_max = box
    return (
        min(max(x_min, 0.0), width),
        min(max(y_min, 0.0), height),
        min(max(x_max, 0.0), width),
        min(max(y_max, 0.0), height),
    )


def _outlined(instance: Instance, size: Size) -> Ring:
    """The mask as one ring inside the picture; empty where it has none."""
    width, height = size
    if not all(math.isfinite(value) for ring in instance.polygons for value in ring):
        raise SampleError(REASON, f"an object of class {instance.label} has a polygon with what is no number")
    (ring,) = instance.polygons if len(instance.polygons) == 1 else ((),)
    if ring and all(0 <= x <= width for x in ring[0::2]) and all(0 <= y <= height for y in ring[1::2]):
        return ring
    if instance.polygons:
        parts = [_outline.clipped(ring, size) for ring in instance.polygons]
        inside = tuple(part for part in parts if len(part) >= 6)
        if not inside:
            return ()
        if max(abs(value) for ring in instance.polygons for value in ring) > FARTHEST * max(size):
            instance = replace(instance, polygons=inside)
        whole = _outline.joined(inside)
        if masks.lengths_of(replace(instance, polygons=(whole,)), size) == masks.lengths_of(instance, size):
            return whole  # else parts overlap, which one ring can't
    try:
        pixels = masks.bitmap(instance, size)
    except ValueError as error:
        raise SampleError(REASON, f"an object of class {instance.label}: {error}") from None
    found = [] if pixels is None else _outline.rings(pixels)
    return _outline.joined(found) if found else ()


def _ring(box: Box) -> Ring:
    x_min, y_min, x_max, y_max = box
    return (x_min, y_min, x_max, y_min, x_max, y_max, x_min, y_max)


def _box(box: Box, size: Size) -> list[str]:
    x_min, y_min, x_max, y_max = box
    width, height = size
    return [
        _decimal((x_min + x_max) / 2 / width),
        _decimal((y_min + y_max) / 2 / height),
        _decimal((x_max - x_min) / width),
        _decimal((y_max - y_min) / height),
    ]


def _points(points: Sequence[Point], several: int, size: Size) -> list[str]:
    """All keypoints; those that are missing, not labelled or outside of the picture as 0 0 0."""
    width, height = size
    found: list[str] = []
    for place in range(several):
        x, y, seen = points[place] if place < len(points) else (0.0, 0.0, 0)
        if seen and 0 <= x <= width and 0 <= y <= height:
            found += [_decimal(x / width), _decimal(y / height), str(seen)]
        else:
            found += ["0", "0", "0"]
    return found


def _exact(ring: Ring, size: Size) -> list[str]:
    """Fractions that give the very coordinates again: a mask may hang on whether a point lies at half a pixel."""
    return [_fraction(value, size[place % 2]) for place, value in enumerate(ring)]


def _fraction(value: float, side: int) -> str:
    """The fraction that times ``side`` is ``value`` again, or where none does, the next above it.

    pycocotools counts in fifths of a pixel and cuts off the rest, so that a hair too little is a fifth too little.
    """
    share = value / side
    short = _decimal(share)
    if float(value).is_integer() or float(short) * side == value:
        return short  # a mask does not change where a point moves a little about the edge of a pixel
    above = math.nextafter(share, math.inf)
    if share * side < value or above * side == value:
        share = above
    elif math.nextafter(share, 0.0) * side == value:
        share = math.nextafter(share, 0.0)
    text = repr(share)
    return text if "e" not in text else f"{Decimal(text):f}"


def _decimal(value: float) -> str:
    """A fraction with ``DIGITS`` decimals, without zeros at its end."""
    text = f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
