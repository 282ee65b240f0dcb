"""Bytes -> Document, and an untouched original as it is.

A file is one text, in UTF-8 or what else it turns out to be (see augment.encodings). The row of a table comes as an
element of a JSON text sequence (RFC 7464): the record separator, then an object with its texts by column.
"""

from __future__ import annotations

import json
from typing import Any

from augment import encodings
from augment.errors import SampleError
from augment.sample import ROW, SIGN, Encoded
from augment.text.value import Document, Passage

SUFFIXES = frozenset({"", ".txt", ".text", ROW})
"""``.row`` is no file but a row of a table; files without ending are read only where the recipe says so."""

NAME = "text"
"""The column of a file's one text."""

MOST = 10_000_000
"""Characters of one sample; more is no document but a mistake, and would hold up everything else."""


def decode(data: bytes) -> Document:
    """See the Modality contract. Raises SampleError: no text, empty, too long."""
    if len(data) > 4 * MOST:
        raise SampleError("too long", f"{len(data):,} bytes; a sample has at most {MOST:,} characters")
    row = _row(data)
    texts = {NAME: _file(data)} if row is None else row
    for text in texts.values():
        sound(text)
    if not any(text and not text.isspace() for text in texts.values()):
        raise SampleError("empty", "no character in it but white space")
    return Document({name: Passage(text) for name, text in texts.items()}, data, row=row is not None)


def sound(text: str) -> None:
    """Raises SampleError: too long, a NUL in it, no proper Unicode."""
    if len(text) > MOST:
        raise SampleError("too long", f"{len(text):,} characters; a sample has at most {MOST:,}")
    if "\0" in text:
        raise SampleError("not text", f"a NUL character at place {text.index(chr(0)):,}; is it a binary file?")
    if not text.isascii():
        _utf8(text)


def original(data: bytes, suffix: str) -> Encoded:
    """An untouched original; see the Modality contract."""
    row = _row(data)
    if row is not None:
        return encoded(row)
    return Encoded(data, (suffix or ".txt").removeprefix("."))


def encoded(texts: dict[str, str]) -> Encoded:
    """A row's texts: one as it is, more as a JSON object by column."""
    if len(texts) == 1:
        return Encoded(_utf8(next(iter(texts.values()))), "txt")
    return Encoded(_utf8(json.dumps(texts, ensure_ascii=False)), "json")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise SampleError("not text", f"half a surrogate pair at place {error.start:,}; no proper Unicode") from None


def _file(data: bytes) -> str:
    try:
        return encodings.decode(data)
    except UnicodeError as error:
        raise SampleError("not text", f"no encoding fits its bytes ({error})") from None


def _row(data: bytes) -> dict[str, str] | None:
    """The texts of a row; None for a file, which may begin with the same sign."""
    if data[:1] != SIGN:
        return None
    try:
        texts: Any = json.loads(data[1:])
    except (ValueError, RecursionError):
        return None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        return None
    for text in texts.values():
        _utf8(text)
    return texts
