"""Which files a data set has, and which split each is: by their names, or by the folder that they lie in.

Names tell splits where one of them is train (``eng.train``, ``esp.testa``, ``dev.txt``); a file alone is train,
whatever its name. ``testa`` and ``testb`` are the validation and the test set of CoNLL-2002 and CoNLL-2003.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from augment.errors import InputError
from augment.readers import _files
from augment.readers._walk import ignored

_SPLIT = re.compile(r"(?<![a-z])(train|val|dev|testa|testb|test)(?:ing|id|idation|idate|el|elopment)?(?![a-z])", re.I)
_USUAL = {"dev": "val", "testa": "val", "testb": "test"}


@dataclass(frozen=True, slots=True)
class Source:
    """One file.

    Args:
        path: Where it is.
        name: Relative to the folder that was given, ``/``-separated; empty for a file that was given itself.
        split: ``train``, ``val`` or ``test``.
    """

    path: Path
    name: str
    split: str = "train"

    @property
    def told(self) -> str:
        """Its name in messages."""
        return self.name or self.path.name


def sources(path: Path, wanted: Callable[[Path], bool], what: str) -> list[Source]:
    """The files of a data set: the one that is given, or those in a folder and in the folders of splits below it.

    Args:
        path: A file or a folder.
        wanted: Whether a file in a folder is one.
        what: What they are, for the message.

    Raises:
        InputError: There are none, or it can't be listed.
    """
    if not path.is_dir():
        if not path.is_file():
            raise InputError(f"{path}: there is no such file or folder; check the path")
        return [Source(path, "")]
    with _files.listing(path):
        found = [Source(file, name, split_of(name)) for file, name in _candidates(path) if wanted(file)]
    if not found:
        raise InputError(f"{path}: no file in it is {what}; give the file itself")
    if not any(source.split == "train" for source in found):
        return [replace(source, split="train") for source in found]
    return [source if source.split else replace(source, split="train") for source in found]


def any_in(path: Path, wanted: Callable[[Path], bool]) -> bool:
    """Whether a folder has such a file."""
    try:
        return any(wanted(file) for file, _ in _candidates(path))
    except OSError:
        return False


def split_of(name: str) -> str:
    """The split that a name tells, its folder first; empty where it tells none."""
    for part in name.split("/"):
        match = _SPLIT.search(part)
        if match:
            found = match[1].lower()
            return _USUAL.get(found, found)
    return ""


def _candidates(path: Path) -> Iterator[tuple[Path, str]]:
    """Files in a folder and in the folders of splits below it, sorted by name, with their names."""
    for name in sorted(os.listdir(path)):
        item = path / name
        if ignored(name) or not name.isprintable():
            continue
        if item.is_file():
            yield item, name
        elif item.is_dir() and split_of(name):
            yield from ((item / one, f"{name}/{one}") for one in sorted(os.listdir(item)) if _plain(item / one))


def _plain(item: Path) -> bool:
    return item.is_file() and not ignored(item.name) and item.name.isprintable()
