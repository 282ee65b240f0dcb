"""One XML file of Pascal VOC (or labelImg, CVAT, Roboflow) as Annotations.

An ``<object>`` has a ``<name>`` and a ``<bndbox>``; a ``<polygon>`` with x1, y1, x2, y2 … is a ring of its mask, and
``<crowd>1</crowd>`` says that it stands for many. Whatever else there is rides along as plain data: an element's text,
or its children by name (several of one name as a list), attributes as ``@name``, text beside attributes as ``#text``.
``<field name="any text">`` is an element with a name that XML does not allow. XML has only texts, so all values are.
http://host.robots.ox.ac.uk/pascal/VOC/voc2012/devkit_doc.pdf
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from augment.annotations import Annotations, Box, Instance
from augment.errors import SampleError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

REASON = "bad label"
DEEPEST = 50
"""Most elements within each other."""

LARGEST = 2**31
"""No picture is as wide or high."""

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
EDGES = ("xmin", "ymin", "xmax", "ymax")
UNKEPT = frozenset({"filename", "path", "size"})
"""Elements that would not be true of an output; the size is kept in its own place."""

_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_PLAIN_NAME = re.compile(rb"<object>\s*<name>([^<&]*)</name>")
_OBJECT = re.compile(rb"<object>(.*?)</object>", re.DOTALL)
_INNER = re.compile(rb"<(part|bndbox|attributes|polygon)>.*?</\1>", re.DOTALL)
_NAME = re.compile(rb"<name>([^<&]*)</name>")
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>""")
_UTF_8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


def parse(data: bytes, where: str, one_based: bool) -> Annotations:
    """All that a file says, in pixels.

    Args:
        data: The file; its XML declaration may name an encoding.
        where: Its name, for messages.
        one_based: The first pixel is 1 and x_max, y_max are the last pixels inside, as VOC's own files have it.

    Raises:
        SampleError: It is no XML, has a DTD (entities could fill memory or read other files), or an object in it has
            no name or no box.
    """
    root = _root(data, where)
    if root.tag != "annotation":
        raise SampleError(REASON, f"{where}: expected <annotation> at the top, got <{str(root.tag)[:40]}>")
    objects = [child for child in root if child.tag == "object"]
    others = [child for child in root if child.tag != "object" and child.tag not in UNKEPT]
    instances = []
    try:
        for number, element in enumerate(objects, 1):
            try:
                instances.append(_instance(element, 1 if one_based else 0))
            except ValueError as error:
                called = str(element.findtext("name") or "").strip()[:40]
                raise ValueError(f"object {number}{f' ({called})' if called else ''}: {error}") from None
        fields = {**_attributes(root), **_children(others, 1)}
    except ValueError as error:
        raise SampleError(REASON, f"{where}: {error}") from None
    return Annotations(tuple(instances), size=_size(root), fields=fields)


def names(data: bytes) -> set[str]:
    """Names of the objects in a file; none where it can't be read.

    Parsing takes 500 µs a file, looking for ``<object><name>`` takes 5, so only odd files are parsed.
    """
    declared = _ENCODING.search(data[:200])
    count = data.count(b"<object")
    if b"\0" not in data and b"<!" not in data and (declared is None or declared[1].lower() in _UTF_8):
        found = _PLAIN_NAME.findall(data)
        if len(found) != count:
            objects = [_NAME.findall(_INNER.sub(b"", text)) for text in _OBJECT.findall(data)]
            found = [name for inside in objects if len(inside) == 1 for name in inside]
        if len(found) == count and not any(b"\r" in name.strip() for name in found):  # XML makes it a line feed
            try:
                return {name.decode().strip() for name in set(found)} - {""}
            except UnicodeDecodeError:
                return set()
    try:
        return {_text(element.find("name")) for element in _root(data, "") if element.tag == "object"} - {""}
    except SampleError:
        return set()


def filename(data: bytes) -> str:
    """What ``<filename>`` says; empty where there is none or the file can't be read."""
    try:
        return _text(_root(data, "").find("filename"))
    except SampleError:
        return ""


