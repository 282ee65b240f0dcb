"""CodecRoundTrip: encodes a clip and decodes it again, as phones, recorders and the web do.

    audio: [{CodecRoundTrip: {codecs: [mp3, opus, gsm], quality: [0, 0.5], p: 0.3}}]

All codecs are those of libsndfile, in memory; each takes the clip at the next of its own rates, and the telephone's
(gsm, ulaw, alaw, g721) at 8 kHz, so that nothing above 4 kHz is left. Length, rate and time stay.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pydantic

from augment.audio.decode import decode
from augment.audio.labels.timeline import NOTHING, follow
from augment.audio.steps import _clips
from augment.audio.steps._options import Range, ordered
from augment.audio.value import Clip
from augment.chance import Chance
from augment.errors import SampleError
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "keeps"
NOTE = "Nothing moves by more than 2 ms. What lies above the codec's range is gone."
DOCS = "https://libsndfile.github.io/libsndfile/formats.html"


@dataclass(frozen=True, slots=True)
class _Codec:
    """One codec in soundfile's words.

    Args:
        format: Of the file.
        subtype: Of its samples.
        rates: That it takes, Hz, lowest first; the last one for all clips above.
        channels: How many it takes at once; clips with more are encoded channel by channel.
        graded: Whether it knows qualities.
    """

    format: str
    subtype: str
    rates: tuple[int, ...] = (8_000,)
    channels: int = 2
    graded: bool = False


_MPEG = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
CODECS: Mapping[str, _Codec] = {
    "mp3": _Codec("MP3", "MPEG_LAYER_III", _MPEG, graded=True),
    "opus": _Codec("OGG", "OPUS", (8_000, 12_000, 16_000, 24_000, 48_000), graded=True),
    "vorbis": _Codec("OGG", "VORBIS", _MPEG, graded=True),
    "gsm": _Codec("WAV", "GSM610", channels=1),
    "ulaw": _Codec("WAV", "ULAW"),
    "alaw": _Codec("WAV", "ALAW"),
    "g721": _Codec("WAV", "G721_32", channels=1),
    "ima_adpcm": _Codec("WAV", "IMA_ADPCM", _MPEG),
    "ms_adpcm": _Codec("WAV", "MS_ADPCM", _MPEG),
}
"""Name in recipes -> codec. The bits that a sample of speech takes: gsm 1.6, the ADPCMs 4, ulaw and alaw 8."""

BLOCK = 65_536
"""Frames written at a time: whole clips at once overflow the stack in libvorbis (libsndfile issue 1042)."""

WORST = 0.999
"""The highest compression level that libsndfile takes for MP3, whose range ends before 1."""


class Options(_Base):
    """Codecs, of which one is drawn, each as often, and their quality."""

    codecs: tuple[str, ...] = pydantic.Field(
        ("mp3", "opus", "vorbis", "gsm", "ulaw"), min_length=1, description=f"Any of {', '.join(CODECS)}."
    )
    quality: Range = pydantic.Field(
        (0.0, 1.0), description="0 is the least that mp3, opus and vorbis have, 1 the best; drawn."
    )

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        import soundfile

        ordered("quality", self.quality, 0, 1)
        for name in self.codecs:
            if name not in CODECS:
                raise ValueError(f"expected codecs from {', '.join(CODECS)}; {name!r} is none")
            if CODECS[name].subtype not in soundfile.available_subtypes(CODECS[name].format):
                raise ValueError(f"expected codecs that the installed libsndfile has; it lacks {name}")
        return self


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The clip as a codec leaves it, with its own length, rate and channels. Raises SampleError.

    Beyond full scale it is brought down for the codec and up again, so that it is coded and not clipped.
    """
    clip = _clips.taken(sample, "CodecRoundTrip")
    name = options.codecs[int(chance.child("codec").uniform() * len(options.codecs))]
    codec = CODECS[name]
    low, high = options.quality
    quality = low + (high - low) * chance.child("quality").uniform()
    rate = next((rate for rate in codec.rates if rate >= clip.rate), codec.rates[-1])
    frames = _clips.room(clip, max(1, round(clip.samples.shape[1] * rate / clip.rate)), "CodecRoundTrip")
    peak = np.float32(max(1.0, clip.samples.max(), -clip.samples.min()))
    given = clip.samples / peak if peak > 1 else clip.samples
    samples = _clips.resampled(given, (clip.rate, rate), frames)
    together = len(samples) if len(samples) <= codec.channels else 1
    parts = [samples[place : place + together] for place in range(0, len(samples), together)]
    try:
        trips = [_trip(part, rate, codec, quality) for part in parts]
        heard = np.concatenate(trips) if len(trips) > 1 else trips[0]
    except (SampleError, RuntimeError) as error:  # soundfile's own errors are RuntimeErrors
        raise _clips.failed(clip, "CodecRoundTrip", f"{name}: {error}") from error
    with np.errstate(over="ignore"):  # becomes infinity, which is found
        made = _clips.resampled(heard, (rate, clip.rate), clip.samples.shape[1])
        made = made * peak if peak > 1 else made
    told = {"codec": name, "rate": rate, **({"quality": quality} if codec.graded else {})}
    return follow(sample, _clips.given(made, clip, "CodecRoundTrip"), NOTHING), told


def _trip(samples: np.ndarray, rate: int, codec: _Codec, quality: float) -> np.ndarray:
    """Samples, (channels, frames), through the codec; as many frames again, for some codecs fill up a last block."""
    import soundfile

    stream = io.BytesIO()
    level = {"compression_level": min(1 - quality, WORST)} if codec.graded else {}
    kind: dict[str, Any] = {"format": codec.format, "subtype": codec.subtype, **level}
    with soundfile.SoundFile(stream, "w", rate, len(samples), **kind) as file:
        for start in range(0, samples.shape[1], BLOCK):
            file.write(samples[:, start : start + BLOCK].T)
    heard: Clip = decode(stream.getvalue())
    return _clips.fitted(heard.samples, samples.shape[1])
