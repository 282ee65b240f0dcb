"""Steps of our own as Steps: modules of a package, found by file name, checked, described.

A module has ``Options`` (its parameters, as a model), ``apply(options, sample, chance) -> (sample, what it drew)``,
``LABELS``, ``NOTE`` and ``DOCS`` (as in Description), and opens with ``Name: what it does``. It may have ``P``, its
chance to fire where a recipe doesn't say, ``REWRITES``, true where annotated spans can't follow it,
``writes(options, dataset) -> Dataset`` where it writes labels (see the Step contract), and ``given(options, base) ->
Given``: what it needs beside the recipe, which ``apply`` then gets as a fourth argument. ``given`` raises RecipeError.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, cast, get_args, get_origin

import pydantic

from augment.chance import Chance
from augment.contracts import Description, Parameter
from augment.errors import Problem, RecipeError, SampleError, nearest
from augment.failures import failed
from augment.options import Options
from augment.sample import Applied, Dataset, Sample

P = 0.5
"""The chance to fire where a recipe doesn't say, as the library has it."""


class Given(Protocol):
    """What a step was given beside the recipe; must pickle."""

    @property
    def files(self) -> Sequence[Path]:
        """Files whose content is part of the recipe's fingerprint."""


@cache
def modules(package: str) -> dict[str, str]:
    """Name of a step -> name of its module, of all steps of a package."""
    places = importlib.import_module(package).__path__
    found = [item.name for item in pkgutil.iter_modules(places) if not item.name.startswith("_")]
    return {"".join(word.capitalize() for word in name.split("_")): f"{package}.{name}" for name in found}


@dataclass(frozen=True)
class NativeStep:
    """One step with its parameters fixed."""

    name: str
    p: float
    module_name: str
    options: Options
    given: Given | None = None

    @property
    def module(self) -> ModuleType:
        """Where it is written."""
        return importlib.import_module(self.module_name)

    @property
    def files(self) -> Sequence[Path]:
        """Files beside the recipe that it uses."""
        return () if self.given is None else self.given.files

    @property
    def rewrites(self) -> bool:
        """Whether it writes whole texts anew, so that spans can't follow."""
        return bool(getattr(self.module, "REWRITES", False))

    def writes(self, dataset: Dataset) -> Dataset:
        """What is true of a data set after it."""
        own = getattr(self.module, "writes", None)
        return dataset if own is None else cast(Dataset, own(self.options, dataset))

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it. Raises SampleError."""
        given = self.given
        try:
            if given is None:
                made, told = self._apply(self.options, sample, chance)
            else:
                made, told = self._apply(self.options, sample, chance, given)
        except SampleError:
            raise
        except Exception as error:  # it was not made for such a sample
            raise failed(self.name, error) from error
        return made, Applied(self.name, told) if told else self._nothing

    @cached_property
    def _nothing(self) -> Applied:
        """What is told where nothing is: one for all, for nobody writes into it."""
        return Applied(self.name)

    @cached_property
    def _apply(self) -> Callable[..., tuple[Sample, dict[str, Any]]]:
        """What its module does to a sample."""
        found: Callable[..., tuple[Sample, dict[str, Any]]] = self.module.apply
        return found


def build(package: str, name: str, parameters: Mapping[str, Any], base: Path) -> NativeStep:
    """A step from its recipe; ``base`` is the recipe's folder. Raises RecipeError with every problem."""
    module = importlib.import_module(modules(package)[name])
    options, p = checked(name, module.Options, parameters, getattr(module, "P", P))
    needs = module.given(options, base) if hasattr(module, "given") else None
    return NativeStep(name, p, module.__name__, options, needs)


def checked(name: str, kind: type[Options], parameters: Mapping[str, Any], usual: float) -> tuple[Any, float]:
    """A step's parameters as its model has them, and its p, ``usual`` where none is said. Raises RecipeError."""
    given = {str(key): value for key, value in parameters.items()}
    p, problems = chance(given, usual)
    try:
        options = kind.model_validate(given)
    except pydantic.ValidationError as error:
        problems += _wrong(name, kind, given, error)
    if problems:
        raise RecipeError(problems)
    return options, p


