"""How far a run is: a live bar on a terminal, plain lines elsewhere. Always on stderr; results are on stdout."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from augment.engine.run import Status

EVERY = 5.0
"""Seconds between plain lines."""


@contextmanager
def shown(quiet: bool = False) -> Iterator[Callable[[Status], None]]:
    """What to call with each Status, for as long as the block runs."""
    if quiet:
        yield lambda status: None
    elif sys.stderr.isatty():
        with _bar() as bar:
            yield _Live(bar).update
    else:
        yield _Plain().update


class _Live:
    """A bar with outputs/s, time left and what was skipped."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("reading the input", total=None, skipped=0, rate="")
        self._begun: float | None = None

    def update(self, status: Status) -> None:
        now = time.monotonic()
        self._begun = self._begun or now
        fresh = status.done - status.resumed
        rate = f"{fresh / (now - self._begun):.0f}/s" if now - self._begun > 0.5 else ""
        whole = status.done + status.skipped >= status.planned
        name = "writing shards" if whole else "growing"
        done = min(status.planned, status.done + status.skipped)
        self._bar.update(
            self._task, description=name, total=status.planned, completed=done, skipped=status.skipped, rate=rate
        )


class _Plain:
    """A line every few seconds."""

    def __init__(self) -> None:
        self._begun = self._last = time.monotonic()

    def update(self, status: Status) -> None:
        now = time.monotonic()
        if now - self._last < EVERY:
            return
        self._last = now
        rate = (status.done - status.resumed) / (now - self._begun)
        left = max(0, status.planned - status.done - status.skipped)
        eta = f", {left / rate:.0f} s left" if rate > 0 and left else ""
        line = f"{status.done}/{status.planned} outputs, {rate:.0f}/s{eta}, {status.skipped} skipped"
        print(line, file=sys.stderr, flush=True)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[skipped]} skipped"),
        console=Console(stderr=True),
    )
