"""Everything that is annotated in a picture moved by a matrix, for the steps that warp pictures themselves.

Matrices are 3x3 and move places of the old picture to places of the new one, affine or by a perspective, in continuous
coordinates, in which pixel (0, 0) covers [0, 1) x [0, 1). Bitmaps take the nearest pixel.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from augment.annotations import INDEX
from augment.image.labels.motion import Matrix, for_opencv
from augment.image.labels.move import by_matrix
from augment.image.labels.scene import Array, Bitmaps, Scene

Size = tuple[int, int]


def warped(scene: Scene, matrix: Array, size: Size) -> Scene:
    """A scene moved into a picture of ``size`` (width, height): its objects, and masks of the whole picture."""
    return replace(placed(scene, matrix, size), bitmaps=warped_masks(scene.bitmaps, matrix, size))


def placed(scene: Scene, matrix: Array, size: Size) -> Scene:
    """Only the objects of a scene moved."""
    return by_matrix(scene, Matrix(matrix), lambda layer: _nearest(layer, matrix, size), size)


def warped_masks(bitmaps: Bitmaps, matrix: Array, size: Size) -> Bitmaps:
    """Only masks of a whole picture moved; outside is void in the index mask where that is set, else 0."""
    moved = {
        name: _nearest(values, matrix, size, bitmaps.void or 0 if name == INDEX else 0)
        for name, values in bitmaps.pixels.items()
    }
    return replace(bitmaps, pixels=moved)


def _nearest(pixels: Array, matrix: Array, size: Size, fill: int = 0) -> Array:
    middles = for_opencv(matrix)
    warp = cv2.warpAffine if len(middles) == 2 else cv2.warpPerspective
    return np.asarray(warp(pixels, middles, size, flags=cv2.INTER_NEAREST, borderValue=fill))
