"""ClippingDistortion: the two quantiles by selection."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._quantiles import quantile

TOLERANCE = 1e-6


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Cut off the highest and lowest samples."""
    drawn = draws.python.randint(transform.min_percentile_threshold, transform.max_percentile_threshold)
    sorted_through = samples.reshape(-1).copy()
    ends = [quantile(sorted_through, percent) for percent in (int(drawn / 2), 100 - int(drawn / 2))]
    low, high = (np.float32(end) for end in ends)
    made = sorted_through.reshape(samples.shape)
    return np.clip(samples, low, high, out=made), {"percentile_threshold": drawn}
