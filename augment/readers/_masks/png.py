"""A mask's file as the PNG that the neutral form wants: one channel whose values are the classes.

A PNG of 8 or 16 bits in one channel, or with a palette, is kept byte for byte: a palette's places are the values, its
colours only show them. Other files without loss are packed anew with the same values. Colours are refused: which
number a colour stands for is the data set's secret, and JPEG changes values. PNG: https://www.w3.org/TR/png-3/#11IHDR.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING, Any

from augment.errors import SampleError

if TYPE_CHECKING:
    from PIL.Image import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST_PIXELS = 200_000_000

_HEADER = struct.Struct(">8sI4sIIBB")
_GRAY, _PALETTE = 0, 3
_ONE_CHANNEL = ("1", "L", "P", "I;16", "I")


def index(data: bytes) -> bytes:
    """The PNG of a mask whose values are classes. Raises SampleError."""
    if len(data) >= _HEADER.size and data.startswith(SIGNATURE):
        *_, depth, kind = _HEADER.unpack_from(data)
        if kind == _PALETTE or (kind == _GRAY and depth in (1, 8, 16)):
            return data
    return _packed(data)


def _packed(data: bytes) -> bytes:
    """Another file's values as a PNG of one channel."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                _check(picture)
                bits = few_bits(data)
                pixels = _values(picture)
    except UnidentifiedImageError:
        raise SampleError("bad mask", "it is no file of pixels that can be read; masks are PNG files") from None
    except (OSError, SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        raise SampleError("bad mask", f"it can't be decoded: {error}") from None
    if bits:  # Pillow stretches 2 and 4 bits to 8
        pixels = pixels // (255 // (2**bits - 1))
    if pixels.min(initial=0) < 0 or pixels.max(initial=0) > 65535:
        raise SampleError("bad mask", "it has values beyond 65535")
    out = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8 if pixels.max(initial=0) < 256 else np.uint16)).save(out, "PNG")
    return out.getvalue()


def few_bits(data: bytes) -> int:
    """The bits of a gray PNG that has 2 or 4 of them; 0 for all others."""
    if len(data) < _HEADER.size or not data.startswith(SIGNATURE):
        return 0
    *_, depth, kind = _HEADER.unpack_from(data)
    return int(depth) if kind == _GRAY and depth in (2, 4) else 0


def _check(picture: Image) -> None:
    """Raises SampleError."""
    if picture.width * picture.height > MOST_PIXELS:
        raise SampleError("bad mask", f"it has {picture.width}x{picture.height} pixels")
    if picture.format == "JPEG":
        raise SampleError("bad mask", "it is a JPEG, which changes values; masks must be kept without loss, as PNG")


def _values(picture: Image) -> Any:
    """The values of one channel; of several, if they are all the same. Raises SampleError."""
    import numpy as np

    pixels = np.asarray(picture)
    if picture.mode in _ONE_CHANNEL:
        return pixels.astype(np.int64)
    colours = pixels[..., :-1] if picture.mode in ("LA", "RGBA", "PA") else pixels
    opaque = colours is pixels or bool((pixels[..., -1] == pixels[..., -1].flat[0]).all())
    if pixels.ndim == 3 and pixels.dtype == np.uint8 and opaque and bool((colours == colours[..., :1]).all()):
        return colours[..., 0].astype(np.int64)
    raise SampleError(
        "colour-coded mask",
        f"expected one channel whose values are class numbers, got colours ({picture.mode}); write it anew with each "
        "colour replaced by its class's number, as an 8-bit gray or palette PNG",
    )
