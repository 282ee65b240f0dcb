"""Keras' ImageDataGenerator as a recipe: the same arguments, with the meaning that they are documented to have."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from augment.engine.recipe import Recipe, load
from augment.errors import Problem, RecipeError, nearest
from augment.migrate.composed import ONE_EACH, built

_STATISTICS = "it needs statistics or values that no 8-bit picture holds; normalise in the model, with "

REFUSED: Mapping[str, str] = {
    "featurewise_center": _STATISTICS + "keras.layers.Normalization",
    "featurewise_std_normalization": _STATISTICS + "keras.layers.Normalization",
    "samplewise_center": _STATISTICS + "a layer that subtracts each picture's mean",
    "samplewise_std_normalization": _STATISTICS + "a layer that divides by each picture's deviation",
    "zca_whitening": _STATISTICS + "a layer that multiplies by the whitening matrix",
    "preprocessing_function": "it is code, and a recipe is data; make it a step with @augment.step and name it in the "
    "recipe, or call it in the training loop",
    "validation_split": "copies of validation pictures must not get into training; put the pictures into train/ and "
    "val/ first (only train grows)",
}
"""Arguments that can't be carried over -> why, and what to do."""

TOLD: Mapping[str, str] = {
    "rescale": "pictures stay 0 to 255; scale them in the model, with keras.layers.Rescaling",
    "data_format": "pictures are (height, width, channels); transpose them in the training loop",
    "dtype": "pictures are uint8; convert them in the training loop",
}
"""Arguments that say something of the training loop -> what is said of them."""

AFFINE = (
    "rotation_range",
    "width_shift_range",
    "height_shift_range",
    "shear_range",
    "zoom_range",
    "fill_mode",
    "cval",
    "interpolation_order",
)
OTHER = (
    "brightness_range",
    "channel_shift_range",
    "horizontal_flip",
    "vertical_flip",
    "zca_epsilon",
)


def from_keras(**arguments: Any) -> Recipe:
    """The recipe that does what ``ImageDataGenerator(**arguments)`` is documented to do; ``to_yaml`` shows it.

    Steps stand in Keras' order: one warp (KerasAffine), channel shift, flips, brightness. As there, a source gives one
    copy an epoch, and no original: the recipe says ``expand: {multiplier: 1, keep_originals: false}``, and
    ``multiplier=`` over it makes more.

    What is drawn has the distribution of Keras 3.15.1, and pixels go where its code sends them, but for these:

    - ``width_shift_range`` moves left and right, ``height_shift_range`` up and down, as documented. Keras' own code
      has them exchanged since 2020, see KerasAffine; there, exchange the two to get here what you had.
    - A picture that is not square is turned, sheared and zoomed round its middle; Keras takes another point.
    - ``fill_mode: wrap`` repeats the picture; SciPy's, which Keras uses, leaves out a row and a column of each.
      ``constant`` blends with ``cval`` at the border. ``interpolation_order: 3`` is a cubic, but no spline.
    - A channel shift is cut off at 0 and 255, not at the picture's own least and greatest value; and brightness is
      rounded, not cut off to a whole number.

    Args:
        arguments: As ImageDataGenerator takes them. ``rescale``, ``dtype`` and ``data_format: channels_first`` are the
            training loop's business: a warning says so.

    Raises:
        RecipeError: An argument is unknown, has a wrong value, or can't be carried over; it says why and what to do.
    """
    known = [*AFFINE, *OTHER, *REFUSED, *TOLD]
    problems = [
        Problem(key, f"expected an argument of ImageDataGenerator, got {key!r}", nearest(key, known))
        for key in arguments
        if key not in known
    ]
    given = {key: value for key, value in arguments.items() if value is not None and key in known}
    problems += [Problem(key, f"{key} can't be carried over", why) for key, why in REFUSED.items() if given.get(key)]
    steps = _steps(given, problems)
    if problems:
        raise RecipeError(problems)
    told = [f"{key}: {TOLD[key]}" for key in TOLD if key in given and given[key] != "channels_last"]
    if told:
        warnings.warn("; ".join(told), UserWarning, stacklevel=2)
    return load({"expand": dict(ONE_EACH), "image": steps})


def _steps(given: Mapping[str, Any], problems: list[Problem]) -> list[dict[str, Any]]:
    """The steps of a recipe, in Keras' order."""
    steps: list[dict[str, Any]] = []
    affine = {key: _plain(given[key]) for key in AFFINE if key in given}
    if any(affine.get(key, 0) not in (0, [1, 1]) for key in AFFINE[:5]):
        steps.append({"KerasAffine": affine})
    elif affine:
        built("image", "KerasAffine", affine, "", problems)  # it would do nothing, but a wrong value is told
    shift = _number(given, "channel_shift_range", problems)
    if shift:
        limit = shift / 255
        steps.append(
            {"RandomBrightnessContrast": {"brightness_limit": [-limit, limit], "contrast_limit": [0, 0], "p": 1}}
        )
    steps += [{name: {"p": 0.5}} for key, name in _FLIPS.items() if _flag(given, key, problems)]
    if "brightness_range" in given:
        ends = _plain(given["brightness_range"])
        if not isinstance(ends, list) or len(ends) != 2 or not 0 <= ends[0] <= ends[1]:
            expected = f"expected [low, high] with 0 <= low <= high, got {ends!r}"
            problems.append(Problem("brightness_range", expected, "write brightness_range=[0.8, 1.2]"))
        else:
            steps.append({"MultiplicativeNoise": {"multiplier": ends, "p": 1}})
    return steps


_FLIPS = {"horizontal_flip": "HorizontalFlip", "vertical_flip": "VerticalFlip"}


def _number(given: Mapping[str, Any], key: str, problems: list[Problem]) -> float:
    value = _plain(given.get(key, 0))
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 255:
        problems.append(Problem(key, f"expected a number from 0 to 255, got {value!r}"))
        return 0.0
    return float(value)


def _flag(given: Mapping[str, Any], key: str, problems: list[Problem]) -> bool:
    value = given.get(key, False)
    if value not in (True, False):
        problems.append(Problem(key, f"expected True or False, got {value!r}"))
    return bool(value)


def _plain(value: Any) -> Any:
    """Arrays and tuples as lists, NumPy's numbers as Python's."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value
