"""Value to bytes: FLAC, WAV, Ogg Vorbis or Opus, the same bytes each time.

Samples are rounded here, by 2^15 or 2^23 as decoding divided them, so that 16 and 24 bits come back exactly;
libsndfile multiplies by one less. WAV is written here, for libsndfile puts the time of day into WAVs of floats; and
the serial number of Ogg streams, which it draws by the clock, is replaced.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal

import numpy as np
import pydantic

from augment.audio.decode import pages
from augment.audio.value import Clip
from augment.errors import SampleError
from augment.options import Options
from augment.sample import Encoded

OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
"""Hz; RFC 6716, 2.1.3. Clips of other rates are resampled to the next above, those beyond 48 kHz to 48 kHz."""

CHANNELS = {"flac": 8, "wav": 65_535, "ogg": 8, "opus": 2}
RATES = {"flac": 655_350, "wav": 2**32 - 1, "ogg": 200_000, "opus": 2**32 - 1}
"""Most channels and highest rate (Hz) of each format: RFC 9639, 8.2; libvorbis; RFC 7845, 5.1.1. Of more
than two channels Opus takes some for loudspeakers of the bass and cuts all else from them."""

DEEP = frozenset({"PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ALAC_20", "ALAC_24", "ALAC_32", "DWVW_24"})
"""Subtypes of sources that hold more than 16 bits."""

_BLOCK = 65_536
"""Frames written at a time: whole clips at once overflow the stack in libvorbis (libsndfile issue 1042)."""

RESCALED, LIMITED = "clips rescaled", "clips limited"
NOTHING: Mapping[str, int] = {}

_SERIAL = 1
_CRC = 0x1_04C1_1DB7
"""Generator of the checksum of Ogg pages: no reflection, starts at 0, nothing added at the end (RFC 3533, 6)."""


class Encoding(Options):
    """How outputs are encoded: ``{format: flac}``, ``{format: wav, subtype: FLOAT}``, ``{format: opus, quality: 30}``.

    Args:
        format: ``flac``, ``wav``, ``ogg`` (Vorbis) or ``opus``.
        subtype: ``PCM_16``, ``PCM_24``, ``FLOAT`` (wav only) or ``auto``: as deep as the source, so 24 bits where it
            had more than 16, and FLOAT in wav where it had floats.
        clip: What to do where a peak is over 1.0: ``rescale`` (divide the clip by its peak), ``limit`` (cut peaks) or
            ``error`` (leave the copy out). FLOAT holds such peaks; there nothing is done.
        quality: 1 (smallest) to 100 (best), for ogg and opus. 40 is Vorbis's q4, and 106 kbit/s a channel for Opus.
    """

    format: Literal["flac", "wav", "ogg", "opus"] = "flac"
    subtype: Literal["auto", "PCM_16", "PCM_24", "FLOAT"] = "auto"
    clip: Literal["rescale", "limit", "error"] = "rescale"
    quality: pydantic.StrictInt = pydantic.Field(default=40, ge=1, le=100)

    @pydantic.model_validator(mode="after")
    def _subtype_is_possible(self) -> Encoding:
        if self.subtype == "FLOAT" and self.format != "wav":
            raise ValueError(f"{self.format} holds no floats; use subtype: PCM_24, or format: wav")
        if self.subtype != "auto" and self.format in ("ogg", "opus"):
            raise ValueError(f"{self.format} has no subtypes; leave it out, or use format: flac or wav")
        return self


def encode(value: Any, encoding: Encoding) -> Encoded:
    """Encode one clip. The value is not changed; same value and options, same bytes.

    Args:
        value: A Clip; (channels, frames) floats.
        encoding: The options.

    Returns:
        Encoded: Its notes count the clip where ``clip`` has rescaled or limited its peaks.

    Raises:
        SampleError: ``not sound`` (wrong type or shape), ``empty`` (no frames), ``out of range`` (NaN or Infinity, or
            a peak over 1.0 under ``clip: error``), ``not encodable`` (a rate or number of channels that the format
            can't hold, or the codec failed), ``too large`` (for WAV).
    """
    clip = _checked(value, encoding.format)
    subtype = _subtype(clip, encoding)
    if encoding.format == "opus":
        clip = _resampled(clip)  # before peaks are looked at: it may raise them
    gain, notes = (1.0, NOTHING) if subtype == "FLOAT" else _gain(clip, encoding.clip)
    if encoding.format == "wav":
        return Encoded(_wav(clip, subtype, gain), "wav", notes)
    return Encoded(_by_soundfile(clip, (encoding.format, subtype), gain, encoding.quality), encoding.format, notes)


def _checked(value: Any, form: str) -> Clip:
    """A clip that the format can hold."""
    if not isinstance(value, Clip) or value.samples.ndim != 2 or value.samples.dtype.kind != "f":
        raise SampleError("not sound", f"expected a Clip of (channels, frames) floats, got {type(value).__name__}")
    channels, frames = value.samples.shape
    if not frames:
        raise SampleError("empty", "the steps have left no samples")
    if not 1 <= channels <= CHANNELS[form]:
        raise SampleError("not encodable", f"{form} holds 1 to {CHANNELS[form]:,} channels, not {channels}")
    if not 1 <= value.rate <= RATES[form]:
        raise SampleError("not encodable", f"{form} holds rates up to {RATES[form]:,} Hz, not {value.rate:,} Hz")
    return value


def _subtype(clip: Clip, encoding: Encoding) -> str:
    if encoding.format in ("ogg", "opus"):
        return {"ogg": "VORBIS", "opus": "OPUS"}[encoding.format]
    if encoding.subtype != "auto":
        return encoding.subtype
    if encoding.format == "wav" and clip.subtype in ("FLOAT", "DOUBLE"):
        return "FLOAT"
    return "PCM_24" if clip.subtype in DEEP else "PCM_16"


def _gain(clip: Clip, policy: str) -> tuple[float, Mapping[str, int]]:
    """What to multiply by, so that peaks fit, and what that means for the clip.

    Peaks that ``limit`` leaves are cut where they are rounded.
    """
    peak = max(-float(clip.samples.min()), float(clip.samples.max()))
    if not np.isfinite(peak):
        raise SampleError("out of range", "the steps have made NaN or Infinity")
    if peak <= 1.0:
        return 1.0, NOTHING
    if policy == "error":
        raise SampleError("out of range", f"its peak is {peak:.4g}, over 1.0; see output.audio.clip")
    return (1.0, {LIMITED: 1}) if policy == "limit" else (1.0 / peak, {RESCALED: 1})


def _resampled(clip: Clip) -> Clip:
    """At a rate that Opus knows."""
    rate = next((rate for rate in OPUS_RATES if rate >= clip.rate), OPUS_RATES[-1])
    if rate == clip.rate:
        return clip
    import soxr

    given = np.array(clip.samples.T, np.float32, order="C")  # a copy: soxr refuses some views of one frame
    try:
        frames = soxr.resample(given, clip.rate, rate, quality="HQ")
    except (MemoryError, RuntimeError, ValueError) as error:  # ratios of many thousands
        raise SampleError("not encodable", f"from {clip.rate:,} to {rate:,} Hz: {error}") from None
    if not len(frames):
        raise SampleError("empty", f"nothing is left of {clip.samples.shape[1]} frames at {rate:,} Hz")
    return Clip(np.ascontiguousarray(frames.T), rate, clip.subtype)


def _blocks(clip: Clip, gain: float) -> Iterator[np.ndarray]:
    """The clip as (frames, channels) float32 in [-1, 1] unless its peaks are to be kept, block by block."""
    for start in range(0, clip.samples.shape[1], _BLOCK):
        block = clip.samples[:, start : start + _BLOCK].T
        yield np.multiply(block, np.float32(gain), dtype=np.float32, order="C")


def _rounded(block: np.ndarray, bits: int) -> np.ndarray:
    """Integers of so many bits, as int16 or int32; the very top, which integers lack, becomes the highest there is.

    Single precision is exact here: it holds 24 bits, and scaling by a power of two changes none of them. ``block`` is
    ours and is used up.
    """
    top = 2 ** (bits - 1)
    block *= np.float32(top)
    np.rint(block, out=block)
    np.clip(block, -top, top - 1, out=block)
    return block.astype("<i2" if bits == 16 else "<i4")


def _wav(clip: Clip, subtype: str, gain: float) -> bytes:
    """A plain WAV: header, then samples (Multimedia Programming Interface and Data Specifications 1.0, 1991)."""
    channels, frames = clip.samples.shape
    width = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}[subtype]
    size = channels * frames * width
    if size > 2**32 - 100:
        raise SampleError("too large", f"{size:,} bytes do not fit into a WAV, which ends at 4 GiB; use format: flac")
    if subtype == "FLOAT" and not (np.isfinite(clip.samples.min()) and np.isfinite(clip.samples.max())):
        raise SampleError("out of range", "the steps have made NaN or Infinity")
    tag = 3 if subtype == "FLOAT" else 1
    about = struct.pack("<HHIIHH", tag, channels, clip.rate, clip.rate * channels * width, channels * width, 8 * width)
    head = b"WAVEfmt " + struct.pack("<I", len(about)) + about
    if tag == 3:  # what is not PCM has a size of extras, none, and says how many frames there are
        head = b"WAVEfmt " + struct.pack("<I", 18) + about + b"\0\0" + b"fact" + struct.pack("<II", 4, frames)
    head += b"data" + struct.pack("<I", size)
    parts = [b"RIFF", struct.pack("<I", len(head) + size + size % 2), head]
    for block in _blocks(clip, gain):
        if tag == 3:
            parts.append(block.astype("<f4").tobytes())
        elif width == 2:
            parts.append(_rounded(block, 16).tobytes())
        else:
            parts.append(_rounded(block, 24).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return b"".join([*parts, b"\0" * (size % 2)])


def _by_soundfile(clip: Clip, kind: tuple[str, str], gain: float, quality: int) -> bytes:
    """FLAC, Vorbis or Opus; ``kind`` is format and subtype."""
    import soundfile

    form, subtype = kind
    stream = io.BytesIO()
    how: dict[str, Any] = {} if form == "flac" else {"compression_level": 1 - quality / 100}
    container = "FLAC" if form == "flac" else "OGG"
    try:
        with soundfile.SoundFile(
            stream, "w", clip.rate, len(clip.samples), subtype=subtype, format=container, **how
        ) as file:
            for block in _blocks(clip, gain):
                if form != "flac":
                    file.write(block.clip(-1, 1))
                elif subtype == "PCM_16":
                    file.write(_rounded(block, 16))
                else:
                    file.write(_rounded(block, 24) << 8)
    except (soundfile.SoundFileError, ValueError) as error:
        about = f"{clip.samples.shape[0]} channels at {clip.rate:,} Hz as {form}"
        raise SampleError("not encodable", f"{about}: {_last(error)}") from None
    return stream.getvalue() if form == "flac" else _renumbered(stream.getvalue())


def _last(error: Exception) -> str:
    """libsndfile's complaint without the address of our stream."""
    return str(getattr(error, "error_string", "") or error).removeprefix("Error : ")


def _renumbered(data: bytes) -> bytes:
    """An Ogg file with our serial number in each page.

    The checksum is linear: it changes by the checksum of the difference, four bytes with zeros after them.
    """
    made = bytearray(data)
    for start, end in pages(data):
        old = bytes(made[start + 14 : start + 18])
        new = struct.pack("<I", _SERIAL)
        difference = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
        change = _product(difference, _power_of_x(8 * (end - start - 18) + 32))
        checksum = int.from_bytes(made[start + 22 : start + 26], "little") ^ change
        made[start + 14 : start + 18] = new
        made[start + 22 : start + 26] = checksum.to_bytes(4, "little")
    return bytes(made)


def _product(left: int, right: int) -> int:
    """Of two polynomials over GF(2), modulo the generator; bit k stands for x^k."""
    found = 0
    while right:
        if right & 1:
            found ^= left
        left <<= 1
        if left >> 32:
            left ^= _CRC
        right >>= 1
    return found


@cache
def _power_of_x(power: int) -> int:
    """x^power modulo the generator."""
    if power < 32:
        return 1 << power
    half = _power_of_x(power // 2)
    square = _product(half, half)
    return _product(square, 2) if power % 2 else square
