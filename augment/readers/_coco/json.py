"""A big JSON file item by item: each item of its top-level lists is parsed, and told with its place in bytes.

Only a window of the text is in memory. JSON is as RFC 8259 has it, in UTF-8 with or without a mark; ``NaN`` and the
infinities, which it does not have, become null.
"""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from augment.errors import InputError

BLOCK = 1 << 20
"""Bytes that are read at once; a longer item is read whole."""

CUT = 16
"""A mistake so few characters before the window's end may come of the cut: it is looked at again with more text."""

_AFTER = frozenset(",]} \t\n\r")
"""What may follow a number; behind the window's end it may go on."""

_SPACE = re.compile(r"[ \t\n\r]*")


class Item(NamedTuple):
    """One item of a list, or a whole value (``place`` -1); ``start`` and ``length`` are in bytes of the file.

    Before the items of a list comes one with ``place`` -1 and the value None: an empty list is seen, too.
    """

    key: str
    place: int
    value: Any
    start: int
    length: int


class EnoughError(Exception):
    """The file is longer than was to be read."""


def items(path: Path, lists: frozenset[str], most: int | None = None) -> Iterator[Item]:
    """Go through the object that a file holds: the lists called ``lists`` item by item, all else value by value.

    Args:
        path: The file.
        lists: Keys of the top-level lists that are too big to be held.
        most: Most bytes to be read; EnoughError beyond. None for all.

    Raises:
        InputError: It can't be read or is no JSON object; the message has line and column.
        EnoughError: See ``most``.
    """
    try:
        with path.open("rb") as file:
            yield from _top(_Window(path, file, most), lists)
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror})") from None


def elements(path: Path, most: int | None = None) -> Iterator[Item]:
    """Go through the list that a file holds, item by item; otherwise as ``items``."""
    try:
        with path.open("rb") as file:
            window = _Window(path, file, most)
            yield from _elements(window, "")
            if window.peek():
                raise window.broken(window.at, "expected the end of the file after the last ]")
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror})") from None


def parse(text: bytes) -> Any:
    """One item again, from its bytes. Raises ValueError (also for text that is no UTF-8) or RecursionError."""
    try:
        return _STRICT(text.decode())[0]
    except json.JSONDecodeError:
        raise
    except UnicodeDecodeError:
        raise
    except ValueError:  # a number of more digits than Python takes
        return _LENIENT(text.decode())[0]


def _number(value: str) -> float:
    """An integer of any length as a number; one that is too big for a float is infinite."""
    return float(value)


_STRICT = json.JSONDecoder(parse_constant=lambda constant: None).raw_decode
_LENIENT = json.JSONDecoder(parse_constant=lambda constant: None, parse_int=_number).raw_decode


def _top(window: _Window, lists: frozenset[str]) -> Iterator[Item]:
    window.expect("{", "an object with images, annotations and categories")
    if window.peek() == "}":
        return
    while True:
        if window.peek() != '"':
            raise window.broken(window.at, "expected a key in quotes")
        key, _, _ = window.value()
        window.expect(":", "a colon")
        if key in lists and window.peek() == "[":
            yield from _elements(window, key)
        else:
            yield Item(key, -1, *window.value())
        if window.peek() == "}":
            break
        window.expect(",", "a comma or }")
    window.at += 1
    if window.peek():
        raise window.broken(window.at, "expected the end of the file after the last }")


def _elements(window: _Window, key: str) -> Iterator[Item]:
    window.expect("[", "a list")
    yield Item(key, -1, None, window.offset(window.at), 0)
    if window.peek() == "]":
        window.at += 1
        return
    for place in itertools.count():
        yield Item(key, place, *window.value())
        if window.peek() == "]":
            window.at += 1
            return
        window.expect(",", "a comma or ]")


class _Window:
    """A piece of the file as text, and the place ``at`` in it; grows at its end and is cut at its beginning."""

    def __init__(self, path: Path, file: BinaryIO, most: int | None) -> None:
        self.path, self.file, self.most = path, file, most
        self.text, self.at = "", 0
        self.ended = False
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._mark = (0, 0)
        """A place in the text, and the same place in the file in bytes."""
        self._read = 0
        while not self.text and not self.ended:
            self.more()
        if self.text.startswith("\ufeff"):
            self.at = 1

    def more(self) -> None:
        """Drop what is behind, read more."""
        behind = self.offset(self.at)
        if self.most is not None and self._read >= self.most:
            raise EnoughError
        block = self.file.read(max(BLOCK if self.most is None else self.most, len(self.text) - self.at))
        pending = len(self._decode.getstate()[0])
        self.ended = not block
        try:
            text = self._decode.decode(block, final=self.ended)
        except UnicodeDecodeError as error:
            place = _place(self.path, self._read - pending + error.start)
            raise InputError(f"{place}: not UTF-8 text ({error.reason}); save the file as UTF-8") from None
        self._read += len(block)
        self.text = self.text[self.at :] + text
        self.at = 0
        self._mark = (0, behind)

    def offset(self, at: int) -> int:
        """A place in the text as bytes of the file."""
        place, offset = self._mark
        ascii_only = self.text.isascii()
        between = at - place if ascii_only else len(self.text[place:at].encode()) if at >= place else 0
        if at >= place:
            self._mark = (at, offset + between)
            return offset + between
        return offset - (place - at if ascii_only else len(self.text[at:place].encode()))

    def peek(self) -> str:
        """The next character that is no space, where ``at`` is then; empty at the end of the file."""
        while True:
            match = _SPACE.match(self.text, self.at)
            self.at = match.end() if match else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if self.ended:
                return ""
            self.more()

    def expect(self, mark: str, wanted: str) -> None:
        """Go past a mark. Raises InputError if something else is there."""
        if self.peek() != mark:
            raise self.broken(self.at, f"expected {wanted}")
        self.at += 1

    def value(self) -> tuple[Any, int, int]:
        """Parse and go past one value; with its place in the file and its length, both in bytes."""
        self.peek()
        decode: Callable[[str, int], tuple[Any, int]] = _STRICT
        while True:
            try:
                value, stop = decode(self.text, self.at)
            except json.JSONDecodeError as error:
                cut = error.pos > len(self.text) - CUT or error.msg.startswith("Unterminated")
                if self.ended or not cut:
                    raise self.broken(error.pos, error.msg) from None
            except RecursionError:
                raise self.broken(self.at, "nested too deeply") from None
            except ValueError:  # a number of more digits than Python takes
                decode = _LENIENT
                continue
            else:
                whole = not isinstance(value, int | float) or self.text[stop : stop + 1] in _AFTER
                if whole or self.ended or stop < len(self.text) - CUT:
                    start = self.offset(self.at)
                    self.at = stop
                    return value, start, self.offset(stop) - start
            self.more()

    def broken(self, at: int, what: str) -> InputError:
        """What is wrong at a place in the text."""
        found = self.text[at : at + 20]
        got = f"got {found!r}" if found else "the file ends here"
        return InputError(
            f"{_place(self.path, self.offset(at))}: broken JSON: {what}, {got}; mend or replace the file"
        )


def _place(path: Path, offset: int) -> str:
    """``file:line: column N`` of a byte."""
    line, begin, seen = 1, 0, 0
    with path.open("rb") as file:
        while seen < offset:
            block = file.read(min(BLOCK, offset - seen))
            if not block:
                break
            line += block.count(b"\n")
            last = block.rfind(b"\n")
            begin = seen + last + 1 if last >= 0 else begin
            seen += len(block)
    return f"{path}:{line}: column {offset - begin + 1}"
