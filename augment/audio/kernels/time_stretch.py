"""TimeStretch by Signalsmith Stretch at less cost, and no more of the clip than is kept.

Alike, but not sample by sample: see ``_stretch``. The rate drawn is the library's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._stretch import Stretch

TOLERANCE = None


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Faster or slower at the same pitch."""
    told, seed = drawn(transform, draws)
    return Stretch(told["rate"], seed=seed)(samples, rate, length(transform, samples.shape[1], told)), told


def drawn(transform: Any, draws: Draws) -> tuple[dict[str, Any], int]:
    """What the library draws, and a seed; NotImplementedError where another method is asked for."""
    if transform.method != "signalsmith_stretch":
        raise NotImplementedError
    speed = draws.python.uniform(transform.min_rate, transform.max_rate)
    return {"rate": speed}, draws.chance.child("stretch").python().getrandbits(31)


def length(transform: Any, frames: int, told: dict[str, Any]) -> int:
    """Frames of the output."""
    return frames if transform.leave_length_unchanged else round(frames / told["rate"])
