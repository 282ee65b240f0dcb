"""What a sound is: the audio modality. Importing this imports neither soundfile nor audiomentations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from augment import interrupts
from augment.audio.decode import SUFFIXES, decode, original
from augment.audio.encode import Encoding, encode
from augment.audio.labels.options import Labels
from augment.audio.names import KNOWN
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Description, Finding, Setting, Settled, Step
from augment.errors import SampleError
from augment.sample import Applied, Content, Dataset, Sample
from augment.steps import Makers

__all__ = ["DEFAULT_STEPS", "SUFFIXES", "VERSIONS", "Encoding", "Labels", "decode", "encode", "original"]

STEPS = KNOWN.package
"""The package of our own steps."""

FORMAT = "webdataset"

TEXTUAL = False

BESIDE = False

VERSIONS = ("audiomentations", "librosa", "numpy", "scipy", "soundfile", "soxr")

DEFAULT_STEPS: Sequence[Mapping[str, Any]] = (
    {"Gain": {"min_gain_db": -9, "max_gain_db": 3, "p": 0.5}},
    {"SevenBandParametricEQ": {"min_gain_db": -6, "max_gain_db": 6, "p": 0.5}},
    {"AddGaussianSNR": {"min_snr_db": 15, "max_snr_db": 40, "p": 0.4}},
    {"PolarityInversion": {"p": 0.3}},
)


def names() -> list[str]:
    """All steps, sorted."""
    return KNOWN.names()


def describe(name: str) -> Description:
    """What ``augment describe`` prints. Raises KeyError."""
    from augment.audio import describe as library

    return KNOWN.describe(name, library.describe)


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> Step:
    """A step from its recipe. Raises RecipeError."""
    with interrupts.held():
        from augment.audio import parameters as library
        from augment.audio.own import onto

    return KNOWN.build(name, parameters, setting, Makers(library.build, onto))


def references(step: Step) -> Iterator[Path]:
    """Noises, impulse responses and the like."""
    yield from getattr(step, "files", ())


def diagnose() -> Iterator[Finding]:
    """Whether libsndfile and audiomentations are sound, and what of their extras is there."""
    from augment.audio.diagnose import findings

    return findings()


def settle(value: Any, content: Content, dataset: Dataset, labels: Labels) -> Settled:
    """Events, words and beats within the clip. Raises SampleError where annotations are of pictures."""
    from augment.audio.labels.settle import settle as true_to

    return true_to(value, content, labels)


def objections(step: Step, dataset: Dataset, labels: Labels) -> Iterator[str]:
    """Where words would be lost or turned round that a transcript still has, or sounds moved that no label follows."""
    from augment import own

    yield from own.objections(step, dataset)
    if dataset.transcribed or dataset.timed:
        from augment.audio.labels.objections import objections as found

        yield from found(step, dataset)


def search_space(policy: str) -> Sequence[Mapping[str, Any]]:
    """None is published for sound."""
    return ()


def blend(values: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of clips. Raises SampleError where they differ in length, rate or channels."""
    import numpy as np

    first: Clip = values[0]
    for value in values:
        if value.samples.shape != first.samples.shape or value.rate != first.rate:
            pair = f"{_told(first)} and {_told(value)}"
            raise SampleError("step failed", f"can't blend {pair}; use steps that keep length and rate")
    total = np.zeros(first.samples.shape, np.float32)
    part = np.empty_like(total)
    for value, weight in zip(values, weights, strict=True):
        if weight:
            total += np.multiply(value.samples, np.float32(weight), out=part)
    return Clip(total, first.rate, first.subtype)


def _told(clip: Clip) -> str:
    channels, frames = clip.samples.shape
    return f"{frames:,} frames x {channels} at {clip.rate:,} Hz"


def plain(value: Any) -> tuple[Any, Mapping[str, Any]]:
    """The samples, (channels, frames) float32, and their rate, Hz."""
    clip: Clip = value
    return clip.samples, {"rate": clip.rate}


def taken(value: Any, facts: Mapping[str, Any]) -> Any:
    """A clip from samples, (frames,) or (channels, frames) of floats, and their rate, Hz. Raises SampleError."""
    import numpy as np

    rate = facts.get("rate")
    if isinstance(rate, bool) or not isinstance(rate, int | np.integer) or rate < 1:
        raise SampleError("no sound", f"expected a rate, Hz, as in (samples, 16000), got {rate!r}")
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or value.ndim not in (1, 2) or not value.size:
        told = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise SampleError("no sound", f"expected (frames,) or (channels, frames) of floats, got {told}")
    return Clip(np.ascontiguousarray(np.atleast_2d(value), np.float32), int(rate), "FLOAT")


def identity(value: Any) -> None:
    """Copies are not compared: two draws that come out the same are rare, and finding them out would cost more."""


def apply(sample: Sample, steps: Sequence[tuple[Step, Chance]], labels: Labels) -> tuple[Sample, list[Applied]]:
    """Run the steps that were drawn for one copy, in order; what is written about time follows."""
    from augment.audio import fusion
    from augment.audio.labels.timeline import Timeline, timeline

    if sample.annotations is None:
        sample = replace(sample, annotations=Timeline(None, labels))
    told: list[Applied] = []
    for part in fusion.parts(steps):
        sample, applied = part.apply(sample)
        told += applied
    return replace(sample, annotations=timeline(sample).found), told
