"""Run each task here and now, in this process: for debugging, tests and tiny jobs."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from augment.contracts import Outcome


class Serial:
    """See the Executor contract. A task runs when its outcome is asked for."""

    workers = 1

    def __init__(self) -> None:
        self._queue: deque[tuple[Callable[..., Any], Any]] = deque()
        self._reports: list[tuple[Any, Any]] = []

    def submit(self, function: Callable[..., Any], task: Any) -> None:
        """Queue ``function(task, report)``."""
        self._queue.append((function, task))

    def next(self, timeout: float) -> Outcome | None:
        """Run the oldest task to its end, however long that takes."""
        if not self._queue:
            return None
        function, task = self._queue.popleft()
        try:
            result = function(task, lambda x: self._reports.append((task, x)))
        except Exception as error:  # every kind of failure is an outcome; the driver decides
            return Outcome("failed", task, error=error, traceback=traceback.format_exc())
        return Outcome("done", task, result=result)

    def progress(self) -> Iterator[tuple[Any, Any]]:
        """What has been reported since the last call."""
        reports, self._reports = self._reports, []
        return iter(reports)

    def close(self) -> None:
        """Forget what is queued."""
        self._queue.clear()


def start(workers: int, preload: Sequence[str]) -> Serial:
    """One worker, whatever was asked for; nothing needs to be preloaded."""
    return Serial()
