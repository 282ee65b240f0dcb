"""Stages 4 to 6 of 8, live: one sample as a training loop gets it, made here or by a worker."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from augment import catalog
from augment.annotations import Annotations
from augment.engine.bench import Bench, bench
from augment.errors import SampleError
from augment.sample import Entry, Skip


@dataclass(frozen=True, slots=True)
class Item:
    """One sample.

    Args:
        source: The key of its source.
        copy: 0 is the untouched original.
        value: As its modality gives it to people: pictures (height, width, channels) uint8, or (height, width) gray;
            sounds (channels, frames) float32; a text, or texts by column.
        label: Its class, or None.
        label_index: The place of its class among all classes of the data set (``Dataset.classes``), or None.
        annotations: In pixels, seconds or characters of ``value``; None where there are none.
        facts: What the value alone does not say: ``rate`` of a sound, Hz.
        fields: The source's other facts.
    """

    source: str
    copy: int
    value: Any
    label: str | None
    label_index: int | None
    annotations: Annotations | None
    facts: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        """In a line, as a notebook shows it."""
        value = self.value
        told = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else reprlib.repr(value)
        return f"Item({self.source!r}, copy {self.copy}: {told}, label {self.label!r})"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is to be made: a copy of a source; those of its epoch, from which it must differ, begin at ``first``.

    With ``views`` it is so many copies that follow each other.
    """

    entry: Entry
    copy: int
    first: int
    views: int = 1


Made = Item | tuple[Item, ...]
"""What a turn gives: an item; its views where the recipe wants more than one."""


@dataclass(frozen=True, slots=True)
class TurnsTask:
    """Some turns for a worker."""

    job: bytes
    number: int
    turns: tuple[Turn, ...]


def make_items(task: TurnsTask, report: Callable[[Any], None]) -> list[Made | Skip]:
    """The items of some turns, or why there is none."""
    at = bench(task.job)
    return [made_of(at, turn) for turn in task.turns]


def made_of(at: Bench, turn: Turn) -> Made | Skip:
    """What a turn gives, or why there is nothing."""
    if turn.views == 1:
        return item(at, turn)
    views: list[Item] = []
    for number in range(turn.copy, turn.copy + turn.views):
        view = item(at, Turn(turn.entry, number, turn.first))
        if isinstance(view, Skip):
            return view
        views.append(view)
    return tuple(views)


def item(at: Bench, turn: Turn) -> Item | Skip:
    """The item of a turn for one copy, or why there is none."""
    entry = turn.entry
    try:
        sample, kind = at.sample(entry, turn.copy, turn.first)
    except SampleError as error:
        return Skip(entry.key, error.reason, error.detail, turn.copy, entry.split)
    value, facts = catalog.modality(kind).plain(sample.value)
    if isinstance(value, np.ndarray) and not value.flags.owndata:
        value = value.copy()  # a view, maybe of a source that is kept, and a user may write into it
    index = None if sample.label is None else at.class_index.get(sample.label)
    return Item(entry.key, turn.copy, value, sample.label, index, sample.annotations, facts, sample.fields)
