"""Recipe parameters of a library step -> checked ones, with every mistake found and the right name beside it."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import albumentations
import numpy as np
import pydantic

from augment.contracts import Setting
from augment.errors import Problem, RecipeError, nearest
from augment.image import references, renames
from augment.image.library import EXCLUDED, LibraryStep, transforms

ENUMS = {
    "interpolation": dict(nearest=0, linear=1, cubic=2, area=3, lanczos4=4, linear_exact=5, nearest_exact=6),
    "border_mode": dict(constant=0, replicate=1, reflect=2, wrap=3, reflect_101=4),
}
"""OpenCV's constants by name; a recipe may give either."""

OURS = {
    "reference_images": "FOLDER or a list of files",
    "texts": "a list of texts or a file",
    "boxes": "a list of boxes",
}
"""Parameters that we add to steps that need more than the picture."""

HIDDEN = {"metadata_key", "read_fn", "strict"}
"""Parameters of the library that have no meaning in a recipe."""


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> LibraryStep:
    """A step from its recipe. Raises RecipeError with every problem."""
    if name not in transforms():
        raise RecipeError([unknown(name)])
    kind = transforms()[name]
    given = dict(parameters)
    p = given.pop("p", defaults(name).get("p", 0.5))
    problems: list[Problem] = []
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0 <= p <= 1:
        problems.append(Problem("p", f"expected a probability from 0 to 1, got {p!r}"))
    extra = references.References()
    try:
        extra = references.take(name, given, setting.base)
    except RecipeError as error:
        problems += error.problems
    known = names(name)
    for key in [key for key in given if key not in known and key not in OURS]:
        del given[key]
        problems.append(_unknown_parameter(name, str(key), known))
    for key in [key for key in given if key not in known]:
        problems.append(_unknown_parameter(name, key, known))
        del given[key]
    given = {key: _numbered(key, value) for key, value in given.items()}
    backward = {key: value for key, value in given.items() if _backward(key, value)}
    problems += [_reversed(key, value) for key, value in backward.items()]
    problems += _schema_problems(
        kind, {key: value[::-1] if key in backward else value for key, value in given.items()}
    )
    if problems:
        raise RecipeError(problems)
    step = LibraryStep(name, float(p), given, extra, setting.native)
    _try_out(step)
    return step


def names(name: str) -> list[str]:
    """The parameters of a step as a recipe may give them."""
    return [key for key in inspect.signature(transforms()[name].__init__).parameters if key not in {*HIDDEN, "self"}]


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
    groups = {
        "OneOf": "one_of",
        "SomeOf": "some_of",
        "Sequential": "sequence",
        "Compose": "sequence",
        "OneOrOther": "one_of",
    }
    if name in groups:
        return Problem(name, f"expected a step, {name} groups steps", f"write {groups[name]}")
    if hasattr(albumentations, name):
        return Problem(name, f"expected a step for pictures, {name} works on volumes or is no transform")
    return Problem(
        name,
        f"expected a step, got {name!r}",
        nearest(name, [*transforms(), "one_of", "some_of", "sequence", "repeat"]),
    )


def _unknown_parameter(step: str, key: str, known: list[str]) -> Problem:
    new = renames.successor(step, key, known)
    if new:
        return Problem(key, f"{step} has no {key} any more", f"write {new}")
    if key in HIDDEN:
        return Problem(key, f"{key} has no meaning in a recipe", "write reference_images: FOLDER")
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    fix = f"did you mean {close[0]}?" if close else f"{step} takes: {', '.join(known)}"
    return Problem(key, f"expected a parameter of {step}, got {key!r}", fix)


def _numbered(key: str, value: Any) -> Any:
    """Names of OpenCV's constants as numbers."""
    for word, numbers in ENUMS.items():
        if key.endswith(word) and isinstance(value, str):
            return numbers.get(value.lower(), value)
    if key == "interpolation_pair" and isinstance(value, dict):
        return {name: _numbered("interpolation", part) for name, part in value.items()}
    return value


def _backward(key: str, value: Any) -> bool:
    """Whether a range is given high to low; the library takes some of them and turns them round in silence."""
    pair = isinstance(value, list) and len(value) == 2 and all(type(end) in (int, float) for end in value)
    return pair and key.endswith(("_range", "_limit")) and value[0] > value[1]


def _reversed(key: str, value: list[float]) -> Problem:
    return Problem(key, f"expected [low, high] with low <= high, got {value}", f"write {value[::-1]}")


def _schema_problems(kind: Any, given: dict[str, Any]) -> list[Problem]:
    """What the library's own schema says of the values; defaults are filled in so that rules between them hold."""
    signature = inspect.signature(kind.__init__).parameters
    filled = {
        key: value.default
        for key, value in signature.items()
        if key != "self" and value.default is not inspect.Parameter.empty
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kind.InitSchema(**{**filled, **given, "p": 1.0, "strict": False})
            return []
        except pydantic.ValidationError as error:
            return _told(error, given)
        except Exception as error:  # validators of the library raise whatever they like
            return [Problem("", f"expected other values: {error}")]


def _told(error: pydantic.ValidationError, given: Mapping[str, Any]) -> list[Problem]:
    """One problem a parameter: a union reports once for each of its members."""
    by_key: dict[str, list[str]] = {}
    for item in error.errors():
        key = str(item["loc"][0]) if item["loc"] else ""
        text = (
            item["msg"]
            .removeprefix("Value error, ")
            .replace("Input should be", "expected")
            .replace("Field required", "a value is required")
        )
        by_key.setdefault(key, []).append(text)
    problems = []
    for key, texts in by_key.items():
        said = " or ".join(dict.fromkeys(texts))
        said = said if said.startswith("expected") else f"expected something else: {said}"
        options = next((list(numbers) for word, numbers in ENUMS.items() if key.endswith(word)), [])
        fix = f"by name: {', '.join(options)}" if options else ""
        problems.append(Problem(key, f"{said}, got {given[key]!r}" if key in given else said, fix))
    return problems


def _try_out(step: LibraryStep) -> None:
    """Make the instance, and see on a small picture whether it can work with a picture alone."""
    needed = {"mask", "masks", "bboxes", "keypoints", "cropping_bbox"}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            transform = transforms()[step.name](**step.parameters, p=1.0)
            wants = set(transform.targets_as_params) & needed
            if not wants and step.name not in references.METADATA:
                transform.set_random_state(np.random.default_rng(0), _random())
                transform(image=np.zeros((64, 64, 3), np.uint8))
        except KeyError as error:
            wants = {str(error.args[0])} & needed
        except (ValueError, RuntimeError) as error:
            wants = {word for word in needed if f" {word}" in f" {error}" and "requires" not in str(error)}
            wants = wants if "find" in str(error) or "provided" in str(error) else set()
        except Exception:  # a picture of this size may not suit it; that is judged on real ones
            wants = set()
    if any("mask nor bboxes" in str(warning.message) for warning in said):
        wants = {"mask", "bboxes"}
    if wants:
        label = " and ".join(sorted(wants))
        expected = f"{step.name} needs {label} with each picture; class folders and tables have none"
        raise RecipeError([Problem("", expected, "leave the step out, or use one that works on the picture alone")])


def _random() -> Any:
    import random

    return random.Random(0)  # noqa: S311 - not for secrets
