"""Trim: without librosa, which compiles for seconds. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws

TOLERANCE = 0.0

FRAME, HOP = 2048, 512
LEAST = 1e-5
"""Amplitudes below this count as this (``librosa.amplitude_to_db``)."""


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Cut silence off both ends."""
    powers = np.stack([_powers(channel) for channel in samples])
    floor = max(LEAST**2, float(powers.max()))
    heard = 10 * np.log10(np.maximum(LEAST**2, powers)) - 10 * np.log10(floor)
    loud = np.flatnonzero(heard.max(axis=0) > -transform.top_db)
    start, end = (int(loud[0]) * HOP, (int(loud[-1]) + 1) * HOP) if loud.size else (0, 0)
    return samples[:, start : min(end, samples.shape[1])].copy(), {}


def _powers(channel: np.ndarray) -> np.ndarray:
    """Mean square of frames with their centres ``HOP`` apart, silence beyond both ends."""
    whole = channel.size // HOP * HOP
    rows, rest = channel[:whole].reshape(-1, HOP), channel[whole:]
    sums = [np.einsum("ij,ij->i", rows, rows, dtype=np.float64), [np.square(rest, dtype=np.float64).sum()]]
    half = FRAME // HOP // 2
    squares = np.concatenate([np.zeros(half), *sums, np.zeros(half)])
    count = 1 + channel.size // HOP
    return np.asarray(sum(squares[part : part + count] for part in range(2 * half)) / FRAME)
