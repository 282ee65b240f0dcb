"""Normalize: the drawing alone. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._library import applied

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Bring the peak to 1."""
    peak = max(abs(float(samples.min())), abs(float(samples.max())))
    return applied(transform, samples, rate, {"max_amplitude": peak})
