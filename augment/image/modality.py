"""What a picture is: the image modality. Importing this imports neither OpenCV nor albumentations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from augment import interrupts
from augment.chance import Chance
from augment.contracts import Description, Finding, Setting, Settled, Step
from augment.errors import SampleError
from augment.image.decode import SUFFIXES, decode, original
from augment.image.encode import Encoding, encode
from augment.image.labels.options import Labels
from augment.image.names import KNOWN
from augment.sample import Applied, Content, Dataset, Sample
from augment.steps import Makers

__all__ = ["DEFAULT_STEPS", "SUFFIXES", "VERSIONS", "Encoding", "Labels", "decode", "encode", "original"]

STEPS = KNOWN.package
"""The package of our own steps."""

FORMAT = "webdataset"

TEXTUAL = False

BESIDE = False

VERSIONS = ("albumentations", "albucore", "numpy", "opencv-python-headless", "pillow", "pycocotools")

DEFAULT_STEPS: Sequence[Mapping[str, Any]] = (
    {"HorizontalFlip": {"p": 0.5}},
    {
        "Affine": {
            "rotate": [-15, 15],
            "scale": [0.9, 1.1],
            "translate_percent": [-0.05, 0.05],
            "border_mode": "reflect_101",
            "p": 0.8,
        }
    },
    {"RandomBrightnessContrast": {"p": 0.5}},
    {"HueSaturationValue": {"hue_shift_limit": 8, "p": 0.3}},
    {
        "one_of": {
            "steps": [{"GaussNoise": {"std_range": [0.02, 0.08]}}, {"GaussianBlur": {"blur_limit": [3, 5]}}],
            "p": 0.3,
        }
    },
    {"CoarseDropout": {"p": 0.2}},
)


def names() -> list[str]:
    """All steps, sorted."""
    return KNOWN.names()


def describe(name: str) -> Description:
    """What ``augment describe`` prints. Raises KeyError."""
    from augment.image import describe as library

    return KNOWN.describe(name, library.describe)


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> Step:
    """A step from its recipe. Raises RecipeError."""
    with interrupts.held():
        from augment.image import parameters as library
        from augment.image.own import onto

    # Our Mosaic takes no reference pictures: with those the library's is meant.
    return KNOWN.build(name, parameters, setting, Makers(library.build, onto, "reference_images" in parameters))


def references(step: Step) -> Iterator[Path]:
    """Reference pictures, fonts and files of texts."""
    yield from getattr(step, "files", ())


def diagnose() -> Iterator[Finding]:
    """Whether OpenCV and albumentations are sound."""
    from augment.image.diagnose import findings

    return findings()


def settle(value: Any, content: Content, dataset: Dataset, labels: Labels) -> Settled:
    """Boxes, masks and keypoints in pixels of the decoded picture. Raises SampleError where they can't be for it."""
    from augment.image.labels.settle import settle as true_to

    return true_to(value, content, dataset, labels)


def objections(step: Step, dataset: Dataset, labels: Labels) -> Iterator[str]:
    """Steps that need objects where there are none, and mirrors that would make left and right untrue."""
    from augment import own
    from augment.image.labels.objections import objections as to_step

    yield from own.objections(step, dataset)
    yield from to_step(step.name, any(references(step)), dataset, labels, own.by_matrix(step))


def search_space(policy: str) -> Sequence[Mapping[str, Any]]:
    """The published search space of an automatic policy."""
    from augment.image.policies import search_space as of_policy

    return of_policy(policy)


def blend(values: Sequence[Any], weights: Sequence[float]) -> Any:
    """The weighted mean of pictures. Raises SampleError where they differ in size."""
    from augment.image.policies import blend as of_pictures

    return of_pictures(values, weights)


def plain(value: Any) -> tuple[Any, Mapping[str, Any]]:
    """An array (height, width[, channels]), as it is."""
    return value, {}


def taken(value: Any, facts: Mapping[str, Any]) -> Any:
    """A picture from an array, (height, width) or (height, width, 1 or 3) uint8. Raises SampleError."""
    import numpy as np

    shape: tuple[int, ...] = getattr(value, "shape", ())
    if getattr(value, "dtype", None) != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))):
        told = f"{getattr(value, 'dtype', type(value).__name__)} {shape}"
        raise SampleError("no picture", f"expected (height, width) or (height, width, 1 or 3) uint8, got {told}")
    return np.ascontiguousarray(value[:, :, 0] if len(shape) == 3 and shape[2] == 1 else value)


def identity(value: Any) -> None:
    """Copies are not compared: two draws that come out the same are rare, and finding them out would cost more."""


def apply(sample: Sample, steps: Sequence[tuple[Step, Chance]], labels: Labels) -> tuple[Sample, list[Applied]]:
    """Run the steps that were drawn for one copy, in order; objects are turned back into annotations once."""
    from augment.image.labels.finish import finished, followed

    given = sample.annotations
    sample = followed(sample, labels)
    told: list[Applied] = []
    for step, chance in steps:
        sample, applied = step.apply(sample, chance)
        told.append(applied)
    return finished(sample, given is not None), told
