"""Bytes to value: every picture as a person would see it, 8-bit RGB or gray, upright.

Ordinary JPEGs, by far the most, take a fast path through OpenCV; everything else goes through Pillow, whose verdict on
what is readable is ours. EXIF orientation is applied, palettes are resolved, transparency is laid over white, CMYK and
LAB become RGB, deeper samples are scaled to 8 bits, and of an animation the first frame is taken. Colour profiles are
not applied.
"""

from __future__ import annotations

import importlib
import io
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from augment.errors import SampleError
from augment.sample import Encoded

if TYPE_CHECKING:
    from PIL.Image import Image

_ENDINGS = "jpg jpeg jpe jfif png webp bmp dib tif tiff gif jp2 j2k ppm pgm pbm pnm avif"
SUFFIXES: frozenset[str] = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""File endings that are worth a try, lower case with dot."""

MAX_PIXELS = 200_000_000
"""A picture with more is refused from its header, before any memory is taken."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tif"),
    (b"MM\0*", "tif"),
    (b"II+\0", "tif"),  # BigTIFF
    (b"MM\0+", "tif"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (b"\xff\x4f\xff\x51", "j2k"),
)
_NETPBM = {b"P1": "pbm", b"P2": "pgm", b"P3": "ppm", b"P4": "pbm", b"P5": "pgm", b"P6": "ppm"}
_DIB_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_ALIASES = {"jpeg": "jpg", "jpe": "jpg", "jfif": "jpg", "tiff": "tif"}

_PLUGINS = {
    "jpg": ("Jpeg", "JPEG"),
    "png": ("Png", "PNG"),
    "gif": ("Gif", "GIF"),
    "bmp": ("Bmp", "BMP"),
    "dib": ("Bmp", "DIB"),
    "tif": ("Tiff", "TIFF"),
    "webp": ("WebP", "WEBP"),
    "jp2": ("Jpeg2K", "JPEG2000"),
    "j2k": ("Jpeg2K", "JPEG2000"),
    "avif": ("Avif", "AVIF"),
    "pbm": ("Ppm", "PPM"),
    "pgm": ("Ppm", "PPM"),
    "ppm": ("Ppm", "PPM"),
}
"""Pillow's module and name for each kind. No others are asked: some of Pillow's plugins start other programs."""

