"""Lines of a text file with the place where they lie in it, so that a worker can fetch just its own.

Lines end at LF, CR LF or CR. A line that is too long is passed over piece by piece, never held; bytes that are not in
the file's encoding spoil their own line only. Both are told in ``Line.problem``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from augment import encodings
from augment.errors import InputError, SampleError

MOST = 40_000_000
"""Bytes of one line, or of one stretch; UTF-8 of the longest text that a sample may have."""

WIDE = {"utf-16": 2, "utf-32": 4}
"""Encodings in which a line can't be found by its bytes alone -> bytes of a unit."""


@dataclass(slots=True)
class Line:
    """One line.

    Args:
        number: From 1.
        start: Its first byte in the file.
        length: Bytes, its end among them.
        text: With its end as it is; empty where there is a problem.
        problem: What is wrong with it, or empty.
    """

    number: int
    start: int
    length: int
    text: str
    problem: str = ""


def encoding_of(path: Path) -> str:
    """The encoding of a file: by its mark, UTF-8, or a legacy one. Raises InputError if it can't be read.

    A file of which some lines are UTF-8 beyond ASCII and fewer are not is taken for UTF-8 with spoilt lines.
    """
    try:
        with path.open("rb") as file:
            return _encoding(file)
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror}); mend its rights") from None


def _encoding(file: BinaryIO) -> str:
    head = file.read(4)
    for mark, name in encodings.MARKS:
        if head.startswith(mark):
            return name
    file.seek(0)
    good = bad = 0
    gaps = False
    while block := file.readlines(1 << 20):
        if b"".join(block).isascii():
            continue
        for line in block:
            if line.isascii():
                continue
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError:
                bad += 1
                gaps = gaps or encodings.legacy([line]) == "latin-1"
    if bad <= good:
        return "utf-8"
    return "latin-1" if gaps else "cp1252"


def lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines of a file that is open at its beginning; its byte order mark belongs to none.

    Args:
        file: Open for bytes.
        encoding: A codec's name; ``utf-16`` and ``utf-32`` go by the mark.
    """
    name, start = _without_mark(file, encoding)
    number = 0
    for raw, length in _wide(file, name) if name.rpartition("-")[0] in WIDE else _narrow(file):
        number += 1
        if raw is None:
            yield Line(number, start, length, "", f"a line of {length:,} bytes; expected at most {MOST:,}")
        else:
            try:
                yield Line(number, start, length, raw.decode(name))
            except UnicodeDecodeError as error:
                byte = raw[error.start]
                problem = f"not {name} text: byte 0x{byte:02X} at place {error.start + 1} of the line"
                yield Line(number, start, length, "", problem)
        start += length


def read(path: Path, start: int, length: int) -> bytes:
    """A stretch of a file. Raises SampleError if it is not there any more."""
    if not 0 <= length <= MOST or start < 0:
        raise SampleError("unreadable", f"{length:,} bytes at {start:,}: no stretch of a file")
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(start)
            data = file.read(length)
            while len(data) < length and (more := file.read(length - len(data))):
                data += more
    except OSError as error:
        raise SampleError("unreadable", f"{path.name}: {error.strerror}") from error
    if len(data) != length:
        raise SampleError("unreadable", f"{path.name}: it has been cut short since it was listed")
    return data


def _without_mark(file: BinaryIO, encoding: str) -> tuple[str, int]:
    """The codec for what follows the mark, and how long the mark is; the file stands behind it."""
    head = file.read(4)
    name = encoding.lower().replace("_", "-")
    for mark, kind in encodings.MARKS:
        if name.removesuffix("-sig") == kind and head.startswith(mark):
            file.seek(len(mark))
            end = "-be" if mark in (b"\xfe\xff", b"\0\0\xfe\xff") else "-le"
            return (kind + end if kind in WIDE else kind), len(mark)
    file.seek(0)
    return (f"{name}-le" if name in WIDE else name), 0


def _narrow(file: BinaryIO) -> Iterator[tuple[bytes | None, int]]:
    """Lines as bytes, and how many; None for one too long."""
    while raw := file.readline(MOST + 1):
        if len(raw) > MOST and not raw.endswith(b"\n"):
            length = len(raw)
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(MOST)
                length += len(raw)
            yield None, length
        elif b"\r" in raw and b"\r" in raw[:-2].rstrip(b"\r"):
            for part in raw.splitlines(keepends=True):
                yield part, len(part)
        else:
            yield raw, len(raw)


def _wide(file: BinaryIO, name: str) -> Iterator[tuple[bytes | None, int]]:
    """As ``_narrow`` where characters have two bytes or four."""
    unit = WIDE[name.rpartition("-")[0]]
    ends = tuple(char.encode(name) for char in "\n\r")
    kept = b""
    while block := file.read(1 << 16):
        kept += block
        begin = at = 0
        while (at := _next_end(kept, at, unit, ends)) >= 0:
            after = at + unit
            if kept[at:after] == ends[1]:
                if after + unit > len(kept):
                    break  # the LF may be in the next block
                after += unit if kept[after : after + unit] == ends[0] else 0
            yield kept[begin:after], after - begin
            begin = at = after
        kept = kept[begin:]
        if len(kept) > MOST:
            yield None, len(kept)
            kept = b""
    if kept:
        yield kept, len(kept)


def _next_end(data: bytes, start: int, unit: int, ends: tuple[bytes, ...]) -> int:
    """Where the next CR or LF is, at a whole unit; -1 where none is."""
    for place in range(start, len(data) - unit + 1, unit):
        if data[place : place + unit] in ends:
            return place
    return -1
