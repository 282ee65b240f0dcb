"""One output as lines of COCO's JSON, without the ids that only the whole gives.

A line begins with what it is: ``I`` an image record, ``A`` an annotation, ``K`` the keypoints of the annotation above
(after the id of its category), ``C`` a caption. The rest is the inside of a JSON object, in ASCII.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from augment import masks
from augment.annotations import INDEX, Annotations, Instance, Point
from augment.errors import SampleError
from augment.sample import Category, Dataset, Record

IMAGE = frozenset({"id", "file_name", "width", "height", "label", "source", "copy", "classes", "fields"})
ANNOTATION = frozenset(
    {
        "id",
        "image_id",
        "category_id",
        "segmentation",
        "area",
        "bbox",
        "iscrowd",
        "keypoints",
        "num_keypoints",
        "fields",
    }
)
"""Keys that are COCO's or ours; a field of such a name goes below ``fields``."""

DECIMALS = 3
"""Of a coordinate in pixels."""

NAMELESS = Category("object")
"""The category of what has none, in a data set without categories: COCO's annotations must have one."""

BACKGROUND = frozenset({"background", "_background_", "__background__"})


def describe(record: Record, dataset: Dataset) -> bytes:
    """The lines of one output.

    Raises:
        SampleError: An object has no category or one that is not the data set's, or there are masks, but the size of
            the picture is not known or is another than theirs, or they are damaged, or a number is not finite.
    """
    annotations = record.annotations or Annotations()
    size = annotations.size or _size(record.data)
    instances: Sequence[Instance] = annotations.instances
    if not instances and annotations.masks:
        instances = _objects(annotations.masks, dataset)
    kinds = _kinds(dataset)
    try:
        lines = [f"I{_inside(_image(record, annotations, size))}"]
        for instance in instances:
            lines += _lines(instance, size, kinds)
        lines += [f"C{_inside({'caption': caption})}" for caption in annotations.captions]
    except ValueError as error:
        raise SampleError("bad annotation", f"COCO can't hold it: {error}") from None
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def category_ids(dataset: Dataset) -> dict[str, int]:
    """The id of each category, by name: its own where all have one each, else from 1."""
    categories = dataset.categories or (NAMELESS,)
    own = [category.fields.get("id") for category in categories]
    whole = all(isinstance(number, int) and not isinstance(number, bool) for number in own)
    ids = own if whole and len(set(own)) == len(own) else range(1, len(own) + 1)
    return {category.name: int(number or 0) for category, number in zip(categories, ids, strict=True)}


def dumps(value: Any) -> str:
    """JSON in ASCII: pycocotools reads files in the encoding of the system. Raises ValueError for NaN."""
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(allow_nan=False, default=dict).encode


def _inside(value: Mapping[str, Any]) -> str:
    return dumps(value)[1:-1]


def _image(record: Record, annotations: Annotations, size: tuple[int, int] | None) -> dict[str, Any]:
    found: dict[str, Any] = {"file_name": f"{record.key}.{record.extension}"}
    if size is not None:
        found.update(width=size[0], height=size[1])
    if record.label is not None:
        found["label"] = record.label
    if annotations.classes:
        found["classes"] = dict(annotations.classes)
    found.update(source=record.source, copy=record.copy)
    return {**found, **_others(IMAGE, annotations.fields, record.fields)}


def _kinds(dataset: Dataset) -> dict[str | None, tuple[int, tuple[str, ...]]]:
    """Name of a category -> its id and its keypoints; None is a name only where there are no categories."""
    ids = category_ids(dataset)
    if not dataset.categories:
        return {None: (ids[NAMELESS.name], ())}
    return {category.name: (ids[category.name], category.keypoints) for category in dataset.categories}


