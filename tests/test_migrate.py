"""Recipes from ImageDataGenerator: the same distributions, by its documented formulas and by the class itself.

Where the two part is told and tested: its code moves columns where its documentation says rows.
"""

from __future__ import annotations

import os
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage, stats

import augment
from augment import catalog
from augment.annotations import Annotations, Instance
from augment.chance import Chance
from augment.engine.draw import draw
from augment.sample import Content, Dataset, Sample

DRAWS = 1500
IMAGE = catalog.modality("image")

GENERATORS: list[dict[str, Any]] = [
    {"rotation_range": 20, "width_shift_range": 0.2, "height_shift_range": 0.2, "zoom_range": 0.2},
    {"rotation_range": 90, "shear_range": 15.0, "zoom_range": [0.5, 1.5], "fill_mode": "constant", "cval": 40.0},
    {"width_shift_range": 3, "height_shift_range": [-6, 2, 4], "fill_mode": "wrap"},
    {"width_shift_range": [0.1, 0.3], "height_shift_range": 5.0, "fill_mode": "reflect", "interpolation_order": 0},
    {"zoom_range": [0.8, 0.8], "rotation_range": 5, "fill_mode": "reflect"},
]


def by_the_documentation(given: dict[str, Any], size: tuple[int, int], rng: np.random.Generator) -> dict[str, Any]:
    """get_random_transform of ImageDataGenerator, written from its documentation."""

    def shifted(value: Any, side: int) -> float:
        either = isinstance(value, float)  # else "-1, 0 and 1" for the whole number 2; of a list its elements
        found = rng.uniform(-value, value) if either else rng.choice(value) * rng.choice([-1, 1])
        return float(found * side) if np.max(value) < 1 else float(found)

    zoom = given.get("zoom_range", 0.0)
    low, high = (1 - zoom, 1 + zoom) if isinstance(zoom, float) else zoom
    turn, lean = given.get("rotation_range", 0), given.get("shear_range", 0)
    return {
        "rotation": rng.uniform(-turn, turn),
        "shift": [
            shifted(given.get("height_shift_range", 0.0), size[0]),
            shifted(given.get("width_shift_range", 0.0), size[1]),
        ],
        "shear": rng.uniform(-lean, lean),
        "zoom": list(rng.uniform(low, high, 2)),
    }


def warped(pixels: np.ndarray, told: dict[str, Any], given: dict[str, Any]) -> np.ndarray:
    """apply_affine_transform: rotation, shift, shear and zoom multiplied in (x, y), round the middle, by SciPy."""
    turn, lean = np.deg2rad(told["rotation"]), np.deg2rad(told["shear"])
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    matrix = matrix @ np.array([[1, 0, told["shift"][1]], [0, 1, told["shift"][0]], [0, 0, 1]])
    matrix = matrix @ np.array([[1, -np.sin(lean), 0], [0, np.cos(lean), 0], [0, 0, 1]])
    matrix = matrix @ np.diag([*told["zoom"][::-1], 1])
    matrix = matrix[[1, 0, 2]][:, [1, 0, 2]]  # SciPy's axes are (row, column)
    middle = np.array(pixels.shape[:2]) / 2 - 0.5
    offset = matrix[:2, 2] + middle - matrix[:2, :2] @ middle
    mode = {"wrap": "grid-wrap"}.get(given.get("fill_mode", "nearest"), given.get("fill_mode", "nearest"))
    how = {"order": given.get("interpolation_order", 1), "mode": mode, "cval": given.get("cval", 0.0)}
    return np.stack(
        [ndimage.affine_transform(one, matrix[:2, :2], offset, **how) for one in np.moveaxis(pixels, 2, 0)], 2
    )


def smooth(height: int, width: int) -> np.ndarray:
    """A picture whose values change slowly, so that a hundredth of a pixel makes no difference."""
    noise = np.random.default_rng(0).uniform(0, 255, (height, width, 3))
    found = ndimage.gaussian_filter(noise, (4, 4, 0), mode="wrap")
    return np.asarray((found - found.min()) / np.ptp(found) * 255).astype(np.uint8)


