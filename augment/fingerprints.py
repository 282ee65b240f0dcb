"""What a function's code comes down to: a digest that changes when anything changes that may change its results."""

from __future__ import annotations

import builtins
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

PLAIN = (bool, int, float, str, bytes, type(None))


def code_sha256(function: Callable[..., Any]) -> str:
    """SHA-256 (hex) over a function's source, that of its helpers in the same module, and constants that these use.

    What it calls in other modules is not looked at: their versions say what they do.
    """
    found = hashlib.sha256()
    for name, told in sorted(_parts(function, set())):
        found.update(f"{name}\0{told}\0".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _parts(function: Callable[..., Any], seen: set[int]) -> Iterator[tuple[str, str]]:
    """Name and source, or value, of a function and of everything in its module that it uses."""
    if id(function) in seen or not isinstance(function, FunctionType):
        return
    seen.add(id(function))
    yield function.__qualname__, _source(function)
    outer = inspect.getclosurevars(function)
    for name, value in {**outer.nonlocals, **_globals(function)}.items():
        if isinstance(value, FunctionType) and value.__module__ == function.__module__:
            yield from _parts(value, seen)
        elif (plain := _plain(value)) is not None:
            yield f"{function.__module__}.{name}", plain


def _globals(function: FunctionType) -> dict[str, Any]:
    """The globals that a function and those inside it name."""
    names = set(_names(function.__code__)) - set(dir(builtins))
    return {name: function.__globals__[name] for name in sorted(names) if name in function.__globals__}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def _source(function: FunctionType) -> str:
    """Its source; its code where there is none, as for one that was typed into a console."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return repr(list(_instructions(function.__code__)))


def _instructions(code: CodeType) -> Iterator[Any]:
    yield code.co_code.hex()
    yield code.co_names
    for part in code.co_consts:
        yield list(_instructions(part)) if isinstance(part, CodeType) else repr(part)


def _plain(value: Any) -> str | None:
    """A constant as text; arrays by their values. None for anything else."""
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, list | tuple):
        parts = [_plain(part) for part in value]
        return None if None in parts else repr(parts)
    if isinstance(value, dict):
        return _plain([[key, part] for key, part in value.items()])
    if hasattr(value, "tobytes") and hasattr(value, "dtype"):
        return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    return None
