"""Formats of timed labels: one module a kind, found by its name; each reads and writes it, on one page.

A kind whose ``SHARED`` is true may keep many recordings in one file, row by row; of these a reader takes the rows of
one recording without the rest, and a writer makes the file of portions. All texts are ``str``; whoever has the file
decodes and encodes it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Protocol, cast

from augment.annotations import Annotations, Event
from augment.timelines._lines import Row, Source


class Timeline(Protocol):
    """A kind of label file."""

    ENDINGS: tuple[str, ...]
    """Endings of its files; files are written with the first."""

    SHARED: bool
    """Whether one file may serve many recordings."""

    TIERS: frozenset[str] | None
    """The tiers that it can hold; None: any."""

    def resembles(self, begin: str) -> bool:
        """Whether the beginning of a file (its last line may be cut) is of this kind. Never raises."""

    def parse(self, text: str, source: Source) -> Annotations:
        """All of a file of one recording. Raises SampleError with file and line."""

    def format(self, annotations: Annotations, recording: str = "") -> str:
        """A file of one recording; ``recording`` is the name in it. Raises SampleError for what it can't hold."""


class SharedTimeline(Timeline, Protocol):
    """A kind of which one file may serve many recordings."""

    BY_PATH: bool
    """Whether recordings go by the path of their file; else by its name without ending."""

    def opening(self, lines: Iterator[str]) -> str:
        """The text that stands before the rows and is needed to understand them; taken from ``lines``."""

    def rows(self, lines: Iterator[str], source: Source) -> Iterator[Row]:
        """The rows after the opening. Takes no more lines than the rows given so far need. Raises SampleError."""

    def event(self, cells: Sequence[str], source: Source) -> Event | None:
        """What a row says; None: its recording has no events. Raises ValueError."""

    def portion(self, annotations: Annotations, recording: str) -> Any:
        """One recording's part of a file, as JSON. Raises SampleError for what it can't hold."""

    def joined(self, portions: Callable[[], Iterable[Any]]) -> Iterator[str]:
        """A whole file, piece by piece; ``portions`` may be called more than once."""


@cache
def kinds() -> tuple[str, ...]:
    """The names of all kinds, sorted."""
    return tuple(sorted(item.name for item in pkgutil.iter_modules(__path__) if not item.name.startswith("_")))


def timeline(kind: str) -> Timeline:
    """The kind called ``kind``, one of ``kinds()``."""
    return cast(Timeline, importlib.import_module(f"{__name__}.{kind}"))


def shared(kind: str) -> SharedTimeline | None:
    """The same where one file may serve many recordings, else None."""
    found = timeline(kind)
    return cast(SharedTimeline, found) if found.SHARED else None
