"""The encoding of some bytes of text: by their mark if there is one, else UTF-8 if that fits, else a legacy one.

And any bytes as a text, and back.
"""

from __future__ import annotations

import base64
import codecs
from collections.abc import Iterable

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order mark -> the codec that takes it. UTF-8's own stays in the text, so that bytes come back as they were."""

BEGIN = 1 << 12
"""Bytes that are enough to tell UTF-16."""

URI = "data:;base64,"
"""How bytes begin that are told as a text and are none (RFC 2397)."""

_MOSTLY, _HARDLY = 0.4, 0.05
"""Shares of NUL bytes on one side of each pair, and on the other, that give UTF-16 away."""


def decode(data: bytes) -> str:
    """Text of bytes whose encoding nobody tells. Raises UnicodeError."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return data.decode(name)
    try:
        return data.decode(wide(data[:BEGIN]) or "utf-8")
    except UnicodeDecodeError:
        return data.decode(legacy([data]))


def legacy(blocks: Iterable[bytes]) -> str:
    """The single-byte encoding to take for bytes that are not UTF-8: Windows-1252, or Latin-1 where that has gaps."""
    gaps = frozenset(b"\x81\x8d\x8f\x90\x9d")
    return "latin-1" if any(not gaps.isdisjoint(block) for block in blocks) else "cp1252"


def wide(head: bytes) -> str:
    """UTF-16 without its mark, told by where NUL bytes are in a file's beginning; empty where it is none.

    Only mostly Latin letters can be told so.
    """
    pairs = len(head) // 2
    if not pairs or b"\0" not in head:
        return ""
    high, low = (head[side : 2 * pairs : 2].count(0) / pairs for side in (1, 0))
    if high > _MOSTLY and low < _HARDLY:
        return "utf-16-le"
    return "utf-16-be" if low > _MOSTLY and high < _HARDLY else ""


def told(data: bytes) -> str:
    """Any bytes as a text: UTF-8 as what it says, all else as a data URI in Base64."""
    if b"\0" not in data:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            pass
        else:
            if not text.startswith(URI):
                return text
    return URI + base64.b64encode(data).decode()


def untold(text: str) -> bytes:
    """The reverse of ``told``. Raises ValueError for a data URI that is damaged."""
    return base64.b64decode(text.removeprefix(URI), validate=True) if text.startswith(URI) else text.encode()
