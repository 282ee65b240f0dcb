"""Recipe parameters of a library step -> checked ones, with every mistake found and the right name beside it."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import pydantic

from augment import native
from augment.contracts import Setting
from augment.errors import Problem, RecipeError, nearest
from augment.image import references, renames, schema
from augment.image.library import EXCLUDED, LibraryStep, transforms
from augment.image.names import KNOWN
from augment.image.peer import BaseCompose, BasicTransform, Transform3D, albumentations
from augment.image.tryout import try_out
from augment.steps import unknown_parameter

OURS = {
    "reference_images": "a folder, a file or a list of files",
    "texts": "a list of texts, or a file with one a line",
    "boxes": "a list of [x_min, y_min, x_max, y_max], each from 0 to 1",
}
"""Parameters that we add to steps that need more than the picture."""

GROUPS = {
    "OneOf": "write one_of",
    "OneOrOther": "write one_of, with the two steps",
    "SomeOf": "write some_of",
    "RandomOrder": "write some_of; steps keep the order of the recipe",
    "Compose": "write sequence",
    "Sequential": "write sequence",
    "ReplayCompose": "write sequence; what was drawn stands in the provenance of each output",
    "SelectiveChannelTransform": "leave it out; steps work on all channels of a picture",
}
"""Compositions of the library -> what recipes have for them."""


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> LibraryStep:
    """A step from its recipe. Raises RecipeError with every problem."""
    if name not in transforms():
        raise RecipeError([unknown(name)])
    given = {str(key): value for key, value in parameters.items()}
    p, problems = native.chance(given, defaults(name)["p"])
    extra = references.References()
    try:
        extra = references.take(name, given, setting.base)
    except RecipeError as error:
        problems += error.problems
    known = names(name)
    strange = {key: value for key, value in given.items() if key not in known}
    given = {key: value for key, value in given.items() if key in known}
    gone = [_unknown_parameter(name, key, strange) for key in strange if key not in references.keys(name)]
    values = _value_problems(name, given)
    # Where a renamed parameter is told of, that the new one is missing need not be.
    told = " ".join(problem.fix for problem in gone)
    problems += gone + [one for one in values if one.path in given or f"write {one.path}:" not in told]
    if problems:
        raise RecipeError(problems)
    given = {key: _numbered(key, value) for key, value in given.items()}
    step = LibraryStep(name, p, given, extra, setting.native)
    try_out(step)
    return step


def names(name: str) -> list[str]:
    """The parameters of a step as a recipe may give them: those that the library reads and plain data can fill."""
    kind = transforms()[name]
    found = schema.fields(kind)
    return [
        key
        for key in inspect.signature(kind.__init__).parameters
        if key in found and key != "strict" and not _is_hidden(name, key)
    ]


def defaults(name: str) -> dict[str, Any]:
    """Parameter -> default, of those that have one."""
    found = inspect.signature(transforms()[name].__init__).parameters
    return {key: value.default for key, value in found.items() if value.default is not inspect.Parameter.empty}


def unknown(name: str) -> Problem:
    """What is wrong with a name that is no step, and what to write."""
    if name in EXCLUDED:
        return Problem(name, f"expected a step for a recipe, {name} is none: it {EXCLUDED[name]}")
    if name in renames.STEPS:
        return Problem(name, f"expected a step, {name} is not one any more", f"write {renames.STEPS[name]}")
    found = getattr(albumentations, name, None)
    if inspect.isclass(found) and issubclass(found, BaseCompose):
        return Problem(name, f"expected a step, {name} groups steps", GROUPS.get(name, "write sequence"))
    if inspect.isclass(found) and issubclass(found, Transform3D):
        flat = name.removesuffix("3D")
        fix = f"write {flat}" if flat in transforms() else ""
        return Problem(name, f"expected a step for pictures, {name} works on volumes", fix)
    if inspect.isclass(found) and issubclass(found, BasicTransform):
        return Problem(name, f"expected a step, {name} is only the base of transforms")
    return KNOWN.unknown(name)


def _is_hidden(name: str, key: str) -> bool:
    """Whether a parameter of the library has no meaning in a recipe: code, arrays, or the name of an argument."""
    return (
        key.endswith("_key")
        or key in references.keys(name)
        or schema.takes_code(schema.fields(transforms()[name])[key])
    )


def _unknown_parameter(step: str, key: str, strange: Mapping[str, Any]) -> Problem:
    known = names(step)
    own = defaults(step)
    new = renames.successor(step, key, strange, {name: own.get(name) for name in known})
    if new:
        return Problem(key, f"{step} has no {key} any more", f"write {new}")
    if key in schema.fields(transforms()[step]) and key != "strict":
        ours = references.keys(step)
        fix = f"write {ours[0]}: {OURS[ours[0]]}" if ours else f"leave {key} out"
        return Problem(key, f"{key} of {step} has a meaning only in code, and a recipe is data", fix)
    return unknown_parameter(step, key, [*known, *references.keys(step)])


def _numbered(key: str, value: Any) -> Any:
    """Names of OpenCV's constants as numbers."""
    if isinstance(value, dict):
        return {name: _numbered(key, part) for name, part in value.items()} if key == "interpolation_pair" else value
    numbers = schema.options(key, None)
    return numbers.get(value.lower(), value) if isinstance(value, str) else value


