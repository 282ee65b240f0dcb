"""Name in a recipe -> module. A name is a file name; other packages add theirs by entry point."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from augment import interrupts
from augment.contracts import Drawing, Modality, Reader, Writer
from augment.errors import Problem, RecipeError, nearest


@cache
def names(kind: str) -> tuple[str, ...]:
    """All names of a kind (``readers``, ``writers``, ``executors``, ``modalities``), sorted; nothing is imported."""
    return tuple(sorted({*_own(kind), *_foreign(kind)}))


@cache
def module(kind: str, name: str) -> Any:
    """Import the module that carries ``name``.

    Raises:
        RecipeError: There is none; the nearest right name is given.
    """
    own = _own(kind)
    if name in own:
        with interrupts.held():
            return importlib.import_module(own[name])
    foreign = _foreign(kind)
    if name in foreign:
        with interrupts.held():
            return foreign[name].load()
    singular = kind.removesuffix("s") if kind != "modalities" else "modality"
    raise RecipeError([Problem(name, f"expected the name of a {singular}, got {name!r}", nearest(name, names(kind)))])


def reader(name: str) -> Reader:
    """The reader called ``name``."""
    return cast(Reader, module("readers", name))


def writer(name: str) -> Writer:
    """The writer called ``name``."""
    return cast(Writer, module("writers", name))


def modality(name: str) -> Modality:
    """The modality called ``name``."""
    return cast(Modality, module("modalities", name))


@lru_cache(maxsize=256)
def modality_of(suffix: str) -> str | None:
    """The modality that decodes files with this ending (lower case, with dot), or None."""
    return next((name for name in names("modalities") if suffix in modality(name).SUFFIXES), None)


def drawing(name: str) -> Drawing | None:
    """How a modality shows its values to people; None where it doesn't say."""
    home = modality(name).__name__.rpartition(".")[0]  # type: ignore[attr-defined]  # it is a module
    place = f"{home}.drawing"
    if not home or not importlib.util.find_spec(place):
        return None
    with interrupts.held():
        return cast(Drawing, importlib.import_module(place))


def modality_of_value(value: Any, facts: Mapping[str, Any]) -> str | None:
    """The modality that a plain value is of, with its facts (see ``Modality.plain``), or None."""
    found = ((name, drawing(name)) for name in names("modalities"))
    return next((name for name, one in found if one is not None and one.takes(value, facts)), None)


def preloads(modalities: Sequence[str]) -> list[str]:
    """The modules that import what these modalities need; see the Modality contract. Nothing is imported here."""
    homes = [_own("modalities")[name].rpartition(".")[0] for name in modalities if name in _own("modalities")]
    return ["augment.engine.assemble", *(f"{home}.preload" for home in homes)]


def used(recipe: Mapping[str, Any]) -> list[str]:
    """The modalities that a recipe's plain data has steps for; all that there are, where it has none."""
    known = names("modalities")
    prepared = recipe.get("prepare")
    found = [name for name in known if name in recipe or (isinstance(prepared, Mapping) and name in prepared)]
    return found or list(known)


@cache
def _own(kind: str) -> dict[str, str]:
    """Our own modules of a kind: name -> import path. A modality is a folder with a ``modality.py``."""
    root = Path(__file__).parent
    if kind == "modalities":
        return {file.parent.name: f"augment.{file.parent.name}.modality" for file in root.glob("*/modality.py")}
    found = pkgutil.iter_modules([str(root / kind)])
    return {item.name: f"augment.{kind}.{item.name}" for item in found if not item.name.startswith("_")}


@cache
def _foreign(kind: str) -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=f"augment.{kind}")}
