"""Resample: without librosa. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._resampling import resampled

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """To another sample rate."""
    target = draws.python.randint(transform.min_sample_rate, transform.max_sample_rate)
    made = resampled(samples, rate, target)
    return samples.copy() if made is samples else made, {"target_sample_rate": target}
