"""Shift: the drawing alone. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._library import applied

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Move it in time."""
    draw = draws.python.randint if transform.shift_unit == "samples" else draws.python.uniform
    return applied(transform, samples, rate, {"shift_amount": draw(transform.min_shift, transform.max_shift)})
