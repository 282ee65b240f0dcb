"""TimeMask: the drawing alone. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.kernels._library import applied

TOLERANCE = 0.0


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Silence a part."""
    frames, draw = samples.shape[1], draws.python.randint
    length = draw(int(frames * transform.min_band_part), int(frames * transform.max_band_part))
    ends = {"start": 0, "end": frames - length}
    start = ends[transform.mask_location] if transform.mask_location in ends else draw(0, frames - length)
    return applied(transform, samples, rate, {"t": length, "t0": start})
