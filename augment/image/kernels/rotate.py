"""Rotate: the library's draws and matrix, warped as four channels where the picture has three; see affine.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.image.kernels._pixels import covered
from augment.image.kernels._warp import rows, warp

TOLERANCE = (1, 0.001)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Turn about the centre."""
    covered(image)
    drawn = transform.get_params_dependent_on_data({"shape": image.shape}, {"image": image})
    pixels = warp(transform, image, drawn["matrix"], image.shape[:2])
    if transform.crop_border:
        pixels = pixels[drawn["y_min"] : drawn["y_max"], drawn["x_min"] : drawn["x_max"]].copy()
        if pixels.size == 0:
            raise NotImplementedError
    return pixels, {"matrix": rows(drawn["matrix"])}
