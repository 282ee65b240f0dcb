"""Where the pictures, the XML files and the lists of splits of a Pascal VOC data set are.

Known layouts: ``JPEGImages/`` beside ``Annotations/`` (as well ``images/`` beside ``annotations/``); pictures with
their XML beside them, as labelImg leaves them; either of them below ``train/``, ``valid/`` … as Roboflow has it; and
the first in a folder of its own (``VOC2012/``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from augment.errors import InputError, SampleError
from augment.readers import _files
from augment.readers.folder import SPLITS
from augment.sample import TRAINING

ENDING = ".xml"
PICTURES = frozenset({"jpegimages", "images"})
LABELS = "annotations"
LISTS = "ImageSets/Main"
HELD_OUT = SPLITS - TRAINING
PEEK = 1000
"""Most names that are looked at to tell the layout of a folder."""

INNER = 20
"""Most folders in it that are looked into."""

CLASS_LIST = re.compile(r"\S+\s+-?[01]")
"""A line of ``cat_train.txt``: a picture, and whether there is a cat on it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures with their XML files: folders below the root, each empty or with ``/`` at its end.

    ``home`` is where lists of splits may be; ``split`` is None where they say it.
    """

    home: str
    pictures: str
    labels: str
    split: str | None = None


def find(root: Path) -> list[Part]:
    """The parts of a data set. Raises InputError."""
    try:
        with _files.listing(root):
            parts = _parts(str(root))
    except SampleError as error:
        raise InputError(f"{root}: an {ENDING} file in it can't be read ({error})") from None
    if not parts:
        raise InputError(
            f"{root}: no Pascal VOC data set: no JPEGImages/ beside Annotations/ with {ENDING} files, and no pictures "
            f"with an {ENDING} beside them"
        )
    return parts


def resembles(root: Path) -> bool:
    """Whether a folder is a VOC data set, by a look at a few names. Never raises."""
    try:
        return root.is_dir() and bool(_parts(str(root)))
    except InputError:  # it holds several
        return True
    except (OSError, ValueError, SampleError):
        return False


def _parts(root: str) -> list[Part]:
    top = _folders(root)
    here = _paired(root, "", top)
    if here is not None:
        return [here]
    splits = [name for name in top if name.lower() in SPLITS]
    if any(name.lower() in TRAINING for name in splits):
        found = [(name, _paired(root, f"{name}/") or _flat(root, f"{name}/")) for name in splits]
        if all(part is not None for _, part in found):
            return [replace(part, split=name) for name, part in found if part is not None]
    deeper = [part for part in (_paired(root, f"{name}/") for name in top) if part is not None]
    if len(deeper) > 1:
        raise InputError(f"{root}: {len(deeper)} data sets lie in it ({_some(deeper)}); give the folder of one")
    flat = None if deeper else _flat(root, "")
    return deeper or ([flat] if flat is not None else [])


def _some(parts: Iterable[Part]) -> str:
    return ", ".join([part.home.rstrip("/") for part in parts][:5])


def _paired(root: str, home: str, names: list[str] | None = None) -> Part | None:
    """A folder of pictures beside one of XML files, in ``home``."""
    inside = _folders(os.path.join(root, home)) if names is None else names
    pictures = [name for name in inside if name.lower() in PICTURES]
    labels = [name for name in inside if name.lower() == LABELS and _has_xml(os.path.join(root, home, name))]
    return Part(home, f"{home}{pictures[0]}/", f"{home}{labels[0]}/") if pictures and labels else None


def _flat(root: str, home: str) -> Part | None:
    """Pictures with an XML of the same name beside them, the first of which is VOC's."""
    names = {name for name, is_folder in _peek(os.path.join(root, home)) if not is_folder}
    for name in sorted(names):
        stem, ending = os.path.splitext(name)
        if ending.lower() == ENDING and any(other != name and os.path.splitext(other)[0] == stem for other in names):
            begin = _files.read_below(Path(root), home + name)[:4096].replace(b"\0", b"")  # UTF-16
            return Part(home, home, home) if b"<annotation" in begin else None
    return None


def _has_xml(folder: str) -> bool:
    """Whether XML files lie in a folder, or in one of the first in it."""
    names = list(_peek(folder))
    inner = [os.path.join(folder, name) for name, is_folder in names if is_folder][:INNER]
    return _any_xml(names) or any(_any_xml(_peek(path)) for path in inner)


def _any_xml(names: Iterable[tuple[str, bool]]) -> bool:
    return any(name.lower().endswith(ENDING) and not is_folder for name, is_folder in names)


