"""What some steps must see of the labels before they draw: where the objects are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from augment.annotations import INDEX
from augment.chance import Chance
from augment.image.labels.finish import extents
from augment.image.labels.scene import Array, Scene, region
from augment.image.peer import BboxParams, BboxProcessor

NEEDS: Mapping[str, tuple[str, ...]] = {
    "AtLeastOneBBoxRandomCrop": ("bboxes",),
    "BBoxSafeRandomCrop": ("bboxes",),
    "RandomSizedBBoxSafeCrop": ("bboxes",),
    "ConstrainedCoarseDropout": ("bboxes", "mask"),
    "CropNonEmptyMaskIfExists": ("mask",),
    "MaskDropout": ("mask",),
    "RandomCropNearBBox": ("cropping_bbox",),
}
"""Step -> the library's names for what it must see. It declares that for some of them only."""


def given(
    name: str, parameters: Mapping[str, Any], scene: Scene | None, image: Array, chance: Chance
) -> dict[str, Any]:
    """The keyword arguments for one call of a step beside ``image``; those of a picture without objects for None.

    Args:
        name: Of the step.
        parameters: As its recipe gives them.
        scene: What is annotated.
        image: The pixels.
        chance: The step's own.
    """
    wanted = NEEDS.get(name, ())
    height, width = image.shape[:2]
    found: dict[str, Any] = {}
    if "mask" in wanted:
        found["mask"] = np.zeros((height, width), np.uint8) if scene is None else _mask(scene)
    if "bboxes" in wanted:
        found["bboxes"] = np.zeros((0, 5)) if scene is None else _boxes(scene, parameters.get("bbox_labels") or ())
    if "cropping_bbox" in wanted:
        found[parameters.get("cropping_bbox_key", "cropping_bbox")] = (
            [0, 0, width, height] if scene is None else _one_box(scene, chance)
        )
    return found


def prepare(transform: Any) -> None:
    """Make a step that is given ``bbox_labels`` find its objects by the mark that ``given`` puts on them."""
    if getattr(transform, "bbox_labels", None):
        transform.bbox_labels = [1.0]
        transform.set_processors({"bboxes": BboxProcessor(BboxParams("albumentations"))})


def _boxes(scene: Scene, labels: Sequence[Any]) -> Array:
    """(N, 5): the boxes of all objects as fractions, and 1 for those that the step's ``bbox_labels`` name."""
    boxes, _ = extents(scene)
    names = [str(name) for name in labels]
    chosen = np.array([instance.label in names for instance in scene.source.instances], np.float64)
    there = ~np.isnan(boxes[:, 0])
    width, height = scene.size
    fractions = np.clip(boxes[there] / (width, height, width, height), 0, 1)
    return np.hstack([fractions, chosen[there, None]])


def _mask(scene: Scene) -> Array:
    """The index mask where there is one, else 1 where any object is."""
    if INDEX in scene.bitmaps.pixels:
        return scene.bitmaps.pixels[INDEX]
    union = np.zeros(scene.size[::-1], np.uint8)
    for values in scene.bitmaps.pixels.values():
        union[values > 0] = 1
    for place in range(len(scene.source.instances)):
        union[region(scene, place)] = 1
    return union


def _one_box(scene: Scene, chance: Chance) -> list[int]:
    """One object's box in whole pixels, drawn; the whole picture where there is none."""
    boxes, _ = extents(scene)
    there = np.flatnonzero(~np.isnan(boxes[:, 0]))
    if not len(there):
        return [0, 0, *scene.size]
    box = boxes[there[int(chance.child("object").uniform() * len(there))]]
    return [int(edge) for edge in (*np.floor(box[:2]), *np.ceil(box[2:]))]
