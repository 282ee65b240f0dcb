"""Our own steps of sound, one clip at a time: lengths, rates, loudness, masks and codecs are as asked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import loudness as by_libloudness
import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import butter, sosfiltfilt

from augment.annotations import Annotations, Event
from augment.audio import loudness, modality
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import Timeline
from augment.audio.steps.codec_round_trip import CODECS
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.sample import Sample

RATES = (8000, 16000, 44100, 48000)
LAWS = settings(max_examples=40, deadline=None, derandomize=True)


def noise(frames: int, channels: int = 1, rate: int = 16000, seed: int = 0, level: float = 0.1) -> Clip:
    samples = np.random.default_rng(seed).standard_normal((channels, frames)) * level
    return Clip(np.ascontiguousarray(samples, np.float32), rate)


@st.composite
def clips(draw: st.DrawFn, rates: tuple[int, ...] = (8000, 11025, 44100)) -> Clip:
    """Noise, silence and full scale, from one frame on, in 1 to 8 channels."""
    frames = draw(st.one_of(st.integers(1, 5), st.integers(6, 5000)))
    clip = noise(frames, draw(st.integers(1, 8)), draw(st.sampled_from(rates)), draw(st.integers(0, 99)))
    kind = draw(st.sampled_from(["noise", "noise", "silence", "full"]))
    if kind == "silence":
        return Clip(np.zeros_like(clip.samples), clip.rate)
    return Clip(np.sign(clip.samples), clip.rate) if kind == "full" else clip


def apply(name: str, clip: Clip, key: str = "a", events: tuple[Event, ...] = (), **given: Any) -> Sample:
    return told(name, clip, key, events, **given)[0]


def told(
    name: str, clip: Clip, key: str = "a", events: tuple[Event, ...] = (), **given: Any
) -> tuple[Sample, Mapping[str, Any]]:
    step = modality.build(name, given, Setting(Path()))
    before = clip.samples.copy()
    annotations = Timeline(Annotations(events=events, duration=clip.seconds), Labels(min_visibility=0.0))
    made, applied = step.apply(Sample(clip, annotations=annotations), Chance.of(5, key, 1))
    np.testing.assert_array_equal(clip.samples, before)
    assert made.value.samples.dtype == np.float32
    assert np.isfinite(made.value.samples).all()
    assert made.annotations.found.duration == made.value.seconds
    for event in made.annotations.found.events:
        assert 0 <= event.onset <= event.offset <= made.value.seconds
    return made, applied.parameters


def spans(sample: Sample) -> list[tuple[float, float]]:
    return [(event.onset, event.offset) for event in sample.annotations.found.events]


@LAWS
@given(
    clip=clips(), rate=st.sampled_from([10, 4000, 8000, 16000, 22050, 192000]), quality=st.sampled_from(["HQ", "QQ"])
)
def test_resampling_keeps_seconds(clip: Clip, rate: int, quality: str) -> None:
    made = apply("ResampleTo", clip, rate=rate, quality=quality, events=(Event(0, clip.seconds),))
    frames = max(1, round(clip.samples.shape[1] * rate / clip.rate))
    assert (made.value.rate, made.value.samples.shape) == (rate, (len(clip.samples), frames))
    if clip.seconds > 2 / rate:
        ((onset, offset),) = spans(made)
        assert onset == 0
        assert abs(offset - clip.seconds) <= 1 / rate


@pytest.mark.parametrize("quality", ["VHQ", "HQ", "MQ", "LQ", "QQ"])
def test_resampling_moves_no_tone_and_folds_none_down(quality: str) -> None:
    at = np.arange(44100) / 44100
    low, high = (np.sin(2 * np.pi * pitch * at)[None].astype(np.float32) * 0.5 for pitch in (1000, 12000))
    wanted = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000) * 0.5
    made = apply("ResampleTo", Clip(low, 44100), rate=16000, quality=quality).value.samples[0]
    assert np.abs(made - wanted)[800:-800].max() < (0.03 if quality == "QQ" else 0.003)
    folded = apply("ResampleTo", Clip(high, 44100), rate=16000, quality=quality).value.samples[0]
    if quality != "QQ":
        assert np.abs(folded)[800:-800].max() < 0.001


@LAWS
@given(clip=clips(), how=st.sampled_from(["mean", "left", "right", "loudest"]))
def test_mono_is_a_channel_or_the_mean(clip: Clip, how: str) -> None:
    made = apply("ToMono", clip, how=how).value
    assert (made.rate, made.samples.shape) == (clip.rate, (1, clip.samples.shape[1]))
    powers = np.square(clip.samples.astype(np.float64)).mean(axis=1)
    place = {"left": 0, "right": min(1, len(powers) - 1), "loudest": int(powers.argmax()), "mean": 0}[how]
    if how == "mean":
        np.testing.assert_allclose(made.samples[0], clip.samples.mean(axis=0, dtype=np.float64), atol=1e-6)
    elif how != "loudest" or powers[place] > powers.mean() * 1.0001:
        np.testing.assert_array_equal(made.samples[0], clip.samples[place])


def test_the_mean_of_the_loudest_floats_is_finite() -> None:
    clip = Clip(np.full((8, 10), np.finfo(np.float32).max, np.float32), 8000)
    assert np.isfinite(apply("ToMono", clip).value.samples).all()


POSITIONS = ["start", "center", "end", "random"]


def test_rates_too_far_apart_are_refused_and_not_waited_for() -> None:
    with pytest.raises(SampleError, match="too far apart"):
        apply("ResampleTo", noise(3, rate=1), rate=768000)


FILLS = ["silence", "loop", "reflect"]


@LAWS
@given(
    clip=clips(),
    frames=st.integers(1, 12000),
    position=st.sampled_from(POSITIONS),
    fill=st.sampled_from(FILLS),
    key=st.integers(0, 99),
)
def test_every_clip_gets_the_length_and_every_frame_its_place(
    clip: Clip, frames: int, position: str, fill: str, key: int
) -> None:
    given = {"frames": frames, "position": position, "fill": fill}
    made, drawn = told("FixedLength", clip, str(key), **given)
    own, at = clip.samples.shape[1], int(drawn["at"])
    assert made.value.samples.shape == (len(clip.samples), frames)
    place = np.arange(frames) - at
    inside = (place >= 0) & (place < own)
    np.testing.assert_array_equal(made.value.samples[:, inside], clip.samples[:, place[inside]])
    assert inside.all() or inside.sum() == own
    if fill == "silence":
        assert not made.value.samples[:, ~inside].any()
    else:
        turned = place // own % 2 if fill == "reflect" else 0
        expected = np.where(turned, own - 1 - place % own, place % own)
        np.testing.assert_array_equal(made.value.samples, clip.samples[:, expected])
    if position != "random":
        assert at == {"start": 0, "center": (frames - own) / 2, "end": frames - own}[position] or position == "center"
        assert abs(at - (frames - own) / 2) < 1 or position != "center"


@LAWS
@given(
    frames=st.integers(50, 900),
    wanted=st.integers(50, 3000),
    ends=st.tuples(st.integers(1, 48), st.integers(1, 48)).map(sorted),
    position=st.sampled_from(POSITIONS),
    fill=st.sampled_from(FILLS),
)
def test_events_are_where_they_are_heard_each_time(
    frames: int, wanted: int, ends: list[int], position: str, fill: str
) -> None:
    """The clip is 1 where the event is, and 0 elsewhere."""
    first, last = ends[0], ends[1] + 1
    samples = np.zeros((1, frames), np.float32)
    samples[:, first:last] = 1
    event = Event(first / 1000, last / 1000, "here")
    made = apply("FixedLength", Clip(samples, 1000), events=(event,), frames=wanted, position=position, fill=fill)
    heard = np.flatnonzero(np.diff(np.concatenate([[0], made.value.samples[0] > 0, [0]]).astype(int)))
    assert [round(edge * 1000) for span in spans(made) for edge in span] == heard.tolist()


def test_seconds_or_frames() -> None:
    assert apply("FixedLength", noise(100, rate=8000), seconds=0.5).value.samples.shape == (1, 4000)
    with pytest.raises(RecipeError, match="seconds or frames, not both"):
        apply("FixedLength", noise(100), seconds=0.5, frames=4)
    with pytest.raises(SampleError, match="the limit is"):
        apply("FixedLength", noise(100, 8, 768000), seconds=86400)


@LAWS
@given(clip=clips(), factor=st.sampled_from([0.1, 0.9, 1.0, 1.1, 1.7, 10.0]))
def test_speed_divides_length_and_times_and_multiplies_tempo_and_pitch(clip: Clip, factor: float) -> None:
    event = Event(0.25 * clip.seconds, 0.5 * clip.seconds, fields={"bpm": 120, "f0": "200"})
    made = apply("SpeedPerturb", clip, factors=[factor], events=(event,))
    frames = max(1, round(clip.samples.shape[1] / factor))
    assert (made.value.rate, made.value.samples.shape) == (clip.rate, (len(clip.samples), frames))
    if clip.samples.shape[1] > 40:
        (found,) = made.annotations.found.events
        assert found.onset == pytest.approx(event.onset / factor, abs=1e-6)
        assert found.offset == pytest.approx(event.offset / factor, abs=1e-6)
        assert found.fields["bpm"] == pytest.approx(120 * factor)
        assert float(found.fields["f0"]) == pytest.approx(200 * factor)


def test_speed_changes_a_tone_by_the_factor_and_draws_each_factor() -> None:
    at = np.arange(16000) / 16000
    tone = Clip(np.sin(2 * np.pi * 1000 * at)[None].astype(np.float32), 16000)
    drawn: dict[float, int] = {}
    for key in range(90):
        made, parameters = told("SpeedPerturb", tone, str(key))
        factor = float(parameters["factor"])
        drawn[factor] = drawn.get(factor, 0) + 1
        spectrum = np.abs(np.fft.rfft(made.value.samples[0]))
        assert spectrum.argmax() / made.value.seconds == pytest.approx(1000 * factor, abs=1.1)
    assert sorted(drawn) == [0.9, 1.0, 1.1]
    assert min(drawn.values()) > 15


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(seed=st.integers(0, 99), wanted=st.floats(-45, -15), seconds=st.floats(1.0, 6.0), slope=st.floats(-1, 1))
def test_loudness_asked_is_loudness_measured(
    rate: int, channels: int, seed: int, wanted: float, seconds: float, slope: float
) -> None:
    frames = int(rate * seconds)
    coloured = np.fft.rfft(noise(frames, channels, rate, seed).samples)
    coloured *= np.maximum(np.fft.rfftfreq(frames, 1 / rate), 20) ** slope
    comes_and_goes = 0.05 + np.sin(np.pi * (seed % 5 + 1) * np.arange(frames) / frames) ** 2
    samples = np.fft.irfft(coloured, frames) * comes_and_goes
    clip = Clip((samples / np.abs(samples).max() * 0.7).astype(np.float32), rate)
    made = apply("NormalizeLoudness", clip, lufs=wanted).value
    assert abs(loudness.integrated(made) - wanted) < 0.01  # type: ignore[operator]
    measured = pyloudnorm.Meter(rate).integrated_loudness(made.samples.T.astype(np.float64))
    assert abs(measured - wanted) < 0.5
    assert abs(by_libloudness.integrated_loudness(made.samples.T.copy(), rate) - wanted) < 0.5


@pytest.mark.parametrize("channels", [3, 4, 5, 6])
def test_channels_weigh_as_they_stand_round_the_listener(channels: int) -> None:
    clip = noise(48000, channels, 48000)
    clip.samples[:] *= np.arange(1, channels + 1)[:, None]
    found = loudness.integrated(clip)
    assert found == pytest.approx(by_libloudness.integrated_loudness(clip.samples.T.copy(), 48000), abs=0.05)
    sub = noise(48000, 6, 48000)
    sub.samples[[0, 1, 2, 4, 5]] = 0
    assert loudness.integrated(sub) is None


def test_a_full_scale_tone_has_the_loudness_of_the_standard() -> None:
    """BS.1770-4, annex 1: 997 Hz at 0 dB in one front channel reads -3.01 LKFS."""
    at = np.arange(96000) / 48000
    assert loudness.integrated(Clip(np.sin(2 * np.pi * 997 * at)[None].astype(np.float32), 48000)) == pytest.approx(
        -3.01, abs=0.01
    )


def test_silent_passages_do_not_count() -> None:
    loud = noise(48000, rate=16000)
    padded = Clip(np.concatenate([loud.samples, np.zeros((1, 160_000), np.float32)], axis=1), 16000)
    assert loudness.integrated(padded) == pytest.approx(loudness.integrated(loud), abs=0.3)


@LAWS
@given(clip=clips((1, 90, 8000, 44100)), wanted=st.floats(-60, -5))
def test_any_clip_has_its_loudness_or_is_silent(clip: Clip, wanted: float) -> None:
    made, drawn = told("NormalizeLoudness", clip, lufs=wanted)
    if loudness.integrated(clip) is None:
        assert drawn == {"applied": False, "silent": True}
        np.testing.assert_array_equal(made.value.samples, clip.samples)
    else:
        assert loudness.integrated(made.value) == pytest.approx(wanted, abs=0.01)


def test_the_peak_is_kept_and_a_range_is_drawn_from() -> None:
    made, drawn = told("NormalizeLoudness", noise(16000), lufs=-3, max_peak_db=-6)
    assert 20 * np.log10(np.abs(made.value.samples).max()) == pytest.approx(-6, abs=0.001)
    assert loudness.integrated(made.value) == pytest.approx(drawn["lufs"], abs=0.001)
    assert drawn["wanted_lufs"] == -3
    levels = {told("NormalizeLoudness", noise(16000), str(key), lufs=[-30, -20])[1]["lufs"] for key in range(20)}
    assert len(levels) == 20
    assert -30 <= min(levels) < -27 < -23 < max(levels) <= -20


@LAWS
@given(clip=clips(), key=st.integers(0, 99), fill=st.sampled_from(["zero", "noise"]), most=st.sampled_from([0.1, 1.0]))
def test_masks_keep_the_form_and_take_energy_away(clip: Clip, key: int, fill: str, most: float) -> None:
    made = apply("SpecAugment", clip, str(key), fill=fill, max_time=most, max_width=most).value
    assert (made.rate, made.samples.shape) == (clip.rate, clip.samples.shape)
    if fill == "zero":
        assert np.square(made.samples).sum() <= np.square(clip.samples).sum() * 1.001 + 1e-12
    if not clip.samples.any():
        assert not made.samples.any()


@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(key=st.integers(0, 999))
def test_bands_are_gone_and_the_rest_is_as_it_was(rate: int, key: int) -> None:
    clip = noise(rate * 2, rate=rate)
    made, drawn = told("SpecAugment", clip, str(key), time_masks=0, freq_masks=1)
    ((low, high),) = drawn["bands_hz"] or ((0, 0),)
    pitches = np.fft.rfftfreq(rate * 2, 1 / rate)
    fading = np.hanning(rate * 2)  # at the ends of the clip no filter is sharp
    before, after = (np.abs(np.fft.rfft(one.samples[0] * fading)) ** 2 for one in (clip, made.value))
    outside = (pitches < low - 120) | (pitches > high + 120)
    assert abs(10 * np.log10(after[outside].sum() / before[outside].sum())) < 0.05
    if high - low > 300:
        inside = (pitches > low + 100 * (low > 0)) & (pitches < high - 100 * (high < rate / 2))
        assert 10 * np.log10(after[inside].sum() / before[inside].sum()) < -55


@settings(max_examples=30, deadline=None, derandomize=True)
@given(key=st.integers(0, 999))
def test_masked_time_is_silent_and_events_within_it_are_gone(key: int) -> None:
    clip = noise(16000, 2)
    events = tuple(Event(at / 100, (at + 1) / 100, str(at)) for at in range(100))
    made, drawn = told("SpecAugment", clip, str(key), events=events, freq_masks=0, max_time=0.4)
    silent = np.zeros(16000, bool)
    for start, stop in drawn["times_s"]:
        silent[round((start + 0.005) * 16000) : round((stop - 0.005) * 16000)] = stop - start > 0.01
    assert not made.value.samples[:, silent].any()
    left = {str(event.label) for event in made.annotations.found.events}
    for at in range(100):
        heard = ~silent[at * 160 : (at + 1) * 160]
        if not heard.any() and silent[max(at - 1, 0) * 160 : (at + 2) * 160].all():
            assert str(at) not in left
        if heard.all() and not any(start < (at + 1) / 100 and at / 100 < stop for start, stop in drawn["times_s"]):
            assert str(at) in left


def test_noise_fills_masks_with_the_power_of_what_was_there() -> None:
    clip = noise(32000)
    made, drawn = told("SpecAugment", clip, freq_masks=0, max_time=0.9, fill="noise")
    assert drawn["times_s"]
    assert np.square(made.value.samples).mean() == pytest.approx(np.square(clip.samples).mean(), rel=0.05)
    banded, _ = told("SpecAugment", clip, time_masks=0, max_width=0.9, fill="noise")
    assert np.square(banded.value.samples).mean() == pytest.approx(np.square(clip.samples).mean(), rel=0.05)


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(clip=clips((4000, 8000, 11025, 44100, 96000)), quality=st.sampled_from([0.0, 0.3, 1.0]))
def test_a_codec_keeps_length_rate_and_channels(codec: str, clip: Clip, quality: float) -> None:
    made = apply("CodecRoundTrip", clip, codecs=[codec], quality=[quality, quality]).value
    assert (made.rate, made.samples.shape) == (clip.rate, clip.samples.shape)
    assert np.abs(made.samples).max() < 8


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 44100, 48000])
@pytest.mark.parametrize("quality", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_delays_nothing(codec: str, quality: float, rate: int) -> None:
    """What is heard is where it was, within 1 ms; and it is still the same sound, and yet another."""
    rough = noise(rate + 17, 2, rate)
    band = butter(4, [300, 3000], "bandpass", fs=rate, output="sos")
    clip = Clip(np.ascontiguousarray(sosfiltfilt(band, rough.samples), np.float32), rate)
    made = apply("CodecRoundTrip", clip, codecs=[codec], quality=[quality, quality]).value
    size = 1 << (2 * clip.samples.shape[1]).bit_length()
    for one, other in zip(clip.samples, made.samples, strict=True):
        alike = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(one, size)), size)
        lag = int(alike.argmax())
        assert abs(lag - size * (lag > size // 2)) <= rate / 1000
        assert np.corrcoef(one, other)[0, 1] > (0.5 if quality == 0 or codec == "gsm" else 0.8)
        assert not np.array_equal(one, other)


def test_a_codec_hears_what_is_beyond_full_scale(capfd: pytest.CaptureFixture[str]) -> None:
    clip = noise(16000, level=30)
    for codec in CODECS:
        made = apply("CodecRoundTrip", clip, codecs=[codec], quality=[1, 1]).value
        assert 0.2 < made.samples.std() / clip.samples.std() < 1.2, codec
    assert capfd.readouterr().err == ""


def test_codecs_are_drawn_and_checked() -> None:
    drawn = {told("CodecRoundTrip", noise(800), str(key))[1]["codec"] for key in range(60)}
    assert drawn == {"mp3", "opus", "vorbis", "gsm", "ulaw"}
    with pytest.raises(RecipeError, match="is none"):
        apply("CodecRoundTrip", noise(80), codecs=["opsu"])


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("ResampleTo", {"rate": 0}, "rate"),
        ("ResampleTo", {"quality": "best"}, "quality"),
        ("ToMono", {"how": "sum"}, "how"),
        ("FixedLength", {"seconds": -1}, "seconds"),
        ("FixedLength", {"seconds": float("inf")}, "seconds"),
        ("FixedLength", {"frames": 0}, "frames"),
        ("FixedLength", {"position": "middle"}, "position"),
        ("SpeedPerturb", {"factors": []}, "factors"),
        ("SpeedPerturb", {"factors": [0]}, "from 0.1 to 10"),
        ("SpeedPerturb", {"factors": [float("nan")]}, "factors"),
        ("SpeedPerturb", {"factors": 0.9}, "factors"),
        ("NormalizeLoudness", {"lufs": 3}, "from -70 to 0"),
        ("NormalizeLoudness", {"lufs": [-20, -30]}, "from -70 to 0"),
        ("NormalizeLoudness", {"lufs": "loud"}, "lufs"),
        ("SpecAugment", {"max_time": 2}, "max_time"),
        ("SpecAugment", {"freq_masks": -1}, "freq_masks"),
        ("CodecRoundTrip", {"codecs": []}, "codecs"),
        ("CodecRoundTrip", {"quality": [0.5, 2]}, "quality"),
        ("MixClips", {"snr_db": [20, 0]}, "snr_db"),
        ("MixClips", {"labels": "none"}, "labels"),
        ("MixClips", {"balanced": "yes"}, "balanced"),
    ],
)
def test_what_is_wrong_is_said(name: str, given: dict[str, Any], expected: str) -> None:
    with pytest.raises(RecipeError, match=expected):
        modality.build(name, given, Setting(Path()))
