"""PeakingFilter: without the overhead, and in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._biquads import bell, filtered, peak
from augment.audio.kernels._draws import Draws

TOLERANCE = 1e-5


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Lift or lower what is near a frequency."""
    drawn = bell(transform, draws)
    return filtered(peak(transform, drawn, rate), samples), drawn
