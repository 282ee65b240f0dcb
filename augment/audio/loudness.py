"""Integrated loudness by ITU-R BS.1770-4, annex 1 (EBU R 128), for any rate and up to eight channels.

The K-weighting is that of the recommendation's tables at 48 kHz; at other rates it is made anew from the analogue
filters behind them (Brecht De Man, "Evaluation of implementations of the EBU R128 loudness measurement", AES 2018).
Channels are taken in the order of WAVE files: L R C LFE, then those behind and at the sides; five are L R C Ls Rs,
four L R Ls Rs.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from augment.audio.value import Clip

GATE = -70.0
"""Softer than this is silence: the absolute gate, LUFS."""

BLOCK_SECONDS = 0.4
STEPS = 4
"""Steps that a block of 400 ms is long; each begins a step after the one before."""

_RELATIVE = 10 ** (-10 / 10)
"""Of the mean energy of blocks above the absolute gate; a block below that part of it does not count: -10 LU."""

_OFFSET = -0.691
"""LUFS of a channel's mean square of 1 after the K-weighting, dB."""

_SIDE = 1.41
_WEIGHTS = {
    4: (1.0, 1.0, _SIDE, _SIDE),
    5: (1.0, 1.0, 1.0, _SIDE, _SIDE),
    6: (1.0, 1.0, 1.0, 0.0, _SIDE, _SIDE),
    7: (1.0, 1.0, 1.0, 0.0, 1.0, _SIDE, _SIDE),
    8: (1.0, 1.0, 1.0, 0.0, 1.0, 1.0, _SIDE, _SIDE),
}
"""Channels -> weight of each: 1.41 where a speaker stands 60 to 120 degrees off, 0 for LFE (annex 3, table 4)."""

_CHUNK = 100
"""Steps that are filtered at a time, so that a long clip takes little memory."""


def integrated(clip: Clip) -> float | None:
    """How loud a clip is as a whole, LUFS; None where it is silent, which is all below -70 LUFS.

    A clip shorter than 400 ms is measured as one block. What is left behind the last whole 100 ms of a longer one does
    not count. Below 3.4 kHz the K-weighting's shelf, which lies above all that such a clip holds, is left out, and
    below 80 Hz its low cut too.
    """
    energies, frames = _energies(clip)
    weights = np.array(_WEIGHTS.get(len(energies), (1.0,) * len(energies)))[:, None]
    if energies.shape[1] < STEPS:
        blocks = np.sum(weights * energies, keepdims=True).reshape(1) / max(int(frames.sum()), 1)
    else:
        sums = np.lib.stride_tricks.sliding_window_view(energies, STEPS, axis=1).sum(axis=2)
        lengths = np.lib.stride_tricks.sliding_window_view(frames, STEPS).sum(axis=1)
        blocks = (weights * sums).sum(axis=0) / lengths
    heard = blocks[blocks > 10 ** ((GATE - _OFFSET) / 10)]
    if not len(heard):
        return None
    loud = heard[heard > heard.mean() * _RELATIVE]
    return float(_OFFSET + 10 * math.log10(loud.mean()))


def _energies(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """Sums of squares after the K-weighting, (channels, steps) float64, and the frames of each step.

    Steps are as near to 100 ms as whole frames allow. A clip shorter than a block is one step.
    """
    from scipy.signal import sosfilt

    channels, frames = clip.samples.shape
    step = BLOCK_SECONDS / STEPS * clip.rate
    count = int(frames / step + 1e-9)
    edges = np.round(np.arange(count + 1) * step).astype(np.int64)
    if count < STEPS or len(np.unique(edges)) < len(edges):
        edges = np.array([0, frames])
    sections = _weighting(clip.rate)
    found = np.zeros((channels, len(edges) - 1))
    for channel, samples in enumerate(clip.samples):
        state = np.zeros((len(sections), 2))
        for first in range(0, len(edges) - 1, _CHUNK):
            part = edges[first : first + _CHUNK + 1]
            heard = samples[part[0] : part[-1]].astype(np.float64)
            if len(sections):
                heard, state = sosfilt(sections, heard, zi=state)
            found[channel, first : first + len(part) - 1] = np.add.reduceat(np.square(heard), part[:-1] - part[0])
    return found, np.diff(edges)


@cache
def _weighting(rate: int) -> np.ndarray:
    """The K-weighting as second-order sections, (sections, 6): a shelf for the head, then a low cut."""
    sections = []
    if rate > 2 * 1700:
        k, damping = math.tan(math.pi * 1681.974450955533 / rate), 1 / 0.7071752369554196
        gain = 10 ** (3.999843853973347 / 20)
        root = gain**0.4996667741545416
        base = 1 + k * damping + k * k
        top = [gain + root * k * damping + k * k, 2 * (k * k - gain), gain - root * k * damping + k * k]
        sections.append([part / base for part in [*top, base, 2 * (k * k - 1), 1 - k * damping + k * k]])
    if rate > 80:
        (base, *rest), (same, *_) = _low_cut(rate), _low_cut(48_000)
        top = [same / base, -2 * same / base, same / base]  # the table has 1, -2, 1, at 48 kHz
        sections.append([*top, 1.0, *(part / base for part in rest)])
    return np.array(sections).reshape(-1, 6)


def _low_cut(rate: int) -> tuple[float, float, float]:
    """What a second-order section of the low cut is divided by, its first and its second part."""
    k, damping = math.tan(math.pi * 38.13547087602444 / rate), 1 / 0.5003270373253953
    return 1 + k * damping + k * k, 2 * (k * k - 1), 1 - k * damping + k * k
