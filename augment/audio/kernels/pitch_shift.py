"""PitchShift by Signalsmith Stretch and resampling, at less cost and with exact pitches.

Alike, but not sample by sample: see ``_stretch``. The semitones drawn are the library's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._stretch import Stretch

TOLERANCE = None


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Higher or lower at the same speed."""
    told = drawn(transform, draws)
    return Stretch(pitch=times(told))(samples, rate, samples.shape[1]), told


def drawn(transform: Any, draws: Draws) -> dict[str, Any]:
    """What the library draws; NotImplementedError where another method is asked for."""
    if transform.method != "signalsmith_stretch":
        raise NotImplementedError
    return {"num_semitones": draws.python.uniform(transform.min_semitones, transform.max_semitones)}


def times(told: dict[str, Any]) -> float:
    """The ratio of frequencies."""
    return float(2 ** (told["num_semitones"] / 12))
