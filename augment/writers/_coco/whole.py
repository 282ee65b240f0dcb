"""COCO's JSON files of a whole output, made of the lines of its lots: they pass through and get their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from augment.contracts import Written
from augment.sample import Dataset
from augment.writers import _tree
from augment.writers._coco.lines import NAMELESS, category_ids, dumps
from augment.writers._tree import whole_file

LINES = ".coco"
"""How the name of a lot's lines ends."""

LISTS = frozenset({"images", "annotations", "categories"})
"""Top-level keys that are ours; a fact of such a name is not carried."""


@dataclass(slots=True)
class _Held:
    """What a split has beside pictures; ``pointed`` are the ids of the categories of objects with keypoints."""

    objects: bool = False
    captions: bool = False
    pointed: set[int] = field(default_factory=set)


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """Write the files of all splits. Raises OSError."""
    written = []
    for split, parts in _tree.parts(root, LINES).items():
        held = _held(parts)
        listed = _categories(dataset) if dataset.categories or held.objects else []
        plain = [_without_points(category) for category in listed]
        whole = _Whole(root, split, parts, _head(dataset))
        written.append(whole.file("instances", _numbered(parts, b"A"), plain))
        if any(category.get("keypoints") for category in listed) or held.pointed:
            pointed = [one for one in listed if one.get("keypoints") or one["id"] in held.pointed]
            written.append(whole.file("person_keypoints", _keypoints(parts), pointed))
        if held.captions:
            written.append(whole.file("captions", _numbered(parts, b"C"), None))
    return written


def _held(parts: Sequence[Path]) -> _Held:
    held = _Held()
    for kind, rest in _lines(parts):
        held.objects |= kind == b"A"
        held.captions |= kind == b"C"
        if kind == b"K":
            held.pointed.add(int(rest.split(b" ", 1)[0]))
    return held


def _lines(parts: Sequence[Path]) -> Iterator[tuple[bytes, bytes]]:
    """What each line is, and the rest of it."""
    for part in parts:
        with part.open("rb") as file:
            for line in file:
                yield line[:1], line[1:-1]


def _images(parts: Sequence[Path]) -> Iterator[bytes]:
    for number, rest in enumerate((rest for kind, rest in _lines(parts) if kind == b"I"), 1):
        yield b'{"id": %d, %b}' % (number, rest)


def _numbered(parts: Sequence[Path], wanted: bytes) -> Iterator[bytes]:
    """The annotations, or the captions, under ids of their own."""
    owner = number = 0
    for kind, rest in _lines(parts):
        owner += kind == b"I"
        if kind == wanted:
            number += 1
            yield b'{"id": %d, "image_id": %d, %b}' % (number, owner, rest)


def _keypoints(parts: Sequence[Path]) -> Iterator[bytes]:
    """The annotations with keypoints, under the ids that they have among all."""
    owner = number = 0
    above = b""
    for kind, rest in _lines(parts):
        owner += kind == b"I"
        if kind == b"A":
            number += 1
            above = rest
        elif kind == b"K":
            points = rest.split(b" ", 1)[1]
            yield b'{"id": %d, "image_id": %d, %b, %b}' % (number, owner, above, points)


def _categories(dataset: Dataset) -> list[dict[str, Any]]:
    ids = category_ids(dataset)
    found = []
    for category in dataset.categories or (NAMELESS,):
        points = {"keypoints": list(category.keypoints)} if category.keypoints else {}
        own = {"id": ids[category.name], "name": category.name, **points}
        found.append({**own, **{key: value for key, value in category.fields.items() if key not in own}})
    return found


def _without_points(category: dict[str, Any]) -> dict[str, Any]:
    """As COCO's own files of instances have it."""
    points = ("keypoints", "skeleton") if category.get("keypoints") else ()
    return {key: value for key, value in category.items() if key not in points}


def _list(name: str, items: Iterator[bytes]) -> Iterator[bytes]:
    """A key and its list, an item a line."""
    yield b'"%b": [' % name.encode()
    mark = b"\n"
    for item in items:
        yield mark + item
        mark = b",\n"
    yield b"\n]"


def _head(dataset: Dataset) -> bytes:
    """The data set's own facts; info and licenses are always there, for tools ask for them."""
    facts = {"info": {}, "licenses": [], **dataset.fields}
    return b"".join(
        b"%b: %b,\n" % (dumps(key).encode(), dumps(facts[key]).encode()) for key in facts if key not in LISTS
    )


@dataclass(frozen=True, slots=True)
class _Whole:
    """What the files of one split share."""

    root: Path
    split: str
    parts: Sequence[Path]
    head: bytes

    def file(self, kind: str, annotations: Iterator[bytes], categories: list[dict[str, Any]] | None) -> Written:
        """One file, in the order of COCO's own."""
        return whole_file(self.root, f"annotations/{kind}_{self.split}.json", self._pieces(annotations, categories))

    def _pieces(self, annotations: Iterator[bytes], categories: list[dict[str, Any]] | None) -> Iterator[bytes]:
        yield b"{\n" + self.head
        yield from _list("images", _images(self.parts))
        yield b",\n"
        yield from _list("annotations", annotations)
        if categories is not None:
            yield b",\n"
            yield from _list("categories", (dumps(category).encode() for category in categories))
        yield b"\n}\n"
