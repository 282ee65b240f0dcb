"""A recipe's tree gives the recipe back, names its places as errors do, and knows what groups and policies take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from augment.engine.draw import GROUPS
from augment.engine.groups import DESCRIBED
from augment.engine.policies import POLICIES
from augment.notebook.tree import blocks

widgets = pytest.importorskip("ipywidgets")

from augment.notebook.controls import control  # noqa: E402

STEP = st.sampled_from(
    ["HorizontalFlip", {"GaussNoise": {"std_range": [0.1, 0.2]}}, {"Affine": {"p": 0.3}}, {"ToGray": {}}]
)
POLICY = st.sampled_from(["trivial_augment", {"rand_augment": {"magnitude": 5}}, {"aug_mix": {}}])


def groups(inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    steps = st.lists(inside, min_size=1, max_size=3)
    least = {"some_of": {"n": 1}, "repeat": {"n": [0, 2]}}
    full = st.builds(
        lambda name, some, p, last: {
            name: {"steps": some, **p, **least.get(name, {})} if last else {**least.get(name, {}), **p, "steps": some}
        },
        st.sampled_from([*GROUPS, "rand_augment"]),
        steps,
        st.sampled_from([{}, {"p": 0.5}, {"allow_label_change": True}]),
        st.booleans(),
    )
    return full | st.builds(lambda name, some: {name: some}, st.sampled_from(["one_of", "sequence", "aug_mix"]), steps)


RECIPES = st.fixed_dictionaries({
    "image": st.lists(st.recursive(STEP | POLICY, groups, max_leaves=8), min_size=1, max_size=3),
})  # fmt: skip


def at(data: Any, path: str) -> Any:
    """What stands at a path of an error."""
    for name, number in re.findall(r"([A-Za-z_]+)|\[(\d+)\]", path):
        data = data[int(number)] if number else data if data == name else data[name]
    return data


@settings(max_examples=150, deadline=None)
@given(RECIPES)
def test_what_was_not_set_is_as_it_was_written(recipe: dict[str, Any]) -> None:
    (block,) = blocks(recipe)
    assert {"image": block.data()} == recipe
    assert json.dumps(block.data()) == json.dumps(recipe["image"])  # keys in their order
    assert "&id" not in yaml.safe_dump(block.data())
    for node in block.walk():
        if node.steps is None and node.parent is not None:
            assert at(recipe, node.path) == (node.now if not node.bare else node.name)


@settings(max_examples=60, deadline=None)
@given(RECIPES, st.randoms(use_true_random=False))
def test_what_is_set_anywhere_is_found_at_its_path(recipe: dict[str, Any], random: Any) -> None:
    (block,) = blocks(recipe)
    nodes = [node for node in block.walk() if node.parent is not None]
    chosen = random.choice(nodes)
    chosen.now = {**chosen.now, "p": 0.125}
    made = {"image": block.data()}
    assert at(made, chosen.path)["p"] == 0.125
    for node in nodes:
        if node is not chosen and not node.bare:
            body = at(made, node.path)
            assert {key: value for key, value in body.items() if key != "steps"} == node.given


@settings(max_examples=10, deadline=None)
@given(RECIPES)
def test_each_place_alone_is_a_recipe_if_the_whole_is(recipe: dict[str, Any]) -> None:
    try:
        augment.load(recipe)
    except augment.RecipeError:
        return
    (block,) = blocks(recipe)
    for node in block.walk():
        augment.load({"image": node.alone()})


def test_groups_and_policies_are_all_described() -> None:
    assert DESCRIBED.keys() == {*GROUPS, *POLICIES}
    for name, own in POLICIES.items():
        assert {one.name for one in DESCRIBED[name].parameters} == {*own, "steps", "p"}


@pytest.mark.parametrize("name", sorted(DESCRIBED))
def test_what_their_sliders_reach_is_permitted(name: str) -> None:
    given = {} if name in POLICIES else {"steps": ["ToGray"]}
    listed = [one for one in DESCRIBED[name].parameters if one.name != "steps"]
    given |= {"n": 1} if any(one.default == "required" for one in listed) else {}
    for parameter in listed:
        made = control(widgets, parameter, given)
        ends = (made.widget.min, made.widget.max)
        if name == "some_of" and parameter.name == "n":
            ends = (0, 1)  # no more than there are steps; what is too much is told below
        for end in ends:
            value = [end, end] if isinstance(made.widget.value, tuple) else end
            augment.load({"image": [{name: {**given, parameter.name: value}}, "ToGray"]})


@pytest.mark.parametrize("path", sorted(Path("recipes").glob("*.yaml")), ids=lambda path: str(path.stem))
def test_recipes_come_back(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for block in blocks(data):
        where = data["prepare"] if block.prepares else data
        assert block.data() == where[block.kind]
