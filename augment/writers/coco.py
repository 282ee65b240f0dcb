"""COCO: pictures in ``train/KEY.jpg``, and ``annotations/instances_train.json`` with all that is on them.

Beside it lie ``person_keypoints_train.json`` where a category has keypoints, with the objects of such categories, and
``captions_train.json`` where there are captions. Ids of pictures and annotations count from 1 in each split, in the
order of writing, so those of earlier outputs stay when others are appended. Categories keep the ids that they have,
where those are whole numbers, each its own.

Coordinates are rounded to a thousandth of a pixel, and areas are those of the rounded masks, as pycocotools sees them.
The mask of a crowd becomes run lengths. A picture that has masks of classes but no objects gets one annotation for
each class that is in them (none for the background). Where it has both, the masks of classes are not carried; soft
labels go to ``classes`` of the image record, a class to its ``label``.

The format: https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from augment import durable
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _tree
from augment.writers._coco import lines as _coco_lines
from augment.writers._coco import whole as _coco_whole
from augment.writers._names import folder_name
from augment.writers._tree import extract as extract
from augment.writers._tree import growing
from augment.writers._tree import shard as shard

SHARDED = False

_HEAD = struct.Struct("<qq")


class Options(_Base):
    """No options beside the common ones."""


def locate(record: Record, shard: str) -> str:
    """``split/KEY.ext``."""
    return f"{folder_name(record.split)}/{record.key}.{record.extension}"


def render(record: Record, dataset: Dataset, options: Options | None = None) -> bytes:
    """Lengths, the file's name, the lines that describe it, the data. Raises SampleError; see ``_coco.lines``."""
    name, lines = locate(record, "").encode(), _coco_lines.describe(record, dataset)
    return b"".join([_HEAD.pack(len(name), len(lines)), name, lines, record.data])


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each picture whole or not at all, and one file with the lines of all for ``conclude``.

    Where the parts end in an error, what this call has written is removed.
    """
    with durable.writing(_tree.part(root, shard, _coco_whole.LINES)) as file, growing(root) as tree:
        for part in parts:
            named, lined = _HEAD.unpack_from(part)
            begin, end = _HEAD.size + named, _HEAD.size + named + lined
            tree.add(part[_HEAD.size : begin].decode(), part[end:], 1)
            file.write(part[begin:end])
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """The JSON files of all splits. Lines pass through one by one; no more of them is held."""
    return _coco_whole.conclude(root, dataset)
