"""COCO: JSON files with lists of images, annotations and categories, beside folders of pictures.

Instances, keypoints and captions of one split are read together: annotations with the same id, of the same picture, in
two files are one object. Pictures without annotations are kept, and what can't be used is reported, never dropped in
silence. The split is in a file's name (``instances_train2017.json``), or in that of its folder (Roboflow's
``train/_annotations.coco.json``). Panoptic segments are not read.

JSON files are never held as a whole: listing notes where the annotations of each picture lie, reading parses only
those. The format: https://cocodataset.org/#format-data.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from augment.annotations import Annotations, Instance
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._coco import files as _coco_files
from augment.readers._coco import items as _coco_items
from augment.readers._coco.files import Source
from augment.readers._coco.index import CAPTION, Index
from augment.readers._coco.json import parse
from augment.readers._places import Places, RefusedError
from augment.sample import Category, Content, Dataset, Entry, Skip

FALLBACK = False


class Options(_Base):
    """``annotations``: the JSON file or files, relative to ``path``; ``images``: the folder of the pictures."""

    annotations: str | tuple[str, ...] | None = None
    images: str | None = None


def claims(path: Path) -> bool:
    """A folder with COCO's JSON, or such a file; only the beginnings of files are looked at."""
    if path.is_dir():
        return _coco_files.any_in(path)
    return path.suffix.lower() == ".json" and _coco_files.looks_like(path)


def dataset(path: Path, options: Options) -> Dataset:
    """The categories of all files, in the order in which they come; one name is one category. Raises InputError."""
    indexes = _indexes(path, options, keep=True)
    categories = tuple(_categories(indexes).values())
    fields: dict[str, Any] = {}
    for index in indexes:
        fields = {**index.fields, **fields}
    return Dataset(
        categories,
        spatial=bool(categories) or any(index.located() for index in indexes),
        fields=fields,
        reading={"files": [[index.source.name, index.bytes] for index in indexes]},
    )


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the pictures of all splits; see the Reader contract. Raises InputError where none of them can be used."""
    indexes = _indexes(path, options, keep=False)
    places = _coco_files.places(_coco_files.root_of(path), options.images)
    for name in [] if options.annotations else _coco_files.panoptic(path):
        yield Skip(name, "not read", "COCO's panoptic segments")
    numbers = {name: number for number, name in enumerate(_categories(indexes))}
    first: Skip | None = None
    listed = unusable = 0
    for split in dict.fromkeys(index.source.split for index in indexes):
        inside = {number: index for number, index in enumerate(indexes) if index.source.split == split}
        for index in inside.values():
            yield from index.skips
            yield from index.bad_annotations()
        pictures, skips = _pictures(inside, places, suffixes)
        yield from skips
        for entry in _listed(pictures.values(), inside, numbers):
            listed += 1
            yield entry
        first = first or next(iter(skips), None)
        unusable += len(skips)
    if not listed:
        raise InputError(_nothing(path, first, unusable))


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The picture, and the annotations that lie where listing found them. Raises SampleError."""
    root = _coco_files.root_of(path)
    locator = entry.locator
    if locator.startswith("../") or os.path.isabs(locator):  # `images` lies outside; listing has checked it
        data = _files.read(os.path.join(root, locator))
    else:
        data = _files.read_below(root, locator)
    return Content(data, _annotations(root, json.loads(entry.annotations), dataset) if entry.annotations else None)


_held: dict[tuple[Any, ...], list[Index]] = {}
"""What ``dataset`` has found, until ``entries`` takes it: big files are gone through once."""


def _indexes(path: Path, options: Options, keep: bool) -> list[Index]:
    named = (options.annotations,) if isinstance(options.annotations, str) else options.annotations or ()
    sources = _coco_files.sources(path, named, options.images)
    key = tuple((source, *_coco_files.state(source)) for source in sources)
    found = _held.pop(key, None) or [Index.of(source) for source in sources]
    _held.clear()
    if keep:
        _held[key] = found
    return found


def _categories(indexes: Sequence[Index]) -> dict[str, Category]:
    """By name. What the first of the same name does not say is taken from the next."""
    found: dict[str, Category] = {}
    for index in indexes:
        for new in index.categories.values():
            old = found.setdefault(new.name, new)
            found[new.name] = Category(new.name, old.keypoints or new.keypoints, {**new.fields, **old.fields})
    return found


@dataclass(slots=True)
class _Picture:
    """One picture of a split: where it is, and its records as pairs (number of the file, number in the file)."""

    key: str
    locator: str
    split: str
    label: str | None
    size: int
    mtime_ns: int
    records: tuple[tuple[int, int], ...] = ()


