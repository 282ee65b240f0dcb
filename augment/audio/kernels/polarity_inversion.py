"""PolarityInversion: the drawing alone. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Turn it upside down."""
    return np.negative(samples), {}
