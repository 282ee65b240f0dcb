"""MixClips: adds another clip of the same split at a drawn SNR; events of both stay, classes become soft.

    audio: [{MixClips: {snr_db: [0, 20], p: 0.3}}]

The weight of a class is its share of the amplitude, as between-class learning has it (Tokozume et al., "Learning from
Between-class Examples for Deep Sound Recognition", ICLR 2018, equation 2): 1 / (1 + 10^(-SNR / 20)) for the own one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pydantic

from augment.annotations import Annotations, Event, Weights, mixture
from augment.audio.labels.timeline import NOTHING, Change, Piece, follow, timeline
from augment.audio.steps import _clips
from augment.audio.steps._options import Range, ordered
from augment.audio.value import Clip
from augment.chance import Chance
from augment.errors import SampleError
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = (
    "Classes become soft, by the amplitudes; events of the other clip come along. Two who speak at once have no one"
    " transcript: the clip keeps its own, and then takes no words from the other."
)
DOCS = "https://arxiv.org/abs/1711.10282"


class Options(_Base):
    """How loud the other clip is, and what becomes of labels."""

    snr_db: Range = pydantic.Field(
        (0.0, 20.0), description="Power of this clip over that of what is heard of the other, dB, drawn."
    )
    balanced: pydantic.StrictBool = pydantic.Field(False, description="Draw partners of each class equally often.")
    labels: Literal["both", "own"] = pydantic.Field("both", description="Whether the other clip's labels count too.")

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        ordered("snr_db", self.snr_db, -100, 100)
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The sum of both, as long, as fast and in as many channels as this clip. Raises SampleError.

    A longer partner is heard in part, from a drawn place on; a shorter one from a drawn moment on. Where one of both
    is silent there is no SNR, and the clip stays as it is.
    """
    clip = _clips.taken(sample, "MixClips")
    if sample.partners is None:
        raise SampleError("no partner", "this step mixes samples, and here there is only one")
    (other,) = sample.partners(chance.child("partner"), 1, options.balanced)
    low, high = options.snr_db
    snr = low + (high - low) * chance.child("snr").uniform()
    heard, piece = _part(clip, _clips.taken(other, "MixClips"), chance.child("place").uniform())
    own, theirs = _clips.power(clip.samples), _clips.power(heard)
    told: dict[str, Any] = {"snr_db": snr, "partner": other.key, "start": piece.start, "at": piece.at}
    if own <= 0 or theirs <= 0:
        return sample, {**told, "applied": False}
    at = round(piece.at * clip.rate)
    gain = math.sqrt(own / theirs) * 10 ** (-snr / 20)
    samples = clip.samples.copy()
    with np.errstate(over="ignore", invalid="ignore"):  # becomes infinity or NaN, which are found
        samples[:, at : at + heard.shape[1]] += heard * np.float32(gain)
    made = follow(sample, _clips.given(samples, clip, "MixClips"), NOTHING)
    return (made if options.labels == "own" else _both(made, other, Change((piece,)), snr)), told


def _part(clip: Clip, other: Clip, place: float) -> tuple[np.ndarray, Piece]:
    """What of another clip is heard, in this one's rate and channels, and which piece of time that is."""
    own = clip.samples.shape[1]
    most = max(1, math.ceil(own * other.rate / clip.rate))
    spare = max(0, other.samples.shape[1] - most)
    start = min(int(place * (spare + 1)), spare)
    part = other.samples[:, start : start + most]
    frames = min(own, max(1, round(part.shape[1] * clip.rate / other.rate)))
    heard = _clips.resampled(_fewer(part, len(clip.samples)), (other.rate, clip.rate), frames)
    room = own - frames
    at = min(int(place * (room + 1)), room)
    first, length = start / other.rate, min(part.shape[1] / other.rate, frames / clip.rate)
    return _clips.in_channels(heard, len(clip.samples)), Piece(first, first + length, at / clip.rate)


def _fewer(samples: np.ndarray, count: int) -> np.ndarray:
    """As many channels as are needed to make ``count`` of them, which may be one."""
    return samples if len(samples) == count else _clips.mono(samples)


def _both(sample: Sample, other: Sample, change: Change, snr: float) -> Sample:
    """The mixture with the labels of both."""
    shares = (sample, 1 / (1 + 10 ** (-snr / 20))), (other, 1 / (1 + 10 ** (snr / 20)))
    classes = mixture((_classes(one), share) for one, share in shares)
    whole = timeline(sample)
    moved = timeline(follow(replace(other, notes={}), sample.value, change)).found
    if whole.found is None and moved is None and len(classes) < 2:
        return sample
    found = whole.found or Annotations(duration=sample.value.seconds)
    spoken = found.transcript is not None
    more = [event for event in moved.events if not (spoken and event.tier == "word")] if moved is not None else []
    events = tuple(sorted([*found.events, *more], key=_onset))
    found = replace(found, events=events, classes=classes if len(classes) > 1 else {})
    label = max(classes, key=lambda name: (classes[name], name == sample.label)) if classes else sample.label
    return replace(sample, label=label, annotations=replace(whole, found=found))


def _onset(event: Event) -> float:
    return event.onset


def _classes(sample: Sample) -> Weights:
    """A clip's classes."""
    known = timeline(sample).found
    own = known.classes if known is not None else {}
    return list(own.items()) or ([] if sample.label is None else [(sample.label, 1.0)])
