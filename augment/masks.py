"""Masks of objects: rings and run lengths to bitmaps and back, as COCO's own code does it (pycocotools)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pycocotools import mask as coco

from augment.annotations import Box, Instance

Bitmap = np.ndarray[Any, Any]
"""(height, width), bool."""


def bitmap(instance: Instance, size: tuple[int, int]) -> Bitmap | None:
    """An instance's mask in a picture of ``size`` (width, height); None where it has none.

    Raises:
        ValueError: The run lengths are damaged, or are for a picture of another size.
    """
    lengths = lengths_of(instance, size)
    return None if lengths is None else np.asarray(_quietly(coco.decode, lengths), bool)


def _quietly(function: Callable[..., Any], *arguments: Any) -> Any:
    """pycocotools 2.0.11 makes NumPy 2 warn of how it makes arrays; users can't do anything about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return function(*arguments)


def lengths_of(instance: Instance, size: tuple[int, int]) -> dict[str, Any] | None:
    """An instance's mask as compressed run lengths; None where it has none. Raises ValueError as ``bitmap``."""
    width, height = size
    if instance.rle is not None:
        if list(instance.rle["size"]) != [height, width]:
            raise ValueError(
                f"run lengths for {instance.rle['size']} (height, width) in a picture of {height}x{width}"
            )
        return dict(instance.rle)
    rings = [list(ring) for ring in instance.polygons if len(ring) >= 6]  # it takes four numbers for a box
    if not rings:
        return None
    if not all(math.isfinite(value) and abs(value) < 1e6 for ring in rings for value in ring):
        raise ValueError("a polygon with coordinates beyond all pictures")
    merged = coco.merge(coco.frPyObjects(rings, height, width))
    return {"size": [height, width], "counts": merged["counts"].decode("ascii")}


def run_lengths(pixels: Bitmap) -> dict[str, Any]:
    """A bitmap as compressed run lengths, ``{"size": [height, width], "counts": TEXT}``."""
    found = coco.encode(np.asfortranarray(pixels, np.uint8))
    return {"size": [int(side) for side in found["size"]], "counts": found["counts"].decode("ascii")}


def run_lengths_of_part(pixels: Bitmap, corner: tuple[int, int], size: tuple[int, int]) -> dict[str, Any]:
    """As ``run_lengths``, for a bitmap that is a part of a picture, (x, y) being its first pixel; 0 all around it."""
    width, height = size
    columns, rows = np.nonzero(pixels.T)
    flat = (columns + corner[0]) * height + rows + corner[1]  # COCO counts down the columns
    if not len(flat):
        counts = [width * height]
    else:
        breaks = np.flatnonzero(np.diff(flat) > 1)
        begins, ends = flat[np.append(0, breaks + 1)], flat[np.append(breaks, len(flat) - 1)] + 1
        edges = np.concatenate([[0], np.stack([begins, ends], axis=1).ravel(), [width * height]])
        counts = np.diff(edges).tolist()
        counts = counts if counts[-1] else counts[:-1]
    found = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return {"size": [height, width], "counts": found["counts"].decode("ascii")}


def compressed(rle: Mapping[str, Any]) -> dict[str, Any]:
    """Run lengths as COCO's files hold them, a list of counts or a text, as compressed ones.

    Raises:
        ValueError: They are damaged; pycocotools would write outside of its memory.
    """
    size, text = rle.get("size"), rle.get("counts")
    if (
        not isinstance(size, list | tuple)
        or len(size) != 2
        or not all(type(side) is int and side > 0 for side in size)
    ):
        raise ValueError(f"expected size: [height, width] in run lengths, got {size!r}")
    if size[0] * size[1] >= 2**31:
        raise ValueError(f"run lengths for a picture of {size[1]}x{size[0]} pixels")
    text = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    if isinstance(text, list) and not all(type(count) is int for count in text):
        raise ValueError("expected whole numbers in run lengths")
    height, width = size
    counts = text if isinstance(text, list) else _counts(str(text))
    if sum(counts) != height * width or any(count < 0 for count in counts):
        raise ValueError(f"run lengths add up to {sum(counts)} pixels in a picture of {height}x{width}")
    if isinstance(text, list):
        text = coco.frPyObjects({"size": [height, width], "counts": counts}, height, width)["counts"].decode("ascii")
    return {"size": [height, width], "counts": text}


def _counts(text: str) -> list[int]:
    """The counts in a compressed text: 5 bits a letter, low first, with sign; from the third on, differences."""
    counts: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"{letter!r} in run lengths")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    if shift:
        raise ValueError("run lengths end in the middle of a number")
    return counts


def box(rle: Mapping[str, Any]) -> Box | None:
    """The box round run lengths; None where no pixel is set."""
    x, y, width, height = (float(side) for side in _quietly(coco.toBbox, dict(rle)))
    return (x, y, x + width, y + height) if width and height else None


def area(instance: Instance, size: tuple[int, int]) -> float:
    """Pixels of an instance's mask, or of its box where it has none."""
    lengths = lengths_of(instance, size)
    if lengths is not None:
        return float(_quietly(coco.area, lengths))
    if instance.box is None:
        return 0.0
    x_min, y_min, x_max, y_max = instance.box
    return (x_max - x_min) * (y_max - y_min)
