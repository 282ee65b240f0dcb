"""Gain: the drawing alone. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Make it louder or softer."""
    ratio = 10 ** (draws.python.uniform(transform.min_gain_db, transform.max_gain_db) / 20)
    return np.multiply(samples, ratio, dtype=np.float32), {"amplitude_ratio": ratio}
