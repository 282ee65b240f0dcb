"""Resampling as librosa does it by default, without librosa, whose parts that compile themselves take seconds."""

from __future__ import annotations

import math

import numpy as np
import soxr


def resampled(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """(channels, frames) at another rate, Hz: soxr's high quality, ceil(frames * new / old) frames."""
    if old == new:
        return samples
    frames = math.ceil(samples.shape[1] * (float(new) / old))
    made = np.zeros((len(samples), frames), np.float32)
    for channel, into in zip(samples, made, strict=True):
        found = soxr.resample(channel, old, new, quality="soxr_hq")[:frames]
        into[: len(found)] = found
    return made
