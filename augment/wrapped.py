"""What steps over a library's transforms share, whatever the library: pickling, kernels of ours, what draws tell."""

from __future__ import annotations

import importlib
import importlib.util
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

LONGEST = 8
"""The most parts that a list or mapping has of which provenance tells."""


@dataclass(frozen=True)
class Wrapped:
    """One transform of a library with its parameters fixed.

    It crosses to other processes as what was given; the library's instance, kept by a ``cached_property``, is made
    anew there.

    Args:
        name: Of the class.
        p: Chance that it fires; the library's instance itself always does.
        parameters: As checked, for the constructor.
    """

    name: str
    p: float
    parameters: Mapping[str, Any]

    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@cache
def kernel(package: str, name: str) -> Callable[..., Any] | None:
    """Our kernel for a transform, or None: ``apply`` of the module with its name in snake case in a package."""
    module = f"{package}.{snake(name)}"
    if importlib.util.find_spec(module) is None:
        return None
    found: Callable[..., Any] = importlib.import_module(module).apply
    return found


def snake(name: str) -> str:
    """``AddGaussianSNR`` -> ``add_gaussian_snr``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def scalars(drawn: Mapping[str, Any], names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Those drawn parameters that are finite numbers, texts, or short lists and mappings of them, as JSON values.

    Args:
        drawn: As the library keeps them.
        names: A text -> the text that stands for it: paths by their names, so that an output is the same anywhere.
    """
    kept = {str(name): _plain(value, names or {}) for name, value in drawn.items()}
    return {name: value for name, value in kept.items() if value is not None}


def _plain(value: Any, names: Mapping[str, str]) -> Any:
    """As JSON has it; None where it can't, or where it is long."""
    if hasattr(value, "dtype") and not getattr(value, "shape", None):  # NumPy's scalars, of which one is a float
        value = value.item()
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (tuple, list)) and 0 < len(value) <= LONGEST:
        parts = [_plain(part, names) for part in value]
        return None if any(part is None for part in parts) else parts
    if isinstance(value, dict) and 0 < len(value) <= LONGEST:
        inner = {str(key): _plain(part, names) for key, part in value.items()}
        return None if any(part is None for part in inner.values()) else inner
    return None
