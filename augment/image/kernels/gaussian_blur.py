"""GaussianBlur: outer taps that OpenCV's 8-bit arithmetic rounds to nothing are left out, a fifth at sigma 3."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from augment.image.kernels._pixels import covered

TOLERANCE = (1, 0.25)
"""What the taps left out weighed goes to the middle one, so that the sum stays one."""

MOST_LOST = 1 / 128
"""Taps that weigh more together are kept: there OpenCV's rounding darkens the picture, and so must we."""


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Blur."""
    covered(image)
    drawn = transform.get_params_dependent_on_data({"shape": image.shape}, {"image": image})["kernel"]
    if not np.isfinite(drawn).all():  # a sigma of 0
        raise NotImplementedError
    taps = _without_tail(drawn)
    return np.asarray(cv2.sepFilter2D(image, -1, taps, taps)), {
        "kernel_size": len(drawn),
        "middle": float(drawn.max()),
    }


def _without_tail(taps: np.ndarray) -> np.ndarray:
    """The taps that count once they are whole 256ths."""
    middle = len(taps) // 2
    reach = max(1, int(np.count_nonzero(taps[middle:] * 256 >= 0.5))) - 1
    kept: np.ndarray = taps[middle - reach : middle + reach + 1].copy()
    lost = 1 - float(kept.sum())
    if lost > MOST_LOST:
        return taps
    kept[reach] += lost
    return kept
