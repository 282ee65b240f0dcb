"""The XML file of one output: boxes, outlines, and the facts that came with them (see readers/_voc).

XML has only texts: numbers are written as such, true as 1, false as 0, null as an empty element, a list as one element
an item. What XML has no sign for (control characters, halves of surrogate pairs) becomes U+FFFD. A name that no
element can have goes into ``<field name="…">``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from augment import masks
from augment.annotations import Annotations, Box, Instance, bounds
from augment.errors import SampleError
from augment.writers import _outline

REASON = "can't be written"

NAMELESS = "object"
"""The name of what has no category: every tool asks for one."""

USUAL = {"pose": "Unspecified", "truncated": "0", "difficult": "0"}
"""What the objects of VOC have and tools ask for; written where nothing else is known."""

POSITIONS = frozenset({"part", "point", "polygon", "robndbox"})
"""Elements that say where something is and came as mere facts. No step moves them, so copies are written without."""

DEEPEST = 50
"""Most elements within each other."""

OBJECT = frozenset({"name", "bndbox", "polygon", "crowd", "field"})
TOP = frozenset({"filename", "path", "size", "object", "field"})
"""Elements that are VOC's or ours; a fact of such a name goes into ``<field name="…">``."""

_TAG = re.compile(r"(?![xX][mM][lL])[A-Za-z_][A-Za-z0-9_.-]*")
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_QUOTED = {**_TEXT, '"': "&quot;", "\t": "&#9;", "\n": "&#10;"}


def written(
    annotations: Annotations, name: str, sides: tuple[int, int, int], moved: bool, numbers: tuple[bool, bool]
) -> bytes:
    """The whole file.

    Args:
        annotations: In pixels.
        name: The picture's file name.
        sides: Width, height and number of channels of the picture; 0 for what is not known.
        moved: The picture is an augmented copy.
        numbers: Whether the first pixel is 1 and x_max, y_max are the last pixels inside, as in VOC's own files; and
            whether edges are rounded to whole pixels.

    Raises:
        SampleError: A number is not finite, or an object has nothing that says where it is.
    """
    fields = dict(annotations.fields)
    head = {key: fields.pop(key) for key in ("folder",) if key in fields}
    tail = {key: fields.pop(key) for key in ("segmented",) if key in fields}
    lines = [f"<annotation{_attributes(annotations.fields)}>"]
    lines += _elements(head, TOP, 1)
    lines.append(f"\t<filename>{_escaped(name, _TEXT)}</filename>")
    lines += _elements(fields, TOP, 1)
    lines.append("\t<size>")
    lines += [f"\t\t<{key}>{side}</{key}>" for key, side in zip(("width", "height", "depth"), sides, strict=True)]
    lines.append("\t</size>")
    lines += _elements(tail, TOP, 1)
    for instance in annotations.instances:
        lines += _object(instance, moved, numbers)
    return "\n".join([*lines, "</annotation>\n"]).encode()


def _object(instance: Instance, moved: bool, numbers: tuple[bool, bool]) -> Iterator[str]:
    one_based, whole = numbers
    fields = {key: value for key, value in instance.fields.items() if not (moved and key in POSITIONS)}
    usual = {key: fields.pop(key, value) for key, value in USUAL.items()}
    rings = _rings(instance)
    box = _edges(instance, rings)
    first = 1 if one_based else 0
    edges = _whole(box) if whole else box
    yield f"\t<object{_attributes(fields)}>"
    yield _leaf("name", instance.label or NAMELESS, 2)
    yield from _elements(usual, OBJECT, 2)
    yield "\t\t<bndbox>"
    for name, edge in zip(("xmin", "ymin", "xmax", "ymax"), edges, strict=True):
        yield f"\t\t\t<{name}>{_number(edge + (first if name.endswith('min') else 0))}</{name}>"
    yield "\t\t</bndbox>"
    for ring in rings:
        yield "\t\t<polygon>"
        for place, value in enumerate(ring):
            axis = f"{'xy'[place % 2]}{place // 2 + 1}"
            yield f"\t\t\t<{axis}>{_number(value)}</{axis}>"
        yield "\t\t</polygon>"
    if instance.crowd:
        yield "\t\t<crowd>1</crowd>"
    yield from _elements(fields, OBJECT, 2)
    yield "\t</object>"


