"""Every kernel against the library's own code, from the same place of chance. None escapes: they are listed."""

from __future__ import annotations

import json
import pkgutil
import random
import warnings
from importlib import import_module
from typing import Any

import cv2
import numpy as np
import pytest

from augment.image import kernels
from augment.image.library import transforms
from augment.wrapped import kernel, snake

NAMES = {snake(name): name for name in transforms()}
KERNELS = sorted(item.name for item in pkgutil.iter_modules(kernels.__path__) if not item.name.startswith("_"))

WARPED: list[dict[str, Any]] = [
    {},
    {"interpolation": cv2.INTER_NEAREST, "border_mode": cv2.BORDER_REFLECT_101},
    {"border_mode": cv2.BORDER_REPLICATE},
    {"interpolation": cv2.INTER_CUBIC, "fill": 77},
]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "affine": [
        *WARPED,
        {"rotate": (-15, 15), "scale": (0.9, 1.1), "translate_percent": (0, 0.1)},
        {"shear": (-20, 20), "fill": (10, 200, 90)},
        {"rotate": (-180, 180), "fit_output": True},
        {"translate_px": (-9, 9), "scale": {"x": (0.3, 2), "y": (0.5, 1.5)}, "balanced_scale": True},
    ],
    "coarse_dropout": [
        {},
        {"num_holes_range": (3, 20), "fill": (1, 2, 3)},
        {"hole_height_range": (1, 9), "hole_width_range": (1, 30), "fill": 200},
        {"fill": "random"},
    ],
    "color_jitter": [
        {},
        {"brightness": (0, 0), "contrast": (0, 0)},
        {"hue": 0, "saturation": 0},
        {"saturation": (0, 3)},
    ],
    "gauss_noise": [
        {},
        {"std_range": (0.01, 0.05)},
        {"std_range": (0.1, 0.1), "mean_range": (-0.2, 0.2)},
        {"per_channel": False},
        {"noise_scale_factor": 0.4},
    ],
    "gaussian_blur": [
        {},
        {"blur_limit": (3, 7)},
        {"sigma_limit": (0, 9)},
        {"blur_limit": (5, 21), "sigma_limit": 0.5},
    ],
    "horizontal_flip": [{}],
    "hue_saturation_value": [
        {},
        {"hue_shift_limit": (-180, 180), "sat_shift_limit": (-255, 255), "val_shift_limit": (-255, 255)},
        {"hue_shift_limit": 0},
        {"hue_shift_limit": 0, "sat_shift_limit": 0, "val_shift_limit": 0},
        {"sat_shift_limit": (10, 90), "val_shift_limit": 0},
    ],
    "iso_noise": [{}, {"color_shift": (0.5, 1), "intensity": (0.8, 1)}],
    "multiplicative_noise": [{}, {"per_channel": True}, {"multiplier": (0, 3)}, {"elementwise": True}],
    "random_brightness_contrast": [
        {},
        {"brightness_limit": (-1, 1), "contrast_limit": (-1, 1)},
        {"brightness_by_max": False},
        {"ensure_safe_range": True},
    ],
    "random_resized_crop": [
        {"size": (24, 30)},
        {"size": (20, 20), "scale": (0.01, 0.2), "ratio": (0.2, 5)},
        {"size": (37, 53), "scale": (1, 1), "interpolation": cv2.INTER_CUBIC},
        {"size": (9, 9), "area_for_downscale": "image"},
    ],
    "rotate": [*WARPED, {"crop_border": True}, {"limit": 15, "fill": (3, 4, 5)}],
    "safe_rotate": WARPED,
    "shift_scale_rotate": [*WARPED, {"shift_limit": 0.3, "scale_limit": 0.5}],
}
SHAPES = [(1, 1, 3), (1, 1), (37, 53, 3), (64, 48), (5, 1, 3), (1, 7), (120, 161, 3)]
SEEDS = range(6)


