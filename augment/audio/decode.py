"""Bytes to value: every sound as float32, channels first, at its own rate.

soundfile (libsndfile) reads WAV of all depths, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF, W64 and SPHERE; PyAV, an
extra, reads MPEG-4 and AAC. libsndfile takes what is there of a truncated file for the whole and says nothing, so the
length that a header promises is compared with what there is, here, first.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment.audio.value import Clip
from augment.errors import SampleError
from augment.sample import Encoded

_ENDINGS = "wav wave bwf rf64 w64 flac ogg oga opus mp3 aif aiff aifc au snd caf sph nist m4a m4b aac"
SUFFIXES: frozenset[str] = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""File endings that are worth a try, lower case with dot. ``.mp4`` is left to moving pictures."""

MAX_SAMPLES = 200_000_000
"""A file with more, over all channels, is refused from its header, before any memory is taken."""

MAX_CHANNELS = 8

_ALIASES = {"wave": "wav", "bwf": "wav", "rf64": "wav", "oga": "ogg", "aif": "aiff", "aifc": "aiff", "snd": "au"}
_ALIASES |= {"nist": "sph", "m4b": "m4a"}
_NAMES = {"m4a": "MPEG-4 audio", "aac": "AAC"}

_BLOCK = 65_536
"""Frames read at a time; so that channels can be put apart without a second copy of the whole."""

_OPEN_END = 0x7FFF_0000
"""Sizes of 32 bits from here on mean "until the end": programs that write to a pipe can't know better."""

_UNKNOWN_FRAMES = 2**62
"""libsndfile's count of frames where it could not find the last page of an Ogg file is beyond this."""

_UNSUPPORTED_CODES = frozenset({4, 18, 64})
"""libsndfile's errors for known formats in codings it lacks: SF_ERR_UNSUPPORTED_ENCODING, SFE_UNIMPLEMENTED, and
SFE_WAV_FMT_SHORT, its word for WAVs of unknown tags (sndfile.h, common.h)."""

_CLEARER = {
    7: "there is no frame of MPEG audio in it",
    64: "libsndfile does not know its coding, or its fmt chunk is damaged",
}
"""Our words for errors of libsndfile whose own mislead; 7 is "does not exist" (SFE_BAD_FILE)."""

_MP3_SLACK = 2 * 1_152
"""Frames by which an MP3 may end before its length as libsndfile reckons it: two of MPEG's own frames."""

_STDERR = threading.Lock()


def decode(data: bytes) -> Clip:
    """Decode one sound.

    Returns:
        Clip: 1 to 8 channels, one frame or more, all samples finite. Integers are scaled so that their most negative
        is -1; floats are as they are.

    Raises:
        SampleError: ``empty`` (no bytes, no frames), ``not sound`` (of no known format, headerless), ``truncated``
            (less than its header says), ``corrupt`` (also NaN or Infinity), ``too large`` (more than MAX_SAMPLES) or
            ``unsupported`` (a coding that libsndfile lacks, PyAV not installed, too many channels).
    """
    if not data:
        raise SampleError("empty", "the file has no bytes")
    kind = _kind(data)
    if not kind:
        raise SampleError("not sound", f"no known format begins with {data[:12]!r}")
    if (promised := _promised(data, kind)) > len(data):
        raise SampleError("truncated", f"its header promises {promised:,} bytes; there are {len(data):,}")
    clip = _by_pyav(data, kind) if kind in _NAMES else _by_soundfile(data, kind)
    if not (np.isfinite(clip.samples.min()) and np.isfinite(clip.samples.max())):
        raise SampleError("corrupt", "there is NaN or Infinity among its samples")
    return clip


def original(data: bytes, suffix: str) -> Encoded:
    """A source's own bytes, with the ending that fits what they are, whatever its file was called.

    Args:
        data: Passed on untouched.
        suffix: The file's own ending, with or without dot; used where the bytes tell nothing.
    """
    plain = suffix.lstrip(".").lower()
    return Encoded(data, _kind(data) or _ALIASES.get(plain, plain) or "bin")


def _kind(data: bytes) -> str:
    """What the first bytes say, as the usual ending; nothing where no format begins so."""
    head = data[:4]
    if head in (b"RIFF", b"RIFX", b"RF64"):
        return "wav" if data[8:12] == b"WAVE" else ""
    if head == b"FORM":
        return "aiff" if data[8:12] in (b"AIFF", b"AIFC") else ""
    if head == b"OggS":
        return "opus" if b"OpusHead" in data[:64] else "ogg"
    if data[4:8] == b"ftyp":
        return "m4a"
    if data.startswith(b"riff\x2e\x91\xcf\x11"):
        return "w64"
    plain = {b"fLaC": "flac", b".snd": "au", b"dns.": "au", b"caff": "caf", b"NIST": "sph"}
    return plain[head] if head in plain else _frames(data)


