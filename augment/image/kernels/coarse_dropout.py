"""CoarseDropout: the library's holes, filled without building the generator that only random fills need."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.image.kernels._pixels import covered, drawn

TOLERANCE = (0, 0.0)

TOLD = 8
"""Most holes whose corners are told one by one."""


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Cut rectangles out."""
    covered(image)
    if isinstance(transform.fill, str):
        raise NotImplementedError
    fill = np.array(transform.fill, dtype=np.uint8).ravel()
    if fill.size not in (1, *image.shape[2:]):
        raise NotImplementedError
    holes = drawn(transform, image)["holes"].tolist()
    pixels = image.copy()
    for x_min, y_min, x_max, y_max in holes:
        pixels[y_min:y_max, x_min:x_max] = fill
    return pixels, {"holes": holes if len(holes) <= TOLD else len(holes)}
