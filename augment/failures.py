"""What an error in a step means for a sample: it is skipped, and which step it was, and which line, is told."""

from __future__ import annotations

import inspect
import os
import sysconfig
import traceback
from collections.abc import Callable
from typing import Any

from augment.errors import SampleError


def failed(step: str, error: Exception, function: Callable[..., Any] | None = None) -> SampleError:
    """The SampleError for whatever a step has raised.

    Args:
        step: Its name.
        error: What it raised, as caught.
        function: What the user has written of it; the line of theirs that failed is told then.
    """
    where = _where(error, function) if function is not None else ""
    return SampleError("step failed", f"{step}: {typed_line(error)}{where and f' ({where})'}")


def first_line(error: Exception) -> str:
    """What an error says, in one line: the first with a letter in it, for some are framed by rules of asterisks.

    Where none has a letter, the first that is not blank; where it says nothing, its type.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if any(map(str.isalpha, line))), (*lines, type(error).__name__)[0])


def typed_line(error: Exception) -> str:
    """What an error is and says, in one line: ``ValueError: too small``."""
    kind, line = type(error).__name__, first_line(error)
    return kind if line == kind else f"{kind}: {line}"


def _where(error: Exception, function: Callable[..., Any]) -> str:
    """The innermost line of the user's code on the way to an error; empty where the error is not from there.

    It goes into the list of what was skipped, so it is the same wherever the code lies: a file is told without its
    folder, a notebook's cell, which lies in a file of the process's own, by its line only.
    """
    own = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_filename", None)
    paths = sysconfig.get_paths()
    folders = [os.path.dirname(__file__), *(paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib"))]
    others = ("<frozen ", *(folder + os.sep for folder in folders))
    lines = traceback.extract_tb(error.__traceback__)
    found = [line for line in lines if line.filename == own or not line.filename.startswith(others)]
    if not found:
        return ""
    file, number = found[-1].filename, found[-1].lineno
    return f"{os.path.basename(file)}:{number}" if os.path.isfile(file) else f"line {number} of its cell"
