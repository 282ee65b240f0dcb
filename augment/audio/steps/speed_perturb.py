"""SpeedPerturb: plays a clip faster or slower, by one of a few factors; its pitch changes with it.

    audio: [{SpeedPerturb: {factors: [0.9, 1.0, 1.1], p: 1.0}}]

As Kaldi and after it most speech recognition does: T. Ko et al., "Audio augmentation for speech recognition",
Interspeech 2015.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.audio.labels.timeline import Change, Piece, follow
from augment.audio.steps import _clips
from augment.audio.steps._options import Number
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = (
    "Times are divided by the factor; tempo and pitch are multiplied by it. Words stay; a speaker sounds like another."
)
DOCS = "https://www.isca-archive.org/interspeech_2015/ko15_interspeech.html"


class Options(_Base):
    """Factors, of which one is drawn, each as often."""

    factors: tuple[Number, ...] = pydantic.Field(
        (0.9, 1.0, 1.1), min_length=1, description="How many times as fast, from 0.1 to 10; 1 leaves it alone."
    )

    @pydantic.field_validator("factors")
    @classmethod
    def _checked(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.1 <= factor <= 10 for factor in value):
            raise ValueError("expected numbers from 0.1 to 10")
        return value


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip with round(frames / factor) frames, one at least, at the same rate. Raises SampleError."""
    clip = _clips.taken(sample, "SpeedPerturb")
    factor = options.factors[int(chance.uniform() * len(options.factors))]
    told = {"factor": factor}
    if factor == 1:
        return sample, told
    frames = _clips.room(clip, max(1, round(clip.samples.shape[1] / factor)), "SpeedPerturb")
    made = _clips.given(_clips.resampled(clip.samples, (factor, 1.0), frames), clip, "SpeedPerturb")
    piece = Piece(0.0, clip.seconds, 0.0, factor)
    return follow(sample, made, Change((piece,), tempo=factor, pitch=factor)), told
