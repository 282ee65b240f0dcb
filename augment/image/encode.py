"""Value to bytes: JPEG, PNG or WebP, the same bytes each time."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pydantic

from augment.errors import SampleError
from augment.options import Options
from augment.sample import Encoded

LIMITS = {"jpg": 65_500, "webp": 16_383, "png": 1_000_000}
"""Most pixels a side: of libjpeg (the format could hold 35 more), of the WebP format, and of libpng."""

_SLACK = 1e-3
"""How far floats may overshoot [0, 1], as interpolation makes them do, before they are refused instead of clipped."""


class Encoding(Options):
    """How outputs are encoded: ``{format: jpg, quality: 92}``, ``{format: png}``, ``{format: webp, quality: 80}``.

    Args:
        format: ``jpg``, ``png`` or ``webp``.
        quality: 1 (smallest) to 100 (best), for jpg and webp.
        lossless: For webp: every pixel as it is; ``quality`` is then not used.
        compression: 0 (fastest) to 9 (smallest), for png.
    """

    format: Literal["jpg", "png", "webp"] = "jpg"
    quality: pydantic.StrictInt = pydantic.Field(default=92, ge=1, le=100)
    lossless: pydantic.StrictBool = False
    compression: pydantic.StrictInt = pydantic.Field(default=3, ge=0, le=9)

    @pydantic.model_validator(mode="after")
    def _lossless_is_possible(self) -> Encoding:
        if self.lossless and self.format == "jpg":
            raise ValueError("jpg is never lossless; use format: png, or format: webp")
        return self


def encode(value: Any, encoding: Encoding) -> Encoded:
    """Encode one picture. The value is not changed; same value and options, same bytes.

    Args:
        value: (H, W) or (H, W, 1) gray, (H, W, 3) RGB, or for png and webp (H, W, 4) RGBA; uint8 in [0, 255],
            uint16 in [0, 65535] (png keeps its 16 bits, else it is scaled to 8), or floats in [0, 1].
        encoding: The options.

    Raises:
        SampleError: ``not an image`` (wrong type, shape or channels), ``out of range`` (floats outside [0, 1], or
            NaN), ``too large`` (for the format), ``not encodable`` (OpenCV failed).
    """
    import cv2

    pixels = _checked(value, encoding.format)
    if not (pixels.dtype == np.uint16 and encoding.format == "png"):
        pixels = _eight_bit(pixels)
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    try:
        done, data = cv2.imencode(f".{encoding.format}", pixels, _parameters(encoding))
    except cv2.error as error:
        raise SampleError("not encodable", f"as {encoding.format}, says OpenCV: {error.err}") from None
    if not done:
        raise SampleError("not encodable", f"OpenCV could not write it as {encoding.format}")
    return Encoded(data.tobytes(), encoding.format)


def _parameters(encoding: Encoding) -> list[int]:
    """The options in OpenCV's words."""
    import cv2

    if encoding.format == "jpg":
        return [cv2.IMWRITE_JPEG_QUALITY, encoding.quality]
    if encoding.format == "webp":
        return [cv2.IMWRITE_WEBP_QUALITY, 101 if encoding.lossless else encoding.quality]
    level = [cv2.IMWRITE_PNG_COMPRESSION, encoding.compression]
    if not 1 <= encoding.compression <= 3:
        return level
    # Photographs after one fixed filter hold little that deflate's search for repeats would find: run lengths alone
    # make files as small, in a third of the time (500x375: 6 ms instead of 17).
    level += [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    if hasattr(cv2, "IMWRITE_PNG_FILTER"):  # OpenCV 4.12 and later
        level += [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_AVG]
    return level


def _checked(value: Any, form: str) -> np.ndarray:
    """The value as an array (H, W), (H, W, 3) or (H, W, 4) that the format can hold."""
    channels = (1, 3) if form == "jpg" else (1, 3, 4)
    wanted = f"expected an array (H, W) or (H, W, C) with C in {channels} for {form}"
    if not isinstance(value, np.ndarray):
        raise SampleError("not an image", f"{wanted}, got {type(value).__name__}")
    if value.ndim not in (2, 3) or 0 in value.shape or (value.ndim == 3 and value.shape[2] not in channels):
        raise SampleError("not an image", f"{wanted}, got shape {value.shape}")
    height, width = value.shape[:2]
    if max(height, width) > LIMITS[form]:
        detail = f"{width}x{height} pixels do not fit into {form}, which ends at {LIMITS[form]:,} a side"
        raise SampleError("too large", detail)
    return value[:, :, 0] if value.ndim == 3 and value.shape[2] == 1 else value


def _eight_bit(value: np.ndarray) -> np.ndarray:
    """uint8 of the same shape, the input itself where it is that already."""
    if value.dtype == np.uint8:
        return value
    if value.dtype == np.uint16:
        return np.asarray((value.astype(np.uint32) + 128) // 257, np.uint8)
    if value.dtype.kind != "f":
        raise SampleError("not an image", f"expected uint8, uint16 or floats in [0, 1], got {value.dtype}")
    low, high = float(np.min(value)), float(np.max(value))
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # also so for NaN
        hint = "a step such as Normalize belongs into training, not here"
        raise SampleError("out of range", f"expected floats in [0, 1], got {low:.3g} to {high:.3g}; {hint}")
    return np.asarray(np.rint(value.clip(0, 1).astype(np.float32) * np.float32(255)), np.uint8)
