"""Run tasks in worker processes, each with a pipe of its own, so that the death of one harms no other.

Workers are forked from a server process that has imported what they need (forkserver; spawn on Windows): no thread,
lock or open file of the caller gets into them, and the imports are paid for once.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any

from augment.contracts import Outcome
from augment.executors._forked import Forked, ensure_server

MALLOPT = {-3: 32 << 20, -1: 128 << 20, -2: 16 << 20}
"""glibc's M_MMAP_THRESHOLD (32 MB is the most it takes), M_TRIM_THRESHOLD and M_TOP_PAD, in bytes; malloc.h."""

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
"""How workers start."""

_HIDING = threading.Lock()
"""Of two threads in _no_main at once, one would keep the other's stand-in."""

Job = tuple[Callable[..., Any], Any]


class _Worker:
    """One process, its jobs (the first is being done, the next waits in its pipe), and what it last said."""

    def __init__(self, preload: tuple[str, ...]) -> None:
        self.pipe, theirs = connection.Pipe()
        self.jobs: deque[Job] = deque()
        self.at: Any = None
        try:
            self.process = _started(preload, theirs)
        except BaseException:  # Ctrl-C above all: it waits here for the server's imports
            self.pipe.close()  # a process that is on its way finds that nobody is there, and ends
            raise
        finally:
            theirs.close()

    def give(self, job: Job) -> None:
        """Hand it a job. If it has died meanwhile, that is found out by ``next``."""
        self.jobs.append(job)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.pipe.send(job)

    def stop(self) -> None:
        """Kill it and free its handles."""
        self.process.kill()
        self.process.join()
        self.process.close()
        self.pipe.close()


class Processes:
    """See the Executor contract."""

    def __init__(self, workers: int, preload: Sequence[str]) -> None:
        self.workers = workers
        self._preload = _modules(preload)
        self._queue: deque[Job] = deque()
        self._reports: list[tuple[Any, Any]] = []
        self._crew: list[_Worker] = []
        self._ready: deque[Outcome] = deque()
        self._parts = self._crew, self._queue, os.getpid()
        weakref.finalize(self, _end, *self._parts)  # at the interpreter's end too, while all of it still works

    def submit(self, function: Callable[..., Any], task: Any) -> None:
        """Queue a task and hand it to a free worker; workers start when there is work for them."""
        self._queue.append((function, task))
        self._deal()

    def next(self, timeout: float) -> Outcome | None:
        """Wait for the next outcome; a dead worker is replaced."""
        if not self._ready:
            self._listen(timeout)
        return self._ready.popleft() if self._ready else None

    def progress(self) -> Iterator[tuple[Any, Any]]:
        """What has been reported since the last call."""
        reports, self._reports = self._reports, []
        return iter(reports)

    def close(self) -> None:
        """Kill all workers."""
        _end(*self._parts)

    def _deal(self) -> None:
        """Give each worker a task and one in reserve, so that none waits for us; start workers that are missing."""
        while self._queue:
            least = min(self._crew, key=lambda worker: len(worker.jobs), default=None)
            if len(self._crew) < self.workers and (least is None or least.jobs):
                least = _Worker(self._preload)
                self._crew.append(least)
            if least is None or len(least.jobs) > 1:
                return
            least.give(self._queue.popleft())

    def _listen(self, timeout: float) -> None:
        """Take in what workers say until an outcome is there or the time is up."""
        by_handle: dict[Any, _Worker] = {}
        for worker in self._crew:
            by_handle[worker.pipe] = worker
            by_handle[worker.process.sentinel] = worker
        heard = connection.wait(list(by_handle), timeout) if by_handle else []
        for worker in {id(by_handle[handle]): by_handle[handle] for handle in heard}.values():
            if not self._hear(worker):
                self._bury(worker)
        self._deal()

    def _hear(self, worker: _Worker) -> bool:
        """Read all messages of a worker; False if it is dead."""
        try:
            while worker.pipe.poll():
                kind, body = worker.pipe.recv()
                if kind == "report":
                    worker.at = body
                    self._reports.append((worker.jobs[0][1], body))
                    continue
                _, task = worker.jobs.popleft()
                worker.at = None
                if kind == "done":
                    self._ready.append(Outcome("done", task, result=body))
                else:
                    error, text = body
                    self._ready.append(Outcome("failed", task, error=error, traceback=text))
        except (EOFError, ConnectionResetError):
            return False
        return worker.process.is_alive()

    def _bury(self, worker: _Worker) -> None:
        """Take a dead worker out. The task it was busy with has died with it, the one in reserve goes to another."""
        self._crew.remove(worker)
        worker.process.join()
        code = worker.process.exitcode
        if worker.jobs:
            _, task = worker.jobs.popleft()
            self._ready.append(Outcome("died", task, error=RuntimeError(_cause(code)), at=worker.at))
            self._queue.extendleft(reversed(worker.jobs))
        worker.stop()


