"""Rows of a CSV with the stretch of the file that each is; csv.reader pulls line by line, so that is known.

A bad row costs itself and no other. Where a quote is opened and never closed, all after it would be one cell: only
where there is no further quote in those lines is it certain that each of them is a row of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from augment.errors import InputError
from augment.readers import _stretches


class Row(NamedTuple):
    """One row: its first line, its stretch, its cells or what is wrong with it."""

    line: int
    start: int
    length: int
    cells: list[str] | str


def rows(path: str, file: BinaryIO, encoding: str, reading: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a table, the header among them; empty lines are none.

    Args:
        path: For messages.
        file: Open at its beginning; must seek.
        encoding: Its codec.
        reading: Arguments of csv.reader.

    Raises:
        InputError: A quote is opened and never closed, and it is not certain what comes after.
    """
    feed = _Feed(file, encoding, reading)
    reader = csv.reader(feed, **reading)
    limit = csv.field_size_limit
    while True:
        start, line = feed.begin()
        old = limit(_stretches.MOST)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if feed.open and ("end of data" in str(error) or "field limit" in str(error)):
                _again(path, feed, line, error)
                reader = csv.reader(feed, **reading)
                yield Row(line, start, feed.offset - start, "a quote is opened and never closed")
                continue
            yield Row(line, start, feed.offset - start, _told(error, line, feed.line))
            continue
        finally:
            limit(old)
        length = feed.offset - start
        if length > _stretches.MOST:
            feed.problem = feed.problem or f"a row of {length:,} bytes; expected at most {_stretches.MOST:,}"
        if feed.problem:
            yield Row(line, start, length, feed.problem)
        elif cells:
            yield Row(line, start, length, cells)
        elif cells is None:
            return


def _told(error: csv.Error, first: int, last: int) -> str:
    """What is wrong with a row, and how far it goes."""
    if last <= first:
        return f"{error}"
    return f"a quote is opened here and closed amid a cell in line {last} ({error}); all up to there is left out"


def _again(path: str, feed: _Feed, line: int, error: csv.Error) -> None:
    """Go back behind the first line of a row whose quote never closes. Raises InputError where that is uncertain."""
    if "field limit" in str(error):
        feed.rest()
    if feed.quoted:
        told = f"not closed in {_stretches.MOST:,} characters" if "field limit" in str(error) else "never closed"
        raise InputError(
            f"{path}:{line}: a quote is opened here and {told}; close it, or say "
            "input: {quoting: none} if quotes are characters like others, input: {escape: '\\'} if a backslash "
            "stands before those in cells"
        ) from None
    feed.back()


class _Feed:
    """The lines of a file as text, one by one.

    ``offset`` and ``line`` are the bytes and lines taken so far; ``problem`` is what is wrong with those of the row
    that has begun, ``quoted`` whether one of them after the first has a quote, ``open`` whether it has more than one,
    or the only one is the last.
    """

    def __init__(self, file: BinaryIO, encoding: str, reading: Mapping[str, Any]) -> None:
        self.file = file
        self.name, self.offset = _stretches.codec(file, encoding)
        self.line = 0
        self.problem = ""
        self.quoted = False
        self.open = reading["quoting"] != csv.QUOTE_NONE
        self._escape = "surrogateescape" if self.name[:-3] not in _stretches.WIDE else "replace"
        self._pieces = _stretches.pieces(file, self.name)
        self._first = 0
        self._second = self.offset

    def begin(self) -> tuple[int, int]:
        """A new row: where it starts, and on which line."""
        self.problem, self.quoted = "", False
        self._first = self.line + 1
        return self.offset, self._first

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        raw, length = next(self._pieces)
        start = self.offset
        self.offset += length
        self.line += 1
        if raw is None:
            text = self._too_long(start, length)
        else:
            try:
                text = raw.decode(self.name)
            except UnicodeError as error:
                self.problem = self.problem or _stretches.undecodable(error, self.name)
                text = raw.decode(self.name, self._escape)
        if self.line == self._first:
            self._second = self.offset
        elif not self.quoted:
            self.quoted = '"' in text
        return text

    def _too_long(self, start: int, length: int) -> str:
        """What stands for a line too long to be held: it opens or closes a quote as that does."""
        self.problem = self.problem or _stretches.too_long(length)
        back = self.file.tell()
        self.file.seek(start)
        quotes, left = 0, length
        while left > 0 and (block := self.file.read(min(_stretches.BLOCK, left))):
            quotes += block.count(b'"')
            left -= len(block)
        self.file.seek(back)
        return '"' * (quotes % 2) + "\n"

    def rest(self) -> None:
        """Take all further lines, up to one with a quote."""
        while not self.quoted:
            try:
                next(self)
            except StopIteration:
                return

    def back(self) -> None:
        """Stand behind the first line of the row again."""
        self.file.seek(self._second)
        self.offset, self.line = self._second, self._first
        self._pieces = _stretches.pieces(self.file, self.name)
