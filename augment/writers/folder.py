"""Class folders: each output a file of its own, ``train/cats/KEY.jpg``.

``KEY.json`` beside it holds other fields and, under ``annotations``, what is annotated, such as boxes and spans, which
no reader of class folders looks for; masks are ``KEY.mask.png`` and ``KEY.CLASS.mask.png``. A file holds one text: a
sample with several is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from augment.contracts import Written
from augment.errors import SampleError
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _annotations, _record
from augment.writers._cells import REASON, SEVERAL
from augment.writers._names import folder_name
from augment.writers._tree import extract as extract
from augment.writers._tree import growing
from augment.writers._tree import shard as shard

SHARDED = False
APART = "labels of places stand in .json beside the outputs, where no reader of folders looks"
"""What is told of annotations that say where or when something is."""


class Options(_Base):
    """No options beside the common ones."""


def locate(record: Record, shard: str) -> str:
    """``split/class/KEY.ext``; ``split/KEY.ext`` where there are no classes."""
    words = [record.split] if record.label is None else [record.split, record.label]
    parts = map(folder_name, words)
    return "/".join([*parts, f"{record.key}.{record.extension}"])


def render(record: Record, dataset: Dataset, options: Options | None = None) -> bytes:
    """The record as it is. Raises SampleError for several texts."""
    if record.extension == SEVERAL:
        raise SampleError(REASON, "a file holds one text; jsonl, csv, parquet and webdataset hold several")
    return _record.pack(record)


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each output whole or not at all; all are flushed to disk together at the end.

    Where the parts end in an error, what this call has written is removed.
    """
    with growing(root) as tree:
        for part in parts:
            record = _record.unpack(part)
            name = locate(record, shard)
            tree.add(name, record.data, 1)
            found = record.annotations
            if record.fields or found is not None:
                facts = _annotations.as_json(_annotations.beside({}, record.fields, found))
                tree.add(str(PurePosixPath(name).with_suffix(".json")), facts)
            for word, mask in (found.masks if found is not None else {}).items():
                tree.add(str(PurePosixPath(name).with_suffix(f".{_annotations.ending(word)}")), mask)
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """``dataset.json``: the categories, and what else is true of the whole; nothing for mere classes."""
    return _annotations.describe(root, dataset)