def _root(data: bytes, where: str) -> Element:
    """The top element. Raises SampleError."""
    try:
        try:
            root: Element = ElementTree.fromstring(data, forbid_dtd=True)
        except (LookupError, ValueError) as error:  # Expat asks Python for encodings, and takes those of one byte
            if isinstance(error, DefusedXmlException):
                raise
            root = ElementTree.fromstring(_recoded(data), forbid_dtd=True)
    except DefusedXmlException:
        raise SampleError(REASON, f"{where}: it has a document type or entities; for safety none are read") from None
    except ParseError as error:
        raise SampleError(REASON, f"{where}:{error.position[0]}: no proper XML: {error}") from None
    except (LookupError, ValueError) as error:
        raise SampleError(REASON, f"{where}: no proper XML: {error}; save it as UTF-8") from None
    return root


def _recoded(data: bytes) -> bytes:
    """A file in an encoding of several bytes (GBK, Shift JIS) as UTF-8. Raises LookupError or ValueError."""
    declared = _ENCODING.search(data[:200])
    if declared is None:
        raise ValueError("the encoding is not known")
    text = data[declared.end() :].decode(declared[1].decode("ascii"))
    return text.encode()


def _instance(element: Element, first: int) -> Instance:
    """One object. Raises ValueError."""
    label = _text(element.find("name"))
    if not label:
        raise ValueError("expected a <name>")
    boxes = element.findall("bndbox")
    rings, others, crowd = [], [], False
    for child in element:
        ring = _ring(child) if child.tag == "polygon" else None
        if ring is not None:
            rings.append(ring)
        elif child.tag == "crowd" and _text(child) in ("0", "1"):
            crowd = _text(child) == "1"
        elif child.tag not in ("name", "bndbox"):
            others.append(child)
    if len(boxes) != 1 and not (rings and not boxes):
        raise ValueError(f"expected one <bndbox>, got {len(boxes)}")
    fields = {**_attributes(element), **_children(others, 2)}
    return Instance(label, _box(boxes[0], first) if boxes else None, tuple(rings), crowd=crowd, fields=fields)


def _box(element: Element, first: int) -> Box:
    """The edges, in any order. Raises ValueError."""
    x_min, y_min, x_max, y_max = (_number(element, name) for name in EDGES)
    return x_min - first, y_min - first, x_max, y_max


def _ring(element: Element) -> tuple[float, ...] | None:
    """x1, y1, x2, y2 …, each once and three points or more; None for another kind of polygon."""
    wanted = [f"{axis}{number}" for number in range(1, len(element) // 2 + 1) for axis in "xy"]
    texts = {str(child.tag): _text(child) for child in element}
    if len(wanted) < 6 or texts.keys() != set(wanted) or not all(map(_finite, texts.values())):
        return None
    return tuple(float(texts[name]) for name in wanted)


def _number(element: Element, name: str) -> float:
    text = _text(element.find(name))
    if not _finite(text):
        raise ValueError(f"expected a number in <{name}>, got {text[:40]!r}")
    return float(text)


def _finite(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))  # float() would take NaN and 1_000


def _size(root: Element) -> tuple[int, int] | None:
    """Width and height; None where one is missing, 0 or no number: tools that do not know them write 0."""
    element = root.find("size")
    sides = [] if element is None else [_text(element.find(name)) for name in ("width", "height")]
    found = [int(float(side)) if _finite(side) and float(side) < LARGEST else 0 for side in sides]
    return (found[0], found[1]) if found and min(found) > 0 else None


def _text(element: Element | None) -> str:
    """An element's text; space round it counts only where the element says so."""
    if element is None:
        return ""
    text = element.text or ""
    return text if element.get(SPACE) == "preserve" else text.strip()


def _attributes(element: Element) -> dict[str, Any]:
    return {f"@{name}": value for name, value in element.attrib.items() if name != SPACE}


def _children(elements: Iterable[Element], depth: int) -> dict[str, Any]:
    """Elements by name, several of one name as a list. Raises ValueError if they go too deep."""
    found: dict[str, list[Any]] = {}
    for element in elements:
        attributes = _attributes(element)
        name = attributes.pop("@name", None) if element.tag == "field" else None
        found.setdefault(element.tag if name is None else name, []).append(_value(element, attributes, depth))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _value(element: Element, attributes: dict[str, Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} elements within each other")
    text = _text(element)
    if not len(element):
        return {**attributes, **({"#text": text} if text else {})} if attributes else text
    return {**attributes, **_children(element, depth + 1)}
