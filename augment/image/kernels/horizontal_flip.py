"""HorizontalFlip: OpenCV's flip, without the wrappers. Same values."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered, drawn

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Swap left and right."""
    covered(image)
    drawn(transform, image)
    return np.asarray(cv2.flip(image, 1)), {}
