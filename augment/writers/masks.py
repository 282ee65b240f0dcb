"""Segmentation masks: ``train/images/KEY.jpg`` with ``train/masks/KEY.png`` or, one a class, ``masks/road/KEY.png``.

Masks as they come are kept: the one whose values are classes, and those of single classes. Where there are none,
instances are drawn into one: a category's value is its place plus 1, 0 is background, big objects lie below small
ones. A box without a mask has no outline to draw, so it is refused. Classes of whole samples, captions and other
fields have no place in this format. ``classes.txt`` has the name of each value, a line a value from 0 on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from augment import durable
from augment.annotations import INDEX, Annotations, Instance
from augment.contracts import STATE, Written
from augment.errors import SampleError
from augment.masks import area, bitmap
from augment.options import Options as _Base
from augment.sample import Category, Dataset, Record
from augment.writers import _annotations, _record
from augment.writers._names import folder_name
from augment.writers._tree import extract as extract
from augment.writers._tree import growing, whole_file
from augment.writers._tree import shard as shard

SHARDED = False
CLASSES = "classes.txt"
BACKGROUND = "background"
PARTS = f"{STATE}/labels/masks"
DRAWN, AS_IT_WAS = b"d", b"a"
"""The first byte of a rendered output: whether its mask was drawn from instances, so that 0 is background."""

MOST_VALUES = 65535


class Options(_Base):
    """No options beside the common ones."""


def locate(record: Record, shard: str) -> str:
    """``split/images/KEY.ext``."""
    return f"{folder_name(record.split)}/images/{record.key}.{record.extension}"


def render(record: Record, dataset: Dataset, options: Options | None = None) -> bytes:
    """The record with its masks, drawn where it has only instances. Raises SampleError where they can't be drawn."""
    found = record.annotations
    if found is None or found.masks or not (found.instances or dataset.categories):
        kept = None if found is None else Annotations(masks=found.masks, size=found.size)
        return AS_IT_WAS + _record.pack(replace(record, annotations=kept))
    drawn = Annotations(masks={INDEX: _drawn(found, dataset.categories)}, size=found.size)
    return DRAWN + _record.pack(replace(record, annotations=drawn))


def assemble(root: Path, shard: str, parts: Iterable[bytes]) -> list[Written]:
    """Write each output and its masks whole or not at all; all are flushed to disk together at the end.

    Where the parts end in an error, what this call has written is removed.
    """
    names: dict[str, str] = {}
    kinds: set[str] = set()
    with growing(root) as tree:
        for part in parts:
            record = _record.unpack(part[1:])
            tree.add(locate(record, shard), record.data, 1)
            masks = record.annotations.masks if record.annotations is not None else {}
            home = f"{folder_name(record.split)}/masks"
            for name, mask in masks.items():
                if name == INDEX:
                    kinds.add(part[:1].decode())
                    tree.add(f"{home}/{record.key}.png", mask)
                else:
                    names[folder_name(name)] = name
                    tree.add(f"{home}/{folder_name(name)}/{record.key}.png", mask)
    odd = {folder: name for folder, name in sorted(names.items()) if folder != name}
    if kinds or odd:
        durable.write(root / PARTS / f"{shard}.json", json.dumps({"kinds": sorted(kinds), "names": odd}).encode())
    return tree.written


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """``dataset.json``, and ``classes.txt`` where every value has its name.

    Where some masks were drawn from instances and others came as they are, no list of names is true of both.
    """
    kinds, names = set(), {}
    for path in sorted((root / PARTS).rglob("*.json")):
        part = json.loads(path.read_bytes())
        kinds.update(part["kinds"])
        names.update(part["names"])
    categories = dataset.categories
    if kinds == {DRAWN.decode()}:
        categories = (Category(_background(categories)), *categories)
    elif len(kinds) > 1:  # drawn ones begin with the background, the others begin as they came: no name fits both
        categories = ()
    told = _annotations.describe(root, replace(dataset, categories=categories), {"folders": names} if names else None)
    if not categories or any("value" in category.fields for category in categories):
        (root / CLASSES).unlink(missing_ok=True)
        return told
    lines = _annotations.lines([category.name for category in categories])
    return [*told, whole_file(root, CLASSES, [lines])]


def _background(categories: Sequence[Category]) -> str:
    """A name for the value 0 that no category has."""
    name = BACKGROUND
    while any(category.name == name for category in categories):
        name += "_"
    return name


def _drawn(found: Annotations, categories: Sequence[Category]) -> bytes:
    """The PNG of all instances, big ones first, so that small ones in front of them stay whole."""
    import cv2

    if found.size is None:
        raise SampleError("no mask", "the annotations tell no size, so no mask can be drawn; give the picture's masks")
    if len(categories) > MOST_VALUES:
        raise SampleError("no mask", f"{len(categories)} categories; a PNG's values go up to {MOST_VALUES}")
    size, values = found.size, {category.name: place for place, category in enumerate(categories, 1)}
    pixels = np.zeros(size[::-1], np.uint8 if len(categories) < 256 else np.uint16)
    for instance in sorted(found.instances, key=lambda instance: -_area(instance, found)):
        if instance.label not in values:
            raise SampleError(
                "no category", f"{_named(instance, found)} has none of the data set's, so it has no value"
            )
        pixels[bitmap(instance, size)] = values[instance.label]
    done, png = cv2.imencode(".png", pixels)
    if not done:
        raise SampleError("no mask", f"a mask of {size[0]}x{size[1]} pixels can't be encoded as PNG")
    return bytes(png.tobytes())


def _area(instance: Instance, found: Annotations) -> float:
    """Pixels of an instance's mask. Raises SampleError where it has none, or a damaged one."""
    if instance.rle is None and not instance.polygons:
        raise SampleError(
            "no mask",
            f"{_named(instance, found)} has a box but no mask, and a box has no outline to draw; choose an "
            "output.format for boxes, such as coco",
        )
    try:
        return area(instance, found.size or (0, 0))
    except ValueError as error:
        raise SampleError("bad mask", f"{_named(instance, found)}: {error}") from None


def _named(instance: Instance, found: Annotations) -> str:
    place = next(place for place, other in enumerate(found.instances, 1) if other is instance)
    return f"object {place} ({instance.label or 'without category'})"
