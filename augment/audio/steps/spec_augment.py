"""SpecAugment: takes out bands of frequencies and stretches of time, as masks on a spectrogram would.

    audio: [{SpecAugment: {time_masks: 2, max_time: 0.1, freq_masks: 2, max_width: 0.2}}]

Park et al., "SpecAugment: A Simple Data Augmentation Method for ASR", Interspeech 2019, done on the waveform, so that
whatever features are made of it later show the masks. Bands are as wide as drawn on the mel scale; the filter that
takes them out has a linear phase and no delay, and falls by 60 dB within 90 Hz.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pydantic

from augment.audio.labels.timeline import follow
from augment.audio.steps import _clips, _silenced
from augment.audio.steps._options import Number
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "keeps"
NOTE = "Nothing moves. Events of which too little is left by the masks of time are dropped; a transcript stays whole."
DOCS = "https://arxiv.org/abs/1904.08779"

HALF_SECONDS = 0.032
"""Half the length of the filter: how sharp the edges of a band are."""

BLOCK = 2**17
"""Frames that are filtered at a time, so that a long clip takes little memory."""


class Options(_Base):
    """How many masks, and how wide at most; each width is drawn from 0 on."""

    time_masks: int = pydantic.Field(2, ge=0, le=1000, description="Masks of time.")
    max_time: Number = pydantic.Field(0.1, ge=0, le=1, description="The longest of them, as part of the clip.")
    freq_masks: int = pydantic.Field(2, ge=0, le=1000, description="Masks of frequencies.")
    max_width: Number = pydantic.Field(0.2, ge=0, le=1, description="The widest of them, as part of the mel range.")
    fill: Literal["zero", "noise"] = pydantic.Field(
        "zero", description="What is there instead: nothing, or noise with the power of what was taken out."
    )


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip less what is masked, as long as before. Raises SampleError."""
    clip = _clips.taken(sample, "SpecAugment")
    rng = chance.child("masks").generator()
    bands = [_band(rng, options.max_width, clip.rate / 2) for _ in range(options.freq_masks)]
    times = [_time(rng, options.max_time, clip.samples.shape[1]) for _ in range(options.time_masks)]
    merged = _silenced.merged([band for band in bands if band[1] > band[0]])
    gone = _silenced.merged([time for time in times if time[1] > time[0]])
    told = {
        "bands_hz": [[round(edge, 3) for edge in band] for band in merged],
        "times_s": [[round(edge / clip.rate, 6) for edge in time] for time in gone],
    }
    if not merged and not gone:
        return sample, told
    noise = chance.child("noise").generator() if options.fill == "noise" else None
    samples, fade = clip.samples.copy(), round(_silenced.FADE_SECONDS * clip.rate)
    with np.errstate(over="ignore", invalid="ignore"):  # becomes infinity or NaN, which are found
        for channel in samples:
            if merged:
                _without_bands(channel, merged, clip.rate, noise)
            if gone:
                _silenced.without_times(channel, gone, fade, noise)
    made = _clips.given(samples, clip, "SpecAugment")
    return follow(sample, made, _silenced.left(gone, fade, clip)), told


def _band(rng: np.random.Generator, most: float, top: float) -> tuple[float, float]:
    """A band of drawn width at a drawn place on the mel scale, Hz."""
    high = _mel(top)
    width = rng.uniform(0, most) * high
    low = rng.uniform(0, high - width)
    return float(_hertz(low)), float(min(_hertz(low + width), top))


def _mel(hertz: float) -> float:
    """O'Shaughnessy's formula, which HTK has."""
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: float) -> float:
    return float(700 * (10 ** (mel / 2595) - 1))


def _time(rng: np.random.Generator, most: float, frames: int) -> tuple[int, int]:
    """A stretch of drawn length at a drawn place, frames."""
    length = int(rng.uniform(0, most) * frames)
    start = int(rng.integers(0, frames - length + 1))
    return start, start + length


def _without_bands(
    channel: np.ndarray, bands: list[tuple[float, float]], rate: int, noise: np.random.Generator | None
) -> None:
    """Take bands out of a channel, (frames,), in place."""
    half = int(HALF_SECONDS * rate)
    at = np.arange(-half, half + 1)
    window = np.blackman(len(at) + 2)[1:-1]
    taps = sum(
        2 * high / rate * np.sinc(2 * high / rate * at) - 2 * low / rate * np.sinc(2 * low / rate * at)
        for low, high in bands
    )
    taken = _filtered(channel, np.asarray(taps * window, np.float32))
    channel -= taken
    if noise is not None:
        other = _filtered(noise.standard_normal(len(channel), np.float32), np.asarray(taps * window, np.float32))
        channel += other * np.float32(_silenced.ratio(taken, other))


def _filtered(channel: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """A channel through a symmetric filter, without its delay; silence before and behind it."""
    from scipy.signal import fftconvolve

    half, frames = len(taps) // 2, len(channel)
    made = np.empty_like(channel)
    for start in range(0, frames, BLOCK):
        stop = min(start + BLOCK, frames)
        first, last = max(0, start - half), min(frames, stop + half)
        part = np.pad(channel[first:last], (first - (start - half), stop + half - last))
        made[start:stop] = fftconvolve(part, taps, mode="valid")
    return made
