"""Which encoding some bytes of text are in: UTF-8 if they can be, by their mark if they have one, else a legacy one."""

from __future__ import annotations

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


def decode(data: bytes) -> str:
    """Text of bytes whose encoding nobody tells. Raises UnicodeError."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return data.decode(name)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(legacy([data]))


def legacy(blocks: Iterable[bytes]) -> str:
    """The single-byte encoding to take for bytes that are not UTF-8: Windows-1252, or Latin-1 where that has gaps."""
    gaps = frozenset(b"\x81\x8d\x8f\x90\x9d")
    return "latin-1" if any(gaps.intersection(block) for block in blocks) else "cp1252"
