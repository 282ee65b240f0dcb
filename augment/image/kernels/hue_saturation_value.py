"""HueSaturationValue: each shift is one pass through a table, in place, instead of masks and sums. Same values."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered, ramp, turned, write_through

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Shift hue, saturation and value."""
    covered(image, gray=False)
    drawn: dict[str, Any] = transform.get_params()
    hue, saturation, value = drawn["hue_shift"], drawn["sat_shift"], drawn["val_shift"]
    if hue == saturation == value == 0:
        return image.copy(), drawn
    planes = [np.asarray(plane) for plane in cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2HSV))]
    if hue != 0:
        write_through(planes[0], turned(hue))
    if saturation != 0:
        table = ramp(offset=int(saturation))
        table[0] = 0  # gray stays gray
        write_through(planes[1], table)
    if value != 0:
        write_through(planes[2], ramp(offset=int(value)))
    return np.asarray(cv2.cvtColor(cv2.merge(planes), cv2.COLOR_HSV2RGB)), drawn
