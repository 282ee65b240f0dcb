"""AirAbsorption: the short-time Fourier transform row by row, not by librosa, whose helpers compile for seconds."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft
from audiomentations.augmentations.air_absorption import get_temperature_humidity_key, next_power_of_2

from augment.audio.kernels._draws import Draws

TOLERANCE = 1e-5

OVERLAP = 4
BLOCK = 1 << 16
"""Samples that are worked on at once: a multiple of every hop."""


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Dull it as the air between does."""
    chance = draws.numpy
    lowest, highest = int(transform.min_temperature) // 10, int(transform.max_temperature) // 10
    drawn = {
        "temperature": int(10 * chance.randint(lowest, highest + 1)),
        "humidity": int(chance.randint(transform.min_humidity, transform.max_humidity + 1)),
        "distance": float(chance.uniform(transform.min_distance, transform.max_distance)),
    }
    table = transform.air_absorption_table
    centres = table["center_freqs"]
    size = next_power_of_2(int(rate / 2 / (centres[0] / 2**0.5)))
    if size < 2 * OVERLAP or samples.shape[1] < size:
        raise NotImplementedError
    key = get_temperature_humidity_key(drawn["temperature"], drawn["humidity"])
    decibels = 20 * np.log10(np.exp(-drawn["distance"] * np.array(table[key])))
    mask = (10 ** (np.interp(np.fft.rfftfreq(size, 1 / rate), centres, decibels) / 20)).astype(np.float32)
    made = np.empty(samples.shape, np.float32)
    for channel, into in zip(samples, made, strict=True):
        for start in range(0, channel.size, BLOCK):
            lead = min(start, size)  # of the frames that reach into the block
            part = _masked(channel[start - lead : start + BLOCK + size], mask, size)
            into[start : start + BLOCK] = part[lead : lead + BLOCK]
    return made, drawn


def _masked(channel: np.ndarray, mask: np.ndarray, size: int) -> np.ndarray:
    """The channel with its short-time spectra multiplied by ``mask``: Hann windows, four on each sample."""
    hop = size // OVERLAP
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)
    count = 1 + channel.size // hop
    padded = np.zeros((count + OVERLAP) * hop, np.float32)
    padded[size // 2 :][: channel.size] = channel
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop]
    made, weight = np.zeros((count + OVERLAP, hop), np.float32), np.zeros((count + OVERLAP, hop), np.float32)
    square = np.square(window).reshape(OVERLAP, hop)
    for part in range(OVERLAP):
        weight[part : part + count] += square[part]
    spectra = scipy.fft.rfft(frames[:count] * window)
    spectra *= mask
    parts = scipy.fft.irfft(spectra, size)
    parts *= window
    for part in range(OVERLAP):
        made[part : part + count] += parts[:, part * hop : (part + 1) * hop]
    whole = slice(size // 2, size // 2 + channel.size)
    return np.asarray(made.reshape(-1)[whole] / weight.reshape(-1)[whole])
