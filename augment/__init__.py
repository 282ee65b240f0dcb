"""Augment: grow a small labelled data set into a bigger one, exactly, repeatably, resumably."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from augment import hf
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
    from augment.migrate.albumentations import from_albumentations
    from augment.migrate.audiomentations import from_audiomentations
    from augment.migrate.keras import from_keras
    from augment.notebook.explore import explore
    from augment.notebook.show import show
    from augment.own import step
    from augment.plain_numpy import arrays

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
    "arrays": "augment.plain_numpy",
    "explore": "augment.notebook.explore",
    "from_albumentations": "augment.migrate.albumentations",
    "from_audiomentations": "augment.migrate.audiomentations",
    "from_keras": "augment.migrate.keras",
    "hf": "augment.hf",
    "load": "augment.engine.recipe",
    "plan": "augment.engine.plan",
    "run": "augment.engine.run",
    "show": "augment.notebook.show",
    "step": "augment.own",
    "stream": "augment.engine.stream",
    "verify": "augment.engine.verify",
}

_EXTRAS = ("keras", "tensorflow", "torch")
"""Modules that can be had as ``augment.torch`` too, but are no public names: without their library they raise."""

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
    "arrays",
    "explore",
    "from_albumentations",
    "from_audiomentations",
    "from_keras",
    "hf",
    "load",
    "plan",
    "run",
    "show",
    "step",
    "stream",
    "verify",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import augment`` stays instant."""
    if name not in _HOMES and name not in _EXTRAS:
        raise AttributeError(f"module 'augment' has no attribute {name!r}")
    from augment import interrupts

    with interrupts.held():
        home = importlib.import_module(_HOMES.get(name, f"augment.{name}"))
    if name in _EXTRAS:
        return home
    return home if _HOMES[name] == f"augment.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    """The public names."""
    return __all__
