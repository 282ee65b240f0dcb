"""A tree of files, walked without recursion, without leaving its root and without going in circles.

Links are followed where they lead to something inside the root; a folder that is reached by a link is listed under the
link's name as well as its own, but links to folders inside it are not followed again: mutual links would have no end.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from augment.readers import _files
from augment.sample import Skip

IGNORED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
MASK = ".mask.png"
"""What our own class folders call the mask that lies beside a picture."""

ABOUT = re.compile(
    r"(readme|licen[cs]e|copying|notice|authors|citation|changelog|changes)\b.*|.*\.(json|jsonl|ndjson|csv|tsv|parquet|ya?ml|toml)",
    re.IGNORECASE | re.DOTALL,
)
"""Names of files that are about a data set, or about the file beside them: no samples that somebody would miss."""

UNWANTED = "not a wanted file"

_ENDING = re.compile(r"\.[a-z][a-z0-9]{0,9}", re.IGNORECASE)
"""What is told as an ending; ``.1`` and the like are parts of names, and there may be a million of them."""


def ignored(name: str) -> bool:
    """Whether a file or folder is passed over: hidden, or a system's own."""
    return name.startswith(".") or name.lower() in IGNORED


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder to be listed: where it is, what its keys begin with, where it really is, and what led to it."""

    path: str
    prefix: str
    real: str
    above: Folder | None = None
    linked: bool = False

    def lies_in(self, real: str) -> bool:
        """Whether the walk has come through the folder ``real``."""
        here: Folder | None = self
        while here is not None:
            if here.real == real:
                return True
            here = here.above
        return False


@dataclass(slots=True)
class Walk:
    """Goes through a tree, one open folder at a time; only the names of folders still to be seen are in memory.

    ``other`` counts the files that are not wanted, ``bare`` those of them whose names have no ending; ``unwanted``
    those that somebody may miss: ending -> how many, and the name that comes first.
    """

    suffixes: frozenset[str]
    pending: list[Folder]
    other: int = 0
    bare: int = 0
    unwanted: dict[str, tuple[int, str]] = field(default_factory=dict)
    root: str = field(init=False)

    def __post_init__(self) -> None:
        self.root = self.pending[0].real

    @classmethod
    def of(cls, path: Path, suffixes: frozenset[str]) -> Walk:
        """A walk through the folder ``path`` for files with these endings (lower case, with dot)."""
        return cls(suffixes, [Folder(str(path), "", os.path.realpath(path))])

    def folders(self) -> Iterator[tuple[Folder, Iterator[tuple[str, os.stat_result | Skip]]]]:
        """Each folder with its wanted files: key, and their facts or the reason why they can't be used."""
        while self.pending:
            folder = self.pending.pop()
            yield folder, self._files(folder)

    def _files(self, folder: Folder) -> Iterator[tuple[str, os.stat_result | Skip]]:
        try:
            with os.scandir(folder.path) as found:
                for item in found:
                    name = item.name
                    if ignored(name):
                        continue
                    key = folder.prefix + name
                    facts = self._look(item, folder)
                    if isinstance(facts, str):
                        yield key, Skip(_files.printable(key), facts)
                    elif facts is not None:
                        yield key, facts
        except OSError as error:
            yield folder.prefix, Skip(_files.printable(folder.prefix), "unreadable", error.strerror or "")

    def _look(self, item: os.DirEntry[str], folder: Folder) -> os.stat_result | str | None:
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
                self._pass_over(item.name, folder.prefix)
                return None
            facts = item.stat()
        except OSError:  # it has gone while the folder was listed
            return "missing" if wanted else None
        if not stat.S_ISREG(facts.st_mode):
            return "not a plain file"
        if item.name.lower().endswith(MASK):
            return "a mask, no picture"
        return facts if _files.encodes(folder.prefix + item.name) else "unreadable name"

    def _pass_over(self, name: str, prefix: str) -> None:
        """Count a file that is not wanted."""
        ending = os.path.splitext(name)[1].lower()
        self.other += 1
        self.bare += not ending
        if ABOUT.fullmatch(name) is None:
            told = ending if _ENDING.fullmatch(ending) else ""
            count, first = self.unwanted.get(told, (0, prefix + name))
            self.unwanted[told] = (count + 1, min(first, prefix + name))

    def left_out(self, told: Collection[str]) -> Iterator[Skip]:
        """The files that are not wanted, an ending a line, but for those with endings that have been told elsewhere.

        To be asked for at the end of the walk.
        """
        for ending, (count, first) in sorted(self.unwanted.items()):
            if ending in told:
                continue
            detail = f"{count:,} file{'s' * (count > 1)} {ending or 'without an ending'}"
            yield Skip(_files.printable(first), UNWANTED, detail + ", this the first" * (count > 1))

    def _follow(self, item: os.DirEntry[str], folder: Folder, wanted: bool) -> str | None:
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

    def _put_off(self, item: os.DirEntry[str], folder: Folder, real: str, linked: bool) -> None:
        self.pending.append(Folder(item.path, f"{folder.prefix}{item.name}/", real, folder, linked))
