"""Where the pictures of a YOLO data set are: what data.yaml or the recipe names, or what the folders look like.

Nothing outside of the root is taken: the folder given, that of the data.yaml, or the one that ``input.root`` names.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from augment.errors import InputError
from augment.readers import _files
from augment.readers._yolo import config as _yolo_config
from augment.readers._yolo.config import Config

PICTURES, LABELS = "images", "labels"
LOOKED_AT = 400
"""Most folders that are gone through for a hint where pictures are."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is.

    Args:
        home: The folder given, or that of the file given.
        root: The resolved folder that nothing leads out of.
        config: What data.yaml says; None without one.
        splits: Name of a split -> its folders and lists of pictures (``.txt``), relative to the root, ``/``-separated;
            the root itself is the empty text.
    """

    home: str
    root: str
    config: Config | None
    splits: Mapping[str, tuple[str, ...]]


def resembles(path: Path) -> bool:
    """Whether a folder or file is a YOLO data set. Never raises."""
    try:
        if path.is_file():
            return path.suffix.lower() in _yolo_config.ENDINGS and _yolo_config.resembles(path)
        return path.is_dir() and (bool(_configs(str(path))) or bool(_detected(str(path))))
    except (OSError, ValueError):
        return False


def find(path: Path, root: str | None, splits: Mapping[str, tuple[str, ...]], named: bool) -> Layout:
    """Find everything.

    Args:
        path: The folder or data.yaml given.
        root: ``input.root``.
        splits: ``input.splits``: they replace those of data.yaml; an empty tuple takes one away.
        named: Whether the recipe names the classes.

    Raises:
        InputError: Something that is named isn't there or lies outside; all such places at once.
    """
    config = _config(path, named)
    home = str(path if path.is_dir() else path.parent)
    real = os.path.realpath(os.path.join(home, root or ""))
    if not os.path.isdir(real):
        raise InputError(f"{os.path.join(home, root or '')}: there is no such folder; input.root says where files are")
    bases = [real] if config is None else _bases(config, real, root is not None)
    wanted = _wanted(config, real, splits)
    if not wanted:
        raise InputError(
            f"{path}: no YOLO data set: no data.yaml with names: and train:, no images/ beside labels/, and no "
            "input: {splits: {train: FOLDER}}"
        )
    found: dict[str, tuple[str, ...]] = {}
    missing: list[tuple[str, str, str]] = []
    for split, (place, names) in wanted.items():
        spots = [(name, _spot(name, bases, real)) for name in names]
        missing.extend((split, place, name) for name, spot in spots if spot is None)
        found[split] = tuple(spot for _, spot in spots if spot is not None)
    if missing:
        raise InputError(_absent(missing, real, bases, found))
    return Layout(home, real, config, found)


def labels_of(key: str) -> str:
    """Where the labels of a picture, or of a folder (with ``/`` at its end), are: the last images/ becomes labels/.

    Without a folder of that name they lie beside the picture.
    """
    before, between, after = f"/{key}".rpartition(f"/{PICTURES}/")
    swapped = f"{before}/{LABELS}/{after}"[1:] if between else key
    return swapped if key.endswith("/") or not key else f"{os.path.splitext(swapped)[0]}.txt"


def _configs(folder: str) -> list[str]:
    """The data.yaml of a folder; where none has a usual name, all files that look like one."""
    with os.scandir(folder) as items:
        names = sorted(item.name for item in items if item.name.lower().endswith(_yolo_config.ENDINGS))
    usual = [f"{stem}{ending}" for stem in ("data", "dataset") for ending in _yolo_config.ENDINGS]
    found = [name for name in [*usual, *names] if name in names and _yolo_config.resembles(Path(folder, name))]
    return found[:1] if found and found[0] in usual else found


def _config(path: Path, named: bool) -> Config | None:
    if path.is_file():
        return _yolo_config.parse(path, named)
    with _files.listing(path):
        found = _configs(str(path))
    if len(found) > 1:
        raise InputError(f"{path}: which describes the data set, {' or '.join(found)}? Give that file instead")
    if not found and (path / "data.yaml").is_file():
        return _yolo_config.parse(path / "data.yaml", named)  # it is broken: this tells how
    return _yolo_config.parse(path / found[0], named) if found else None


def _bases(config: Config, root: str, said: bool) -> list[str]:
    """The folders that names in data.yaml may be relative to: where its ``path`` leads, then the root.

    A path that is not there is that of another machine, or relative to Ultralytics' own folder for data sets.
    """
    if not config.path:
        return [root]
    real = os.path.realpath(os.path.join(root, config.path.replace("\\", "/")))
    if _files.inside(real, root):
        return [real, root] if os.path.isdir(real) and real != root else [root]
    if os.path.exists(real) and not said:
        raise InputError(
            f"{config.place('path')}: path: {config.path} leads to {real}, outside of {root}. Only what lies below "
            f"the folder given is read; say input: {{root: {real}}}, or root: . for the folder of {config.file.name}"
        )
    return [root]


def _wanted(
    config: Config | None, root: str, splits: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Name of a split -> who says so, and the names as written."""
    if config is not None:
        wanted = {split: (f"{config.place(key)}: {key}", names) for split, (key, names) in config.splits.items()}
    else:
        wanted = {split: ("", (name,)) for split, name in _detected(root).items()}
    wanted.update({split: (f"input.splits: {split}", names) for split, names in splits.items()})
    return {split: (place, names) for split, (place, names) in wanted.items() if names}


