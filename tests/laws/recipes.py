"""The smallest recipe with which each step works, found by itself where it can be; here stands what can't be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ImageFont

SIZES: dict[str, Any] = {
    "height": 24,
    "width": 24,
    "size": [24, 24],
    "min_max_height": [8, 16],
    "num_grid_xy": [3, 3],
    "magnitude": 4,
}
"""Values for required parameters, by their name."""

SPECIAL: dict[str, dict[str, Any]] = {
    "Affine": {"rotate": [-40, 40]},
    "KerasAffine": {"rotation_range": 40},
    "CLAHE": {"clip_limit": [1, 60]},
    "Downscale": {"scale_range": [0.2, 0.8]},
    "Posterize": {"num_bits": [1, 6]},
    "RandomGravel": {"gravel_roi": [0, 0, 1, 1], "number_of_patches": 9},
    "Solarize": {"threshold_range": [0.1, 0.9]},
    "XYMasking": {"num_masks_x": [1, 3], "mask_x_length": [2, 9]},
    "ConstrainedCoarseDropout": {"bbox_labels": ["cat"]},
    "Crop": {"x_max": 20, "y_max": 20},
    "CropAndPad": {"px": -3},
    "LongestMaxSize": {"max_size": 24},
    "SmallestMaxSize": {"max_size": 24},
}
"""Where the defaults change nothing or always the same, or are optional one by one but not all together."""


def recipe(name: str, required: list[str], folder: Path) -> dict[str, Any]:
    """Parameters for one step; ``folder`` gets the reference pictures, texts and fonts that it needs."""
    found = {key: given(key, folder) for key in required}
    return {**found, **SPECIAL.get(name, {})}


def given(key: str, folder: Path) -> Any:
    """A value for one required parameter. KeyError if nobody knows one: then the sweep fails."""
    if key == "reference_images":
        return pictures(folder)
    if key == "font_path":
        font = ImageFont.load_default(20)
        assert isinstance(font, ImageFont.FreeTypeFont)
        path = folder / "font.ttf"
        path.write_bytes(font.font_bytes)
        return str(path)
    if key == "texts":
        return ["some words", "others"]
    if key == "templates":
        return pictures(folder)
    return SIZES[key]


def pictures(folder: Path) -> str:
    """A folder with three reference pictures."""
    refs = folder / "refs"
    refs.mkdir(exist_ok=True)
    rng = np.random.default_rng(5)
    for number in range(3):
        cv2.imwrite(str(refs / f"{number}.png"), rng.integers(0, 256, (40, 30, 3), np.uint8))
    return str(refs)
