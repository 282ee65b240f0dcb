"""KerasAffine: turns, shifts, shears and zooms at once, by the draws and parameters of Keras' ImageDataGenerator.

``width_shift_range`` moves left and right and ``height_shift_range`` up and down, as Keras documents them. Keras'
own code has moved the other way since pull request 318 of keras-preprocessing (2020; Keras 3.15.1 still does): it
multiplies in (x, y) what it has drawn in (row, column). There ``height_shift_range`` moves columns, by parts of the
height, and the middle of a picture that is not square is taken with its sides exchanged, so that turns, shears and
zooms push it off-centre. Here the middle is the middle. On square pictures all else is Keras' own, draw for draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import cv2
import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.motion import for_opencv
from augment.image.labels.warp import warped
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = "Boxes, masks and keypoints move with the pixels. Copies mirrored by fill_mode at the border have no labels."
DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/preprocessing/image/ImageDataGenerator"
P = 1.0

BORDERS = {
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT,
    "wrap": cv2.BORDER_WRAP,
}
"""Keras' names -> OpenCV's constants."""

ORDERS = {0: cv2.INTER_NEAREST, 1: cv2.INTER_LINEAR, 3: cv2.INTER_CUBIC}
"""Order of the spline -> OpenCV's constant; its cubic is not a spline, but looks the same."""

Shift = pydantic.StrictInt | pydantic.StrictFloat | tuple[float, ...]


class Options(_Base):
    """Keras' own parameters: Chollet et al., keras.preprocessing.image.ImageDataGenerator."""

    rotation_range: float = pydantic.Field(0.0, ge=0, allow_inf_nan=False, description="Degrees, in either direction.")
    width_shift_range: Shift = pydantic.Field(
        0.0,
        description="Number with a point: part of the width below 1, else pixels. Whole number n: whole pixels from 0 "
        "to n - 1, in either direction. List: one of these, in either direction; parts of the width if all are < 1.",
    )
    height_shift_range: Shift = pydantic.Field(0.0, description="The same, of the height.")
    shear_range: float = pydantic.Field(
        0.0, ge=0, lt=90, description="Degrees, in either direction; rows slide along each other."
    )
    zoom_range: pydantic.StrictFloat | pydantic.StrictInt | tuple[float, float] = pydantic.Field(
        0.0,
        description="[low, high], or z for [1 - z, 1 + z]; below 1 is nearer. Rows and columns draw independently.",
    )
    fill_mode: Literal["constant", "nearest", "reflect", "wrap"] = pydantic.Field(
        "nearest", description="What comes from beyond the border."
    )
    cval: float = pydantic.Field(0.0, ge=0, le=255, description="The value of all channels with fill_mode: constant.")
    interpolation_order: Literal[0, 1, 3] = pydantic.Field(1, description="0 nearest, 1 linear, 3 cubic.")

    @pydantic.field_validator("width_shift_range", "height_shift_range")
    @classmethod
    def _shifts(cls, value: Any) -> Any:
        wrong = value == () if isinstance(value, tuple) else value < 0
        if wrong or not np.isfinite(value).all():
            raise ValueError("expected a number from 0, or a list of numbers")
        return value

    @pydantic.field_validator("zoom_range")
    @classmethod
    def _zooms(cls, value: Any) -> Any:
        low, high = zooms(value)
        if not 0 < low <= high < np.inf:
            raise ValueError("expected [low, high] with 0 < low <= high, or a number from 0 and below 1")
        return value


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Warp the picture once, by what was drawn."""
    height, width = (int(side) for side in sample.value.shape[:2])
    told = drawn(options, (height, width), chance)
    matrix = forward(told, (height, width))
    pixels = cv2.warpAffine(
        sample.value,
        for_opencv(matrix),
        (width, height),
        flags=ORDERS[options.interpolation_order],
        borderMode=BORDERS[options.fill_mode],
        borderValue=(options.cval,) * 4,
    )
    made = replace(sample, value=np.asarray(pixels))
    if sample.annotations is not None:
        made = replace(made, annotations=warped(sample.annotations, matrix, (width, height)))
    return made, told


def drawn(options: Options, size: tuple[int, int], chance: Chance) -> dict[str, Any]:
    """The draws of Keras' get_random_transform for a picture of ``size`` (height, width).

    ``rotation`` and ``shear`` in degrees, ``shift`` [rows, columns] in pixels, ``zoom`` [rows, columns]. They say
    where in the old picture a pixel comes from: a shift of [8, 0] moves it up, a zoom of 0.5 shows half of it.
    """

    def between(name: str, end: float) -> float:
        return (2 * chance.child(name).uniform() - 1) * end

    low, high = zooms(options.zoom_range)
    ranges = (options.height_shift_range, options.width_shift_range)
    names = ("rows", "columns")
    return {
        "rotation": between("rotation", options.rotation_range),
        "shift": [
            _shift(chosen, side, chance.child(f"shift/{name}"))
            for chosen, side, name in zip(ranges, size, names, strict=True)
        ],
        "shear": between("shear", options.shear_range),
        "zoom": [low + (high - low) * chance.child(f"zoom/{name}").uniform() for name in names],
    }


def zooms(value: float | Sequence[float]) -> tuple[float, float]:
    """The range of a zoom."""
    return (1 - value, 1 + value) if isinstance(value, int | float) else (value[0], value[1])


def _shift(chosen: float | Sequence[float], side: int, chance: Chance) -> float:
    """A shift in pixels along a side of so many."""
    if isinstance(chosen, float):
        return (2 * chance.uniform() - 1) * chosen * (side if chosen < 1 else 1)
    values: Sequence[float] = range(max(chosen, 1)) if isinstance(chosen, int) else chosen
    found = values[int(chance.uniform() * len(values))] * (1 if chance.child("sign").uniform() < 0.5 else -1)
    fraction = not isinstance(chosen, int) and max(values) < 1
    return float(found * side if fraction else found)


def forward(told: dict[str, Any], size: tuple[int, int]) -> np.ndarray:
    """The 3x3 matrix of continuous (x, y) that a draw stands for.

    Rotation, shift, shear and zoom are multiplied as in Keras 3.15, in (x, y) round the middle of the picture, to the
    matrix that leads from a pixel of the new picture to that of the old. What is upright after a shear comes from
    what leant by its angle and was as long.
    """
    turn, lean = np.deg2rad(told["rotation"]), np.deg2rad(told["shear"])
    (down, right), (rows, columns) = told["shift"], told["zoom"]
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    shift = np.array([[1, 0, right], [0, 1, down], [0, 0, 1]])
    shear = np.array([[1, -np.sin(lean), 0], [0, np.cos(lean), 0], [0, 0, 1]])
    backward = rotation @ shift @ shear @ np.diag([columns, rows, 1.0])
    middle = np.array([[1, 0, size[1] / 2], [0, 1, size[0] / 2], [0, 0, 1]])
    return np.asarray(middle @ np.linalg.inv(backward) @ np.linalg.inv(middle))
