"""Groups, policies and whole blocks are explored with all that is inside of them; what is stored of it is small."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import augment
from augment import demo
from tests.notebook.pages import Texts, pictures

widgets = pytest.importorskip("ipywidgets")

PICTURE = demo.picture("circle", 1, 64)
NESTED: dict[str, Any] = {
    "seed": 2,
    "image": [
        {"one_of": [{"GaussNoise": {"std_range": [0.1, 0.2]}}, {"sequence": {"steps": ["VerticalFlip", "ToGray"]}}]},
        {"some_of": {"n": 1, "steps": ["Solarize", "Posterize"]}},
        {"repeat": {"n": [1, 2], "steps": [{"Rotate": {"limit": [5, 5]}}]}},
        "trivial_augment",
        {"rand_augment": {"magnitude": 12, "steps": [{"Rotate": {"limit": {"from": 0, "to": 30}}}, "Equalize"]}},
        {"aug_mix": {"severity": 2}},
    ],
}


def test_groups_and_policies_are_reached_with_all_that_is_inside() -> None:
    explorer = augment.explore(NESTED, PICTURE)
    for place in explorer.step.options:
        explorer.step.value = place
        assert (explorer.problem.value, explorer.wrong) == ("", {}), place
        assert len(pictures(explorer.picture.value)) == 2
    assert yaml.safe_load(explorer.yaml) == NESTED
    for place, changes in {
        "image[0].one_of": {
            "p": 0.5,
            "[0].GaussNoise.p": 0.9,
            "[1].sequence.p": 0.25,
            "[1].sequence.steps[1].ToGray.p": 1,
        },
        "image[1].some_of": {"n": 2},
        "image[2].repeat": {"n": (2, 3), "steps[0].Rotate.limit": (6, 7)},
        "image[3].trivial_augment": {"p": 0.75},
        "image[4].rand_augment": {"magnitude": 20, "n": 3, "steps[1].Equalize.p": 0.5},
        "image[5].aug_mix": {"severity": 4, "depth": (2, 2)},
    }.items():
        explorer.step.value = place
        controls = explorer.controls
        for name, value in changes.items():
            controls[name].value = value
            assert (explorer.problem.value, explorer.wrong) == ("", {}), name
    noise = {"GaussNoise": {"std_range": [0.1, 0.2], "p": 0.9}}
    inside = {"sequence": {"p": 0.25, "steps": ["VerticalFlip", {"ToGray": {"p": 1.0}}]}}
    rotate = {"Rotate": {"limit": {"from": 0, "to": 30}}}
    assert explorer.recipe.text.data["image"] == [
        {"one_of": {"p": 0.5, "steps": [noise, inside]}},
        {"some_of": {"n": 2, "steps": ["Solarize", "Posterize"]}},
        {"repeat": {"n": [2, 3], "steps": [{"Rotate": {"limit": [6, 7]}}]}},
        {"trivial_augment": {"p": 0.75}},
        {"rand_augment": {"n": 3, "magnitude": 20, "steps": [rotate, {"Equalize": {"p": 0.5}}]}},
        {"aug_mix": {"severity": 4.0, "depth": [2, 2]}},
    ]


def test_a_whole_block_is_the_copy_of_a_run(tmp_path: Path) -> None:
    demo.draw(tmp_path / "shapes", {"train": 1})
    demo.draw_texts(tmp_path, each=2)
    texts = [{"Contractions": {"p": 0.9}}, {"RandomSwap": {"p": 0.3}}]
    for recipe, folder in ((NESTED, tmp_path / "shapes"), ({"text": texts}, tmp_path / "requests.csv")):
        whole = {**recipe, "expand": {"multiplier": 4}}
        explorer = augment.explore(whole, input=folder)
        explorer.step.value = next(iter(explorer.step.options))
        source = Texts(explorer.picture.value).within("b")[0]
        made = {one.copy: one for one in augment.stream(whole, input=folder) if one.source == source}
        for copy in range(1, 4):
            explorer.copy.value = copy
            assert Texts(explorer.picture.value).within("b")[1] == f"copy {copy}"
            alike = augment.show([made[0], made[copy]]).html
            np.testing.assert_array_equal(pictures(explorer.picture.value), pictures(alike))
            assert Texts(explorer.picture.value).within("ins") == Texts(alike).within("ins")


def test_draw_again_is_the_next_copy() -> None:
    explorer = augment.explore({"image": [{"GaussNoise": {}}]}, PICTURE)
    pages = [explorer.picture.value]
    for copy in (2, 3):
        explorer.again.click()
        assert explorer.copy.value == copy
        pages.append(explorer.picture.value)
    assert len(set(pages)) == 3
    explorer.copy.value = 1
    assert explorer.picture.value == pages[0]


def test_what_is_wrong_inside_of_a_fold_is_told_there() -> None:
    explorer = augment.explore(NESTED, PICTURE)
    explorer.step.value = "image[1].some_of"
    explorer.controls["n"].value = 4
    assert list(explorer.wrong) == ["image[1].some_of.n"]
    assert explorer.problem.value == ""
    explorer.controls["n"].value = 1
    explorer.step.value = "image[4].rand_augment"
    limit = explorer.controls["steps[0].Rotate.limit"]
    for wrong in ("{from: 0}", "[1"):
        limit.value = wrong
        assert list(explorer.wrong) == ["image[4].rand_augment.steps[0].Rotate.limit"]
        assert explorer.problem.value == ""
    limit.value = "{from: 0, to: 20}"
    assert explorer.wrong == {}
    assert explorer.recipe.text.data["image"][4]["rand_augment"]["steps"][0] == {
        "Rotate": {"limit": {"from": 0, "to": 20}}
    }


def test_steps_that_were_allowed_outside_are_shown_alone() -> None:
    recipe = {"text": [{"sequence": {"allow_label_change": True, "steps": ["Negate"]}}]}
    explorer = augment.explore(recipe, "It is late and we will go home.")
    explorer.step.value = "text[0].sequence.steps[0].Negate"
    assert (explorer.problem.value, explorer.wrong) == ("", {})


def test_sliders_follow_while_they_are_dragged() -> None:
    explorer = augment.explore({"image": [{"GaussNoise": {}}]}, PICTURE)
    assert explorer.controls["std_range"].continuous_update


def test_widgets_of_what_is_no_longer_chosen_are_let_go() -> None:
    from ipywidgets.widgets import widget

    explorer = augment.explore(NESTED, PICTURE)
    places = explorer.step.options
    explorer.step.value = places[1]
    _ = explorer.controls
    many = len(widget._instances)
    for place in (*places, places[1]):
        explorer.step.value = place
        _ = explorer.controls
    assert len(widget._instances) <= many


def test_a_stored_notebook_shows_the_picture_and_stays_small() -> None:
    explorer = augment.explore({"image": [{"GaussNoise": {}}]}, PICTURE)
    bundle = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert len(pictures(bundle["text/html"])) == 2
    assert "GaussNoise" in bundle["text/html"]
    long = augment.explore({"audio": [{"Gain": {}}]}, (np.zeros((1, 10 * 44_100), np.float32), 44_100))
    assert sum(len(str(value)) for value in long._repr_mimebundle_().values()) < 600_000
