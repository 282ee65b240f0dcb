"""Rotate: the library's draws and matrix, warped as four channels where the picture has three; see affine.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.image.kernels._pixels import covered, drawn
from augment.image.kernels._warp import rows, warp

TOLERANCE = (1, 0.001)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Turn about the centre."""
    covered(image)
    found = drawn(transform, image)
    pixels = warp(transform, image, found["matrix"], image.shape[:2])
    if transform.crop_border:
        pixels = pixels[found["y_min"] : found["y_max"], found["x_min"] : found["x_max"]].copy()
        if pixels.size == 0:
            raise NotImplementedError
    return pixels, {"matrix": rows(found["matrix"])}
