"""Pictures that a step needs beside the one it works on: a folder, a file or a list of them, named in the recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augment import references
from augment.chance import Chance
from augment.errors import Problem, RecipeError, SampleError
from augment.image.decode import SUFFIXES, decode

CACHE_BYTES = 128 * 2**20
"""Reference pictures that each worker keeps decoded, in bytes of pixels."""


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
    """The files that a folder, a file name or a list of them stands for. Raises RecipeError."""
    return tuple(file for file, _ in references.find(value, base, path, "pictures", SUFFIXES))


class Shelf(references.Shelf[np.ndarray]):
    """The pictures used last, up to a number of bytes. One a process."""

    def __init__(self, most: int) -> None:
        super().__init__(most, _read, lambda pixels: int(pixels.nbytes))

    def picture(self, file: Path) -> np.ndarray:
        """A reference picture, (H, W, 3) uint8 RGB. Not to be written into. Raises SampleError, naming the file."""
        return self.take(file)


def _read(file: Path) -> np.ndarray:
    try:
        pixels = decode(file.read_bytes())
    except OSError as error:
        raise SampleError("reference unreadable", f"{file.name}: {error.strerror or error}") from error
    except SampleError as error:
        raise SampleError("reference unreadable", f"{file.name}: {error}") from error
    pixels = np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels
    pixels.setflags(write=False)
    return pixels


SHELF = Shelf(CACHE_BYTES)

Metadata = Callable[[References, Chance, np.ndarray, Any], Any]


def _pick(files: Sequence[Path], chance: Chance, count: int) -> list[np.ndarray]:
    """Copies of ``count`` different pictures, or of all there are; no others are read."""
    order = chance.generator().choice(len(files), min(count, len(files)), replace=False)
    return [SHELF.picture(files[index]).copy() for index in order]


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


def keys(name: str) -> tuple[str, ...]:
    """The parameters that we add to a step; the first one is required."""
    if name not in METADATA:
        return ()
    return ("texts", "boxes") if name == "TextImage" else ("reference_images",)


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
    files = resolve(parameters.pop("reference_images"), base, "reference_images")
    for file in files:
        if file.suffix.lower() not in SUFFIXES:
            raise RecipeError([Problem("reference_images", f"expected pictures, got {file.name}")])
    return References(files)


def _take_words(parameters: dict[str, Any], base: Path) -> References:
    """Texts, boxes and the font of TextImage."""
    texts, boxes = parameters.pop("texts", None), parameters.pop("boxes", [list(References().boxes[0])])
    files: tuple[Path, ...] = ()
    problems: list[Problem] = []
    try:
        if isinstance(texts, str):
            files = _file(texts, base, "texts")
            texts = _lines(files[0])
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
            expected = f"expected a list of texts, or a file with one a line, got {texts!r}"
            problems.append(Problem("texts", expected))
    except RecipeError as error:
        problems += error.problems
    if not isinstance(boxes, list) or not boxes or not all(_is_box(box) for box in boxes):
        expected = f"expected [[x_min, y_min, x_max, y_max], …], each from 0 to 1, got {boxes!r}"
        problems.append(Problem("boxes", expected))
    if "font_path" in parameters:
        try:
            font = _font(parameters["font_path"], base)
            parameters["font_path"] = str(font[0])
            files += font
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return References(files, tuple(texts or ()), tuple(tuple(float(edge) for edge in box) for box in boxes))


def _file(value: Any, base: Path, path: str) -> tuple[Path, ...]:
    """One file, which a folder is not."""
    files = resolve(value, base, path) if isinstance(value, str) else ()
    if len(files) != 1 or files[0].name != Path(str(value)).name:
        raise RecipeError([Problem(path, f"expected the name of a file, got {value!r}")])
    return files


def _lines(file: Path) -> list[str]:
    try:
        return [line for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        expected = f"expected a file of texts in UTF-8, {file.name} is not: {error}"
        raise RecipeError([Problem("texts", expected)]) from error


def _font(value: Any, base: Path) -> tuple[Path, ...]:
    from PIL import ImageFont

    files = _file(value, base, "font_path")
    try:
        ImageFont.truetype(str(files[0]), 10)
    except OSError as error:
        expected = f"expected a TrueType or OpenType font, {files[0].name} is none: {error}"
        raise RecipeError([Problem("font_path", expected)]) from error
    return files


def _is_box(box: Any) -> bool:
    numbers = isinstance(box, list) and len(box) == 4 and all(type(edge) in (int, float) for edge in box)
    return numbers and 0 <= box[0] < box[2] <= 1 and 0 <= box[1] < box[3] <= 1