def _frames(data: bytes) -> str:
    """``mp3``, ``aac`` or ``flac`` by the first frame after any ID3 tag; nothing for other bytes."""
    at = _after_id3(data)
    if data[at : at + 4] == b"fLaC":
        return "flac"
    if len(data) >= at + 4 and data[at] == 0xFF and data[at + 1] & 0xE0 == 0xE0:
        version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
        if version & 2 and layer == 0:
            return "aac"  # ADTS
        if version != 1 and layer in (1, 2) and data[at + 2] >> 4 != 15 and data[at + 2] >> 2 & 3 != 3:
            return "mp3"  # of layers III and II; texts of UTF-16 begin like I, which nobody has
    return "mp3" if at else ""  # with a tag, padding may precede the first frame


def _after_id3(data: bytes) -> int:
    """Where an ID3v2 tag at the start ends; 0 without one. (id3.org, ID3v2.4 structure, 3.1.)"""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = sum((byte & 0x7F) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
    return 10 + size + (10 if data[5] & 0x10 else 0)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a family of formats strings its chunks together: name, size, body, again and again.

    Args:
        start: Where the first chunk begins.
        head: struct format of name and size.
        body: Name of the chunk that holds the samples.
        whole: struct format and place of the size of the whole; a place of -1 where there is none.
        extra: What the whole's size does not count.
        own: Bytes of a chunk's name and size that its size counts.
        align: Chunks begin at multiples of this.
    """

    start: int
    head: str
    body: bytes
    whole: tuple[str, int] = ("", -1)
    extra: int = 0
    own: int = 0
    align: int = 1


_RIFF = _Layout(12, "<4sI", b"data", ("<I", 4), extra=8, align=2)
_CHUNKED = {
    b"RIFF": _RIFF,
    b"RF64": _RIFF,
    b"RIFX": _Layout(12, ">4sI", b"data", (">I", 4), extra=8, align=2),
    b"FORM": _Layout(12, ">4sI", b"SSND", (">I", 4), extra=8, align=2),
    b"caff": _Layout(8, ">4sQ", b"data"),
    b"riff": _Layout(40, "<16sQ", b"data", ("<Q", 16), own=24, align=8),
}


def _promised(data: bytes, kind: str) -> int:
    """How many bytes the file must have to be whole, as its headers say; 0 where they don't."""
    if layout := _CHUNKED.get(data[:4]):
        return _promised_by_chunks(data, layout)
    if kind == "au" and len(data) >= 12:
        offset, size = struct.unpack(">II" if data[:4] == b".snd" else "<II", data[4:12])
        return 0 if size >= _OPEN_END else int(offset + size)
    if kind == "sph":
        return _promised_by_sphere(data)
    if kind in ("ogg", "opus"):
        return max((end for _, end in pages(data)), default=0)
    if kind == "m4a":
        return _promised_by_boxes(data)
    return _promised_by_xing(data) if kind == "mp3" else 0


def _promised_by_chunks(data: bytes, layout: _Layout) -> int:
    """The end of the chunk with the samples; where it is not reached, that of the whole."""
    at, slack, big = layout.start, 0, 0
    width = struct.calcsize(layout.head)
    while at + width <= len(data):
        name, size = struct.unpack_from(layout.head, data, at)
        body = at + width
        if name == b"ds64":
            big = int.from_bytes(data[body + 8 : body + 16], "little")
        elif name == b"fmt " and layout.head == "<4sI":
            frame = int.from_bytes(data[body + 12 : body + 14], "little")
            slack = max(0, frame - 1) if frame <= 64 else 0  # less than a frame is forgiven, less than a block is not
        if name[:4] == layout.body:
            size = big if big and size == 0xFFFF_FFFF else size
            endless = size >= (_OPEN_END if width == 8 and size != big else 2**63)
            return 0 if endless else int(body + size - layout.own - slack)
        at = body + max(0, size - layout.own)
        at += -at % layout.align
    form, place = layout.whole
    whole = struct.unpack_from(form, data, place)[0] + layout.extra if 0 <= place < len(data) - 8 else 0
    return max(at, whole if whole < _OPEN_END else 0)


def _promised_by_sphere(data: bytes) -> int:
    """Header and samples of a NIST SPHERE file that is not compressed."""
    said = dict(re.findall(rb"^(\w+) -\S+ (\S+)", data[:1024], re.MULTILINE))
    try:
        count = int(said[b"sample_count"]) * int(said.get(b"channel_count", 1)) * int(said[b"sample_n_bytes"])
        return int(data[8:16]) + count if b"," not in said.get(b"sample_coding", b"") else 0
    except (KeyError, ValueError):
        return 0


def _promised_by_boxes(data: bytes) -> int:
    """The end of the last box of an MPEG-4 file (ISO/IEC 14496-12, 4.2)."""
    at = 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:  # the true one has 64 bits and stands behind the name
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:  # 0: until the end
            return 0
        at += size
    return at


def _promised_by_xing(data: bytes) -> int:
    """The bytes that the Xing or Info frame of an MP3 counts, from that frame on."""
    at = _after_id3(data)
    found = re.compile(rb"Xing|Info").search(data, at, at + 64)
    if found is None or len(data) < found.end() + 12:
        return 0
    flags, first, second = struct.unpack_from(">III", data, found.end())
    count = (second if flags & 1 else first) if flags & 2 else 0
    return at + int(count)


def pages(data: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each Ogg page (RFC 3533, 6), also of a last one that is cut off; ends at other bytes."""
    at = 0
    while data[at : at + 4] == b"OggS":
        segments = data[at + 26 : at + 27]
        table = at + 27 + (segments[0] if segments else 1)
        end = table + sum(data[at + 27 : table])
        yield at, end
        at = end


def _by_soundfile(data: bytes, kind: str) -> Clip:
    """Anything that libsndfile reads."""
    import soundfile

    stream = io.BytesIO(data)
    try:
        with _quiet() if kind == "mp3" else nullcontext(), soundfile.SoundFile(stream) as file:
            _check_size(file.frames, file.channels)
            samples = np.empty((file.channels, file.frames), np.float32)
            done = _fill(file, samples)
            if done < file.frames - (_MP3_SLACK if kind == "mp3" else 0) or not done:
                raise SampleError("truncated", f"its header promises {file.frames:,} frames; there are {done:,}")
            samples = np.ascontiguousarray(samples[:, :done])
            return Clip(samples, int(file.samplerate), str(file.subtype))
    except soundfile.LibsndfileError as error:
        text = _CLEARER.get(error.code) or str(error.error_string).removeprefix("Error : ").strip()
        if error.code in _UNSUPPORTED_CODES and len(data) > 64:
            raise SampleError("unsupported", text) from None
        short = kind == "flac" and stream.tell() >= len(data)  # FLAC alone does not say how many bytes it should have
        raise SampleError("truncated" if short else "corrupt", text) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what mpg123 writes to the terminal about each flaw of an MP3; what matters of it, we say."""
    with _STDERR:
        try:
            kept = os.dup(2)
        except OSError:  # a process without a terminal
            yield
            return
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _fill(file: Any, samples: np.ndarray) -> int:
    """Read a file into (channels, frames), block by block; return how many frames there were."""
    channels, frames = samples.shape
    if channels == 1:
        return len(file.read(out=samples.reshape(frames, 1)))
    block = np.empty((min(_BLOCK, frames), channels), np.float32)
    done = 0
    while done < frames:
        read = file.read(out=block[: frames - done])
        samples[:, done : done + len(read)] = read.T
        done += len(read)
        if not len(read):
            break
    return done


def _check_size(frames: int, channels: int) -> None:
    if channels > MAX_CHANNELS:
        raise SampleError("unsupported", f"{channels} channels; the limit is {MAX_CHANNELS}")
    if frames <= 0 or channels <= 0:
        raise SampleError("empty", "there are no samples in it")
    if frames > _UNKNOWN_FRAMES:
        raise SampleError("corrupt", "its end can't be found")
    if frames * channels > MAX_SAMPLES:
        raise SampleError("too large", f"{frames:,} frames x {channels}; the limit is {MAX_SAMPLES:,} samples")


def _by_pyav(data: bytes, kind: str) -> Clip:
    """MPEG-4 and AAC, where PyAV is installed."""
    try:
        av: Any = importlib.import_module("av")
    except ImportError:
        detail = f"this is {_NAMES[kind]}; to read it: pip install 'augment[m4a]'"
        raise SampleError("unsupported", detail) from None
    try:
        with av.open(io.BytesIO(data), mode="r") as file:
            if not file.streams.audio:
                raise SampleError("not sound", "there is no sound track in it")
            return _track(av, file, file.streams.audio[0])
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise SampleError("corrupt", re.sub(r"^\[Errno \d+\] ", "", str(error)).partition(": '")[0]) from None


def _track(av: Any, file: Any, track: Any) -> Clip:
    """One sound track of a file that PyAV has opened."""
    rate, channels = int(track.rate), int(track.channels)
    length = float(track.duration * track.time_base) if track.duration else 0.0
    sure = file.format.name != "aac"  # of AAC without MPEG-4 round it, FFmpeg guesses the length from the bit rate
    _check_size(max(1, round(length * rate)), channels)
    convert = av.AudioResampler(format="fltp")
    parts: list[np.ndarray] = []
    done = 0
    for frame in file.decode(track):
        for piece in convert.resample(frame):
            parts.append(piece.to_ndarray())
            done += piece.samples
            rate = int(piece.sample_rate)
        _check_size(max(1, done), channels)
    _check_size(done, channels)
    if sure and done < round(length * rate) - 2 * 2048:  # two frames of AAC: players differ about the padding
        raise SampleError("truncated", f"its header promises {length:.2f} s; there are {done / rate:.2f} s")
    deep = track.codec.name == "alac" and "s32" in str(track.format.name)
    subtype = "ALAC_24" if deep else str(track.codec.name).upper()
    return Clip(np.ascontiguousarray(np.concatenate(parts, axis=1), np.float32), rate, subtype)
