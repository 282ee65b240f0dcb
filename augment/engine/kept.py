"""Decoded sources that are kept for their next copy, which is drawn in any order: by one process, or by many together.

Processes that are forked share memory: what one of them has decoded, all of them have, also those that are forked
later, for the next epoch. Nothing is ever taken out again: each source is as likely as any other to be wanted next, so
what is there already is worth as much as what would take its place. Where processes are spawned, each keeps its own.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import struct
from collections import OrderedDict
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

Value = TypeVar("Value")

MOST_SHARED = 2**30
"""Bytes of address space for what processes share; memory is taken as it fills, a quarter of the machine's at most."""

BIG = 2**16
"""Bytes of a value from which on it is shared: getting it takes 15 us, and what it has worked out is not in it."""

PLACES = 2**17
"""Values that the table of what is shared can hold."""

PROBES = 8
"""Places that are looked at for one value, one after the other."""

_HEAD = struct.Struct("<16sQQ")  # digest of the key, bytes of the pickle, number of arrays, which 8 bytes each follow
_ALIGNED = 64


class Kept(Generic[Value]):
    """The values of one process that were used last, ``most`` bytes of them, and those that are shared.

    Args:
        most: Bytes that this process keeps for itself; the value that came last is kept in any case.
        shared: What it shares with others.
    """

    def __init__(self, most: int, shared: Shared | None = None) -> None:
        self.most, self.shared, self.size = most, shared, 0
        self._own: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._last: tuple[str, Value] | None = None

    def get(self, key: str) -> Value | None:
        """What is kept under a key."""
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        if (known := self._own.get(key)) is not None:
            self._own.move_to_end(key)
            return known[0]
        return self.shared.get(key) if self.shared is not None else None

    def put(self, key: str, value: Value, size: int, again: bool = True) -> None:
        """Keep a value of so many bytes, which nobody may write into; only for the next moment if not ``again``."""
        self._last = key, value
        if not again:
            return
        if self.shared is not None and size >= BIG:
            self.shared.put(key, value, size)
            return
        self._own[key] = value, size
        self.size += size
        while self.size > self.most and self._own:
            self.size -= self._own.popitem(last=False)[1][1]


class Shared:
    """Values in memory that forked processes share: those that were forked when it was there.

    The memory begins with the bytes in use and a table of where each value begins, found by a hash of its key. A
    value is written where nobody looks, then its place is noted, all with a lock that is never waited for: should its
    holder be killed, nothing more is kept. It must not be pickled.

    Args:
        most: Bytes for all of it.
    """

    def __init__(self, most: int) -> None:
        self._memory = mmap.mmap(-1, most)
        self._table = np.frombuffer(self._memory, np.int64, 1 + PLACES)
        self._bytes = memoryview(self._memory)
        self._lock = multiprocessing.get_context("fork").Lock()
        self._table[0] = _up(self._table.nbytes)

    def get(self, key: str) -> Any:
        """What is shared under a key, its arrays lying in the memory itself; None where there is nothing."""
        digest = _digest(key)
        for place in _places(digest):
            if not (start := int(self._table[place])):
                return None
            found, length, count = _HEAD.unpack_from(self._bytes, start)
            if found == digest:
                return self._value(start + _HEAD.size, length, count)
        return None

    def put(self, key: str, value: Any, size: int = 0) -> bool:
        """Share a value of ``size`` bytes or more; False where there is no room, or another process is at it just now.

        False, too, where it can't be pickled.
        """
        if int(self._table[0]) + size > len(self._bytes):
            return False
        digest = _digest(key)
        arrays: list[pickle.PickleBuffer] = []
        try:
            head = pickle.dumps(value, 5, buffer_callback=arrays.append)
        except (pickle.PicklingError, TypeError, AttributeError):
            return False
        parts = [array.raw() for array in arrays]
        sizes = struct.pack(f"<{len(parts)}Q", *(part.nbytes for part in parts))
        begun = _up(_HEAD.size + len(sizes) + len(head))
        start = self._taken(begun + sum(_up(part.nbytes) for part in parts))
        if not start:
            return False
        told = _HEAD.pack(digest, len(head), len(parts)) + sizes + head
        self._bytes[start : start + len(told)] = told
        at = start + begun
        for part in parts:
            self._bytes[at : at + part.nbytes] = part
            at += _up(part.nbytes)
        return self._noted(digest, start)

    def _value(self, at: int, length: int, count: int) -> Any:
        sizes = struct.unpack_from(f"<{count}Q", self._bytes, at)
        at += 8 * count
        head = self._bytes[at : at + length]
        at = _up(at + length)
        arrays = []
        for size in sizes:
            arrays.append(self._bytes[at : at + size])
            at += _up(size)
        return pickle.loads(head, buffers=arrays)  # noqa: S301 - a process of ours wrote it

    def _taken(self, size: int) -> int:
        """Where so many bytes are ours to write; 0 where there is no room."""
        if not self._lock.acquire(block=False):
            return 0
        try:
            start = int(self._table[0])
            if start + size > len(self._bytes):
                return 0
            self._table[0] = start + size
            return start
        finally:
            self._lock.release()

    def _noted(self, digest: bytes, start: int) -> bool:
        """Have others find a value that now stands there."""
        if not self._lock.acquire(block=False):
            return False
        try:
            place = next((place for place in _places(digest) if not self._table[place]), None)
            if place is not None:
                self._table[place] = start
            return place is not None
        finally:
            self._lock.release()


def shared() -> Shared | None:
    """New memory to share; None where processes can't be forked, or there is none to be had."""
    if "fork" not in multiprocessing.get_all_start_methods():
        return None
    most = min(MOST_SHARED, _memory() // 4)
    try:
        return Shared(most) if most > 16 * PLACES else None
    except OSError:
        return None


def _memory() -> int:
    """Bytes of memory that the machine has, or its container where that has less (Linux, cgroup v2)."""
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(there, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no such file, or "max"
        return there


def _digest(key: str) -> bytes:
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _places(digest: bytes) -> Iterator[int]:
    """The places of the table where it may be noted, in order."""
    first = int.from_bytes(digest[:8], "little")
    return (1 + (first + turn) % PLACES for turn in range(PROBES))


def _up(size: int) -> int:
    """The next multiple of _ALIGNED."""
    return -(-size // _ALIGNED) * _ALIGNED
