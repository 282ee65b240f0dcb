"""Sounds with timed labels: what happens, is said, is beaten when. See ``augment.timelines`` for the kinds of files.

Labels stand in files of one recording, of the same name as the sound: beside it, or in the folder that ``labels``
names, as a tree like that of the sounds or flat. Or they stand in tables of many recordings (CSV as DCASE has them,
RTTM, CTM) at the top of that folder, one for all or one a split, which name a sound by its path, its last part, or
that without ending. ``labels`` may name one such table, and so may the path itself; then only what it names is taken.
What is said in whole stands in ``transcripts.csv``, as our own writer makes it.

Splits and classes come from folders, as the reader ``folder`` has them; a folder ``audio`` that holds all sounds is
none. ``train.csv`` and the like, or ``labels/train/`` for sounds without such folders, tell splits too. A sound
without labels is kept, without events; labels without sound are reported. A bad line costs its sound, and is told
with it.
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydantic
from pydantic_core import PydanticCustomError

from augment import timelines
from augment.annotations import Event
from augment.errors import InputError, SampleError
from augment.readers import _files, folder
from augment.readers._events import labels as _labels
from augment.readers._events import layout as _layout
from augment.readers._events import listing as _listing
from augment.readers._events.layout import Layout
from augment.readers._events.listing import Listing
from augment.sample import Category, Content, Dataset, Entry, Skip

FALLBACK = False
NAMED = frozenset({"event", "speaker"})
"""Tiers whose labels are the data set's categories."""


class Options(folder.Options):
    """Where labels are and what they are; ``classes`` and ``pattern`` as the reader ``folder`` has them.

    Args:
        labels: The folder of the label files, or the table, relative to the input; beside the sounds by default.
            Where it is said, say ``format: events`` too: nothing at the input itself tells.
        kind: What kind of files they are; by default as their endings and beginnings say.
        tier: The tier that all events are of, or the name of a tier in the files -> what it is (``words: word``).
        encoding: Of the label files.
    """

    labels: str | None = None
    kind: str = "auto"
    tier: str | dict[str, str] | None = None
    encoding: str = "utf-8-sig"

    @pydantic.field_validator("kind", "encoding")
    @classmethod
    def _known(cls, value: str, info: pydantic.ValidationInfo) -> str:
        try:
            return _layout.check_kind(value) if info.field_name == "kind" else codecs.lookup(value).name
        except ValueError as error:
            raise PydanticCustomError("kind", "{told}", {"told": str(error)}) from None
        except LookupError:
            told = "expected an encoding, such as latin-1"
            raise PydanticCustomError("encoding", "{told}", {"told": told}) from None


def claims(path: Path) -> bool:
    """A folder with sounds and label files beside them or a table that names them; or such a table itself."""
    return _layout.resembles(path)


def dataset(path: Path, options: Options) -> Dataset:
    """The labels of all events and speakers, sorted; all label files are read. Raises InputError."""
    found = _find(path, options)
    names: set[str] = set()
    kinds: list[str] = []
    for kind, events in _all(found):
        kinds.append(kind)
        for event in events:
            if event.label is not None and retiered(event, options.tier).tier in NAMED:
                names.add(event.label)
    kind = _listing.kinds_of(kinds)
    return Dataset(
        categories=tuple(Category(name) for name in sorted(names)),
        timed=True,
        transcribed=bool(found.transcripts),
        fields={"timeline": kind} if kind else {},
        reading=_listing.plain(found, {"encoding": options.encoding, "tier": options.tier}),
    )


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the sounds, and labels without one; see the Reader contract. Raises InputError: no sound has labels."""
    listing = Listing(_find(path, options), options, suffixes)
    yield from listing.items()
    if not listing.labelled:
        raise InputError(_listing.nothing(listing))


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A sound and its labels. Raises SampleError, with file and line of labels."""
    root = path if path.is_dir() else path.parent
    told = dataset.reading
    data = _files.read_below(root, entry.locator)
    found = _labels.read(os.path.join(os.path.realpath(root), told["labels"]), entry, told["encoding"])
    return Content(data, replace(found, events=tuple(retiered(event, told["tier"]) for event in found.events)))


def retiered(event: Event, tier: Any) -> Event:
    """An event of the tier that the recipe says."""
    if tier is None:
        return event
    told = tier if isinstance(tier, str) else tier.get(event.tier, event.tier)
    return event if told == event.tier else replace(event, tier=told)


def _find(path: Path, options: Options) -> Layout:
    return _layout.find(path, options.labels, options.kind, options.encoding)


def _all(found: Layout) -> Iterator[tuple[str, Iterable[Event]]]:
    """The kind of each label file, and its events; those that can't be understood are left to ``read``."""
    for name, kind in found.tables.items():
        yield kind, _rows(found, name, kind)
    for name in _layout.walk(found.labels, found.endings) if found.endings else ():
        if name in found.tables or name == found.transcripts:
            continue
        kind = found.endings[os.path.splitext(name)[1].lower()]
        try:
            yield kind, _labels.whole(found.labels, name, kind, found.encoding).events
        except SampleError:
            continue


def _rows(found: Layout, name: str, kind: str) -> Iterator[Event]:
    shared = timelines.shared(kind)
    for _, row, source in _listing.opened(found, name, kind).rows() if shared else ():
        try:
            event = shared.event(row.cells, source) if shared and not isinstance(row.cells, str) else None
        except ValueError:
            continue
        if event is not None:
            yield event
