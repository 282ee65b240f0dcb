"""Random recipes of steps that move, as plain data, for pictures of about 200 pixels a side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

Strategy = st.SearchStrategy[Any]

FLAG = st.booleans()


def whole(low: int, high: int) -> Strategy:
    return st.integers(low, high)


def number(low: float, high: float) -> Strategy:
    """Hundredths, so that what hypothesis finds can be read."""
    return st.integers(round(low * 100), round(high * 100)).map(lambda hundredths: hundredths / 100)


def span(low: float, high: float) -> Strategy:
    return st.tuples(number(low, high), number(low, high)).map(sorted)


def whole_span(low: int, high: int) -> Strategy:
    return st.tuples(whole(low, high), whole(low, high)).map(sorted)


def pair(one: Strategy, other: Strategy) -> Strategy:
    return st.tuples(one, other).map(list)


SIDE = whole(100, 250)
CROP = {"height": whole(70, 140), "width": whole(70, 140)}
PADS = {**CROP, "pad_if_needed": FLAG, "pad_position": st.sampled_from(["center", "top_left", "bottom_right"])}

UPRIGHT: Mapping[str, Mapping[str, Strategy]] = {
    "NoOp": {},
    "HorizontalFlip": {},
    "VerticalFlip": {},
    "Transpose": {},
    "RandomRotate90": {},
    "D4": {},
    "SquareSymmetry": {},
    "TimeReverse": {},
    "Crop": {
        "x_min": whole(0, 40),
        "y_min": whole(0, 40),
        "x_max": whole(110, 170),
        "y_max": whole(110, 170),
        "pad_if_needed": FLAG,
    },
    "CenterCrop": PADS,
    "RandomCrop": PADS,
    "RandomCropFromBorders": {f"crop_{side}": number(0.02, 0.3) for side in ("left", "right", "top", "bottom")},
    "CropAndPad": {"px": pair(whole(-30, 0), whole(1, 30)), "keep_size": st.just(False), "sample_independently": FLAG},
    "Pad": {"padding": st.one_of(whole(0, 40), pair(whole(0, 40), whole(0, 40)))},
    "PadIfNeeded": {"min_height": SIDE, "min_width": SIDE, "position": st.sampled_from(["center", "top_right"])},
    "BBoxSafeRandomCrop": {"erosion_rate": number(0, 0.3)},
    "AtLeastOneBBoxRandomCrop": {**CROP, "erosion_factor": number(0, 0.3)},
    "CropNonEmptyMaskIfExists": CROP,
    "RandomCropNearBBox": {"max_part_shift": span(0, 0.3)},
}
"""Steps that take each pixel as it is, from one place to another: nothing is rounded."""

COVERING: Mapping[str, Mapping[str, Strategy]] = {
    "CoarseDropout": {
        "num_holes_range": whole_span(1, 4),
        "hole_height_range": span(0.05, 0.4),
        "hole_width_range": span(0.05, 0.4),
    },
    "GridDropout": {
        "ratio": number(0.2, 0.5),
        "unit_size_range": pair(whole(20, 25), whole(26, 32)),
        "random_offset": FLAG,
    },
    "XYMasking": {
        "num_masks_x": whole_span(0, 3),
        "num_masks_y": whole_span(0, 3),
        "mask_x_length": whole_span(1, 40),
        "mask_y_length": whole_span(1, 40),
    },
    "Erasing": {"scale": span(0.02, 0.3)},
    "MaskDropout": {"max_objects": whole_span(1, 2)},
    "ConstrainedCoarseDropout": {
        "num_holes_range": whole_span(1, 3),
        "hole_height_range": span(0.1, 0.6),
        "hole_width_range": span(0.1, 0.6),
        "bbox_labels": st.just(["class 1", "class 4"]),
    },
    "TimeMasking": {"time_mask_param": whole(2, 60)},
    "FrequencyMasking": {"freq_mask_param": whole(2, 60)},
}
"""Steps that cover, with black."""

STRAIGHT: Mapping[str, Mapping[str, Strategy]] = {
    "Rotate": {"limit": span(-180, 180), "crop_border": FLAG},
    "SafeRotate": {"limit": span(-180, 180)},
    "Affine": {
        "rotate": span(-180, 180),
        "scale": span(0.7, 1.3),
        "shear": span(-20, 20),
        "translate_percent": span(-0.2, 0.2),
        "fit_output": FLAG,
    },
    "ShiftScaleRotate": {
        "shift_limit": span(-0.2, 0.2),
        "scale_limit": span(-0.3, 0.3),
        "rotate_limit": span(-180, 180),
    },
    "Perspective": {"scale": span(0.02, 0.12), "keep_size": FLAG, "fit_output": FLAG},
    "RandomSizedCrop": {"min_max_height": whole_span(70, 100), "size": pair(whole(70, 130), whole(70, 130))},
    "RandomResizedCrop": {"size": pair(whole(90, 200), whole(90, 200)), "scale": span(0.4, 1)},
    "RandomSizedBBoxSafeCrop": {"height": whole(100, 200), "width": whole(100, 200), "erosion_rate": number(0, 0.2)},
    "Resize": {"height": SIDE, "width": SIDE},
    "LongestMaxSize": {"max_size": SIDE},
    "SmallestMaxSize": {"max_size": whole(100, 200)},
    "RandomScale": {"scale_limit": span(-0.4, 0.4)},
}
"""Steps that map straight lines to straight lines, and so round to pixels."""

BENDING: Mapping[str, Mapping[str, Strategy]] = {
    "ElasticTransform": {"alpha": whole(20, 120), "sigma": whole(8, 12), "approximate": FLAG, "same_dxdy": FLAG},
    "GridDistortion": {"num_steps": whole(3, 6), "distort_limit": span(-0.3, 0.3), "normalized": FLAG},
    "OpticalDistortion": {"distort_limit": span(-0.3, 0.3), "mode": st.sampled_from(["camera", "fisheye"])},
    "ThinPlateSpline": {"scale_range": span(0.01, 0.1), "num_control_points": whole(3, 4)},
    "PiecewiseAffine": {"scale": span(0.01, 0.03), "nb_rows": whole_span(3, 4), "nb_cols": whole_span(3, 4)},
    "GridElasticDeform": {"num_grid_xy": pair(whole(3, 5), whole(3, 5)), "magnitude": whole(2, 8)},
    "RandomGridShuffle": {"grid": pair(whole(1, 3), whole(1, 3))},
}
"""Steps that only know pixel by pixel where things go."""

SAMPLED = {**STRAIGHT, **BENDING}
ALL = {**UPRIGHT, **COVERING, **SAMPLED}

TOGETHER = {name: strategies for name, strategies in ALL.items() if name != "PiecewiseAffine"}
"""What random recipes are made of. The library's PiecewiseAffine enlarges the middle fivefold, and with it whatever
other steps have rounded; it is tried alone."""

WITHOUT_INTERPOLATION = {"RandomGridShuffle"}
FILLED = {
    *COVERING,
    "Affine",
    "Rotate",
    "SafeRotate",
    "ShiftScaleRotate",
    "Perspective",
    "Crop",
    "CenterCrop",
    "RandomCrop",
    "CropAndPad",
    "Pad",
    "PadIfNeeded",
    *(set(BENDING) - {"GridElasticDeform", "RandomGridShuffle"}),
}
"""Steps that say what comes from outside, or what covers."""


def step(name: str, interpolation: str = "nearest") -> Strategy:
    """One step with drawn parameters; what comes from outside is black, in masks 0."""
    fixed: dict[str, Any] = {"p": 1.0}
    if name in FILLED - {"TimeMasking", "FrequencyMasking"}:
        fixed |= {"fill": 0, "fill_mask": 0}
    if (name in SAMPLED and name not in WITHOUT_INTERPOLATION) or name == "CropAndPad":
        fixed |= {"interpolation": interpolation, "mask_interpolation": "nearest"}
    return st.fixed_dictionaries(dict(ALL[name])).map(lambda drawn: {name: {**drawn, **fixed}})


def steps(names: Mapping[str, Any], interpolation: str = "nearest") -> Strategy:
    return st.sampled_from(sorted(names)).flatmap(lambda name: step(name, interpolation))


def recipes(names: Mapping[str, Any], most: int = 3, interpolation: str = "nearest") -> Strategy:
    """One to ``most`` steps."""
    return st.lists(steps(names, interpolation), min_size=1, max_size=most)
