"""White noise from a bank that is drawn once a process.

Drawing a number for every sample is most of what noise costs. Here each run of ``RUN`` samples is the sum of two
places of the bank, weighted by the sine and the cosine of a random angle: normal and white again, and from 10^12
pairs of places. Noise is put together run by run, so it takes no memory of its own.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import cache

import numpy as np

SIZE = 1 << 20
RUN = 1 << 15
"""Small enough for a run and its noise to stay in the processor's cache."""


@cache
def normals() -> np.ndarray:
    """Standard normal numbers, float32, the same in every process. Read only."""
    bank = np.random.Generator(np.random.Philox(key=2)).standard_normal(SIZE, dtype=np.float32)
    bank.flags.writeable = False
    return bank


def runs(count: int, chance: random.Random, deviation: float = 1.0) -> Iterator[tuple[slice, np.ndarray]]:
    """``count`` normal numbers in parts: where each goes, and the part, which the next one overwrites."""
    bank, span = normals(), SIZE - RUN
    made, other = np.empty(RUN, np.float32), np.empty(RUN, np.float32)
    for start in range(0, count, RUN):
        size = min(RUN, count - start)
        first = chance.randrange(span)
        second = (first + chance.randrange(1, span)) % span  # never the same place: the sum would not be normal
        angle = chance.uniform(0, 2 * math.pi)
        part = np.multiply(bank[first : first + size], np.float32(deviation * math.cos(angle)), out=made[:size])
        part += np.multiply(bank[second : second + size], np.float32(deviation * math.sin(angle)), out=other[:size])
        yield slice(start, start + size), part


def white(shape: tuple[int, ...], chance: random.Random) -> np.ndarray:
    """A new array of standard normal numbers, float32."""
    field = np.empty(shape, np.float32)
    flat = field.reshape(-1)
    for where, part in runs(flat.size, chance):
        flat[where] = part
    return field


def with_white(samples: np.ndarray, deviation: float, chance: random.Random) -> np.ndarray:
    """Samples with normal noise added, as a new array; ``deviation`` is the noise's standard deviation."""
    made = np.empty(samples.shape, np.float32)
    flat, given = made.reshape(-1), np.ascontiguousarray(samples).reshape(-1)
    for where, part in runs(given.size, chance, deviation):
        np.add(given[where], part, out=flat[where])
    return made
