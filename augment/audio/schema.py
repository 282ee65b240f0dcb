"""What values a library step takes, read from the annotations and defaults of its constructor."""

from __future__ import annotations

import collections.abc
import inspect
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

WORDS: Mapping[Any, str] = {
    float: "number",
    int: "whole number",
    bool: "true | false",
    str: "text",
    dict: "a mapping",
    type(None): "null",
}

MISSING = inspect.Parameter.empty


def fields(kind: Any) -> Mapping[str, Any]:
    """Parameter -> its annotation, of a class of audiomentations; where it has none, the type of its default.

    A default outside of its annotation (``duration_samples: int = None``) is permitted too.
    """
    hints = typing.get_type_hints(kind.__init__)
    found = {}
    for key, parameter in inspect.signature(kind.__init__).parameters.items():
        if key == "self" or parameter.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        default = parameter.default
        annotation = hints.get(key, type(default))
        if default is None and type(None) not in _leaves(annotation):
            annotation = annotation | None
        found[key] = annotation
    return found


def defaults(kind: Any) -> Mapping[str, Any]:
    """Parameter -> default, of those that have one."""
    found = inspect.signature(kind.__init__).parameters
    return {key: value.default for key, value in found.items() if value.default is not MISSING}


def takes_code(annotation: Any) -> bool:
    """Whether only code would do, which a recipe can't give."""
    return collections.abc.Callable in _leaves(annotation)


def options(annotation: Any) -> list[str]:
    """The words that a parameter takes; empty where it takes none, or any."""
    return [leaf for leaf in _leaves(annotation) if isinstance(leaf, str)]


def misfits(annotation: Any, value: Any) -> bool:
    """Whether a value is not of a kind that the parameter takes. A whole number is a number, true is none."""
    leaves = _leaves(annotation)
    if isinstance(value, float) and not math.isfinite(value):
        return True
    if isinstance(value, str):
        return value not in leaves and str not in leaves
    if type(value) is int and float in leaves:
        return False
    return type(value) not in leaves


def text(annotation: Any) -> str:
    """A parameter's type and permitted values, in words."""
    said = [leaf if isinstance(leaf, str) else WORDS.get(leaf, "") for leaf in _leaves(annotation)]
    if "number" in said:
        said = [word for word in said if word != "whole number"]
    words = [word for word in dict.fromkeys(said) if word]
    return " | ".join(words) if all(word in options(annotation) for word in words) else " or ".join(words)


def pairs(keys: typing.Iterable[str]) -> Iterator[tuple[str, str]]:
    """Parameters that are the two ends of a range: (min_snr_db, max_snr_db), (a_min, a_max)."""
    known = set(keys)
    for key in sorted(known):
        words = key.split("_")
        for place, word in enumerate(words):
            other = "_".join([*words[:place], "max", *words[place + 1 :]])
            if word == "min" and other in known:
                yield key, other


def _leaves(annotation: Any) -> list[Any]:
    """The types that an annotation is made of; of a Literal its values."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return list(inner)
    if origin is collections.abc.Callable:
        return [collections.abc.Callable]
    if origin in (typing.Union, types.UnionType):
        return [leaf for part in inner for leaf in _leaves(part)]
    return [origin or annotation]
