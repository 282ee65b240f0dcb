"""Laws of the trial when a step is built: it refuses what works on no picture, and nothing that works on a big one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from augment.contracts import Setting
from augment.errors import RecipeError
from augment.image.parameters import build
from augment.image.tryout import LARGEST

SETTING = Setting(Path())


@pytest.mark.parametrize("side", [65, 2048, 2049, 3000, LARGEST, LARGEST + 1, 20_000])
@pytest.mark.parametrize("name", ["RandomCrop", "CenterCrop", "CropNonEmptyMaskIfExists", "AtLeastOneBBoxRandomCrop"])
def test_a_crop_of_any_size_fits_some_picture(name: str, side: int) -> None:
    began = time.perf_counter()
    for height, width in ((side, 40), (40, side), (side, side)):
        build(name, {"height": height, "width": width, "p": 1}, SETTING)
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Crop", {"x_min": 3000, "y_min": 3000, "x_max": 4000, "y_max": 4000}),
        ("CropAndPad", {"px": -3000}),
        ("CropAndPad", {"px": [-3000, 0, -3000, 0]}),
        ("RandomSizedCrop", {"size": [32, 32], "min_max_height": [3000, 4000]}),
    ],
)
def test_a_crop_that_needs_a_big_picture_is_no_mistake(name: str, given: dict[str, Any]) -> None:
    build(name, {**given, "p": 1}, SETTING)


def test_what_it_said_of_the_biggest_picture_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augment.image.tryout._need", lambda _: 0)  # as if its numbers didn't tell what it needs
    with pytest.raises(RecipeError, match=r"\(3000, 3000\) vs \(2048, 2048\)"):
        build("RandomCrop", {"height": 3000, "width": 3000, "p": 1}, SETTING)
