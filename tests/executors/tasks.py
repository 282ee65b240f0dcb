"""Tasks for the executor tests; they must be importable in a worker."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def double(task: int, report: Callable[[Any], None]) -> int:
    report(f"busy with {task}")
    return task * 2


def fail(task: Any, report: Callable[[Any], None]) -> None:
    raise ValueError(f"no {task}")


def die(task: Any, report: Callable[[Any], None]) -> None:
    report(("at", task))
    os.kill(os.getpid(), signal.SIGKILL)


def leave(task: int, report: Callable[[Any], None]) -> None:
    os._exit(task)


def wait(task: float, report: Callable[[Any], None]) -> int:
    report("waiting")
    time.sleep(task)
    return os.getpid()


def awkward(task: Any, report: Callable[[Any], None]) -> None:
    class LocalError(Exception):
        pass

    raise LocalError("cannot be pickled")


def touch(task: Path, report: Callable[[Any], None]) -> None:
    task.write_text(str(os.getpid()))
    time.sleep(60)


def imported(task: tuple[str, ...], report: Callable[[Any], None]) -> tuple[set[str], int]:
    """Which of these modules are there, and who forked this process."""
    return {name for name in task if name in sys.modules}, os.getppid()
