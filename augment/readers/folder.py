"""A tree of files: ``cats/1.jpg``, with or without ``train/ val/ test/`` above it, or a flat folder without classes.

The top folders are splits when one of them is called train (or training) and another val, test or the like; files
beside them are then left out, with that reason. A folder called train among classes (car, plane, train) is a class.
Where all of them are called val, test or the like, it is asked what they are: ``splits: folders`` or ``none`` says it.
Below, the first folder is the class, however deep the file lies under it; a file beside the class folders has none,
and neither have those in a folder called ``unsup`` or ``unlabeled``. Notes (``.txt`` and the like) beside folders of
classes are left out, with that reason. Files whose names have no ending are taken where all that are there have none,
or where ``endings: [""]`` says so.

With ``pattern: "{label}_{speaker}_{take}.wav"`` names of files say more (see ``_pattern``). It is matched against the
file's name or, where it holds ``/``, the path below the split folder; its ending may be left out. ``{label}`` is the
class, ``{split}`` the split, ``{}`` is passed over, all others are facts. See ``_walk`` for links.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pydantic
from pydantic_core import PydanticCustomError

from augment.errors import InputError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._pattern import Matcher, Pattern
from augment.readers._walk import IGNORED as IGNORED
from augment.readers._walk import Walk, ignored
from augment.sample import ROW, TRAINING, Content, Dataset, Entry, Skip

SPLITS = TRAINING | {"val", "valid", "validation", "validate", "dev", "eval", "test", "testing"}
FALLBACK = True

NOTES = frozenset({"", ".txt", ".text"})
"""Endings of what people write beside their data, too."""

_ESCAPED = re.compile("%([0-7][0-9A-F])")
"""How our class folders write a character."""

UNLABELLED = frozenset({"unsup", "unsupervised", "unlabeled", "unlabelled"})
"""Folders, in lower case, whose files have no class."""


class Options(_Base):
    """What names say.

    Args:
        classes: ``none`` takes no class from the names of folders.
        pattern: What the names of files say; fields in braces.
        endings: Those of the files to take, such as ``[.txt]``; ``""`` stands for none.
        splits: ``folders``: top folders called train, val, test and the like are splits; ``none``: they are no splits,
            and all is for training. ``auto`` tells by the names of all of them.
    """

    classes: Literal["folders", "none"] = "folders"
    pattern: str | None = None
    endings: tuple[str, ...] | None = None
    splits: Literal["auto", "folders", "none"] = "auto"

    @pydantic.field_validator("endings", mode="after")
    @classmethod
    def _dotted(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value is None:
            return None
        if not value:
            raise PydanticCustomError("endings", 'expected one ending or more, such as [.txt] or [""]')
        return tuple(
            ending.lower() if ending.startswith(".") or not ending else f".{ending.lower()}" for ending in value
        )

    @pydantic.field_validator("pattern", mode="before")
    @classmethod
    def _fits(cls, value: Any) -> Any:
        if isinstance(value, dict):
            raise PydanticCustomError("pattern", "expected a text; put a pattern in quotes, for YAML has braces too")
        if isinstance(value, str):
            try:
                Pattern.parse(value)
            except ValueError as error:
                raise PydanticCustomError("pattern", "expected {told}", {"told": str(error)}) from None
        return value


def claims(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def dataset(path: Path, options: Options) -> Dataset:
    """Files have classes, but no objects in them."""
    return Dataset()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the files with a wanted ending; see the Reader contract.

    Hidden files are passed over in silence, and so is what is about the data set (README, tables, JSON beside
    files); of other files a Skip an ending tells how many there are.
    """
    top = _folders(path)
    splits = _chosen(path, top, options)
    if len(top) == 1 and options.classes == "folders" and options.pattern is None and options.splits != "none":
        _not_one_too_high(path, *top)
    wanted, bare = _wanted(path, options, suffixes)
    listing = _Listing(path, options, wanted, splits)
    yield from listing.items()
    if not listing.seen and bare and 0 < listing.walk.other == listing.walk.bare:
        listing = _Listing(path, options, bare, splits)
        yield from listing.items()
    if not listing.seen:
        raise InputError(_empty(path, listing.walk, bool(bare)))
    listing.naming.check(path)
    yield from listing.walk.left_out(wanted)


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The file's bytes. Raises SampleError if it has gone, may not be read or leads out of the folder by now."""
    return Content(_files.read_below(path, entry.locator))


