"""A step on trial when it is built: whether the library can make it, and whether it works on some picture."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from augment.chance import Chance
from augment.errors import Problem, RecipeError
from augment.image import references
from augment.image.labels.given import given
from augment.image.library import LibraryStep, transforms

SIDES = (64, 2048)
"""A crop may not fit into the first; nor into the second, unless its own numbers say that it needs a bigger one."""

LARGEST = 8192
"""Longest side of a picture on trial; what may need a bigger one is not tried on it, and not refused."""


def try_out(step: LibraryStep) -> None:
    """Make the instance and let it work. Raises RecipeError where it can't be made, or can work on no picture."""
    transform = _made(step)
    if step.name in references.METADATA:
        return  # its pictures are read when the run begins, not when the recipe is looked at
    last, need = "", _need(step.parameters)
    for picture in _pictures(need):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            transform.set_random_state(np.random.default_rng(0), random.Random(0))  # noqa: S311 - a fixed draw
            try:
                transform(image=picture, **given(step.name, step.parameters, None, picture, Chance.of(0, "", 0)))
            except Exception as error:  # a transform may fail in any way on a picture it was not made for
                last = str(error).strip().split("\n")[0] or type(error).__name__
                continue
        if any("mask nor bboxes" in str(warning.message) for warning in said):
            expected = f"expected mask_indices or bbox_labels, without which {step.name} does nothing"
            raise RecipeError([Problem("", expected, "write bbox_labels: [NAME, …]")])
        return
    if need > LARGEST:
        return
    expected = f"expected parameters with which {step.name} works on some picture; it failed on all, saying: {last}"
    raise RecipeError([Problem("", expected)])


def _made(step: LibraryStep) -> Any:
    """The library's instance. What it would only warn of and then change behind our back is a mistake."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            transform = transforms()[step.name](**step.parameters, p=1.0)
        except Exception as error:  # constructors of the library raise whatever they like
            raise RecipeError([Problem("", f"expected other values: {_told(error)}")]) from error
    problems = []
    for warning in said:
        message = str(warning.message)
        key, _, rest = message.partition(": ")
        if key in step.parameters:
            change = re.search(r"adjusted to \((.*)\)", message)
            fix = f"write {key}: [{change[1]}]" if change else ""
            expected = f"expected {_kernel_rule(rest)}, got {_listed(step.parameters[key])}"
            problems.append(Problem(key, expected, fix))
        elif issubclass(warning.category, RuntimeWarning):
            problems.append(Problem("", f"expected other values: {message}"))
    if problems:
        raise RecipeError({problem.path: problem for problem in problems}.values())  # the last adjustment is the fix
    return transform


def _kernel_rule(said: str) -> str:
    """The library's rule for kernel sizes, from its warning that it did not keep to what it was given."""
    least = re.search(r"less than (\d+)", said)
    return f"odd kernel sizes from {least[1]}" if least else "odd kernel sizes"


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _told(error: Exception) -> str:
    """The sentence in the middle of a report of pydantic's, or the message as it is."""
    found = re.search(r"Value error, (.*?)(?: \[type=|$)", str(error), re.MULTILINE)
    return found[1] if found else " ".join(str(error).split())


def _need(value: Any) -> int:
    """The side of a picture that whole numbers among parameters may ask for: one below 0 may cut from both edges."""
    if isinstance(value, Mapping):
        return max(map(_need, value.values()), default=0)
    if isinstance(value, list | tuple):
        return max(map(_need, value), default=0)
    if type(value) is not int:
        return 0
    return value if value >= 0 else 1 - 2 * value


def _pictures(need: int) -> Iterator[np.ndarray]:
    """Pictures on trial: RGB, gray, in fractions, and a big one, made only if nothing else will do.

    The big one is black, so that only the part of it that a step copies takes memory.
    """
    small, big = SIDES
    shades = np.linspace(0, 255, small * small * 3).astype(np.uint8).reshape(small, small, 3)
    yield shades
    yield shades[:, :, 0].copy()
    yield shades.astype(np.float32) / np.float32(255)
    side = min(max(big, need), LARGEST)
    yield np.zeros((side, side, 3), np.uint8)
