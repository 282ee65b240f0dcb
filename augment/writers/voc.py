"""Pascal VOC: ``JPEGImages/KEY.jpg``, ``Annotations/KEY.xml``, and the splits as lists in ``ImageSets/Main``.

Boxes are written with two decimals at most, and count from 0 as labelImg's do; the options change both. An outline
goes to ``<polygon>`` with x1, y1, x2, y2 … as Roboflow has it (counting from 0 in any case), a crowd to
``<crowd>1</crowd>``; see ``_voc_xml``. What VOC has no place for are keypoints, masks of classes, captions, and the
class and other facts of a whole picture; ``manifest.json`` and ``provenance.parquet`` tell of these. A picture without
annotations gets an XML without objects: tools want one for every name in a list.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from pathlib import Path

import pydantic
from PIL import Image

from augment import durable
from augment.annotations import Annotations
from augment.contracts import Written
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _tree, _voc_xml
from augment.writers._tree import extract as extract
from augment.writers._tree import growing, whole_file
from augment.writers._tree import shard as shard

SHARDED = False
PICTURES, LABELS, LISTS = "JPEGImages", "Annotations", "ImageSets/Main"
KEYS = ".voc"
"""How the name of a lot's list of keys ends."""

CHANNELS = 3
"""Of a picture that does not say."""

_HEAD = struct.Struct("<HQ")


class Options(_Base):
    """How coordinates are written.

    Args:
        one_based: The first pixel is 1 and x_max, y_max are the last pixels inside, as in VOC's own files.
        integers: Whole pixels only, for tools that read nothing else.
    """

    one_based: pydantic.StrictBool = False
    integers: pydantic.StrictBool = False


USUAL = Options()


def locate(record: Record, shard: str) -> str:
    """``JPEGImages/KEY.ext``; the split is only in the lists."""
    return f"{PICTURES}/{record.key}.{record.extension}"


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The picture's name, the XML, the picture. Raises SampleError; see ``_voc_xml.written``."""
    annotations = record.annotations or Annotations()
    measured = _measure(record.data)
    width, height = annotations.size or measured[:2]
    name = f"{record.key}.{record.extension}"
    numbers = (options.one_based, options.integers)
    xml = _voc_xml.written(annotations, name, (width, height, measured[2]), record.copy > 0, numbers)
    return b"".join([_HEAD.pack(len(name), len(xml)), name.encode("ascii"), xml, record.data])


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each picture and its XML whole or not at all, and a list of keys for ``conclude``.

    Where the parts end in an error, what this call has written is removed.
    """
    with durable.writing(_tree.part(root, shard, KEYS)) as keys, growing(root) as tree:
        for part in parts:
            named, length = _HEAD.unpack_from(part)
            begin = _HEAD.size + named
            name = part[_HEAD.size : begin].decode("ascii")
            key = name.rpartition(".")[0]
            tree.add(f"{PICTURES}/{name}", part[begin + length :], 1)
            tree.add(f"{LABELS}/{key}.xml", part[begin : begin + length])
            keys.write(f"{key}\n".encode("ascii"))
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """Write a list for each split: a picture's name without ending a line, in the order of writing."""
    lots = _tree.parts(root, KEYS)
    return [whole_file(root, f"{LISTS}/{split}.txt", map(Path.read_bytes, lots[split])) for split in lots]


def _measure(data: bytes) -> tuple[int, int, int]:
    """Width, height and channels as the encoded picture's head says; 0, 0 and three where it can't be told."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return (*picture.size, len(picture.getbands()))
    except Exception:  # Pillow raises what it likes at odd files
        return 0, 0, CHANNELS
