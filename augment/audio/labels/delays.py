"""What library steps do to time and pitch that filter sound: some make all of it come later."""

from __future__ import annotations

import importlib
import math
import warnings
from functools import lru_cache
from typing import Any

import numpy as np
import soundfile
import soxr
from scipy import signal

from augment.audio.labels.timeline import NOTHING, Change, Piece
from augment.audio.labels.use import Use
from augment.audio.peer import audiomentations
from augment.chance import Chance

DIRECT = 0.5
"""The direct sound is the first in an impulse response with at least this part of its highest peak. The highest peak
itself may be a reflection, and another one at each sample rate."""

LEAST = 1e-3
"""A filter that delays sound by less is taken for one that does not, s."""

TAIL = 529
"""Frames at the end that the decoder of MP3 holds back: the delay of its filters."""

FAINT = 1e-4
"""Amplitudes below this are silence."""

PROBE = 0.5
"""Duration of the sounds by which delays are measured, s."""


def pitched(use: Use) -> Change:
    """PitchShift: pitch goes up or down, time stays."""
    return Change(pitch=2.0 ** (use.drawn["num_semitones"] / 12))


def reverberated(use: Use) -> Change:
    """ApplyImpulseResponse: all comes later by the delay of the direct sound, in the channel where it is earliest.

    A mono clip gets the mean of the response's channels, others get its channels in turn.
    """
    return _later(use, response_delay(use.drawn["ir_file_path"], use.before.samples.shape[0], use.rate))


@lru_cache(maxsize=4096)
def response_delay(file: str, channels: int, rate: int) -> float:
    """When the direct sound comes in an impulse response, s.

    Args:
        file: The impulse response.
        channels: Of the clip that it is applied to.
        rate: Of that clip, Hz: at a lower one than its own, the direct sound may lose its edge.
    """
    samples, own = soundfile.read(file, dtype="float32", always_2d=True)
    if channels == 1:
        samples = samples.mean(axis=1, keepdims=True)
    if rate < own:
        samples, own = soxr.resample(samples, own, rate), rate
    return min(map(_direct, samples.T[:channels])) / float(own)


def _direct(response: np.ndarray) -> int:
    """The frame of the direct sound in one channel of an impulse response."""
    loud = np.abs(response)
    return int((loud >= DIRECT * loud.max()).argmax()) if loud.size else 0


def simulated_room(use: Use) -> Change:
    """RoomSimulator: sound travels from the source to the microphone; the filters of pyroomacoustics take time too."""
    constants: Any = importlib.import_module("pyroomacoustics").constants
    source, microphone = ([use.drawn[f"{end}_{axis}"] for axis in "xyz"] for end in ("source", "mic"))
    travel = math.dist(source, microphone) / float(constants.get("c"))
    return _later(use, travel + int(constants.get("frac_delay_length")) // 2 / use.rate)


def compressed(use: Use) -> Change:
    """Mp3Compression: with preserve_delay, sound comes later by what the codec takes; without, it may lose its end.

    fast-mp3-augment does not ask its decoder for the last 529 frames, and leaves silence instead: 66 ms at 8 kHz.
    """
    backend, preserved = use.given("backend"), bool(use.given("preserve_delay"))
    if backend == "fast-mp3-augment" and not preserved:
        return _less_end(use)
    channels = use.before.samples.shape[0]
    frames = codec_delay(
        backend, preserved, use.given("quality"), use.drawn["bitrate"], use.rate, channels if channels == 2 else 1
    )
    return _later(use, frames / use.rate)


def _less_end(use: Use) -> Change:
    """All of it, where it was, but for what is nothing but zeros at the end and was sound before."""
    samples = use.after.samples
    loud = np.flatnonzero(samples[:, -TAIL:].any(axis=0))
    end = max(samples.shape[1] - TAIL, 0) + (int(loud[-1]) + 1 if loud.size else 0)
    gone = use.before.samples[:, end:]
    heard = gone.size > 0 and float(np.abs(gone).max()) > FAINT
    return Change((Piece(0.0, end / use.rate, 0.0),)) if heard else NOTHING


@lru_cache(maxsize=512)
def codec_delay(*codec: Any) -> int:
    """By how many frames an MP3 codec delays sound: that of a noise through it.

    It depends on whether LAME finds room for its own frame of facts, which decoders may take for sound, and on the
    rate at which it works within.

    Args:
        codec: Backend, preserve_delay, quality, bitrate (kbit/s), rate (Hz) and channels.
    """
    backend, preserved, quality, bitrate, rate, channels = codec
    noise = Chance.of(0, "codec", 0).generator().standard_normal(int(PROBE * rate))
    band = signal.butter(4, (300, 1500), "bandpass", fs=rate, output="sos")
    probe = (signal.sosfilt(band, noise) * 0.1).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told when the step is built
        transform = audiomentations.Mp3Compression(
            min_bitrate=bitrate, max_bitrate=bitrate, backend=backend, preserve_delay=preserved, quality=quality, p=1.0
        )
        transform.parameters = {"should_apply": True, "bitrate": bitrate}
        made = np.atleast_2d(transform.apply(np.stack([probe] * channels) if channels > 1 else probe, rate))[0]
    likeness = signal.correlate(made, probe)[len(probe) - 1 :]
    return int(np.abs(likeness).argmax())


def filtered(use: Use) -> Change:
    """LowPassFilter and BandPassFilter: what is left of a click comes later, where phase is not kept."""
    transform = use.step.transform
    if transform.zero_phase:
        return NOTHING
    transform.parameters = {"should_apply": True, **use.drawn}  # our own kernels leave them as they were
    click = np.zeros(int(PROBE * use.rate) + 2, np.float32)
    click[1] = 1.0
    energy = np.square(transform.apply(click, use.rate), dtype=np.float64)
    total = float(energy.sum())
    delay = (float(energy @ np.arange(len(energy))) / total - 1) / use.rate if total > 0 else 0.0
    return _later(use, delay) if delay >= LEAST else NOTHING


def _later(use: Use, seconds: float) -> Change:
    """All of it, later."""
    return Change((Piece(0.0, use.before.seconds, seconds),)) if seconds > 0 else NOTHING
