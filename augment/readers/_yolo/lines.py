"""Lines of a YOLO label file as instances: boxes, polygons and keypoints, in fractions of width and height.

``class cx cy w h`` is a box; a sixth number is a detector's confidence. ``class x1 y1 x2 y2 x3 y3 …`` is a polygon;
oriented boxes are polygons of four points. With ``kpt_shape: [K, D]`` in data.yaml, ``class cx cy w h`` is followed
by K keypoints of D numbers each, x and y, and whether they are labelled where D is 3.
https://docs.ultralytics.com/datasets/segment and /pose.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence

from augment.annotations import Instance, Point
from augment.errors import SampleError

FARTHEST = 10.0
"""Fractions lie between 0 and 1, a little beyond where an object leaves the picture. These would be pixels."""

REASON = "bad label"

_CLASS = re.compile(rb"^[ \t]*([0-9]{1,4})(?:\.0*)?[ \t]", re.MULTILINE)
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")


def instances(
    text: bytes, where: str, names: Mapping[int, str], points: Sequence[int] | None, keypoints: Mapping[str, int]
) -> tuple[Instance, ...]:
    """All instances of one label file, in its order.

    Args:
        text: The file.
        where: Its name, for messages.
        names: Number of a class -> its name.
        points: kpt_shape: number of keypoints, and of numbers in each; None for boxes and polygons.
        keypoints: Name of a class -> how many keypoints it has, where less than kpt_shape has room for.

    Raises:
        SampleError: It is no text, or a line can't be understood; with its number.
    """
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SampleError(REASON, f"{where}: UTF-16; save it as UTF-8")
    found = []
    for number, line in enumerate(text.removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        words = line.split()
        if not words:
            continue
        try:
            found.append(_instance([_number(word) for word in words], names, points, keypoints))
        except ValueError as error:
            raise SampleError(REASON, f"{where}:{number}: {error}") from None
    return tuple(found)


def classes(text: bytes) -> set[int]:
    """Numbers of the classes that occur in a label file; lines that make no sense are passed over."""
    return {int(number) for number in _CLASS.findall(text.removeprefix(codecs.BOM_UTF8).replace(b"\r", b"\n"))}


def _number(word: bytes) -> float:
    try:
        text = word.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if not _NUMBER.fullmatch(text):  # float() would take NaN and 1_000
        shown = word[:40].decode("utf-8", "backslashreplace")
        raise ValueError(f"expected numbers with a space between, got {shown!r}")
    return float(text)


def _instance(
    values: list[float], names: Mapping[int, str], points: Sequence[int] | None, keypoints: Mapping[str, int]
) -> Instance:
    """One line. Raises ValueError."""
    count = len(values)
    label = _label(values[0], names)
    pose = points is not None and count == 5 + points[0] * points[1]
    if pose and points is not None:
        _fractions(values[1:5])
        labelled = _points(values[5:], points[1], keypoints.get(label, points[0]))
        return Instance(label, _box(values), keypoints=labelled)
    if count in (5, 6):
        _fractions(values[1:5])
        return Instance(label, _box(values), fields={"confidence": values[5]} if count == 6 else {})
    if points is None and count >= 7 and count % 2:
        _fractions(values[1:])
        return Instance(label, polygons=(tuple(values[1:]),))
    if points is not None:
        wanted = f"5 numbers, or {5 + points[0] * points[1]} as kpt_shape {list(points)} in data.yaml says"
    else:
        wanted = "5 numbers for a box (class cx cy w h), 7, 9, 11 or more for a polygon (class x1 y1 x2 y2 x3 y3 …)"
    raise ValueError(f"expected {wanted}, got {count}")


def _label(value: float, names: Mapping[int, str]) -> str:
    if not value.is_integer():
        raise ValueError(f"expected the number of a class first, got {value:g}")
    label = names.get(int(value))
    if label is None:
        some = ", ".join(f"{number}: {name[:40]}" for number, name in list(names.items())[:6])
        more = ", …" if len(names) > 6 else ""
        raise ValueError(
            f"class {value:g} is not among the {len(names)} that have names ({some}{more}); give it one in "
            "data.yaml, or in input: {names: {number: name, ...}}"
        )
    return label


def _fractions(values: Sequence[float]) -> None:
    farthest = max(values, key=abs)
    if not abs(farthest) <= FARTHEST:
        raise ValueError(f"expected fractions of width and height, from 0 to 1, got {farthest:g}: pixels?")


def _box(values: Sequence[float]) -> tuple[float, float, float, float]:
    x, y, width, height = values[1:5]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _points(values: Sequence[float], numbers: int, count: int) -> tuple[Point, ...]:
    """The ``count`` keypoints that the class has, those behind them being room that it does not use.

    Without a third number a keypoint at (0, 0), or before it, is one that is not labelled. All of them together are
    none at all: nobody has labelled keypoints here.
    """
    found: list[Point] = []
    for place in range(0, len(values), numbers):
        x, y = values[place], values[place + 1]
        if numbers == 3:
            seen = values[place + 2]
            if seen not in (0, 1, 2):
                raise ValueError(f"expected 0, 1 or 2 for how keypoint {place // 3} is seen, got {seen:g}")
        else:
            seen = 0 if (x == 0 and y == 0) or x < 0 or y < 0 else 2
        found.append((x, y, int(seen)) if seen else (0.0, 0.0, 0))
    _fractions([number for x, y, _ in found for number in (x, y)])
    if any(seen for _, _, seen in found[count:]):
        raise ValueError(f"the class has {count} keypoints by kpt_names in data.yaml, here more are labelled")
    return tuple(found[:count]) if any(seen for _, _, seen in found) else ()
