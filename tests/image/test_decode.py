"""Every picture comes out as a person would see it, or is refused for a reason with a name."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw, ImageOps, PngImagePlugin

from augment.errors import SampleError
from augment.image import decode as module
from augment.image.decode import MAX_PIXELS, SUFFIXES, decode, original

REASONS = {"empty", "not an image", "truncated", "corrupt", "too large", "unsupported"}
RAMP = np.linspace(0, 65_535, 40 * 60).round().astype(np.uint16).reshape(40, 60)


def scene(mode: str = "RGB") -> Image.Image:
    """60x40, every corner different, so that no turn or flip can hide."""
    image = Image.new("RGB", (60, 40), (90, 140, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 24, 14), fill=(230, 30, 20))
    draw.ellipse((36, 4, 56, 24), fill=(250, 240, 40))
    draw.polygon(((4, 38), (30, 38), (12, 20)), fill=(10, 90, 20))
    return image.convert(mode)


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes = b"", extra: bytes = b"") -> bytes:
    """A PNG by hand, for what Pillow can't write. ``rows``: each with its filter byte."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def png16(pixels: np.ndarray, colour: int, extra: bytes = b"") -> bytes:
    height, width = pixels.shape[:2]
    return png(width, height, 16, colour, b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels), extra)


def is_picture(value: np.ndarray) -> bool:
    flags = value.flags
    shaped = value.ndim == 2 or (value.ndim == 3 and value.shape[2] == 3)
    return value.dtype == np.uint8 and value.size > 0 and shaped and flags.c_contiguous and flags.owndata


def refusal(data: bytes) -> str:
    with pytest.raises(SampleError) as caught:
        decode(data)
    assert caught.value.reason in REASONS
    return caught.value.reason


def close(one: np.ndarray, other: Any, tolerance: float) -> bool:
    other = np.asarray(other)
    return one.shape == other.shape and float(np.abs(one.astype(int) - other.astype(int)).mean()) <= tolerance


LOSSLESS = [
    ("PNG", {}),
    ("BMP", {}),
    ("DIB", {}),
    ("PPM", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("WEBP", {"lossless": True}),
    ("JPEG2000", {"irreversible": False}),
]


@pytest.mark.parametrize(("form", "options"), LOSSLESS)
def test_lossless_rgb_comes_back_exactly(form: str, options: dict[str, Any]) -> None:
    value = decode(saved(scene(), form, **options))
    assert is_picture(value) and np.array_equal(value, np.asarray(scene()))


@pytest.mark.parametrize("mode", ["1", "L"])
@pytest.mark.parametrize("form", ["PNG", "BMP", "PPM", "TIFF"])
def test_gray_stays_gray(mode: str, form: str) -> None:
    value = decode(saved(scene(mode), form))
    assert is_picture(value) and np.array_equal(value, np.asarray(scene(mode).convert("L")))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_fast_path_equals_pillow(mode: str, options: dict[str, Any]) -> None:
    data = saved(scene(mode), "JPEG", quality=90, **options)
    assert module._plain_jpeg(data) == (3 if mode == "RGB" else 1)
    value = decode(data)
    assert is_picture(value) and close(value, Image.open(io.BytesIO(data)), 0.5)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGB"), ("WEBP", "RGB"), ("TIFF", "RGB")],
)
def test_exif_orientation_is_applied(form: str, mode: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(scene(mode), form, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert close(decode(data), upright.convert("L" if mode == "L" else "RGB"), 0.5)


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_tiff_is_turned_once(compression: str | None) -> None:
    data = saved(scene(), "TIFF", tiffinfo={0x0112: 6}, compression=compression)
    assert np.array_equal(decode(data), np.asarray(scene().transpose(Image.Transpose.ROTATE_270)))


def test_deep_pictures_are_turned_too() -> None:
    data = saved(Image.fromarray(RAMP), "TIFF", tiffinfo={0x0112: 8})
    assert decode(data).shape == (60, 40)


def test_damaged_exif_costs_nothing() -> None:
    data = saved(scene(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert np.array_equal(decode(data), np.asarray(scene()))


def test_cmyk_jpeg_is_not_inverted() -> None:
    assert close(decode(saved(scene("CMYK"), "JPEG", quality=95)), scene(), 6)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colour_spaces_become_rgb(mode: str) -> None:
    if mode == "YCbCr" and int(PIL.__version__.split(".")[0]) < 13:
        pytest.skip("Pillow before 13 cannot read the YCbCr TIFF that it writes itself")
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(scene(), srgb, lab, outputMode="LAB")
        assert image is not None
    else:
        image = scene(mode)
    assert close(decode(saved(image, "TIFF")), scene(), 3)


def test_transparency_shows_white() -> None:
    colours = np.zeros((40, 60, 4), np.uint8)
    colours[..., 0], colours[..., 3] = 200, np.linspace(0, 255, 60).astype(np.uint8)
    alpha = colours[..., 3:] / 255
    expected = (colours[..., :3] * alpha + 255 * (1 - alpha)).round()
    for form in ("PNG", "TIFF", "WEBP"):
        value = decode(saved(Image.fromarray(colours), form, **({"lossless": True} if form == "WEBP" else {})))
        assert value.shape == (40, 60, 3) and np.abs(value - expected).max() <= 1
    gray = decode(saved(Image.fromarray(colours).convert("LA"), "PNG"))
    assert gray.shape == (40, 60) and (gray[:, 0] == 255).all()


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_palette_is_resolved_and_its_transparency_white(form: str) -> None:
    image = Image.new("P", (8, 8))
    image.putpalette([255, 0, 0, 0, 0, 255, 0, 255, 0])
    image.putpixel((1, 0), 1)
    image.putpixel((2, 0), 2)
    value = decode(saved(image, form, transparency=1))
    assert value[0, :3].tolist() == [[255, 0, 0], [255, 255, 255], [0, 255, 0]]


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_colour_key_is_white(mode: str) -> None:
    key = (0, 0, 0) if mode == "RGB" else 0
    value = decode(saved(Image.new(mode, (4, 4)), "PNG", transparency=key))
    assert value.shape == ((4, 4, 3) if mode == "RGB" else (4, 4)) and (value == 255).all()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_16_bit_gray_is_scaled_not_clipped(form: str) -> None:
    value = decode(saved(Image.fromarray(RAMP), form))
    assert is_picture(value) and close(value, RAMP / 257, 1)
    assert value.min() == 0 and value.max() == 255


def test_16_bit_colour_is_scaled_not_clipped() -> None:
    colours = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], -1)
    tiff = cv2.imencode(".tiff", colours[..., ::-1])[1].tobytes()
    for data in (png16(colours, 2), tiff):
        value = decode(data)
        assert np.abs(value - colours / 257).max() <= 1 and value.max() == 255


def test_16_bit_alpha_is_laid_over_white() -> None:
    opaque = np.full_like(RAMP, 65_535)
    gray = decode(png16(np.stack([RAMP, opaque], -1), 4))
    assert gray.shape == RAMP.shape and np.abs(gray - RAMP / 257).max() <= 1
    assert (decode(png16(np.stack([RAMP, opaque * 0], -1), 4)) == 255).all()
    assert (decode(png16(RAMP, 0, chunk(b"tRNS", b"\0\0")))[0, 0]) == 255


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_fewer_bits_in_16_still_reach_white(bits: int) -> None:
    value = decode(saved(Image.fromarray(RAMP >> (16 - bits)), "PNG"))
    assert value.min() == 0 and value.max() == 255 and close(value, RAMP / 257, 1)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 0.5, 1]]), [0, 128, 255]),
        (np.array([[0, 0.5, 1.02]]), [0, 128, 255]),
        (np.array([[0, 100, 255]]), [0, 100, 255]),
        (np.array([[-1, 0, 1]]), [0, 128, 255]),
        (np.array([[np.nan, np.inf, 1]]), [255, 255, 255]),
        (np.array([[0, 0, 0]]), [0, 0, 0]),
    ],
)
def test_floats_are_scaled_sensibly(pixels: np.ndarray, expected: list[int]) -> None:
    assert decode(saved(Image.fromarray(pixels.astype(np.float32)), "TIFF"))[0].tolist() == expected


