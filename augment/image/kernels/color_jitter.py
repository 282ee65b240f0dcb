"""ColorJitter: hue goes through a table on a plane of its own, means are OpenCV's. Same values."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered, ramp, through, turned, write_through

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Change brightness, contrast, saturation and hue in a random order."""
    covered(image, gray=False)
    drawn: dict[str, Any] = transform.get_params()
    changes = (_brightness, _contrast, _saturation, _hue)
    factors = [drawn[name] for name in ("brightness", "contrast", "saturation", "hue")]
    pixels = image
    for index in drawn["order"]:
        pixels = changes[index](pixels, factors[index])
    told = {**drawn, "order": [int(index) for index in drawn["order"]]}
    return image.copy() if pixels is image else pixels, told


def _brightness(image: np.ndarray, factor: float) -> np.ndarray:
    return image if factor == 1 else through(image, ramp(factor))


def _contrast(image: np.ndarray, factor: float) -> np.ndarray:
    if factor == 1:
        return image
    mean = cv2.mean(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[0]
    if factor == 0:
        return np.full_like(image, int(mean + 0.5))
    return through(image, ramp(factor, mean * (1 - factor)))


def _saturation(image: np.ndarray, factor: float) -> np.ndarray:
    if factor == 1:
        return image
    gray = np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB))
    return gray if factor == 0 else np.asarray(cv2.addWeighted(image, factor, gray, 1 - factor, 0))


def _hue(image: np.ndarray, factor: float) -> np.ndarray:
    if factor == 0:
        return image
    planes = [np.asarray(plane) for plane in cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))]
    write_through(planes[0], turned(180 * factor))
    return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_HSV2RGB))
