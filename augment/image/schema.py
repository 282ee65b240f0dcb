"""What values a library step takes, in words: types, bounds and ranges, read from the library's own schema."""

from __future__ import annotations

import collections.abc
import inspect
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pydantic.fields import FieldInfo

ENUMS: Mapping[str, Mapping[str, int]] = {
    "interpolation": {
        "nearest": 0,
        "linear": 1,
        "cubic": 2,
        "area": 3,
        "lanczos4": 4,
        "linear_exact": 5,
        "nearest_exact": 6,
    },
    "border_mode": {"constant": 0, "replicate": 1, "reflect": 2, "wrap": 3, "reflect_101": 4},
}
"""OpenCV's constants by name; a recipe may give either."""

RANGE_CHECKS = {
    "nondecreasing",
    "create_symmetric_range",
    "process_non_negative_range",
    "convert_to_0plus_range",
    "convert_to_1plus_range",
}
"""The library's validators that only ranges have."""

WORDS: Mapping[Any, str] = {
    float: "number",
    int: "whole number",
    bool: "true | false",
    str: "text",
    type(None): "null",
    Any: "any value",
}


def fields(kind: Any) -> Mapping[str, FieldInfo]:
    """Parameter -> its field in the schema, of a class of albumentations."""
    found: Mapping[str, FieldInfo] = kind.InitSchema.model_fields
    return found


def takes_code(field: FieldInfo) -> bool:
    """Whether only code or an array would do, which a recipe can't give."""
    leaves = set(_leaves(field.annotation))
    return bool(leaves & {collections.abc.Callable, np.ndarray})


def options(key: str, field: FieldInfo | None) -> Mapping[str, int]:
    """Names for the constants that a parameter takes; empty if it takes none."""
    numbers = next((numbers for word, numbers in ENUMS.items() if word in key), {})
    allowed = {leaf for leaf in _leaves(field.annotation) if not isinstance(leaf, type)} if field else set()
    return {name: number for name, number in numbers.items() if number in allowed or not allowed}


def is_range(key: str, field: FieldInfo | None, default: Any) -> bool:
    """Whether two numbers given for a parameter mean low and high (and not x and y, or a size, or a colour)."""
    if field is None:
        return False
    if key.endswith(("_range", "_limit")) or RANGE_CHECKS & set(_validators(field)):
        return True
    pair = isinstance(default, tuple) and len(default) == 2 and all(type(end) in (int, float) for end in default)
    if pair and default[0] < default[1]:
        return True
    members = typing.get_args(field.annotation)
    lengths = {len(typing.get_args(part)) for part in members if typing.get_origin(part) is tuple}
    fixed = not any(Ellipsis in typing.get_args(part) for part in members)
    return bool({int, float} & set(members)) and fixed and lengths == {2}


def misfits(field: FieldInfo, value: Any) -> bool:
    """Whether a value is of a kind that the library would turn into another in silence: true for 1, "3" for 3, NaN."""
    leaves = set(_leaves(field.annotation))
    kinds = {leaf if isinstance(leaf, type) else type(leaf) for leaf in leaves}
    if Any in leaves:
        kinds |= {bool, str}
    for part in _values(value):
        if isinstance(part, bool | str) and type(part) not in kinds:
            return True
        if isinstance(part, float) and not math.isfinite(part):
            return True
    return False


def text(key: str, field: FieldInfo | None, default: Any = None) -> str:
    """A parameter's type and permitted values, in words; empty if the schema doesn't know it."""
    if field is None:
        return ""
    named = options(key, field)
    if named:
        mapping = "a mapping to " if typing.get_origin(field.annotation) is dict else ""
        return f"{mapping}{' | '.join(named)} (or OpenCV's number)"
    bounds = [rule for item in field.metadata if (rule := _rule(item))]
    said = ", ".join([_type_text(field.annotation), *dict.fromkeys(bounds)])
    if is_range(key, field, default):
        said = said.replace("[whole number, whole number]", "[low, high]").replace("[number, number]", "[low, high]")
    return said


def rules(field: FieldInfo) -> bool:
    """Whether ``text`` states bounds, so that the library's own message adds nothing."""
    return any(_rule(item) for item in field.metadata)


def _values(value: Any) -> Iterator[Any]:
    """The plain values in lists and mappings."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _values(part)
    elif isinstance(value, dict):
        yield from _values(list(value.values()))
    else:
        yield value


def _leaves(annotation: Any) -> Iterator[Any]:
    """The types that an annotation is made of; of a Literal its values."""
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        yield from inner
    elif origin is collections.abc.Callable:
        yield collections.abc.Callable
    elif origin is typing.Annotated:
        yield from _leaves(inner[0])
    elif inner:
        for part in inner:
            yield from _leaves(part)
    elif annotation is not Ellipsis:
        yield annotation


def _validators(field: FieldInfo) -> Iterator[str]:
    """Names of the functions that check a field, also those inside ``X | None``."""
    inner = [part for member in typing.get_args(field.annotation) for part in getattr(member, "__metadata__", ())]
    for item in [*field.metadata, *inner]:
        yield getattr(getattr(item, "func", None), "__name__", "")


def _type_text(annotation: Any) -> str:
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return " | ".join(str(option) for option in inner)
    if origin is typing.Annotated:
        bounds = [rule for item in inner[1:] if (rule := _rule(item))]
        return _type_text(inner[0]) + (f" ({', '.join(bounds)})" if bounds else "")
    if origin is tuple:
        if len(inner) > 2 and len(set(inner)) == 1:
            return f"[{len(inner)} times {_type_text(inner[0])}]"
        return "[" + ", ".join("…" if part is Ellipsis else _type_text(part) for part in inner) + "]"
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_type_text(part) for part in inner))
    if origin in (list, collections.abc.Sequence):
        return f"a list of {_type_text(inner[0])}"
    if origin is dict:
        return f"a mapping to ({_type_text(inner[1])})"
    return WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation)).replace("typing.", "")


def _rule(item: Any) -> str:
    """A bound on a value, as a sign and a number, if the schema's item is one."""
    for name, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if getattr(item, name, None) is not None:
            return f"{sign} {getattr(item, name)}"
    function = getattr(item, "func", None)
    bounds = inspect.getclosurevars(function).nonlocals if inspect.isfunction(function) else {}
    if "min_val" in bounds:
        low, high = bounds["min_val"], bounds.get("max_val")
        return f">= {low}" if high is None else f"from {low} to {high}"
    return "low <= high" if getattr(function, "__name__", "") == "nondecreasing" else ""
