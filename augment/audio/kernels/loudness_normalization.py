"""LoudnessNormalization by our own measurement, which keeps to BS.1770 below 48 kHz too.

The gain differs from the package's, which has one numerator for every sample rate, by less than 0.5 dB.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio import loudness
from augment.audio.kernels._draws import Draws
from augment.audio.value import Clip

TOLERANCE = 0.06


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Bring the clip to a loudness; silence is left alone."""
    wanted = float(draws.python.uniform(transform.min_lufs, transform.max_lufs))
    found = loudness.integrated(Clip(samples, rate))
    if found is None:
        return samples.copy(), {"lufs": wanted}
    return samples * np.float32(10 ** ((wanted - found) / 20)), {"loudness": found, "lufs": wanted}