def _value_problems(name: str, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the values: those that the library would bend in silence, then what its schema says."""
    kind, own = transforms()[name], defaults(name)
    found = schema.fields(kind)
    problems: dict[str, Problem] = {}
    fit: dict[str, Any] = {}
    for key, value in given.items():
        number = _numbered(key, value)
        if schema.misfits(found[key], number):
            problems[key] = _misfit(name, key, value)
        elif schema.is_range(key, found[key], own.get(key)) and _turned(number) != number:
            right = _turned(number)
            problems[key] = Problem(key, f"expected low <= high, got {value}", f"write {key}: {right}")
            fit[key] = right  # so that its bounds are looked at too, and rules between it and others hold
        else:
            fit[key] = number
    for problem in _schema_problems(kind, {**own, **fit}, given):
        problems.setdefault(problem.path, problem)
    return [problems[key] for key in dict.fromkeys([*given, *problems]) if key in problems]


def _turned(value: Any) -> Any:
    """A range, or a mapping to ranges, with the low end first."""
    if isinstance(value, dict):
        return {key: _turned(part) for key, part in value.items()}
    pair = isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value)
    return sorted(value) if pair else value


def _misfit(name: str, key: str, value: Any) -> Problem:
    field = schema.fields(transforms()[name])[key]
    expected = f"expected {schema.text(key, field, defaults(name).get(key))}, got {value!r}"
    options = schema.options(key, field)
    close = nearest(value, list(options)) if isinstance(value, str) else ""
    return Problem(key, expected, close if close.startswith("did") else "")


def _schema_problems(kind: Any, filled: Mapping[str, Any], given: Mapping[str, Any]) -> list[Problem]:
    """What the library's own schema says; defaults are filled in so that rules between parameters hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told when the step is made
        try:
            kind.InitSchema(**{**filled, "p": 1.0, "strict": False})
            return []
        except pydantic.ValidationError as error:
            by_key: dict[str, list[Any]] = {}
            for item in error.errors():  # a union reports once for each of its members
                by_key.setdefault(str(item["loc"][0]) if item["loc"] else "", []).append(item)
            return [_told(kind.__name__, key, items, given) for key, items in by_key.items()]
        except Exception as error:  # validators of the library raise whatever they like
            return [Problem("", f"expected other values: {error}")]


def _told(name: str, key: str, items: list[Any], given: Mapping[str, Any]) -> Problem:
    """One problem from what the schema says of one parameter."""
    said = [item["msg"].removeprefix("Value error, ") for item in items if item["type"] == "value_error"]
    field = schema.fields(transforms()[name]).get(key)
    if field is None:  # a rule between parameters, or one inside a mapping, told without saying which
        inner = [f"{key} - {item['msg']}" if key else item["msg"].removeprefix("Value error, ") for item in items]
        return Problem("", f"expected values that fit together: {'; '.join(inner)}")
    right = schema.text(key, field, defaults(name).get(key))
    if key not in given:
        return Problem(key, f"expected {right}; it has no default")
    reason = f" ({said[0]})" if said and not schema.rules(field) else ""
    return Problem(key, f"expected {right}, got {given[key]!r}{reason}")
