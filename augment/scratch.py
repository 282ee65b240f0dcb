"""Folders for temporary files that do not outlive their process: those of a killed one are removed by the next.

A process holds a folder by a lock on a file in it, which the system takes back when the process ends, in whatever way
(flock(2)). Where there are no such locks, as on Windows, what a killed process has left stays.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from types import TracebackType

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PREFIX = "augment-"
"""How the names of these folders begin."""

MARK = ".augment-scratch"
"""The file that is locked; it never stands without its lock while its process lives."""


class Scratch:
    """A new folder among the system's temporary files; gone when this is closed or collected, or the process ends.

    A process forked from its owner's leaves it alone. Making one removes what processes of this user that are gone,
    killed above all, have left.

    Args:
        kind: What it is for; its name begins with ``augment-KIND-``.

    Raises:
        OSError: The disk is full or can't be written to.
    """

    def __init__(self, kind: str) -> None:
        _sweep()
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-"))
        self._end = weakref.finalize(self, _remove, self.path, _hold(self.path), os.getpid())

    def close(self) -> None:
        """Remove it."""
        self._end()

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()


def _hold(folder: Path) -> int:
    """Lock the folder's mark, which takes its name with the lock on it; a handle that keeps it."""
    fresh = folder / f"{MARK}.new"
    handle = os.open(fresh, os.O_CREAT | os.O_RDWR, 0o600)
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: then nobody else gets one either
            fcntl.flock(handle, fcntl.LOCK_EX)
        fresh.rename(folder / MARK)
    return handle


def _remove(folder: Path, handle: int, owner: int) -> None:
    """Remove a folder, if this process is its owner; the handle is closed in any, which keeps the owner's lock."""
    if os.name == "nt":
        os.close(handle)  # an open file can't be removed there
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
    if os.name != "nt":
        os.close(handle)


def _sweep() -> None:
    """Remove the folders of processes of this user that are gone."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        left = [entry for entry in found if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False)]
        for entry in left:
            with suppress(OSError):  # not ours to read, or removed meanwhile
                if entry.stat(follow_symlinks=False).st_uid == os.getuid():
                    _remove_unless_held(Path(entry.path))


def _remove_unless_held(folder: Path) -> None:
    """Remove a folder if it has a mark that nobody holds. Raises OSError where there is no mark or it is held."""
    handle = os.open(folder / MARK, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
