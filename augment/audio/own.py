"""A function of the user's own done to a sound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from augment.audio.labels.timeline import NOTHING, follow
from augment.audio.steps import _clips
from augment.audio.value import Clip
from augment.own import Change, Definition
from augment.sample import Sample


def onto(found: Definition, change: Change, sample: Sample) -> Sample:
    """Give it a Clip of its own, and look at what comes back. Raises SampleError, or what the function raises."""
    clip = _clips.taken(sample, found.name)
    made = change(replace(clip, samples=clip.samples.copy()))
    rate, samples = (made.rate, made.samples) if isinstance(made, Clip) else (clip.rate, made)
    if not isinstance(samples, np.ndarray) or samples.dtype.kind != "f":
        what = samples.dtype if isinstance(samples, np.ndarray) else type(made).__name__
        raise _clips.failed(clip, found.name, f"expected a Clip, or samples (channels, frames) float32, got {what}")
    after = _clips.given(samples[None] if samples.ndim == 1 else samples, clip, found.name, rate)
    if found.effect == "keeps" and (after.samples.shape[1], after.rate) != (clip.samples.shape[1], clip.rate):
        told = f"{after.samples.shape[1]} frames at {after.rate} Hz"
        raise _clips.failed(clip, found.name, f"it keeps labels, and yet gave {told}; say labels='moves'")
    return follow(sample, after, NOTHING)