def _wanted(path: Path, options: Options, suffixes: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The endings to list, and those to list where no such file is there. Raises InputError."""
    suffixes -= {ROW}
    if options.endings is None:
        return suffixes - {""}, suffixes & {""}
    found = suffixes.intersection(options.endings)
    odd = [ending or '""' for ending in options.endings if ending not in found]
    if odd:
        known = " ".join(sorted(ending or '""' for ending in suffixes))
        raise InputError(f"{path}: endings has {' '.join(odd)}, which the recipe's steps are not for. Wanted: {known}")
    return found, frozenset()


class _Listing:
    """One walk through the tree; ``seen`` is whether there was anything to list but notes."""

    def __init__(self, path: Path, options: Options, suffixes: frozenset[str], splits: frozenset[str]) -> None:
        self.naming = _Naming(options, suffixes, splits, _files.ours(path))
        self.walk = Walk.of(path, suffixes)
        self.seen = False

    def items(self) -> Iterator[Entry | Skip]:
        """The files as sources."""
        naming = self.naming
        for folder, found in self.walk.folders():
            place = naming.place(folder.prefix)
            among = place is not None and naming.by_folder and len(folder.prefix) == place.above
            notes = among and _has_folders(folder.path)
            for key, facts in found:
                note = notes and os.path.splitext(key)[1].lower() in NOTES
                self.seen = self.seen or not note
                if isinstance(facts, Skip):
                    yield facts
                elif place is None:
                    yield Skip(key, "outside the splits", f"it lies beside {', '.join(sorted(naming.splits))}")
                elif note:
                    yield Skip(
                        key, "beside the classes", "others lie in folders of classes; {classes: none} takes all"
                    )
                else:
                    yield naming.entry(key, place, facts)


@dataclass(slots=True)
class _Place:
    """What a folder's name says of its files: their split, their class, and how much of their keys is the split."""

    split: str
    label: str | None
    above: int


@dataclass(slots=True)
class _Naming:
    """What the names of folders and files say.

    Args:
        splits: Names of the split folders; none where the pattern has the split.
        ours: Whether our writer has named the folders, with escapes for what no folder may be called.
    """

    options: Options
    suffixes: frozenset[str]
    splits: frozenset[str]
    ours: bool = False
    pattern: Matcher | None = field(init=False, default=None)
    fitted: bool = field(init=False, default=False)
    unfit: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if self.options.pattern is not None:
            self.pattern = Pattern.parse(self.options.pattern).matcher(self.suffixes)
            self.splits = frozenset() if "split" in self.pattern.names else self.splits

    def place(self, prefix: str) -> _Place | None:
        """What the folder whose keys begin with ``prefix`` says; None beside the splits."""
        names = prefix.split("/")[:-1]
        if not self.splits:
            return _Place("train", self._class(names), 0)
        if not names or names[0] not in self.splits:
            return None
        return _Place(names[0], self._class(names[1:]), len(names[0]) + 1)

    @property
    def by_folder(self) -> bool:
        """Whether folders are classes."""
        by_file = self.pattern is not None and "label" in self.pattern.names
        return self.options.classes == "folders" and not by_file

    def _class(self, names: list[str]) -> str | None:
        if not names or not self.by_folder or names[0].lower() in UNLABELLED:
            return None
        return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), names[0]) if self.ours else names[0]

    def entry(self, key: str, place: _Place, facts: os.stat_result) -> Entry | Skip:
        """A file, with what its own name says."""
        if self.pattern is None:
            return Entry(key, key, place.split, place.label, facts.st_size, facts.st_mtime_ns)
        below = key[place.above :]
        fields = self.pattern.match(below)
        if fields is None:
            self.unfit = min(self.unfit or below, below)
            return Skip(key, "name does not fit the pattern", f"expected {self.options.pattern}")
        self.fitted = True
        split, label = fields.pop("split", place.split), fields.pop("label", place.label)
        return Entry(key, key, split, label, facts.st_size, facts.st_mtime_ns, fields)

    def check(self, path: Path) -> None:
        """Raises InputError if no file has fitted the pattern."""
        if self.unfit and not self.fitted:
            name = self.unfit if self.pattern and self.pattern.deep else self.unfit.rpartition("/")[2]
            raise InputError(
                f"{path}: no file fits the pattern {self.options.pattern}; one is {name}. Mend the pattern"
            )


def _folders(path: Path) -> frozenset[str]:
    """Names of the folders in a folder. Raises InputError: it is none, or shut."""
    with _files.listing(path), os.scandir(path) as found:
        return frozenset(item.name for item in found if item.is_dir() and not ignored(item.name))


def _named(top: frozenset[str]) -> frozenset[str]:
    """Those of some folders that have names of splits."""
    return frozenset(name for name in top if name.lower() in SPLITS)


def _splits(top: frozenset[str]) -> frozenset[str]:
    """Which of some folders are splits; none where they are classes."""
    splits = _named(top)
    trains = any(name.lower() in TRAINING for name in splits)
    return splits if trains and (len(splits) > 1 or splits == top) else frozenset()


def _chosen(path: Path, top: frozenset[str], options: Options) -> frozenset[str]:
    """The splits, as the recipe says. Raises InputError where neither it nor the names tell."""
    if options.splits != "auto":
        return _named(top) if options.splits == "folders" else frozenset()
    splits = _splits(top)
    by_pattern = options.pattern is not None and "split" in Pattern.parse(options.pattern).names
    if not splits and top and _named(top) == top and not by_pattern:
        held = ", ".join(sorted(top))
        one = min(top)
        raise InputError(
            f"{path}: all of its folders have names of splits ({held}), and none is called train, so nothing would "
            f"grow. To grow one of them, give {path / one} as the input, or call it train; if they are classes, say "
            "input: {splits: none}; to have them written as they are, input: {splits: folders}"
        )
    return splits


def _not_one_too_high(path: Path, only: str) -> None:
    """Refuse a folder whose only folder holds the splits: all would be of its class, and validation data among it."""
    inner = _folders(path / only)
    splits = _splits(inner) or (inner if _named(inner) == inner else frozenset())
    if only.lower() not in SPLITS and splits:
        held = ", ".join(sorted(splits))
        raise InputError(f"{path}: its only folder, {only}, holds {held}; give {path / only} as the input")


def _has_folders(path: str) -> bool:
    """Whether there are folders in a folder, which then are classes."""
    try:
        with os.scandir(path) as found:
            return any(item.is_dir() and not ignored(item.name) for item in found)
    except OSError:
        return False


def _empty(path: Path, walk: Walk, bare: bool) -> str:
    other = f"{walk.other} files of other kinds lie in it" if walk.other else "it is empty"
    if bare and walk.bare:
        other += f' ({walk.bare} without an ending: input: {{endings: [""]}} takes those)'
    wanted = " ".join(sorted(walk.suffixes))
    return f"{path}: no file with a wanted ending; {other}. Wanted: {wanted}. Add such files or give another folder"
