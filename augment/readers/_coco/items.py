"""One image record or annotation of COCO's JSON: is it what it should be, and what is it in the neutral form.

The format: https://cocodataset.org/#format-data. A keypoint there names a pixel, whose middle is half a pixel further.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from augment import masks
from augment.annotations import Box, Instance, Point
from augment.readers import _files
from augment.readers._places import RefusedError
from augment.sample import Category

Id = int | str

IMAGE = frozenset({"id", "file_name", "width", "height", "label", "classes"})
ANNOTATION = frozenset(
    {"id", "image_id", "category_id", "segmentation", "area", "bbox", "iscrowd", "keypoints", "num_keypoints"}
)
"""The keys that are read; all others ride along as fields. An area is computed anew where it is written."""

OURS = frozenset({"fields", "source", "copy"})
"""Keys that our writer adds."""

FURTHEST = 1e9
"""No coordinate is further out, in pixels: it would be a mistake."""

MOST_PIXELS = 2**31
"""Of a mask in run lengths."""

_NUMBERS = frozenset({int, float})


def identity(value: Any) -> Id | None:
    """An id: a whole number or a text; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def is_caption(item: Mapping[str, Any]) -> bool:
    """Whether an annotation is a sentence about the whole picture."""
    return isinstance(item.get("caption"), str) and not item.keys() & {"category_id", "bbox", "segmentation"}


def check_image(item: Any) -> tuple[Id, str]:
    """The id and file name of an image record. Raises RefusedError."""
    if not isinstance(item, dict):
        raise _bad("image record", f"expected an object, got {_shown(item)}")
    number, name = identity(item.get("id")), item.get("file_name")
    if number is None:
        raise _bad("image record", f"expected a whole number as id, got {_shown(item.get('id'))}")
    if not isinstance(name, str) or not name.strip():
        raise _bad("image record", f"expected a file_name, got {_shown(name)}")
    name = name.strip().replace("\\", "/")
    if not _files.encodes(name):
        raise RefusedError("unreadable name", "", _files.printable(name))
    _check_text(item, "image record")
    return number, name


def check(item: Any) -> Id:
    """The id of the picture that an annotation belongs to. Raises RefusedError for what can't be understood."""
    if not isinstance(item, dict):
        raise _bad("annotation", f"expected an object, got {_shown(item)}")
    owner = identity(item.get("image_id"))
    if owner is None:
        raise _bad("annotation", f"expected a whole number as image_id, got {_shown(item.get('image_id'))}")
    _check_text(item, "annotation")
    if is_caption(item):
        return owner
    if item.get("category_id") is not None and identity(item["category_id"]) is None:
        raise _bad("annotation", f"expected a whole number as category_id, got {_shown(item['category_id'])}")
    if item.get("iscrowd") not in (None, 0, 1):
        raise _bad("annotation", f"expected iscrowd 0 or 1, got {_shown(item['iscrowd'])}")
    box, shape, points = item.get("bbox"), item.get("segmentation"), item.get("keypoints")
    if box and not (_numbers(box) and len(box) == 4):
        raise _bad("annotation", f"expected bbox [x, y, width, height], got {_shown(box)}")
    if shape:
        _check_shape(shape)
    if points:
        _check_points(points)
    if not box and not points and not (shape if isinstance(shape, dict) else _rings(shape)):
        raise _bad("annotation", f"expected a bbox, a segmentation, keypoints or a caption, got {_shown(item)}")
    return owner


def proper(value: Any) -> bool:
    """Whether all text in a value is proper Unicode."""
    if isinstance(value, str):
        return value.isascii() or _files.encodes(value)
    if isinstance(value, list):
        return set(map(type, value)) <= _NUMBERS or all(map(proper, value))
    if isinstance(value, dict):
        return all(map(proper, value)) and all(map(proper, value.values()))
    return True


def instance(item: Mapping[str, Any], label: str | None) -> Instance:
    """An annotation that has been checked. Rings of fewer than three points hold no area and are left out."""
    shape = item.get("segmentation")
    return Instance(
        label=label,
        box=_box(item.get("bbox")),
        polygons=() if isinstance(shape, dict) else _rings(shape),
        rle=masks.compressed(shape) if shape and isinstance(shape, dict) else None,
        keypoints=_points(item.get("keypoints")),
        crowd=bool(item.get("iscrowd")),
        fields=_fields(item, ANNOTATION),
    )


def joined(first: Instance, second: Instance) -> Instance:
    """One object that is described in two files, as COCO's people are; what the first says is kept."""
    masked = bool(first.polygons or first.rle)
    return Instance(
        label=first.label,
        box=first.box or second.box,
        polygons=first.polygons if masked else second.polygons,
        rle=first.rle if masked else second.rle,
        keypoints=first.keypoints or second.keypoints,
        crowd=first.crowd or second.crowd,
        fields={**second.fields, **first.fields},
    )


def same(first: Instance, second: Instance) -> bool:
    """Whether two annotations with the same id can be one object."""
    if first.label != second.label or (first.keypoints and second.keypoints and first.keypoints != second.keypoints):
        return False
    if first.box is None or second.box is None:
        return True
    return all(abs(one - other) <= 1 for one, other in zip(first.box, second.box, strict=True))


