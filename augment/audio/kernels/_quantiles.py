"""Quantiles of a clip by selection; NumPy's general function copies it several times."""

from __future__ import annotations

import numpy as np


def quantile(samples: np.ndarray, percent: float) -> float:
    """As ``numpy.percentile``, linear between neighbours; ``samples`` are (n,), reordered in place."""
    place = percent / 100 * (samples.size - 1)
    below = int(place)
    samples.partition(below)
    least = float(samples[below])
    return (
        least if below + 1 >= samples.size else least + (place - below) * (float(samples[below + 1 :].min()) - least)
    )
