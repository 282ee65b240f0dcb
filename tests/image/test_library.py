"""What a user is told of a wrong step, and what a right one does."""

from __future__ import annotations

import inspect
import random
import warnings
from pathlib import Path
from typing import Any

import albumentations
import cv2
import numpy as np
import pytest

from augment import wrapped
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import Problem, RecipeError, SampleError
from augment.image import library, modality, parameters, references, renames, schema
from augment.sample import Dataset, Sample

NAMES = modality.names()


def build(name: str, **given: Any) -> Any:
    return modality.build(name, given, Setting(Path()))


def problems(name: str, **given: Any) -> dict[str, Problem]:
    with pytest.raises(RecipeError) as caught:
        build(name, **given)
    return {problem.path: problem for problem in caught.value.problems}


def only(name: str, **given: Any) -> Problem:
    (problem,) = problems(name, **given).values()
    return problem


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ("HorizontalFlp", "did you mean HorizontalFlip?"),
        ("horizontalflip", "did you mean HorizontalFlip?"),
        ("Blurr", "did you mean Blur?"),
        ("RandAugment", "did you mean rand_augment?"),
        ("OneOf", "write one_of"),
        ("SomeOf", "write some_of"),
        ("Sequential", "write sequence"),
        ("Flip", "write HorizontalFlip, VerticalFlip or SquareSymmetry"),
        ("JpegCompression", "write ImageCompression"),
        ("Cutout", "write CoarseDropout"),
        ("IAAFliplr", "write HorizontalFlip"),
        ("RandomBrightness", "write RandomBrightnessContrast"),
        ("RandomCrop3D", "write RandomCrop"),
    ],
)
def test_a_wrong_step_is_told_its_right_name(wrong: str, fix: str) -> None:
    assert only(wrong).fix == fix


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Lambda", "takes code"),
        ("ToTensorV2", "makes tensors"),
        ("CubicSymmetry", "works on volumes"),
        ("BasicTransform", "only the base"),
        ("Compose", "groups steps"),
        ("Xyzzy", "expected a step, got 'Xyzzy'"),
    ],
)
def test_what_is_left_out_says_why(name: str, reason: str) -> None:
    assert reason in only(name).expected


def test_every_class_of_the_library_is_a_step_or_says_why_not() -> None:
    found = {
        name
        for name, value in vars(albumentations).items()
        if inspect.isclass(value) and issubclass(value, albumentations.BasicTransform | albumentations.BaseCompose)
    }
    for name in found - set(NAMES):
        assert not only(name).expected.startswith("expected a step, got"), f"{name} is left out without a reason"
    assert len(library.transforms()) == 109


def test_old_names_of_steps_lead_to_steps() -> None:
    for old, new in renames.STEPS.items():
        assert old not in NAMES
        assert new.split(",")[0].split()[0] in NAMES or new.startswith("nothing"), new


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [
        ("GaussNoise", {"std_rnge": [0.1, 0.2]}, "did you mean std_range?"),
        ("HorizontalFlip", {"q": 1}, "HorizontalFlip takes: p"),
        ("HorizontalFlip", {"prob": 0.5}, "write p: 0.5"),
        ("HorizontalFlip", {"always_apply": True}, "write p: 1.0"),
        ("GaussNoise", {"mean": 0}, "write mean_range: [0.0, 0.0] (as a fraction of 255)"),
        ("CoarseDropout", {"max_holes": 8}, "write num_holes_range: [1, 8]"),
        ("CoarseDropout", {"max_height": 8}, "write hole_height_range: [low, 8]"),
        ("CoarseDropout", {"fill_value": 0}, "write fill: 0"),
        ("Affine", {"mode": 0}, "write border_mode: 0"),
        ("Affine", {"cval": [1, 2, 3]}, "write fill: [1, 2, 3]"),
        ("Perspective", {"pad_val": 1}, "write fill: 1"),
        ("Solarize", {"threshold": 51}, "write threshold_range: [0.2, 0.2] (as a fraction of 255)"),
        ("RandomFog", {"fog_coef_lower": 0.1}, "write fog_coef_range: [0.1, 1]"),
        ("Downscale", {"scale_min": 0.1}, "write scale_range: [0.1, 0.25]"),
        ("Posterize", {"bits": 3}, "write num_bits"),
    ],
)
def test_a_wrong_parameter_is_told_its_right_name(name: str, given: dict[str, Any], fix: str) -> None:
    assert only(name, **given).fix == fix