def _detected(root: str) -> dict[str, str]:
    """Splits of a folder without data.yaml: ``images/train``, else ``train/images``, else ``images``, all train."""
    top = _folders(root)
    if PICTURES in top and LABELS in top and _has_labels(os.path.join(root, LABELS)):
        inner = set(_folders(os.path.join(root, PICTURES))) & set(_folders(os.path.join(root, LABELS)))
        if any(name.lower() in _yolo_config.SPLITS for name in inner):
            return {name: f"{PICTURES}/{name}" for name in _folders(os.path.join(root, PICTURES))}
        return {"train": PICTURES}
    pairs = [name for name in top if {PICTURES, LABELS} <= set(_folders(os.path.join(root, name)))]
    if any(_has_labels(os.path.join(root, name, LABELS)) for name in pairs):
        return {name: f"{name}/{PICTURES}" for name in top if PICTURES in _folders(os.path.join(root, name))}
    return {}


def _folders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as items:
            return sorted(item.name for item in items if not item.name.startswith(".") and item.is_dir())
    except OSError:
        return []


def _has_labels(folder: str) -> bool:
    """Whether a .txt file lies in the folder or in one below it; in others' folders of that name lie masks."""
    for here in [folder, *(os.path.join(folder, name) for name in _folders(folder))]:
        with os.scandir(here) as items:
            if any(item.name.endswith(".txt") for item in items):
                return True
    return False


def _spot(name: str, bases: list[str], root: str) -> str | None:
    """A folder or list below the root, relative to it; None where there is none.

    Roboflow writes ``../train/images`` and means ``train/images``: both are tried, as Ultralytics does.
    """
    plain = name.replace("\\", "/")
    inner = plain
    while inner.startswith("../"):
        inner = inner[3:].lstrip("/")
    for base in bases:
        for tried in dict.fromkeys((plain, inner)):
            path = os.path.normpath(os.path.join(base, tried))
            real = os.path.realpath(path)
            if not _files.inside(real, root):
                continue
            if os.path.isdir(real) or (os.path.isfile(real) and tried.lower().endswith(".txt")):
                below = os.path.relpath(path if _files.inside(path, root) else real, root).replace(os.sep, "/")
                return "" if below == "." else below
    return None


def _absent(
    missing: list[tuple[str, str, str]], root: str, bases: list[str], found: Mapping[str, tuple[str, ...]]
) -> str:
    """What was looked for where, what is there, and what to say instead."""
    taken = {spot for spots in found.values() for spot in spots}
    there = list(_there(root))
    free = [spot for spot in there if spot not in taken]
    where = " and in ".join(dict.fromkeys(bases))
    told = []
    hints = {}
    for split, place, name in missing:
        told.append(f"{place}: {name}: no such folder or .txt list in {where}{_outside(name, bases, root)}")
        folded = {spot.replace(PICTURES, "").strip("/").lower(): spot for spot in free}
        wanted = name.replace("\\", "/").replace("../", "").replace(PICTURES, "").strip("/").lower()
        close = difflib.get_close_matches(wanted, folded, n=1, cutoff=0.4)
        hints[split] = folded[close[0]] if close else free[0] if len(free) == 1 else "FOLDER"
    if there:
        told.append(f"Folders there: {', '.join(there[:12])}{', …' if len(there) > 12 else ''}")
    said = ", ".join(f"{split}: {spot}" for split, spot in hints.items())
    gone = ", ".join(f"{split}: null" for split in hints)
    told.append(f"Say where, as in input: {{splits: {{{said}}}}}, or leave out with {{{gone}}}")
    return "\n".join(told)


def _outside(name: str, bases: list[str], root: str) -> str:
    """A word on something that is there, but outside."""
    for base in bases:
        real = os.path.realpath(os.path.join(base, name.replace("\\", "/")))
        if os.path.exists(real) and not _files.inside(real, root):
            return f"; {real} is outside of {root}, where nothing is read"
    return ""


def _there(root: str) -> Iterator[str]:
    """Folders called images, and those in them; the top folders where there are none."""
    todo, some, seen = [""], False, 0
    while todo and seen < LOOKED_AT:
        here = todo.pop(0)
        seen += 1
        inner = _folders(os.path.join(root, here))
        words = here.split("/")
        if PICTURES in words and (words[-1] != PICTURES or not inner):
            some = True
            yield here
        if len(words) < 4:
            todo.extend(f"{here}/{name}" if here else name for name in inner if name != LABELS)
    if not some:
        yield from _folders(root)