def _folders(folder: str) -> list[str]:
    with os.scandir(folder) as found:
        return sorted(item.name for item in found if not item.name.startswith(".") and item.is_dir())


def _peek(folder: str) -> Iterator[tuple[str, bool]]:
    """Some names in a folder, and whether each is a folder."""
    with os.scandir(folder) as found:
        for _, item in zip(range(PEEK), found, strict=False):
            if not item.name.startswith("."):
                yield item.name, item.is_dir()


def walk(root: str, folder: str, endings: frozenset[str]) -> Iterator[str]:
    """Names below ``folder``, relative to it, with one of some endings (lower case). Links to folders are left alone.

    Raises:
        InputError: A folder can't be listed.
    """
    todo = [""]
    while todo:
        here = todo.pop()
        path = os.path.join(root, folder, here)
        with _files.listing(path), os.scandir(path) as found:
            for item in found:
                if item.name.startswith("."):
                    continue
                if os.path.splitext(item.name)[1].lower() in endings:
                    yield here + item.name
                elif item.is_dir(follow_symlinks=False):
                    todo.append(f"{here}{item.name}/")


@dataclass(slots=True)
class Lists:
    """Which split each picture is in, as the lists in ``ImageSets/Main`` say.

    A picture in several lists belongs to test before val before train, so that nothing held out is trained on.
    Those only in trainval are val where there is a list for train but none for val, else train. Pictures in none of
    these are in whatever other list names them (``default``, CVAT's word for no split, is train); lists of a class
    (``cat_train.txt``, a picture and 1 or -1 a line) say nothing of splits.

    Args:
        split: Name of a picture without ending -> its split. Empty where there are no lists.
        unseen: The names that no picture has carried so far.
    """

    split: dict[str, str] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, root: str, home: str, endings: frozenset[str]) -> Lists:
        """The lists of the part whose pictures lie in a folder in ``home``. Raises InputError."""
        lists = dict(_lists(root, home + LISTS, endings)) if os.path.isdir(os.path.join(root, home, LISTS)) else {}
        found: dict[str, str] = {}
        lower = {name.lower() for name in lists}
        for name in sorted(lists, key=_rank):
            split = name
            if name.lower() == "trainval":
                split = _train(lists) if not lower & TRAINING or any(_validates(name) for name in lower) else "val"
            elif name.lower() == "default":
                split = _train(lists)
            for stem in lists[name]:
                found.setdefault(stem, split)
        return cls(found, set(found))

    def of(self, *stems: str) -> str | None:
        """The split of a picture that has one of some names; None if no list has it."""
        self.unseen.difference_update(stems)
        if not self.split:
            return "train"
        return next((self.split[stem] for stem in stems if stem in self.split), None)


def _rank(name: str) -> tuple[int, str]:
    """Lists in the order in which they are believed."""
    lower = name.lower()
    kinds = (
        lower in HELD_OUT and not _validates(lower),
        _validates(lower),
        lower in TRAINING,
        lower == "trainval",
        lower != "default",
    )
    return (kinds.index(True) if any(kinds) else len(kinds), name)


def _validates(lower: str) -> bool:
    return lower in HELD_OUT and not lower.startswith("test")


def _train(lists: Mapping[str, object]) -> str:
    return next((name for name in sorted(lists) if name.lower() in TRAINING), "train")


def _lists(root: str, folder: str, endings: frozenset[str]) -> Iterator[tuple[str, list[str]]]:
    """Each list of a split: its name, and the names in it. Raises InputError."""
    standard = SPLITS | {"trainval"}
    for file in sorted(os.listdir(os.path.join(root, folder))):
        name, ending = os.path.splitext(file)
        if ending.lower() != ".txt" or file.startswith("."):
            continue
        try:
            text = _files.read_below(Path(root), f"{folder}/{file}").decode("utf-8-sig")
        except (SampleError, UnicodeDecodeError) as error:
            why = str(error) if isinstance(error, SampleError) else f"not UTF-8: {error.reason}; save it as UTF-8"
            raise InputError(f"{os.path.join(root, folder, file)}: the list can't be read ({why})") from None
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        if lines and (name.lower() in standard or not all(map(CLASS_LIST.fullmatch, lines))):
            yield name, [_stem(line, endings) for line in lines]


def _stem(line: str, endings: frozenset[str]) -> str:
    """The name of a picture without ending, relative to the folder of pictures; some lists have whole paths."""
    name = line.replace("\\", "/").removeprefix("./")
    for folder in ("JPEGImages/", "Annotations/"):
        name = name.rpartition(folder)[2]
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in endings or ending.lower() == ENDING else name