def picture(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Soft and rough by turns, with some pure gray, black and white in it."""
    rng = np.random.default_rng([*shape, seed])
    coarse = rng.integers(0, 256, (4, 4, *shape[2:]), np.uint8)
    image = np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC))
    if seed % 2:
        image = rng.integers(0, 256, shape, np.uint8)
    image[: shape[0] // 4] = rng.choice([0, 90, 255])
    return image


def built(name: str, options: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return transforms()[NAMES[name]](**options, p=1.0)


def reset(transform: Any, seed: int) -> None:
    transform.set_random_state(np.random.Generator(np.random.Philox(key=seed)), random.Random(seed))


def library(transform: Any, image: np.ndarray, seed: int) -> np.ndarray | None:
    """The library's pixels, or None where it refuses the picture."""
    reset(transform, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return np.asarray(transform(image=image)["image"])
        except Exception:  # it fails in many ways on gray and on tiny pictures
            return None


def ours(name: str, transform: Any, image: np.ndarray, seed: int) -> tuple[np.ndarray, dict[str, Any]] | None:
    """The kernel's pixels and parameters, or None where it leaves the picture to the library."""
    reset(transform, seed)
    found = kernel("augment.image.kernels", NAMES[name])
    assert found is not None
    try:
        return found(transform, image)
    except NotImplementedError:
        return None


def tolerance(name: str) -> tuple[int, float] | None:
    found: tuple[int, float] | None = import_module(f"{kernels.__name__}.{name}").TOLERANCE
    return found


CASES = [(name, number) for name in KERNELS for number in range(len(SETTINGS.get(name, [])))]


def test_every_kernel_is_tested_and_belongs_to_a_transform() -> None:
    assert set(KERNELS) == set(SETTINGS)
    assert set(KERNELS) <= set(NAMES)


@pytest.mark.parametrize("name", [name for name in KERNELS if tolerance(name) is not None])
def test_it_equals_the_library(name: str) -> None:
    levels, share = tolerance(name) or (0, 0.0)
    covered = 0
    for options in SETTINGS[name]:
        transform = built(name, options)
        for shape in SHAPES:
            for seed in SEEDS:
                image = picture(shape, seed)
                made = ours(name, transform, image, seed)
                if made is None:
                    continue
                expected = library(transform, image, seed)
                assert expected is not None, f"the library refuses {shape} with {options}"
                assert made[0].shape == expected.shape
                off = np.abs(made[0].astype(int) - expected)
                context = f"{options} {shape} seed {seed}"
                assert off.max() <= levels, context
                assert off.size < 1000 or np.mean(off > 0) <= share, context
                covered += 1
    assert covered > len(SHAPES) * len(SEEDS) * len(SETTINGS[name]) // 4


@pytest.mark.parametrize(("name", "number"), CASES)
def test_input_stays_and_the_result_is_new_and_plain(name: str, number: int) -> None:
    transform = built(name, SETTINGS[name][number])
    for shape in SHAPES:
        image = picture(shape)
        before = image.copy()
        made = ours(name, transform, image, 3)
        assert np.array_equal(image, before)
        if made is None:
            continue
        pixels, drawn = made
        assert type(pixels) is np.ndarray and pixels.dtype == np.uint8 and pixels.flags.c_contiguous
        assert not np.shares_memory(pixels, image)
        json.dumps(drawn, allow_nan=False)
        np.asarray(pixels)[...] = 0  # if this were a part of a cache, the next would differ
        again = ours(name, transform, image, 3)
        assert again is not None and again[1] == drawn
        third = ours(name, transform, image, 3)
        assert third is not None and np.array_equal(again[0], third[0])


@pytest.mark.parametrize(("name", "number"), CASES)
def test_only_its_own_generators_count(name: str, number: int) -> None:
    transform, image = built(name, SETTINGS[name][number]), picture((37, 53, 3))
    first = ours(name, transform, image, 5)
    random.seed(1)
    np.random.seed(1)
    cv2.setRNGSeed(1)
    second = ours(name, transform, image, 5)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert np.array_equal(first[0], second[0])


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("kind", ["float32", "uint16", "four channels"])
def test_other_pictures_are_left_to_the_library(name: str, kind: str) -> None:
    image = picture((20, 20, 3))
    other = np.dstack([image, image[..., :1]]) if kind == "four channels" else image.astype(kind)
    assert ours(name, built(name, SETTINGS[name][0]), other, 0) is None


@pytest.mark.parametrize("name", KERNELS)
def test_pictures_that_are_views_work_too(name: str) -> None:
    transform, image = built(name, SETTINGS[name][0]), picture((80, 90, 3))
    view = image[5:65, 10:80]
    whole, part = ours(name, transform, view.copy(), 2), ours(name, transform, view, 2)
    assert whole is not None and part is not None
    assert np.array_equal(whole[0], part[0])


NOISES = [(name, number) for name, number in CASES if tolerance(name) is None]


def spread(name: str, transform: Any, image: np.ndarray, native: bool) -> np.ndarray:
    """How often a value was moved by each of -255 to 255, over several seeds."""
    counts = np.zeros(511)
    for seed in range(8):
        made = ours(name, transform, image, seed) if native else (library(transform, image, seed), {})
        assert made is not None and made[0] is not None
        moved = made[0].astype(int) - image
        counts += np.bincount(moved.ravel() + 255, minlength=511)
    return counts / counts.sum()


@pytest.mark.parametrize(("name", "number"), NOISES)
@pytest.mark.parametrize("gray", [False, True])
def test_noise_is_distributed_as_the_library_s(name: str, number: int, gray: bool) -> None:
    image = np.asarray(cv2.resize(picture((4, 4, 3), 1), (251, 199), interpolation=cv2.INTER_CUBIC))
    image = np.ascontiguousarray(image[..., 0] if gray else image)
    transform = built(name, SETTINGS[name][number])
    if ours(name, transform, image, 0) is None:
        assert gray
        return
    there, here = spread(name, transform, image, False), spread(name, transform, image, True)
    values = np.arange(-255, 256)
    means = [float(values @ counts) for counts in (there, here)]
    deviations = [float(np.sqrt((values - mean) ** 2 @ c)) for c, mean in zip((there, here), means, strict=True)]
    few = SETTINGS[name][number].get("noise_scale_factor", 1) ** 2 * (1 if gray else 0.5)
    assert means[1] == pytest.approx(means[0], abs=0.02 * max(1.0, deviations[0]) / few**0.5)
    assert deviations[1] == pytest.approx(deviations[0], rel=0.02 / few**0.5, abs=0.02)
    assert np.abs(np.cumsum(there) - np.cumsum(here)).max() < 0.008 / few**0.5  # Kolmogorov and Smirnov, two samples


def test_noise_differs_between_draws_channels_and_neighbours() -> None:
    transform, image = built("gauss_noise", {"std_range": (0.1, 0.1)}), np.full((300, 400, 3), 128, np.uint8)
    made = [ours("gauss_noise", transform, image, seed) for seed in (1, 2)]
    one, two = (np.asarray(item[0], float) - 128 for item in made if item is not None)
    pairs = [(one, two), (one[..., 0], one[..., 1]), (one[:, 1:], one[:, :-1]), (one[1:], one[:-1])]
    for first, second in pairs:
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_shared_noise_is_the_same_in_all_channels() -> None:
    made = ours("gauss_noise", built("gauss_noise", {"per_channel": False}), np.full((30, 40, 3), 128, np.uint8), 1)
    assert made is not None
    assert np.array_equal(made[0][..., 0], made[0][..., 1]) and np.array_equal(made[0][..., 0], made[0][..., 2])


def test_no_noise_changes_nothing() -> None:
    image = picture((37, 53, 3), 1)
    made = ours("gauss_noise", built("gauss_noise", {"std_range": (0, 0)}), image, 1)
    assert made is not None and np.array_equal(made[0], image)
