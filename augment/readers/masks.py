"""Pictures in one folder and their segmentation masks in another, found by equal names.

The folders are called ``images`` and ``masks`` (``labels``, ``annotations``, ``gt``, VOC's ``JPEGImages`` and
``SegmentationClass``), with split folders above or below them, or ``train`` and ``trainannot`` beside each other, as
SegNet's CamVid has it. A mask's values are classes; or there is a mask a class, in ``masks/road/1.png`` or
``masks/1_road.png``, which may overlap. ``1_mask.png`` and the like belong to ``1.jpg`` too. Where ``train.txt`` lists
pictures with their masks, or VOC's ``ImageSets/Segmentation`` their names, those lists say what belongs to the split.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from augment.annotations import INDEX, Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._masks import lists as _masks_lists
from augment.readers._masks import png as _masks_png
from augment.readers._masks.folders import MASK_ENDINGS, Home, folders, homes, ignored, matches, paired
from augment.readers._places import Places, RefusedError
from augment.readers._shards import whole as _shards_whole
from augment.readers.folder import SPLITS
from augment.sample import Category, Content, Dataset, Entry, Skip

CLASSES = "classes.txt"
MOST_VALUE = 65535
_ENCODED = re.compile(r"%([0-9A-F]{2})")

FALLBACK = False


class Options(_Base):
    """What is where.

    ``images`` and ``masks`` are names of folders. ``classes`` are names by value: a list, a mapping, or a file with a
    name a line. ``void`` is the value of pixels that belong to no class.
    """

    images: str | None = None
    masks: str | None = None
    classes: list[str] | dict[int, str] | str | None = None
    void: int | None = pydantic.Field(default=None, ge=0, le=MOST_VALUE)


def claims(path: Path) -> bool:
    """A folder with pictures and masks of equal names; or they are in its one folder, or in those of splits."""
    if not path.is_dir():
        return False
    try:
        top = folders(path, "")
        inner = [name for name in top if name.lower() in SPLITS or len(top) == 1]
        leads = [path, *(path / name for name in inner)]
        return any(matches(lead, home) for lead in leads for home in homes(lead, None, None, 0))
    except InputError:
        return True  # more than one folder of masks fits: reading asks which


def dataset(path: Path, options: Options) -> Dataset:
    """The names of values and which one is void. Raises InputError."""
    told = _shards_whole.described(path)
    known = told[0] if told is not None else Dataset()
    categories = known.categories
    if options.classes is not None:
        categories = _categories(path, options.classes)
    elif not categories and (path / CLASSES).is_file():
        categories = _categories(path, CLASSES)
    fields = dict(known.fields)
    if options.void is not None:
        fields["void"] = options.void
    return Dataset(categories, spatial=True, fields=fields)


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the pictures that have masks; see the Reader contract. Names of one folder at a time are in memory."""
    if not path.is_dir():
        raise InputError(f"{path}: expected a folder with pictures and masks; check the path")
    found = homes(path, options.images, options.masks)
    lists = _masks_lists.pair_lists(path, found)
    if not found and not lists:
        raise InputError(
            f"{path}: no folder of pictures with a folder of masks beside it, such as images/ and masks/; say what "
            "they are called, as in input: {images: photos, masks: truth}"
        )
    listing = _Listing(path, Places(str(path), None), suffixes, *_own_names(path))
    for listed in lists:
        yield from listing.of_list(listed)
    taken = {listed.split for listed in lists}
    for home in found:
        if not lists or (home.split is not None and home.split not in taken):
            yield from listing.of_home(home)


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A picture's bytes and its masks as PNG. Raises SampleError."""
    data = _files.read_below(path, entry.locator)
    masks = {}
    for name, place in json.loads(entry.annotations or "{}").items():
        try:
            masks[name] = _masks_png.index(_files.read_below(path, place))
        except SampleError as error:
            raise SampleError(error.reason, f"{place}: {error.detail}") from None
    return Content(data, Annotations(masks=masks))