def test_all_nan_is_refused() -> None:
    assert refusal(saved(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF")) == "corrupt"


def test_signed_and_white_is_zero() -> None:
    signed = cv2.imencode(".tiff", np.array([[0, 16_384, 32_767]], np.int16))[1].tobytes()
    assert decode(signed)[0].tolist() == [0, 128, 255]
    black_is_zero, white_is_zero = (struct.pack("<HHIHH", 262, 3, 1, which, 0) for which in (1, 0))
    data = saved(Image.fromarray(RAMP), "TIFF")
    assert data.count(black_is_zero) == 1
    assert close(decode(data.replace(black_is_zero, white_is_zero)), 255 - RAMP / 257, 1)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_animation_gives_its_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=50, **options)
    value = decode(data)
    assert value.shape == (20, 30, 3) and (value == (255, 0, 0)).all()


def test_avif_if_pillow_has_it() -> None:
    if "AVIF" not in (Image.init(), Image.SAVE)[1]:
        pytest.skip("this Pillow has no AVIF")
    assert close(decode(saved(scene(), "AVIF", quality=95)), scene(), 6)


def test_empty_and_text_are_refused_by_name() -> None:
    assert refusal(b"") == "empty"
    texts = (b"hello", b"%!PS-Adobe-3.0 EPSF-3.0", b"BMW is a car maker", b"P3 players\nwant", b"\0" * 50, b"\xff\xd8")
    for text in texts:
        assert refusal(text) == "not an image"


def test_heic_and_unknown_modes_are_unsupported() -> None:
    assert refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(50)) == "unsupported"
    floats = cv2.imencode(".tiff", np.zeros((4, 4, 3), np.float32))[1].tobytes()
    assert refusal(floats) == "unsupported"


