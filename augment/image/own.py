"""A function of the user's own done to a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from augment.errors import SampleError
from augment.image.labels.scene import Array, Scene
from augment.image.labels.warp import warped
from augment.own import Change, Definition
from augment.sample import Sample

Size = tuple[int, int]

LEAST = 1e-9
"""The smallest part of the greatest depth, and of a picture's greatest side, that is not taken for 0."""


def onto(found: Definition, change: Change, sample: Sample) -> Sample:
    """Give it a copy of the pixels, and look at what comes back. Raises SampleError, or what the function raises."""
    image = sample.value
    made, matrix = change(image.copy()), None
    size = f"{image.shape[1]}x{image.shape[0]}"
    if found.matrix:
        if not isinstance(made, tuple) or len(made) != 2:
            what = f"{len(made)} values" if isinstance(made, tuple) else type(made).__name__
            raise _failed(found, size, f"expected (pixels, matrix), got {what}; give the matrix that moved them")
        made, matrix = made
    if not isinstance(made, np.ndarray) or made.dtype != np.uint8 or not _shaped(made):
        raise _failed(found, size, f"expected (height, width, 3) or (height, width) uint8, got {_wrong(made)}")
    if found.effect == "keeps" and made.shape[:2] != image.shape[:2]:
        told = f"{made.shape[1]}x{made.shape[0]}; say labels='matrix', and give the matrix that moves pixels there"
        raise _failed(found, size, f"it keeps labels, and yet gave {told}")
    if made.ndim == 3 and made.shape[2] == 1:
        made = made[:, :, 0]
    if made.ndim != image.ndim:  # a picture stays what it was, as with all other steps
        made = cv2.cvtColor(made, cv2.COLOR_GRAY2RGB if made.ndim == 2 else cv2.COLOR_RGB2GRAY)
    scene = sample.annotations
    if found.matrix:
        try:
            scene = _moved(scene, matrix, image.shape[1::-1], made.shape[1::-1])
        except ValueError as error:
            raise _failed(found, size, error) from None
    return replace(sample, value=np.ascontiguousarray(made), annotations=scene)


def _shaped(pixels: np.ndarray) -> bool:
    return pixels.size > 0 and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3)))


def _wrong(made: Any) -> str:
    """What came instead of a picture, and what mends that where it is clear."""
    if not isinstance(made, np.ndarray):
        fix = "end with return and the picture" if made is None else "give a NumPy array"
        return f"{type(made).__name__}; {fix}"
    fix = ""
    if _shaped(made):
        fix = "; end with .clip(0, 255).astype(np.uint8)"
    elif made.ndim == 3 and made.shape[0] in (1, 3):
        fix = "; channels come last, as with .transpose(1, 2, 0)"
    return f"{made.dtype} {made.shape}{fix}"


def _moved(scene: Scene | None, given: Any, before: Size, after: Size) -> Scene | None:
    """What is annotated, moved by a matrix from a picture of one size (width, height) to one of another.

    Raises ValueError with what was expected of the matrix.
    """
    matrix = _matrix(given)
    corners = np.array([(0, 0), (before[0], 0), (0, before[1]), before], np.float64)
    places = corners if scene is None else np.concatenate([corners, scene.corners, scene.points[scene.seen > 0]])
    with np.errstate(all="ignore"):  # what comes of that is looked at
        matrix = matrix / matrix[2, 2]  # the depth of (0, 0)
        depths = places @ matrix[2, :2] + matrix[2, 2]
        ends = (corners @ matrix[:2, :2].T + matrix[:2, 2]) / depths[:4, None]
    sound = np.isfinite(ends).all() and depths.min() > LEAST * depths.max()
    if not sound or np.linalg.cond(ends[1:3] - ends[0]) > 1 / LEAST:
        raise ValueError(
            "expected a matrix that can be inverted, and whose third row, times (x, y, 1), has one sign all over the "
            f"picture and its objects; got {np.asarray(given).tolist()}"
        )
    if scene is None or (after == before and np.array_equal(matrix, np.eye(3))):
        return scene
    return warped(scene, matrix, after)


def _matrix(given: Any) -> Array:
    """A matrix of the user's as (3, 3) float64. Raises ValueError."""
    try:
        found = np.asarray(given)
    except ValueError:  # rows of different lengths
        found = np.empty(0, object)
    if found.shape not in ((2, 3), (3, 3)) or found.dtype.kind not in "iuf" or not np.isfinite(found).all():
        what = found.tolist() if 0 < found.size <= 9 else f"{type(given).__name__} {found.shape}"
        raise ValueError(
            "expected a matrix of 3x3 or 2x3 finite numbers, which moves places (x, y, 1) of the picture to places of "
            f"the result; got {what}"
        )
    rows = found.astype(np.float64)
    return rows if len(rows) == 3 else np.vstack([rows, [0, 0, 1]])


def _failed(found: Definition, size: str, why: Any) -> SampleError:
    return SampleError("step failed", f"{found.name} on {size} pixels: {why}")