def start(workers: int, preload: Sequence[str]) -> Processes:
    """Make ready ``workers`` processes that will have imported ``preload``; they start with the first tasks."""
    warm(preload)
    return Processes(workers, preload)


def warm(preload: Sequence[str]) -> None:
    """Start the server that workers are forked from, so that its imports run beside whatever the caller does next."""
    if METHOD == "forkserver":
        ensure_server(_modules(preload))


def _modules(preload: Sequence[str]) -> tuple[str, ...]:
    return (__name__, *preload)


def _started(preload: tuple[str, ...], pipe: connection.Connection) -> BaseProcess:
    """A process that serves this pipe."""
    if METHOD == "forkserver":
        process: BaseProcess = Forked(preload, _serve, (pipe,))
        process.start()
    else:
        process = multiprocessing.get_context(METHOD).Process(target=_serve, args=(pipe,), daemon=True)  # type: ignore[attr-defined]
        with _no_main():
            process.start()
    return process


def _end(crew: list[_Worker], queue: deque[Job], owner: int) -> None:
    """Kill all workers; a process forked from their owner's, which has taken over all of this, leaves them alone."""
    if os.getpid() != owner:
        return
    queue.clear()
    for worker in crew:
        worker.process.kill()
    while crew:
        crew[-1].stop()
        crew.pop()


@contextmanager
def _no_main() -> Iterator[None]:
    """Hide the caller's main module while a process is spawned, for the reason that _forked gives.

    Tasks are functions of importable modules, so nothing in it is needed.
    """
    with _HIDING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _serve(pipe: connection.Connection) -> None:
    """A worker's life: take a job, do it, say how it ended; end when the other side is gone."""
    keep_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent decides
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as before for programs that a step may start
    try:
        while True:
            function, task = pipe.recv()
            try:
                result = function(task, lambda x: pipe.send(("report", x)))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # every kind of failure is an outcome; the driver decides
                pipe.send(("failed", (_portable(error), traceback.format_exc())))
            else:
                pipe.send(("done", result))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        os._exit(0)  # the parent is gone: there is nobody to clean up for


def keep_memory() -> None:
    """Let the C library keep freed memory for the next array, where it is glibc.

    Else each array of more than 128 KB is mapped from the system and given back at once, and every page of it is
    faulted in anew: about 300 faults a picture, a fifth of a worker's time.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    for parameter, value in MALLOPT.items():
        mallopt(parameter, value)


def _portable(error: Exception) -> Exception:
    """The error if it can cross a pipe and come out the same, else one that tells of it."""
    try:
        multiprocessing.reduction.ForkingPickler.loads(multiprocessing.reduction.ForkingPickler.dumps(error))
    except Exception:  # a foreign exception may fail in any way when pickled
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        return f"the worker was killed by signal {-code} ({signal.Signals(-code).name})"
    return f"the worker ended with exit code {code}"
