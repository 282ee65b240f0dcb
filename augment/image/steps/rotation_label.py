"""RotationLabel: turns the picture by 0, 90, 180 or 270 degrees and makes that its class, for a model to find out.

    expand: {multiplier: 4, keep_originals: false}
    image: [{HorizontalFlip: {p: 0.5}}, RotationLabel]

A pretext task of self-supervised learning. Gidaris, Singh and Komodakis, "Unsupervised Representation Learning by
Predicting Image Rotations", ICLR 2018.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.scene import Scene
from augment.image.labels.warp import warped
from augment.options import Options as _Base
from augment.sample import Dataset, Sample, class_order

LABELS = "moves"
NOTE = (
    "The class becomes the angle, 0, 90, 180 or 270 degrees counter-clockwise; boxes, masks and keypoints move with "
    "the pixels. It comes last: what would turn, cut or mix the picture after it is refused."
)
DOCS = "https://arxiv.org/abs/1803.07728"
P = 1.0

Angle = Literal[0, 90, 180, 270]


class Options(_Base):
    """Which angles, and where the angle is written."""

    angles: tuple[Angle, ...] = pydantic.Field(
        (0, 90, 180, 270), min_length=1, description="Degrees counter-clockwise, each drawn equally often."
    )
    field: str = pydantic.Field(
        "", description="Write the angle, a whole number, to this field of the sample and leave its class alone."
    )

    @pydantic.field_validator("angles")
    @classmethod
    def _once(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("expected each angle once")
        return value


def writes(options: Options, dataset: Dataset) -> Dataset:
    """The classes are the angles, in the order of all classes that no data set declares: here, by value."""
    return dataset if options.field else replace(dataset, classes=class_order(map(str, options.angles)))


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Turn the picture; no pixel is mixed with another."""
    angle = options.angles[int(chance.child("angle").uniform() * len(options.angles))]
    scene: Scene | None = sample.annotations
    made = replace(sample, value=np.ascontiguousarray(np.rot90(sample.value, angle // 90)))
    if scene is not None:
        scene = _moved(scene, angle)
    if options.field:
        made = replace(made, fields={**sample.fields, options.field: angle}, annotations=scene)
    else:
        scene = scene and replace(scene, source=replace(scene.source, classes={}))
        made = replace(made, label=str(angle), annotations=scene)
    return made, {"angle": angle}


def _moved(scene: Scene, angle: int) -> Scene:
    """A scene turned with its picture."""
    width, height = scene.size
    matrix = {
        0: [[1, 0, 0], [0, 1, 0]],
        90: [[0, 1, 0], [-1, 0, width]],
        180: [[-1, 0, width], [0, -1, height]],
        270: [[0, -1, height], [1, 0, 0]],
    }[angle]
    size = (width, height) if angle % 180 == 0 else (height, width)
    return warped(scene, np.array([*matrix, [0, 0, 1]], np.float64), size)
