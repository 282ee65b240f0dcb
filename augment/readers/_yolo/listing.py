"""Goes through the folders and lists of a YOLO data set: pictures with their label files, label files without."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from augment.errors import InputError
from augment.readers import _files
from augment.readers._places import Places, RefusedError
from augment.readers._yolo.layout import labels_of
from augment.sample import Entry, Skip

ENDING = ".txt"
NO_LABELS = frozenset({"classes.txt"})
"""What tools put among label files."""

LARGEST_LABELS = 64_000_000
"""Most bytes of one label file."""

LONGEST = 1000
"""Most characters of a listed name that are repeated where it can't be used."""


@dataclass(slots=True)
class Listing:
    """One pass over a data set; folders are remembered, files are not.

    Args:
        root: The resolved folder that nothing leads out of.
        suffixes: The file endings wanted.
    """

    root: str
    suffixes: frozenset[str]
    listed: int = 0
    pictured: int = 0
    labelled: int = 0
    places: Places = field(init=False)
    _folders: dict[str, None] = field(default_factory=dict)
    _done: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.places = Places(self.root, None)

    def pictures(self, split: str, spot: str) -> Iterator[Entry | Skip]:
        """The pictures below a folder, or of a list. Raises InputError if the list can't be read."""
        listed = spot.endswith(ENDING) and os.path.isfile(os.path.join(self.root, spot))
        for item in self._listed(spot) if listed else self._walked(f"{spot}/" if spot else ""):
            self.listed += 1
            found = item if isinstance(item, Skip) else self._entry(item, split)
            if isinstance(found, Entry):
                self.pictured += 1
                yield found
            else:
                yield Skip(found.source, found.reason, found.detail, None, split)

    def orphans(self, split: str, spots: Sequence[str]) -> Iterator[Skip]:
        """Label files without picture, in the folders that belong to those seen so far and to ``spots``."""
        todo = [(labels_of(folder), folder) for folder in [*(f"{spot}/" for spot in spots if spot), *self._folders]]
        self._folders.clear()
        while todo:
            labels, pictures = todo.pop()
            if labels == pictures or labels in self._done:
                continue
            self._done.add(labels)
            there: set[int] | None = None
            for name, is_folder in self._names(labels):
                if is_folder:
                    todo.append((f"{labels}{name}/", f"{pictures}{name}/"))
                elif _labels(name):
                    there = self._stems(pictures) if there is None else there
                    if hash(name[: -len(ENDING)]) not in there:
                        detail = f"no picture of that name in {pictures}"
                        yield Skip(_files.printable(labels + name), "no picture", detail, None, split)

    def labels(self, spots: Sequence[str]) -> Iterator[str]:
        """The label files that may belong to some folders and lists, without a look at the pictures."""
        for spot in spots:
            if spot.endswith(ENDING) and os.path.isfile(os.path.join(self.root, spot)):
                yield from (labels_of(name) for name in self._lines(spot))
                continue
            todo = [labels_of(f"{spot}/") if spot else ""]
            while todo:
                here = todo.pop()
                for name, is_folder in self._names(here):
                    if is_folder:
                        todo.append(f"{here}{name}/")
                    elif _labels(name):
                        yield here + name

    def _entry(self, name: str, split: str) -> Entry | Skip:
        """One picture with its label file, by its name below the root."""
        try:
            key, facts = self.places.find(name)
        except RefusedError as refused:
            return Skip(_files.printable(name[:LONGEST]), refused.reason, refused.detail)
        if not _files.encodes(key):
            return Skip(_files.printable(key), "unreadable name")
        size, changed, labels = facts.st_size, facts.st_mtime_ns, labels_of(key)
        try:
            found, more = self.places.find(labels)
        except RefusedError as refused:
            if refused.reason != "missing":
                return Skip(key, refused.reason, f"its label file {labels}: {refused.detail}".rstrip(": "))
            if not _gone(os.path.join(self.root, labels)):
                return Skip(key, "labels unreadable", f"{labels}: {refused.detail}")
            return Entry(key, key, split, size=size, mtime_ns=changed)
        if more.st_size > LARGEST_LABELS:
            return Skip(key, "too large", f"{labels}: {more.st_size} bytes; at most {LARGEST_LABELS} are read")
        self.labelled += 1
        return Entry(
            key, key, split, size=size + more.st_size, mtime_ns=max(changed, more.st_mtime_ns), annotations=found
        )

    def _walked(self, prefix: str) -> Iterator[str | Skip]:
        """Names of the pictures below a folder.

        A link to a folder is followed, but not one below it, nor one that leads to a folder above: links in a circle
        would have no end.
        """
        todo = [(prefix, False)]
        while todo:
            here, linked = todo.pop()
            try:
                with os.scandir(os.path.join(self.root, here)) as items:
                    for item in items:
                        name = here + item.name
                        if item.name.startswith(".") or item.name == "__MACOSX":
                            continue
                        if _is_folder(item):
                            refusal = self._refusal(item, here, linked) if item.is_symlink() else None
                            if refusal is None:
                                todo.append((f"{name}/", linked or item.is_symlink()))
                            else:
                                yield Skip(_files.printable(name), refusal)
                        elif os.path.splitext(item.name)[1].lower() in self.suffixes:
                            self._folders[here] = None
                            yield name
            except OSError as error:
                yield Skip(_files.printable(here), "unreadable", error.strerror or "")

    def _refusal(self, item: os.DirEntry[str], here: str, linked: bool) -> str | None:
        """Why a link to a folder is not followed."""
        real = os.path.realpath(item.path)
        if not _files.inside(real, self.root):
            return "outside the root"
        if _files.inside(os.path.realpath(os.path.join(self.root, here)), real):
            return "a link in a circle"
        return "a link below a link" if linked else None

    def _listed(self, spot: str) -> Iterator[str | Skip]:
        """Names of the pictures in a list that have a wanted ending."""
        for name in self._lines(spot):
            if os.path.splitext(name)[1].lower() not in self.suffixes:
                wanted = " ".join(sorted(self.suffixes))
                yield Skip(
                    _files.printable(name[:LONGEST]), "not a wanted file", f"listed in {spot}; wanted are {wanted}"
                )
                continue
            self._folders[name.rpartition("/")[0] + "/"] = None
            yield name

    def _lines(self, spot: str) -> Iterator[str]:
        """The names in a list of pictures, relative to the root where they can be.

        ``./x`` is relative to the list, as Ultralytics has it; others are tried from the root first, then so.
        """
        beside = os.path.dirname(spot)
        try:
            with open(os.path.join(self.root, spot), encoding="utf-8-sig", newline=None) as file:
                for line in file:
                    name = line.strip().replace("\\", "/")
                    if name:
                        yield self._below(name, beside)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else f"not UTF-8 text: {error.reason}; save it as UTF-8"
            raise InputError(f"{os.path.join(self.root, spot)}: the list of pictures can't be read ({why})") from None

    def _below(self, name: str, beside: str) -> str:
        near = os.path.normpath(os.path.join(beside, name)).replace(os.sep, "/")
        if name.startswith("./"):
            return near
        if os.path.isabs(name):
            plain = os.path.normpath(name)
            below = os.path.relpath(plain, self.root).replace(os.sep, "/")
            return below if _files.inside(plain, self.root) else name
        plain = os.path.normpath(name).replace(os.sep, "/")
        if beside and not os.path.lexists(os.path.join(self.root, plain)):
            return near
        return plain

    def _names(self, folder: str) -> Iterator[tuple[str, bool]]:
        """The names in a folder below the root, and whether each is a folder but no link; none if it is shut."""
        real = os.path.join(self.root, folder)
        if not _files.inside(os.path.realpath(real), self.root):
            return
        try:
            with os.scandir(real) as items:
                for item in items:
                    if not item.name.startswith("."):
                        yield item.name, item.is_dir(follow_symlinks=False)
        except OSError:
            return

    def _stems(self, folder: str) -> set[int]:
        """Hashes of the names, without ending, of the pictures in a folder: a million of them are 60 MB."""
        return {
            hash(stem)
            for stem, ending in (os.path.splitext(name) for name, _ in self._names(folder))
            if ending.lower() in self.suffixes
        }


def _is_folder(item: os.DirEntry[str]) -> bool:
    try:
        return item.is_dir()
    except OSError:  # a link to itself
        return False


def _labels(name: str) -> bool:
    return name.endswith(ENDING) and name not in NO_LABELS


def _gone(path: str) -> bool:
    """Whether there is nothing of that name: no link that leads nowhere, and no folder that is shut."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False
