"""Pretext labels of pictures: what is labelled is what the pixels show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment.annotations import Annotations, Instance
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError
from augment.image import modality
from augment.sample import Content, Dataset, Sample
from tests.laws import scenes
from tests.laws.test_geometry_sweep import SCENE, every_form

LABELS = modality.Labels()


def applied(name: str, sample: Sample, key: str, **parameters: Any) -> tuple[Sample, dict[str, Any]]:
    step = modality.build(name, parameters, Setting(Path()))
    made, told = modality.apply(sample, [(step, Chance.of(5, key, 1))], LABELS)
    return made, dict(told[0].parameters)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([(), (3,)]), st.text("abc", min_size=1))
def test_a_turn_by_the_label_back_is_the_picture(height: int, width: int, channels: Any, key: str) -> None:
    pixels = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    pixels = pixels if channels else pixels[:, :, 0].copy()
    made, _ = applied("RotationLabel", Sample(pixels, "cat"), key)
    assert made.label in ("0", "90", "180", "270")
    np.testing.assert_array_equal(np.rot90(made.value, -int(made.label) // 90), pixels)
    assert made.annotations is None


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_everything_that_is_annotated_turns_with_the_pixels(angle: int) -> None:
    """Four quarter turns by hand are checked against ours: corners as (x, y) -> (y, width - x), again and again."""
    settled, _ = scenes.settled(SCENE.painted, every_form())
    sample = Sample(SCENE.painted, "cat", annotations=settled.working)
    made, told = applied("RotationLabel", sample, "a", angles=[angle])
    found: Annotations = made.annotations
    assert told == {"angle": angle} and made.label == str(angle) and not found.classes
    turned = np.rot90(SCENE.painted, angle // 90)
    np.testing.assert_array_equal(made.value, turned)
    assert found.size == turned.shape[1::-1]
    for name, data in settled.original.masks.items():
        np.testing.assert_array_equal(scenes.unpng(found.masks[name]), np.rot90(scenes.unpng(data), angle // 90))
    for before, after in zip(settled.original.instances, found.instances, strict=True):
        assert before.box is not None and after.box is not None
        corners = [(before.box[0], before.box[1]), (before.box[2], before.box[3])]
        points = [(x, y) for x, y, _ in before.keypoints]
        width, height = SCENE.size
        for _ in range(angle // 90):
            corners = [(y, width - x) for x, y in corners]
            points = [(y, width - x) for x, y in points]
            width, height = height, width
        (a, b), (c, d) = corners
        assert np.allclose(after.box, (min(a, c), min(b, d), max(a, c), max(b, d)), atol=1e-6)
        assert np.allclose([(x, y) for x, y, _ in after.keypoints], points)


def test_angles_come_equally_often() -> None:
    found = [applied("RotationLabel", Sample(np.zeros((1, 1), np.uint8)), str(key))[0].label for key in range(800)]
    assert all(abs(found.count(name) - 200) < 4 * np.sqrt(150) for name in ("0", "90", "180", "270"))
    two = {
        applied("RotationLabel", Sample(np.zeros((1, 1), np.uint8)), str(key), angles=[90, 0])[0].label
        for key in range(40)
    }
    assert two == {"0", "90"}


@given(
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    ratio=st.floats(0, 1),
    patch=st.integers(1, 40),
    fill=st.sampled_from([0, 7, 255, "mean"]),
    gray=st.booleans(),
)
def test_the_mask_is_where_something_was_hidden_and_as_much_as_asked_for(
    size: tuple[int, int], ratio: float, patch: int, fill: Any, gray: bool
) -> None:
    height, width = size
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, 3), np.uint8)
    pixels = pixels[:, :, 0].copy() if gray else pixels
    made, told = applied("MaskedLabel", Sample(pixels, "cat"), "a", ratio=ratio, patch=patch, fill=fill)
    mask = scenes.unpng(made.annotations.masks["masked"])
    assert mask.shape == size and set(np.unique(mask)) <= {0, 255} and made.annotations.size == (width, height)
    np.testing.assert_array_equal(made.value[mask == 0], pixels[mask == 0])
    if (mask > 0).any():
        wanted = fill if fill != "mean" else np.rint(pixels.mean(axis=(0, 1)))
        assert (made.value[mask > 0] == wanted).all()
    corners = mask[::patch, ::patch]
    np.testing.assert_array_equal(corners.repeat(patch, 0)[:height].repeat(patch, 1)[:, :width], mask)
    assert told == {"patches": int((corners > 0).sum()), "of": corners.size}
    assert corners.size * ratio - 1e-6 <= told["patches"] < corners.size * ratio + 1
    assert made.label == "cat"


def test_objects_are_cut_and_steps_after_it_move_the_mask() -> None:
    pixels = np.full((64, 64, 3), 9, np.uint8)
    whole = Annotations((Instance("dog", (0, 0, 64, 64), ((0.0, 0.0, 64.0, 0.0, 64.0, 64.0, 0.0, 64.0),)),))
    labels = modality.Labels(min_visibility=0.0)
    settled = modality.settle(pixels, Content(b"", whole), Dataset(spatial=True), labels)
    steps = [
        (modality.build(name, {"p": 1, **more}, Setting(Path())), Chance.of(1, str(more), 1))
        for name, more in (("MaskedLabel", {"ratio": 0.5}), ("HorizontalFlip", {}), ("MaskedLabel", {"patch": 4}))
    ]
    made, _ = modality.apply(Sample(pixels, annotations=settled.working), steps, labels)
    mask = scenes.unpng(made.annotations.masks["masked"])
    np.testing.assert_array_equal(mask > 0, (made.value == 0).all(axis=2))
    (dog,) = made.annotations.instances
    assert dog.rle is not None
    np.testing.assert_array_equal(scenes.masks.bitmap(dog, (64, 64)), mask == 0)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("MaskedLabel", {"ratio": 1.1}),
        ("MaskedLabel", {"patch": 0}),
        ("MaskedLabel", {"patch": 2.5}),
        ("MaskedLabel", {"fill": 256}),
        ("MaskedLabel", {"fill": "noise"}),
        ("RotationLabel", {"angles": []}),
        ("RotationLabel", {"angles": [45]}),
        ("RotationLabel", {"angle": [90]}),
    ],
)
def test_wrong_parameters_are_refused_by_name(name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as raised:
        modality.build(name, wrong, Setting(Path()))
    assert all(problem.path.startswith(next(iter(wrong))) for problem in raised.value.problems)
