"""TanhDistortion: the quantile by selection, and no double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from audiomentations.core.utils import calculate_rms

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._quantiles import quantile

TOLERANCE = 1e-5


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Bend it smoothly, as an amplifier does that is driven too hard."""
    amount = draws.python.uniform(transform.min_distortion, transform.max_distortion)
    made = np.abs(samples)
    threshold = quantile(made.reshape(-1), 100 - 99 * amount)
    np.multiply(samples, np.float32(0.5 / (threshold + 1e-6)), out=made)
    np.tanh(made, out=made)
    mono = len(samples) == 1
    before = calculate_rms(samples[0] if mono else samples)
    if before > 1e-9:
        made *= np.float32(before / calculate_rms(made[0] if mono else made))
    return made, {"distortion_amount": amount}
