"""YOLO's layout (Ultralytics): ``train/images/KEY.jpg``, ``train/labels/KEY.txt`` and a data.yaml at the top.

Boxes, polygons and keypoints; see ``_yolo_lines`` for what the format can't say of an object. It has no place for the
class or other facts of a whole picture either; ``manifest.json`` and ``provenance.parquet`` tell of them. A picture
without objects has an empty label file. https://docs.ultralytics.com/datasets/detect
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from augment.contracts import STATE, Written
from augment.options import Options as _Base
from augment.sample import TRAINING, Category, Dataset, Record
from augment.writers import _yolo_lines
from augment.writers._names import folder_name
from augment.writers._tree import extract as extract
from augment.writers._tree import growing, whole_file
from augment.writers._tree import shard as shard

SHARDED = False
FILE = "data.yaml"
PICTURES, LABELS = "images", "labels"

KEYS = {
    **dict.fromkeys(TRAINING, "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev", "eval"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Name of a split, in lower case -> its key in data.yaml; others stand there under their own name."""

RESERVED = frozenset({*KEYS, "path", "names", "nc", "kpt_shape", "kpt_names", "flip_idx", "download", "minival"})
"""Keys that say how the files lie, or that Ultralytics runs as code; a data set's own fields don't replace them."""

_HEAD = struct.Struct("<HHQ")


class Options(_Base):
    """No options beside the common ones."""


def locate(record: Record, shard: str) -> str:
    """``split/images/KEY.ext``."""
    return f"{folder_name(record.split)}/{PICTURES}/{record.key}.{record.extension}"


def render(record: Record, dataset: Dataset, options: Options | None = None) -> bytes:
    """The names of picture and label file, the labels, the picture. Raises SampleError as ``_yolo_lines.written``."""
    lines = "" if record.annotations is None else _yolo_lines.written(record.annotations, dataset.categories)
    picture = locate(record, "").encode()
    labels = f"{folder_name(record.split)}/{LABELS}/{record.key}.txt".encode()
    text = lines.encode("ascii")
    return b"".join([_HEAD.pack(len(picture), len(labels), len(text)), picture, labels, text, record.data])


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each output and its labels whole or not at all; all are flushed to disk together at the end.

    Where the parts end in an error, what this call has written is removed.
    """
    with growing(root) as tree:
        for part in parts:
            named, labelled, length = _HEAD.unpack_from(part)
            begin = _HEAD.size + named + labelled
            picture = part[_HEAD.size : _HEAD.size + named].decode()
            labels = part[_HEAD.size + named : begin].decode()
            tree.add(picture, part[begin + length :], 1)
            tree.add(labels, part[begin : begin + length])
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """Write data.yaml for the splits whose folders are there; that is all it needs to know of them."""
    told: dict[str, Any] = {"path": ".", **_splits(root)}
    told["nc"] = len(dataset.categories)
    told["names"] = {number: category.name for number, category in enumerate(dataset.categories)}
    told.update(_keypoints(dataset))
    told.update({name: value for name, value in dataset.fields.items() if name not in {*RESERVED, *told}})
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=2**20)
    if "val" not in told:
        text = f"# There is no validation split here; Ultralytics wants one under val: before it trains.\n{text}"
    return [whole_file(root, FILE, [text.encode()])]


def _splits(root: Path) -> dict[str, str | list[str]]:
    """Key -> folder of pictures, or several; train, val and test come first."""
    found: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for folder in sorted(path for path in root.iterdir() if path.name != STATE):
        if (folder / PICTURES).is_dir():
            key = KEYS.get(folder.name.lower(), folder.name)
            key = f"split-{key}" if key in RESERVED - found.keys() else key
            found.setdefault(key, []).append(f"{folder.name}/{PICTURES}")
    return {key: folders[0] if len(folders) == 1 else folders for key, folders in found.items() if folders}


def _keypoints(dataset: Dataset) -> Mapping[str, Any]:
    """``kpt_shape`` for the category with the most keypoints, their names, and which change places in a mirror."""
    several = max((len(category.keypoints) for category in dataset.categories), default=0)
    if not several:
        return {}
    told: dict[str, Any] = {"kpt_shape": [several, 3]}
    flip = dataset.fields.get("flip_idx")
    if not (isinstance(flip, list) and sorted(map(str, flip)) == sorted(map(str, range(several)))):
        flip = _mirrored(dataset.categories, several)
    if flip is not None:
        told["flip_idx"] = flip
    usual = [str(place) for place in range(several)]
    if any(list(category.keypoints) != usual for category in dataset.categories):
        told["kpt_names"] = {number: list(category.keypoints) for number, category in enumerate(dataset.categories)}
    return told


def _mirrored(categories: Iterable[Category], several: int) -> list[int] | None:
    """``flip_idx`` by names with left and right in them; None where there are none, or categories differ."""
    found = {
        tuple(_counterpart(category.keypoints, place) for place in range(several))
        for category in categories
        if category.keypoints
    }
    flip = list(found.pop())
    return flip if not found and flip != list(range(several)) and sorted(flip) == list(range(several)) else None


def _counterpart(names: tuple[str, ...], place: int) -> int:
    """The place of the keypoint with right for left in its name, or left for right; its own where there is none."""
    if place >= len(names):
        return place
    name = names[place]
    for one, other in (("left", "right"), ("right", "left"), ("Left", "Right"), ("Right", "Left")):
        if one in name and name.replace(one, other) in names:
            return names.index(name.replace(one, other))
    return place
