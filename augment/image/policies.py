"""The published search spaces of automatic policies, in terms of the library's transforms; and blending of pictures.

Tables: RandAugment (Cubuk et al., 2019) and TrivialAugment's wide space (Müller and Hutter, 2021) as in torchvision,
AugMix (Hendrycks et al., 2020) as in its authors' code, which leaves out what its benchmark measures. Where the
library differs from Pillow: a shear leaves the middle of the picture where it is, not its corner; sharpness below 1 is
a Gaussian as wide as Pillow's smoothing kernel; and Equalize counts the pixels of a grey value itself in, save those
of the darkest (by ``mode: pil`` it would count those too, and turn a black background gray).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from augment.errors import SampleError

Steps = Sequence[Mapping[str, Any]]

BINS = 31
"""Magnitudes 0 to 30."""

STILL = [0, 0]


def search_space(policy: str) -> Steps:
    """The steps that a policy draws from, as in a recipe; none for a policy that has not been published."""
    found = {"rand_augment": _rand_augment, "trivial_augment": _trivial_augment, "aug_mix": _aug_mix}.get(policy)
    return found() if found else ()


def blend(values: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of pictures, in float32, rounded where they are of whole numbers. Raises SampleError.

    Weights are shares, which add up to 1.
    """
    first = values[0]
    for value in values:
        if value.shape != first.shape or value.dtype != first.dtype:
            raise SampleError(
                "step failed",
                f"pictures of {_kind(first)} and {_kind(value)} can't be blended; use steps that keep size and type",
            )
    total = np.zeros(first.shape, np.float32)
    part = np.empty_like(total)
    for value, weight in zip(values, weights, strict=True):
        if weight:
            total += np.multiply(value, np.float32(weight), out=part)
    if not np.issubdtype(first.dtype, np.integer):
        return total.astype(first.dtype)
    bounds = np.iinfo(first.dtype)
    np.rint(total, out=total)
    return np.clip(total, bounds.min, bounds.max, out=total).astype(first.dtype)


def _rand_augment() -> Steps:
    widest = 150 / 331
    return [
        {"NoOp": {}},
        *_shears(0.3, "nearest"),
        *_shifts("translate_percent", widest, "nearest"),
        _rotation(30, "nearest"),
        *_enhancers(0.9),
        {"Posterize": {"num_bits": {"from": 8, "to": 4, "whole": True}}},
        *_tones(),
    ]


def _trivial_augment() -> Steps:
    return [
        {"NoOp": {}},
        *_shears(0.99, "nearest"),
        *_shifts("translate_px", 32, "nearest"),  # drawn as whole pixels from -32 to 32
        _rotation(135, "nearest"),
        *_enhancers(0.99),
        {"Posterize": {"num_bits": {"from": 8, "to": 2, "whole": True}}},
        *_tones(),
    ]


def _aug_mix() -> Steps:
    return [
        *_shears(0.3, "linear"),
        *_shifts("translate_percent", 1 / 3, "linear"),
        _rotation(30, "linear"),
        # from 4 to 0, cut off to whole bits: the strongest is 1, for a level is always below 10
        {"Posterize": {"num_bits": {"from": 4.499, "to": 0.501, "whole": True}}},
        *_tones(),
    ]


def _shears(widest: float, interpolation: str) -> Steps:
    """Along x and along y, by up to ``widest`` pixels a pixel; the library wants the angle."""
    angles = [round(math.degrees(math.atan(widest * bin / (BINS - 1))), 9) for bin in range(BINS)]
    grows = {"values": angles, "both_ways": True}
    return [
        {"Affine": {"shear": {**dict.fromkeys("xy", STILL), axis: grows}, "interpolation": interpolation}}
        for axis in "xy"
    ]


def _shifts(key: str, widest: float, interpolation: str) -> Steps:
    grows = {"from": 0, "to": widest, "both_ways": True}
    return [
        {"Affine": {key: {**dict.fromkeys("xy", STILL), axis: grows}, "interpolation": interpolation}} for axis in "xy"
    ]


def _rotation(widest: float, interpolation: str) -> Mapping[str, Any]:
    """In degrees."""
    return {"Rotate": {"limit": {"from": 0, "to": widest, "both_ways": True}, "interpolation": interpolation}}


def _tones() -> Steps:
    return [
        {"Solarize": {"threshold_range": {"from": 1, "to": 0}}},
        {"AutoContrast": {"cutoff": 0, "method": "pil"}},
        {"Equalize": {"mode": "cv"}},
    ]


def _enhancers(widest: float) -> Steps:
    """Brightness, colour, contrast and sharpness by factors from 1 - widest to 1 + widest."""
    factor = {"from": 1, "to": 1 + widest, "both_ways": True}
    alone = {"brightness": [1, 1], "contrast": [1, 1], "saturation": [1, 1], "hue": [0, 0]}
    # Pillow takes away (factor - 1) times its 3x3 smoothing kernel, in thirteenths: the alpha of the library.
    sharper = {"alpha": {"from": 0, "to": widest / 13}, "lightness": [1, 1], "method": "kernel"}
    softer = {"sigma_limit": {"values": [_sigma(widest * bin / (BINS - 1)) for bin in range(BINS)]}}
    return [
        *({"ColorJitter": {**alone, key: factor}} for key in ("brightness", "saturation", "contrast")),
        {"one_of": [{"Sharpen": sharper}, {"GaussianBlur": {"blur_limit": [3, 3], **softer}}]},
    ]


def _sigma(share: float) -> float:
    """Of the 3x3 Gaussian with the variance of a picture that is, to this share, smoothed by Pillow's kernel.

    That has 1/13 in each of six places one pixel to the side; a Gaussian has b, and 1 - 2b in the middle.
    """
    b = max(3 * share / 13, 1e-4)  # a sigma of 0 means another thing to the library
    return round(math.sqrt(-0.5 / math.log(b / (1 - 2 * b))), 9)


def _kind(value: Any) -> str:
    return f"{value.shape[1]}x{value.shape[0]} pixels of {value.dtype}"