def copies(
    recipe: augment.Recipe, pixels: np.ndarray, count: int
) -> list[tuple[np.ndarray, dict[str, dict[str, Any]]]]:
    """So many copies: the picture, and what each step has drawn."""
    found = []
    for copy in range(1, count + 1):
        drawn = draw(recipe.steps["image"], Chance.of(0, "a", copy))
        sample, applied = IMAGE.apply(Sample(pixels), drawn, recipe.labels_of("image"))
        found.append((sample.value, {one.step: dict(one.parameters) for one in applied}))
    return found


def same(ours: Any, theirs: Any) -> bool:
    """Whether two samples may well come from one distribution; for few different values, as often each."""
    kinds = sorted({round(float(value), 6) for value in [*ours, *theirs]})
    if len(kinds) < 20:
        counts = [Counter(round(float(value), 6) for value in one) for one in (ours, theirs)]
        return len(kinds) == 1 or stats.chi2_contingency([[c[kind] for kind in kinds] for c in counts]).pvalue > 1e-3
    return bool(stats.ks_2samp(ours, theirs).pvalue > 1e-3)


@pytest.mark.parametrize("given", GENERATORS)
def test_draws_are_distributed_as_kerass(given: dict[str, Any]) -> None:
    size = (30, 50)
    ours = [
        told["KerasAffine"] for _, told in copies(augment.from_keras(**given), np.zeros((*size, 3), np.uint8), DRAWS)
    ]
    rng = np.random.default_rng(5)
    theirs = [by_the_documentation(given, size, rng) for _ in range(DRAWS)]
    for read in (
        lambda told: told["rotation"],
        lambda told: told["shear"],
        lambda told: told["shift"][0],
        lambda told: told["shift"][1],
        lambda told: told["zoom"][0],
        lambda told: told["zoom"][1],
        lambda told: told["zoom"][0] - told["zoom"][1],  # so that it is seen whether they are independent
        lambda told: told["zoom"][0] * told["rotation"],
        lambda told: told["shift"][0] * told["shift"][1],
    ):
        assert same([read(told) for told in ours], [read(told) for told in theirs])


def test_the_comparison_finds_a_difference() -> None:
    rng = np.random.default_rng(0)
    zooms = rng.uniform(0.8, 1.2, DRAWS)
    assert not same(zooms, 1 / rng.uniform(0.8, 1.2, DRAWS)), "a scale is one over Keras' zoom"
    assert not same(rng.integers(-1, 2, DRAWS), rng.choice(2, DRAWS) * rng.choice([-1, 1], DRAWS))


@pytest.mark.parametrize("given", GENERATORS)
@pytest.mark.parametrize("size", [(64, 96), (41, 41)])
def test_pixels_go_where_keras_sends_them(given: dict[str, Any], size: tuple[int, int]) -> None:
    pixels = smooth(*size)
    for made, told in copies(augment.from_keras(**given), pixels, 8):
        away = np.abs(made.astype(float) - warped(pixels.astype(float), told["KerasAffine"], given))
        part = 0.8 if given.get("fill_mode") == "constant" else 0.95  # OpenCV blends the border with the fill
        assert np.quantile(away, part) <= 3, "OpenCV counts in 32nds of a pixel"


@pytest.fixture(scope="module")
def generator() -> Any:
    """The class itself."""
    os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "tensorflow")  # asked for at the import
    return pytest.importorskip("keras.src.legacy.preprocessing.image", exc_type=ImportError).ImageDataGenerator


def as_drawn_there(told: dict[str, Any]) -> dict[str, Any]:
    """Our draw as Keras' code would have to draw it: its tx and zx are drawn for rows, and used for columns."""
    (ty, tx), (zy, zx) = told["shift"], told["zoom"]
    return {"theta": told["rotation"], "tx": tx, "ty": ty, "shear": told["shear"], "zx": zx, "zy": zy}


