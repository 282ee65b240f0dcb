"""NormalizeLoudness: brings every clip to a loudness in LUFS, as it is heard, not as its peak is.

    prepare: {audio: [{NormalizeLoudness: {lufs: -23, max_peak_db: -1}}]}

Integrated loudness by ITU-R BS.1770-4 and EBU R 128; see augment.audio.loudness for clips shorter than a block and for
the order of channels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pydantic

from augment.audio import loudness
from augment.audio.labels.timeline import NOTHING, follow
from augment.audio.steps import _clips
from augment.audio.steps._options import Number, Range
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

P = 1.0
LABELS = "keeps"
NOTE = "Nothing moves. Silence, which is all below -70 LUFS, is left alone."
DOCS = "https://www.itu.int/rec/R-REC-BS.1770"


class Options(_Base):
    """How loud, and how high the peak may be."""

    lufs: Number | Range = pydantic.Field(-23.0, description="Loudness, LUFS, from -70 to 0, or a range to draw from.")
    max_peak_db: Number | None = pydantic.Field(
        None, ge=-60, le=60, description="No sample gets higher than this, dB below full scale; softer if need be."
    )

    @pydantic.field_validator("lufs")
    @classmethod
    def _checked(cls, value: float | tuple[float, float]) -> float | tuple[float, float]:
        low, high = value if isinstance(value, tuple) else (value, value)
        if not -70 <= low <= high <= 0:
            raise ValueError("expected a number, or [low, high], from -70 to 0")
        return value


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip times one factor. Raises SampleError."""
    clip = _clips.taken(sample, "NormalizeLoudness")
    found = loudness.integrated(clip)
    if found is None:
        return sample, {"applied": False, "silent": True}
    low, high = options.lufs if isinstance(options.lufs, tuple) else (options.lufs, options.lufs)
    wanted = low + (high - low) * chance.uniform()
    gain = wanted - found
    told = {"lufs": wanted, "gain_db": gain}
    peak = 20 * math.log10(float(max(clip.samples.max(), -clip.samples.min())))
    if options.max_peak_db is not None and peak + gain > options.max_peak_db:
        gain = options.max_peak_db - peak
        told = {"lufs": found + gain, "gain_db": gain, "wanted_lufs": wanted}
    made = _clips.given(clip.samples * np.float32(10 ** (gain / 20)), clip, "NormalizeLoudness")
    return follow(sample, made, NOTHING), told
