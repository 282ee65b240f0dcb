"""Sounds and labels brought together: an Entry for each sound, a Skip for labels without one."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from augment import timelines
from augment.errors import InputError
from augment.readers import _files
from augment.readers._events import holder, tables
from augment.readers._events.layout import LARGEST, Layout
from augment.readers._events.owners import Owners
from augment.readers._events.sidecars import Sidecars
from augment.readers._events.tables import Table
from augment.readers._lines import Spot
from augment.readers._places import RefusedError
from augment.readers.folder import SPLITS, Options
from augment.sample import TRAINING, Entry, Skip
from augment.timelines import _transcripts

TRANSCRIPT = "transcript"
"""What stands for the kind of a table of what is said."""

Labels = list[tuple[str, str, list[Spot] | None]]
"""Kind, file below the folder of labels, and the places of rows in it; None: the whole file."""


def written(labels: Labels) -> str:
    """As Entry.annotations; empty where there are none."""
    plain = [(kind, name, None if spots is None else [tuple(spot) for spot in spots]) for kind, name, spots in labels]
    return json.dumps(plain, ensure_ascii=False) if plain else ""


def read(text: str) -> Labels:
    """The reverse of ``written``."""
    found = json.loads(text) if text else []
    return [(kind, name, None if spots is None else [Spot(*spot) for spot in spots]) for kind, name, spots in found]


@dataclass(slots=True)
class Listing:
    """One pass over the tables and two over the names of the sounds; ``labelled`` counts those that labels were found
    for, usable or not.
    """

    layout: Layout
    options: Options
    suffixes: frozenset[str]
    tables: list[Table] = field(init=False)
    sidecars: Sidecars = field(init=False)
    owners: Owners = field(default_factory=Owners)
    taken: set[int] = field(default_factory=set)
    lead: str = field(init=False)
    labelled: int = 0
    sounds: int = 0

    def __post_init__(self) -> None:
        layout = self.layout
        self.sidecars = Sidecars(layout)
        self.lead = os.path.relpath(os.path.realpath(layout.root), layout.labels).replace(os.sep, "/") + "/"
        self.tables = [opened(layout, name, kind) for name, kind in layout.tables.items()]
        if layout.transcripts:
            self.tables.append(opened(layout, layout.transcripts, TRANSCRIPT))

    def items(self) -> Iterator[Entry | Skip]:
        """All of it. Raises InputError."""
        for table in self.tables:
            yield from table.scan()
        for item in self._listed():
            if isinstance(item, Entry):
                self.sidecars.note(item.key)
                for number, table in enumerate(self.tables):
                    for slot, whole in self._slots(table, item.key):
                        self.owners.note(self._id(number, slot), item.key, whole)
        for item in self._listed():
            if isinstance(item, Skip):
                yield item
                continue
            self.sounds += 1
            try:
                found = self._labelled(item)
            except RefusedError as refused:
                self.labelled += 1
                yield Skip(item.key, refused.reason, _files.printable(refused.detail), None, item.split)
                continue
            if found is not None:
                yield found
        yield from self.sidecars.orphans()
        for number, table in enumerate(self.tables):
            yield from self._unclaimed(number, table)

    def _listed(self) -> Iterator[Entry | Skip]:
        stems = {os.path.splitext(name)[0] for name in self.layout.tables}
        stems |= {unquote(stem) for stem in stems}
        return holder.listed(Path(self.layout.root), self.options, self.suffixes, frozenset(stems))

    def _labelled(self, entry: Entry) -> Entry | None:
        """A sound with its labels; None where it is not of the data set. Raises RefusedError."""
        labels: Labels = []
        split = None
        size, changed = entry.size, entry.mtime_ns
        if beside := self.sidecars.find(entry.key):
            name, split = beside
            facts = self._facts(name)
            if facts.st_size > LARGEST:
                raise RefusedError("too large", f"{name}: at most {LARGEST} bytes are read")
            size, changed = size + facts.st_size, max(changed, facts.st_mtime_ns)
            labels.append((self.layout.endings[os.path.splitext(name)[1].lower()], name, None))
        splits = set()
        for number, table in enumerate(self.tables):
            slot = self._own(number, table, entry.key)
            if slot is None:
                continue
            self.taken.add(self._id(number, slot))
            spots = table.spots(slot)
            kind = self.layout.tables.get(table.name, TRANSCRIPT)
            labels.append((kind, table.name, spots))
            size += sum(spot.stop - spot.start for spot in spots)
            changed = max(changed, self._facts(table.name).st_mtime_ns)
            splits |= {table.stem} if kind != TRANSCRIPT and table.stem.lower() in SPLITS else set()
        if len(splits) > 1 and self._split_by_table:
            raise RefusedError("in several splits", f"the tables {', '.join(sorted(splits))} name it; keep it in one")
        if not any(kind != TRANSCRIPT for kind, _, _ in labels) and self.layout.only:
            return None
        self.labelled += bool(labels)
        if splits and self._split_by_table and entry.split not in entry.key.split("/"):
            (split,) = splits
        text = written(labels)
        if not _files.encodes(text):
            raise RefusedError("unreadable name", _files.printable(labels[0][1]))
        return replace(entry, split=split or entry.split, size=size, mtime_ns=changed, annotations=text)

    @property
    def _split_by_table(self) -> bool:
        return any(table.stem.lower() in TRAINING for table in self.tables)

    def _own(self, number: int, table: Table, key: str) -> int | None:
        """The recording in a table that is this sound. Raises RefusedError."""
        for slot, whole in self._slots(table, key):
            if self.owners.owns(self._id(number, slot), whole, table.name):
                return slot
        return None

    def _slots(self, table: Table, key: str) -> Iterator[tuple[int, bool]]:
        """The first recording in a table that a sound may be, if any."""
        for name, whole in tables.names(key, self.lead, table.stem):
            slot = table.slot(name)
            if slot is not None:
                yield slot, whole
                return

    def _unclaimed(self, number: int, table: Table) -> Iterator[Skip]:
        for slot in range(len(table.slots)):
            if self._id(number, slot) not in self.taken:
                line, name = table.first(slot)
                yield Skip(_files.printable(name), "no sound", f"{table.name}:{line} names it, and there is none")

    def _facts(self, name: str) -> os.stat_result:
        path = os.path.join(self.layout.labels, name)
        try:
            if not _files.inside(os.path.realpath(path), self.layout.labels):
                raise RefusedError("outside the root", f"its labels, {name}, lead out of the folder of labels")
            return os.stat(path)
        except (OSError, ValueError) as error:
            raise RefusedError("missing", f"{name}: {getattr(error, 'strerror', error)}") from None

    def _id(self, number: int, slot: int) -> int:
        return slot * len(self.tables) + number


def opened(layout: Layout, name: str, kind: str) -> Table:
    """A table of the data set."""
    how = _transcripts if kind == TRANSCRIPT else timelines.shared(kind)
    if how is None:
        raise InputError(f"{name}: a file of kind {kind} serves one recording")
    return Table(layout.labels, name, how, layout.encoding)


def nothing(listing: Listing) -> str:
    """What to say where no sound has labels."""
    layout = listing.layout
    ways = [f"label files {' '.join(sorted(layout.endings))}"] if layout.endings else []
    ways += [f"the table {name}" for name in layout.tables]
    where = " and ".join(ways) or "label files of a known kind"
    place = "beside the sounds" if layout.beside else f"in {layout.labels}"
    return (
        f"{layout.root}: none of the {listing.sounds} sounds has labels; looked for were {where} {place}. "
        "Say where they are, as in input: {labels: FOLDER}, and of what kind: {kind: audacity}"
    )


def plain(layout: Layout, options: Mapping[str, Any]) -> dict[str, Any]:
    """What ``read`` needs to know of a layout, as plain data."""
    return {"labels": os.path.relpath(layout.labels, os.path.realpath(layout.root)), **options}


def kinds_of(found: Iterable[str]) -> str:
    """The kind that most label files are of; of several, the first by name."""
    counted: dict[str, int] = {}
    for kind in found:
        counted[kind] = counted.get(kind, 0) + 1
    return min(counted, key=lambda kind: (-counted[kind], kind), default="")
