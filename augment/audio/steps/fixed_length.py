"""FixedLength: crops or fills every clip to the same length.

prepare: {audio: [{FixedLength: {seconds: 5, position: random, fill: loop}}]}
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pydantic

from augment.audio.labels.timeline import Change, Piece, follow
from augment.audio.steps import _clips
from augment.audio.steps._options import Number
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

P = 1.0
LABELS = "moves"
NOTE = (
    "Events are cut with the clip, dropped when gone, and labelled again each time that a loop or a reflection lets"
    " them be heard again. A transcript without times of its words is kept as it is."
)
DOCS = "https://numpy.org/doc/stable/reference/generated/numpy.pad.html"


BLOCK = 2**16
"""Frames that are looked up at a time, so that a long clip takes little memory."""


class Options(_Base):
    """Length, which part of it, and what fills up the rest."""

    seconds: Number = pydantic.Field(4.0, gt=0, le=86_400, description="Duration of every output, s.")
    frames: int | None = pydantic.Field(None, ge=1, description="The same in frames; instead of seconds.")
    position: Literal["start", "center", "end", "random"] = pydantic.Field(
        "start", description="Which part of a longer clip is kept, and where in the output a shorter one lies."
    )
    fill: Literal["silence", "loop", "reflect"] = pydantic.Field(
        "silence", description="What is heard before and behind a shorter clip: nothing, or it again, or backwards."
    )

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        if self.frames is not None and "seconds" in self.model_fields_set:
            raise ValueError("expected seconds or frames, not both")
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip with exactly so many frames: round(seconds * rate), one at least. Raises SampleError."""
    clip = _clips.taken(sample, "FixedLength")
    own = clip.samples.shape[1]
    asked = options.frames if options.frames is not None else max(1, round(options.seconds * clip.rate))
    wanted = _clips.room(clip, asked, "FixedLength")
    spare = abs(wanted - own)
    part = {"start": 0.0, "center": 0.5, "end": 1.0}.get(options.position, chance.uniform())
    first = min(int(part * (spare + 1)), spare) if options.position == "random" else int(part * spare)
    at = first if wanted > own else -first
    told = {"frames": wanted, "from": own, "at": at}
    if wanted == own:
        return sample, told
    fill = options.fill if wanted > own else "silence"
    pieces = tuple(_pieces(at, (own, wanted), fill, clip.rate))
    made = _clips.given(_filled(clip.samples, at, wanted, fill), clip, "FixedLength")
    return follow(sample, made, Change(pieces)), told


def _filled(samples: np.ndarray, at: int, wanted: int, fill: str) -> np.ndarray:
    """``wanted`` frames of which the samples begin at frame ``at``, which may be negative."""
    if fill == "silence":
        return _clips.fitted(samples, wanted, at) if at > 0 else _clips.fitted(samples[:, -at:], wanted)
    own = samples.shape[1]
    made = np.empty((len(samples), wanted), np.float32)
    for start in range(0, wanted, BLOCK):
        part = made[:, start : start + BLOCK]
        places = np.arange(start - at, start - at + part.shape[1]) % (own if fill == "loop" else 2 * own)
        part[:] = samples[:, np.minimum(places, 2 * own - 1 - places) if fill == "reflect" else places]
    return made


def _pieces(at: int, lengths: tuple[int, int], fill: str, rate: int) -> Iterator[Piece]:
    """What of the input is heard where; ``lengths`` are those of the input and the output, in frames."""
    own, wanted = lengths
    before, behind = (0, 1) if fill == "silence" else (math.ceil(at / own), math.ceil((wanted - at) / own))
    for turn in range(-before, behind):
        start = at + turn * own
        low, high = max(start, 0), min(start + own, wanted)
        if fill == "reflect" and turn % 2:
            first, last = start + own - high, start + own - low
            yield Piece(first / rate, last / rate, low / rate, -1.0)
        else:
            yield Piece((low - start) / rate, (high - start) / rate, low / rate)
