"""A composition of audiomentations as a recipe: the same steps by their names, the same groups, the same chances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from augment.engine.recipe import Recipe, load
from augment.errors import AugmentError, Problem, RecipeError
from augment.migrate.composed import ONE_EACH, PLAIN_STEP, Library, group, member, plain

KEPT_AS: Mapping[tuple[str, str], Sequence[tuple[Any, Any]]] = {
    ("AdjustDuration", "padding_mode"): [("constant", "silence")],
}
"""Parameters that the library keeps under another value: pairs of what it keeps and what it was given."""


def from_audiomentations(compose: Any) -> Recipe:
    """The recipe that does what a composition of audiomentations 0.43.1 does; ``to_yaml`` shows it.

    Steps keep their names and parameters, less those that are at their defaults; members of OneOf and SomeOf fire
    with their own p once drawn, as there. What is drawn has the same distribution; the draws themselves are others.
    As there, a sound gives one copy an epoch, and no original: the recipe says ``expand: {multiplier: 1,
    keep_originals: false}``, and ``multiplier=`` over it makes more.

    Args:
        compose: A Compose, OneOf, SomeOf or a single transform.

    Raises:
        RecipeError: With everything in it that a recipe can't hold: Lambda, transforms that are not the library's,
            parameters that are code, ``shuffle=True``.
    """
    from augment.audio.peer import BaseCompose, BaseTransform

    if not isinstance(compose, BaseCompose | BaseTransform):
        raise AugmentError(f"expected a composition or transform of audiomentations, got {type(compose).__name__}")
    problems: list[Problem] = []
    if type(compose).__name__ == "Compose" and compose.p == 1 and not compose.shuffle:
        steps = list(_steps(list(compose.transforms), "Compose", problems))
    else:
        steps = list(_steps([compose], "", problems))
    if problems:
        raise RecipeError(problems)
    return load({"expand": dict(ONE_EACH), "audio": steps})


def _steps(transforms: list[Any], path: str, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    """Recipe steps of some transforms; what can't be one is a problem."""
    for number, transform in enumerate(transforms):
        name = type(transform).__name__
        here = f"{path}[{number}].{name}" if path else name
        make = _group if hasattr(transform, "transforms") else _leaf
        found = make(name, transform, here, problems)
        if found is not None:
            yield found


def _group(name: str, transform: Any, path: str, problems: list[Problem]) -> dict[str, Any] | None:
    """A group of the library as one of the algebra."""
    from augment.audio.peer import audiomentations

    own = getattr(audiomentations, name, None) is type(transform)
    if not own or name not in ("Compose", "OneOf", "SomeOf"):
        problems.append(Problem(path, f"expected Compose, OneOf or SomeOf of audiomentations, got {name}", PLAIN_STEP))
        return None
    steps = list(_steps(list(transform.transforms), path, problems))
    if len(steps) < len(transform.transforms):
        return None  # told already; what would be made of the rest is nothing that was meant
    if not steps:
        problems.append(Problem(path, "expected at least one transform inside"))
        return None
    if name == "OneOf":
        edges = getattr(transform.sampler, "cdf", None)
        weights = [1.0] * len(steps) if edges is None else [high - low for low, high in pairwise([0.0, *edges])]
        members = [member(step, float(weight)) for step, weight in zip(steps, weights, strict=True)]
        return group("one_of", transform.p, members)
    if name == "SomeOf":
        count = transform.num_transforms
        low, high = count if isinstance(count, tuple) else (count, count)
        ends = [low, len(steps) if high is None else high]
        return group("some_of", transform.p, [member(step) for step in steps], n=ends)
    if transform.shuffle and len(steps) > 1:
        problems.append(Problem(path, "shuffle=True: steps keep the order of the recipe", "use shuffle=False"))
        return None
    return group("sequence", transform.p, steps)


def _leaf(name: str, transform: Any, path: str, problems: list[Problem]) -> dict[str, Any] | None:
    """One transform as a step."""
    from augment.audio import parameters
    from augment.audio.library import transforms

    library = Library("audio", "audiomentations", transforms(), parameters.unknown, _parameters)
    made = library.leaf(name, transform, path, problems)
    return None if made is None else made[0]


def _parameters(name: str, transform: Any, path: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """The parameters that are not at their defaults; the library keeps each under its own name."""
    from augment.audio import parameters, schema

    usual = parameters.defaults(name)
    for key in schema.fields(type(transform)):
        value = getattr(transform, key, usual.get(key))
        value = next((given for kept, given in KEPT_AS.get((name, key), ()) if kept == value), value)
        if key == "p" or (key in usual and _same(value, usual[key])):
            continue
        try:
            if key not in parameters.names(name):
                raise TypeError
            yield key, plain(value)
        except TypeError:
            problems.append(Problem(f"{path}.{key}", f"{key} is code, and a recipe is data", PLAIN_STEP))


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))
