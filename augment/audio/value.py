"""What a sound is between decoding and encoding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Clip:
    """One sound.

    Args:
        samples: (channels, frames) float32, C-contiguous; nominal range [-1, 1], which steps and files of
            floats may leave.
        rate: Frames a second, Hz.
        subtype: How the source stored a sample, in soundfile's words (``PCM_16``, ``PCM_24``, ``FLOAT``, ``VORBIS``);
            encoding keeps its depth.
    """

    samples: np.ndarray
    rate: int
    subtype: str = "PCM_16"

    @property
    def nbytes(self) -> int:
        """Bytes of memory that the samples take."""
        return int(self.samples.nbytes)

    @property
    def seconds(self) -> float:
        """Duration, s."""
        return float(self.samples.shape[1] / self.rate)


def sound(samples: np.ndarray, told: str) -> None:
    """Raises ValueError where samples are no sound. Two passes, no array of flags as big as the clip."""
    if samples.ndim != 2 or not samples.size:
        raise ValueError(f"{told} no frames")
    if not (np.isfinite(samples.min()) and np.isfinite(samples.max())):
        raise ValueError(f"{told} samples that are NaN or infinite")
