"""RandomResizedCrop: the library's crop as a view, resized once; no wrappers in between. Same values."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered, drawn

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Crop and resize."""
    covered(image)
    crop = drawn(transform, image)["crop_coords"]
    x_min, y_min, x_max, y_max = (int(value) for value in crop)
    height, width = transform.size
    part = image[y_min:y_max, x_min:x_max]
    told = {"crop_coords": [x_min, y_min, x_max, y_max]}
    if part.size == 0:
        raise NotImplementedError
    if part.shape[:2] == (height, width):
        return part.copy(), told
    shrinks = part.shape[0] > height or part.shape[1] > width
    method = cv2.INTER_AREA if shrinks and transform.area_for_downscale else transform.interpolation
    return np.asarray(cv2.resize(part, (width, height), interpolation=method)), told
