"""A function of the user's own done to a picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from augment.errors import SampleError
from augment.own import Change, Definition
from augment.sample import Sample


def onto(found: Definition, change: Change, sample: Sample) -> Sample:
    """Give it a copy of the pixels, and look at what comes back. Raises SampleError, or what the function raises."""
    image = sample.value
    made = change(image.copy())
    size = f"{image.shape[1]}x{image.shape[0]}"
    if not isinstance(made, np.ndarray) or made.dtype != np.uint8 or not _shaped(made):
        what = f"{made.dtype} {made.shape}" if isinstance(made, np.ndarray) else type(made).__name__
        fix = "end with .clip(0, 255).astype(np.uint8)"
        raise _failed(found, size, f"expected (height, width, 3) or (height, width) uint8, got {what}; {fix}")
    if found.effect == "keeps" and made.shape[:2] != image.shape[:2]:
        raise _failed(
            found, size, f"it keeps labels, and yet gave {made.shape[1]}x{made.shape[0]}; say labels='moves'"
        )
    if made.ndim == 3 and made.shape[2] == 1:
        made = made[:, :, 0]
    if made.ndim != image.ndim:  # a picture stays what it was, as with all other steps
        made = cv2.cvtColor(made, cv2.COLOR_GRAY2RGB if made.ndim == 2 else cv2.COLOR_RGB2GRAY)
    return replace(sample, value=np.ascontiguousarray(made))


def _shaped(pixels: np.ndarray) -> bool:
    return pixels.size > 0 and (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3)))


def _failed(found: Definition, size: str, why: Any) -> SampleError:
    return SampleError("step failed", f"{found.name} on {size} pixels: {why}")
