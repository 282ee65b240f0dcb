"""Filters as cascades of biquads, started as if the first sample had always been there, as the library starts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from audiomentations.core.utils import convert_frequency_to_mel, convert_mel_to_frequency
from scipy.signal import sosfilt

from augment.audio.kernels._draws import Draws

BLOCK = 1 << 16
"""Frames that are filtered at once: SciPy filters in double precision, which for a whole clip takes much memory."""


def filtered(sos: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Samples (channels, frames) through second-order sections, as a new array of float32.

    Where the library filters in several passes it rounds to single precision in between; here that is done once.
    """
    made = np.empty(samples.shape, np.float32)
    state = _steady(sos)[:, None] * samples[None, :, :1].astype(np.float64)
    for start in range(0, samples.shape[1], BLOCK):
        part = slice(start, start + BLOCK)
        made[:, part], state = sosfilt(sos, samples[:, part], zi=state)
    return made


def _steady(sos: np.ndarray) -> np.ndarray:
    """The state (sections, 2) after an endless input of 1, as ``scipy.signal.sosfilt_zi`` has it."""
    b0, b1, b2, _, a1, a2 = sos.T
    gain = (b0 + b1 + b2) / (1 + a1 + a2)
    second = b2 - a2 * gain
    first = b1 - a1 * gain + second
    before = np.concatenate([[1.0], np.cumprod(gain)[:-1]])
    return np.stack([first * before, second * before], axis=1)


def mel_between(low: float, high: float, draws: Draws) -> float:
    """A frequency between two others, Hz, drawn as the library draws it."""
    drawn = draws.numpy.uniform(low=convert_frequency_to_mel(low), high=convert_frequency_to_mel(high))
    return float(convert_mel_to_frequency(drawn))


def bell(transform: Any, draws: Draws) -> dict[str, float]:
    """What a shelf or a peaking filter draws."""
    return {
        "center_freq": mel_between(transform.min_center_freq, transform.max_center_freq, draws),
        "gain_db": draws.python.uniform(transform.min_gain_db, transform.max_gain_db),
        "q_factor": draws.python.uniform(transform.min_q, transform.max_q),
    }


def section(transform: Any, drawn: dict[str, float], rate: int) -> np.ndarray:
    """The library's own coefficients of a shelf, (1, 6)."""
    nyquist = rate // 2
    centre = drawn["center_freq"] if drawn["center_freq"] <= nyquist else nyquist * 0.9999
    return _coefficients(transform)(centre, drawn["gain_db"], drawn["q_factor"], rate)


def peak(transform: Any, drawn: dict[str, float], rate: int) -> np.ndarray:
    """The library's own coefficients of a peaking filter, (1, 6), below the Nyquist frequency: see ``library``."""
    drawn["center_freq"] = min(drawn["center_freq"], rate // 2 * 0.9999)
    return _coefficients(transform)(drawn["center_freq"], drawn["gain_db"], drawn["q_factor"], rate)


def _coefficients(transform: Any) -> Callable[..., np.ndarray]:
    found: Callable[..., np.ndarray] = transform._get_biquad_coefficients_from_input_parameters
    return found


def shelf(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """The kernel of both shelves."""
    drawn = bell(transform, draws)
    return filtered(section(transform, drawn, rate), samples), drawn
