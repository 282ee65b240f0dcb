"""Which folder of pictures goes with which folder of masks, and which picture with which masks."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from augment.annotations import INDEX
from augment.errors import InputError
from augment.readers import _files
from augment.readers.folder import IGNORED, SPLITS

MASK_ENDINGS = (".png", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".jpg", ".jpeg")
"""What a mask may end in; JPEGs are taken so that they can be refused with their reason."""

PEEK = 5000
"""Files of a folder that are looked at to tell a layout; ``MOST_FOLDERS`` of its folders."""
MOST_FOLDERS = 32

DEPTH = 3
"""Folders below the root in which a pair of folders is looked for."""

_PICTURES = re.compile(r"images?|imgs?|jpegimages|leftimg8bit|pictures|photos|pics|rgb|inputs?", re.IGNORECASE)
_MASKS = re.compile(
    r"masks?|labels?|labelids|annotations?|annots?|gt|gtfine|ground_?truths?|seg|segmentations?|segmentationclass\w*"
    r"|targets?",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"[_-]?(annots?|annotations?|masks?|labels?|gt|seg)", re.IGNORECASE)
"""What follows the name of a split where masks lie beside it: SegNet's ``trainannot``."""

_NOISE = re.compile(
    r"[_\-.](masks?|segs?|segmentation|labels?|l|gt|annots?|labelids|gtfine_labelids|ground_?truth)$", re.IGNORECASE
)
_PICTURE_NOISE = re.compile(r"[_\-.](images?|img|rgb|sat|leftimg8bit)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Home:
    """A folder of pictures and its folder of masks, relative to the root; ``split`` where their path tells it."""

    pictures: str
    masks: str
    split: str | None = None

    @property
    def above(self) -> str:
        """The folder that both lie in, if they lie in one."""
        return os.path.dirname(self.pictures)


@dataclass(slots=True)
class Pairs:
    """Pictures of one folder with their masks: picture -> class, or INDEX, -> mask; and masks that were left over."""

    masks: dict[str, dict[str, str]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


def homes(root: Path, pictures: str | None, masks: str | None, depth: int = DEPTH) -> list[Home]:
    """All pairs of folders, sorted.

    Args:
        root: Where to look.
        pictures: The name of folders of pictures, or the path of the one there is; None for usual names.
        masks: The same for masks.
        depth: How far down to look.

    Raises:
        InputError: Two folders of masks go with one of pictures.
    """
    if pictures and masks and _folder(root, pictures) and _folder(root, masks):
        return [Home(pictures.strip("/"), masks.strip("/"))]
    found: list[Home] = []
    pending = [""]
    while pending:
        lead = pending.pop()
        names = folders(root, lead)
        here = _pairs_in(root, lead, names, (pictures, masks))
        found += here
        taken = {name for home in here for name in (home.pictures, home.masks)}
        if lead.count("/") < depth:
            below = [f"{lead}{name}" for name in names]
            pending += [f"{name}/" for name in below if name not in taken]
    return sorted(found, key=lambda home: home.pictures)


def folders(root: Path, lead: str) -> list[str]:
    """Names of the folders in one, sorted; those that lead out of the root are left out."""
    try:
        with os.scandir(root / lead) as items:
            found = [item for item in items if not ignored(item.name) and item.is_dir()]
    except OSError:
        return []
    real = os.path.realpath(root)
    inside = [item for item in found if not item.is_symlink() or _files.inside(os.path.realpath(item.path), real)]
    return sorted(item.name for item in inside)


def matches(root: Path, home: Home) -> bool:
    """Whether any of the first pictures of a pair of folders has a mask."""
    inner = set(folders(root, f"{home.pictures}/"))
    leads = ["", *(f"{name}/" for name in sorted(inner)[:MOST_FOLDERS])]
    for lead in leads:
        pictures = _peeked(root, f"{home.pictures}/{lead}")
        below = [name for name in folders(root, f"{home.masks}/{lead}") if lead or name not in inner]
        if not pictures:
            continue
        for more in ["", *(f"{name}/" for name in below[:MOST_FOLDERS])]:
            if paired(pictures, _peeked(root, f"{home.masks}/{lead}{more}")).masks:
                return True
    return False


def paired(pictures: Sequence[str], masks: Sequence[str]) -> Pairs:
    """Pictures and masks of one name; where there are none at all, masks whose names go on with a class."""
    found = Pairs()
    by_stem: dict[str, str] = {}
    for name in sorted(masks, key=lambda name: (not name.lower().endswith(MASK_ENDINGS[0]), name)):
        by_stem.setdefault(os.path.splitext(name)[0], name)
    bare: dict[str, str] = {}
    for stem in by_stem:
        bare.setdefault(_NOISE.sub("", stem), stem)
    used = set()
    for picture in pictures:
        own = os.path.splitext(picture)[0]
        for stem in (own, _PICTURE_NOISE.sub("", own)):
            hit = stem if stem in by_stem else bare.get(stem)
            if hit is not None:
                found.masks[picture] = {INDEX: by_stem[hit]}
                used.add(by_stem[hit])
                break
    if not found.masks:
        used = _by_class(pictures, by_stem, found)
    found.unused = [name for name in masks if name not in used]
    return found


def ignored(name: str) -> bool:
    """Hidden files, and those that systems leave behind."""
    return name.startswith(".") or name.lower() in IGNORED


def _by_class(pictures: Sequence[str], by_stem: Mapping[str, str], found: Pairs) -> set[str]:
    """Masks ``1_road.png`` and ``1-car.png`` of a picture ``1.jpg``; the longest name of a picture wins."""
    owners = {os.path.splitext(picture)[0]: picture for picture in pictures}
    used = set()
    for stem, name in by_stem.items():
        clean = _NOISE.sub("", stem)
        for place in (place for place in range(len(clean) - 2, 0, -1) if clean[place] in "_-"):
            owner = owners.get(clean[:place])
            if owner is not None:
                if found.masks.setdefault(owner, {}).setdefault(clean[place + 1 :], name) == name:
                    used.add(name)
                break
    return used


def _pairs_in(root: Path, lead: str, names: list[str], wanted: tuple[str | None, str | None]) -> list[Home]:
    """The pairs among the folders in one."""
    pictures = [name for name in names if _is(name, wanted[0], _PICTURES)]
    masks = [name for name in names if name not in pictures and _is(name, wanted[1], _MASKS)]
    found = []
    split = next((word for word in lead.split("/") if word.lower() in SPLITS), None)
    for name in pictures:
        homes = [Home(f"{lead}{name}", f"{lead}{mask}", split) for mask in masks]
        if len(homes) > 1:
            homes = [home for home in homes if matches(root, home)] or homes[:1]
        if len(homes) > 1:
            which = " or ".join(home.masks for home in homes)
            raise InputError(
                f"{root / lead}: which folder holds the masks of {name} ({which})? Say it, as in "
                f"input: {{masks: {os.path.basename(homes[0].masks)}}}"
            )
        found += homes
    for name in names:
        beside = [other for other in names if other.startswith(name) and _BESIDE.fullmatch(other[len(name) :])]
        if name.lower() in SPLITS and beside:
            found.append(Home(f"{lead}{name}", f"{lead}{beside[0]}", name))
    return found


def _is(name: str, wanted: str | None, usual: re.Pattern[str]) -> bool:
    return name == wanted if wanted is not None else usual.fullmatch(name) is not None


def _folder(root: Path, name: str) -> bool:
    return (root / name).is_dir() and _files.inside(os.path.realpath(root / name), os.path.realpath(root))


def _peeked(root: Path, folder: str) -> list[str]:
    return list(itertools.islice(_pixel_files(root, folder), PEEK))


def _pixel_files(root: Path, folder: str) -> Iterator[str]:
    try:
        with os.scandir(root / folder) as items:
            for item in items:
                if item.name.lower().endswith(MASK_ENDINGS) and not ignored(item.name):
                    yield item.name
    except OSError:
        return