def _rings(instance: Instance) -> tuple[tuple[float, ...], ...]:
    """The outlines of an object's mask. A bitmap's is one ring, for holes would be filled as rings of their own."""
    if instance.rle is None:
        return instance.polygons
    try:
        height, width = instance.rle["size"]
        pixels = masks.bitmap(instance, (int(width), int(height)))
        found = [] if pixels is None else _outline.rings(pixels)
    except (KeyError, TypeError, ValueError) as error:
        raise SampleError(REASON, f"its run lengths are damaged: {error}") from None
    return (_outline.joined(found),) if found else ()


def _edges(instance: Instance, rings: tuple[tuple[float, ...], ...]) -> Box:
    """The box of an object, or that round its outlines. Raises SampleError."""
    box = instance.box or (bounds(rings) if rings else None)
    if box is None:
        raise SampleError(REASON, f"an object ({instance.label}) has neither box nor mask")
    return box


def _whole(box: Box) -> Box:
    """Edges at the nearest whole pixels; those of a box that would vanish so, at the pixels around it."""
    x_min, y_min, x_max, y_max = box
    (left, right), (top, bottom) = _rounded(x_min, x_max), _rounded(y_min, y_max)
    return left, top, right, bottom


def _rounded(low: float, high: float) -> tuple[float, float]:
    if not (math.isfinite(low) and math.isfinite(high)):
        return low, high
    near = float(math.floor(low + 0.5)), float(math.floor(high + 0.5))
    return near if near[0] < near[1] or low >= high else (float(math.floor(low)), float(math.ceil(high)))


def _number(value: float) -> str:
    """A hundredth of a pixel at most; whole numbers without a point. Raises SampleError."""
    if not math.isfinite(value):
        raise SampleError(REASON, f"a coordinate is {value}")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _elements(fields: Mapping[str, Any], taken: frozenset[str], depth: int) -> Iterator[str]:
    """Facts as elements. Attributes are left out: they stand in the tag around them."""
    if depth > DEEPEST:
        raise SampleError(REASON, f"facts are more than {DEEPEST} deep within each other")
    for name, value in fields.items():
        if _is_attribute(name, value):
            continue
        for item in value if isinstance(value, list | tuple) else [value]:
            yield from _element(name, item, taken, depth)


def _element(name: str, value: Any, taken: frozenset[str], depth: int) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _leaf(name, _plain(value), depth, taken)
        return
    opening, closing = _tags(name, taken)
    if opening != name and "@name" in value:  # the tag has an attribute of that name
        value = {"#name" if key == "@name" else key: item for key, item in value.items()}
    opening += _attributes(value)
    inside = {key: item for key, item in value.items() if not _is_attribute(key, item)}
    if inside.keys() == {"#text"} and not isinstance(inside["#text"], Mapping | list | tuple):
        text = _plain(inside["#text"])
        yield f"{_tabs(depth)}<{opening}{_space(text)}>{_escaped(text, _TEXT)}</{closing}>"
    else:
        yield f"{_tabs(depth)}<{opening}>"
        yield from _elements(inside, frozenset({"field"}), depth + 1)
        yield f"{_tabs(depth)}</{closing}>"


def _leaf(name: str, text: str, depth: int, taken: frozenset[str] = frozenset()) -> str:
    opening, closing = _tags(name, taken)
    return f"{_tabs(depth)}<{opening}{_space(text)}>{_escaped(text, _TEXT)}</{closing}>"


def _tags(name: str, taken: frozenset[str]) -> tuple[str, str]:
    """What stands in the opening and in the closing tag."""
    if _TAG.fullmatch(name) and name not in taken:
        return name, name
    return f'field name="{_escaped(name, _QUOTED)}"', "field"


def _is_attribute(name: str, value: Any) -> bool:
    return name.startswith("@") and isinstance(value, str) and _TAG.fullmatch(name[1:]) is not None


def _attributes(fields: Mapping[str, Any]) -> str:
    found = ((name[1:], value) for name, value in fields.items() if _is_attribute(name, value))
    return "".join(f' {name}="{_escaped(value, _QUOTED)}"' for name, value in found)


def _space(text: str) -> str:
    """Readers take away space round a text unless they are told."""
    return ' xml:space="preserve"' if text != text.strip() else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _escaped(text: str, signs: Mapping[str, str]) -> str:
    cleaned = _NO_XML.sub("\ufffd", text)
    return "".join(signs.get(letter, letter) for letter in cleaned)


def _tabs(depth: int) -> str:
    return "\t" * depth
