"""A recipe takes every parameter of every step that the step itself takes: the algebra around reads no name as its own.

What a modality builds from a step's parameters, a recipe builds, also inside a policy; and what it refuses, a recipe
refuses. Asked of each parameter by itself, with its default and with the other values that its type tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from augment import catalog
from augment.contracts import Parameter, Setting
from augment.engine.algebra import ALLOW, parse_steps
from augment.errors import Problem, RecipeError

SETTING = Setting(base=Path())
MODALITIES = catalog.names("modalities")


def values_of(parameter: Parameter) -> Iterator[Any]:
    """Its default, and others that its type tells of; some may be out of its range."""
    if parameter.default not in ("required", ""):
        yield yaml.safe_load(parameter.default)
    _, found, choices = parameter.kind.partition("one of ")
    if found:
        yield choices.partition(" or ")[0].split(", ")[0]
    elif parameter.kind.startswith("true or false"):
        yield from (True, False)
    elif "number" in parameter.kind or not parameter.kind:
        yield from (1, [0.25, 0.5])
    elif "text" in parameter.kind:
        yield "x"


def taken(modality: str, name: str, given: Mapping[str, Any]) -> bool:
    """Whether the step itself takes its parameters."""
    try:
        catalog.modality(modality).build(name, dict(given), SETTING)
    except RecipeError:
        return False
    return True


def refused(modality: str, raw: list[Any]) -> list[Problem]:
    """What a recipe says of steps."""
    problems: list[Problem] = []
    parse_steps(modality, raw, SETTING, problems)
    return problems


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_recipe_takes_what_a_step_takes(modality: str) -> None:
    taught = catalog.modality(modality)
    asked = 0
    for name in taught.names():
        for parameter in taught.describe(name).parameters:
            for value in values_of(parameter):
                given = {parameter.name: value}
                step = {name: {**given, ALLOW: True}}
                wanted = taken(modality, name, given)
                assert wanted == (not refused(modality, [step])), step
                assert wanted == (not refused(modality, [{"trivial_augment": {"steps": [step]}}])), step
                asked += wanted
    assert asked > 100


@pytest.mark.parametrize("to", ["upper", ["lower", "title"], "random"])
def test_a_parameter_may_be_named_as_a_part_of_a_value_that_grows(to: Any) -> None:
    assert not refused("text", [{"ChangeCase": {"to": to, "rate": 1}}])
    (told,) = refused("text", [{"ChangeCase": {"to": to, "rate": {"from": 0, "to": 1}}}])
    assert "means something in a policy only" in told.expected
    assert not refused("text", [{"trivial_augment": [{"ChangeCase": {"to": to, "rate": {"from": 0, "to": 1}}}]}])
    (told,) = refused("text", [{"trivial_augment": [{"ChangeCase": {"to": to, "rate": {"from": 0}}}]}])
    assert told.path.endswith("ChangeCase.rate")
