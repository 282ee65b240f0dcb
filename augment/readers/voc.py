"""Pascal VOC: an XML file a picture, ``Annotations/x.xml`` for ``JPEGImages/x.jpg``, splits in ``ImageSets/Main``.

See ``_voc.layout`` for the layouts (labelImg's and Roboflow's too) and how lists give splits, ``_voc.xml`` for what
is taken from the XML. An XML belongs to the picture of the same name, whatever its ending; where there is none, to the
one that its ``<filename>`` names. ``<path>`` is ignored: it is of another computer. A picture without XML is kept,
with nothing known of what is on it; an XML without picture is reported. Where there are lists, a picture that is in
none is left out.

Coordinates are taken as written, as labelImg, torchvision and albumentations do. In VOC's own files the first pixel is
1 and boxes end with their last pixel: ``one_based: true`` takes 1 from x_min and y_min. Nobody's boxes are off by more
than a pixel either way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pydantic

from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._places import Places, RefusedError
from augment.readers._voc import layout as _voc_layout
from augment.readers._voc import xml as _voc_xml
from augment.readers._voc.layout import ENDING, Lists, Part
from augment.sample import Category, Content, Dataset, Entry, Skip

LARGEST = 64_000_000
"""Most bytes of one XML file."""

FALLBACK = False


class Options(_Base):
    """How coordinates count.

    Args:
        one_based: The first pixel is 1 and x_max, y_max are the last pixels inside, as in VOC's own files.
    """

    one_based: pydantic.StrictBool = False


def claims(path: Path) -> bool:
    """A folder with JPEGImages/ and Annotations/, or with pictures and XML files of the same names."""
    return _voc_layout.resembles(path)


def dataset(path: Path, options: Options) -> Dataset:
    """The names of all objects, sorted. All XML files are looked through, 5,000 in 0.2 s. Raises InputError."""
    root = str(path)
    found: set[str] = set()
    for part in _voc_layout.find(path):
        for name in _voc_layout.walk(root, part.labels, frozenset({ENDING})):
            try:
                found |= _voc_xml.names(_files.read_below(path, part.labels + name))
            except SampleError:
                continue  # listing or reading its picture will tell
    return Dataset(
        categories=tuple(Category(name) for name in sorted(found)),
        spatial=True,
        reading={"one_based": options.one_based},
    )


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the pictures, and what is named but not there; see the Reader contract. Raises InputError."""
    listed = False
    parts = _voc_layout.find(path)
    for part in parts:
        lists = Lists.read(str(path), part.home, suffixes) if part.split is None else Lists()
        for item in _Listing(path, part, lists, suffixes).items():
            listed = listed or isinstance(item, Entry)
            yield item
    if not listed:
        where = ", ".join(part.pictures or "." for part in parts)
        raise InputError(f"{path}: no picture in {where} can be used; wanted are {' '.join(sorted(suffixes))}")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A picture and its objects. Raises SampleError, with file and line of broken XML."""
    data = _files.read_below(path, entry.locator)
    if not entry.annotations:
        return Content(data)
    try:
        text = _files.read_below(path, entry.annotations)
    except SampleError as error:
        raise SampleError(f"labels {error.reason}", f"{entry.annotations}: {error.detail}") from None
    return Content(data, _voc_xml.parse(text, entry.annotations, bool(dataset.reading.get("one_based"))))


@dataclass(slots=True)
class _Listing:
    """One pass over a part; of its pictures only hashes of names are held, a million in 60 MB."""

    path: Path
    part: Part
    lists: Lists
    suffixes: frozenset[str]
    places: Places = field(init=False)
    named: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(str(self.path), None)

    def items(self) -> Iterator[Entry | Skip]:
        yield from self._orphans()
        for name in _voc_layout.walk(str(self.path), self.part.pictures, self.suffixes):
            item = self._entry(name)
            yield (
                item
                if isinstance(item, Entry)
                else Skip(_files.printable(item.source), item.reason, _files.printable(item.detail), None, item.split)
            )
        for stem in sorted(self.lists.unseen):
            detail = f"a list in {_voc_layout.LISTS} names it, but nothing in {self.part.pictures or '.'} has its name"
            yield Skip(_files.printable(stem), "no picture", detail, None, self.lists.split[stem])

    def _orphans(self) -> Iterator[Skip]:
        """XML files without picture of their name. Those whose filename leads to one are noted in ``named``."""
        root, part = str(self.path), self.part
        stems = {hash(_stem(name)) for name in _voc_layout.walk(root, part.pictures, self.suffixes)}
        lost = (
            name for name in _voc_layout.walk(root, part.labels, frozenset({ENDING})) if hash(_stem(name)) not in stems
        )
        for name in sorted(lost):
            labels = part.labels + name
            split = part.split or self.lists.of(_stem(name))
            try:
                picture = self._called(labels)
            except (SampleError, RefusedError) as error:
                yield Skip(_files.printable(labels), error.reason, _files.printable(error.detail), None, split)
                continue
            taken = self.named.get(picture) or self._own(picture)
            if taken:
                detail = f"its <filename> is {picture}, which has {taken}"
                yield Skip(_files.printable(labels), "no picture", _files.printable(detail), None, split)
            else:
                self.named[picture] = labels

    def _own(self, picture: str) -> str:
        """The XML with the name of a picture, below the root; empty where there is none."""
        labels = self.part.labels + _stem(picture.removeprefix(self.part.pictures))
        found = (labels + ending for ending in (ENDING, ENDING.upper()))
        return next((name for name in found if os.path.lexists(os.path.join(self.path, name))), "")

    def _called(self, labels: str) -> str:
        """The picture that an XML's filename names, below the root. Raises RefusedError or SampleError."""
        name = _voc_xml.filename(_files.read_below(self.path, labels)).replace("\\", "/")
        if not name:
            raise RefusedError("no picture", f"none of that name in {self.part.pictures or '.'}, and no <filename>")
        stem, ending = os.path.splitext(name)
        others = [stem + suffix for suffix in sorted(self.suffixes)] if ending else []
        for tried in [name, *others, *(name + suffix for suffix in sorted(self.suffixes))]:
            try:
                found, _ = self.places.find(self.part.pictures + tried)
            except RefusedError as refused:
                if refused.reason == "missing":
                    continue
                raise RefusedError(refused.reason, f"its <filename> is {name[:80]}: {refused.detail}") from None
            if not found.startswith(self.part.pictures):
                raise RefusedError("outside the root", f"its <filename> {name[:80]} leads out of {self.part.pictures}")
            if os.path.splitext(found)[1].lower() in self.suffixes:
                return found
        raise RefusedError("no picture", f"nothing in {self.part.pictures or '.'} has its name, nor is {name[:80]}")

    def _entry(self, name: str) -> Entry | Skip:
        """One picture, by its name below the folder of pictures."""
        stem, picture = _stem(name), self.part.pictures + name
        named = self.named.get(picture)
        labels = named or self._own(picture)
        also = [_stem(named.removeprefix(self.part.labels))] if named else []
        split = self.part.split or self.lists.of(stem, *also)
        if split is None:
            return Skip(picture, "in no split", f"no list in {_voc_layout.LISTS} names it")
        try:
            key, facts = self.places.find(picture)
        except RefusedError as refused:
            return Skip(picture, refused.reason, refused.detail, None, split)
        if not _files.encodes(key + labels):
            return Skip(picture, "unreadable name", labels, None, split)
        size, changed, found = facts.st_size, facts.st_mtime_ns, ""
        if labels:
            try:
                found, more = self.places.find(labels)
            except RefusedError as refused:
                return Skip(picture, refused.reason, f"{labels}: {refused.detail}", None, split)
            if more.st_size > LARGEST:
                return Skip(picture, "too large", f"{labels}: at most {LARGEST} bytes are read", None, split)
            size, changed = size + more.st_size, max(changed, more.st_mtime_ns)
        return Entry(key, key, split, size=size, mtime_ns=changed, annotations=found)


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]
