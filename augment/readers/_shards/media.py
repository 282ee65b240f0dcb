"""Whether the rows of a table are texts, or pictures and sounds: told by its types, by names, and by first bytes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from augment.readers._shards.columns import is_bytes, is_text, plain_bytes, texts_only
from augment.readers._texts.columns import ALONE

if TYPE_CHECKING:
    from augment.readers._arrow.file import ArrowFile

SIGNS = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG", ".png"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"RIFF????WEBP", ".webp"),
    (b"RIFF????WAVE", ".wav"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"ID3", ".mp3"),
    (b"\xff\xfb", ".mp3"),
    (b"????ftypavif", ".avif"),
)
"""How files begin; ``?`` is any byte."""

SOME = 20
"""Rows that are looked at."""

_MEDIA = re.compile(
    r"(.*_)?(images?|img|pictures?|photos?|audio|sounds?|speech|wav|video|bytes|data|value)(_.*)?", re.IGNORECASE
)
"""Names of columns with bytes that are samples, whatever these begin with."""


def ending_of(data: bytes) -> str | None:
    """The ending that fits how a sample begins."""
    return next((ending for sign, ending in SIGNS if _begins(data, sign)), None)


def of_texts(file: pq.ParquetFile | ArrowFile) -> bool:
    """Whether the samples of a table are texts.

    They are where it holds nothing else, and where a column of texts has a usual name (``text``, ``sentence``) and
    columns with bytes, such as hashes, neither are named nor begin like pictures or sounds. Raises what pyarrow does.
    """
    schema = file.schema_arrow
    if texts_only(schema):
        return True
    blobs = [field.name for field in schema if is_bytes(field.type)]
    usual = any(is_text(field.type) and field.name.strip().lower() in ALONE for field in schema)
    if not usual or not plain_bytes(schema) or any(_MEDIA.fullmatch(name) for name in blobs):
        return False
    for batch in file.iter_batches(SOME, columns=blobs, use_threads=False):
        cells = (cell for column in batch.columns for cell in column.cast(pa.binary()).to_pylist())
        return all(cell is None or ending_of(cell) is None for cell in cells)
    return True


def _begins(data: bytes, sign: bytes) -> bool:
    return len(data) >= len(sign) and all(here in (there, ord("?")) for there, here in zip(data, sign, strict=False))
