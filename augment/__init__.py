"""Augment: grow a small labelled data set into a bigger one, exactly, repeatably, resumably."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augment.engine.plan import Plan, plan
    from augment.engine.recipe import Recipe, load
    from augment.engine.run import Result, run
    from augment.engine.verify import verify
    from augment.errors import (
        AugmentError,
        ChangedError,
        InputError,
        OutputError,
        RecipeError,
        SampleError,
    )

__version__ = "0.1.0"

_HOMES = {
    "AugmentError": "augment.errors",
    "ChangedError": "augment.errors",
    "InputError": "augment.errors",
    "OutputError": "augment.errors",
    "Plan": "augment.engine.plan",
    "Recipe": "augment.engine.recipe",
    "RecipeError": "augment.errors",
    "Result": "augment.engine.run",
    "SampleError": "augment.errors",
    "load": "augment.engine.recipe",
    "plan": "augment.engine.plan",
    "run": "augment.engine.run",
    "stream": "augment.engine.stream",
    "verify": "augment.engine.verify",
}

__all__ = [
    "AugmentError",
    "ChangedError",
    "InputError",
    "OutputError",
    "Plan",
    "Recipe",
    "RecipeError",
    "Result",
    "SampleError",
    "__version__",
    "load",
    "plan",
    "run",
    "stream",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import augment`` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'augment' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
