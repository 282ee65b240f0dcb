"""What steps share that silence stretches of time: joined, taken out with short fades, and told to labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.audio.labels.timeline import NOTHING, Change, Piece
from augment.audio.steps import _clips
from augment.audio.value import Clip

FADE_SECONDS = 0.005
"""How long a mask of time takes to close and to open, within it."""


def merged(parts: list[Any]) -> list[Any]:
    """Parts (from, to) sorted, those that overlap as one."""
    found: list[Any] = []
    for low, high in sorted(parts):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def without_times(
    channel: np.ndarray, gone: list[tuple[int, int]], fade: int, noise: np.random.Generator | None
) -> None:
    """Take stretches of time out of a channel, (frames,), in place."""
    level = ratio(channel, np.ones(1, np.float32))
    for start, stop in gone:
        length = min(fade, (stop - start) // 2)
        down = np.asarray(0.5 + 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(length, 1)), np.float32)
        shape = np.zeros(stop - start, np.float32)
        shape[:length] = down
        shape[len(shape) - length :] = down[::-1]
        channel[start:stop] *= shape
        if noise is not None:
            channel[start:stop] += noise.standard_normal(stop - start, np.float32) * (1 - shape) * np.float32(level)


def ratio(one: np.ndarray, other: np.ndarray) -> float:
    """How many times the amplitude of another one is; 0 where that is silent."""
    below = _clips.power(other[None])
    return float(np.sqrt(_clips.power(one[None]) / below)) if below > 0 else 0.0


def left(gone: list[tuple[int, int]], fade: int, clip: Clip) -> Change:
    """What is still heard, where it was. A mask counts from the middle of its fade on, where half is heard."""
    if not gone:
        return NOTHING
    closed = ((start + near, stop - near) for start, stop in gone for near in [min(fade, (stop - start) // 2) // 2])
    edges = [0, *(edge for part in closed for edge in part), clip.samples.shape[1]]
    parts = zip(edges[::2], edges[1::2], strict=True)
    return Change(
        tuple(Piece(low / clip.rate, high / clip.rate, low / clip.rate) for low, high in parts if high > low)
    )