@pytest.mark.parametrize("given", GENERATORS)
def test_draws_are_distributed_as_those_of_the_class(generator: Any, given: dict[str, Any]) -> None:
    size = (30, 50)
    ours = [
        told["KerasAffine"] for _, told in copies(augment.from_keras(**given), np.zeros((*size, 3), np.uint8), DRAWS)
    ]
    np.random.seed(5)
    there = generator(**given)
    theirs = [there.get_random_transform((*size, 3)) for _ in range(DRAWS)]
    assert same([told["rotation"] for told in ours], [told["theta"] for told in theirs])
    assert same([told["shear"] for told in ours], [told["shear"] for told in theirs])
    for place, (shift, zoom) in enumerate((("tx", "zx"), ("ty", "zy"))):  # tx is drawn of height_shift_range
        assert same([told["shift"][place] for told in ours], [told[shift] for told in theirs])
        assert same([told["zoom"][place] for told in ours], [told[zoom] for told in theirs])


@pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning")
@pytest.mark.parametrize(
    "given",
    [
        *(one for one in GENERATORS if one.get("fill_mode") != "wrap"),  # SciPy's leaves out a row and a column
        {"shear_range": 40.0},
        {"shear_range": 20.0, "rotation_range": 60},
    ],
)
def test_pixels_of_squares_go_where_the_class_sends_them(generator: Any, given: dict[str, Any]) -> None:
    pixels = smooth(72, 72)
    there = generator(**given)
    for made, told in copies(augment.from_keras(**given), pixels, 8):
        theirs = there.apply_transform(pixels.astype(np.float32), as_drawn_there(told["KerasAffine"]))
        part = 0.8 if given.get("fill_mode") == "constant" else 0.95  # as above
        assert np.quantile(np.abs(made.astype(float) - theirs), part) <= 3


@pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning")
def test_how_the_class_parts_from_its_documentation_is_as_told(generator: Any) -> None:
    def middle(picture: Any) -> list[float]:
        return [float(axis.mean()) for axis in np.nonzero(np.asarray(picture)[:, :, 0] > 127)]

    pixels = np.zeros((41, 41, 3), np.uint8)
    pixels[18:23, 18:23] = 255
    moved = generator().apply_transform(pixels.astype(np.float32), {"tx": 8})
    assert middle(moved) == [20, 12], "drawn of height_shift_range, it moves columns"
    for made, told in copies(augment.from_keras(height_shift_range=0.3), pixels, 8):
        row, column = middle(made)
        assert column == 20
        assert abs(row - 20 + told["KerasAffine"]["shift"][0]) <= 0.5
    wide = np.zeros((41, 81, 3), np.uint8)
    wide[18:23, 38:43] = 255
    turned = generator().apply_transform(wide.astype(np.float32), {"theta": 45})
    assert np.abs(np.subtract(middle(turned), (20, 40))).max() > 5, "it takes another point for the middle"
    for made, _ in copies(augment.from_keras(rotation_range=90, shear_range=20, zoom_range=0.2), wide, 8):
        assert np.abs(np.subtract(middle(made), (20, 40))).max() <= 0.5


def test_one_copy_a_source_and_epoch_as_there(tmp_path: Path) -> None:
    for name in range(3):
        Image.fromarray(smooth(40, 40 + name)).save(tmp_path / f"{name}.png")
    recipe = augment.from_keras(rotation_range=30)
    live = augment.stream(recipe, input=tmp_path)
    first, second = list(live), list(live)
    assert [len(first), len(second)] == [3, 3]
    assert all(item.copy == epoch for epoch, items in ((1, first), (2, second)) for item in items)
    values = {item.source: item.value for item in first}
    assert not any(np.array_equal(item.value, values[item.source]) for item in second)
    assert [item.copy for item in augment.stream(recipe, input=tmp_path, multiplier=2, shuffle=False)] == [1, 2] * 3
    grown, _ = augment.arrays(recipe, [np.asarray(smooth(20, 20))])
    assert len(grown) == 1


