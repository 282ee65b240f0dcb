"""Whether a path is a table of texts, or a folder of them: other tables name files, boxes or events."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from augment.errors import InputError
from augment.readers import _shards
from augment.readers._binary import UnfitError
from augment.readers._texts import columns as _texts_columns
from augment.readers._texts import files as _texts_files
from augment.readers._texts.files import File
from augment.readers._texts.layout import ENDINGS, look
from augment.readers._texts.options import Options

SOME = 20
"""Rows that are looked at for names of files."""

FILES = 4
"""Tables of a folder that are looked at."""

LONGEST = 255
"""Characters of a name of a file."""

_MEDIA = re.compile(
    r"[^\r\n]*[^/\\\s.]\.(jpe?g|jpe|jp2|png|gif|bmp|tiff?|webp|avif|ppm|pgm|wav|wave|flac|mp3|ogg|oga|opus|m4a|aac|aiff?|"
    r"au|mp4|avi|mov|mkv|webm|npy|npz|pdf|txt|xml)",
    re.IGNORECASE,
)


def claims(path: Path) -> bool:
    """See the Reader contract. Never raises."""
    try:
        if not path.is_dir():
            return (
                path.is_file()
                and path.suffix.lower() in ENDINGS
                and path.name not in _texts_files.OURS
                and _texts(path, alone=True)
            )
        if not _shards.claimed(path, ENDINGS):
            return False
        tables = [file for file in _texts_files.parted(_texts_files.found(path, ENDINGS)) if isinstance(file, File)]
        return any(_texts(path / file.name) for file in tables[:FILES])
    except (InputError, OSError, ValueError):
        return False


def _texts(path: Path, *, alone: bool = False) -> bool:
    """Whether a table has texts and names no files; ``alone``, it may be one that only this reader can say is none."""
    if path.suffix.lower() == ".parquet" and not _only_texts(path):
        return False
    try:
        found = look(path, Options(), whole=False)
    except UnfitError:
        return alone
    except InputError:
        return False
    roles, rows = found.layout.roles, found.rows[:SOME]
    if not rows:
        return False
    if found.layout.shape:
        return True
    for name in roles.texts:
        values = _texts_columns.cells(rows, name)
        if values and all(isinstance(value, str) and _MEDIA.fullmatch(value.strip()) for value in values):
            return False
    return not any(_names_file(cell, path.parent) for cell in _others(rows, roles.texts))


def _only_texts(path: Path) -> bool:
    """Whether a Parquet table can hold no pictures or sounds."""
    from augment.readers._texts import groups

    try:
        return groups.Table.open(str(path)).texts
    except groups.BROKEN:
        return False


def _others(rows: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> Iterator[str]:
    """Cells that are no texts."""
    for row in rows:
        for name, value in row.items():
            if name not in texts and isinstance(value, str):
                yield value.strip()


def _names_file(cell: str, folder: Path) -> bool:
    """Whether a cell names a picture, a sound or the like, or a file that is there."""
    if not cell or len(cell) > LONGEST or "\0" in cell or "://" in cell:
        return False
    return _MEDIA.fullmatch(cell) is not None or os.path.isfile(folder / cell)
