"""Decoded sources that are kept for their next copy, which is drawn in any order: by one process, or by many together.

Processes that are forked share memory: what one of them has decoded, all of them have, also those that are forked
later, for the next epoch. Nothing is ever taken out again: each source is as likely as any other to be wanted next, so
what is there already is worth as much as what would take its place. Where processes are spawned, each keeps its own.

To share a picture takes a third to half of the time in which it is decoded; twice that time on a virtual machine that
has yet to be given the memory; and nobody knows how many epochs will come. So sharing pays its own way: it may take a
small part of the time that decoding takes, and what it has saved. The memory is full after three or four epochs, of
which none is much slower than it would be if nothing were kept. What is sure to be wanted again within an epoch is
shared at once.
"""

from __future__ import annotations

import mmap
import multiprocessing
import os
import pickle
import struct
import time
import weakref
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

PART = 0.08
"""Of the time that values take to be made, so much may go into sharing them before it has saved anything."""

_HEAD = struct.Struct("<16sQQ")  # digest of the key, bytes of the pickle, number of arrays, which 8 bytes each follow
_ALIGNED = 64


class Kept(Generic[Value]):
    """The values of one process that were used last, ``most`` bytes of them, and those that are shared.

    Args:
        most: Bytes that this process keeps for itself; the value that came last is kept in any case.
        shared: What it shares with others.
        sure: How often a value will be wanted again in the same epoch.
    """

    def __init__(self, most: int, shared: Shared | None = None, sure: int = 0) -> None:
        self.most, self.shared, self.sure, self.size = most, shared, sure, 0
        self._own: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._last: tuple[str, Value] | None = None
        self._purse = 0.0  # seconds of processor that sharing may take now
        self._making = 0.0  # seconds that it takes to make a value
        self._rate = 0.0  # seconds that it takes to share a byte

    def get(self, key: str) -> Value | None:
        """What is kept under a key."""
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        if (known := self._own.get(key)) is not None:
            self._own.move_to_end(key)
            return known[0]
        found: Value | None = self.shared.get(key) if self.shared is not None else None
        if found is not None:
            self._purse += self._making
        return found

    def put(self, key: str, value: Value, size: int, again: bool = True, cost: float = 0.0) -> None:
        """Keep a value that was just made.

        Args:
            key: Its name.
            value: What is kept, in any case until the next one comes; nobody may write into it.
            size: Bytes of it.
            again: Whether this process keeps it for longer, where it is not shared.
            cost: Seconds of processor that it took to make: it is shared if that pays.
        """
        self._last = key, value
        if self.shared is not None and size >= BIG:
            self._share(self.shared, key, value, size, cost)
        elif again:
            self._own[key] = value, size
            self.size += size
            while self.size > self.most and self._own:
                self.size -= self._own.popitem(last=False)[1][1]

    def _share(self, shared: Shared, key: str, value: Value, size: int, cost: float) -> None:
        """Share a value if that is sure to pay, or there is time to spend on it."""
        self._making = _followed(self._making, cost)
        self._purse += PART * cost
        price, saving = self._rate * size, self.sure * cost
        pays = 1.5 * price <= saving  # some of what is sure will be asked for while it is written
        if not pays and price > self._purse:
            return
        begun = time.thread_time()  # of this thread alone: others use the machine, too
        if shared.put(key, value, size):
            took = time.thread_time() - begun
            self._rate = _followed(self._rate, took / size)
            self._purse -= 0.0 if pays else took


class Shared:
    """Values in memory that forked processes share: those that were forked when it was there.

    The memory begins with the bytes in use and a table of where each value begins, found by a hash of its key. A
    value is written where nobody looks, then its place is noted, all with a lock that is never waited for: should its
    holder be killed, nothing more is kept. It must not be pickled.

    Args:
        most: Bytes for all of it.
    """

    def __init__(self, most: int) -> None:
        self._file = _file(most)
        self._memory = mmap.mmap(self._file, most)
        if self._file >= 0:
            weakref.finalize(self, os.close, self._file)
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
        at = start
        for part in (memoryview(_HEAD.pack(digest, len(head), len(parts)) + sizes + head), *parts):
            if not self._written(part, at):
                return False
            at += _up(part.nbytes)
        return self._noted(digest, start)

    def _written(self, part: memoryview, at: int) -> bool:
        """Write bytes there, by the file where there is one; False where memory is short."""
        if self._file < 0:
            self._bytes[at : at + part.nbytes] = part
            return True
        try:
            return os.pwrite(self._file, part, at) == part.nbytes
        except OSError:
            return False

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


def _file(size: int) -> int:
    """A file in memory of so many bytes, Linux only; -1: there is none.

    What is written to it by a call takes half the time that it takes through a map, where each page is faulted in and
    cleared first.
    """
    if not hasattr(os, "memfd_create"):
        return -1
    try:
        file = os.memfd_create("augment")
    except OSError:
        return -1
    try:
        os.ftruncate(file, size)
    except OSError:
        os.close(file)
        return -1
    return file


def _followed(mean: float, value: float) -> float:
    """A mean that follows what comes; the first value is the first mean."""
    return mean + (value - mean) / 8 if mean else value


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
