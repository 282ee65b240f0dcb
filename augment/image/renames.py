"""Names that albumentations used before 2.0, and what they are called now. The library only warns and goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

STEPS = {
    "Cutout": "CoarseDropout",
    "Flip": "HorizontalFlip, VerticalFlip or SquareSymmetry",
    "GaussianNoise": "GaussNoise",
    "GridMask": "GridDropout",
    "IAAAdditiveGaussianNoise": "GaussNoise",
    "IAAAffine": "Affine",
    "IAACropAndPad": "CropAndPad",
    "IAAEmboss": "Emboss",
    "IAAFliplr": "HorizontalFlip",
    "IAAFlipud": "VerticalFlip",
    "IAAPerspective": "Perspective",
    "IAAPiecewiseAffine": "PiecewiseAffine",
    "IAASharpen": "Sharpen",
    "IAASuperpixels": "Superpixels",
    "JpegCompression": "ImageCompression",
    "MaskedDropout": "MaskDropout",
    "RandomBrightness": "RandomBrightnessContrast",
    "RandomContrast": "RandomBrightnessContrast",
    "RandomHorizontalFlip": "HorizontalFlip",
    "RandomRotation": "Rotate",
    "RandomVerticalFlip": "VerticalFlip",
    "RandomZoom": "Affine with scale",
    "TemplateTransform": "OverlayElements",
    "ToTensor": "nothing: the training loop makes the tensors",
}
"""Old step, or the same one in other libraries -> what to write."""

SAME = {
    "border": "border_mode",
    "cval": "fill",
    "cval_mask": "fill_mask",
    "fill_value": "fill",
    "image_fill_value": "fill",
    "mask_fill_value": "fill_mask",
    "mask_pad_val": "fill_mask",
    "mask_value": "fill_mask",
    "mode": "border_mode",
    "order": "interpolation",
    "pad_cval": "fill",
    "pad_cval_mask": "fill_mask",
    "pad_mode": "border_mode",
    "pad_val": "fill",
    "prob": "p",
    "probability": "p",
    "value": "fill",
}
"""Old parameter -> new one with the same value, where the step has the new one."""

PAIRS = {
    "angle": "angle_range",
    "fog_coef": "fog_coef_range",
    "num_flare_circles": "num_flare_circles_range",
    "num_shadows": "num_shadows_limit",
    "quality": "quality_range",
    "slant": "slant_range",
    "snow_point": "snow_point_range",
}
"""Stem of an old pair ``STEM_lower`` and ``STEM_upper`` -> the range it is now."""

ENDS = {
    "min_holes": ("num_holes_range", 0),
    "max_holes": ("num_holes_range", 1),
    "min_height": ("hole_height_range", 0),
    "max_height": ("hole_height_range", 1),
    "min_width": ("hole_width_range", 0),
    "max_width": ("hole_width_range", 1),
    "scale_min": ("scale_range", 0),
    "scale_max": ("scale_range", 1),
    "unit_size_min": ("unit_size_range", 0),
    "unit_size_max": ("unit_size_range", 1),
    "holes_number_x": ("holes_number_xy", 0),
    "holes_number_y": ("holes_number_xy", 1),
    "shift_x": ("shift_xy", 0),
    "shift_y": ("shift_xy", 1),
    "height": ("size", 0),
    "width": ("size", 1),
    **{f"{stem}_lower": (new, 0) for stem, new in PAIRS.items()},
    **{f"{stem}_upper": (new, 1) for stem, new in PAIRS.items()},
}
"""Old parameter -> the pair it is now one end of, if the step has it: low and high, x and y, height and width."""


def _of_255(value: float) -> float:
    return value / 255


def _std_of_255(variance: float) -> float:
    return math.sqrt(max(variance, 0.0)) / 255


CHANGED: Mapping[tuple[str, str], tuple[str, Callable[[float], float], str]] = {
    ("GaussNoise", "var_limit"): ("std_range", _std_of_255, "the deviation, not the variance, as a fraction of 255"),
    ("GaussNoise", "mean"): ("mean_range", _of_255, "as a fraction of 255"),
    ("Solarize", "threshold"): ("threshold_range", _of_255, "as a fraction of 255"),
}
"""(Step, old parameter) -> new one, the new value for an old one, and what changed."""

TOLD = {
    ("Downscale", "interpolation"): "interpolation_pair: {downscale: nearest, upscale: nearest}",
    ("ElasticTransform", "alpha_affine"): "an Affine step after it; ElasticTransform has none of its own any more",
    ("OpticalDistortion", "shift_limit"): "distort_limit; a shift is an Affine step of its own",
    ("Posterize", "bits"): "num_bits",
}
"""(Step, old parameter) -> what to write, where no value can be derived."""


def successor(step: str, old: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """What to write for a step's old parameter; empty if it never was one.

    Args:
        step: Name of the step.
        old: The parameter that it has no more.
        given: The recipe's parameters, so that the fix can be given with its value.
        defaults: The step's parameters of today -> their default, or None for those that have none.
    """
    if old == "always_apply":
        return "p: 1.0" if given[old] is True else f"nothing: leave {old} out"
    if (step, old) in TOLD:
        return TOLD[step, old]
    if (step, old) in CHANGED:
        new, convert, change = CHANGED[step, old]
        return f"{new}: {_converted(given[old], convert)} ({change})"
    if SAME.get(old) in defaults:
        return f"{SAME[old]}: {_shown(given[old])}"
    new, _ = ENDS.get(old, ("", 0))
    return f"{new}: {_pair(new, given, defaults)}" if new in defaults else ""


def _converted(value: Any, convert: Callable[[float], float]) -> str:
    """An old number or range as the range it is now."""
    ends = value if isinstance(value, list) and len(value) == 2 else [value, value]
    if not all(type(end) in (int, float) for end in ends):
        return "[low, high]"
    return _shown([round(convert(end), 4) for end in ends])


def _pair(new: str, given: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """Both ends of a range: as the recipe gave them under their old names, the rest from the default, or a word."""
    default = defaults[new]
    words = {"size": ("height", "width")}.get(new, ("x", "y") if new.endswith("_xy") else ("low", "high"))
    ends: list[Any] = list(default) if isinstance(default, tuple) and len(default) == 2 else list(words)
    found = {place: given[old] for old, (name, place) in ENDS.items() if name == new and old in given}
    if words == ("low", "high") and list(found) == [1] and type(ends[0]) is not type(found[1]):
        ends[0] = "low"  # a default in fractions beside an old value in pixels would be wrong
    for place, value in found.items():
        ends[place] = value
    if all(type(end) in (int, float) for end in ends) and words == ("low", "high") and ends[0] > ends[1]:
        ends = [found.get(0, found.get(1)), found.get(1, found.get(0))]
    return "[" + ", ".join(_shown(end) for end in ends) + "]"


def _shown(value: Any) -> str:
    """A value as a recipe has it."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f"[{', '.join(_shown(part) for part in value)}]" if isinstance(value, list) else str(value)
