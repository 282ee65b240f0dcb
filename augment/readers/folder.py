"""A tree of files: ``cats/1.jpg``, with or without ``train/ val/ test/`` above it, or a flat folder without classes.

The top folders are splits when one of them is called train (or training) and the rest is val, test or the like; files
beside them are then left out, with that reason. A folder called train among classes (car, plane, train) is a class.
Below, the first folder is the class, however deep the file lies under it; a file beside the class folders has none.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from augment.contracts import Options as _Base
from augment.errors import InputError, SampleError
from augment.sample import Entry, Skip

SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "eval", "test", "testing"})
TRAINING = frozenset({"train", "training"})
IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


class Options(_Base):
    """``classes: none`` takes no class from folder names."""

    classes: Literal["folders", "none"] = "folders"


def claims(path: Path) -> bool:
    """Any folder."""
    return path.is_dir()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the files with a wanted ending; see the Reader contract.

    Hidden files and files of other kinds are passed over in silence. Links are followed inside the root only.
    """
    if not path.is_dir():
        raise InputError(f"{path}: expected a folder")
    walk = _Walk(path, os.path.realpath(path), suffixes)
    splits = _split_folders(path)
    for names, item in walk.files():
        split = names[0] if splits else "train"
        inner = names[1:] if splits else names
        label = inner[0] if len(inner) > 1 and options.classes == "folders" else None
        if isinstance(item, Skip):
            yield item
        elif splits and split not in splits:
            yield Skip("/".join(names), "outside the splits", f"it lies beside {', '.join(sorted(splits))}")
        else:
            yield _entry("/".join(names), split, label, item)
    if not walk.seen:
        raise InputError(_empty(path, walk))


def read(path: Path, locator: str) -> bytes:
    """The file's bytes. Raises SampleError if it has gone or may not be read."""
    try:
        with open(os.path.join(path, locator), "rb") as file:  # opened as bytes so that odd names work
            return file.read()
    except FileNotFoundError:
        raise SampleError("missing", "it was there when the folder was listed") from None
    except OSError as error:
        raise SampleError("unreadable", error.strerror or str(error)) from None


def _split_folders(path: Path) -> frozenset[str]:
    """Names of the split folders; empty where the top folders are classes."""
    with os.scandir(path) as found:
        top = frozenset(item.name for item in found if item.is_dir() and not _ignored(item.name))
    splits = frozenset(name for name in top if name.lower() in SPLITS)
    trains = any(name.lower() in TRAINING for name in splits)
    return splits if trains and (len(splits) > 1 or splits == top) else frozenset()


@dataclass(slots=True)
class _Walk:
    """Goes through a tree without holding it in memory."""

    root: str | Path
    real: str
    suffixes: frozenset[str]
    seen: int = 0
    other: int = 0
    visiting: list[str] = field(default_factory=list)

    def files(self) -> Iterator[tuple[tuple[str, ...], os.stat_result | Skip]]:
        """Wanted files as path parts below the root, with their facts or the reason why they can't be used."""
        yield from self._folder(str(self.root), ())

    def _folder(self, folder: str, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], os.stat_result | Skip]]:
        self.visiting.append(os.path.realpath(folder))
        try:
            found = os.scandir(folder)
        except OSError as error:
            self.seen += 1
            key = "/".join(names)
            yield (*names, ""), Skip(key + "/", "unreadable", error.strerror or "")
            self.visiting.pop()
            return
        with found:
            for item in found:
                if not _ignored(item.name):
                    yield from self._item(item, (*names, item.name))
        self.visiting.pop()

    def _item(
        self, item: os.DirEntry[str], names: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], os.stat_result | Skip]]:
        wanted = os.path.splitext(item.name)[1].lower() in self.suffixes
        reason = self._refusal(item)
        if reason is None and item.is_dir():
            yield from self._folder(item.path, names)
        elif wanted:
            self.seen += 1
            if reason is None and not _encodes(item.name):
                reason = "unreadable name"
            yield names, item.stat() if reason is None else Skip(_printable("/".join(names)), reason)
        elif reason is None:
            self.other += 1

    def _refusal(self, item: os.DirEntry[str]) -> str | None:
        """Why an item can't be followed: a link out of the root, in a circle or to nowhere, or no plain file."""
        if item.is_symlink():
            real = os.path.realpath(item.path)
            if not os.path.exists(real):
                return "missing"
            if os.path.commonpath([real, self.real]) != self.real:
                return "outside the root"
            if real in self.visiting:
                return "a link in a circle"
        return None if item.is_dir() or stat.S_ISREG(item.stat().st_mode) else "not a plain file"


def _entry(key: str, split: str, label: str | None, facts: os.stat_result) -> Entry:
    return Entry(key, key, split, label, facts.st_size, facts.st_mtime_ns)


def _ignored(name: str) -> bool:
    return name.startswith(".") or name.lower() in IGNORED


def _encodes(name: str) -> bool:
    """Whether a name is proper Unicode; keys and tables need that."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _empty(path: Path, walk: _Walk) -> str:
    other = f"{walk.other} files of other kinds lie in it" if walk.other else "it is empty"
    return f"{path}: no file with a wanted ending; {other}. Wanted: {' '.join(sorted(walk.suffixes))}"
