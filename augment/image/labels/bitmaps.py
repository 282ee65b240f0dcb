"""Masks of a whole picture as PNG bytes and as arrays."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np

from augment.errors import SampleError
from augment.image.decode import MAX_PIXELS
from augment.image.labels.scene import Array, Bitmaps


def decoded(name: str, data: bytes) -> tuple[Array, bytes | None]:
    """The values of a mask, (height, width) uint8 or uint16, and its palette if it has one. Raises SampleError.

    A palette's places are the values; its colours only show them.
    """
    from PIL import Image, UnidentifiedImageError

    what = f"the mask of {name}" if name else "the mask"
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise SampleError("bad mask", f"{what} has {picture.width}x{picture.height} pixels")
            if picture.mode not in ("1", "L", "P", "I;16", "I"):
                raise SampleError(
                    "bad mask", f"{what} has colours ({picture.mode}); its values must be the classes, in one channel"
                )
            palette = bytes(picture.getpalette() or ()) if picture.mode == "P" else None
            pixels = np.array(picture)
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise SampleError("bad mask", f"{what} can't be decoded: {error}") from None
    if pixels.dtype == bool:
        return pixels.astype(np.uint8), palette
    if pixels.dtype != np.uint8:
        if pixels.min(initial=0) < 0 or pixels.max(initial=0) > 65535:
            raise SampleError("bad mask", f"{what} has values beyond 65535")
        pixels = pixels.astype(np.uint16)
    return pixels, palette


def encoded(pixels: Array, palette: bytes | None) -> bytes:
    """The PNG of a mask, the same bytes each time."""
    if palette and pixels.dtype == np.uint8:
        from PIL import Image

        picture = Image.fromarray(pixels, "P")
        picture.putpalette(palette)
        out = io.BytesIO()
        picture.save(out, "PNG")
        return out.getvalue()
    done, data = cv2.imencode(".png", pixels)
    if not done:
        raise SampleError("bad mask", f"a mask of {pixels.shape} {pixels.dtype} can't be encoded")
    return bytes(data.tobytes())


def bitmaps_of(found: dict[str, bytes], void: int | None) -> Bitmaps:
    """All masks of a picture. Raises SampleError."""
    pixels: dict[str, Any] = {}
    palettes: dict[str, bytes] = {}
    for name, data in found.items():
        pixels[name], palette = decoded(name, data)
        if palette:
            palettes[name] = palette
    return Bitmaps(pixels, palettes, void)
