"""Value to bytes: JPEG, PNG or WebP, the same bytes each time."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pydantic

from augment.contracts import Options
from augment.errors import SampleError
from augment.sample import Encoded

LIMITS = {"jpg": 65_535, "webp": 16_383, "png": 1_000_000}
"""Most pixels a side that a format can hold (PNG: that OpenCV writes)."""


class Encoding(Options):
    """How outputs are encoded: ``{format: jpg, quality: 92}``, ``{format: png}``, ``{format: webp, quality: 80}``."""

    format: Literal["jpg", "png", "webp"] = "jpg"
    quality: pydantic.StrictInt = pydantic.Field(default=92, ge=1, le=100)
    compression: pydantic.StrictInt = pydantic.Field(default=3, ge=0, le=9)


def encode(value: Any, encoding: Encoding) -> Encoded:
    """Encode one picture.

    Args:
        value: (H, W), (H, W, 1) or (H, W, 3) RGB; uint8, or float in [0, 1], or uint16 in its full range.

    Raises:
        SampleError: The value is no picture, or the format can't hold it.
    """
    import cv2

    pixels = _eight_bit(value)
    height, width = pixels.shape[:2]
    if max(height, width) > LIMITS[encoding.format]:
        raise SampleError("too large", f"{width}x{height} pixels do not fit into {encoding.format}")
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    options = {
        "jpg": [cv2.IMWRITE_JPEG_QUALITY, encoding.quality],
        "png": [cv2.IMWRITE_PNG_COMPRESSION, encoding.compression],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, encoding.quality],
    }[encoding.format]
    ok, data = cv2.imencode(f".{encoding.format}", pixels, options)
    if not ok:
        raise SampleError("not encodable", f"OpenCV could not write {width}x{height} pixels as {encoding.format}")
    return Encoded(data.tobytes(), encoding.format)


def _eight_bit(value: Any) -> np.ndarray:
    """uint8 (H, W) or (H, W, 3), the input itself where it is that already."""
    if not isinstance(value, np.ndarray) or value.ndim not in (2, 3) or 0 in value.shape:
        shape = getattr(value, "shape", type(value).__name__)
        raise SampleError("not a picture", f"expected an array (H, W) or (H, W, 3) with pixels in it, got {shape}")
    if value.ndim == 3 and value.shape[2] == 1:
        value = value[:, :, 0]
    if value.ndim == 3 and value.shape[2] != 3:
        raise SampleError("not a picture", f"expected 1 or 3 channels, got {value.shape[2]}")
    if value.dtype == np.uint8:
        return np.asarray(value)
    if value.dtype == np.uint16:
        return np.asarray((value.astype(np.uint32) + 128) // 257, np.uint8)
    if value.dtype.kind != "f":
        raise SampleError("not a picture", f"expected uint8 or floats in [0, 1], got {value.dtype}")
    low, high = float(np.min(value)), float(np.max(value))
    if not (-1e-3 <= low and high <= 1 + 1e-3):  # also false for NaN
        detail = (
            f"expected floats in [0, 1], got {low:.3g} to {high:.3g}; a step such as Normalize belongs into training"
        )
        raise SampleError("out of range", detail)
    return np.asarray(np.rint(np.clip(value, 0, 1) * 255), np.uint8)