def test_the_variance_of_gauss_noise_becomes_a_deviation() -> None:
    problem = only("GaussNoise", var_limit=[10, 50])
    assert problem.expected == "GaussNoise has no var_limit any more"
    assert problem.fix.startswith("write std_range: [0.0124, 0.0277]")


def test_two_old_ends_become_one_range() -> None:
    found = problems("ImageCompression", quality_lower=20, quality_upper=50)
    assert {problem.fix for problem in found.values()} == {"write quality_range: [20, 50]"}


def test_what_was_renamed_is_not_told_missing_as_well() -> None:
    found = problems("RandomResizedCrop", height=20, width=30)
    assert {path: problem.fix for path, problem in found.items()} == {
        "height": "write size: [20, 30]",
        "width": "write size: [20, 30]",
    }


def test_new_names_of_parameters_are_parameters() -> None:
    known = {key for name in library.transforms() for key in parameters.names(name)}
    assert {*renames.SAME.values(), *(new for new, _ in renames.ENDS.values())} <= known
    for (step, old), (new, _, _) in renames.CHANGED.items():
        assert new in parameters.names(step)
        assert old not in parameters.names(step)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("GaussNoise", {"std_range": "big"}, "expected [low, high], from 0 to 1, low <= high, got 'big'"),
        ("GaussNoise", {"std_range": [0.1, 3]}, "expected [low, high], from 0 to 1, low <= high, got [0.1, 3]"),
        ("Affine", {"rotate": "x"}, "expected [low, high] or number, got 'x'"),
        ("Affine", {"rotate": True}, "expected [low, high] or number, got True"),
        ("Affine", {"rotate": float("nan")}, "expected [low, high] or number, got nan"),
        ("Resize", {"height": "3", "width": 4}, "expected whole number, >= 1, got '3'"),
        ("CenterCrop", {"height": -3, "width": 4}, "expected whole number, >= 1, got -3"),
        ("CenterCrop", {"height": 3}, "expected whole number, >= 1; it has no default"),
        ("ImageCompression", {"compression_type": "gif"}, "expected jpeg | webp, got 'gif'"),
        ("HorizontalFlip", {"p": 2}, "expected a probability from 0 to 1, got 2"),
        ("HorizontalFlip", {"p": True}, "expected a probability from 0 to 1, got True"),
        ("HorizontalFlip", {"p": float("nan")}, "expected a probability from 0 to 1, got nan"),
        ("Crop", {"x_min": 9, "x_max": 5}, "expected values that fit together: x_max must be greater than x_min"),
    ],
)
def test_a_wrong_value_is_told_what_was_expected(name: str, given: dict[str, Any], expected: str) -> None:
    assert only(name, **given).expected == expected


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [
        ("GaussNoise", {"std_range": [0.4, 0.2]}, "write std_range: [0.2, 0.4]"),
        ("ImageCompression", {"quality_range": [90, 20]}, "write quality_range: [20, 90]"),
        ("Rotate", {"limit": [15, -15]}, "write limit: [-15, 15]"),
        ("Affine", {"scale": [1.1, 0.9]}, "write scale: [0.9, 1.1]"),
        ("ColorJitter", {"hue": [0.1, -0.1]}, "write hue: [-0.1, 0.1]"),
        ("Affine", {"translate_percent": {"x": [0.1, 0]}}, "write translate_percent: {'x': [0, 0.1]}"),
        ("Blur", {"blur_limit": [7, 3]}, "write blur_limit: [3, 7]"),
    ],
)
def test_a_range_high_to_low_is_a_mistake(name: str, given: dict[str, Any], fix: str) -> None:
    assert only(name, **given).fix == fix


