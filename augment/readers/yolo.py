"""YOLO's layout (Ultralytics): a label file a picture, ``labels/x.txt`` for ``images/x.jpg``, and a data.yaml.

Takes boxes, polygons and keypoints (see ``_yolo.lines``), from a folder with a data.yaml, the data.yaml itself, or a
folder with ``images/`` and ``labels/``, or ``train/images/`` and ``train/labels/``. A picture without label
file, or with an empty one, has no objects on it. Label files without picture are reported.

Label files are read by the workers, not at listing: a bad line costs its picture, with the line in the reason. Listing
20,000 pictures takes 0.8 s so; reading their labels too would make it 3 s from memory, minutes from a slow disk, and
the workers would have to read them again.
https://docs.ultralytics.com/datasets/detect
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._yolo import layout as _yolo_layout
from augment.readers._yolo import lines as _yolo_lines
from augment.readers._yolo.layout import Layout
from augment.readers._yolo.listing import Listing
from augment.sample import Category, Content, Dataset, Entry, Skip

FALLBACK = False


class Options(_Base):
    """What data.yaml doesn't say, or says wrong.

    Args:
        splits: Name of a split -> its folder, its .txt list of pictures, or several of them; each replaces the one in
            data.yaml, and null takes it away.
        names: Names of the classes, as a list or as number: name; classes with the same name become one.
        root: The folder that names are relative to, and which nothing leads out of; that of data.yaml by default.
    """

    splits: dict[str, str | list[str] | None] | None = None
    names: list[str] | dict[int, str] | None = None
    root: str | None = None


def claims(path: Path) -> bool:
    """A data.yaml, a folder with one, or folders images/ and labels/ with label files."""
    return _yolo_layout.resembles(path)


def dataset(path: Path, options: Options) -> Dataset:
    """The classes: from the recipe, data.yaml or classes.txt; else the numbers that the label files have."""
    layout = _layout(path, options)
    names = _names(layout, options)
    points = layout.config.points if layout.config else None
    told = layout.config.keypoints if layout.config else {}
    categories: dict[str, Category] = {}
    for number in sorted(names):
        count = points[0] if points else 0
        keypoints = told.get(number, tuple(str(place) for place in range(count)))
        categories.setdefault(names[number], Category(names[number], keypoints))
    fewer = {
        category.name: len(category.keypoints)
        for category in categories.values()
        if points and len(category.keypoints) < points[0]
    }
    return Dataset(
        categories=tuple(categories.values()),
        spatial=True,
        fields=dict(layout.config.fields) if layout.config else {},
        reading={
            "root": os.path.relpath(layout.root, os.path.realpath(layout.home)),
            "names": names,
            "points": list(points) if points else None,
            "keypoints": fewer,
        },
    )


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the pictures, and the label files without one; see the Reader contract.

    Raises:
        InputError: A split isn't where it should be, nothing is there, or no picture at all has labels.
    """
    layout = _layout(path, options)
    listing = Listing(layout.root, suffixes)
    for split, spots in layout.splits.items():
        for spot in spots:
            yield from listing.pictures(split, spot)
        yield from listing.orphans(split, spots)
    where = ", ".join(spot or "." for spots in layout.splits.values() for spot in spots)
    if not listing.listed:
        wanted = " ".join(sorted(suffixes))
        raise InputError(f"{layout.root}: no picture in {where}; wanted are {wanted}")
    if listing.pictured and not listing.labelled:
        folders = ", ".join(sorted({_yolo_layout.labels_of(f"{f}/") for f in where.split(", ")}))
        raise InputError(
            f"{layout.root}: none of the {listing.pictured} pictures in {where} has a label file; they were looked "
            f"for in {folders}: labels/x.txt for images/x.jpg"
        )


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A picture and its labels, in fractions. Raises SampleError, with file and line for labels."""
    told = dataset.reading
    root = Path(path if path.is_dir() else path.parent, told["root"])
    data = _files.read_below(root, entry.locator)
    if not entry.annotations:
        return Content(data, Annotations(unit="fraction"))
    try:
        text = _files.read_below(root, entry.annotations)
    except SampleError as error:
        raise SampleError(f"labels {error.reason}", f"{entry.annotations}: {error.detail}") from None
    found = _yolo_lines.instances(text, entry.annotations, told["names"], told["points"], told["keypoints"])
    return Content(data, Annotations(found, unit="fraction"))


def _layout(path: Path, options: Options) -> Layout:
    splits: dict[str, tuple[str, ...]] = {}
    for split, spots in (options.splits or {}).items():
        several = spots if isinstance(spots, list) else [spots]
        splits[split] = tuple(spot for spot in several if spot)
        if any("\0" in spot for spot in splits[split]):
            raise InputError(f"input.splits: {split}: a zero byte is in no path")
    return _yolo_layout.find(path, options.root, splits, options.names is not None)


def _names(layout: Layout, options: Options) -> Mapping[int, str]:
    """Number of a class -> its name. Raises InputError."""
    if options.names is not None:
        told: dict[Any, str] = (
            dict(enumerate(options.names)) if isinstance(options.names, list) else dict(options.names)
        )
        if not told or min(told) < 0 or not all(name.strip() for name in told.values()):
            raise InputError("input.names: expected names of classes, with numbers from 0")
        return told
    if layout.config and layout.config.names:
        return layout.config.names
    listed = _classes_file(layout)
    if listed:
        return listed
    most = max((number for text in _label_files(layout) for number in _yolo_lines.classes(text)), default=-1)
    return {number: str(number) for number in range(most + 1)}


def _classes_file(layout: Layout) -> dict[int, str]:
    """The names in classes.txt, a line each; Label Studio writes it at the root, LabelImg among the labels."""
    root = layout.root
    folders = [_yolo_layout.labels_of(f"{spot}/") for spots in layout.splits.values() for spot in spots if spot]
    for name in dict.fromkeys(f"{folder}classes.txt" for folder in ["", f"{_yolo_layout.LABELS}/", *folders]):
        try:
            text = _files.read_below(Path(root), name).decode("utf-8-sig")
        except SampleError:
            continue
        except UnicodeDecodeError:
            raise InputError(f"{os.path.join(root, name)}: not UTF-8 text; save it as UTF-8") from None
        names = [line.strip() for line in text.strip().splitlines()]
        if len(set(names)) < len(names) or not all(names):
            raise InputError(f"{os.path.join(root, name)}: expected a name a line, each once; mend it")
        if names:
            return dict(enumerate(names))
    return {}


def _label_files(layout: Layout) -> Iterator[bytes]:
    """All label files that the splits may have, to find the numbers of classes."""
    listing = Listing(layout.root, frozenset())
    for spots in layout.splits.values():
        for name in listing.labels(spots):
            try:
                yield _files.read_below(Path(layout.root), name)
            except SampleError:
                continue  # reading its picture will tell
