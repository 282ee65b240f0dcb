"""What is encoded comes back: exactly where the format can, closely where it can't; the rest is refused."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pydantic
import pytest
from PIL import Image

from augment.errors import SampleError
from augment.image.decode import decode
from augment.image.encode import LIMITS, Encoding, encode

FORMATS = ["jpg", "png", "webp"]


def smooth(height: int = 48, width: int = 64, channels: int = 3) -> np.ndarray:
    down, right = np.mgrid[0:height, 0:width]
    planes = [down * 3, right * 3, 255 - down - right, 255 - right * 2]
    picture = np.stack(planes[:channels], -1).clip(0, 255).astype(np.uint8)
    return picture[..., 0] if channels == 1 else picture


def refusal(value: Any, form: str = "jpg") -> SampleError:
    with pytest.raises(SampleError) as caught:
        encode(value, Encoding(format=form))
    return caught.value


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("channels", [1, 3])
def test_round_trip_is_close(form: str, channels: int) -> None:
    value = smooth(channels=channels)
    back = decode(encode(value, Encoding(format=form, quality=95)).data)
    if form == "webp" and channels == 1:  # WebP knows no gray
        back = back[..., 0]
    assert back.shape == value.shape
    assert np.abs(back.astype(int) - value).mean() < 3


@pytest.mark.parametrize("encoding", [Encoding(format="png"), Encoding(format="webp", lossless=True)])
@pytest.mark.parametrize("kind", ["smooth", "noise", "flat"])
def test_lossless_is_exact(encoding: Encoding, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (33, 47, 3), np.uint8)
    value = {"smooth": smooth(), "noise": noise, "flat": np.full((9, 5, 3), 77, np.uint8)}[kind]
    assert np.array_equal(decode(encode(value, encoding).data), value)


@pytest.mark.parametrize("compression", range(10))
def test_every_png_level_is_exact(compression: int) -> None:
    value = smooth()
    assert np.array_equal(decode(encode(value, Encoding(format="png", compression=compression)).data), value)


@pytest.mark.parametrize("form", FORMATS)
def test_same_value_same_bytes_and_the_value_stays(form: str) -> None:
    value = smooth()
    before = value.copy()
    first = encode(value, Encoding(format=form))
    assert first == encode(value.copy(), Encoding(format=form))
    assert first.extension == form and np.array_equal(value, before)


@pytest.mark.parametrize("form", FORMATS)
def test_memory_layout_makes_no_difference(form: str) -> None:
    value = smooth()
    value.flags.writeable = False
    expected = encode(value, Encoding(format=form)).data
    for view in (np.asfortranarray(value), value[:, ::-1].copy()[:, ::-1], np.dstack([value, value])[..., :3]):
        assert encode(view, Encoding(format=form)).data == expected


def test_a_single_channel_is_gray() -> None:
    gray = smooth(channels=1)
    assert encode(gray[..., None], Encoding()).data == encode(gray, Encoding()).data
    assert Image.open(io.BytesIO(encode(gray, Encoding()).data)).mode == "L"


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("form", FORMATS)
def test_floats_encode_as_their_bytes(kind: type, form: str) -> None:
    value = smooth()
    assert encode((value / 255).astype(kind), Encoding(format=form)) == encode(value, Encoding(format=form))


def test_a_little_overshoot_is_clipped_and_more_is_refused() -> None:
    value = np.full((4, 4, 3), 1.0005, np.float32)
    assert (decode(encode(value, Encoding(format="png")).data) == 255).all()
    for wrong in (1.1, -0.1, 200.0, np.nan, np.inf, -np.inf):
        value[1, 2, 0] = wrong
        assert refusal(value).reason == "out of range"


def test_16_bits_stay_in_png_and_are_scaled_elsewhere() -> None:
    deep = np.linspace(0, 65_535, 48 * 64).astype(np.uint16).reshape(48, 64)
    for value in (deep, np.dstack([deep, deep[::-1], deep])):
        data = encode(value, Encoding(format="png")).data
        back = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(back if back.ndim == 2 else back[..., ::-1], value)
    assert np.abs(decode(encode(deep, Encoding(quality=100)).data).astype(int) - deep / 257).max() < 4


@pytest.mark.parametrize("form", ["png", "webp"])
def test_alpha_is_kept_where_the_format_has_it(form: str) -> None:
    value = smooth(channels=4)
    back = np.asarray(Image.open(io.BytesIO(encode(value, Encoding(format=form)).data)))
    assert back.shape == value.shape and np.array_equal(back[..., 3], value[..., 3])
    error = refusal(value, "jpg")
    assert error.reason == "not an image" and "(48, 64, 4)" in error.detail


@pytest.mark.parametrize(
    "value",
    [
        None,
        [[1, 2], [3, 4]],
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 0), np.uint8),
        np.zeros(5, np.uint8),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((2, 2, 5), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((4, 4), np.int64),
        np.zeros((4, 4), bool),
        np.zeros((4, 4), complex),
        np.array(7),
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_picture_is_refused_with_what_was_expected(value: Any, form: str) -> None:
    error = refusal(value, form)
    assert error.reason == "not an image" and "expected" in error.detail and "got" in error.detail


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("tall", [False, True])
def test_sides_reach_the_limit_and_no_further(form: str, tall: bool, capfd: pytest.CaptureFixture[str]) -> None:
    side = LIMITS[form]
    fits, over = np.zeros((1, side), np.uint8), np.zeros((1, side + 1), np.uint8)
    assert encode(fits.T if tall else fits, Encoding(format=form)).data
    assert refusal(over.T if tall else over, form).reason == "too large"
    assert capfd.readouterr().err == ""


def test_options_matter_and_are_checked() -> None:
    value = np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)
    for form in ("jpg", "webp"):
        sizes = [len(encode(value, Encoding(format=form, quality=quality)).data) for quality in (1, 50, 92, 100)]
        assert sizes == sorted(set(sizes))
    wrong: list[dict[str, Any]] = [
        {"format": "tiff"},
        {"quality": 0},
        {"quality": 101},
        {"quality": 92.5},
        {"compression": 10},
        {"qualty": 9},
        {"format": "jpg", "lossless": True},
    ]
    for options in wrong:
        with pytest.raises(pydantic.ValidationError):
            Encoding(**options)
