"""AddGaussianSNR: the noise comes from a bank. Its deviation is the library's, the noise equal in distribution."""

from __future__ import annotations

from typing import Any

import numpy as np
from audiomentations.core.utils import calculate_desired_noise_rms, calculate_rms

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._noise import with_white

TOLERANCE = None


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Add white noise at a random signal-to-noise ratio."""
    snr = draws.python.uniform(transform.min_snr_db, transform.max_snr_db)
    clean = calculate_rms(samples[0] if len(samples) == 1 else samples)
    deviation = float(calculate_desired_noise_rms(clean, snr))
    return with_white(samples, deviation, draws.python), {"noise_std": deviation}
