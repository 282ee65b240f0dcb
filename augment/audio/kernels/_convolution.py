"""Convolution with an impulse response by FFT in single precision; of long clips by blocks (overlap-save)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.fft

LEAST = 2048
"""Frames of the smallest transform."""

BATCH = 1 << 16
"""Frames that are transformed at once, in rows of one transform each, where a row is shorter."""


@dataclass(frozen=True)
class Response:
    """An impulse response ready to be convolved with: its spectrum over ``size`` frames, and its length."""

    spectrum: np.ndarray
    size: int
    taps: int

    @classmethod
    def of(cls, response: np.ndarray, frames: int) -> Response:
        """For clips of so many frames; the size of the transform depends on nothing else."""
        whole = scipy.fft.next_fast_len(frames + len(response) - 1, real=True)
        size = min(whole, max(LEAST, 1 << (8 * len(response) - 1).bit_length()))
        return cls(scipy.fft.rfft(response.astype(np.float32), size), size, len(response))


def convolved(samples: np.ndarray, response: Response) -> Iterator[tuple[int, np.ndarray]]:
    """Parts of the full convolution of (frames,) in order: where each begins, and the part."""
    if response.size >= len(samples) + response.taps - 1:
        spectrum = scipy.fft.rfft(samples, response.size)
        spectrum *= response.spectrum
        yield 0, scipy.fft.irfft(spectrum, response.size)[: len(samples) + response.taps - 1]
        return
    step = response.size - response.taps + 1
    rows = max(1, BATCH // response.size)
    total = len(samples) + response.taps - 1
    before = response.taps - 1
    for start in range(0, total, rows * step):
        count = min(rows, -(-(total - start) // step))
        block = np.zeros(before + count * step, np.float32)
        first = max(0, start - before)
        part = samples[first : start + count * step]
        block[first - start + before :][: len(part)] = part
        framed = np.lib.stride_tricks.sliding_window_view(block, response.size)[::step]
        spectrum = scipy.fft.rfft(framed)
        spectrum *= response.spectrum
        made = scipy.fft.irfft(spectrum, response.size)[:, before:].reshape(-1)
        yield start, made[: total - start]
