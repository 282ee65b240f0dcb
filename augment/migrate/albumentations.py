"""A composition of albumentations as a recipe: the same steps by their names, the same groups, the same chances."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from augment.engine.recipe import Recipe, load
from augment.errors import AugmentError, Problem, RecipeError
from augment.migrate.composed import ONE_EACH, PLAIN_STEP, Library, group, member, plain

BOXES = {"min_width": 0.0, "min_height": 0.0, "max_accept_ratio": None}
"""Parameters of BboxParams that recipes don't have, and their defaults."""

FLOATS = ("Normalize", "ToFloat")
"""Transforms that make floats of pictures."""

LOOP = (*FLOATS, "ToTensorV2")
"""Transforms that belong into the training loop."""


def from_albumentations(compose: Any) -> Recipe:
    """The recipe that does what a composition of albumentations 2.0.8 does; ``to_yaml`` shows it.

    Steps keep their names and parameters, less those that are at their defaults. OneOf becomes ``one_of``, SomeOf
    ``some_of`` (members fire with their own p once drawn, as there), Sequential and Compose ``sequence``; of
    ``bbox_params``, ``min_visibility`` and ``min_area`` become ``labels``. What is drawn has the same distribution;
    the draws themselves are others, whatever the ``seed``. As there, a picture gives one copy an epoch, and no
    original: the recipe says ``expand: {multiplier: 1, keep_originals: false}``, and ``multiplier=`` over it makes
    more.

    Keypoints that leave a picture stay in their lists, marked as not visible, whatever ``remove_invisible`` says.

    Pictures of a recipe are uint8. Normalize, ToFloat and ToTensorV2 at the end are left out, with a warning: they
    belong into the training loop. ToFloat may stand elsewhere if a FromFloat takes it back.

    Args:
        compose: A Compose, another group, or a single transform.

    Raises:
        RecipeError: With everything in it that a recipe can't hold: Lambda, transforms that are not the library's,
            parameters that are code, RandomOrder, additional targets, Normalize or ToFloat before other transforms.
    """
    from augment.image.peer import albumentations

    known = albumentations.BaseCompose | albumentations.BasicTransform
    if not isinstance(compose, known):
        raise AugmentError(f"expected a composition or transform of albumentations, got {type(compose).__name__}")
    problems: list[Problem] = []
    inner = getattr(compose, "transforms", None)
    if inner is not None and type(compose).__name__ in ("Compose", "ReplayCompose", "Sequential") and compose.p == 1:
        inner, path = _for_the_loop(list(inner)), type(compose).__name__
    else:
        inner, path = [compose], ""
    steps = list(_steps(inner, path, problems))
    problems += _floats(inner, path)
    data: dict[str, Any] = {"expand": dict(ONE_EACH), "image": steps}
    if labels := _labels(compose, problems):
        data["labels"] = labels
    if problems:
        raise RecipeError(problems)
    return load(data)


def _for_the_loop(transforms: list[Any]) -> list[Any]:
    """Less what makes no pictures at the end, which the training loop does."""
    count = len(transforms)
    while count and type(transforms[count - 1]).__name__ in LOOP:
        count -= 1
    if names := [type(transform).__name__ for transform in transforms[count:]]:
        told = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} left out: recipes make uint8 pictures"
        warnings.warn(f"{told}, and the training loop makes floats and tensors of them", UserWarning, stacklevel=3)
    return transforms[:count]


def _floats(transforms: list[Any], path: str) -> Iterator[Problem]:
    """What makes floats of pictures and is not taken back: copies and originals would have other ranges then."""
    names = [type(transform).__name__ for transform in transforms]
    back = max((place for place, name in enumerate(names) if name == "FromFloat"), default=-1)
    for place, (name, transform) in enumerate(zip(names, transforms, strict=True)):
        here = f"{path}[{place}].{name}" if path else name
        if name in FLOATS and not (name == "ToFloat" and place < back):
            fix = "put it at the end, from where the training loop takes it"
            yield Problem(here, "it makes floats, and pictures of a recipe are uint8", fix)
        yield from _floats(list(getattr(transform, "transforms", ())), here)


def _steps(transforms: list[Any], path: str, problems: list[Problem]) -> Iterator[dict[str, Any]]:
    """Recipe steps of some transforms; what can't be one is a problem."""
    from augment.image.peer import albumentations

    for number, transform in enumerate(transforms):
        name = type(transform).__name__
        here = f"{path}[{number}].{name}" if path else name
        make = _group if isinstance(transform, albumentations.BaseCompose) else _leaf
        found = make(name, transform, here, problems)
        if found is not None:
            yield found


def _group(name: str, transform: Any, path: str, problems: list[Problem]) -> dict[str, Any] | None:
    """A group of the library as one of the algebra."""
    from augment.image import parameters

    if problem := _foreign(transform):
        problems.append(replace(problem, path=path))
        return None
    steps = list(_steps(list(transform.transforms), path, problems))
    if len(steps) < len(transform.transforms):
        return None  # told already; what would be made of the rest is nothing that was meant
    if not steps:
        problems.append(Problem(path, "expected at least one transform inside"))
        return None
    if name in ("Compose", "ReplayCompose", "Sequential"):
        return group("sequence", transform.p, steps)
    children = list(zip(steps, transform.transforms, strict=True))
    if name == "OneOf":
        return group("one_of", transform.p, [member(s, t.p) if _draws_again(t) else s for s, t in children])
    if name == "OneOrOther":
        first, last = _forced(*children[0]), _forced(*children[-1])
        return group("one_of", 1, [member(first, transform.p), member(last, 1 - transform.p)])
    if name == "SomeOf" or (name == "RandomOrder" and (transform.n == 1 or transform.replace)):
        return _some(name, transform, steps, path, problems)
    problems.append(replace(parameters.unknown(name), path=path))
    return None


