"""One sound of a folder as it is heard in a soundscape: trimmed, cut, stretched, in a clip's rate and channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from augment.audio.decode import decode
from augment.audio.steps import _clips
from augment.audio.value import Clip
from augment.errors import SampleError
from augment.references import Shelf

CACHE_BYTES = 64 * 2**20
"""Sounds that each worker keeps decoded, in bytes of samples."""

SILENCE = 1e-3
"""What lies below this part of a sound's peak, 60 dB, counts as silence at its ends."""

LEAST_RATE = 1_000
"""Clips below this rate, Hz, are too coarse for the stretching of events, whose library would never end."""


@dataclass(frozen=True, slots=True)
class How:
    """How one event is to be heard.

    Args:
        stretch: How many times as long it becomes.
        pitch: By how many semitones it is shifted.
        duration: How long it may be when heard, s; None for as long as it is.
        fade: Fade where it was cut, s.
        drawn: Where it is cut out of a longer one, from 0 to 1, and the seed of the stretching.
    """

    stretch: float
    pitch: float
    duration: float | None
    fade: float
    drawn: tuple[float, int]


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a sound will be heard in a clip.

    Args:
        samples: (channels, frames) float32, at its own rate.
        rate: Frames a second, Hz.
        frames: How many it will have in the clip.
        fades: Whether it was cut at its start and at its end.
    """

    samples: np.ndarray
    rate: int
    frames: int
    fades: tuple[bool, bool]


def cut(file: Path, clip: Clip, how: How) -> Cut | None:
    """The part of a sound that will be heard, without silence at its ends; None where it is silent.

    Raises SampleError where the file can't be read any more, or is no sound any more.
    """
    sound = SHELF.take(file)
    loudest = float(np.abs(sound.samples).max())
    first, last = _ends(sound.samples, loudest)
    most = clip.seconds if how.duration is None else min(how.duration, clip.seconds)
    length = max(1, min(last - first, round(most / how.stretch * sound.rate)))
    spare = last - first - length
    start = first + min(int(how.drawn[0] * (spare + 1)), spare)
    part = sound.samples[:, start : start + length]
    near, far = _ends(part, loudest)
    if near == far:
        return None
    wanted = max(1, round(max(1, round((far - near) * clip.rate / sound.rate)) * how.stretch))
    frames = min(wanted, clip.samples.shape[1])
    return Cut(part[:, near:far], sound.rate, frames, (start > first, start + length < last or frames < wanted))


def heard(part: Cut, clip: Clip, how: How) -> np.ndarray | None:
    """A part of a sound as it will be added to a clip, but for its loudness: its peak is 1.

    Returns:
        np.ndarray | None: (channels of the clip, frames of the part) float32; None where it is silent.

    Raises:
        SampleError: The clip's rate is too low for stretching.
    """
    samples = part.samples if len(part.samples) == len(clip.samples) else _clips.mono(part.samples)
    frames = max(1, round(samples.shape[1] * clip.rate / part.rate))
    made = _stretched(_clips.resampled(samples, (part.rate, clip.rate), frames), clip, how)
    made = _clips.fitted(made, part.frames).copy()
    _fade(made, part.fades, round(how.fade * clip.rate))
    peak = float(max(made.max(), -made.min()))
    return _clips.in_channels(made / np.float32(peak), len(clip.samples)) if peak > 0 else None


def louder(samples: np.ndarray, decibels: float) -> np.ndarray:
    """Samples made louder by so many dB."""
    return np.asarray(samples * np.float32(10 ** (decibels / 20)))


def _read(file: Path) -> Clip:
    try:
        return decode(file.read_bytes())
    except OSError as error:
        raise SampleError("reference unreadable", f"{file.name}: {error.strerror or error}") from error
    except SampleError as error:
        raise SampleError("reference unreadable", f"{file.name}: {error}") from error


SHELF = Shelf(CACHE_BYTES, _read, lambda clip: clip.nbytes)


def _ends(samples: np.ndarray, loudest: float) -> tuple[int, int]:
    """The first frame that is not silence and the one behind the last; the same where all is."""
    heard = np.flatnonzero(np.abs(samples).max(axis=0) > loudest * SILENCE)
    return (int(heard[0]), int(heard[-1]) + 1) if len(heard) else (0, 0)


def _stretched(samples: np.ndarray, clip: Clip, how: How) -> np.ndarray:
    """Samples longer and higher, by Signalsmith Stretch, in one pass."""
    if how.stretch == 1 and not how.pitch:
        return samples
    if clip.rate < LEAST_RATE:
        raise _clips.failed(clip, "Soundscape", f"stretch and pitch_semitones need {LEAST_RATE} Hz or more")
    import python_stretch

    machine = python_stretch.Signalsmith.Stretch(how.drawn[1])
    machine.preset(len(samples), clip.rate)
    machine.setTimeFactor(1 / how.stretch)
    machine.setTransposeSemitones(how.pitch)
    return np.asarray(machine.process(np.array(samples, np.float32, order="C")))


def _fade(samples: np.ndarray, ends: tuple[bool, bool], frames: int) -> None:
    """Fade in, out, or both, in place, over at most half of the sound each."""
    length = min(frames, samples.shape[1] // 2)
    if length:
        ramp = np.asarray((np.arange(length) + 0.5) / length, np.float32)
        if ends[0]:
            samples[:, :length] *= ramp
        if ends[1]:
            samples[:, -length:] *= ramp[::-1]
