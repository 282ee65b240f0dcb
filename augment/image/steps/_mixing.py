"""What steps that mix pictures share: partners in the picture's own channels, scenes for all, soft classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from augment.annotations import INDEX, Annotations, Weights, mixture
from augment.chance import Chance
from augment.errors import SampleError
from augment.image.labels.motion import for_opencv
from augment.image.labels.options import Labels
from augment.image.labels.scene import Array, Bitmaps, Pairs, Scene, scene_of
from augment.sample import Sample


def partners(sample: Sample, chance: Chance, count: int, balanced: bool) -> list[Sample]:
    """Other samples of the same split, with pixels in the channels of this one. Raises SampleError."""
    if sample.partners is None:
        raise SampleError("no partner", "this step mixes samples, and here there is only one")
    found = sample.partners(chance, count, balanced)
    return [replace(other, value=_channels(other.value, sample.value)) for other in found]


def _channels(pixels: Array, like: Array) -> Array:
    if pixels.ndim == like.ndim:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB if like.ndim == 3 else cv2.COLOR_RGB2GRAY))


def resized(pixels: Array, size: tuple[int, int]) -> Array:
    """Pixels in another size (width, height)."""
    if pixels.shape[1::-1] == size:
        return pixels
    shrinks = pixels.shape[1] > size[0] or pixels.shape[0] > size[1]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


def scene(sample: Sample) -> Scene:
    """What is annotated; an empty scene where nothing is."""
    if sample.annotations is not None:
        found: Scene = sample.annotations
        return found
    size = (int(sample.value.shape[1]), int(sample.value.shape[0]))
    return scene_of(Annotations(size=size), Labels(), Pairs(), Bitmaps())


def warped_pixels(pixels: Array, matrix: Array, size: tuple[int, int]) -> Array:
    """Pixels moved by an affine matrix of continuous coordinates, linearly; beyond the border they go on as there."""
    how: dict[str, Any] = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    return np.asarray(cv2.warpAffine(pixels, for_opencv(matrix), size, **how))


def pasted(below: Bitmaps, above: Bitmaps, where: Array) -> Bitmaps:
    """Masks of a whole picture with those of another in some of its pixels, (height, width) bool."""
    found: dict[str, Any] = {}
    for name in [*below.pixels, *(name for name in above.pixels if name not in below.pixels)]:
        under, over = below.pixels.get(name), above.pixels.get(name)
        empty = (below.void if name == INDEX else None) or 0
        under = np.full(where.shape, empty, np.uint8) if under is None else under
        over = np.full(where.shape, empty, np.uint8) if over is None else over
        found[name] = np.where(where, over, under)
    return replace(below, pixels=found, palettes={**above.palettes, **below.palettes})


def soft(shares: Sequence[tuple[Sample, float]]) -> Mapping[str, float]:
    """The classes of a mixture: each sample's own, by its share; nothing where any of them has none."""
    return mixture((_classes(sample), share) for sample, share in shares)


def _classes(sample: Sample) -> Weights:
    """A sample's classes, named as they are where it was mirrored."""
    known: Scene | None = sample.annotations
    own = dict(known.source.classes) if known is not None else {}
    if not own and sample.label is not None:
        own = {str(sample.label): 1.0}
    if known is None or not known.turned_over:
        return list(own.items())
    return [(known.pairs.names.get(name, name), weight) for name, weight in own.items()]


def mixed(sample: Sample, pixels: Array, whole: Scene, classes: Mapping[str, float]) -> Sample:
    """The mixture as a sample: its label is the class with most of it."""
    label = max(classes, key=lambda name: classes[name]) if classes else sample.label
    source = replace(whole.source, classes=classes if len(classes) > 1 else {})
    return replace(sample, value=pixels, label=label, annotations=replace(whole, source=source, turned_over=False))
