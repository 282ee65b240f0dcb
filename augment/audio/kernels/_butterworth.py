"""Butterworth filters: their sections in closed form, which SciPy's general design takes longer for than to filter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from augment.audio.kernels._biquads import filtered, mel_between
from augment.audio.kernels._draws import Draws

TOLERANCE = 1e-4
"""High orders at low frequencies depend on how the sections are put together."""

NARROWEST = 1e-3
"""Bands narrower than this, or as near to either end, in halves of the sample rate, are left to SciPy: there the order
of the sections matters."""


def one_sided(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """The kernel of low-pass and high-pass filters."""
    drawn: dict[str, Any] = {"rolloff": _rolloff(transform, draws)}
    drawn["cutoff_freq"] = mel_between(transform.min_cutoff_freq, transform.max_cutoff_freq, draws)
    nyquist = rate // 2
    cutoff = drawn["cutoff_freq"] if drawn["cutoff_freq"] <= nyquist else nyquist * 0.9999
    if not 0 < cutoff < rate / 2:
        raise NotImplementedError
    return filtered(
        edge(drawn["rolloff"] // 6, 2 * cutoff / rate, transform.filter_type == "highpass"), samples
    ), drawn


def two_sided(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """The kernel of band-pass and band-stop filters."""
    drawn: dict[str, Any] = {"rolloff": _rolloff(transform, draws)}
    drawn["center_freq"] = mel_between(transform.min_center_freq, transform.max_center_freq, draws)
    fraction = draws.numpy.uniform(low=transform.min_bandwidth_fraction, high=transform.max_bandwidth_fraction)
    drawn["bandwidth"] = drawn["center_freq"] * fraction
    low, high = (drawn["center_freq"] + sign * drawn["bandwidth"] / 2 for sign in (-1, 1))
    if high > rate // 2:
        high = rate // 2 * 0.9999
    if 2 * min(low, high - low, rate / 2 - high) / rate < NARROWEST:
        raise NotImplementedError
    stops = transform.filter_type == "bandstop"
    return filtered(band(drawn["rolloff"] // 6, 2 * low / rate, 2 * high / rate, stops), samples), drawn


def _rolloff(transform: Any, draws: Draws) -> int:
    """dB/octave. Filters without delay go forth and back over the whole clip, which is left to the library."""
    if transform.zero_phase:
        raise NotImplementedError
    return 6 * draws.python.randint(transform.min_rolloff // 6, transform.max_rolloff // 6)


def poles(order: int) -> np.ndarray:
    """Those of the analog prototype in the upper half plane, and last, where the order is odd, the real one."""
    angles = np.pi * (2 * np.arange((order + 1) // 2) + 1 + order) / (2 * order)
    found: np.ndarray = np.exp(1j * angles)
    if order % 2:
        found[-1] = -1
    return found


def edge(order: int, cutoff: float, high: bool) -> np.ndarray:
    """Sections of a low-pass or high-pass filter; ``cutoff`` in halves of the sample rate."""
    warped = math.tan(math.pi * cutoff / 2)
    sections = []
    for pole in poles(order):
        if pole.imag < 1e-12:  # of first order
            scale = 1 / (1 + warped)
            zeros = (scale, -scale, 0.0) if high else (warped * scale, warped * scale, 0.0)
            sections.append((*zeros, 1.0, (warped - 1) * scale, 0.0))
            continue
        damping = -2 * pole.real * warped
        scale = 1 / (1 + damping + warped**2)
        gain = scale if high else warped**2 * scale
        zeros = (gain, -2 * gain, gain) if high else (gain, 2 * gain, gain)
        sections.append((*zeros, 1.0, 2 * (warped**2 - 1) * scale, (1 - damping + warped**2) * scale))
    return np.array(sections)


def band(order: int, low: float, high: float, stops: bool) -> np.ndarray:
    """Sections of a band-pass or band-stop filter; edges in halves of the sample rate."""
    edges = [math.tan(math.pi * end / 2) for end in (low, high)]
    width, centre = edges[1] - edges[0], math.sqrt(edges[0] * edges[1])
    pairs: list[tuple[complex, complex]] = []
    for pole in poles(order):
        half = width / pole / 2 if stops else pole * width / 2
        root = np.sqrt(half**2 - centre**2 + 0j)
        if pole.imag < 1e-12:
            pairs.append((half + root, half - root))
        else:
            pairs += [(one, one.conjugate()) for one in (half + root, half - root)]
    around = 2 * (centre**2 - 1) / (1 + centre**2)
    sections = []
    for one, other in pairs:
        scale = 1 / (1 - (one + other).real + (one * other).real)
        feedback = (2 * ((one * other).real - 1) * scale, (1 + (one + other).real + (one * other).real) * scale)
        gain = (1 + centre**2) * scale if stops else width * scale
        zeros = (gain, around * gain, gain) if stops else (gain, 0.0, -gain)
        sections.append((*zeros, 1.0, *feedback))
    return np.array(sorted(sections, key=lambda row: row[5]))
