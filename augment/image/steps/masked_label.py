"""MaskedLabel: hides random square patches of the picture and labels where, for a model to fill them in.

    image: [{MaskedLabel: {ratio: 0.75, patch: 16}}]

A pretext task of self-supervised learning. He et al., "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022:
of the patches of a grid, a share is drawn without replacement.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pydantic

from augment.annotations import MASKED
from augment.chance import Chance
from augment.image.labels.move import cover
from augment.image.labels.scene import Array
from augment.image.steps import _mixing
from augment.options import Options as _Base
from augment.sample import Dataset, Sample

LABELS = "moves"
NOTE = (
    "What is hidden becomes the mask `masked`, 255 there and 0 elsewhere. Objects are cut as if covered, those of "
    "which too little is left go; masks of the whole picture and the class stay."
)
DOCS = "https://arxiv.org/abs/2111.06377"
P = 1.0

"""The name of the mask."""


class Options(_Base):
    """How much, in which patches, and what is seen there instead."""

    ratio: float = pydantic.Field(0.75, ge=0, le=1, description="Share of the patches that are hidden.")
    patch: pydantic.StrictInt = pydantic.Field(
        16, ge=1, le=4096, description="Side of a patch, pixels; those at the right and bottom border may be cut off."
    )
    fill: pydantic.StrictInt | Literal["mean"] = pydantic.Field(
        0, description="Value of all channels there, 0 to 255, or `mean`: that of the picture, by channel."
    )

    @pydantic.field_validator("fill")
    @classmethod
    def _byte(cls, value: Any) -> Any:
        if isinstance(value, int) and not 0 <= value <= 255:
            raise ValueError("expected a whole number from 0 to 255, or mean")
        return value


def writes(options: Options, dataset: Dataset) -> Dataset:
    """Annotations say where something is."""
    return replace(dataset, spatial=True)


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Hide patches; as many as the paper's own code: all but the whole number below the share that stays."""
    height, width = sample.value.shape[:2]
    rows, columns = -(-height // options.patch), -(-width // options.patch)
    count = rows * columns - int(rows * columns * (1 - options.ratio) + 1e-9)
    hidden = np.zeros(rows * columns, bool)
    hidden[chance.child("patches").generator().permutation(rows * columns)[:count]] = True
    where = _whole(hidden.reshape(rows, columns), options.patch, (height, width))
    pixels = sample.value.copy()
    pixels[where] = _fill(options, sample.value)
    scene = _mixing.scene(sample)
    scene = cover(scene, where) if where.any() else scene
    mask = np.where(where, 255, 0).astype(np.uint8)
    before = scene.bitmaps.pixels.get(MASKED)
    masks = {**scene.bitmaps.pixels, MASKED: mask if before is None else np.maximum(before, mask)}
    scene = replace(scene, bitmaps=replace(scene.bitmaps, pixels=masks))
    return replace(sample, value=pixels, annotations=scene), {"patches": count, "of": rows * columns}


def _whole(grid: Array, side: int, size: tuple[int, int]) -> Array:
    """A grid of patches, (rows, columns) bool, as pixels, (height, width) bool."""
    height, width = size
    return np.asarray(grid.repeat(side, 0)[:height].repeat(side, 1)[:, :width])


def _fill(options: Options, pixels: Array) -> Any:
    """What stands where something is hidden, by channel."""
    if options.fill != "mean":
        return options.fill
    return np.rint(pixels.mean(axis=(0, 1))).astype(np.uint8)
