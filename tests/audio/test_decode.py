"""Every format comes in as it was; everything else is refused with its reason, by no crash and without a word."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from augment.audio import decode as module
from augment.audio.decode import SUFFIXES, decode, original
from augment.audio.encode import Encoding, encode
from augment.audio.value import Clip
from augment.errors import SampleError

EXACT = [
    ("WAV", "PCM_U8", 2**-7),
    ("WAV", "PCM_16", 2**-15),
    ("WAV", "PCM_24", 2**-23),
    ("WAV", "PCM_32", 2**-23),
    ("WAV", "FLOAT", 0),
    ("WAV", "DOUBLE", 0),
    ("WAVEX", "PCM_24", 2**-23),
    ("RF64", "PCM_16", 2**-15),
    ("W64", "PCM_16", 2**-15),
    ("FLAC", "PCM_16", 2**-15),
    ("FLAC", "PCM_24", 2**-23),
    ("AIFF", "PCM_16", 2**-15),
    ("AIFF", "FLOAT", 0),
    ("AU", "PCM_16", 2**-15),
    ("CAF", "PCM_24", 2**-23),
    ("CAF", "ALAC_16", 2**-15),
    ("NIST", "PCM_16", 2**-15),
]
LOSSY = [
    ("WAV", "ALAW"),
    ("WAV", "ULAW"),
    ("WAV", "MS_ADPCM"),
    ("WAV", "IMA_ADPCM"),
    ("WAV", "GSM610"),
    ("WAV", "G721_32"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]
ALL = [*((form, subtype) for form, subtype, _ in EXACT), *LOSSY]
MONO_ONLY = ("GSM610", "G721_32")
ENDINGS = {"WAVEX": "wav", "RF64": "wav", "NIST": "sph"}


def tone(channels: int = 1, frames: int = 8000, rate: int = 8000) -> np.ndarray:
    at = np.arange(frames) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 200 * (one + 1) * at) for one in range(channels)]).astype(np.float32)


def stored(form: str, subtype: str, samples: np.ndarray, rate: int = 8000) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, samples.T, rate, format=form, subtype=subtype)
    return stream.getvalue()


def refusal(data: bytes) -> SampleError:
    with pytest.raises(SampleError) as caught:
        decode(data)
    return caught.value


@pytest.mark.parametrize(("form", "subtype", "step"), EXACT)
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_what_loses_nothing_comes_in_exactly(form: str, subtype: str, step: float, channels: int) -> None:
    samples = tone(channels)
    clip = decode(stored(form, subtype, samples))
    assert (clip.rate, clip.subtype, clip.samples.dtype) == (8000, subtype, np.float32)
    assert clip.samples.shape == samples.shape and clip.samples.flags.c_contiguous
    assert np.abs(clip.samples - samples).max() <= step
    assert clip.nbytes == samples.nbytes and clip.seconds == 1.0


@pytest.mark.parametrize(("form", "subtype"), LOSSY)
def test_what_loses_something_comes_in_closely(form: str, subtype: str) -> None:
    samples = tone(1 if subtype in MONO_ONLY else 2)
    clip = decode(stored(form, subtype, samples))
    frames = samples.shape[1]
    assert clip.samples.shape[0] == len(samples)
    assert 0 <= clip.samples.shape[1] - frames < 1100  # ADPCM ends with its block
    delay = max(range(300), key=lambda by: float(np.dot(clip.samples[0, by : by + 7000], samples[0, :7000])))
    part = clip.samples[0, delay : delay + 7000]
    assert np.corrcoef(part, samples[0, : part.size])[0, 1] > 0.95


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_any_rate(rate: int) -> None:
    assert decode(stored("WAV", "PCM_16", tone(rate=rate), rate)).rate == rate


def test_full_scale_is_one() -> None:
    data = encode(Clip(np.array([[-1.0, 1.0, 0.5]], np.float32), 8000), Encoding(format="wav")).data
    assert decode(data).samples.tolist() == [[-1.0, 1 - 2**-15, 0.5]]


def test_floats_beyond_one_stay() -> None:
    assert decode(stored("WAV", "FLOAT", tone() * 8)).samples.max() > 3.9


def test_one_frame_is_a_clip() -> None:
    assert decode(stored("FLAC", "PCM_16", tone(frames=1))).samples.shape == (1, 1)


@pytest.mark.parametrize(("form", "subtype"), ALL)
@pytest.mark.parametrize("part", [0.1, 0.4, 0.6, 0.9])
def test_a_file_that_breaks_off_is_refused(form: str, subtype: str, part: float) -> None:
    data = stored(form, subtype, tone(1 if subtype in MONO_ONLY else 2))
    found = refusal(data[: int(len(data) * part)])
    assert found.reason == "truncated" and found.detail


@pytest.mark.parametrize(("form", "subtype"), ALL)
def test_a_few_bytes_are_refused(form: str, subtype: str) -> None:
    data = stored(form, subtype, tone())
    for size in (4, 8, 12, 16, 24, 32, 40, 60):
        assert refusal(data[:size]).reason in ("truncated", "corrupt", "not sound", "empty", "unsupported")


@pytest.mark.parametrize(("form", "subtype"), ALL)
def test_broken_bytes_never_crash(form: str, subtype: str) -> None:
    data = stored(form, subtype, tone(1 if subtype in MONO_ONLY else 2))
    rng = np.random.default_rng(0)
    for _ in range(25):
        broken = bytearray(data)
        span = len(data) if rng.random() < 0.5 else 100
        for place in rng.integers(0, span, 4):
            broken[place] = int(rng.integers(256))
        try:
            clip = decode(bytes(broken))
        except SampleError as error:
            assert error.reason and error.detail
        else:
            assert np.isfinite(clip.samples).all() and clip.samples.size


@pytest.mark.parametrize(
    "data",
    [
        b"this is a text, not a sound\n" * 20,
        "wörter in UTF-16".encode("utf-16") * 50,
        b"\0" * 4000,
        np.random.default_rng(3).bytes(4000),
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"RIFF\x24\0\0\0AVI LIST" + b"\0" * 100,
        b"{}",
    ],
)
def test_what_is_not_sound_is_refused(data: bytes) -> None:
    assert refusal(data).reason == "not sound"


def test_headerless_samples_are_refused() -> None:
    assert refusal((tone()[0] * 2**15).astype("<i2").tobytes()).reason == "not sound"


@pytest.mark.parametrize("form", ["WAV", "FLAC", "AIFF", "AU", "CAF", "W64"])
def test_nothing_in_it(form: str) -> None:
    assert refusal(stored(form, "PCM_16", np.zeros((1, 0), np.float32))).reason == "empty"
    assert refusal(b"").reason == "empty"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_what_is_no_number_is_refused(value: float, subtype: str) -> None:
    samples = tone(2)
    samples[1, 4000] = value
    assert refusal(stored("WAV", subtype, samples)).reason == "corrupt"


def test_too_many_channels_are_refused() -> None:
    found = refusal(stored("WAV", "PCM_16", np.zeros((9, 10), np.float32)))
    assert (found.reason, found.detail) == ("unsupported", "9 channels; the limit is 8")


def test_a_coding_that_is_not_known_is_unsupported() -> None:
    data = bytearray(stored("WAV", "PCM_16", tone()))
    data[20:22] = b"\x61\x01"  # Windows Media Audio
    assert refusal(bytes(data)).reason == "unsupported"


def test_the_limit_is_read_from_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_SAMPLES", 15_999)
    monkeypatch.setattr(module, "_fill", None)  # nothing is read
    assert refusal(stored("FLAC", "PCM_16", tone(2))).reason == "too large"


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_from_a_pipe_ends_where_it_ends(size: int) -> None:
    data = bytearray(stored("WAV", "PCM_16", tone()))
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    data[4:8] = struct.pack("<I", 0xFFFFFFFF)
    assert decode(bytes(data)).samples.shape == (1, 8000)


def test_chunks_before_the_samples_are_passed_over() -> None:
    data = stored("WAV", "PCM_16", tone())
    junk = b"LIST" + struct.pack("<I", 5) + b"INFOx\0"
    made = data[:36] + junk + data[36:]
    assert decode(made).samples.shape == (1, 8000)
    assert refusal(made[:-100]).reason == "truncated"


def test_tags_before_an_mp3_are_passed_over() -> None:
    tag = b"ID3\x04\0\0\0\0\0\x14" + b"\0" * 20
    data = tag + stored("MP3", "MPEG_LAYER_III", tone())
    assert decode(data).samples.shape == (1, 8000)
    assert refusal(data[: len(data) // 2]).reason == "truncated"


@pytest.mark.parametrize(("form", "subtype"), ALL)
def test_an_original_has_the_ending_of_what_it_is(form: str, subtype: str) -> None:
    data = stored(form, subtype, tone())
    found = original(data, ".xyz")
    wanted = "opus" if subtype == "OPUS" else ENDINGS.get(form, form.lower())
    assert (found.data, found.extension) == (data, wanted)
    assert f".{found.extension}" in SUFFIXES


@pytest.mark.parametrize(("suffix", "wanted"), [(".WAV", "wav"), ("aif", "aiff"), ("", "bin"), (".raw", "raw")])
def test_an_original_of_unknown_bytes_keeps_its_ending(suffix: str, wanted: str) -> None:
    assert original(b"?", suffix).extension == wanted


def test_m4a_without_pyav_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    found = refusal(b"\0\0\0\x14ftypM4A \0\0\0\0mp42")
    assert found.reason == "unsupported" and "pip install 'augment[m4a]'" in found.detail


@pytest.mark.parametrize(("form", "codec"), [("ipod", "aac"), ("ipod", "alac"), ("adts", "aac"), ("mp4", "aac")])
def test_m4a_and_aac_with_pyav(form: str, codec: str) -> None:
    av = pytest.importorskip("av")
    stream = io.BytesIO()
    with av.open(stream, "w", format=form) as file:
        track = file.add_stream(codec, rate=22050, layout="stereo")
        frame = av.AudioFrame.from_ndarray(tone(2, 22050, 22050), format="fltp", layout="stereo")
        frame.rate = 22050
        for piece in [*av.AudioResampler(format=track.codec_context.format.name).resample(frame), None]:
            file.mux(track.encode(piece))
    clip = decode(stream.getvalue())
    assert (clip.rate, len(clip.samples)) == (22050, 2)
    assert 0 <= clip.samples.shape[1] - 22050 <= 2048
    assert 0.45 < np.abs(clip.samples[:, 4096:16384]).max() < 0.55
    assert refusal(stream.getvalue()[: len(stream.getvalue()) // 2]).reason in ("truncated", "corrupt")


def test_flaws_of_an_mp3_are_not_written_to_the_terminal(tmp_path: Path) -> None:
    data = stored("MP3", "MPEG_LAYER_III", tone(frames=80_000))
    rng = np.random.default_rng(0)
    broken = bytearray(data)
    for place in rng.integers(1000, len(data), 400):
        broken[place] = int(rng.integers(256))
    (tmp_path / "broken.mp3").write_bytes(bytes(broken))
    code = (
        "import sys; from augment.audio.decode import decode; from augment.errors import SampleError\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "for part in (data, data[:60], data[:3000]):\n"
        "    try: decode(part)\n"
        "    except SampleError: pass\n"
        "print('afterwards', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "broken.mp3")], capture_output=True, text=True, check=True
    )
    assert done.stderr == "afterwards\n"


FACTS: dict[str, tuple[int, int, float] | str] = {  # rate, channels, seconds
    "acoustic_guitar_0.wav": (16000, 1, 8.784),
    "almost_silent.wav": (48000, 1, 0.6245),
    "bus.opus": (48000, 1, 0.7642),
    "common_voice_en_651325.mp3": (48000, 1, 2.376),
    "digital_silence.wav": (48000, 1, 0.6245),
    "mono_float64.wav": (44100, 1, 0.0005),
    "mono_int24.wav": (44100, 1, 0.0005),
    "mono_int32.wav": (44100, 1, 0.0005),
    "ms_adpcm.wav": (11024, 1, 81.2319),
    "perfect-alley1.ogg": (44100, 2, 9.0566),
    "signed_24bit.wav": (48000, 1, 1.1357),
    "stereo_16bit.wav": (16000, 2, 1.1146),
    "stereo_24bit.WAV": (16000, 2, 1.1146),
    "tap.wav": (48000, 1, 0.5913),
    "testing.m4a": "augment[m4a]",
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", FACTS)
def test_real_files_of_odd_formats(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = os.environ.get("AUGMENT_REAL_DATA")
    found = sorted(Path(root).glob(f"audio_odd_formats/**/{name}")) if root else []
    if not found:
        pytest.skip("AUGMENT_REAL_DATA names no folder with audio_odd_formats")
    wanted = FACTS[name]
    data = found[0].read_bytes()
    if isinstance(wanted, str):
        monkeypatch.setitem(sys.modules, "av", None)
        assert wanted in refusal(data).detail
        return
    clip = decode(data)
    assert (clip.rate, len(clip.samples)) == wanted[:2]
    assert clip.seconds == pytest.approx(wanted[2], abs=0.005)
