"""Sliders say what a step takes, what is set comes back as a recipe, and what is wrong is shown in place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

import augment
from augment import catalog, demo
from augment.annotations import Annotations, Instance
from augment.engine.items import Item
from augment.errors import RecipeError
from tests.notebook.pages import Texts, pictures
from tests.notebook.pages import sounds as heard

widgets = pytest.importorskip("ipywidgets")

from augment.notebook.controls import control  # noqa: E402

PICTURE = demo.picture("circle", 1, 64)
ITEM = Item("a", 1, PICTURE, "b", 0, None)
RECIPE: dict[str, Any] = {
    "seed": 5,
    "prepare": {"image": [{"Resize": {"height": 64, "width": 64}}]},
    "image": [
        "VerticalFlip",
        {"one_of": {"p": 0.5, "steps": [{"GaussNoise": {"std_range": [0.1, 0.2]}}, {"Affine": {"rotate": [-9, 9]}}]}},
        {"sequence": [{"GaussianBlur": {"blur_limit": [3, 7], "p": 0.25}}]},
    ],
}
STEPS = [(kind, name) for kind in catalog.names("modalities") for name in catalog.modality(kind).names()]


def picture(explorer: Any) -> np.ndarray:
    """What the step has made."""
    found: np.ndarray = pictures(explorer.picture.value)[-1]
    return found


@pytest.mark.parametrize("kind", catalog.names("modalities"))
def test_every_parameter_of_every_step_has_a_control_that_changes_nothing_by_itself(kind: str) -> None:
    sliders = 0
    for one in (one for one in STEPS if one[0] == kind):
        for parameter in catalog.modality(kind).describe(one[1]).parameters:
            if parameter.default in ("required", "one"):
                continue
            made = control(widgets, parameter, {})
            assert made.value == made.first
            default = yaml.safe_load(parameter.default)
            at = pytest.approx(default, rel=1e-5) if isinstance(default, float | list) else default
            flat = not isinstance(default, list) or all(isinstance(end, int | float) for end in default)
            assert made.first == (at if flat else default), (one, parameter)
            sliders += not made.text
    assert sliders > 40


@pytest.mark.parametrize("path", sorted(Path("recipes").glob("*.yaml")), ids=lambda path: str(path.stem))
def test_sliders_stay_within_what_the_step_permits(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for kind in catalog.names("modalities"):
        for item in data.get(kind) or ():
            name, body = next(iter(item.items())) if isinstance(item, dict) else (item, {})
            if (kind, name) not in STEPS:
                continue
            for parameter in catalog.modality(kind).describe(name).parameters:
                if parameter.default != "required" or parameter.name in body:
                    made = control(widgets, parameter, body)
                    assert made.value == made.first == pytest.approx(body.get(parameter.name, made.first))


@pytest.mark.parametrize(
    ("kind", "words", "value", "low", "high"),
    [
        ("FloatSlider", "number, >= 0, <= 1", "0.5", 0, 1),
        ("FloatSlider", "number from 0 to 10", "0.01", 0, 10),
        ("FloatSlider", "number above 0", "0.5", 0.01, 2),
        ("FloatSlider", "probability from 0 to 1", "0.5", 0, 1),
        ("IntSlider", "whole number from 1 to 768000", "16000", 1, 768_000),
        ("IntSlider", "whole number, >= 1", "4", 1, 17),
        ("IntRangeSlider", "[low, high], from 1 to 100, low <= high", "[99, 100]", 1, 100),
        ("FloatRangeSlider", "[low, high] or number, from 0 to 1, low <= high", "[0, 0.1]", 0, 1),
        ("FloatRangeSlider", "[low, high] or number", "[-90, 90]", -360, 360),
    ],
)
def test_a_slider_reaches_from_bound_to_bound(kind: str, words: str, value: str, low: float, high: float) -> None:
    from augment.contracts import Parameter

    made = control(widgets, Parameter("x", value, words), {}).widget
    assert type(made).__name__ == kind
    assert (made.min, made.max) == (pytest.approx(low), pytest.approx(high))


def test_what_is_set_comes_back_as_a_recipe() -> None:
    explorer = augment.explore(RECIPE, PICTURE)
    assert list(explorer.step.options) == [
        "image",
        "image[0].VerticalFlip",
        "image[1].one_of",
        "image[1].one_of.steps[0].GaussNoise",
        "image[1].one_of.steps[1].Affine",
        "image[2].sequence",
        "image[2].sequence[0].GaussianBlur",
        "prepare.image[0].Resize",
    ]
    assert yaml.safe_load(explorer.yaml) == RECIPE
    for place, name, value in (
        (1, "p", 0.75),
        (3, "std_range", (0.3, 0.4)),
        (4, "rotate", (20, 30)),
        (4, "border_mode", "reflect"),
        (4, "fit_output", True),
        (4, "fill", "[1, 2, 3]"),
        (6, "blur_limit", (5, 5)),
        (7, "height", 32),
    ):
        explorer.step.value = explorer.step.options[place]
        explorer.controls[name].value = value
        assert explorer.problem.value == ""
    explorer.seed.value = 6
    affine = {"rotate": [20, 30], "border_mode": "reflect", "fit_output": True, "fill": [1, 2, 3]}
    expected = {
        "seed": 6,
        "prepare": {"image": [{"Resize": {"height": 32, "width": 64}}]},
        "image": [
            {"VerticalFlip": {"p": 0.75}},
            {
                "one_of": {
                    "p": 0.5,
                    "steps": [
                        {"GaussNoise": {"std_range": [0.3, 0.4]}},
                        {"Affine": affine},
                    ],
                }
            },
            {"sequence": [{"GaussianBlur": {"blur_limit": [5, 5], "p": 0.25}}]},
        ],
    }
    assert yaml.safe_load(explorer.yaml) == explorer.recipe.text.data == expected
    assert yaml.safe_load(explorer.step_yaml) == [expected["prepare"]["image"][0]]
    assert RECIPE["image"][0] == "VerticalFlip"


def test_a_value_set_back_leaves_no_trace() -> None:
    explorer = augment.explore({"image": [{"GaussNoise": {}}]}, PICTURE)
    before = explorer.yaml
    slider = explorer.controls["std_range"]
    first = slider.value
    slider.value = (0.5, 0.6)
    assert explorer.yaml != before
    slider.value = first
    assert explorer.yaml == before


def test_the_picture_is_the_steps() -> None:
    explorer = augment.explore({"image": [{"Affine": {"rotate": [0, 0], "p": 0.1}}, "HorizontalFlip"]}, PICTURE)
    np.testing.assert_array_equal(pictures(explorer.picture.value)[0], PICTURE)
    np.testing.assert_array_equal(picture(explorer), PICTURE)
    explorer.controls["rotate"].value = (0.0, 0.0)
    explorer.controls["p"].value = 1.0
    np.testing.assert_array_equal(picture(explorer), PICTURE)
    explorer.step.value = "image[1].HorizontalFlip"
    np.testing.assert_array_equal(picture(explorer), PICTURE[:, ::-1])


def test_another_seed_is_another_draw_and_the_same_seed_the_same() -> None:
    explorer = augment.explore({"image": [{"GaussNoise": {}}]}, PICTURE)
    pages = []
    for seed in (1, 2, 1):
        explorer.seed.value = seed
        pages.append(explorer.picture.value)
    assert pages[0] != pages[1]
    assert pages[0] == pages[2]


def test_what_is_wrong_is_shown_in_place() -> None:
    recipe = {"image": ["HorizontalFlip", {"Affine": {"translate_px": [1, 2]}}]}
    explorer = augment.explore(recipe, PICTURE)
    explorer.step.value = "image[1].Affine"
    before = explorer.picture.value
    for name, wrong, told in (
        ("fill", "[1", "fill: expected"),
        ("translate_percent", "[a, b]", "expected [low, high] or number"),
        ("keep_ratio", True, ""),
    ):
        assert explorer.problem.value == ""
        control, good = explorer.controls[name], explorer.controls[name].value
        control.value = wrong
        if told:
            assert explorer.problem.value == ""
            assert list(explorer.wrong) == [f"image[1].Affine.{name}"]
            rows = [row.children for row in explorer.box.children[1].children[0].children[0].children]
            marked = [row for row in rows if len(row) > 1]
            assert [row[0] for row in marked] == [control]
            assert told in marked[0][1].value
            assert explorer.picture.value == before
            with pytest.raises(augment.AugmentError):
                _ = explorer.recipe
        control.value = good
    assert explorer.problem.value == ""
    assert isinstance(explorer.recipe, augment.Recipe)


def test_the_first_source_is_shown_where_no_sample_is_given(shapes: Path, sounds: Path) -> None:
    recipe = {"prepare": RECIPE["prepare"], "image": ["HorizontalFlip"], "audio": [{"Gain": {}}]}
    explorer = augment.explore(recipe, input=shapes)
    first = augment.stream({**recipe, "expand": {"multiplier": 2}}, input=shapes, shuffle=False).made(0)
    np.testing.assert_array_equal(pictures(explorer.picture.value)[0], first.value)
    assert explorer.step.value == "image[0].HorizontalFlip"
    explorer.step.value = "audio[0].Gain"
    assert "expected a source for a step of audio" in explorer.problem.value
    other = augment.explore(recipe, input=sounds)
    assert other.step.value == "audio[0].Gain"
    assert other.problem.value == ""
    with pytest.raises(augment.AugmentError, match="no file with a wanted ending"):
        augment.explore({"image": ["HorizontalFlip"]}, input=sounds)


def test_samples_of_all_kinds(shapes: Path, scenes: Path) -> None:
    both = {"image": ["HorizontalFlip"], "audio": [{"Gain": {"p": 1.0}}], "text": [{"Typos": {"rate": 0.5}}]}
    file = next(shapes.glob("**/*.jpg"))
    for sample in (file, str(file), PICTURE, PICTURE[..., 0], Item("a", 1, PICTURE, "b", 0, None)):
        explorer = augment.explore(both, sample)
        assert list(explorer.step.options) == ["image[0].HorizontalFlip"]
        assert len(pictures(explorer.picture.value)) == 2
    explorer = augment.explore(both, (np.ones((2, 800), np.float32) / 2, 8_000))
    assert list(explorer.step.options) == ["audio[0].Gain"]
    assert [samples.shape for samples, _ in heard(explorer.picture.value)] == [(2, 800)] * 2
    explorer = augment.explore(both, "some words that no file is called")
    assert list(explorer.step.options) == ["text[0].Typos"]
    assert Texts(explorer.picture.value).within("ins")


def test_a_picture_in_any_form_is_the_same_picture() -> None:
    torch = pytest.importorskip("torch")
    fraction = PICTURE.astype(np.float32) / 255
    forms = {
        "Pillow": Image.fromarray(PICTURE),
        "a palette's": Image.fromarray(PICTURE).quantize(256),
        "with transparency": Image.fromarray(PICTURE).convert("RGBA"),
        "print": Image.fromarray(PICTURE).convert("CMYK"),
        "CHW": PICTURE.transpose(2, 0, 1),
        "floats": fraction,
        "a tensor": torch.from_numpy(PICTURE),
        "a tensor CHW of floats": torch.from_numpy(fraction).permute(2, 0, 1).requires_grad_(),
        "with its class": (torch.from_numpy(fraction).permute(2, 0, 1), 3),
        "of Pillow with its class": (Image.fromarray(PICTURE), "cat"),
    }
    for name, sample in forms.items():
        found = pictures(augment.explore({"image": ["HorizontalFlip"]}, sample).picture.value)
        expected = PICTURE if name != "a palette's" else np.asarray(sample.convert("RGB"))
        np.testing.assert_array_equal(found[0], expected, name)
        np.testing.assert_array_equal(found[1], expected[:, ::-1], name)
    gray = PICTURE[..., 0]
    for sample in (gray, Image.fromarray(gray), gray[None], gray[..., None], torch.from_numpy(gray)[None] / 255):
        found = pictures(augment.explore({"image": ["HorizontalFlip"]}, sample).picture.value)
        np.testing.assert_array_equal(found[0], gray)


def test_a_sound_may_be_a_tensor() -> None:
    torch = pytest.importorskip("torch")
    for rate in (8_000, np.int64(8_000), torch.tensor(8_000), 8_000.0):
        explorer = augment.explore({"audio": [{"Gain": {}}]}, (torch.ones((2, 800)) / 2, rate))
        assert [(samples.shape, its) for samples, its in heard(explorer.picture.value)] == [((2, 800), 8_000)] * 2


def test_a_plan_or_a_data_set_stands_for_its_recipe(shapes: Path) -> None:
    expected = augment.explore(RECIPE, input=shapes)
    plan = augment.plan(RECIPE, input=shapes)
    for what in (plan, augment.stream(RECIPE, input=shapes)):
        assert augment.explore(what).picture.value == expected.picture.value
    assert augment.explore(plan, PICTURE, seed=9).seed.value == 9


def test_objects_of_an_item_move_with_it() -> None:
    box = (8.0, 10.0, 20.0, 30.0)
    item = Item("a", 0, PICTURE, None, None, Annotations((Instance("dog", box),), size=(64, 64)))
    page = Texts(augment.explore({"image": ["HorizontalFlip"]}, item).picture.value)
    assert [float(tag["x"] or 0) for tag in page.all("rect")] == [8, 64 - 20]


@pytest.mark.parametrize(
    ("recipe", "sample", "told"),
    [
        ({"image": ["HorizontalFlip"]}, "some words that no file is called", "text"),
        ({"image": ["HorizontalFlip"]}, None, "an input"),
        ({"image": ["HorizontalFlip"]}, 5, "sample: expected"),
        ({"image": ["HorizontalFlip"]}, Path("nothing.png"), "nothing.png"),
        ({"image": ["HorizontalFlip"]}, "nope.png", "nope.png: expected a file, there is none"),
        ({"text": ["RandomSwap"]}, "folder/nope.PNG", "nope.PNG: expected a file, there is none"),
        ({"image": ["HorizontalFlip"]}, "my holidays.png", "my holidays.png: expected a file, there is none"),
        ({"image": ["HorizontalFlip"]}, (ITEM, ITEM), "one Item, got 2 in a tuple"),
        ({"image": ["HorizontalFlip"]}, [ITEM], "one Item, got 1 in a list"),
        ({"audio": ["Gain"]}, (np.zeros((8_000, 1)), 8_000), r"\(channels, frames\), got \(8000, 1\).*samples.T"),
        ({"audio": ["Gain"]}, (np.zeros((1, 8_000)), "8 kHz"), "got a pair of ndarray and str"),
        ({"image": ["HorizontalFlip"]}, np.full((4, 4, 3), 1.5), "uint8"),
        ({"image": ["HorizontalFlap"]}, PICTURE, "HorizontalFlip"),
        ({"image": []}, PICTURE, "step"),
    ],
)
def test_what_cannot_be_explored_is_refused(recipe: Any, sample: Any, told: str) -> None:
    with pytest.raises(augment.AugmentError, match=told):
        augment.explore(recipe, sample)


def test_a_text_with_a_full_stop_stays_a_text() -> None:
    for text in ("I read it in notes.txt", "see photo.png", "end.", "a.b", "www.example.org"):
        assert "text[0].RandomSwap" in augment.explore({"text": ["RandomSwap"]}, text).step.options


def test_options_that_are_none_are_refused() -> None:
    with pytest.raises(augment.AugmentError, match=r"option of augment.explore, got 'smaple'; did you mean sample"):
        augment.explore(RECIPE, smaple=PICTURE)


def test_without_ipywidgets_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(augment.AugmentError, match=r"pip install 'augment\[notebooks\]'"):
        augment.explore(RECIPE, PICTURE)
    with pytest.raises(RecipeError):
        monkeypatch.undo()
        augment.explore({"picture": []}, PICTURE)


def test_a_notebook_can_show_it() -> None:
    explorer = augment.explore(RECIPE, PICTURE)
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()
    assert len(repr(explorer)) < 120
