"""A recipe hands every step its parameters as they are written: the algebra around reads none of them as its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from augment import catalog, native
from augment.contracts import Description, Parameter, Setting
from augment.engine.algebra import ALLOW, parse_steps
from augment.errors import Problem, RecipeError

SETTING = Setting(base=Path())
MODALITIES = catalog.names("modalities")


@dataclass(frozen=True)
class Handed:
    """A step that only knows what it was built from."""

    name: str
    given: Mapping[str, Any]
    p: float = 1.0


class Watched:
    """A modality with its own names and descriptions, whose steps are what they were handed."""

    def __init__(self, modality: Any) -> None:
        self.modality = modality

    def build(self, name: str, parameters: Mapping[str, Any], setting: Setting) -> Handed:
        return Handed(name, parameters)

    def describe(self, name: str) -> Description:
        found: Description = self.modality.describe(name)
        return found


def values_of(parameter: Parameter) -> Iterator[Any]:
    """Its default, and others that its type tells of."""
    if parameter.default not in ("required", ""):
        yield yaml.safe_load(parameter.default)
    _, found, choices = parameter.kind.partition("one of ")
    if found:
        yield from (part.strip() for part in choices.partition(" or ")[0].split(","))
    yield from (True, 1, 0.25, "x", [0.25, 0.5], ["x", "y"], {"x": ["y"]})


def refused(modality: str, raw: list[Any]) -> list[Problem]:
    """What a recipe says of steps."""
    problems: list[Problem] = []
    parse_steps(modality, raw, SETTING, problems)
    return problems


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_step_gets_its_parameters_as_they_are_written(modality: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taught = catalog.modality(modality)
    steps = {name: taught.describe(name).parameters for name in taught.names()}
    monkeypatch.setattr(catalog, "modality", lambda name: Watched(taught))
    for name, parameters in steps.items():
        for parameter in parameters:
            for value in values_of(parameter):
                given = {parameter.name: value}
                problems: list[Problem] = []
                (leaf,) = parse_steps(modality, [{name: {**given, ALLOW: True}}], SETTING, problems)
                assert not problems
                assert leaf.step.given == given  # type: ignore[union-attr]
                if parameter.name == "p":
                    continue  # there it is a weight
                whole = [{"trivial_augment": {"steps": [{name: {**given, ALLOW: True}}]}}]
                (group,) = parse_steps(modality, whole, SETTING, problems)
                assert not problems
                (leaf,) = group.children  # type: ignore[union-attr]
                assert leaf.step.given == {**given, "p": 1.0}


@pytest.mark.parametrize("to", ["upper", "random", ["lower", "title"]])
def test_a_parameter_may_be_named_as_a_part_of_a_value_that_grows(to: Any) -> None:
    assert not refused("text", [{"ChangeCase": {"to": to, "rate": 1}}])
    (told,) = refused("text", [{"ChangeCase": {"to": to, "rate": {"from": 0, "to": 1}}}])
    assert "means something in a policy only" in told.expected
    assert not refused("text", [{"trivial_augment": [{"ChangeCase": {"to": to, "rate": {"from": 0, "to": 1}}}]}])
    (told,) = refused("text", [{"trivial_augment": [{"ChangeCase": {"to": to, "rate": {"from": 0}}}]}])
    assert told.path.endswith("ChangeCase.rate")


@pytest.mark.parametrize("name", sorted(native.modules("augment.text.steps")))
def test_every_text_step_of_ours_takes_its_defaults_from_a_recipe(name: str) -> None:
    taught = catalog.modality("text")
    for parameter in taught.describe(name).parameters:
        if parameter.default in ("required", ""):
            continue
        given = {parameter.name: yaml.safe_load(parameter.default)}
        try:
            taught.build(name, given, SETTING)
        except RecipeError:
            continue  # it needs others beside it
        assert not refused("text", [{name: {**given, ALLOW: True}}])


@pytest.mark.parametrize(
    ("name", "given", "path", "said"),
    [
        (
            "DateFormats",
            {"forms": ["foo"]},
            "forms.0",
            "expected 'iso', 'day_month', 'month_day' or 'slashes', got 'foo'",
        ),
        (
            "DateFormats",
            {"forms": "iso"},
            "forms",
            "expected list of any of iso, day_month, month_day, slashes, got 'iso'",
        ),
        ("ChangeCase", {"to": "foo"}, "to", "expected one of upper, lower, title, swap, sentence, random or list"),
        ("ChangeCase", {"to": ["foo"]}, "to", "got ['foo']"),
        (
            "MaskedWords",
            {},
            "model",
            "expected folder with a masked language model, as Hugging Face writes it; it has no",
        ),
    ],
)
def test_each_mistake_is_told_once_in_words(name: str, given: dict[str, Any], path: str, said: str) -> None:
    (problem,) = refused("text", [{name: given}])
    assert problem.path == f"text[0].{name}.{path}"
    assert said in problem.expected