def test_boxes_follow() -> None:
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[20:40, 30:60] = 255
    recipe = augment.from_keras(width_shift_range=0.2, height_shift_range=0.2, zoom_range=0.2, fill_mode="constant")
    box = Annotations(instances=(Instance("a", (30.0, 20.0, 60.0, 40.0)),), size=(90, 60))
    labels = recipe.labels_of("image")
    settled = IMAGE.settle(pixels, Content(b"", box), Dataset(spatial=True), labels)
    for copy in range(30):
        drawn = draw(recipe.steps["image"], Chance.of(1, "a", copy))
        made, _ = IMAGE.apply(Sample(pixels, annotations=settled.working), drawn, labels)
        rows, columns = np.nonzero(made.value[:, :, 0] > 127)
        edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert np.abs(np.array(made.annotations.instances[0].box) - edges).max() <= 1


def test_what_is_done_to_colours_and_mirrors() -> None:
    pixels = smooth(16, 24) // 2 + 60
    given = {
        "channel_shift_range": 40.0,
        "horizontal_flip": True,
        "vertical_flip": True,
        "brightness_range": (0.6, 1.2),
    }
    made = copies(augment.from_keras(**given), pixels, DRAWS)
    rng = np.random.default_rng(1)
    shifts = [told["RandomBrightnessContrast"]["beta"] for _, told in made]
    assert same(shifts, rng.uniform(-40, 40, DRAWS))
    flips = Counter((("HorizontalFlip" in told), ("VerticalFlip" in told)) for _, told in made)
    assert stats.chisquare(list(flips.values())).pvalue > 1e-3
    assert len(flips) == 4
    factors = [np.mean(told["MultiplicativeNoise"]["multiplier"]) for _, told in made]
    assert same(factors, rng.uniform(0.6, 1.2, DRAWS))
    assert next(iter(made[0][1])) == "RandomBrightnessContrast", "before flips and brightness"


def test_nothing_asked_is_nothing_done() -> None:
    recipe = augment.from_keras(fill_mode="nearest", rotation_range=0, zoom_range=0.0, zca_epsilon=1e-6)
    assert recipe.text.data == {"expand": {"multiplier": 1, "keep_originals": False}, "image": []}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"rotaton_range": 3}, "did you mean rotation_range"),
        ({"zoom_range": 1.0}, "KerasAffine.zoom_range"),
        ({"rotation_range": 3, "fill_mode": "mirror"}, "'constant', 'nearest', 'reflect' or 'wrap'"),
        ({"rotation_range": 3, "interpolation_order": 2}, "expected 0, 1 or 3"),
        ({"fill_mode": "mirror"}, "fill_mode\n  expected 'constant', 'nearest', 'reflect' or 'wrap'"),
        ({"horizontal_flip": True, "cval": 300, "zoom_range": (1, 1)}, "cval\n  expected less than or equal to 255"),
        ({"width_shift_range": []}, "a list of numbers"),
        ({"width_shift_range": -0.1}, "expected a number from 0"),
        ({"brightness_range": 0.5}, r"brightness_range\n  expected \[low, high\]"),
        ({"horizontal_flip": "yes"}, "expected True or False"),
        ({"channel_shift_range": 300}, "from 0 to 255"),
        ({"preprocessing_function": len}, "@augment.step"),
        ({"validation_split": 0.2}, "train/ and val/"),
        *(({name: True}, f"{name} can't be carried over") for name in ("featurewise_center", "samplewise_center")),
        ({"zca_whitening": True}, "whitening matrix"),
    ],
)
def test_what_cannot_be_carried_over_is_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(augment.RecipeError, match=said):
        augment.from_keras(**given)


def test_all_mistakes_at_once_and_what_the_loop_must_do() -> None:
    with pytest.raises(augment.RecipeError) as caught:
        augment.from_keras(zca_whitening=True, validation_split=0.1, horizontal_flop=True)
    assert len(caught.value.problems) == 3
    with pytest.warns(UserWarning, match="Rescaling.*uint8"):
        augment.from_keras(rescale=1 / 255, dtype="float32", data_format="channels_last", horizontal_flip=True)
