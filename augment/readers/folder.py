"""A tree of files: ``cats/1.jpg``, with or without ``train/ val/ test/`` above it, or a flat folder without classes.

The top folders are splits when one of them is called train (or training) and the rest is val, test or the like; files
beside them are then left out, with that reason. A folder called train among classes (car, plane, train) is a class.
Below, the first folder is the class, however deep the file lies under it; a file beside the class folders has none.

Links are followed where they lead to something inside the root; a folder that is reached by a link is listed under the
link's name as well as its own, but links to folders inside it are not followed again: mutual links would have no end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from augment.errors import InputError
from augment.options import Options as _Base
from augment.readers import _files
from augment.sample import TRAINING, Content, Dataset, Entry, Skip

SPLITS = TRAINING | {"val", "valid", "validation", "validate", "dev", "eval", "test", "testing"}
FALLBACK = True
MASK = ".mask.png"
"""What our own class folders call the mask that lies beside a picture."""
IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


class Options(_Base):
    """``classes: none`` takes no class from folder names."""

    classes: Literal["folders", "none"] = "folders"


def claims(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def dataset(path: Path, options: Options) -> Dataset:
    """Files have classes, but no objects in them."""
    return Dataset()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the files with a wanted ending; see the Reader contract.

    Hidden files and files of other kinds are passed over in silence.
    """
    splits = _split_folders(path)
    walk = _Walk(suffixes, [_Folder(str(path), "", os.path.realpath(path))])
    seen = False
    for folder, found in walk.folders():
        names = folder.prefix.split("/")[:-1]
        split = names[0] if splits and names else "train"
        inner = names[1:] if splits else names
        label = inner[0] if inner and options.classes == "folders" else None
        beside = bool(splits) and not (names and split in splits)
        for key, facts in found:
            seen = True
            if isinstance(facts, Skip):
                yield facts
            elif beside:
                yield Skip(key, "outside the splits", f"it lies beside {', '.join(sorted(splits))}")
            else:
                yield Entry(key, key, split, label, facts.st_size, facts.st_mtime_ns)
    if not seen:
        raise InputError(_empty(path, walk))


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The file's bytes. Raises SampleError if it has gone, may not be read or leads out of the folder by now."""
    return Content(_files.read_below(path, entry.locator))


def _split_folders(path: Path) -> frozenset[str]:
    """Names of the split folders; empty where the top folders are classes. Raises InputError: no folder, or shut."""
    try:
        with os.scandir(path) as found:
            top = frozenset(item.name for item in found if item.is_dir() and not _ignored(item.name))
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such folder; check the path") from None
    except NotADirectoryError:
        raise InputError(f"{path}: expected a folder, this is a file; give the folder that holds it") from None
    except OSError as error:
        raise InputError(f"{path}: the folder can't be listed ({error.strerror}); mend its rights") from None
    splits = frozenset(name for name in top if name.lower() in SPLITS)
    trains = any(name.lower() in TRAINING for name in splits)
    return splits if trains and (len(splits) > 1 or splits == top) else frozenset()


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder to be listed: where it is, what its keys begin with, where it really is, and what led to it."""

    path: str
    prefix: str
    real: str
    above: _Folder | None = None
    linked: bool = False

    def lies_in(self, real: str) -> bool:
        """Whether the walk has come through the folder ``real``."""
        here: _Folder | None = self
        while here is not None:
            if here.real == real:
                return True
            here = here.above
        return False


@dataclass(slots=True)
class _Walk:
    """Goes through a tree, one open folder at a time; only the names of folders still to be seen are in memory."""

    suffixes: frozenset[str]
    pending: list[_Folder]
    other: int = 0
    root: str = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.pending[0].real

    def folders(self) -> Iterator[tuple[_Folder, Iterator[tuple[str, os.stat_result | Skip]]]]:
        """Each folder with its wanted files: key, and their facts or the reason why they can't be used."""
        while self.pending:
            folder = self.pending.pop()
            yield folder, self._files(folder)

    def _files(self, folder: _Folder) -> Iterator[tuple[str, os.stat_result | Skip]]:
        try:
            with os.scandir(folder.path) as found:
                for item in found:
                    name = item.name
                    if _ignored(name):
                        continue
                    key = folder.prefix + name
                    facts = self._look(item, folder)
                    if isinstance(facts, str):
                        yield key, Skip(_files.printable(key), facts)
                    elif facts is not None:
                        yield key, facts
        except OSError as error:
            yield folder.prefix, Skip(_files.printable(folder.prefix), "unreadable", error.strerror or "")

    def _look(self, item: os.DirEntry[str], folder: _Folder) -> os.stat_result | str | None:
        """A wanted file's facts, or the reason against it; None for what is passed over or was put off."""
        wanted = os.path.splitext(item.name)[1].lower() in self.suffixes
        try:
            if item.is_symlink():
                refusal = self._follow(item, folder, wanted)
                if refusal is not None:
                    return refusal
            elif item.is_dir():
                self._put_off(item, folder, os.path.join(folder.real, item.name), folder.linked)
            if item.is_dir():
                return None
            if not wanted:
                self.other += 1
                return None
            facts = item.stat()
        except OSError:  # it has gone while the folder was listed
            return "missing" if wanted else None
        if not stat.S_ISREG(facts.st_mode):
            return "not a plain file"
        if item.name.lower().endswith(MASK):
            return "a mask, no picture"
        return facts if _files.encodes(folder.prefix + item.name) else "unreadable name"

    def _follow(self, item: os.DirEntry[str], folder: _Folder, wanted: bool) -> str | None:
        """Why a link is not followed; a link to a folder that can be is put off."""
        real = os.path.realpath(item.path)
        if not os.path.exists(real):  # without an ending it may have been a folder
            return "missing" if wanted or "." not in item.name else None
        holds = os.path.isdir(real)
        if not _files.inside(real, self.root):
            return "outside the root" if wanted or holds else None
        if holds and folder.lies_in(real):
            return "a link in a circle"
        if holds and folder.linked:
            return "a link below a link"
        if holds:
            self._put_off(item, folder, real, True)
        return None

    def _put_off(self, item: os.DirEntry[str], folder: _Folder, real: str, linked: bool) -> None:
        self.pending.append(_Folder(item.path, f"{folder.prefix}{item.name}/", real, folder, linked))


def _ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in IGNORED


def _empty(path: Path, walk: _Walk) -> str:
    other = f"{walk.other} files of other kinds lie in it" if walk.other else "it is empty"
    wanted = " ".join(sorted(walk.suffixes))
    return f"{path}: no file with a wanted ending; {other}. Wanted: {wanted}. Add such files or give another folder"
