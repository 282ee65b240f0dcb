"""Where a modality's steps come from: its library, a package of our own, the user's; and what to say of wrong names.

A modality has one ``Steps``, below its ``parameters.py`` and its ``modality.py``: both need to know all names. What
imports the library is handed in by those who call, so that ``Steps`` itself imports none.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from augment import native, own
from augment.contracts import Description, Setting, Step
from augment.errors import Problem, UnknownStep, nearest

ALGEBRA = ("one_of", "some_of", "sequence", "repeat", "rand_augment", "trivial_augment", "aug_mix")
"""What recipes have beside steps, for did-you-mean."""


@dataclass(frozen=True)
class Makers:
    """What a modality builds steps with.

    Args:
        library: Builds steps of the library, and says what is wrong with a name that is none at all.
        onto: How a function of the user's own is done to a sample.
        rather_library: Whether the library's step is meant where one of ours has the same name.
    """

    library: Callable[[str, Mapping[str, Any], Setting], Step]
    onto: own.Onto
    rather_library: bool = False


@dataclass(frozen=True)
class Steps:
    """The steps of a modality, by name.

    Args:
        modality: As in recipes.
        package: Of our own steps, see augment.native.
        library: Gives the names of its library's steps; it may import the library.
    """

    modality: str
    package: str
    library: Callable[[], Collection[str]]

    def names(self) -> list[str]:
        """All steps, sorted."""
        return sorted({*self.builtin(), *own.names(self.modality)})

    def builtin(self) -> set[str]:
        """Those that come with augment."""
        return {*self.library(), *native.modules(self.package)}

    def describe(self, name: str, library: Callable[[str], Description]) -> Description:
        """All about one step; ``library`` describes those of the library.

        Raises:
            KeyError: There is none.
            RecipeError: The user's own has the name of one of augment's.
        """
        mine = own.find(self.modality, name, self.builtin)
        if mine is not None:
            return mine.describe()
        return native.describe(self.package, name) if name in native.modules(self.package) else library(name)

    def build(self, name: str, parameters: Mapping[str, Any], setting: Setting, makers: Makers) -> Step:
        """A step from its recipe. Raises RecipeError with every problem."""
        mine = own.find(self.modality, name, self.builtin)
        if mine is not None:
            return mine.build(parameters, makers.onto)
        if name in native.modules(self.package) and not makers.rather_library:
            return native.build(self.package, name, parameters, setting.base)
        return makers.library(name, parameters, setting)

    def unknown(self, name: str) -> Problem:
        """What is wrong with a name of which nothing is known, and what to write."""
        guess = nearest(name, [*self.names(), *ALGEBRA])
        return UnknownStep(name, f"expected a step, got {name!r}", guess or "augment list shows all steps")


def unknown_parameter(step: str, key: str, known: Sequence[str]) -> Problem:
    """What is wrong with a parameter of which nothing is known, and the nearest of those that the step has."""
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    fix = f"did you mean {close[0]}?" if close else f"{step} takes: {', '.join(known)}"
    return Problem(key, f"expected a parameter of {step}, got {key!r}", fix)


def shown(value: Any) -> str:
    """A default as one would write it in a recipe. Raises yaml.YAMLError where it is no plain data."""
    return str(yaml.safe_dump(value, default_flow_style=True)).replace("...", "").strip()
