"""Lines of a text file with the place where they lie in it, so that a worker can fetch just its own.

Lines end at LF, CR LF or CR. A line that is too long is passed over piece by piece, never held; bytes that are not in
the file's encoding spoil their own line only. Both are told in ``Line.problem``.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import BinaryIO

from augment import encodings
from augment.errors import InputError, SampleError

MOST = 40_000_000
"""Bytes of one line, or of one stretch; UTF-8 of the longest text that a sample may have."""

WIDE = {"utf-16": 2, "utf-32": 4}
"""Encodings in which a line can't be found by its bytes alone -> bytes of a unit."""

LEGACY = frozenset({"cp1252", "latin-1", "iso8859-1"})
"""Encodings that a file is taken for that is not UTF-8."""

BLOCK = 1 << 20
"""Bytes that are looked at together to tell the encoding."""

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


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

    A file of which some lines are UTF-8 beyond ASCII and fewer are not is taken for UTF-8 with spoilt lines. All of it
    is looked at, 1 GB a second; the answer is kept while the file stays as it is.
    """
    try:
        facts = os.stat(path)
        return _encoding_of(str(path), facts.st_mtime_ns, facts.st_size)
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror}); mend its rights") from None


@lru_cache(256)
def _encoding_of(path: str, changed: int, size: int) -> str:
    with open(path, "rb") as file:
        return encoding_in(file)


def encoding_in(file: BinaryIO) -> str:
    """The encoding of an open file, by what comes from its beginning; see ``encoding_of``."""
    head = file.read(encodings.BEGIN)
    for mark, name in encodings.MARKS:
        if head.startswith(mark):
            return name
    wide = encodings.wide(head)
    if wide:
        return wide
    file.seek(0)
    good, bad, gaps = 0, 0, False
    kept = b""
    while block := file.read(BLOCK):
        whole, end, rest = block.rpartition(b"\n")
        if not end:
            kept = (kept + block)[:MOST]  # of a longer line its beginning tells enough
            continue
        more = _tally(kept + whole)
        good, bad, gaps, kept = good + more[0], bad + more[1], gaps or more[2], rest
    more = _tally(kept)
    good, bad, gaps = good + more[0], bad + more[1], gaps or more[2]
    if bad <= good:
        return "utf-8"
    return "latin-1" if gaps else "cp1252"


def _tally(lines: bytes) -> tuple[int, int, bool]:
    """How many lines beyond ASCII are UTF-8 and how many are not, and whether those have bytes that cp1252 lacks.

    Half a surrogate pair spoils a line of UTF-8, but makes it nothing else.
    """
    if lines.isascii():
        return 0, 0, False
    good = bad = 0
    gaps = False
    for line in lines.splitlines():
        if line.isascii():
            continue
        try:
            line.decode("utf-8", "surrogatepass")
            good += 1
        except UnicodeDecodeError:
            bad += 1
            gaps = gaps or encodings.legacy([line]) == "latin-1"
    return good, bad, gaps


def guess(found: Iterable[str], said: str) -> str:
    """Encodings for a person, with a word on what is a guess: bytes that are not UTF-8 fit most others, all wrong.

    Args:
        found: Of the files.
        said: What the recipe says; ``auto`` where it says nothing.
    """
    about = " (a guess, for it is not UTF-8; where it is another, say input: {encoding: NAME})"
    return ", ".join(f"{one}{about if said == 'auto' and one in LEGACY else ''}" for one in dict.fromkeys(found))


def foreign(text: str, codec: str) -> str:
    """What is wrong with a line that was read in a legacy encoding nobody named, for it is UTF-8; empty if nothing."""
    if codec not in LEGACY or text.isascii():
        return ""
    try:
        text.encode(codec).decode()
    except UnicodeError:
        return ""
    fix = f"save all in one encoding, or say input: {{encoding: {codec}}} to take it as it is"
    return f"UTF-8 in a file whose other lines are {codec}; {fix}"


def lines(file: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines of a file that is open at its beginning; its byte order mark belongs to none.

    Args:
        file: Open for bytes.
        encoding: A codec's name; ``utf-16`` and ``utf-32`` go by the mark.
    """
    name, start = codec(file, encoding)
    return lines_from(file, name, (start, 0))


def lines_from(file: BinaryIO, name: str, place: tuple[int, int]) -> Iterator[Line]:
    """The lines from where a file stands: ``place`` is at which byte, and behind how many lines.

    ``name`` is what ``codec`` gives.
    """
    start, before = place
    for number, (raw, length) in enumerate(pieces(file, name), before + 1):
        if raw is None:
            yield Line(number, start, length, "", too_long(length))
        else:
            try:
                yield Line(number, start, length, raw.decode(name))
            except UnicodeError as error:
                yield Line(number, start, length, "", undecodable(error, name))
        start += length


def too_long(length: int) -> str:
    """What is wrong with a line of so many bytes."""
    return f"a line of {length:,} bytes; expected at most {MOST:,}"


