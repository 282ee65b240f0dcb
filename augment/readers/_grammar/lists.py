"""A file of choices, one a line as it is, with a weight behind a tab where there is one."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from augment import encodings
from augment.errors import SampleError
from augment.readers import _files

LARGEST = 100_000_000
"""Most bytes of a list."""


@dataclass(frozen=True)
class Listed:
    """The lines of a list. ``sums`` are their weights added up; empty where all weigh the same."""

    texts: tuple[str, ...]
    sums: tuple[float, ...]
    digest: str

    @property
    def size(self) -> int:
        """See Values."""
        return len(self.texts)

    def at(self, index: int) -> str:
        """See Values."""
        return self.texts[index]

    def pick(self, u: float) -> str:
        """See Values."""
        last = len(self.texts) - 1
        if self.sums:
            return self.texts[bisect_right(self.sums, u * self.sums[-1], 0, last)]
        return self.texts[min(int(u * len(self.texts)), last)]


def load(path: Path) -> Listed:
    """Read a list. Raises ValueError with what was expected, for a person."""
    try:
        data = _files.read(str(path))
    except SampleError as error:
        detail = "there is none" if error.reason == "missing" else f"{error.reason}: {error.detail}"
        raise ValueError(f"a file of choices, one a line, but {path}: {detail}") from None
    if len(data) > LARGEST:
        raise ValueError(f"a list of at most {LARGEST:,} bytes, but {path} has {len(data):,}")
    try:
        text = encodings.decode(data).removeprefix("\ufeff")
    except UnicodeError as error:
        raise ValueError(f"a file of text, but {path}: {error}") from None
    if "\0" in text:
        raise ValueError(f"a file of text, but {path} has a NUL character in it; is it a binary file?")
    texts: list[str] = []
    weights: list[float] = []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        choice, tab, weight = line.rpartition("\t")
        choice = (choice if tab else line).strip()
        heavy = _weight(weight) if tab and choice else 1.0
        if heavy < 0:
            raise ValueError(f"a weight of 0 or more behind the tab, but {path}:{number} has {weight[:40]!r}")
        if choice and heavy > 0:
            texts.append(choice)
            weights.append(heavy)
    if not texts:
        raise ValueError(f"a file of choices, one a line, but {path} has none")
    sums = () if len(set(weights)) == 1 else tuple(accumulate(weights))
    return Listed(tuple(texts), sums, hashlib.blake2b(data, digest_size=16).hexdigest())


def _weight(text: str) -> float:
    """A weight; -1 for what is none."""
    try:
        weight = float(text)
    except ValueError:
        return -1.0
    return weight if math.isfinite(weight) and weight <= 1e9 else -1.0
