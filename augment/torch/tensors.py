"""One sample as tensors in torch's conventions; objects as torchvision's detection models take them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image

from augment import masks
from augment.annotations import INDEX, Annotations, Instance, bounds
from augment.engine.stream import Item
from augment.errors import AugmentError
from augment.sample import Dataset

UNLABELLED = -100
"""The label of a sample that has none: ``torch.nn.functional.cross_entropy`` ignores it."""


@dataclass(frozen=True)
class Form:
    """How items become what a dataset gives; must pickle where workers are spawned.

    Args:
        dtype: Of pictures: ``uint8`` in [0, 255], or ``float``, float32 in [0, 1].
        mapping: Give mappings of all that is known instead of pairs (value, target).
        masks: Whether targets have objects' masks; None: where one of a picture's objects has one.
        convert: What makes a sample of an Item instead of all this.
    """

    dtype: Literal["uint8", "float"] = "uint8"
    mapping: bool = False
    masks: bool | None = None
    convert: Callable[[Item], Any] | None = None

    def __post_init__(self) -> None:
        """Raises AugmentError."""
        if self.dtype not in ("uint8", "float"):
            raise AugmentError(f"dtype: expected uint8 or float, got {self.dtype!r}")


@dataclass(frozen=True)
class Kinds:
    """What labels stand for: places of ``classes``, and of ``categories`` from 1 on, 0 being the background."""

    classes: tuple[str, ...]
    categories: tuple[str, ...]
    keypoints: int
    objects: bool

    @classmethod
    def of(cls, dataset: Dataset) -> Kinds:
        """Those of a data set."""
        names = tuple(category.name for category in dataset.categories)
        points = max((len(category.keypoints) for category in dataset.categories), default=0)
        return cls(dataset.classes, names, points, dataset.spatial or bool(names))


def sample(item: Item, form: Form, kinds: Kinds) -> Any:
    """A pair (value, target), or a mapping.

    The value: pictures (channels, height, width), one channel for gray, see Form.dtype; sounds (channels, frames)
    float32; texts as they are. The target: see ``label``; of data sets with objects the dict of ``objects``, which has
    the sample's class as ``label`` where there is one. A mapping has ``value``, ``label``, ``source``, ``copy``, and
    where they are, ``rate`` (Hz), ``objects`` and ``annotations`` (augment.annotations.Annotations).
    """
    if form.convert is not None:
        return form.convert(item)
    value = tensor(item.value, form.dtype)
    found = objects(item.annotations, item.value, kinds, form.masks) if kinds.objects else None
    named = label(item, kinds)
    if not form.mapping:
        if found is None:
            return value, named
        return value, (found if item.label is None else {**found, "label": named})
    told: dict[str, Any] = {"value": value, "label": named, "source": item.source, "copy": item.copy, **item.facts}
    if found is not None:
        told["objects"] = found
    if item.annotations is not None:
        told["annotations"] = item.annotations
    return told


def tensor(value: Any, dtype: str) -> Any:
    """A value as a tensor with memory of its own; texts stay texts."""
    if isinstance(value, str | Mapping):
        return value
    if value.dtype != np.uint8:
        return torch.from_numpy(np.array(value, np.float32))
    pixels = torch.from_numpy(np.array(value[None] if value.ndim == 2 else value.transpose(2, 0, 1), order="C"))
    return pixels.to(torch.float32).div_(255) if dtype == "float" else pixels


def label(item: Item, kinds: Kinds) -> Any:
    """The place of the class, a whole number, UNLABELLED where there is none; weights, float32, of a mixed sample."""
    soft = item.annotations.classes if item.annotations is not None else None
    if soft:
        return torch.tensor([soft.get(name, 0.0) for name in kinds.classes], dtype=torch.float32)
    return UNLABELLED if item.label_index is None else item.label_index


def objects(found: Annotations | None, value: Any, kinds: Kinds, with_masks: bool | None) -> dict[str, Any]:
    """Objects as torchvision's detection models take them, N of them in the order of the source.

    Returns:
        ``boxes`` (N, 4) float32, x_min, y_min, x_max, y_max in pixels; ``labels`` (N,) int64, from 1 on; ``area`` (N,)
        float32, pixels of the mask or the box; ``iscrowd`` (N,) int64; where annotated ``masks`` (N, height, width)
        uint8, 0 or 1; ``keypoints`` (N, K, 3) float32, x, y, and 0 for not there, 1 for hidden, 2 for visible, those
        of categories with fewer filled with 0; ``mask`` (height, width) uint8 whose values are classes, and
        ``class_masks``, such with 0 or 1 by class.
    """
    found = found or Annotations()
    size = (int(value.shape[1]), int(value.shape[0]))
    pairs = [(one, box) for one in found.instances if (box := _box(one, size)) is not None]
    places = {name: place for place, name in enumerate(kinds.categories, 1)}
    kept = [one for one, _ in pairs]
    told: dict[str, Any] = {
        "boxes": torch.tensor([box for _, box in pairs], dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([places.get(one.label or "", 0) for one in kept], dtype=torch.int64),
        "area": torch.tensor([masks.area(one, size) for one in kept], dtype=torch.float32),
        "iscrowd": torch.tensor([int(one.crowd) for one in kept], dtype=torch.int64),
    }
    outlined = any(one.polygons or one.rle for one in kept)
    if with_masks or (with_masks is None and outlined):
        told["masks"] = _bitmaps(kept, size)
    if kinds.keypoints:
        told["keypoints"] = _points(kept, kinds.keypoints)
    if INDEX in found.masks:
        told["mask"] = _pixels(found.masks[INDEX])
    by_class = {name: (_pixels(data) != 0).to(torch.uint8) for name, data in sorted(found.masks.items()) if name}
    return {**told, "class_masks": by_class} if by_class else told


def _box(one: Instance, size: tuple[int, int]) -> Any:
    """Its box, or the one round its mask; None where it has neither."""
    if one.box is not None:
        return one.box
    if one.polygons:
        return bounds(one.polygons)
    return masks.box(one.rle) if one.rle is not None else None


def _bitmaps(found: Sequence[Instance], size: tuple[int, int]) -> Any:
    """Masks, empty where an object has none."""
    width, height = size
    stack = np.zeros((len(found), height, width), np.uint8)
    for place, one in enumerate(found):
        pixels = masks.bitmap(one, size)
        if pixels is not None:
            stack[place] = pixels
    return torch.from_numpy(stack)


def _points(found: Sequence[Instance], most: int) -> Any:
    filled = np.zeros((len(found), most, 3), np.float32)
    for place, one in enumerate(found):
        if one.keypoints:
            filled[place, : len(one.keypoints)] = one.keypoints
    return torch.from_numpy(filled)


def _pixels(data: bytes) -> Any:
    """A mask as (height, width) uint8."""
    with Image.open(io.BytesIO(data)) as image:
        return torch.from_numpy(np.array(image, np.uint8))