@dataclass(slots=True)
class _Listing:
    """What the listing of all folders needs.

    Args:
        root: The data set's folder.
        places: Finds files below it.
        suffixes: The endings of pictures.
        ours: Whether our own writer has made it, so that names of folders are encoded.
        names: What encoded names of classes were.
    """

    root: Path
    places: Places
    suffixes: frozenset[str]
    ours: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def of_list(self, listed: _masks_lists.PairList) -> Iterator[Entry | Skip]:
        """The pictures in one list."""
        for line, picture, mask in _masks_lists.pairs(self.root, listed):
            here = f"{listed.name}:{line}"
            if not picture:
                yield Skip(here, "bad row", f"expected a picture and its mask, got {mask[:60]!r}")
                continue
            item = self._entry(picture, {INDEX: mask}, listed.split)
            yield Skip(item.source, item.reason, f"{here}: {item.detail}") if isinstance(item, Skip) else item

    def of_home(self, home: Home) -> Iterator[Entry | Skip]:
        """The pictures in a pair of folders, and in those below."""
        named = _masks_lists.splits_of(self.root, home)
        split = self._decoded(home.pictures.split("/")[0]) if self.ours and home.above else home.split
        pending = [(home.pictures, home.masks, split)]
        seen = set()
        while pending:
            pictures, masks, split = pending.pop()
            real = os.path.realpath(self.root / pictures)
            if real in seen:
                yield Skip(pictures, "a link in a circle")
                continue
            seen.add(real)
            inner = folders(self.root, pictures)
            yield from self._level(pictures, masks, split, named)
            for name in reversed(inner):
                below = split or (name if name.lower() in SPLITS else None)
                pending.append((f"{pictures}/{name}", f"{masks}/{name}", below))

    def _level(
        self, pictures: str, masks: str, split: str | None, named: dict[str, str] | None
    ) -> Iterator[Entry | Skip]:
        """The pictures of one folder, with the masks of another and of its folders that are classes."""
        names = sorted(self._files(pictures, tuple(self.suffixes)))
        if named is not None:
            names = [name for name in names if os.path.splitext(name)[0] in named]
        found: dict[str, dict[str, str]] = {name: {} for name in names}
        inner = set(folders(self.root, pictures))
        for folder in ("", *(name for name in folders(self.root, masks) if name not in inner)):
            home = f"{masks}/{folder}" if folder else masks
            pairs = paired(names, list(self._files(home, MASK_ENDINGS)))
            label = self.names.get(folder, self._decoded(folder))
            for picture, by_class in pairs.masks.items():
                for name, mask in by_class.items():
                    word = label if name in (INDEX, folder) else f"{label}/{name}".strip("/")
                    found[picture][word] = f"{home}/{mask}"
            if named is None:
                for mask in sorted(pairs.unused):
                    yield Skip(
                        _files.printable(f"{home}/{mask}"), "no picture", f"no picture of that name in {pictures}"
                    )
        for name in names:
            if found[name]:
                place = (named or {}).get(os.path.splitext(name)[0]) or split
                yield self._entry(f"{pictures}/{name}", found[name], place)
            else:
                yield Skip(_files.printable(f"{pictures}/{name}"), "no mask", f"no mask of that name in {masks}")

    def _files(self, folder: str, endings: tuple[str, ...]) -> Iterator[str]:
        try:
            if not _files.inside(os.path.realpath(self.root / folder), os.path.realpath(self.root)):
                return
            with os.scandir(self.root / folder) as items:
                for item in items:
                    if item.name.lower().endswith(endings) and not ignored(item.name) and not item.is_dir():
                        yield item.name
        except OSError:
            return

    def _entry(self, picture: str, masks: Mapping[str, str], split: str | None) -> Entry | Skip:
        try:
            if not all(map(_files.encodes, (picture, *masks.values()))):
                raise RefusedError("unreadable name")
            key, facts = self.places.find(picture)
            found = {name: self.places.find(mask) for name, mask in sorted(masks.items())}
        except RefusedError as refused:
            detail = refused.detail if refused.source in ("", picture) else f"{refused.source}: {refused.detail}"
            return Skip(_files.printable(picture), refused.reason, detail)
        sizes = [facts.st_size, *(mask.st_size for _, mask in found.values())]
        times = [facts.st_mtime_ns, *(mask.st_mtime_ns for _, mask in found.values())]
        where = json.dumps({name: place for name, (place, _) in found.items()}, ensure_ascii=False)
        return Entry(key, key, split or "train", None, sum(sizes), max(times), annotations=where)

    def _decoded(self, name: str) -> str:
        """The name of a split or class that a folder of ours is called after."""
        return _ENCODED.sub(lambda found: chr(int(found[1], 16)), name) if self.ours else name


def _own_names(path: Path) -> tuple[bool, Mapping[str, str]]:
    """Whether ``dataset.json`` is there, and the names of classes that it gives to folders. Raises InputError."""
    told = _shards_whole.described(path)
    names: Any = told[1].get("folders") if told is not None else None
    return told is not None, {str(key): str(name) for key, name in names.items()} if isinstance(names, dict) else {}


def _categories(path: Path, classes: list[str] | dict[int, str] | str) -> tuple[Category, ...]:
    """The category of each value. Raises InputError."""
    if isinstance(classes, str):
        classes = _lines(path / classes)
    values = enumerate(classes) if isinstance(classes, list) else sorted(classes.items())
    named = {value: name for value, name in values if name.strip()}
    odd = [value for value in named if not 0 <= value <= MOST_VALUE]
    twice = sorted({name for name in named.values() if list(named.values()).count(name) > 1})
    if odd or twice:
        what = (
            f"values from 0 to {MOST_VALUE}, got {odd[0]}" if odd else f"each name once, got {', '.join(twice)} again"
        )
        raise InputError(f"{path}: input.classes: expected {what}")
    places = enumerate(named.items())
    return tuple(Category(name, fields={} if place == value else {"value": value}) for place, (value, name) in places)


def _lines(file: Path) -> list[str]:
    """The names in a file, a line a value; an empty line is a value without name. Raises InputError."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = file.read_text(encoding="latin-1")
    except OSError as error:
        raise InputError(f"{file}: the file with names of classes can't be read ({error.strerror})") from None
    return [line.strip() for line in text.rstrip().splitlines()]
