"""AddBackgroundNoise: noises are decoded once a process, and resampled without librosa. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np
from audiomentations.core.utils import (
    calculate_desired_noise_rms,
    calculate_rms,
    convert_decibels_to_amplitude_ratio,
)

from augment.audio.kernels import _sounds
from augment.audio.kernels._draws import Draws
from augment.audio.kernels._resampling import resampled

TOLERANCE = 1e-6

SILENT = 1e-9
"""Noises that are softer than this are not added, as in the library."""


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Mix another sound in, each channel for itself."""
    if transform.noise_transform is not None:
        raise NotImplementedError
    chance = draws.python
    drawn: dict[str, Any] = {
        "snr_db": chance.uniform(transform.min_snr_db, transform.max_snr_db),
        "rms_db": chance.uniform(transform.min_absolute_rms_db, transform.max_absolute_rms_db),
    }
    files = transform.sound_file_paths
    path = drawn["noise_file_path"] = files[chance.randint(0, len(files) - 1)]
    own, length, _ = _sounds.header(path)
    seconds = samples.shape[1] / rate
    drawn["offset"] = chance.uniform(0.0, max(0.0, float(np.float32(length / own)) - seconds))
    drawn["duration"] = seconds
    noise = resampled(_sounds.part(path, int(drawn["offset"] * own), int(seconds * own))[None], own, rate)[0]
    if not noise.size:
        raise ValueError(f"nothing of {path} is long enough")
    loudness = calculate_rms(noise)
    if loudness < SILENT:
        return samples.copy(), drawn
    made = np.empty(samples.shape, np.float32)
    for channel, into in zip(samples, made, strict=True):
        if transform.noise_rms == "relative":
            wanted = calculate_desired_noise_rms(calculate_rms(channel), drawn["snr_db"])
        else:
            wanted = convert_decibels_to_amplitude_ratio(drawn["rms_db"])
        for start in range(0, into.size, noise.size):  # over again where it is too short
            part = into[start : start + noise.size]
            np.multiply(noise[: part.size], np.float32(wanted / loudness), out=part)
        into += channel
    return made, drawn
