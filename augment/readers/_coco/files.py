"""Where COCO's files are: the JSON files of a data set, the split of each, and the folders of its pictures."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from augment.errors import InputError
from augment.readers._coco.items import identity
from augment.readers._coco.json import EnoughError, items
from augment.readers._places import Places, RefusedError

LISTS = frozenset({"images", "annotations", "categories"})

PEEK = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

BELOW = (
    "_annotations.coco.json",
    "annotations.json",
    "_annotations.json",
    "instances.json",
    "labels.json",
    "coco.json",
)
"""Names of files that are looked for in folders one below the root; Roboflow has ``train/_annotations.coco.json``."""

KINDS = ("instances", "person_keypoints", "captions", "image_info")
"""What the names of COCO's own files begin with, in the order in which the files of one split are read."""

PANOPTIC = "panoptic_"

NAMELESS = frozenset({"annotations", "annotation", "coco", "default", "labels", "result", "data", "instances", ""})
"""Names, or words of names, that tell no split; ``default`` is CVAT's."""

_SPLIT = re.compile(r"(train|val|test)(ing|val|id|idation|dev)?(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Source:
    """One JSON file.

    Args:
        path: Where it is.
        name: Relative to the root, ``/``-separated.
        split: ``train``, ``val``, ``test`` or the file's own name for it.
        folders: Where its pictures may be, relative to the root or to ``input.images``; the first that fits is taken.
    """

    path: Path
    name: str
    split: str
    folders: tuple[str, ...]

    @property
    def order(self) -> tuple[int, str]:
        """Files of one split are read in this order."""
        stem = self.path.stem.lower()
        return next((place for place, kind in enumerate(KINDS) if stem.startswith(kind)), len(KINDS)), self.name


def root_of(path: Path) -> Path:
    """The folder that keys and names are relative to; for a file in a folder ``annotations`` the one above that."""
    if path.suffix.lower() != ".json" or path.is_dir():
        return path
    return path.parent.parent if path.parent.name.lower() == "annotations" else path.parent


def sources(path: Path, named: Sequence[str], images: str | None) -> list[Source]:
    """The JSON files of a data set: those named, or all that look like COCO. Raises InputError if there are none."""
    root = root_of(path)
    if not path.exists():
        raise InputError(f"{path}: there is no such folder or file; check the path")
    found = [] if root == path else [path]
    for name in named:
        found.append(root / name)
        if not found[-1].is_file():
            raise InputError(f"{found[-1]}: there is no such file; input.annotations names files relative to {root}")
    if not found:
        found = [file for file in _candidates(root) if _telling(file) or looks_like(file)]
    if not found:
        raise InputError(
            f"{path}: no JSON file in COCO's format; looked at annotations/*.json, *.json and */{BELOW[0]}. "
            "Say where it is, as in input: {annotations: labels/train.json}"
        )
    made = [_source(file, root, images, root != path) for file in dict.fromkeys(found)]
    return sorted(made, key=lambda source: (_rank(source.split), source.split, source.order))


def any_in(path: Path) -> bool:
    """Whether a folder holds a file in COCO's format."""
    return any(looks_like(file) for file in _candidates(path))


def looks_like(path: Path) -> bool:
    """Whether the beginning of a file is COCO's: an image record, an annotation of a picture, or all three lists."""
    seen = set()
    try:
        for item in items(path, LISTS, PEEK):
            seen.add(item.key)
            if item.key in LISTS and not isinstance(item.value, dict | None):
                return False
            known = item.value.keys() if isinstance(item.value, dict) else set()
            if not known:
                continue
            if item.key == "images":
                return "file_name" in known and identity(item.value.get("id")) is not None
            if item.key == "annotations":
                return "image_id" in known and bool(known & {"category_id", "caption", "bbox", "segmentation"})
    except (InputError, EnoughError):
        return False
    return seen >= LISTS


def state(source: Source) -> tuple[int, int]:
    """Size and time of last change of a file. Raises InputError."""
    try:
        facts = source.path.stat()
    except OSError as error:
        raise InputError(f"{source.path}: the file can't be read ({error.strerror})") from None
    return facts.st_size, facts.st_mtime_ns


def panoptic(path: Path) -> list[str]:
    """Names of files with COCO's panoptic segments, which are not read."""
    return [] if root_of(path) != path else [file.name for file in _named(path) if file.stem.startswith(PANOPTIC)]


def places(root: Path, images: str | None) -> Places:
    """What finds the pictures: below the root, or below ``images`` where that is outside of it. Raises InputError."""
    if images is not None and not (root / images).is_dir():
        raise InputError(f"{root / images}: there is no such folder; input.images says where the pictures are")
    return Places(str(root), None if images is None or _below(root, images) is not None else images)


def find(places: Places, source: Source, name: str) -> tuple[str, os.stat_result]:
    """Key and facts of a picture, from its file_name. Raises RefusedError."""
    if os.path.isabs(name):
        return places.find(name)
    missing: RefusedError | None = None
    outside: RefusedError | None = None
    for folder in source.folders:
        try:
            return places.find(f"{folder}/{name}" if folder else name)
        except RefusedError as refused:
            if refused.reason == "missing":
                missing = missing or refused
            else:
                outside = outside or refused
    if outside is not None:
        raise RefusedError(outside.reason, outside.detail, name)
    where = ", ".join(folder or "." for folder in source.folders)
    raise RefusedError("missing", f"{missing.detail if missing else 'no folder'}; looked in {where}", name)


def _candidates(root: Path) -> list[Path]:
    """JSON files that may be COCO's."""
    return [file for file in _named(root) if not file.stem.startswith(PANOPTIC)]


def _named(root: Path) -> list[Path]:
    """JSON files where COCO's may lie, the likeliest first."""
    try:
        top = [path for path in sorted(root.iterdir()) if not path.name.startswith(".")]
        folders = [path for path in top if path.is_dir()]
        inner = [file for path in folders if path.name.lower() == "annotations" for file in sorted(path.iterdir())]
    except OSError:
        return []
    below = [folder / name for folder in folders if folder.name.lower() != "annotations" for name in BELOW]
    return [file for file in [*inner, *top, *below] if file.suffix.lower() == ".json" and file.is_file()]


def _telling(file: Path) -> bool:
    """Whether a file's name alone says that it is COCO's: if it is broken, that must not stay unseen."""
    return file.name == BELOW[0] or file.name.lower().startswith(tuple(f"{kind}_" for kind in KINDS))


def _source(file: Path, root: Path, images: str | None, alone: bool) -> Source:
    name = Path(os.path.relpath(file, root)).as_posix()
    home = os.path.dirname(name)
    split, own = _split(file.stem, root.name if alone and not home else os.path.basename(home))
    kinds = {"val": ("val", "valid", "validation"), "test": ("test", "testing"), "train": ("train", "training")}
    names = [word for word in dict.fromkeys([own, *kinds.get(split, (split,))]) if word]
    if images is not None:
        base = _below(root, images)
        tried = [os.path.normpath(os.path.join(base or "", word)) for word in [*names, ""]]
    else:
        beside = [home, f"{home}/images", f"{home}/data"]
        inner = os.path.basename(home).lower() == "annotations" or not home or home.startswith("..")
        middle = [*(f"images/{word}" for word in names), *names, "images", "data", *(f"data/{word}" for word in names)]
        tried = [*([] if inner else beside), *middle, "", *([] if home.startswith("..") else [home])]
    folders = tuple(dict.fromkeys("" if folder == "." else folder.replace(os.sep, "/") for folder in tried))
    top = root if images is None or _below(root, images) is not None else root / images
    there = tuple(folder for folder in folders if (top / folder).is_dir())
    return Source(file, name, split, there)


def _below(root: Path, images: str) -> str | None:
    """The folder of the pictures relative to the root; None if it lies outside."""
    inside = os.path.relpath(os.path.realpath(root / images), os.path.realpath(root))
    return None if inside.split(os.sep)[0] == ".." or os.path.isabs(inside) else inside


def _split(stem: str, folder: str) -> tuple[str, str]:
    """The split that a file is for, and the name that its folder of pictures may have."""
    kind = next((kind for kind in KINDS if stem.lower().startswith(f"{kind}_")), None)
    own = stem[len(kind) + 1 :] if kind else stem
    words = [own] if kind else re.split(r"[_\-. ]+", stem)
    for word in words:
        match = _SPLIT.match(word)
        if match:
            return match[1].lower(), own if kind else word
    if all(word.lower() in NAMELESS for word in re.split(r"[_\-. ]+", own)):
        match = _SPLIT.fullmatch(folder.rstrip("0123456789"))
        return (match[1].lower() if match else "train"), own
    return own, own


def _rank(split: str) -> int:
    """Training first."""
    known = ("train", "val", "test")
    return known.index(split) if split in known else len(known)
