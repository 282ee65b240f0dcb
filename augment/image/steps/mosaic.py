"""Mosaic: puts this picture and three others of the same split together, two by two, with all their objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.compose import merged
from augment.image.labels.scene import Array, Bitmaps
from augment.image.labels.warp import placed, warped_masks
from augment.image.steps import _mixing
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = "Objects of all four come along, cut off at the seams. Classes become soft, by area."
DOCS = "https://arxiv.org/abs/2004.10934"


class Options(_Base):
    """Bochkovskiy, Wang and Liao, YOLOv4, 2020; with ``reference_images`` the library's own Mosaic is meant."""

    size: tuple[int, int] | None = pydantic.Field(
        None, description="[height, width] of the outcome, in pixels; that of this picture by default."
    )
    center_range: tuple[float, float] = pydantic.Field(
        (0.3, 0.7), description="Where the seams meet, drawn from this part of width and height."
    )
    balanced: pydantic.StrictBool = pydantic.Field(False, description="Draw partners of each class equally often.")

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        low, high = self.center_range
        if not 0 < low <= high < 1:
            raise ValueError("expected center_range: [low, high] between 0 and 1")
        if self.size is not None and not all(4 <= side <= 20_000 for side in self.size):
            raise ValueError("expected size: [height, width], each from 4 to 20000")
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Put four pictures together; each is scaled to fill its cell, and the rest of it is cut away."""
    others = _mixing.partners(sample, chance, 3, options.balanced)
    rng = chance.child("layout").generator()
    height, width = options.size or sample.value.shape[:2]
    low, high = options.center_range
    x, y = (min(max(round(side * rng.uniform(low, high)), 1), side - 1) for side in (width, height))
    cells = [(0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height)]
    order = rng.permutation(4).tolist()
    pixels = np.zeros((height, width, *sample.value.shape[2:]), sample.value.dtype)
    bitmaps = Bitmaps(void=_mixing.scene(sample).bitmaps.void)
    scenes = []
    shares = []
    for cell, member in zip([cells[place] for place in order], [sample, *others], strict=True):
        matrix = _filling(member.value, cell, rng)
        spot = (slice(cell[1], cell[3]), slice(cell[0], cell[2]))
        size = (cell[2] - cell[0], cell[3] - cell[1])
        pixels[spot] = _warp(member.value, matrix, size)
        scene = _mixing.scene(member)
        tile = placed(scene, matrix, size)
        shift = np.array([[1, 0, cell[0]], [0, 1, cell[1]], [0, 0, 1.0]])
        scenes.append(placed(tile, shift, (width, height)))
        where = np.zeros((height, width), bool)
        where[spot] = True
        bitmaps = _mixing.pasted(bitmaps, warped_masks(scene.bitmaps, shift @ matrix, (width, height)), where)
        shares.append((member, size[0] * size[1] / (width * height)))
    whole = merged(scenes, bitmaps)
    told = {"center": [x, y], "partners": [other.key for other in others]}
    return _mixing.mixed(sample, pixels, whole, _mixing.soft(shares)), told


def _filling(pixels: Array, cell: tuple[int, int, int, int], rng: np.random.Generator) -> Array:
    """The matrix that scales a picture until it just fills a cell, and shows any part of it."""
    width, height = cell[2] - cell[0], cell[3] - cell[1]
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    spare = pixels.shape[1] * scale - width, pixels.shape[0] * scale - height
    x, y = (rng.uniform(0, max(side, 0.0)) for side in spare)
    return np.array([[scale, 0, -x], [0, scale, -y], [0, 0, 1.0]])


def _warp(pixels: Array, matrix: Array, size: tuple[int, int]) -> Array:
    """Pixels moved by a matrix of continuous coordinates; shrinking takes the mean of what comes together."""
    scale = matrix[0, 0]
    if scale < 1:
        small = _mixing.resized(
            pixels, (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        )
        factors = np.diag([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0], 1.0])
        pixels, matrix = small, matrix @ factors
    return _mixing.warped_pixels(pixels, matrix, size)
