"""What is encoded comes back: exactly where the format can, closely where it can't; the rest is refused."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pydantic
import pytest
import soundfile

from augment.audio.decode import decode, pages
from augment.audio.encode import CHANNELS, Encoding, encode
from augment.audio.value import Clip
from augment.errors import SampleError

FORMATS = ["flac", "wav", "ogg", "opus"]
EXACT = [
    Encoding(format="flac", subtype="PCM_16"),
    Encoding(format="flac", subtype="PCM_24"),
    Encoding(format="wav", subtype="PCM_16"),
    Encoding(format="wav", subtype="PCM_24"),
    Encoding(format="wav", subtype="FLOAT"),
]
ALL = [*EXACT, Encoding(format="ogg"), Encoding(format="opus")]


def tones(channels: int = 1, frames: int = 16_000, rate: int = 16_000, peak: float = 0.5) -> Clip:
    at = np.arange(frames) / rate
    waves = [peak * np.sin(2 * np.pi * 300 * (one + 1) * at) for one in range(channels)]
    return Clip(np.stack(waves).astype(np.float32), rate)


def noise(bits: int, channels: int = 2, frames: int = 70_001) -> Clip:
    top = 2 ** (bits - 1)
    whole = np.random.default_rng(bits).integers(-top, top, (channels, frames))
    whole[:, :2] = [-top, top - 1]
    return Clip((whole / top).astype(np.float32), 44_100)


def refusal(value: Any, **options: Any) -> SampleError:
    with pytest.raises(SampleError) as caught:
        encode(value, Encoding(**options))
    return caught.value


@pytest.mark.parametrize("encoding", EXACT, ids=str)
def test_all_depths_come_back_bit_by_bit(encoding: Encoding) -> None:
    clip = noise(16 if encoding.subtype == "PCM_16" else 24)
    back = decode(encode(clip, encoding).data)
    assert np.array_equal(back.samples, clip.samples)
    assert (back.rate, back.subtype) == (clip.rate, encoding.subtype)


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("gain", [1.0, 3.3])
def test_rounding_is_that_of_double_precision(bits: int, gain: float) -> None:
    rng = np.random.default_rng(bits)
    samples = (rng.standard_normal((1, 90_000)) * 0.2 * gain).astype(np.float32)
    samples[0, :4] = [1.0, -1.0, np.float32(1 - 2**-24), 2.0**-24]
    top = 2 ** (bits - 1)
    scaled = samples * np.float32(1 / max(1.0, float(np.abs(samples).max())))
    expected = np.rint(scaled.astype(np.float64) * top).clip(-top, top - 1)
    made = decode(encode(Clip(samples, 8000), Encoding(subtype="PCM_16" if bits == 16 else "PCM_24")).data)
    assert np.array_equal(made.samples.astype(np.float64) * top, expected)


@pytest.mark.parametrize("form", ["ogg", "opus"])
@pytest.mark.parametrize("channels", range(1, 9))
def test_lossy_is_close(form: str, channels: int) -> None:
    if channels > CHANNELS[form]:
        pytest.skip(f"{form} holds less")
    clip = tones(channels)
    back = decode(encode(clip, Encoding(format=form)).data)
    assert back.samples.shape == clip.samples.shape and back.rate == clip.rate
    middle = slice(2000, -2000)
    for one in range(channels):
        assert np.corrcoef(back.samples[one, middle], clip.samples[one, middle])[0, 1] > 0.98


@pytest.mark.parametrize("encoding", ALL, ids=str)
def test_same_value_same_bytes_at_any_time_and_the_value_stays(encoding: Encoding) -> None:
    clip = tones(2, 70_000)
    before = clip.samples.copy()
    first = encode(clip, encoding)
    time.sleep(1.1)  # libsndfile puts the time into some files, by the second
    assert encode(Clip(before, clip.rate), encoding) == first
    assert first.extension == encoding.format
    assert np.array_equal(clip.samples, before)


@pytest.mark.parametrize("encoding", ALL, ids=str)
def test_memory_layout_makes_no_difference(encoding: Encoding) -> None:
    clip = tones(2)
    assert encode(Clip(np.asfortranarray(clip.samples), clip.rate), encoding) == encode(clip, encoding)


@pytest.mark.parametrize("form", ["ogg", "opus"])
def test_ogg_pages_have_our_serial_number_and_a_true_checksum(form: str) -> None:
    data = encode(tones(2, 160_000), Encoding(format=form)).data
    found = list(pages(data))
    assert len(found) > 3 and found[-1][1] == len(data)
    for start, end in found:
        page = data[start:end]
        assert page[14:18] == b"\1\0\0\0"
        assert int.from_bytes(page[22:26], "little") == checksum(page[:22] + b"\0\0\0\0" + page[26:])


def checksum(page: bytes) -> int:
    """By the book: RFC 3533, 6; bit by bit."""
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


@pytest.mark.parametrize(
    ("source", "form", "wanted"),
    [
        ("PCM_16", "flac", "PCM_16"),
        ("PCM_U8", "flac", "PCM_16"),
        ("MPEG_LAYER_III", "flac", "PCM_16"),
        ("PCM_24", "flac", "PCM_24"),
        ("PCM_32", "flac", "PCM_24"),
        ("FLOAT", "flac", "PCM_24"),
        ("DOUBLE", "wav", "FLOAT"),
        ("FLOAT", "wav", "FLOAT"),
        ("PCM_24", "wav", "PCM_24"),
        ("VORBIS", "wav", "PCM_16"),
    ],
)
def test_auto_keeps_the_depth_of_the_source(source: str, form: str, wanted: str) -> None:
    clip = Clip(tones().samples, 16_000, source)
    assert decode(encode(clip, Encoding(format=form)).data).subtype == wanted


@pytest.mark.parametrize("form", FORMATS)
def test_peaks_are_rescaled_cut_or_refused(form: str) -> None:
    loud, half = tones(peak=2.0), tones(peak=1.0)
    assert encode(loud, Encoding(format=form)).data == encode(half, Encoding(format=form)).data
    cut = Clip(loud.samples.clip(-1, 1), loud.rate)
    assert encode(loud, Encoding(format=form, clip="limit")).data == encode(cut, Encoding(format=form)).data
    found = refusal(loud, format=form, clip="error")
    assert found.reason == "out of range" and "peak is 2" in found.detail


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("clip", "note"), [("rescale", "clips rescaled"), ("limit", "clips limited")])
def test_clips_whose_peaks_had_to_be_changed_are_counted(form: str, clip: Any, note: str) -> None:
    assert encode(tones(peak=2.0), Encoding(format=form, clip=clip)).notes == {note: 1}
    assert encode(tones(peak=0.5), Encoding(format=form, clip=clip)).notes == {}


def test_floats_keep_their_peaks() -> None:
    loud = tones(peak=2.0)
    made = encode(loud, Encoding(format="wav", subtype="FLOAT"))
    assert np.array_equal(decode(made.data).samples, loud.samples) and made.notes == {}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(form: str, value: float) -> None:
    clip = tones()
    clip.samples[0, 5] = value
    assert refusal(clip, format=form).reason == "out of range"
    if form == "wav":
        assert refusal(clip, format=form, subtype="FLOAT").reason == "out of range"


@pytest.mark.parametrize("form", FORMATS)
def test_silence_and_one_frame(form: str) -> None:
    for samples in (np.zeros((1, 4000), np.float32), np.full((2, 1), 0.5, np.float32)):
        back = decode(encode(Clip(samples, 16_000), Encoding(format=form)).data)
        assert back.samples.shape == samples.shape


@pytest.mark.parametrize("form", FORMATS)
def test_no_frames_are_refused(form: str) -> None:
    assert refusal(Clip(np.zeros((1, 0), np.float32), 16_000), format=form).reason == "empty"


@pytest.mark.parametrize("value", [None, np.zeros(9), Clip(np.zeros(9), 8), Clip(np.zeros((1, 9), np.int16), 8)])
def test_what_is_no_clip_is_refused(value: Any) -> None:
    assert refusal(value).reason == "not sound"


@pytest.mark.parametrize(("form", "channels", "rate"), [("flac", 9, 8000), ("flac", 1, 700_000), ("opus", 3, 48_000)])
def test_what_a_format_cannot_hold_is_refused(form: str, channels: int, rate: int) -> None:
    found = refusal(Clip(np.zeros((channels, 99), np.float32), rate), format=form)
    assert found.reason == "not encodable" and found.detail.startswith(f"{form} holds")


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 8000), (11_025, 12_000), (44_100, 48_000), (96_000, 48_000)])
def test_opus_takes_the_next_rate(rate: int, wanted: int) -> None:
    clip = tones(2, rate, rate)
    back = decode(encode(clip, Encoding(format="opus")).data)
    assert back.rate == wanted
    assert back.seconds == pytest.approx(1.0, abs=1e-3)
    spectrum = np.abs(np.fft.rfft(back.samples[0, : wanted // 2]))
    assert 2 * spectrum.argmax() == pytest.approx(300, abs=4)


@pytest.mark.parametrize("form", ["ogg", "opus"])
def test_more_quality_more_bytes(form: str) -> None:
    sizes = [len(encode(noise(16, 1, 30_000), Encoding(format=form, quality=one)).data) for one in (5, 40, 90)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] / 2


@pytest.mark.parametrize("form", ["ogg", "opus"])
def test_a_long_clip_does_not_overflow_the_codec(form: str) -> None:
    clip = tones(1, 2_000_000, 8000)
    assert decode(encode(clip, Encoding(format=form, quality=1)).data).samples.shape == clip.samples.shape


def test_our_wav_is_read_by_others() -> None:
    import wave

    clip = noise(16, 2, 101)
    with wave.open(io.BytesIO(encode(clip, Encoding(format="wav")).data)) as file:
        assert file.getparams()[:4] == (2, 2, 44_100, 101)
    odd = encode(Clip(clip.samples[:1], 44_100), Encoding(format="wav", subtype="PCM_24")).data
    assert len(odd) % 2 == 0 and int.from_bytes(odd[4:8], "little") == len(odd) - 8
    floats = encode(clip, Encoding(format="wav", subtype="FLOAT")).data
    assert np.array_equal(soundfile.read(io.BytesIO(floats), dtype="float32")[0].T, clip.samples)


@pytest.mark.parametrize(
    "options",
    [
        {"format": "mp3"},
        {"format": "flac", "subtype": "FLOAT"},
        {"format": "ogg", "subtype": "PCM_16"},
        {"clip": "wrap"},
        {"quality": 0},
        {"quality": 101},
        {"quality": 50.5},
        {"bitrate": 128},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        Encoding(**options)