def undecodable(error: UnicodeError, name: str) -> str:
    """What is wrong with a line that is not in the encoding ``name``."""
    if not isinstance(error, UnicodeDecodeError):
        return f"not {name} text: {error}"
    found = error.object[error.start : error.start + 1].hex().upper()
    return f"not {name} text: byte 0x{found} at place {error.start + 1} of the line"


def read(path: Path | str, start: int, length: int) -> bytes:
    """A stretch of a file, 5 µs. Raises SampleError if it is not there any more."""
    if not 0 <= length <= MOST or start < 0:
        raise SampleError("unreadable", f"{length:,} bytes at {start:,}: no stretch of a file")
    try:
        opened = os.open(path, _FLAGS)
        try:
            os.lseek(opened, start, os.SEEK_SET)
            data = os.read(opened, length)
            while len(data) < length and (more := os.read(opened, length - len(data))):
                data += more
        finally:
            os.close(opened)
    except (OSError, ValueError, OverflowError) as error:
        told = getattr(error, "strerror", None) or str(error)
        raise SampleError("unreadable", f"{os.path.basename(path)}: {told}") from None
    if len(data) != length:
        raise SampleError("unreadable", f"{os.path.basename(path)}: it has been cut short since it was listed")
    return data


def codec(file: BinaryIO, encoding: str) -> tuple[str, int]:
    """The codec for what follows the byte order mark, and how long the mark is; the file then stands behind it."""
    head = file.read(4)
    name = codecs.lookup(encoding).name.removesuffix("-sig")
    for mark, kind in encodings.MARKS:
        if name in (kind, f"{kind}-le", f"{kind}-be") and head.startswith(mark):
            file.seek(len(mark))
            end = "-be" if mark in (codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE) else "-le"
            return (kind + end if kind in WIDE else kind), len(mark)
    file.seek(0)
    return (f"{name}-le" if name in WIDE else name), 0


def pieces(file: BinaryIO, name: str) -> Iterator[tuple[bytes | None, int]]:
    """Lines as bytes, and how many; None for one too long. ``name`` is what ``codec`` gives."""
    return _wide(file, name) if name[:-3] in WIDE else _narrow(file)


def _narrow(file: BinaryIO) -> Iterator[tuple[bytes | None, int]]:
    for raw in iter(partial(file.readline, MOST + 1), b""):
        length = len(raw)
        first = raw.find(b"\r")
        if length > MOST and (cut := raw.rfind(b"\r", 0, -2 if raw[-2:] == b"\r\n" else -1)) < 0:
            yield None, length + _rest(file, raw[-1:])
        elif first < 0 or first == length - 1 or (first == length - 2 and raw[-1:] == b"\n"):
            yield raw, length
        else:
            if length > MOST:  # what comes after the last whole line is read again
                file.seek(cut + 1 - length, os.SEEK_CUR)
                raw = raw[: cut + 1]
            for part in raw.splitlines(keepends=True):
                yield part, len(part)


def _rest(file: BinaryIO, last: bytes) -> int:
    """Go to the end of a line that is not held; how many bytes that is. ``last`` is the byte before."""
    passed = 0
    while last != b"\n" and (block := file.readline(BLOCK)):
        back = block.find(b"\r")
        ended = last == b"\r"
        if ended or back >= 0:
            stop = 0 if ended else back + 1
            stop += block[stop : stop + 1] == b"\n"
            if ended or stop < len(block) or block[-1:] == b"\n":
                file.seek(stop - len(block), os.SEEK_CUR)
                return passed + stop
        passed += len(block)
        last = block[-1:]
    return passed


def _wide(file: BinaryIO, name: str) -> Iterator[tuple[bytes | None, int]]:
    """As ``_narrow`` where characters have two bytes or four."""
    unit = WIDE[name[:-3]]
    feed, back = (char.encode(name) for char in "\n\r")
    kept, lost = b"", 0
    while block := file.read(BLOCK):
        kept += block
        begin = 0
        while (at := _next_end(kept, begin, unit, (feed, back))) >= 0:
            after = at + unit
            if kept[at:after] == back:
                if after + unit > len(kept):
                    break  # the LF may be in the next block
                after += unit if kept[after : after + unit] == feed else 0
            length = lost + after - begin
            yield (None if lost or length > MOST else kept[begin:after]), length
            begin, lost = after, 0
        kept = kept[begin:]
        if len(kept) > MOST + 2 * unit:
            cut = len(kept) - len(kept) % unit - unit  # its last unit may be a CR
            kept, lost = kept[cut:], lost + cut
    if kept or lost:
        yield (None if lost or len(kept) > MOST else kept), lost + len(kept)


def _next_end(data: bytes, start: int, unit: int, ends: tuple[bytes, ...]) -> int:
    """Where the next CR or LF is, at a whole unit from ``start``; -1 where none is."""
    found = len(data)
    for end in ends:
        place = data.find(end, start, found)
        while place >= 0 and (place - start) % unit:
            place = data.find(end, place + 1, found)
        found = place if place >= 0 else found
    return found if found < len(data) else -1
