"""Annotations as a reader gives them -> true to the decoded picture: in pixels, upright, without impossible boxes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from augment import masks
from augment.annotations import INDEX, Annotations, Box, Instance, Point, bounds
from augment.contracts import Settled
from augment.errors import SampleError
from augment.image.decode import orientation
from augment.image.labels.bitmaps import bitmaps_of, encoded
from augment.image.labels.options import Labels
from augment.image.labels.pairs import pairs_of
from augment.image.labels.scene import Array, Bitmaps, scene_of
from augment.sample import Content, Dataset

SLACK = 0.02
"""A box may reach this far out of the picture, in pixels, before its cutting off is told: writers round."""

SWAPS = 5
"""EXIF orientations from this on swap width and height."""

FARTHEST = 1e6
"""Coordinates beyond this, in pixels, belong to no picture."""

Size = tuple[int, int]


def settle(picture: Array, content: Content, dataset: Dataset, labels: Labels) -> Settled:
    """Make annotations true to their picture.

    Args:
        picture: As decoded, upright.
        content: Its bytes and its annotations as read.
        dataset: What is true of the data set as a whole.
        labels: What the recipe wants.

    Raises:
        SampleError: The annotations can't belong to this picture: they are for one of another size.
    """
    found = content.annotations or Annotations()
    upright = (picture.shape[1], picture.shape[0])
    notes: Counter[str] = Counter()
    void = labels.void if labels.void is not None else _void(dataset)
    bitmaps = bitmaps_of(dict(found.masks), void)
    sizes = [found.size, *(values.shape[::-1] for values in bitmaps.pixels.values())]
    swapped = upright[0] != upright[1] and upright[::-1] in sizes
    asked = labels.frame == "stored"
    turn = orientation(content.data) if asked or (swapped and labels.frame == "auto") else 1
    raw = turn > 1 and (asked or (found.unit == "pixel" and turn >= SWAPS and found.size == upright[::-1]))
    size = upright[::-1] if raw and turn >= SWAPS else upright
    checked = _fitting(_in_pixels(found, size), size, notes)
    instances = [_mended(instance, size, labels.clip, notes) for instance in checked.instances]
    mended = replace(checked, instances=tuple(one for one in instances if one is not None), size=size)
    working = replace(_upright(mended, turn), size=upright) if raw else mended
    stored, bitmaps = bitmaps, _upright_bitmaps(bitmaps, upright, turn, asked)
    shown = None
    if raw or any(bitmaps.pixels[name] is not pixels for name, pixels in stored.pixels.items()):
        files = {name: encoded(pixels, bitmaps.palettes.get(name)) for name, pixels in bitmaps.pixels.items()}
        shown = replace(working, masks=files, size=upright)
    return Settled(mended, scene_of(working, labels, pairs_of(dataset, labels), bitmaps), dict(notes), shown)


def _void(dataset: Dataset) -> int | None:
    value = dataset.fields.get("void")
    return value if isinstance(value, int) and 0 <= value <= 65535 else None


def _in_pixels(found: Annotations, size: Size) -> Annotations:
    """Fractions of width and height as pixels."""
    if found.unit == "pixel":
        return found
    width, height = size

    def moved(instance: Instance) -> Instance:
        box = instance.box
        return replace(
            instance,
            box=None if box is None else (box[0] * width, box[1] * height, box[2] * width, box[3] * height),
            polygons=tuple(
                tuple(value * (height if place % 2 else width) for place, value in enumerate(ring))
                for ring in instance.polygons
            ),
            keypoints=tuple((x * width, y * height, seen) for x, y, seen in instance.keypoints),
        )

    return replace(found, instances=tuple(moved(instance) for instance in found.instances), unit="pixel", size=size)


def _fitting(found: Annotations, size: Size, notes: Counter[str]) -> Annotations:
    """Annotations whose picture should have another size: believed where all of them lie in this one."""
    if found.size is None or found.size == size:
        return found
    edges = [edge for one in found.instances for edge in (one.box or (bounds(one.polygons) if one.polygons else ()))]
    inside = all(edge <= size[place % 2] + 1 for place, edge in enumerate(edges) if math.isfinite(edge))
    if not inside or any(instance.rle is not None for instance in found.instances):
        raise SampleError(
            "annotations don't fit",
            f"they are for {found.size[0]}x{found.size[1]} pixels, the picture has {size[0]}x{size[1]}",
        )
    notes["size in the annotations was wrong"] += 1
    return found


def _mended(instance: Instance, size: Size, clip: bool, notes: Counter[str]) -> Instance | None:
    """One instance with a box inside the picture; None where nothing of it can be used."""
    polygons = instance.polygons
    if polygons:
        polygons = tuple(ring for ring in polygons if len(ring) >= 6 and all(map(_sane, ring)))
    lost = len(instance.polygons) - len(polygons)
    if lost:
        notes["ring dropped: fewer than three points, or beyond all pictures"] += lost
    rle = instance.rle
    if rle is not None and list(rle["size"]) != [size[1], size[0]]:
        notes["object dropped: its mask is for another size"] += 1
        return None
    keypoints = tuple(_sound(point, size, notes) for point in instance.keypoints)
    box = instance.box if instance.box is not None else _bounds(polygons, rle, keypoints)
    if box is None or not all(map(_sane, box)):
        notes["object dropped: no box"] += 1
        return None
    x_min, y_min, x_max, y_max = box
    if x_max < x_min or y_max < y_min:
        notes["box mended: corners were swapped"] += 1
        x_min, x_max, y_min, y_max = min(x_min, x_max), max(x_min, x_max), min(y_min, y_max), max(y_min, y_max)
    if x_max - x_min <= 0 or y_max - y_min <= 0:
        notes["object dropped: zero size"] += 1
        return None
    if x_min >= size[0] or y_min >= size[1] or x_max <= 0 or y_max <= 0:
        notes["object dropped: outside the picture"] += 1
        return None
    if clip:
        cut = (max(x_min, 0.0), max(y_min, 0.0), min(x_max, float(size[0])), min(y_max, float(size[1])))
        if max(abs(old - new) for old, new in zip((x_min, y_min, x_max, y_max), cut, strict=True)) > SLACK:
            notes["box cut off at the border"] += 1
        x_min, y_min, x_max, y_max = cut
    box = (x_min, y_min, x_max, y_max)
    if (box, polygons, keypoints) == (instance.box, instance.polygons, instance.keypoints):
        return instance
    return replace(instance, box=box, polygons=polygons, keypoints=keypoints)


def _sane(value: float) -> bool:
    """Whether a coordinate is a number that a picture, or a little beyond it, can have."""
    return math.isfinite(value) and abs(value) < FARTHEST


def _sound(point: Point, size: Size, notes: Counter[str]) -> Point:
    """A keypoint in the picture, up to a pixel; another is not labelled any more."""
    x, y, seen = point
    finite = _sane(x) and _sane(y)
    if finite and (not seen or (-1 <= x <= size[0] + 1 and -1 <= y <= size[1] + 1)):
        return point
    notes[f"keypoint dropped: {'outside the picture' if finite else 'not a number'}"] += 1
    return 0.0, 0.0, 0


def _bounds(polygons: Any, rle: Mapping[str, Any] | None, keypoints: tuple[Point, ...]) -> Box | None:
    """The box of an instance that came without one."""
    if polygons:
        return bounds(polygons)
    if rle is not None:
        return masks.box(rle)
    labelled = [point for point in keypoints if point[2] > 0]
    if not labelled:
        return None
    return bounds((tuple(value for x, y, _ in labelled for value in (x, y)),))


_TURNS: Mapping[int, Callable[[float, float, int, int], tuple[float, float]]] = {
    2: lambda x, y, width, height: (width - x, y),
    3: lambda x, y, width, height: (width - x, height - y),
    4: lambda x, y, width, height: (x, height - y),
    5: lambda x, y, width, height: (y, x),
    6: lambda x, y, width, height: (height - y, x),
    7: lambda x, y, width, height: (height - y, width - x),
    8: lambda x, y, width, height: (y, width - x),
}
"""EXIF orientation -> where a place of the picture as stored is in the upright one."""


def _upright(found: Annotations, turn: int) -> Annotations:
    """Annotations of the picture as stored, turned with it."""
    assert found.size is not None  # noqa: S101 - only annotations that tell their size can be told to be raw
    width, height = found.size
    to = _TURNS[turn]

    def turned(instance: Instance) -> Instance:
        (x_min, y_min, x_max, y_max), rle = instance.box or (0, 0, 0, 0), instance.rle
        a, b = to(x_min, y_min, width, height), to(x_max, y_max, width, height)
        rings = tuple(
            tuple(value for x, y in zip(ring[0::2], ring[1::2], strict=True) for value in to(x, y, width, height))
            for ring in instance.polygons
        )
        points = tuple((*to(x, y, width, height), seen) if seen else (x, y, seen) for x, y, seen in instance.keypoints)
        if rle is not None:
            pixels = masks.bitmap(instance, (width, height))
            assert pixels is not None  # noqa: S101 - it has run lengths
            rle = masks.run_lengths(_turned_pixels(pixels, turn))
        box = (min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1]))
        return replace(instance, box=box, polygons=rings, keypoints=points, rle=rle)

    return replace(found, instances=tuple(turned(instance) for instance in found.instances))


def _turned_pixels(pixels: Array, turn: int) -> Array:
    turns = {
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.T,
        6: lambda a: np.rot90(a, 3),
        7: lambda a: np.rot90(a.T, 2),
        8: lambda a: np.rot90(a),
    }
    return np.ascontiguousarray(turns[turn](pixels))


def _upright_bitmaps(bitmaps: Bitmaps, size: Size, turn: int, stored: bool) -> Bitmaps:
    """Masks as large as the upright picture. Raises SampleError where one has another size."""
    pixels = {}
    for name, values in bitmaps.pixels.items():
        here = values
        swapped = here.shape != size[::-1] and here.shape == size and turn >= SWAPS
        if swapped or (stored and turn > 1):
            here = _turned_pixels(here, turn)
        if here.shape != size[::-1]:
            what = f"the mask of {name}" if name != INDEX else "the mask"
            raise SampleError(
                "annotations don't fit",
                f"{what} has {values.shape[1]}x{values.shape[0]} pixels, the picture {size[0]}x{size[1]}",
            )
        pixels[name] = here
    return replace(bitmaps, pixels=pixels)