_USUAL_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""JPEG, ITU-T T.81 table B.1: baseline, extended and progressive frames, Huffman-coded."""

_USUAL_SEGMENTS = _USUAL_FRAMES | {0xC4, 0xDB, 0xDD, 0xFE} | frozenset(range(0xE0, 0xF0))
"""Those frames, Huffman and quantisation tables, restart interval, comment, application data."""

_START_OF_SCAN, _ADOBE = 0xDA, 0xEE

_FAINT = frozenset({"bmp", "dib", "pbm", "pgm", "ppm"})
"""Kinds whose signature is so short that a text may begin with it."""

_SAYS_TRUNCATED = re.compile(
    r"truncat|not enough|unexpected end|end of file|too short|only got|requires a buffer|\bEOF\b", re.I
)
_SAYS_UNSUPPORTED = re.compile(r"not available|unsupported|not supported|not installed|unknown pixel mode", re.I)


def decode(data: bytes) -> np.ndarray:
    """Decode one picture.

    Returns:
        uint8 in [0, 255], C-contiguous, owning its memory: (H, W, 3) RGB, or (H, W) where the picture is gray.

    Raises:
        SampleError: ``empty``, ``not an image``, ``truncated``, ``corrupt``, ``too large`` (more than MAX_PIXELS) or
            ``unsupported`` (a codec that Pillow lacks), with a sentence.
    """
    if not data:
        raise SampleError("empty", "the file has no bytes")
    channels = _plain_jpeg(data)
    pixels = _by_opencv(data, channels) if channels else None
    return _by_pillow(data) if pixels is None else pixels


def original(data: bytes, suffix: str) -> Encoded:
    """A source's own bytes, with the ending that fits what they are, whatever its file was called.

    Args:
        data: Passed on untouched.
        suffix: The file's own ending, with or without dot; used where the bytes tell nothing.
    """
    kind = _kind(data)
    if kind and kind != "dib":
        return Encoded(data, kind)
    plain = suffix.lstrip(".").lower()
    return Encoded(data, _ALIASES.get(plain, plain) or "bin")


def _kind(data: bytes) -> str:
    """What the first bytes say: a key of _PLUGINS, ``heic``, or nothing."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        brands = {data[at : at + 4] for at in range(8, min(64, int.from_bytes(data[:4], "big")), 4)}
        if brands & {b"avif", b"avis"}:
            return "avif"
        return "heic" if brands & {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1"} else ""
    if data[2:3].isspace() or data[2:3] == b"#":
        return _NETPBM.get(data[:2], "")
    return "dib" if len(data) > 12 and int.from_bytes(data[:4], "little") in _DIB_HEADERS else ""


def _plain_jpeg(data: bytes) -> int:
    """Channels (1 or 3) of a JPEG that OpenCV decodes as Pillow does; 0 for anything else.

    Only Huffman-coded 8-bit JPEGs with a header of whole segments and an end marker qualify: OpenCV fills what is
    missing with gray, tells nobody but the terminal, and so must not be given a truncated file. None with Adobe's
    marker qualifies unless that says what is usual anyway (YCbCr).
    """
    if data[:3] != b"\xff\xd8\xff":
        return 0
    at, channels = 2, 0
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _START_OF_SCAN:
            return channels if data.find(b"\xff\xd9", max(at, len(data) - 64)) > 0 else 0
        if marker in _USUAL_FRAMES:
            precision, height, width, channels = struct.unpack(">BHHB", data[at + 4 : at + 10])
            _check_size(width, height)
            if precision != 8 or channels not in (1, 3) or not (height and width):
                return 0
        usual_colours = marker != _ADOBE or (data[at + 4 : at + 9] == b"Adobe" and data[at + 15 : at + 16] == b"\1")
        if length < 2 or marker not in _USUAL_SEGMENTS or not usual_colours:
            return 0
        at += 2 + length
    return 0


def _by_opencv(data: bytes, channels: int) -> np.ndarray | None:
    """An ordinary JPEG, upright; None if OpenCV finds it is none."""
    import cv2

    flags = cv2.IMREAD_GRAYSCALE if channels == 1 else cv2.IMREAD_COLOR_RGB
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return None if pixels is None else np.ascontiguousarray(pixels, np.uint8)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise SampleError("too large", f"{width}x{height} pixels; the limit is {MAX_PIXELS:,} pixels")


def _by_pillow(data: bytes) -> np.ndarray:
    """Anything that Pillow reads."""
    kind = _kind(data)
    if kind == "heic":
        raise SampleError("unsupported", "this is HEIC; convert it to JPEG or PNG first")
    if not kind:
        raise SampleError("not an image", f"no known format begins with {data[:12]!r}")
    opened = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged metadata and big pictures; both are judged here
        try:
            with _open(data, kind) as image:
                opened = True
                _check_size(*image.size)
                # Pillow has no mode for PNG's 16-bit gray with alpha; the raw mode, gone after load, tells it
                gray = any("LA;16B" in str(tile[3]) for tile in image.tile)
                image.load()
                return _as_seen(image, gray)
        except (SampleError, MemoryError):
            raise
        except Exception as error:  # pure-Python and C parsers of damaged files fail in every way there is
            raise _refusal(error, sure=opened or kind not in _FAINT) from None


def _open(data: bytes, kind: str) -> Any:
    """Pillow's file of that kind with its header read, by the plugin itself, for ``Image.open`` hides its reasons."""
    from PIL import Image

    module, name = _PLUGINS[kind]
    try:
        importlib.import_module(f"PIL.{module}ImagePlugin")
    except ImportError:
        raise SampleError("unsupported", f"this Pillow has no {name}; upgrade it") from None
    factory, accept = Image.OPEN[name]
    verdict = accept(data[:16]) if accept else True
    if isinstance(verdict, str):  # how a plugin says that its library was left out
        raise SampleError("unsupported", verdict)
    return factory(io.BytesIO(data), "")


def _refusal(error: Exception, sure: bool) -> SampleError:
    """Pillow's complaint as ours. ``sure``: the data is of that format beyond doubt."""
    from PIL import Image

    text = re.sub(r"<[^<>]* at 0x[0-9a-fA-F]+>", "the file", str(error)) or type(error).__name__
    if isinstance(error, Image.DecompressionBombError):
        return SampleError("too large", text)
    if not sure:
        return SampleError("not an image", text)
    if isinstance(error, EOFError) or _SAYS_TRUNCATED.search(text):
        return SampleError("truncated", text)
    return SampleError("unsupported" if _SAYS_UNSUPPORTED.search(text) else "corrupt", text)


def _as_seen(image: Any, gray: bool) -> np.ndarray:
    """A loaded picture as on a white page, upright. ``gray``: it is so, whatever its mode says."""
    flat = _deep(image) if image.mode in ("I", "F") or image.mode.startswith("I;") else _flat(image, gray)
    turn = _turn(image)
    return np.array(flat if turn is None else flat.transpose(turn), np.uint8, order="C")


def orientation(data: bytes) -> int:
    """The EXIF orientation of an encoded picture, 1 to 8 (1: as stored); from 5 on its sides are swapped."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as image:
            value = image.getexif().get(0x0112)
    except Exception:  # as in _turn
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _turn(image: Any) -> Any:
    """The ``Image.transpose`` that sets it upright, or None. A damaged EXIF block turns nothing, as in viewers."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    try:
        return turns.get(image.getexif().get(0x0112))
    except Exception:  # metadata never costs a picture; its parser fails in every way there is
        return None


def _flat(image: Any, gray: bool) -> Image:
    """An 8-bit picture of any mode as L or RGB."""
    from PIL import Image

    if image.mode == "La":
        image = image.convert("LA")
    gray = gray or image.mode in ("1", "L", "LA")
    page: Image.Image
    if image.mode in ("LA", "RGBA", "RGBa", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        page = Image.new("RGBA", layer.size, "white")
        page.alpha_composite(layer)
    elif image.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    else:
        page = image
    return page.convert("L" if gray else "RGB")


def _deep(image: Any) -> Image:
    """Gray of more than 8 bits as L: black stays black, and the top of its scale becomes white."""
    from PIL import Image

    pixels = np.asarray(image)
    values = pixels.astype(np.float32)
    known = values[np.isfinite(values)]
    if not known.size:
        raise SampleError("corrupt", "not one pixel is a finite number")
    low, high = float(known.min()), float(known.max())
    np.nan_to_num(values, copy=False, nan=low, posinf=high, neginf=low)
    low, top = _float_scale(low, high) if image.mode == "F" else (min(0.0, low), _integer_top(image, low, high))
    values -= low
    values *= 255 / max(top - low, 1e-30)
    if image.format == "TIFF" and image.tag_v2.get(262) == 0 and image.mode.startswith("I"):
        np.subtract(255, values, out=values)  # "white is zero", which Pillow heeds up to 8 bits only
    if isinstance(image.info.get("transparency"), int):
        values[pixels == image.info["transparency"]] = 255
    return Image.fromarray(np.rint(values, out=values).clip(0, 255, out=values).astype(np.uint8))


def _integer_top(image: Any, low: float, high: float) -> float:
    """White of an integer picture: what its header says, else the usual depth that just holds its highest value.

    Microscopes, scanners and X-rays put 10 to 14 bits into files of 16 and seldom say so: by the type alone such
    pictures would come out black.
    """
    if image.format == "PPM":
        return 65_535.0  # Pillow has scaled it by the header
    if image.format == "TIFF" and low >= 0:
        bits, sign = image.tag_v2.get(258, (0,))[0], image.tag_v2.get(339, (1,))[0]
        if bits == 12:
            return 4_095.0
        if bits == 16 and sign == 2:
            return 32_767.0
    return next((2.0**bits - 1 for bits in (8, 10, 12, 14, 16) if high < 2**bits), high)


def _float_scale(low: float, high: float) -> tuple[float, float]:
    """Black and white of a picture of floats: the usual scale that just holds it, a tenth of overshoot allowed."""
    top = next((top for top in (1.0, 255.0, 65_535.0) if high <= 1.1 * top), high)
    return (0.0 if low >= -0.1 * top else low), top
