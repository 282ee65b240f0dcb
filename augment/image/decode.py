"""Bytes to value: every picture as a person would see it, 8-bit RGB or gray, upright.

Ordinary JPEGs, by far the most, take a fast path through OpenCV; everything else goes through Pillow, whose verdict on
what is readable is ours. EXIF orientation is applied, palettes are resolved, transparency is laid over white, CMYK
becomes RGB, deeper samples are scaled to 8 bits, and of an animation the first frame is taken. Colour profiles are
not applied.
"""

from __future__ import annotations

import io
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from augment.errors import SampleError
from augment.sample import Encoded

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .png .webp .bmp .dib .tif .tiff .gif .jp2 .j2k .ppm .pgm .pbm .pnm .avif".split()
)
MAX_PIXELS = 200_000_000
"""A picture with more is refused from its header, before any memory is taken."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"\0\0\0\x0cjP  ", "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
)
_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tiff": "tif", "dib": "bmp"}


def decode(data: bytes) -> np.ndarray:
    """Decode one picture.

    Returns:
        uint8, contiguous, owned: (H, W, 3) RGB, or (H, W) where the picture is gray.

    Raises:
        SampleError: ``empty``, ``not a picture``, ``truncated``, ``corrupt`` or ``too large``, with a sentence.
    """
    if not data:
        raise SampleError("empty", "the file has no bytes")
    channels = _plain_jpeg(data)
    if channels:
        import cv2

        flags = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if pixels is not None:
            return np.asarray(pixels)
    return _by_pillow(data)


def original(data: bytes, suffix: str) -> Encoded:
    """A source's own bytes, with the ending that fits what they are, whatever its file was called."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Encoded(data, "webp")
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return Encoded(data, "avif")
    for signature, extension in _SIGNATURES:
        if data.startswith(signature):
            return Encoded(data, extension)
    plain = suffix.lstrip(".").lower()
    return Encoded(data, _ALIASES.get(plain, plain))


def _plain_jpeg(data: bytes) -> int:
    """Channels (1 or 3) of a JPEG that OpenCV decodes as Pillow does; 0 for anything else.

    Only 8-bit JPEGs that end with their end marker qualify (OpenCV fills what is missing with gray and tells nobody),
    and none with Adobe's marker, which changes the meaning of the channels (ITU-T T.81, annex B).
    """
    if data[:3] != b"\xff\xd8\xff" or data.rfind(b"\xff\xd9", -64) < 0:
        return 0
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            precision, height, width, channels = struct.unpack(">BHHB", data[at + 4 : at + 10])
            _check_size(width, height)
            return channels if precision == 8 and channels in (1, 3) and height and width else 0
        if marker == 0xEE or length < 2:
            return 0
        at += 2 + length
    return 0


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SampleError("too large", f"{width}x{height} pixels; the limit is {MAX_PIXELS:,} pixels")


def _by_pillow(data: bytes) -> np.ndarray:
    """Anything that Pillow reads."""
    import PIL
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata and big pictures; both are judged here
        try:
            with Image.open(io.BytesIO(data)) as image:
                _check_size(*image.size)
                image.load()
                upright = ImageOps.exif_transpose(image)
                return np.array(_as_seen(upright), np.uint8, order="C")
        except PIL.UnidentifiedImageError:
            raise SampleError("not a picture", "no known format; what does its content begin with?") from None
        except Image.DecompressionBombError as error:
            raise SampleError("too large", str(error)) from None
        except SampleError:
            raise
        except Exception as error:  # decoders of damaged files fail in every way there is
            text = str(error) or type(error).__name__
            raise SampleError("truncated" if "runcated" in text else "corrupt", text) from None


def _as_seen(image: Image) -> Image | np.ndarray:
    """8-bit gray or RGB as on a white page."""
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _scaled(np.asarray(image), image)
    if image.mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, "white")
        page.alpha_composite(layer)
        return page.convert("L" if image.mode in ("LA", "La", "L", "1") else "RGB")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


def _scaled(pixels: np.ndarray, image: Any) -> np.ndarray:
    """Deep gray to 8 bits: by the depth of its type, or by its own range where the type tells nothing (floats)."""
    values = pixels.astype(np.float64)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if image.mode == "F":
        top = 1.0 if high <= 1 else 255.0 if high <= 255 else 65_535.0 if high <= 65_535 else high
        low = min(0.0, low)
    else:
        top = 255.0 if high <= 255 and image.mode == "I" else 65_535.0 if high <= 65_535 else high
        low = min(0.0, low)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.nan_to_num(np.rint((values - low) * 255 / max(top - low, 1e-9))).clip(0, 255), np.uint8)