def _foreign(transform: Any) -> Problem | None:
    """What is wrong with a group that is not the library's own."""
    from augment.image.peer import albumentations

    name = type(transform).__name__
    if getattr(albumentations, name, None) is type(transform):
        return None
    return Problem("", f"expected a group of albumentations, got {name}", PLAIN_STEP)


def _draws_again(transform: Any) -> bool:
    """Whether it draws its own p also where the library has it fire."""
    return type(transform).__name__ in ("SomeOf", "RandomOrder", "OneOrOther")


def _forced(step: dict[str, Any], transform: Any) -> dict[str, Any]:
    """A step where the library has it fire; what has p 0 and is no group doesn't, there too."""
    if _draws_again(transform) or (transform.p == 0 and not hasattr(transform, "transforms")):
        return step
    ((name, body),) = step.items()
    return {name: {**body, "p": 1.0}}


def _some(
    name: str, transform: Any, steps: list[dict[str, Any]], path: str, problems: list[Problem]
) -> dict[str, Any] | None:
    """SomeOf, and RandomOrder where the order of what it draws can be had."""
    members = [member(step) for step in steps]
    if not transform.replace or transform.n == 1:
        return group("some_of", transform.p, members, n=int(transform.n))
    if name == "RandomOrder":
        return group("repeat", transform.p, [group("one_of", 1, members)], n=int(transform.n))
    fix = "use replace=False; or RandomOrder, which is repeat with one_of in a recipe"
    problems.append(
        Problem(path, "replace=True, with what is drawn in its first order, has no group in a recipe", fix)
    )
    return None


def _leaf(name: str, transform: Any, path: str, problems: list[Problem]) -> dict[str, Any] | None:
    """One transform as a step."""
    from augment.image import parameters
    from augment.image.library import transforms

    library = Library("image", "albumentations", transforms(), parameters.unknown, _parameters)
    made = library.leaf(name, transform, path, problems)
    if made is None:
        return None
    found, step = made
    ours, theirs = _arguments(_made(step)), _arguments(transform)
    if ours != theirs:
        lost = ", ".join(sorted(key for key in theirs if theirs[key] != ours.get(key)))
        problems.append(Problem(path, f"{lost} can't be carried over", "report it, with the transform"))
        return None
    return found


def _parameters(name: str, transform: Any, path: str, problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    """The parameters that are not at their defaults, as a recipe writes them."""
    from augment.image import parameters, references, schema

    given = transform.get_transform_init_args()
    usual = _defaults(type(transform))
    known, ours = parameters.names(name), references.keys(name)
    fields = schema.fields(type(transform))
    for key in (*known, *(key for key in fields if key not in (*known, "strict", "p"))):
        value = given.get(key)
        if key == "p" or key not in given or (key in usual and _same(value, usual[key])):
            continue
        try:
            if key not in (*known, *ours):
                raise TypeError
            value = plain(value)
        except TypeError:
            problems.append(Problem(f"{path}.{key}", f"{key} is code or pixels, and a recipe is data", PLAIN_STEP))
            continue
        names = {number: word for word, number in schema.options(key, fields.get(key)).items()}
        yield key, names.get(value, value) if type(value) is int else value
    if ours and not any(given.get(key) for key in ours):
        what = f"it gets {ours[0]} at each call, which a recipe must name"
        problems.append(Problem(path, what, f"write {name}: {{{ours[0]}: …}} into the recipe yourself"))


def _defaults(kind: Any) -> dict[str, Any]:
    """What a transform has where nothing is said; nothing where it must be told something."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        try:
            found: dict[str, Any] = kind().get_transform_init_args()
        except (TypeError, ValueError):
            return {}
    return found


def _made(step: Any) -> Any:
    """The transform that a step is made of, as it comes from the library."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of slow and special transforms
        return type(step.transform)(**step.parameters)


def _arguments(transform: Any) -> dict[str, Any]:
    """What a transform is made of, to be compared; code by itself."""
    found = {}
    for key, value in transform.get_transform_init_args().items():
        try:
            found[key] = plain(value)
        except TypeError:
            found[key] = value
    return {key: value for key, value in found.items() if key not in ("p", "reference_images")}


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(plain(one) == plain(other))
    except TypeError:
        return one is other


def _labels(compose: Any, problems: list[Problem]) -> dict[str, Any]:
    """The block ``labels:`` from bbox_params; other targets are problems."""
    for key in getattr(compose, "additional_targets", None) or {}:
        expected = f"expected one picture a sample, got another target, {key!r}"
        problems.append(Problem("additional_targets", expected, "grow the pictures one by one"))
    processor = getattr(compose, "processors", {}).get("bboxes")
    if processor is None:
        return {}
    params = processor.params
    for key, usual in BOXES.items():
        if getattr(params, key, usual) != usual:
            fix = "use min_area and min_visibility"
            problems.append(Problem(f"bbox_params.{key}", "there is no such rule in a recipe", fix))
    return {"min_visibility": float(params.min_visibility), "min_area": float(params.min_area)}
