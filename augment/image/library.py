"""Every image transform of albumentations 2.0.8 under its own name, as a Step with its own stream of chance.

What the library does that we must not let it: it seeds all children of a Compose alike, and only warns of arguments
that it doesn't know. See peer.py for what it does when it is imported.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from augment.chance import Chance
from augment.errors import SampleError
from augment.failures import first_line
from augment.image import references
from augment.image.labels.given import given, prepare
from augment.image.labels.move import move
from augment.image.labels.scene import Scene
from augment.image.peer import BasicTransform, DualTransform, ImageOnlyTransform, Transform3D, albumentations
from augment.image.references import References
from augment.sample import Applied, Sample
from augment.wrapped import Wrapped, kernel, scalars

cv2.setNumThreads(1)  # one thread a process: workers are the parallelism

Kernel = Callable[[Any, np.ndarray], tuple[np.ndarray, dict[str, Any]]]

CODE = "takes code, and a recipe is data"
TENSORS = "makes tensors, which a file cannot hold; the training loop does that"
UNTOLD = frozenset({"shape", "interpolation", "fill", "fill_mask"})
"""Parameters that the library keeps with what it drew, and that were not drawn."""

EXCLUDED = {"Lambda": CODE, "ToTensor3D": TENSORS, "ToTensorV2": TENSORS}


@cache
def transforms() -> dict[str, type[BasicTransform]]:
    """Name -> class, of all image transforms."""
    bases = {BasicTransform, DualTransform, ImageOnlyTransform}
    found = {
        name: value
        for name, value in vars(albumentations).items()
        if inspect.isclass(value) and issubclass(value, BasicTransform) and not issubclass(value, Transform3D)
        if value not in bases and name not in EXCLUDED
    }
    return dict(sorted(found.items()))


def moves(name: str) -> bool:
    """Whether a step moves pixels about, and with them boxes, masks and keypoints."""
    return issubclass(transforms()[name], DualTransform)


@dataclass(frozen=True)
class LibraryStep(Wrapped):
    """One transform with its parameters fixed.

    Args:
        name, p, parameters: See Wrapped.
        given: Reference pictures and the like.
        native: Use our kernel where there is one.
    """

    given: References = field(default_factory=References)
    native: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """Files beside the recipe; their content is part of its fingerprint."""
        return tuple(self.given.files)

    @cached_property
    def transform(self) -> BasicTransform:
        """The library's instance; made anew in each process."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice on slow or special steps, given again in every worker
            made = transforms()[self.name](**self.parameters, p=1.0)
        prepare(made)
        return made

    @cached_property
    def kernel(self) -> Kernel | None:
        """Our faster way, if there is one and it is wanted."""
        return kernel("augment.image.kernels", self.name) if self.native else None

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it to (H, W, 3) or (H, W). A gray picture that the library refuses goes through as RGB and back."""
        image, scene = sample.value, sample.annotations
        try:
            pixels, drawn = self._run(image, scene, chance)
        except Exception as error:  # a transform may fail in any way on a picture it was not made for
            if image.ndim != 2:
                raise self._failed(error, image) from error
            try:
                pixels, drawn = self._run(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), scene, chance)
            except Exception as again:  # as above
                raise self._failed(again, image) from again
            pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) if pixels.ndim == 3 else pixels
        if pixels.shape[:2] != image.shape[:2] and (pixels.ndim < 2 or not moves(self.name)):
            pixels = self._unsqueezed(pixels, image)
        if scene is not None and moves(self.name):
            scene = move(scene, self.transform, (pixels.shape[1], pixels.shape[0]))
        return sample.changed(pixels, scene), Applied(self.name, drawn)

    def _run(self, image: np.ndarray, scene: Scene | None, chance: Chance) -> tuple[np.ndarray, dict[str, Any]]:
        """Our kernel if it can, else the library; each starts from the same place of chance."""
        transform = self.transform
        if self.kernel is not None:
            transform.set_random_state(_Later(chance.generator), _Later(chance.python))
            try:
                return self.kernel(transform, image)
            except NotImplementedError:
                pass
        seen = given(self.name, self.parameters, scene, image, chance)
        guarded = image.view()
        guarded.flags.writeable = False
        try:
            return self._call(transform, {"image": guarded, **seen}, chance)
        except (ValueError, cv2.error) as error:
            if not re.search("read-?only", str(error)):
                raise
            return self._call(
                transform, {"image": image.copy(), **seen}, chance
            )  # it works in place (AutoContrast on gray does)

    def _call(self, transform: Any, data: dict[str, Any], chance: Chance) -> tuple[np.ndarray, dict[str, Any]]:
        """The library's own code."""
        transform.set_random_state(chance.generator(), chance.python())
        if self.name in references.METADATA:
            build = references.METADATA[self.name]
            data[transform.metadata_key] = build(self.given, chance.child("references"), data["image"], transform)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels = transform(**data)["image"]
        told = {name: value for name, value in transform.params.items() if name not in UNTOLD}
        return pixels, scalars(told)

    def _unsqueezed(self, pixels: np.ndarray, image: np.ndarray) -> np.ndarray:
        """Pixels in the shape of the picture: the library squeezes those that are one pixel high or wide."""
        for shape in (image.shape, image.shape[:2]):
            if pixels.size == np.prod(shape):
                return pixels.reshape(shape)
        raise self._failed(ValueError(f"it gave pixels of shape {pixels.shape}"), image)

    def _failed(self, error: Exception, image: np.ndarray) -> SampleError:
        where = f"{image.shape[1]}x{image.shape[0]} pixels"
        return SampleError("step failed", f"{self.name} on {where}: {first_line(error)}")


class _Later:
    """A generator that is made once something is asked of it: most kernels draw from one of the two, or from none."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make, self._made = make, None

    def __getattr__(self, name: str) -> Any:
        """What the generator has of that name."""
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)
