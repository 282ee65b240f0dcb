"""Stages 4 to 6 of 8, live, by worker processes: turns go in under a number, and what they give is had by it."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from augment import catalog
from augment.contracts import Executor, Outcome
from augment.engine import history
from augment.engine.bench import Job
from augment.engine.items import Made, Turn, TurnsTask, make_items
from augment.engine.plan import Plan
from augment.engine.work import TRIES
from augment.errors import AugmentError
from augment.sample import Skip
from augment.scratch import Scratch


class Crew:
    """Workers for a plan's samples; they start with the first turns, and end when this is closed or collected.

    Args:
        planned: What is made.
        workers: Processes, 1 or more.
    """

    def __init__(self, planned: Plan, workers: int) -> None:
        self.workers = workers
        self._folder = Scratch("stream")
        sources = self._folder.path / "sources.parquet"
        history.write(planned.listing, sources)
        self._job = pickle.dumps(replace(Job.of(planned, Path()), sources=sources))
        preload = catalog.preloads(catalog.used(planned.recipe.text.data))
        self._executor: Executor = catalog.module("executors", "processes").start(workers, preload)
        self._there: dict[int, list[Made | Skip]] = {}
        self._deaths: Counter[int] = Counter()
        self._forgotten: set[int] = set()

    def submit(self, number: int, turns: Sequence[Turn]) -> None:
        """Queue some turns; a number is used once."""
        self._executor.submit(make_items, TurnsTask(self._job, number, tuple(turns)))

    def result(self, number: int) -> list[Made | Skip]:
        """Wait for what the turns of a number give, and hand it out once.

        Raises what a task has raised, and AugmentError where workers die of one.
        """
        while number not in self._there:
            outcome = self._executor.next(timeout=0.2)
            if outcome is not None:
                self._take(outcome)
        return self._there.pop(number)

    def forget(self, number: int) -> None:
        """Nobody will ask for the result of a number; it may be under way."""
        if self._there.pop(number, None) is None:
            self._forgotten.add(number)

    def close(self) -> None:
        """Stop at once: no process stays, and no file."""
        self._executor.close()
        self._folder.close()

    def _take(self, outcome: Outcome) -> None:
        """Keep a result; do again what has died with its worker, unless it dies of it."""
        task: TurnsTask = outcome.task
        if task.number in self._forgotten:
            self._forgotten.remove(task.number)
        elif outcome.status == "done":
            self._there[task.number] = outcome.result
        elif outcome.status == "failed" and outcome.error is not None:
            raise outcome.error
        else:
            self._deaths[task.number] += 1
            if self._deaths[task.number] >= TRIES:
                keys = ", ".join(dict.fromkeys(turn.entry.key for turn in task.turns))
                raise AugmentError(f"{outcome.error}, {TRIES} times over, at one of {keys}; is there enough memory?")
            self._executor.submit(make_items, task)
