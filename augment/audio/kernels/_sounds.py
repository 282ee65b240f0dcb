"""Sounds beside the recipe, decoded once a process as far as they fit into a bounded store.

Whether a sound is read whole or in parts depends on its size alone, never on what is in the store: a part of a lossy
file may come out differently from the whole.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import numpy as np
import soundfile

WHOLE = 1 << 21
"""Sounds of more samples than this, over all channels, are read in parts."""

ROOM = 32 << 20
"""Bytes that the store may hold."""


class Store:
    """Arrays by name; those that were not asked for the longest go first."""

    def __init__(self, room: int = ROOM) -> None:
        self.room, self.taken = room, 0
        self.held: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def get(self, name: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """What is held under the name, or made now; it must not be written into."""
        if name in self.held:
            self.held.move_to_end(name)
            return self.held[name][0]
        made = make()
        taken = size(made)
        if taken <= self.room // 2:
            self.held[name] = (made, taken)
            self.taken += taken
        while self.taken > self.room:
            self.taken -= self.held.popitem(last=False)[1][1]
        return made


@cache
def store() -> Store:
    """The one of this process."""
    return Store()


def stamp(path: str) -> tuple[str, int, int]:
    """A file as it is now. Raises OSError where it is gone."""
    found = os.stat(path)
    return path, found.st_size, found.st_mtime_ns


@cache
def _header(stamped: tuple[str, int, int]) -> tuple[int, int, int]:
    head = soundfile.info(stamped[0])
    return int(head.samplerate), int(head.frames), int(head.channels)


def header(path: str) -> tuple[int, int, int]:
    """Sample rate (Hz), frames and channels."""
    return _header(stamp(path))


def part(path: str, start: int, frames: int) -> np.ndarray:
    """So many frames, or what there is of them, mixed to (frames,) float32. Read only."""
    _, length, channels = header(path)
    if length * channels > WHOLE:
        with soundfile.SoundFile(path) as file:
            file.seek(start)
            return _mono(file.read(frames, dtype="float32"))
    whole: np.ndarray = store().get(("mono", *stamp(path)), lambda: _mono(read(path)), lambda made: int(made.nbytes))
    return whole[start : start + frames]


def read(path: str) -> np.ndarray:
    """All of a sound: (frames,) or (frames, channels) float32."""
    return np.asarray(soundfile.read(path, dtype="float32")[0])


def _mono(samples: np.ndarray) -> np.ndarray:
    mixed = samples if samples.ndim == 1 else np.mean(samples.T, axis=0)
    mixed.flags.writeable = False
    return np.asarray(mixed)
