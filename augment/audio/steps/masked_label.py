"""MaskedLabel: silences stretches of time and makes each an event, for a model to fill them in.

    audio: [{MaskedLabel: {rate: 0.065, span: 0.2}}]

A pretext task of self-supervised learning. Baevski et al., "wav2vec 2.0: A Framework for Self-Supervised Learning of
Speech Representations", NeurIPS 2020: of all time steps a share is drawn without replacement, at each of them a
stretch begins, and stretches may overlap. There it is done to features, here to the waveform.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pydantic

from augment.annotations import MASKED, Annotations, Event
from augment.audio.labels.timeline import follow, timeline
from augment.audio.steps import _clips, _silenced
from augment.audio.steps._options import Number
from augment.audio.value import Clip
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Dataset, Sample

LABELS = "keeps"
NOTE = (
    "Each hidden stretch becomes an event `masked`. Nothing moves; other events of which too little is left are "
    "dropped; the class and a transcript stay."
)
DOCS = "https://arxiv.org/abs/2006.11477"
P = 1.0

"""The label of a hidden stretch."""

DIGITS = 7
"""Times are rounded to so many digits behind the point, as those that were moved are."""


class Options(_Base):
    """How much is hidden, and in which stretches."""

    rate: Number = pydantic.Field(0.065, ge=0, le=1, description="Share of the time steps at which a stretch begins.")
    span: Number = pydantic.Field(0.2, gt=0, le=60, description="Length of a stretch, s.")
    step: Number = pydantic.Field(0.02, gt=0, le=60, description="From one time step to the next, s.")
    fill: Literal["zero", "noise"] = pydantic.Field(
        "zero", description="What is there instead: nothing, or noise as loud as the clip."
    )


def writes(options: Options, dataset: Dataset) -> Dataset:
    """Annotations say when something is."""
    return replace(dataset, timed=True)


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip less what is hidden, as long as before. Raises SampleError."""
    clip = _clips.taken(sample, "MaskedLabel")
    gone = _silenced.merged(_drawn(options, clip, chance.child("stretches").generator()))
    told = {"stretches": len(gone), "hidden_s": round(sum(stop - start for start, stop in gone) / clip.rate, DIGITS)}
    if not gone:
        return sample, told
    noise = chance.child("noise").generator() if options.fill == "noise" else None
    samples, fade = clip.samples.copy(), round(_silenced.FADE_SECONDS * clip.rate)
    with np.errstate(over="ignore", invalid="ignore"):  # becomes infinity or NaN, which are found
        for channel in samples:
            _silenced.without_times(channel, gone, fade, noise)
    made = follow(sample, _clips.given(samples, clip, "MaskedLabel"), _silenced.left(gone, fade, clip))
    return _labelled(made, gone), told


def _drawn(options: Options, clip: Clip, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Stretches (from, to), frames; whether one more or less is drawn too, so that their mean number is exact."""
    frames = clip.samples.shape[1]
    steps = max(1, int(frames / (options.step * clip.rate)))
    count = min(int(options.rate * steps + rng.random()), steps)
    starts = [int(place * options.step * clip.rate) for place in rng.permutation(steps)[:count]]
    length = max(1, round(options.span * clip.rate))
    return [(start, min(start + length, frames)) for start in starts if start < frames]


def _labelled(sample: Sample, gone: list[tuple[int, int]]) -> Sample:
    """With an event for each stretch, among the others by their onsets."""
    clip: Clip = sample.value
    whole = timeline(sample)
    found = whole.found or Annotations(duration=clip.seconds)
    ends = (
        (round(start / clip.rate, DIGITS), min(round(stop / clip.rate, DIGITS), clip.seconds)) for start, stop in gone
    )
    events = (*found.events, *(Event(onset, offset, MASKED) for onset, offset in ends if onset < offset))
    found = replace(found, events=tuple(sorted(events, key=lambda event: event.onset)))
    return replace(sample, annotations=replace(whole, found=found))
