"""Files that are no texts though somebody says so: told by how they begin, so that the message can say what to do."""

from __future__ import annotations

from pathlib import Path

from augment import encodings
from augment.errors import InputError

FEW, RARE = 16, 0.02
"""A text has fewer control characters in its beginning, or a smaller share of them."""

_TEXTUAL = bytes({7, 8, 9, 10, 11, 12, 13, 27, *range(32, 127), *range(128, 256)})

_SIGNS = (
    (b"\x1f\x8b", "a gzip archive"),
    (b"PK\x03\x04", "a ZIP archive (or a spreadsheet)"),
    (b"PAR1\x15", "a Parquet table"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
)
"""How files begin that are no texts."""

_FIXES = {
    **dict.fromkeys((what for _, what in _SIGNS if "archive" in what), "unpack it (a spreadsheet: save it as CSV)"),
    "a Parquet table": "let its name end in .parquet",
    "a binary file": "save it as UTF-8 text, or give another file",
}


class UnfitError(InputError):
    """A file that says it is what is wanted, but can't be used as it is."""


def what(head: bytes) -> str:
    """What a file is that begins so and is no text; empty where it may be one."""
    known = next((what for sign, what in _SIGNS if head.startswith(sign)), "")
    if known or encodings.wide(head) or any(head.startswith(mark) for mark, _ in encodings.MARKS):
        return known
    signs = len(head.translate(None, _TEXTUAL))
    return "a binary file" if signs >= FEW and signs > RARE * len(head) and b"\0" in head else ""


def refuse(path: Path, head: bytes | None = None) -> None:
    """Raises UnfitError for a file that is no text by its ``head``, and InputError for one that can't be read."""
    try:
        if head is None:
            with path.open("rb") as file:
                head = file.read(encodings.BEGIN)
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror}); mend its rights") from None
    found = what(head[: encodings.BEGIN])
    if found:
        raise UnfitError(f"{path}: it is {found}, no text; {_FIXES.get(found, 'give another file')}")
