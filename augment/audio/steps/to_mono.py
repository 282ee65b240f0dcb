"""ToMono: makes one channel of all, or keeps one of them.

prepare: {audio: [{ToMono: {how: loudest}}]}
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pydantic

from augment.audio.labels.timeline import NOTHING, follow
from augment.audio.steps import _clips
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

P = 1.0
LABELS = "keeps"
NOTE = "Nothing moves. Labels that say from where something is heard don't hold any more."
DOCS = "https://www.itu.int/rec/R-REC-BS.775"


class Options(_Base):
    """How channels become one."""

    how: Literal["mean", "left", "right", "loudest"] = pydantic.Field(
        "mean", description="The mean of all; the first; the second; or the one with most power."
    )


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip with one channel; one that has but one stays as it is. Draws nothing. Raises SampleError."""
    clip = _clips.taken(sample, "ToMono")
    told = {"how": options.how, "from": len(clip.samples)}
    if len(clip.samples) == 1:
        return sample, told
    if options.how == "mean":
        samples = _clips.mono(clip.samples)
    else:
        powers = [_clips.power(clip.samples[place : place + 1]) for place in range(len(clip.samples))]
        place = {"left": 0, "right": 1}.get(options.how, int(np.argmax(powers)))
        samples = clip.samples[place : place + 1].copy()  # a view would hold all channels in memory
        told["channel"] = place
    return follow(sample, _clips.given(samples, clip, "ToMono"), NOTHING), told
