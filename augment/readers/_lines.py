"""Lines of a table of any size, with the bytes at which they lie: what is listed can be found again and read alone."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Lines:
    """The lines of a file as text, one by one; ``offset`` and ``count`` are the bytes and lines taken so far."""

    def __init__(self, file: Iterable[bytes], encoding: str, offset: int = 0, count: int = 0) -> None:
        self.offset, self.count = offset, count
        self._codec = "utf-8" if codecs.lookup(encoding).name == "utf-8-sig" else encoding
        self._lines = self._taken(file)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def _taken(self, file: Iterable[bytes]) -> Iterator[str]:
        for line in file:
            pieces = line.splitlines(keepends=True) if b"\r" in line else (line,)
            for piece in pieces:
                if not self.offset and self._codec == "utf-8":
                    text = piece.removeprefix(codecs.BOM_UTF8).decode()
                else:
                    text = piece.decode(self._codec)
                self.offset += len(piece)
                self.count += 1
                yield text


class Spot(NamedTuple):
    """Rows that stand together: the line before them, and the bytes at which they begin and end."""

    before: int
    start: int
    stop: int
