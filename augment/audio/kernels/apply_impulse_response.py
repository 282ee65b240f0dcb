"""ApplyImpulseResponse: responses are decoded and transformed once a process, clips in single precision, in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.kernels import _sounds
from augment.audio.kernels._convolution import Response, convolved
from augment.audio.kernels._draws import Draws
from augment.audio.kernels._resampling import resampled

TOLERANCE = 1e-5


def apply(transform: Any, samples: np.ndarray, rate: int, draws: Draws) -> tuple[np.ndarray, dict[str, Any]]:
    """Put it into a room."""
    path = draws.python.choice(transform.ir_files)
    channels, frames = samples.shape
    responses = _responses(path, rate, channels == 1, frames)
    longest = frames if transform.leave_length_unchanged else frames + responses[0].taps - 1
    made = np.empty((channels, longest), np.float32)
    peak = 0.0
    for number, (channel, into) in enumerate(zip(samples, made, strict=True)):
        for start, part in convolved(channel, responses[number % len(responses)]):
            peak = max(peak, float(part.max()), -float(part.min()))
            into[start : start + len(part)] = part[: max(0, longest - start)]
    if peak > 0:
        made *= np.float32(0.5 / peak)
    return made, {"ir_file_path": path}


def _responses(path: str, rate: int, mono: bool, frames: int) -> list[Response]:
    """One response a channel of the file, for clips of so many frames."""

    def made() -> list[Response]:
        found = _sounds.read(path)
        own = _sounds.header(path)[0]
        parts = np.atleast_2d(found.T)
        if mono and len(parts) > 1:
            parts = np.mean(parts, axis=0)[None]
        return [Response.of(part, frames) for part in resampled(np.ascontiguousarray(parts), own, rate)]

    def size(found: list[Response]) -> int:
        return sum(int(one.spectrum.nbytes) for one in found)

    responses: list[Response] = _sounds.store().get(("response", *_sounds.stamp(path), rate, mono, frames), made, size)
    return responses
