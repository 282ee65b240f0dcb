"""What steps of our own share: clips taken in and given out checked, their rate, channels, length and power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augment.audio.decode import MAX_SAMPLES
from augment.audio.value import Clip, sound
from augment.errors import SampleError
from augment.sample import Sample

Array = np.ndarray

MAX_RATIO = 10_000
"""Of an old and a new rate. From about 30,000 on soxr computes for minutes."""


def taken(sample: Sample, step: str) -> Clip:
    """The clip of a sample. Raises SampleError where it is empty, or has NaN or infinity."""
    clip: Clip = sample.value
    _check(clip.samples, clip, step, "the clip has")
    return clip


def given(samples: Array, clip: Clip, step: str, rate: int = 0) -> Clip:
    """What a step made of a clip. Raises SampleError where it is no sound.

    Args:
        samples: (channels, frames) of any float type.
        clip: As it was taken.
        step: Name of the step.
        rate: Frames a second, Hz; that of the clip where it is 0.
    """
    with np.errstate(over="ignore"):  # becomes infinity, which is found
        made = np.ascontiguousarray(samples, np.float32)
    _check(made, clip, step, "it gives")
    return replace(clip, samples=made, rate=rate or clip.rate)


def _check(samples: Array, clip: Clip, step: str, told: str) -> None:
    try:
        sound(samples, told)
    except ValueError as error:
        raise failed(clip, step, str(error)) from None


def failed(clip: Clip, step: str, why: str) -> SampleError:
    """The error that says which step failed on what."""
    channels, frames = clip.samples.shape
    where = f"{step} on {frames} frames x {channels} channels at {clip.rate} Hz"
    return SampleError("step failed", f"{where}: {why}")


def room(clip: Clip, frames: int, step: str) -> int:
    """``frames``, if a clip may become so long. Raises SampleError."""
    count = len(clip.samples) * frames
    if count > MAX_SAMPLES:
        raise failed(clip, step, f"it would give {count:,} samples; the limit is {MAX_SAMPLES:,}")
    return frames


def resampled(samples: Array, rates: tuple[float, float], frames: int, quality: str = "HQ") -> Array:
    """Samples at another rate, by soxr with a linear phase: no delay.

    Args:
        samples: (channels, frames) float32.
        rates: The old one and the new one, in any unit.
        frames: How many to give: what soxr, which rounds its own way, gives more is left out, less is silence.
        quality: In soxr's words.

    Raises:
        SampleError: The rates are too far apart.
    """
    import soxr

    if max(rates) > MAX_RATIO * min(rates):
        raise SampleError("step failed", f"{rates[0]:,} and {rates[1]:,} Hz are too far apart to resample")
    if rates[0] == rates[1]:
        return fitted(samples, frames)
    # A view of one frame has strides in NumPy 2.2 that soxr refuses, and ascontiguousarray gives it back as it is.
    turned = samples[0] if len(samples) == 1 else samples.T.copy()
    return fitted(np.atleast_2d(soxr.resample(turned, *rates, quality=quality).T), frames)


def fitted(samples: Array, frames: int, at: int = 0) -> Array:
    """So many frames of which the samples begin at ``at``; cut off behind, silence elsewhere."""
    if not at and samples.shape[1] == frames:
        return samples
    made = np.zeros((len(samples), frames), np.float32)
    kept = samples[:, : max(0, frames - at)]
    made[:, at : at + kept.shape[1]] = kept
    return made


def in_channels(samples: Array, count: int) -> Array:
    """Samples in so many channels: their mean in all of them, unless they have as many."""
    return samples if len(samples) == count else np.repeat(mono(samples), count, axis=0)


def mono(samples: Array) -> Array:
    """The mean of all channels, (1, frames) float32."""
    if len(samples) == 1:
        return samples
    share = np.float32(1 / len(samples))
    total = samples[:1] * share
    for channel in samples[1:]:
        total += channel * share  # channel by channel: a sum of the loudest floats would be infinite
    return total


def power(samples: Array) -> float:
    """The mean square over all channels and frames; 0 where there are none."""
    if not samples.size:
        return 0.0
    return float(np.einsum("ij,ij->", samples, samples, dtype=np.float64)) / samples.size