def _lines(
    instance: Instance, size: tuple[int, int] | None, kinds: Mapping[str | None, tuple[int, tuple[str, ...]]]
) -> list[str]:
    """One object: an ``A`` and, where its kind has keypoints, a ``K``."""
    if instance.label not in kinds:
        raise SampleError("no category", f"{instance.label!r} is no category of the data set")
    number, names = kinds[instance.label]
    rounded = _rounded(instance)
    mask = _segmentation(rounded, size)
    box = rounded.box or (0.0, 0.0, 0.0, 0.0)
    facts = {
        "category_id": number,
        "bbox": [_short(side) for side in (box[0], box[1], box[2] - box[0], box[3] - box[1])],
        "area": _short(masks.area(rounded, size or (0, 0))),
        "iscrowd": int(instance.crowd),
        "segmentation": mask,
        **_others(ANNOTATION, instance.fields),
    }
    lines = [f"A{_inside(facts)}"]
    if names or instance.keypoints:
        points = instance.keypoints or ((0.0, 0.0, 0),) * len(names)
        seen = sum(point[2] > 0 for point in points)
        flat = [value for point in points for value in _keypoint(point)]
        lines.append(f"K{number} {_inside({'num_keypoints': seen, 'keypoints': flat})}")
    return lines


def _segmentation(instance: Instance, size: tuple[int, int] | None) -> Any:
    """Rings as they are, all else as run lengths made anew; empty for an object without a mask."""
    if not instance.polygons and instance.rle is None:
        return []
    if size is None:
        raise ValueError("the size of the picture is not known, and masks need it")
    if instance.polygons and not instance.crowd:
        return [list(ring) for ring in instance.polygons]
    checked = instance if instance.rle is None else dataclasses.replace(instance, rle=masks.compressed(instance.rle))
    pixels = masks.bitmap(checked, size)
    return [] if pixels is None else masks.run_lengths(pixels)


def _rounded(instance: Instance) -> Instance:
    """As it will be read again. Raises ValueError for what is not finite."""
    box = instance.box
    if box is not None:
        box = (_round(box[0]), _round(box[1]), _round(box[2]), _round(box[3]))
    rings = [np.asarray(ring, float) for ring in instance.polygons]
    if not all(np.isfinite(ring).all() for ring in rings):
        raise ValueError("a polygon with a coordinate that is not finite")
    polygons = tuple(tuple(np.round(ring, DECIMALS).tolist()) for ring in rings)
    return dataclasses.replace(instance, box=box, polygons=polygons)


def _keypoint(point: Point) -> list[float]:
    """As COCO names pixels: by their middle. What is not labelled has no place."""
    x, y, seen = point
    return [_short(x - 0.5), _short(y - 0.5), seen] if seen else [0, 0, 0]


def _round(value: float) -> float:
    return round(float(value), DECIMALS)


def _short(value: float) -> float:
    """Rounded, and a whole number as such."""
    rounded = _round(value)
    return int(rounded) if rounded.is_integer() else rounded


def _others(known: frozenset[str], *facts: Mapping[str, Any]) -> dict[str, Any]:
    """Fields under their own names; below ``fields`` what has a name that is taken."""
    found: dict[str, Any] = {}
    clash: dict[str, Any] = {}
    for fields in facts:
        for name, value in fields.items():
            (clash if name in known or name in found else found)[name] = value
    return {**found, "fields": clash} if clash else found


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height as the file says; None where it can't be told."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return picture.size
    except Exception:  # Pillow raises what it likes at odd files
        return None


def _objects(bitmaps: Mapping[str, bytes], dataset: Dataset) -> list[Instance]:
    """An object for each class that is in masks of classes."""
    found = []
    for name, pixels in _regions(bitmaps, dataset):
        rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
        box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
        found.append(Instance(name, box, rle=masks.run_lengths(pixels)))
    return found


def _regions(bitmaps: Mapping[str, bytes], dataset: Dataset) -> Iterator[tuple[str, masks.Bitmap]]:
    """Each category with where it is; what has no category of its name or place can't be carried."""
    names = [category.name for category in dataset.categories]
    for name, data in sorted(bitmaps.items()):
        try:
            with Image.open(io.BytesIO(data)) as picture:
                values = np.asarray(picture)
        except (OSError, SyntaxError) as error:  # how Pillow calls damage
            raise SampleError("bad annotation", f"the mask {name!r} can't be read: {error}") from None
        if values.ndim != 2:
            raise SampleError("bad annotation", f"expected a mask of one band, got {values.shape[2]} bands")
        if name == INDEX:
            places = [place for place in np.unique(values).tolist() if 0 <= place < len(names)]
            yield from ((names[p], values == p) for p in places if names[p].lower() not in BACKGROUND)
        elif name in names and name.lower() not in BACKGROUND and values.any():
            yield name, values != 0
