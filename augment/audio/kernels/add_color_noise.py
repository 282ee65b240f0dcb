"""AddColorNoise: white noise comes from a bank, and is coloured in single precision by the library's own filter.

What is drawn of the colour, the loudness and the filter is the library's; the noise is equal in distribution.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from audiomentations.augmentations.add_color_noise import decay_to_beta
from audiomentations.core.utils import a_weighting_frequency_envelope, calculate_desired_noise_rms, calculate_rms

from augment.audio.kernels._convolution import Response, convolved
from augment.audio.kernels._draws import Draws
from augment.audio.kernels._noise import white, with_white

TOLERANCE = None


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Add noise whose spectrum rises or falls."""
    chance = draws.python
    snr = chance.uniform(transform.min_snr_db, transform.max_snr_db)
    decay = chance.uniform(transform.min_f_decay, transform.max_f_decay)
    weighted = chance.random() < transform.p_apply_a_weighting
    clean = calculate_rms(samples[0] if len(samples) == 1 else samples)
    loudness = float(calculate_desired_noise_rms(clean, snr))
    drawn = {"desired_noise_rms": loudness, "f_decay": decay, "apply_a_weighting": weighted}
    if decay == 0 and not weighted:
        return with_white(samples, loudness, chance), drawn
    filtered = np.fft.irfft(_spectrum(decay, rate, transform.n_fft, weighted, draws.numpy))
    response = Response.of(filtered, samples.shape[1])
    made = white(samples.shape, chance)
    delay = (response.taps - 1) // 2
    total = 0.0
    for channel in made:
        for start, part in convolved(channel.copy(), response):
            kept = part[max(0, delay - start) :][: channel.size - max(0, start - delay)]
            channel[max(0, start - delay) :][: len(kept)] = kept
            total += float(np.square(kept).sum(dtype=np.float64))
    made *= np.float32(loudness / np.sqrt(total / made.size))
    made += samples
    return made, drawn


def _spectrum(decay: float, rate: int, size: int, weighted: bool, chance: np.random.RandomState) -> np.ndarray:
    """The filter, with random phases, as the library makes it."""
    frequencies = np.fft.rfftfreq(size, 1.0 / rate)
    frequencies[0] = 1
    phases = np.exp(1j * chance.uniform(0, 2 * np.pi, len(frequencies)))
    spectrum = np.sqrt(1 / frequencies ** decay_to_beta(decay)) * phases
    return np.asarray(spectrum * a_weighting_frequency_envelope(size, rate) if weighted else spectrum)