def _wrong(
    name: str, kind: type[Options], given: Mapping[str, Any], error: pydantic.ValidationError
) -> Iterator[Problem]:
    """What a model found in a step's parameters, each mistake once."""
    found: dict[Any, list[Any]] = {}
    for item in error.errors():
        found.setdefault(item["loc"][0] if item["loc"] else "", []).append(item)
    for field, items in found.items():
        info = kind.model_fields.get(field)
        if items[0]["type"] == "extra_forbidden":
            known = [*kind.model_fields, "p"]
            yield Problem(field, f"expected a parameter of {name}, got {field!r}", nearest(field, known))
        elif info is not None and items[0]["type"] == "missing" and len(items[0]["loc"]) == 1:
            about = info.description or _kind(info)
            wanted = f"{about[:1].lower()}{about[1:].removesuffix('.')}"
            yield Problem(field, f"expected {wanted}; it has no default", f"write {field}: …")
        elif info is not None and (
            items[0]["type"] == "tuple_type" or any("[" in str(part) for item in items for part in item["loc"])
        ):
            yield Problem(field, f"expected {_kind(info)}, got {given[field]!r}")  # it fits no part of a union
        else:
            for item in items:
                if item["type"] == "too_short" and len(items) > 1:
                    continue  # what did not fit was left out of it
                said = item["msg"].replace("Input should be", "expected").replace("Value error, ", "")
                yield Problem(".".join(map(str, item["loc"])), f"{said}, got {item['input']!r}")


def chance(given: dict[str, Any], usual: float) -> tuple[float, list[Problem]]:
    """Take ``p`` out of a step's parameters, ``usual`` where none is said, with what is wrong with it."""
    p = given.pop("p", usual)
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        return usual, [Problem("p", f"expected a probability from 0 to 1, got {p!r}")]
    return float(p), []


def describe(package: str, name: str) -> Description:
    """All about one step. Raises KeyError."""
    module = importlib.import_module(modules(package)[name])
    summary = (module.__doc__ or "").split("\n\n")[0].partition(": ")[2]
    words = " ".join(summary.split())
    fields = listed(module.Options, getattr(module, "P", P))
    return Description(name, words[:1].upper() + words[1:], module.LABELS, module.NOTE, fields, module.DOCS)


def listed(kind: type[Options], p: float) -> list[Parameter]:
    """The parameters of a model, and p."""
    fields = [
        Parameter(key, _default(info), _kind(info), info.description or "") for key, info in kind.model_fields.items()
    ]
    return [*fields, Parameter("p", str(p), "number from 0 to 1", "Chance that it fires.")]


def _default(info: Any) -> str:
    """A parameter's default in YAML."""
    if info.is_required():
        return "required"
    return json.dumps(list(info.default) if isinstance(info.default, tuple) else info.default)


WORDS: Mapping[Any, str] = {
    float: "number",
    int: "whole number",
    bool: "true or false",
    str: "text",
    type(None): "null",
    tuple[str, ...]: "list of names",
    tuple[int, int] | None: "[height, width]",
}


def _words(kind: Any) -> str:
    """A type in words."""
    parts = get_args(kind)
    if get_origin(kind) is Annotated:  # with what may have no hash
        return _words(parts[0])
    if kind in WORDS:
        return WORDS[kind]
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, parts))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_words(part) for part in parts)
    if get_origin(kind) is tuple and parts[-1] is Ellipsis:
        inner = _words(parts[0])
        return f"list of any of {inner[7:]}" if inner.startswith("one of ") else f"list of {inner}s"
    if get_origin(kind) is tuple:
        return "[low, high]"
    if get_origin(kind) is dict:
        return f"mapping of {_words(parts[0])} to {_words(parts[1])}"
    return str(kind)


def _kind(info: Any) -> str:
    """A parameter's type and limits in words."""
    kind, or_null, _ = _words(info.annotation).partition(" or null")
    signs = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}"}
    limits = [
        words.format(getattr(rule, key))
        for rule in info.metadata
        for key, words in signs.items()
        if hasattr(rule, key)
    ]
    return " ".join([kind, *limits]) + or_null
