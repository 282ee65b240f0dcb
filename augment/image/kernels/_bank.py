"""A bank of random numbers, drawn once a process, from which noise is cut at random places.

Drawing a number for every pixel of every copy is most of what noise costs. Each run of ``RUN`` pixels takes its
numbers from a place of its own in the bank, and with a random sign, so there are two million runs to choose from.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import numpy as np

SIZE = 1 << 20
RUN = 1 << 16


@cache
def normals() -> np.ndarray:
    """Standard normal numbers, float32, the same in every process. Read only."""
    bank = np.random.Generator(np.random.Philox(key=0)).standard_normal(SIZE, dtype=np.float32)
    bank.flags.writeable = False
    return bank


@cache
def uniforms() -> np.ndarray:
    """Numbers in [0, 1), float32, the same in every process. Read only."""
    bank = np.random.Generator(np.random.Philox(key=1)).random(SIZE, dtype=np.float32)
    bank.flags.writeable = False
    return bank


def runs(bank: np.ndarray, count: int, chance: random.Random) -> Iterator[tuple[slice, np.ndarray, int]]:
    """``count`` numbers, run by run: where they go, the numbers (a view), and a sign (1 or -1) for symmetric ones."""
    span = SIZE - RUN
    for start in range(0, count, RUN):
        stop = min(start + RUN, count)
        place = chance.randrange(2 * span)
        sign = 1 if place < span else -1
        yield slice(start, stop), bank[place % span :][: stop - start], sign


def normal_field(shape: tuple[int, ...], chance: random.Random) -> np.ndarray:
    """A new array of standard normal numbers, float32."""
    field = np.empty(shape, np.float32)
    flat = field.reshape(-1)
    for where, numbers, sign in runs(normals(), flat.size, chance):
        np.multiply(numbers, sign, out=flat[where])
    return field


def uniform_field(shape: tuple[int, ...], chance: random.Random) -> np.ndarray:
    """A new array of numbers in [0, 1), float32."""
    field = np.empty(shape, np.float32)
    flat = field.reshape(-1)
    for where, numbers, _ in runs(uniforms(), flat.size, chance):
        flat[where] = numbers
    return field