def category(item: Mapping[str, Any]) -> Category:
    """An entry of the list of categories; one without a name is called by its id."""
    name, points = item.get("name"), item.get("keypoints")
    named = isinstance(points, list) and all(isinstance(point, str) for point in points)
    rest = {key: value for key, value in item.items() if key != "name" and not (named and key == "keypoints")}
    called = item.get("id") if name is None else name
    return Category(
        called if isinstance(called, str) else json.dumps(called), tuple(points or ()) if named else (), rest
    )


def size(item: Mapping[str, Any]) -> tuple[int, int] | None:
    """Width and height of an image record, where both are there."""
    sides = [item.get("width"), item.get("height")]
    if not _numbers(sides) or any(side is None or side < 1 or side != int(side) for side in sides):
        return None
    return int(sides[0] or 0), int(sides[1] or 0)


def class_of(item: Mapping[str, Any]) -> str | None:
    """The class of an image record, as our own writer puts it there."""
    label = item.get("label")
    return label if isinstance(label, str) else None


def soft_labels(item: Mapping[str, Any]) -> dict[str, float]:
    """Class -> weight of an image record, as our own writer puts it there; empty where it is something else."""
    found = item.get("classes")
    if not isinstance(found, dict) or not _numbers(list(found.values())):
        return {}
    return {name: float(weight) for name, weight in found.items()}


def image_fields(item: Mapping[str, Any]) -> dict[str, Any]:
    """What else an image record says."""
    found = _fields(item, IMAGE)
    if item.get("label") is not None and class_of(item) is None:
        found["label"] = item["label"]
    if item.get("classes") and not soft_labels(item):
        found["classes"] = item["classes"]
    return found


def _fields(item: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """What else an item says. Our writer puts what has a name of COCO's own below ``fields``; that is taken out."""
    found = {key: value for key, value in item.items() if key not in known}
    nested = found.get("fields")
    if nested and isinstance(nested, dict) and nested.keys() <= known | OURS:
        del found["fields"]
        found = {**nested, **found}
    return found


def _check_shape(shape: Any) -> None:
    if isinstance(shape, dict):
        lengths = shape.get("size")
        if not (isinstance(lengths, list) and len(lengths) == 2 and set(map(type, lengths)) == {int}):
            raise _bad("annotation", f"expected run lengths of size [height, width], got {_shown(lengths)}")
        if min(lengths) < 1 or lengths[0] * lengths[1] > MOST_PIXELS:
            raise _bad("annotation", f"run lengths for {lengths} (height, width)")
        counts = shape.get("counts")
        if not (isinstance(counts, str) or (isinstance(counts, list) and set(map(type, counts)) == {int})):
            raise _bad("annotation", f"expected counts as a text or a list of whole numbers, got {_shown(counts)}")
        try:
            masks.compressed(shape)
        except ValueError as error:
            raise _bad("annotation", str(error)) from None
        return
    if not isinstance(shape, list):
        raise _bad("annotation", f"expected a segmentation as rings or run lengths, got {_shown(shape)}")
    for ring in shape if isinstance(shape[0], list) else [shape]:
        if not (ring == [] or _numbers(ring)) or len(ring) % 2:
            raise _bad("annotation", f"expected rings of numbers x, y, x, y, …, got {_shown(ring)}")


def _check_points(points: Any) -> None:
    if not _numbers(points) or len(points) % 3 or not {0, 1, 2}.issuperset(points[2::3]):
        raise _bad("annotation", f"expected keypoints x, y, 0 to 2, x, y, …, got {_shown(points)}")


def _check_text(item: Mapping[str, Any], what: str) -> None:
    """Escapes can spell half a surrogate pair, which no file can hold. Raises RefusedError."""
    try:
        if not proper(item):
            raise _bad(what, "half a surrogate pair: no proper Unicode")
    except RecursionError:
        raise _bad(what, "nested too deeply") from None


def _numbers(values: Any) -> bool:
    """Whether it is a list of finite numbers, none of them further out than coordinates can be."""
    if not isinstance(values, list) or not values or not set(map(type, values)) <= _NUMBERS:
        return False
    return bool(min(values) >= -FURTHEST and max(values) <= FURTHEST)


def _box(box: Any) -> Box | None:
    if not box:
        return None
    x, y, width, height = map(float, box)
    return x, y, x + width, y + height


def _rings(shape: Any) -> tuple[tuple[float, ...], ...]:
    if not shape:
        return ()
    rings = shape if isinstance(shape[0], list) else [shape]
    return tuple(tuple(map(float, ring)) for ring in rings if len(ring) >= 6)


def _points(points: Any) -> tuple[Point, ...]:
    """The middles of pixels; a point that is not labelled has no place, (0, 0, 0)."""
    values = iter(points or ())
    return tuple(
        (float(x) + 0.5, float(y) + 0.5, int(seen)) if x or y or seen else (0.0, 0.0, 0)
        for x, y, seen in zip(values, values, values, strict=True)
    )


def _bad(what: str, detail: str) -> RefusedError:
    return RefusedError(f"bad {what}", detail)


def _shown(value: Any) -> str:
    try:
        text = json.dumps(value)
    except RecursionError:
        text = "something nested too deeply"
    return text if len(text) <= 60 else f"{text[:60]}…"
