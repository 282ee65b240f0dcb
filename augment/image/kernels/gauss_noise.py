"""GaussNoise: the numbers come from a bank drawn once a process and are cut to whole levels as there, toward zero.

Equal in distribution; the standard deviation and the mean drawn are the library's.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._bank import RUN, normal_field, normals, runs
from augment.image.kernels._pixels import covered

TOLERANCE = None


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Add normal noise."""
    covered(image)
    chance = transform.py_random
    std, mean = chance.uniform(*transform.std_range), chance.uniform(*transform.mean_range)
    source = np.ascontiguousarray(image).reshape(-1)
    pixels = np.empty_like(source)
    if transform.per_channel and transform.noise_scale_factor == 1:
        noise = np.empty(RUN, np.float32)  # small enough to stay in the processor's cache
        for where, numbers, sign in runs(normals(), source.size, chance):
            part = noise[: numbers.size]
            np.multiply(numbers, np.float32(sign * std * 255), out=part)
            _add(source[where], part, mean * 255, pixels[where])
    else:
        field = _field(transform, image.shape).reshape(-1)
        field *= np.float32(std * 255)
        _add(source, field, mean * 255, pixels)
    return pixels.reshape(image.shape), {"std": std, "mean": mean}


def _add(image: np.ndarray, noise: np.ndarray, mean: float, into: np.ndarray) -> None:
    """Add ``noise`` and ``mean``, in whole levels, to a row of values; ``noise`` is used up."""
    if mean:
        noise += np.float32(mean)
    np.trunc(noise, out=noise)
    cv2.addWeighted(image, 1, noise, 1, 0, dst=into, dtype=cv2.CV_8U)


def _field(transform: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal noise for a whole picture, shared by its channels or drawn small and enlarged, as asked."""
    factor = transform.noise_scale_factor
    height, width = max(1, int(shape[0] * factor)), max(1, int(shape[1] * factor))
    field = normal_field((height, width, *(shape[2:] if transform.per_channel else ())), transform.py_random)
    if (height, width) != shape[:2]:
        field = np.asarray(cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))
    return np.asarray(cv2.cvtColor(field, cv2.COLOR_GRAY2RGB)) if field.ndim < len(shape) else field
