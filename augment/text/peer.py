"""nlpaug's own modules, looked at without importing them, and imported without what they don't need.

``import nlpaug.augmenter.word`` imports pandas, librosa, requests and gdown, and torch, transformers and NLTK where
they are installed: one second to five. Here stand-ins take the places of its packages, each giving a class when it is
asked for, so that a module brings with it only what it uses.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "nlpaug"

PROMISED = ("pandas",)
"""Modules that nlpaug imports at the top of its own, and uses in other places than those that we call."""

UNNEEDED = {"Shuffle": ("nltk",)}
"""Class -> modules that it can do without where they are not installed, and does without here."""


@cache
def folder() -> Path:
    """Where nlpaug is installed. Raises ImportError."""
    found = importlib.util.find_spec(NAME)
    if found is None or found.origin is None:
        raise ImportError("nlpaug is not installed")
    return Path(found.origin).parent


@cache
def homes() -> dict[str, str]:
    """Class -> the module that defines it, of all that concerns texts."""
    found: dict[str, str] = {}
    for file in sorted(folder().rglob("*.py")):
        parts = file.relative_to(folder()).with_suffix("").parts
        if parts[-1] == "__init__" or {"audio", "spectrogram", "flow"} & set(parts):
            continue
        for line in file.read_text("utf-8").splitlines():
            if line.startswith("class "):
                found[line[6:].replace("(", ":").partition(":")[0].strip()] = ".".join([NAME, *parts])
    return found


@cache
def source(name: str) -> ast.ClassDef:
    """A class as it is written. Raises KeyError."""
    file = folder().parent.joinpath(*homes()[name].split(".")).with_suffix(".py")
    with _untold():
        tree = ast.parse(file.read_text("utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def load(name: str) -> Any:
    """A class of nlpaug, by its name. Raises KeyError, ImportError, and whatever its module raises."""
    with _lightly(UNNEEDED.get(name, ())), _untold():
        return getattr(importlib.import_module(homes()[name]), name)


class _Package(ModuleType):
    """A package of nlpaug that imports nothing by itself."""

    def __init__(self, name: str, place: Path) -> None:
        super().__init__(name)
        self.__path__ = [str(place)]
        self.__file__ = str(place / "__init__.py")

    def __getattr__(self, name: str) -> Any:
        if name not in homes():
            raise AttributeError(f"module {self.__name__} has no attribute {name}")
        found = load(name)
        setattr(self, name, found)
        return found


class _Promise(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def _lightly(absent: Sequence[str]) -> Iterator[None]:
    """Within it stand-ins take the places of nlpaug's packages, and ``absent`` is not there; after it all is real."""
    root = folder()
    places = [root, *sorted(file.parent for file in root.rglob("__init__.py") if file.parent != root)]
    stand_ins: dict[str, ModuleType | None] = {name: None for name in absent if name not in sys.modules}
    for place in places:
        name = ".".join([NAME, *place.relative_to(root).parts])
        if name not in sys.modules:
            stand_ins[name] = _Package(name, place)
    stand_ins.update({name: _Promise(name) for name in PROMISED if name not in sys.modules})
    sys.modules.update(stand_ins)  # type: ignore[arg-type]  # None stands for: not there
    try:
        yield
    finally:
        for name, module in stand_ins.items():
            if name in sys.modules and sys.modules[name] is module:
                del sys.modules[name]


@contextmanager
def _untold() -> Iterator[None]:
    """Within it nobody is told of invalid escapes in nlpaug's sources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