def test_what_is_no_range_may_fall() -> None:
    for name, key in [("RandomResizedCrop", "size"), ("CLAHE", "tile_grid_size"), ("GridDropout", "shift_xy")]:
        assert not schema.is_range(
            key, schema.fields(library.transforms()[name])[key], parameters.defaults(name).get(key)
        )
    build("RandomResizedCrop", size=[30, 20])
    build("Affine", fill=[9, 5, 1])


@pytest.mark.parametrize(("given", "fix"), [([3, 6], "[3, 7]"), (4, "[3, 5]"), ([1, 5], "[3, 5]")])
def test_kernel_sizes_are_not_mended_in_silence(given: Any, fix: str) -> None:
    problem = only("Blur", blur_limit=given)
    assert problem.expected.startswith("expected odd kernel sizes")
    assert problem.fix == f"write blur_limit: {fix}"


def test_what_only_the_constructor_refuses_is_told_too() -> None:
    assert "Range values must be in" in only("RGBShift", r_shift_limit=1000).expected


def test_what_fails_on_every_picture_is_told_before_the_run() -> None:
    assert "it failed on all" in only("ShotNoise", scale_range=[0, 0]).expected
    build("RandomCrop", height=1000, width=1000)  # some pictures are that large


def test_a_parameter_that_the_library_drops_in_silence_is_refused() -> None:
    assert "plasma_size" in problems("PlasmaShadow", plasma_size=64)


def test_parameters_for_code_are_refused() -> None:
    assert "a recipe is data" in only("Equalize", mask="x").expected
    assert "a recipe is data" in problems("FDA", read_fn="x", reference_images="no")["read_fn"].expected
    assert "a recipe is data" in problems("Mosaic", metadata_key="x", reference_images="no")["metadata_key"].expected


def test_all_mistakes_of_a_step_come_at_once() -> None:
    found = problems("GaussNoise", std_range=[0.1, 3], mean_range="x", p=2, foo=1, var_limit=10)
    assert set(found) == {"std_range", "mean_range", "p", "foo", "var_limit"}


def test_constants_of_opencv_have_names() -> None:
    named = build("Affine", interpolation="cubic", border_mode="reflect_101")
    numbered = build("Affine", interpolation=cv2.INTER_CUBIC, border_mode=cv2.BORDER_REFLECT_101)
    assert named.parameters == numbered.parameters
    assert build("Downscale", interpolation_pair={"downscale": "area", "upscale": "nearest"}).parameters == {
        "interpolation_pair": {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_NEAREST}
    }
    for numbers in schema.ENUMS.values():
        for name, number in numbers.items():
            prefix = "BORDER_" if numbers is schema.ENUMS["border_mode"] else "INTER_"
            assert getattr(cv2, prefix + name.upper()) == number
    assert only("Affine", interpolation="qubic").fix == "did you mean cubic?"


@pytest.mark.parametrize(
    "name",
    [
        "BBoxSafeRandomCrop",
        "ConstrainedCoarseDropout",
        "CropNonEmptyMaskIfExists",
        "MaskDropout",
        "RandomCropNearBBox",
        "RandomSizedBBoxSafeCrop",
    ],
)
def test_steps_that_look_at_objects_are_refused_where_there_are_none(name: str) -> None:
    sizes = {"height": 9, "width": 9, "bbox_labels": ["cat"]}
    step = build(name, **{key: value for key, value in sizes.items() if key in parameters.names(name)})
    (objection,) = modality.objections(step, Dataset(), modality.Labels())
    assert name in objection
    assert list(modality.objections(step, Dataset(spatial=True), modality.Labels())) == []


def test_the_chance_to_fire_is_the_engines() -> None:
    step = build("HorizontalFlip", p=0.0)
    assert step.p == 0.0
    sample, _ = step.apply(Sample(np.arange(6, dtype=np.uint8).reshape(2, 3)), Chance.of(0, "a", 1))
    np.testing.assert_array_equal(sample.value, [[2, 1, 0], [5, 4, 3]])
    assert build("HorizontalFlip").p == 0.5


