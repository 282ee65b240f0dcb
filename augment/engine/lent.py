"""An input that is in memory: written to a folder of its own when it is first needed, gone with whoever holds it."""

from __future__ import annotations

import weakref
from typing import Any, cast

from augment import catalog
from augment.contracts import Lender
from augment.errors import InputError
from augment.scratch import Scratch


class Lent:
    """A data set that lies in memory, as a folder. It crosses to other processes, which read the folder.

    The folder is there as long as this is, in the process that has made it; no copy elsewhere removes it.

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
            self._scratch = Scratch("input")
            folder = self._scratch.path / "data"
            folder.mkdir()
            self._lender.write(self._value, folder)
            self._path, self._value = str(folder), None
            _HERE[self._path] = self
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
