"""ISONoise: the numbers come from a bank drawn once a process; counts by comparing uniforms with Poisson quantiles.

Equal in distribution; the colour shift and the intensity drawn are the library's.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from augment.image.kernels._bank import normal_field, uniform_field
from augment.image.kernels._pixels import covered

TOLERANCE = None

MOST = 6.0
"""Greatest rate of counts covered; beyond it the quantiles are too many to compare one by one."""


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Add a camera's noise: counts to lightness, normal noise to hue."""
    covered(image, gray=False)
    chance = transform.py_random
    shift, intensity = chance.uniform(*transform.color_shift), chance.uniform(*transform.intensity)
    source = np.multiply(image, np.float32(1 / 255), dtype=np.float32)
    hue, light, saturation = (np.asarray(plane) for plane in cv2.split(cv2.cvtColor(source, cv2.COLOR_RGB2HLS)))
    rate = float(cv2.meanStdDev(light)[1][0, 0]) * intensity
    if rate > MOST:
        raise NotImplementedError
    hue = np.asarray(cv2.scaleAdd(normal_field(hue.shape, chance), shift * intensity, hue))
    counts = _poisson(rate, uniform_field(light.shape, chance))
    light += counts * np.float32(intensity) * (1 - light)
    noisy = cv2.cvtColor(cv2.merge([hue, light, saturation]), cv2.COLOR_HLS2RGB)
    return np.asarray(cv2.convertScaleAbs(np.maximum(noisy, 0), alpha=255)), {
        "color_shift": shift,
        "intensity": intensity,
    }


def _poisson(rate: float, uniform: np.ndarray) -> np.ndarray:
    """Counts, float32, by inversion."""
    counts = np.zeros(uniform.shape, np.float32)
    chance = reached = math.exp(-rate)
    for count in range(1, 64):
        if reached > 1 - 1e-7:
            break
        counts += uniform >= reached
        chance *= rate / count
        reached += chance
    return counts
