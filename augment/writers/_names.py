"""Names of folders made of words that others chose (classes, splits): legal on every system, and never a way out."""

from __future__ import annotations

import hashlib
import re

MOST_BYTES = 120
"""A longer name is cut and ends in its own hash; file systems allow 255 bytes, Windows 260 characters for a path."""

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.IGNORECASE)
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*%\ud800-\udfff]')


def folder_name(word: str) -> str:
    """A word as one folder name; plain words stay as they are, different words stay different (percent-encoding)."""
    safe = UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", word)
    if not safe:
        return "%"
    if safe[0] in ". " or RESERVED.match(safe):
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if safe[-1] in ". ":
        safe = f"{safe[:-1]}%{ord(safe[-1]):02X}"
    if len(safe.encode()) <= MOST_BYTES:
        return safe
    begin = safe.encode()[: MOST_BYTES - 18].decode("utf-8", "ignore")
    return f"{begin}%~{hashlib.sha256(safe.encode()).hexdigest()[:16]}"  # no encoded word contains %~
