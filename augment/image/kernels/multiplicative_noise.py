"""MultiplicativeNoise, unless elementwise: one table a channel. Same values."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered, ramp, through, write_through

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Multiply the whole picture, or each channel, by a random factor."""
    covered(image)
    if transform.elementwise:
        raise NotImplementedError
    drawn = transform.get_params_dependent_on_data({"shape": image.shape}, {"image": image})["multiplier"]
    factors = [float(factor) for factor in np.atleast_1d(drawn).ravel()]
    told = {"multiplier": factors}
    if len(set(factors)) == 1:
        return through(image, ramp(factors[0])), told
    planes = [np.asarray(plane) for plane in cv2.split(image)]
    for plane, factor in zip(planes, factors, strict=True):
        write_through(plane, ramp(factor))
    return np.asarray(cv2.merge(planes)), told
