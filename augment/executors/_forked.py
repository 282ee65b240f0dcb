"""Processes forked from a server that has imported what they need; one server for each set of imports.

The standard library has such servers (multiprocessing.forkserver), but its contexts know only one, and what that
imports is settled when it starts: after a stream of texts, every worker for pictures would have to import its modules
itself. It may also be somebody else's.
"""

from __future__ import annotations

import io
import os
import shutil
import signal
import tempfile
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import context, forkserver, popen_forkserver, reduction, resource_tracker, spawn, util
from multiprocessing.process import BaseProcess, current_process
from typing import Any

_SERVERS: dict[tuple[str, ...], forkserver.ForkServer] = {}
"""The modules that a server has been told to import -> the server; each ends with this process."""


class Forked(BaseProcess):
    """A daemon process.

    Args:
        preload: The modules that its server has imported; ``target``'s should be among them.
        target: A function of an importable module.
        args: Its arguments, pickled as the standard library does for a new process.
    """

    _start_method = "forkserver"

    def __init__(self, preload: tuple[str, ...], target: Callable[..., None], args: tuple[Any, ...]) -> None:
        super().__init__(target=target, args=args, daemon=True)
        self.preload = preload

    @staticmethod
    def _Popen(process: Forked) -> _Popen:  # noqa: N802  # so it is called by ``start``
        return _Popen(process)


class _Popen(popen_forkserver.Popen):
    """The standard library's, but for the server it asks, and for the caller's main module, which stays unknown.

    Children would import that again, which costs time and, in a script without the ``if __name__`` guard, would run
    the whole script in every one.
    """

    def _launch(self, process: Forked) -> None:
        told = spawn.get_preparation_data(process.name)
        told = {name: value for name, value in told.items() if not name.startswith("init_main")}
        data = io.BytesIO()
        context.set_spawning_popen(self)
        try:
            reduction.dump(told, data)
            reduction.dump(process, data)
        finally:
            context.set_spawning_popen(None)
        self.sentinel, theirs = ensure_server(process.preload).connect_to_new_process(self._fds)  # type: ignore[attr-defined]
        kept = os.dup(theirs)  # the child ends its wait for us when this is closed
        self.finalizer = util.Finalize(self, _close, (kept, self.sentinel))
        with open(theirs, "wb", closefd=True) as pipe:
            pipe.write(data.getbuffer())
        self.pid = forkserver.read_signed(self.sentinel)


def ensure_server(preload: tuple[str, ...]) -> forkserver.ForkServer:
    """A server that runs, and has imported ``preload`` or is about to; it may have imported more."""
    wanted = set(preload)
    known = next((known for known in list(_SERVERS) if wanted.issubset(known)), preload)
    server = _SERVERS.get(known) or _SERVERS.setdefault(known, _new(known))  # another thread may have been faster
    resource_tracker.ensure_running()  # the server would start it, and then let SIGINT through
    with _deaf():
        try:
            _run(server)
            return server
        except ChildProcessError:  # it is our parent's, as we were forked, or somebody else has waited for its end
            _SERVERS.pop(known, None)
    return ensure_server(preload)


def _new(preload: tuple[str, ...]) -> forkserver.ForkServer:
    server = forkserver.ForkServer()
    server.set_forkserver_preload(list(preload))
    weakref.finalize(server, _stop, server)  # that is at the interpreter's end, for this holds it; after its workers
    return server


def _run(server: forkserver.ForkServer) -> None:
    """Start a server unless it runs; its socket lies in /tmp where TMPDIR's name is too long for one (unix(7))."""
    try:
        server.ensure_running()
        return
    except OSError as error:
        if "path too long" not in str(error):
            raise
    kept = current_process()._config  # type: ignore[attr-defined]  # there is no other way to say where
    usual, short = kept["tempdir"], tempfile.mkdtemp(prefix="pymp-", dir="/tmp")
    weakref.finalize(server, shutil.rmtree, short, ignore_errors=True)
    kept["tempdir"] = short
    try:
        server.ensure_running()
    finally:
        kept["tempdir"] = usual


def _stop(server: forkserver.ForkServer) -> None:
    """Kill a server, if it is this process's own and alive.

    It would end with us by itself, but not before its imports, and hold open what we print to as long as they take.
    """
    pid = getattr(server, "_forkserver_pid", None)
    with suppress(ChildProcessError):
        if pid is not None and os.waitpid(pid, os.WNOHANG) == (0, 0):
            os.kill(pid, signal.SIGKILL)


def _close(*handles: int) -> None:
    for handle in handles:
        os.close(handle)


@contextmanager
def _deaf() -> Iterator[None]:
    """Let what is started here not hear Ctrl-C, which goes to the whole group.

    The server hears it as long as it imports: it would die with a traceback, and the next run with it.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
