"""Pictures that a step needs beside the one it works on: a folder, a file or a list of them, named in the recipe."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from augment.chance import Chance
from augment.errors import Problem, RecipeError
from augment.image.decode import SUFFIXES, decode

CACHE = 32
"""Reference pictures that each worker keeps decoded."""


@dataclass(frozen=True, slots=True)
class References:
    """What a step is given beside the picture.

    Args:
        files: Pictures (or the font and the file of texts), sorted by path.
        texts: Lines to write, for TextImage.
        boxes: Where to write them: (x_min, y_min, x_max, y_max) as fractions.
    """

    files: tuple[Path, ...] = ()
    texts: tuple[str, ...] = ()
    boxes: tuple[tuple[float, ...], ...] = ((0.1, 0.4, 0.9, 0.6),)


def resolve(value: Any, base: Path, path: str) -> tuple[Path, ...]:
    """The files that a folder, a file name or a list of them stands for.

    Names are taken against ``base``, the recipe's folder, and if nothing is there against the working folder.

    Raises:
        RecipeError: A name leads nowhere, or no picture was found.
    """
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise RecipeError([Problem(path, f"expected a folder, a file or a list of files, got {value!r}")])
    found: list[Path] = []
    for name in names:
        place = next((where / name for where in (base, Path()) if (where / name).exists()), None)
        if place is None:
            where = " nor ".join(dict.fromkeys(os.path.abspath(root / name) for root in (base, Path())))
            raise RecipeError([Problem(path, f"expected a file or folder, nothing is at {where}")])
        found += _below(place) if place.is_dir() else [place]
    if not found:
        raise RecipeError([Problem(path, f"expected pictures, found none in {', '.join(names)}")])
    return tuple(Path(os.path.abspath(file)) for file in found)


def _below(folder: Path) -> list[Path]:
    pictures = [file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file()]
    return sorted(pictures, key=lambda file: file.relative_to(folder).as_posix())


@lru_cache(maxsize=CACHE)
def picture(file: Path) -> np.ndarray:
    """A reference picture, (H, W, 3) uint8 RGB. Not to be written into. Raises SampleError."""
    pixels = decode(file.read_bytes())
    pixels = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels
    pixels.setflags(write=False)
    return pixels


Metadata = Callable[[References, Chance, np.ndarray, Any], Any]


def _pick(files: Sequence[Path], chance: Chance, count: int) -> list[np.ndarray]:
    """``count`` different pictures, or all there are, shaped as their readers left them."""
    order = chance.generator().permutation(len(files))[:count]
    return [picture(files[index]).copy() for index in order]


def _one(given: References, chance: Chance, image: np.ndarray, transform: Any) -> Any:
    """A list of one picture with the channels of the image, for FDA and its kin."""
    import cv2

    (chosen,) = _pick(given.files, chance, 1)
    return [cv2.cvtColor(chosen, cv2.COLOR_RGB2GRAY) if image.ndim == 2 else chosen]


def _tiles(given: References, chance: Chance, image: np.ndarray, transform: Any) -> Any:
    """Partners for the other cells of a Mosaic."""
    rows, columns = transform.grid_yx
    return [{"image": chosen} for chosen in _pick(given.files, chance, rows * columns - 1)]


def _overlay(given: References, chance: Chance, image: np.ndarray, transform: Any) -> Any:
    """One element, made to fit into the image."""
    import cv2

    (chosen,) = _pick(given.files, chance, 1)
    height, width = image.shape[:2]
    shrink = min(1.0, height / chosen.shape[0], width / chosen.shape[1])
    if shrink < 1:
        size = (max(1, int(chosen.shape[1] * shrink)), max(1, int(chosen.shape[0] * shrink)))
        chosen = cv2.resize(chosen, size, interpolation=cv2.INTER_AREA)
    return {"image": chosen}


def _words(given: References, chance: Chance, image: np.ndarray, transform: Any) -> Any:
    """A text for each box."""
    rng = chance.generator()
    return [{"text": given.texts[rng.integers(len(given.texts))], "bbox": box} for box in given.boxes]


METADATA: Mapping[str, Metadata] = {
    "FDA": _one,
    "HistogramMatching": _one,
    "PixelDistributionAdaptation": _one,
    "Mosaic": _tiles,
    "OverlayElements": _overlay,
    "TextImage": _words,
}
"""Step -> what it is given at each call under its ``metadata_key``. The one place where steps are named: the library
has no declaration from which this could be read."""


def take(name: str, parameters: dict[str, Any], base: Path) -> References:
    """Take what stands for references out of a step's parameters. Raises RecipeError."""
    if name not in METADATA:
        return References()
    if name == "TextImage":
        return _take_words(parameters, base)
    if "reference_images" not in parameters:
        expected = "expected reference_images, the pictures that this step draws from"
        raise RecipeError(
            [Problem("reference_images", expected, "write reference_images: FOLDER (or a list of files)")]
        )
    return References(resolve(parameters.pop("reference_images"), base, "reference_images"))


def _take_words(parameters: dict[str, Any], base: Path) -> References:
    texts, boxes = parameters.pop("texts", None), parameters.pop("boxes", [list(References().boxes[0])])
    files: tuple[Path, ...] = ()
    problems: list[Problem] = []
    if isinstance(texts, str):
        try:
            files = resolve(texts, base, "texts")
            texts = [line for line in files[0].read_text(encoding="utf-8").splitlines() if line.strip()]
        except RecipeError as error:
            problems += error.problems
    if not problems and (not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts)):
        problems.append(Problem("texts", f"expected a list of texts or a file with one a line, got {texts!r}"))
    fits = isinstance(boxes, list) and boxes and all(_is_box(box) for box in boxes)
    if not fits:
        problems.append(Problem("boxes", f"expected [[x_min, y_min, x_max, y_max], …] from 0 to 1, got {boxes!r}"))
    if "font_path" in parameters:
        try:
            font = resolve(parameters["font_path"], base, "font_path")
            parameters["font_path"] = str(font[0])
            files += font
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return References(files, tuple(texts or ()), tuple(tuple(float(edge) for edge in box) for box in boxes))


def _is_box(box: Any) -> bool:
    numbers = isinstance(box, list) and len(box) == 4 and all(isinstance(edge, (int, float)) for edge in box)
    return numbers and 0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1
