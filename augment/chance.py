"""All randomness. A draw is a function of (seed, source key, copy, step) and of nothing else.

Each node of that path is a BLAKE2b digest of its parent's digest and its own name, so any draw can be made alone, in
any order, in any process. Generators are Philox, counter-based (Salmon et al., "Parallel random numbers: as easy as 1,
2, 3", SC 2011).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import count
from struct import Struct, unpack
from typing import Any

import numpy as np


class _Key(np.random.bit_generator.ISeedSequence):
    """Philox's 128-bit key as a seed sequence. ``Philox(key=…)`` does the same, but first asks for entropy."""

    def __init__(self, key: bytes) -> None:
        self._words = np.frombuffer(key, "<u8").astype(np.uint64)

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> np.ndarray:
        """The key, whatever is asked for; Philox asks for two words of 64 bits."""
        return self._words


class Draws:
    """A generator with ``random()`` only, for small values: it takes a fifteenth of the time of ``random.Random``."""

    __slots__ = ("random",)

    def __init__(self, draw: Callable[[], float]) -> None:
        self.random = draw
        """The next number in [0, 1), with 32 random bits."""


_UNIT = 2.0**-32
_FIRST = Struct("<8x6I").unpack  # not those that ``uniform`` has, with which it was drawn whether a step fires
_WORDS = Struct("<16I").unpack
_GIVEN, _KEPT = 8, 24
"""Bytes of a digest before those that ``drawing`` begins with, and how many those are."""
_ZERO = bytes(8)
_CODES = {4: "I", 2: "H"}
_CUTS: dict[int, tuple[Callable[[bytes], tuple[int, ...]], ...]] = {
    4: (_FIRST, Struct("<8x22I").unpack),
    2: (Struct("<8x12H").unpack, Struct("<8x44H").unpack),
}
"""Octets of a number -> what cuts a digest into numbers, and one with 64 more octets behind it."""


def _numbers(key: bytes) -> Iterator[float]:
    """Those that the key has in it, then sixteen a digest, without end; nothing is worked out before it is needed."""
    first, second, third, fourth, fifth, sixth = _FIRST(key)
    yield first * _UNIT  # one by one: in half the time that a loop over six takes
    yield second * _UNIT
    yield third * _UNIT
    yield fourth * _UNIT
    yield fifth * _UNIT
    yield sixth * _UNIT
    for number in count():
        for word in _WORDS(blake2b(number.to_bytes(8, "little"), key=key, digest_size=64).digest()):
            yield word * _UNIT


class Chance:
    """A place in the tree of draws. Asking twice gives the same answer; ``child`` names the next place."""

    __slots__ = ("_digest",)

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    @classmethod
    def of(cls, seed: int, key: str, copy: int) -> Chance:
        """The root of one output's draws."""
        return cls(blake2b(f"{seed}\0{key}\0{copy}".encode("utf-8", "surrogatepass"), digest_size=32).digest())

    def child(self, name: str) -> Chance:
        """The place called ``name`` below this one; siblings are independent."""
        return Chance(blake2b(name.encode(), key=self._digest, digest_size=32).digest())

    def uniform(self) -> float:
        """One number in [0, 1), with 53 random bits; the same one each time."""
        return (int.from_bytes(self._digest[:8], "little") >> 11) * 2.0**-53

    def generator(self) -> np.random.Generator:
        """A NumPy generator that starts here."""
        return np.random.Generator(np.random.Philox(_Key(self._digest[8:24])))  # type: ignore[arg-type]

    def python(self) -> random.Random:
        """A generator of the standard library that starts here, independent of ``generator``."""
        return random.Random(int.from_bytes(self._digest[24:], "little"))  # noqa: S311 - not for secrets

    def drawing(self) -> Callable[[], float]:
        """The quickest generator that starts here: each call gives the next number in [0, 1), with 32 random bits.

        A place draws from this or from another; ``draws`` has the same numbers.
        """
        return _numbers(self._digest).__next__

    def octets(self, count: int) -> bytes:
        """``count`` random bytes or more, all at once: those that ``drawing`` is made of, in a tenth of the time."""
        key = self._digest
        if count <= _KEPT:
            return key[_GIVEN:]
        if count <= _KEPT + 64:
            return key[_GIVEN:] + blake2b(_ZERO, key=key, digest_size=64).digest()
        more = range((count - _KEPT + 63) // 64)
        return key[_GIVEN:] + b"".join(
            [blake2b(number.to_bytes(8, "little"), key=key, digest_size=64).digest() for number in more]
        )

    def numbers(self, count: int, octets: int = 4) -> tuple[int, ...]:
        """``count`` numbers of so many ``octets``, 4 or 2, or more numbers, all at once.

        Those of 4 are those of ``drawing``, times 2**32. Who asks again for more gets the same and then others.
        """
        key = self._digest
        few, many = _CUTS[octets]
        if count * octets <= _KEPT:
            return few(key)
        if count * octets <= _KEPT + 64:
            return many(key + blake2b(_ZERO, key=key, digest_size=64).digest())
        found = self.octets(count * octets)
        return unpack(f"<{len(found) // octets}{_CODES[octets]}", found)

    def draws(self) -> Draws:
        """``drawing`` as the ``random()`` of an object."""
        return Draws(self.drawing())


def order_hash(seed: int, key: str) -> int:
    """Where a source stands in the seeded order: 64 bits that do not depend on what else is listed."""
    return int.from_bytes(blake2b(f"{seed}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
