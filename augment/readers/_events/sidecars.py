"""Label files of one recording: beside their sounds, or in a folder of their own, as a tree like theirs or flat."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from augment import timelines
from augment.readers import _files
from augment.readers._events import layout as _layout
from augment.readers._events.layout import Layout
from augment.readers._events.owners import Owners
from augment.readers._places import RefusedError
from augment.readers.folder import SPLITS
from augment.sample import Skip


@dataclass(slots=True)
class Sidecars:
    """Finds the label file of each sound; hashes of those that were found are held, a million in 60 MB."""

    layout: Layout
    owners: Owners = field(default_factory=Owners)
    taken: set[int] = field(default_factory=set)
    splits: tuple[str, ...] = ()
    _listed: Callable[[str], Mapping[str, list[str]]] = field(init=False)

    def __post_init__(self) -> None:
        self._listed = lru_cache(16)(self._list)
        if not self.layout.beside:
            with os.scandir(self.layout.labels) as found:
                self.splits = tuple(
                    sorted(item.name for item in found if item.is_dir() and item.name.lower() in SPLITS)
                )

    def note(self, key: str) -> None:
        """Every sound, before the first is asked for."""
        if not self.layout.beside and self.layout.endings:
            for name, whole, _ in self._claims(key):
                self.owners.note(hash(name), key, whole)

    def find(self, key: str) -> tuple[str, str | None] | None:
        """The label file of a sound, and the split that its folder tells; None: it has none.

        Raises:
            RefusedError: It has several, or shares one with other sounds.
        """
        claims = self._claims(key) if self.layout.endings else []
        found = [item for item in claims if self.layout.beside or self.owners.owns(hash(item[0]), item[1], item[0])]
        if not found:
            return None
        if len(found) > 1:
            names = ", ".join(name for name, _, _ in found)
            if len({split for _, _, split in found}) > 1:
                raise RefusedError("in several splits", f"its labels are {names[:200]}")
            raise RefusedError("several label files", f"{names[:200]}; say which count, as in input: {{kind: csv}}")
        ((name, _, split),) = found
        self.taken.add(hash(name))
        return name, split

    def orphans(self) -> Iterator[Skip]:
        """Label files without a sound."""
        layout = self.layout
        for name in _layout.walk(layout.labels, layout.endings) if layout.endings else ():
            if hash(name) in self.taken or name in layout.tables or name == layout.transcripts:
                continue
            kind = layout.endings[os.path.splitext(name)[1].lower()]
            begin = _layout.beginning(os.path.join(layout.labels, name), layout.encoding)
            if timelines.timeline(kind).resembles(begin):
                where = "beside it" if layout.beside else "of that name"
                yield Skip(_files.printable(name), "no sound", f"labels ({kind}), and no sound {where} that is wanted")

    def _claims(self, key: str) -> list[tuple[str, bool, str | None]]:
        """Label files that a sound may mean, whether by its whole name, and the split that their folder tells."""
        stem = os.path.splitext(key)[0]
        here = self._named("", stem)
        if here or self.layout.beside:
            return [(name, True, None) for name in here]
        parts = stem.split("/")
        for place in range(1, len(parts)):
            if here := self._named("", "/".join(parts[place:])):
                return [(name, False, None) for name in here]
        for place in range(len(parts)):
            below = [(split, self._named(f"{split}/", "/".join(parts[place:]))) for split in self.splits]
            if any(names for _, names in below):
                return [(name, not place, split) for split, names in below for name in names]
        return []

    def _named(self, folder: str, stem: str) -> list[str]:
        """Label files called so, with any ending that counts."""
        above, slash, base = (folder + stem).rpartition("/")
        return [above + slash + name for name in self._listed(above).get(base, ())]

    def _list(self, folder: str) -> Mapping[str, list[str]]:
        """The label files in a folder, by their names without ending."""
        found: dict[str, list[str]] = {}
        try:
            with os.scandir(os.path.join(self.layout.labels, folder)) as items:
                for name in sorted(item.name for item in items):
                    stem, ending = os.path.splitext(name)
                    if ending.lower() in self.layout.endings:
                        found.setdefault(stem, []).append(name)
        except OSError:
            return {}
        return found
