"""Files below a root: read without leaving the root, without hanging, without filling memory; folders listed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from augment.contracts import STATE
from augment.errors import InputError, SampleError

MANIFEST = "manifest.json"
"""What tells a folder that a run of ours has made."""

LARGEST = 2_000_000_000
"""Most bytes of one source; more would not fit a worker, nor a cell of Parquet (2 GiB)."""

_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


@contextmanager
def listing(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Within it a folder is listed; what stands in the way becomes an InputError that says what to do."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{folder}: there is no such folder; check the path") from None
    except NotADirectoryError:
        raise InputError(f"{folder}: expected a folder, this is a file; give the folder that holds it") from None
    except OSError as error:
        raise InputError(f"{folder}: the folder can't be listed ({error.strerror}); mend its rights") from None


def inside(real: str, root: str) -> bool:
    """Whether one resolved path is the other or lies below it."""
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def read_below(root: Path, locator: str) -> bytes:
    """As ``read``, and a SampleError where links have come to lead out of ``root`` since it was listed."""
    return read(os.path.join(root, locator), _resolved(root))


@lru_cache(maxsize=8)
def _resolved(root: Path) -> str:
    """The root itself, looked up once a process: that takes as long as to open a file."""
    return os.path.realpath(root)


def read(path: str, root: str = "") -> bytes:
    """A plain file's bytes. Raises SampleError if it is missing, unreadable, too large or no plain file.

    ``root``, resolved, is where it must lie.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open) as file:
            facts = os.fstat(file.fileno())
            if root and not inside(_opened(file.fileno()), root) and not inside(os.path.realpath(path), root):
                raise SampleError("outside the root", "its path leads out of the input folder")
            if not stat.S_ISREG(facts.st_mode):
                raise SampleError("not a plain file", "it is a folder, a pipe or a device")
            if facts.st_size > LARGEST:
                raise SampleError("too large", f"{facts.st_size} bytes; at most {LARGEST} are read")
            return file.read()
    except FileNotFoundError:
        raise SampleError("missing", "it was there when the data set was listed") from None
    except OSError as error:
        raise SampleError("unreadable", error.strerror or str(error)) from None
    except ValueError as error:  # a zero byte in the name
        raise SampleError("unreadable", str(error)) from None


def _opened(file: int) -> str:
    """Where an open file really lies, as Linux tells: a tenth of the time of looking up each folder on the way."""
    try:
        return os.readlink(f"/proc/self/fd/{file}")
    except OSError:
        return ""


def ours(path: Path) -> bool:
    """Whether a run of ours has made these files: copies then share what named their source."""
    root = path if path.is_dir() else path.parent
    return any((folder / MANIFEST).is_file() and (folder / STATE).is_dir() for folder in (root, root.parent))


def encodes(name: str) -> bool:
    """Whether a name is proper Unicode; keys and tables need that."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    """A name with what is not proper Unicode in it written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _open(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes to would hang the worker."""
    return os.open(path, flags | _NO_WAIT)