def _pictures(
    inside: Mapping[int, Index], places: Places, suffixes: frozenset[str]
) -> tuple[dict[str, _Picture], list[Skip]]:
    """The pictures that the files of one split name, by key, and the names that lead to none."""
    pictures: dict[str, _Picture] = {}
    skips: dict[str, Skip] = {}
    named: dict[str, _Picture] = {}
    for number, index in inside.items():
        for place, image in index.images.items():
            if image.name in skips:
                continue
            picture = named.get(image.name)
            if picture is None:
                try:
                    picture = _find(index.source, image.name, places, suffixes)
                except RefusedError as refused:
                    detail = f"{index.source.name}: {refused.detail}".removesuffix(": ")
                    skips[image.name] = Skip(image.name, refused.reason, detail)
                    continue
                picture = named[image.name] = pictures.setdefault(picture.key, picture)
            picture.label = image.label if picture.label is None else picture.label
            picture.records = (*picture.records, (number, place))
    return pictures, list(skips.values())


def _find(source: Source, name: str, places: Places, suffixes: frozenset[str]) -> _Picture:
    if os.path.splitext(name)[1].lower() not in suffixes:
        raise RefusedError("not a wanted file", f"wanted are {' '.join(sorted(suffixes))}", name)
    key, facts = _coco_files.find(places, source, name)
    return _Picture(key, places.lead + key, source.split, None, facts.st_size, facts.st_mtime_ns)


def _listed(pictures: Iterable[_Picture], inside: Mapping[int, Index], numbers: Mapping[str, int]) -> Iterator[Entry]:
    """Each picture with the places of its annotations."""
    spans = {number: index.spans(numbers) for number, index in inside.items()}
    for picture in pictures:
        size, mtime_ns = picture.size, picture.mtime_ns
        parts: list[list[Any]] = []
        for number, place in picture.records:
            index = inside[number]
            rows, begins = spans[number]
            mine = rows[begins[place] : begins[place + 1]]
            if parts and not len(mine):
                continue
            image = index.images[place]
            parts.append([number, image.start, image.length, mine.ravel().tolist()])
            size += int(mine[:, 1].sum())
            mtime_ns = max(mtime_ns, index.mtime_ns)
        text = json.dumps(parts, separators=(",", ":"))
        yield Entry(picture.key, picture.locator, picture.split, picture.label, size, mtime_ns, annotations=text)


def _nothing(path: Path, first: Skip | None, unusable: int) -> str:
    if first is None:
        return f"{path}: the JSON files list no images"
    told = f"{first.source}: {first.reason}, {first.detail}"
    hint = ". Say where they are, as in input: {images: FOLDER}" if first.reason == "missing" else ""
    return f"{path}: none of the {unusable} pictures that the JSON files name can be used; the first: {told}{hint}"


def _annotations(root: Path, parts: list[Any], dataset: Dataset) -> Annotations:
    """Parse what lies at the places that listing has found. Raises SampleError if something else is there now."""
    image: dict[str, Any] = {}
    objects: list[tuple[Any, Instance]] = []
    captions: list[str] = []
    for number, start, length, spans in parts:
        name, size = dataset.reading["files"][number]
        try:
            with open(root / name, "rb") as file:
                if os.fstat(file.fileno()).st_size != size:
                    raise ValueError("its size is another")
                image = image or _item(file, start, length)
                found = [(_item(file, *spans[at : at + 2]), spans[at + 2]) for at in range(0, len(spans), 3)]
            captions += [str(item["caption"]) for item, category in found if category == CAPTION]
            _join(objects, [_object(item, category, dataset) for item, category in found if category != CAPTION])
        except OSError as error:
            raise SampleError("unreadable", f"{name}: {error.strerror}") from None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
            raise SampleError("changed", f"{name} has changed since it was listed: {error}") from None
    return Annotations(
        instances=tuple(instance for _, instance in objects),
        captions=tuple(captions),
        classes=_coco_items.soft_labels(image),
        size=_coco_items.size(image),
        fields=_coco_items.image_fields(image),
    )


def _item(file: BinaryIO, start: int, length: int) -> dict[str, Any]:
    file.seek(start)
    found = parse(file.read(length))
    if not isinstance(found, dict):
        raise ValueError("expected an object")
    return found


def _object(item: dict[str, Any], category: int, dataset: Dataset) -> tuple[Any, Instance]:
    """An annotation's id and what it is."""
    label = None if category < 0 else dataset.categories[category].name
    return _coco_items.identity(item.get("id")), _coco_items.instance(item, label)


def _join(objects: list[tuple[Any, Instance]], more: list[tuple[Any, Instance]]) -> None:
    """Add what another file says: to the object with the same id, else as an object of its own."""
    places: dict[Any, list[int]] = {}
    for place, (number, _) in enumerate(objects):
        places.setdefault(number, []).append(place)
    for number, new in more:
        at = next((at for at in places.get(number, ()) if _coco_items.same(objects[at][1], new)), None)
        if number is None or at is None:
            objects.append((number, new))
        else:
            places[number].remove(at)
            objects[at] = (number, _coco_items.joined(objects[at][1], new))
