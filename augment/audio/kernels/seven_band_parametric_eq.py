"""SevenBandParametricEQ: one pass through seven sections in place of seven passes, rounded once."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._biquads import bell, filtered, peak, section
from augment.audio.kernels._draws import Draws

TOLERANCE = 1e-5


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Lift or lower seven bands."""
    bands = [
        (transform.low_shelf_filter, section),
        *((part, peak) for part in transform.peaking_filters),
        (transform.high_shelf_filter, section),
    ]
    told: dict[str, Any] = {}
    sections = []
    for number, (part, coefficients) in enumerate(bands, 1):
        draws.python.random()  # whether the part fires
        drawn = bell(part, draws)
        sections.append(coefficients(part, drawn, rate))
        told.update({f"band_{number}_{key}": value for key, value in drawn.items()})
    return filtered(np.concatenate(sections), samples), told
