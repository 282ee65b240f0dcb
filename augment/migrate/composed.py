"""What recipes have for compositions of other libraries: plain values, steps, members of groups, groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from augment import catalog
from augment.contracts import Setting, Step
from augment.errors import Problem, RecipeError

PLAIN_STEP = "make it a step of your own with @augment.step, or leave it out"
"""What to do with a transform that a recipe can't name."""

ONE_EACH: Mapping[str, Any] = {"multiplier": 1, "keep_originals": False}
"""The block ``expand:`` of what is called once for each sample: one augmented copy a source and epoch, no original."""


def plain(value: Any) -> Any:
    """A parameter as YAML can hold it: lists, mappings and scalars. Raises TypeError for anything else."""
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, PathLike):
        return fspath(value)
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise TypeError(f"{type(value).__name__} is no plain data")


def stranger(name: str, transform: Any, known: Mapping[str, type], library: str) -> Problem | None:
    """What is wrong with a transform that is called like one of the library's or is none of its; else nothing."""
    if name in known or not type(transform).__module__.startswith(f"{library}."):
        return Problem("", f"expected a transform of {library}, got {name}", PLAIN_STEP)
    return None


def built(kind: str, name: str, body: Mapping[str, Any], path: str, problems: list[Problem]) -> Step | None:
    """The step that a recipe would make of it; None where it would not, with why in ``problems``."""
    try:
        return catalog.modality(kind).build(name, body, Setting(Path()))
    except RecipeError as error:
        problems += [replace(one, path=".".join(filter(None, (path, one.path)))) for one in error.problems]
        return None


Parameters = Callable[[str, Any, str, list[Problem]], Iterable[tuple[str, Any]]]
"""Name of a transform, it itself, where it stands, problems to add to -> what parameters are not at their defaults."""


@dataclass(frozen=True)
class Library:
    """A library whose transforms become steps.

    Args:
        kind: The modality.
        name: Its package.
        transforms: Its transforms by name.
        unknown: What is wrong with the name of a transform of its that is none for recipes.
        parameters: What a recipe says of a transform.
    """

    kind: str
    name: str
    transforms: Mapping[str, Any]
    unknown: Callable[[str], Problem]
    parameters: Parameters

    def leaf(
        self, name: str, transform: Any, path: str, problems: list[Problem]
    ) -> tuple[dict[str, Any], Step] | None:
        """One transform as a recipe has it, and as the step that this makes; None where it can't be had."""
        if name not in self.transforms or self.transforms[name] is not type(transform):
            told = stranger(name, transform, self.transforms, self.name) or self.unknown(name)
            problems.append(replace(told, path=path))
            return None
        before = len(problems)
        body = dict(self.parameters(name, transform, path, problems))
        if len(problems) > before:
            return None
        body["p"] = float(transform.p)
        step = built(self.kind, name, body, path, problems)
        return None if step is None else ({name: body}, step)


def group(kind: str, p: float, steps: Sequence[Mapping[str, Any]], **rest: Any) -> dict[str, Any]:
    """A group of the algebra; ``p`` is left out where it is 1."""
    return {kind: {**rest, **({} if p == 1 else {"p": float(p)}), "steps": list(steps)}}


def chance_of(step: Mapping[str, Any]) -> float:
    """The p of a step or group that says it, 1 where it doesn't."""
    ((_, body),) = step.items()
    return float(body.get("p", 1.0))


def member(step: Mapping[str, Any], weight: float = 1.0) -> dict[str, Any]:
    """A member of a group that draws with a weight; once drawn, the step fires with its own p.

    Where ``one_of`` and ``some_of`` draw, they take p for the weight; so the step stands in a group of its own.
    """
    return dict(step) if chance_of(step) == weight == 1 else group("sequence", weight, [step])
