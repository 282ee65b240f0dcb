"""An input that is in memory: written to a folder of its own when it is first needed, gone with whoever holds it."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Any, cast

from augment import catalog
from augment.contracts import Lender
from augment.errors import InputError


class Lent:
    """A data set that lies in memory, as a folder. It crosses to other processes, which read the folder.

    The folder is there as long as this is, in the process that has made it; no copy elsewhere removes it. After a
    process that was killed it stays behind in the system's folder for temporary files (``augment-input-…``).

    Args:
        value: The data set.

    Raises:
        InputError: Nobody knows how to write it.
    """

    def __init__(self, value: Any) -> None:
        self._lender = _lender(value)
        self._value = value
        self._path = ""

    @property
    def path(self) -> str:
        """Where it lies; written when that is asked first. Raises AugmentError or OSError."""
        if not self._path:
            folder = tempfile.mkdtemp(prefix="augment-input-")
            weakref.finalize(self, _remove, folder, os.getpid())
            self._lender.write(self._value, Path(folder))
            self._path, self._value = folder, None
            _HERE[folder] = self
        return self._path

    def __reduce__(self) -> Any:
        return _found, (self.path,)

    def __deepcopy__(self, memo: Any) -> Lent:
        return self


_HERE: weakref.WeakValueDictionary[str, Lent] = weakref.WeakValueDictionary()
"""Those that this process has written."""


def _found(path: str) -> Lent:
    """The one that lies there: this process's own, or a stranger's."""
    known = _HERE.get(path)
    if known is None:
        known = Lent.__new__(Lent)
        known._path = path
    return known


def _lender(value: Any) -> Lender:
    """By the package that the value's class comes from."""
    known = catalog.names("lenders")
    for kind in type(value).__mro__:
        package = kind.__module__.partition(".")[0]
        if package in known:
            return cast(Lender, catalog.module("lenders", package))
    told = ", ".join(f"of {name}" for name in known)
    raise InputError(f"input: expected a folder, a table, or a data set {told}, got {type(value).__name__}")


def _remove(folder: str, owner: int) -> None:
    """Remove a folder; a forked process, which has taken this over with all else, leaves it alone."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
