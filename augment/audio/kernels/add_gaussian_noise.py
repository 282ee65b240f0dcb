"""AddGaussianNoise: the noise comes from a bank. The amplitude is the library's, the noise equal in distribution."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._noise import with_white

TOLERANCE = None


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Add white noise of a random amplitude."""
    amplitude = draws.python.uniform(transform.min_amplitude, transform.max_amplitude)
    return with_white(samples, amplitude, draws.python), {"amplitude": amplitude}
