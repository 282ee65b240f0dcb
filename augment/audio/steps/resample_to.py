"""ResampleTo: gives every clip the same sample rate.

    prepare: {audio: [{ResampleTo: {rate: 16000}}]}

By soxr with a linear phase, so nothing is delayed, and nothing above half the new rate is left to fold down.
"""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from augment.audio.labels.timeline import NOTHING, follow
from augment.audio.steps import _clips
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

P = 1.0
LABELS = "keeps"
NOTE = "Seconds stay true. A duration that is no whole number of frames is rounded to one."
DOCS = "https://sourceforge.net/p/soxr/wiki/Home/"


class Options(_Base):
    """Rate and quality."""

    rate: int = pydantic.Field(16000, ge=1, le=768_000, description="Frames a second, Hz.")
    quality: Literal["VHQ", "HQ", "MQ", "LQ", "QQ"] = pydantic.Field("HQ", description="In soxr's words; QQ is quick.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip at another rate: round(frames * new / old) frames, one at least. Draws nothing. Raises SampleError."""
    clip = _clips.taken(sample, "ResampleTo")
    told = {"rate": options.rate, "from": clip.rate}
    if clip.rate == options.rate:
        return sample, told
    frames = _clips.room(clip, max(1, round(clip.samples.shape[1] * options.rate / clip.rate)), "ResampleTo")
    samples = _clips.resampled(clip.samples, (clip.rate, options.rate), frames, options.quality)
    made = _clips.given(samples, clip, "ResampleTo", options.rate)
    return follow(sample, made, NOTHING), told
