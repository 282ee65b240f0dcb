"""What several kernels need of pixels: the domain they cover, and tables."""

from __future__ import annotations

from typing import Any

import numpy as np
from albucore import sz_lut


def covered(image: np.ndarray, gray: bool = True) -> None:
    """Raise NotImplementedError unless ``image`` is uint8 (H, W, 3), or (H, W) where ``gray`` is covered too."""
    colour = image.ndim == 3 and image.shape[2] == 3
    if image.dtype != np.uint8 or not (colour or (gray and image.ndim == 2)):
        raise NotImplementedError


def drawn(transform: Any, image: np.ndarray) -> dict[str, Any]:
    """What the library draws for this picture, noted in the transform as it does: labels are moved by it."""
    params: dict[str, Any] = transform.update_transform_params(transform.get_params(), {"image": image})
    params.update(transform.get_params_dependent_on_data(params, {"image": image}))
    transform.params = params
    return params


def ramp(factor: float = 1.0, offset: float = 0.0) -> np.ndarray:
    """The table of ``value * factor + offset``, cut to [0, 255] and rounded down as the library does."""
    values = np.arange(256, dtype=np.float32) * np.float32(factor) + np.float32(offset)
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def turned(degrees: float) -> np.ndarray:
    """The table that turns hues (OpenCV's, half degrees of the circle) on, rounded down as the library does."""
    return np.asarray(np.mod(np.arange(256, dtype=np.int16) + degrees, 180), np.uint8)


def through(image: np.ndarray, table: np.ndarray) -> np.ndarray:
    """A new image with every value replaced by its entry in ``table``."""
    return np.asarray(sz_lut(np.ascontiguousarray(image), table, inplace=False))


def write_through(plane: np.ndarray, table: np.ndarray) -> None:
    """The same, in place; ``plane`` is contiguous and ours."""
    sz_lut(plane, table, inplace=True)
