"""CopyPaste: cuts objects with masks out of another picture of the same split and pastes them into this one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.compose import chosen, hidden, merged
from augment.image.labels.motion import for_opencv
from augment.image.labels.scene import Array, Scene, region
from augment.image.labels.warp import placed, warped_masks
from augment.image.steps import _mixing
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = "Pasted objects bring their labels; objects behind them lose what is hidden, in boxes and masks."
DOCS = "https://arxiv.org/abs/2012.07177"

PARTNERS = 4
"""How many pictures are tried until one has objects to paste."""


class Options(_Base):
    """Ghiasi et al., Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation, 2021."""

    num_objects: tuple[int, int] = pydantic.Field((1, 3), description="How many objects are pasted, drawn.")
    scale_range: tuple[float, float] = pydantic.Field((0.8, 1.25), description="Their size, times their own.")
    categories: tuple[str, ...] = pydantic.Field((), description="Paste only objects of these; all by default.")
    balanced: pydantic.StrictBool = pydantic.Field(False, description="Draw partners of each class equally often.")

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        if not 1 <= self.num_objects[0] <= self.num_objects[1] <= 1000:
            raise ValueError("expected num_objects: [low, high] from 1 to 1000")
        if not 0 < self.scale_range[0] <= self.scale_range[1] <= 100:
            raise ValueError("expected scale_range: [low, high] above 0")
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Paste each object at a place of its own; where no partner has any, the picture stays as it is."""
    rng = chance.child("objects").generator()
    whole, pixels = _mixing.scene(sample), sample.value
    for turn in range(PARTNERS):
        (other,) = _mixing.partners(sample, chance.child(f"try/{turn}"), 1, options.balanced)
        there = _mixing.scene(other)
        able = [place for place in range(len(there.source.instances)) if _able(there, place, options.categories)]
        if not able:
            continue
        count = min(int(rng.integers(options.num_objects[0], options.num_objects[1] + 1)), len(able))
        picked = sorted(rng.choice(able, count, replace=False).tolist())
        pixels = pixels.copy()
        for place in picked:
            whole = _paste(pixels, whole, (other.value, there, place), rng, options)
        return replace(sample, value=pixels, annotations=whole), {"pasted": count, "partner": other.key}
    return sample, {"pasted": 0}


def _able(scene: Scene, place: int, categories: tuple[str, ...]) -> bool:
    """Whether an object can be cut out: it has a mask, stands for itself, and is wanted."""
    instance = scene.source.instances[place]
    has_mask = bool(instance.polygons) or instance.rle is not None
    return has_mask and not instance.crowd and (not categories or instance.label in categories)


def _paste(
    pixels: Array, whole: Scene, source: tuple[Array, Scene, int], rng: np.random.Generator, options: Options
) -> Scene:
    """Paste one object into ``pixels``, in place, and into the scene."""
    picture, there, place = source
    width, height = whole.size
    mask = region(there, place)
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return whole
    scale = float(rng.uniform(*options.scale_range))
    wide, high = columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]
    scale = min(scale, width / wide, height / high)
    spare = width - wide * scale, height - high * scale
    x, y = (rng.uniform(0, max(side, 0.0)) for side in spare)
    matrix = np.array([[scale, 0, x - columns[0] * scale], [0, scale, y - rows[0] * scale], [0, 0, 1.0]])
    flat = mask.astype(np.uint8)
    where = cv2.warpAffine(flat, for_opencv(matrix), (width, height), flags=cv2.INTER_NEAREST) > 0
    pixels[where] = _mixing.warped_pixels(picture, matrix, (width, height))[where]
    pasted = placed(chosen(there, [place]), matrix, (width, height))
    bitmaps = whole.bitmaps
    if bitmaps.pixels:
        bitmaps = _mixing.pasted(bitmaps, warped_masks(there.bitmaps, matrix, (width, height)), where)
    return merged([hidden(whole, where), pasted], bitmaps)