def test_bombs_are_refused_from_their_header() -> None:
    assert refusal(png(60_000, 60_000, 8, 2)) == "too large"
    assert refusal(png(MAX_PIXELS // 10_000 + 1, 10_000, 8, 0)) == "too large"
    jpeg = bytearray(saved(scene(), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    assert refusal(bytes(jpeg)) == "too large"


def test_pillows_own_limit_is_not_ours() -> None:
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = 100
    try:
        assert decode(saved(scene(), "PNG")).shape == (40, 60, 3)
        assert Image.MAX_IMAGE_PIXELS == 100
    finally:
        Image.MAX_IMAGE_PIXELS = before


SOURCES = {
    "jpeg": saved(scene(), "JPEG"),
    "progressive": saved(scene(), "JPEG", progressive=True),
    "cmyk": saved(scene("CMYK"), "JPEG"),
    "png": saved(scene(), "PNG"),
    "palette": saved(scene("P"), "PNG", transparency=1),
    "deep": saved(Image.fromarray(RAMP), "PNG"),
    "gif": saved(scene(), "GIF"),
    "webp": saved(scene(), "WEBP"),
    "bmp": saved(scene(), "BMP"),
    "tiff": saved(scene(), "TIFF"),
    "lzw": saved(scene(), "TIFF", compression="tiff_lzw"),
    "float": saved(Image.fromarray(RAMP.astype(np.float32)), "TIFF"),
    "jp2": saved(scene(), "JPEG2000"),
    "ppm": saved(scene(), "PPM"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_truncated_is_refused_or_full_size(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = SOURCES[name]
    shape = decode(data).shape
    for end in range(0, len(data), 7):
        try:
            value = decode(data[:end])
        except SampleError as error:
            assert error.reason in REASONS
        else:
            assert is_picture(value) and value.shape == shape
    if name in ("jpeg", "progressive"):
        assert capfd.readouterr().err == "", "OpenCV was given a truncated JPEG"


@pytest.mark.parametrize("name", ["jpeg", "png", "bmp", "ppm", "tiff"])
def test_half_a_file_is_never_half_a_picture(name: str) -> None:
    assert refusal(SOURCES[name][: len(SOURCES[name]) // 2]) in ("truncated", "corrupt")


@pytest.mark.parametrize("name", SOURCES)
def test_flipped_bits_never_escape(name: str) -> None:
    chance = random.Random(name)
    for _ in range(60):
        data = bytearray(SOURCES[name])
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data) if chance.random() < 0.5 else min(len(data), 120))] ^= chance.randrange(
                1, 256
            )
        try:
            assert is_picture(decode(bytes(data)))
        except SampleError as error:
            assert error.reason in REASONS and " at 0x" not in error.detail


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([b"", *(data[:16] for data in SOURCES.values())]), st.binary(max_size=400))
def test_random_bytes_never_escape(start: bytes, rest: bytes) -> None:
    try:
        assert is_picture(decode(start + rest))
    except SampleError as error:
        assert error.reason in REASONS


def test_garbage_between_segments_goes_to_pillow(capfd: pytest.CaptureFixture[str]) -> None:
    data = SOURCES["jpeg"]
    table = data.index(b"\xff\xdb")
    value = decode(data[:table] + b"\0\0\0" + data[table:])
    assert np.array_equal(value, decode(data)) and capfd.readouterr().err == ""


@pytest.mark.parametrize("name", SOURCES)
def test_an_original_keeps_its_bytes_and_gets_its_true_ending(name: str) -> None:
    kinds = {"jpg": "jpeg progressive cmyk", "png": "png palette deep", "tif": "tiff lzw float"}
    true = next((kind for kind, names in kinds.items() if name in names.split()), name)
    encoded = original(SOURCES[name], ".XYZ")
    assert encoded.data is SOURCES[name] and encoded.extension == true and f".{true}" in SUFFIXES


def test_an_unknown_original_keeps_its_ending() -> None:
    endings = [original(b"?", suffix).extension for suffix in (".JPEG", "tiff", ".Pnm", "")]
    assert endings == ["jpg", "tif", "pnm", "bin"]
    assert original(saved(scene("L"), "PPM"), ".ppm").extension == "pgm"


def test_importing_stays_light() -> None:
    code = "import sys, augment.image.decode, augment.image.encode; print({'cv2', 'PIL'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "set()"


def test_text_chunk_bomb_is_refused() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("bomb", "x" * (PngImagePlugin.MAX_TEXT_CHUNK + 1), zip=True)
    assert refusal(saved(scene(), "PNG", pnginfo=info)) in ("corrupt", "truncated")


@pytest.mark.realdata
def test_real_odd_formats() -> None:
    root = os.environ.get("AUGMENT_REAL_DATA")
    folder = Path(root or ".") / "images_odd_formats"
    if not root or not folder.is_dir():
        pytest.skip("AUGMENT_REAL_DATA names no folder with images_odd_formats")
    bad = {"SOURCE.txt", "00r0_gray_l.jp2", "broken.png", "broken_data_stream.png", "truncated_end_chunk.png"}
    refused = {}
    for path in sorted(folder.iterdir()):
        try:
            assert is_picture(decode(path.read_bytes()))
        except SampleError as error:
            refused[path.name] = error.reason
    assert set(refused) == bad and refused["SOURCE.txt"] == "not an image"