def test_provenance_is_scalars_only() -> None:
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    _, told = build("Rotate", limit=[10, 20]).apply(Sample(image), Chance.of(0, "a", 1))
    assert told.step == "Rotate"
    assert wrapped.scalars({"a": np.float32(0.5), "b": np.int64(3), "c": (1, np.uint8(2)), "d": True}) == {
        "a": 0.5,
        "b": 3,
        "c": [1, 2],
        "d": True,
    }
    assert wrapped.scalars({"map": np.zeros((9, 9)), "f": float("nan"), "g": lambda: 0}) == {}


def test_a_failing_step_names_itself_the_picture_and_the_reason() -> None:
    step = build("RandomCrop", height=50, width=60)
    with pytest.raises(SampleError) as caught:
        step.apply(Sample(np.zeros((20, 30, 3), np.uint8)), Chance.of(0, "a", 1))
    assert caught.value.reason == "step failed"
    assert caught.value.detail.startswith("RandomCrop on 30x20 pixels: Crop size (height, width) exceeds")


def test_gray_that_the_library_refuses_goes_through_as_rgb_with_the_same_draw() -> None:
    gray = np.random.default_rng(1).integers(0, 256, (24, 24), np.uint8)
    step = modality.build("ISONoise", {}, Setting(Path(), native=False))
    got, told = step.apply(Sample(gray), Chance.of(0, "a", 1))
    rgb, told_rgb = step.apply(Sample(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)), Chance.of(0, "a", 1))
    assert got.value.shape == gray.shape
    np.testing.assert_array_equal(got.value, cv2.cvtColor(rgb.value, cv2.COLOR_RGB2GRAY))
    assert told == told_rgb


def test_floats_may_travel_between_steps() -> None:
    image = np.full((8, 8, 3), 51, np.uint8)
    value, _ = build("ToFloat").apply(Sample(image), Chance.of(0, "a", 1))
    assert value.value.dtype == np.float32
    back, _ = build("FromFloat", dtype="uint8").apply(value, Chance.of(0, "a", 1))
    np.testing.assert_array_equal(back.value, image)


def test_building_and_running_is_silent_and_leaves_global_chance_alone() -> None:
    image = np.random.default_rng(2).integers(0, 256, (24, 24, 3), np.uint8)
    numpy_state, python_state = np.random.get_state()[1].copy(), random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("ShiftScaleRotate", "TimeReverse", "ToRGB", "GaussNoise", "RandomRain", "AdditiveNoise"):
            build(name).apply(Sample(image), Chance.of(0, "a", 1))
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert random.getstate() == python_state


def test_our_kernel_is_used_where_there_is_one_and_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    ones = image + np.uint8(1)
    chance = Chance.of(0, "a", 1)

    def use(kernel: Any, native: bool = True) -> np.ndarray:
        monkeypatch.setattr(library, "kernel", lambda package, name: kernel)
        step = modality.build("Rotate", {"limit": [10, 20]}, Setting(Path(), native))
        sample, _ = step.apply(Sample(image + np.uint8(7)), chance)
        value: np.ndarray = sample.value
        return value

    def declines(transform: Any, image: np.ndarray) -> Any:
        transform.py_random.random()  # what it draws before it gives up must not shift the library's draw
        transform.random_generator.random()
        raise NotImplementedError

    np.testing.assert_array_equal(use(lambda transform, image: (ones, {})), ones)
    plain = use(lambda transform, image: (ones, {}), native=False)
    assert plain.max() == 7
    np.testing.assert_array_equal(use(declines), plain)


def test_names_of_kernels_are_in_snake_case() -> None:
    names = {"CoarseDropout": "coarse_dropout", "CLAHE": "clahe", "RGBShift": "rgb_shift", "D4": "d4", "FDA": "fda"}
    assert {name: wrapped.snake(name) for name in names} == names


def test_each_step_that_takes_references_is_known() -> None:
    """The library has a parameter *metadata_key* for exactly these."""
    found = {
        name
        for name, kind in library.transforms().items()
        if "metadata_key" in inspect.signature(kind.__init__).parameters
    }
    assert found == set(references.METADATA)
