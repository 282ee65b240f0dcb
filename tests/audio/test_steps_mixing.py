"""Steps that bring in other sounds: SNRs are as asked, and what is labelled is what is heard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import demo
from augment.annotations import Annotations, Event
from augment.audio import loudness, modality
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import Timeline
from augment.audio.steps import _events
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.sample import Sample

LAWS = settings(max_examples=40, deadline=None, derandomize=True)
LABELS = Labels(min_visibility=0.0)


def sample(frames: int, channels: int = 1, rate: int = 16000, seed: int = 0, **annotated: Any) -> Sample:
    """Noise; ``annotated`` are annotations, and ``label``."""
    samples = np.random.default_rng(seed).standard_normal((channels, frames)) * (0.05 + 0.02 * (seed % 7))
    label = annotated.pop("label", None)
    found = Annotations(**annotated, duration=frames / rate) if annotated else None
    clip = Clip(np.ascontiguousarray(samples, np.float32), rate)
    return Sample(clip, label, annotations=Timeline(found, LABELS), key=str(seed))


def mix(one: Sample, others: Sequence[Sample], key: str = "a", **given: Any) -> tuple[Sample, dict[str, Any]]:
    def drawn(chance: Chance, count: int, balanced: bool) -> list[Sample]:
        return [others[int(chance.child(str(turn)).uniform() * len(others))] for turn in range(count)]

    step = modality.build("MixClips", given, Setting(Path()))
    kept = [piece.value.samples.copy() for piece in (one, *others)]
    made, (applied,) = modality.apply(replace(one, partners=drawn), [(step, Chance.of(2, key, 1))], LABELS)
    for piece, before in zip((one, *others), kept, strict=True):
        np.testing.assert_array_equal(piece.value.samples, before)
    return made, dict(applied.parameters)


@LAWS
@given(
    frames=st.tuples(st.integers(1, 9000), st.integers(1, 9000)),
    channels=st.tuples(st.integers(1, 8), st.integers(1, 8)),
    rates=st.tuples(st.sampled_from([8000, 16000, 44100]), st.sampled_from([8000, 16000, 44100])),
    snr=st.floats(-20, 40),
    key=st.integers(0, 999),
)
def test_the_snr_asked_is_the_snr_heard(
    frames: tuple[int, int], channels: tuple[int, int], rates: tuple[int, int], snr: float, key: int
) -> None:
    """Powers are those of all of this clip and of what is heard of the other."""
    one, other = (sample(*form, seed) for seed, form in enumerate(zip(frames, channels, rates, strict=True)))
    made, drawn = mix(one, [other], str(key), snr_db=[snr, snr])
    assert made.value.samples.shape == one.value.samples.shape
    assert made.value.rate == one.value.rate
    if drawn.get("applied") is False:
        assert frames[1] * rates[0] / rates[1] < 3  # too short to be heard at another rate
        return
    added = made.value.samples.astype(np.float64) - one.value.samples
    at = round(drawn["at"] * rates[0])
    length = min(frames[0], max(1, round(frames[1] * rates[0] / rates[1])))
    assert not added[:, :at].any()
    assert not added[:, at + length :].any()
    heard = added[:, at : at + length]
    measured = 10 * np.log10(np.square(one.value.samples.astype(np.float64)).mean() / np.square(heard).mean())
    assert abs(measured - snr) < (0.5 if snr < 30 else 1)  # beyond, the sum in single precision is felt


@LAWS
@given(
    frames=st.tuples(st.integers(400, 9000), st.integers(400, 9000)),
    rate=st.sampled_from([4000, 8000, 16000]),
    at=st.floats(0.05, 0.95),
    key=st.integers(0, 999),
)
def test_events_of_both_are_where_they_are_heard(frames: tuple[int, int], rate: int, at: float, key: int) -> None:
    click = int(at * frames[1])
    moment = Event(click / rate, click / rate, "theirs", "beat")
    span = Event(max(0, click - 20) / rate, min(click + 20, frames[1]) / rate, "theirs")
    own = Event(0.0, frames[0] / 8000, "own")
    one, other = sample(frames[0], rate=8000, events=(own,)), sample(frames[1], rate=rate, events=(moment, span))
    other.value.samples[:] *= 1e-4
    other.value.samples[:, click] = 1
    made, _ = mix(one, [other], str(key), snr_db=[0, 0])
    added = np.abs(made.value.samples - one.value.samples)[0]
    found = made.annotations.events
    assert own in found
    assert list(found) == sorted(found, key=lambda event: event.onset)
    (told,) = [event for event in found if event.tier == "beat"] or [None]
    heard = added.argmax() / 8000
    if told is not None:
        assert abs(told.onset - heard) < 0.001
        (around,) = [event for event in found if event.label == "theirs" and event.tier == "event"]
        assert around.onset <= told.onset <= around.offset <= made.value.seconds
    else:
        assert frames[1] / rate > frames[0] / 8000  # only a longer one is cut


def test_classes_become_soft_by_amplitude() -> None:
    one, other = sample(8000, label="dog"), sample(8000, seed=1, label="cat")
    for snr in (-10.0, 0.0, 6.0, 20.0):
        made, _ = mix(one, [other], snr_db=[snr, snr])
        share = 1 / (1 + 10 ** (-snr / 20))
        assert made.annotations.classes == pytest.approx({"cat": 1 - share, "dog": share}, abs=1e-6)
        assert sum(made.annotations.classes.values()) == pytest.approx(1, abs=2e-6)
        assert made.label == ("cat" if snr < 0 else "dog")
        assert made.annotations.duration == 0.5
    assert mix(one, [other], snr_db=[0, 0], labels="own")[0].annotations is None
    assert mix(one, [replace(other, label="dog")])[0].annotations is None
    assert mix(replace(one, label=None), [other])[0].label is None


def test_mixtures_of_mixtures_keep_their_weights() -> None:
    one = sample(8000, label="dog", classes={"dog": 0.75, "owl": 0.25})
    made, _ = mix(one, [sample(8000, seed=1, label="cat")], snr_db=[0, 0])
    assert made.annotations.classes == pytest.approx({"cat": 0.5, "dog": 0.375, "owl": 0.125})


def test_a_transcript_stays_that_of_the_clip() -> None:
    words = (Event(0.0, 0.2, "yes", "word"),)
    one = sample(8000, events=words, transcript="yes")
    other = sample(8000, seed=1, events=(Event(0.1, 0.3, "no", "word"), Event(0.1, 0.3, "anna", "speaker")))
    made, _ = mix(one, [other])
    assert made.annotations.transcript == "yes"
    assert [event.label for event in made.annotations.events] == ["yes", "anna"]
    other = replace(
        other, annotations=replace(other.annotations, found=replace(other.annotations.found, transcript="no"))
    )
    made, _ = mix(sample(8000), [other])
    assert made.annotations.transcript is None
    assert [event.label for event in made.annotations.events] == ["no", "anna"]


def test_silence_is_not_mixed_and_none_is_refused() -> None:
    one, silent = sample(800), sample(800, seed=1)
    silent.value.samples[:] = 0
    for first, second in ((one, silent), (silent, one)):
        made, drawn = mix(first, [second])
        assert drawn["applied"] is False
        np.testing.assert_array_equal(made.value.samples, first.value.samples)
    with pytest.raises(SampleError, match="only one"):
        modality.build("MixClips", {}, Setting(Path())).apply(one, Chance.of(0, "", 0))


@pytest.fixture(scope="session")
def scape(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``events/CLASS/N.wav``: bursts that begin and end at once, with silence round them; and ``long`` ones of 6 s."""
    folder = tmp_path_factory.mktemp("scape")
    rng = np.random.default_rng(3)
    for number, (name, rate, channels) in enumerate([("bark", 16000, 1), ("knock", 44100, 2), ("knock", 8000, 1)]):
        at = np.arange(int(rate * (0.3 + 0.2 * number))) / rate
        burst = np.sin(2 * np.pi * rng.uniform(300, 900) * at + 0.5 * np.pi)[:, None] * 0.5
        silence = np.zeros((rate // 10 * number, 1))
        whole = np.repeat(np.concatenate([silence, burst, silence]), channels, axis=1)
        (folder / "events" / name).mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / "events" / name / f"{number}.wav", whole, rate)
    (folder / "long").mkdir()
    soundfile.write(folder / "long" / "rain.wav", rng.uniform(-0.2, 0.2, 6 * 16000), 16000)
    soundfile.write(folder / "long" / "silence.wav", np.zeros(16000), 16000)
    return folder


def lay(folder: Path, clip: Clip, key: str = "a", **given: Any) -> tuple[Sample, list[Event]]:
    """A soundscape over a clip, and its events; what it adds is heard within them only."""
    step = modality.build("Soundscape", {"events": "events", **given}, Setting(folder))
    before = clip.samples.copy()
    made, _ = modality.apply(Sample(clip, "quiet"), [(step, Chance.of(4, key, 1))], LABELS)
    np.testing.assert_array_equal(clip.samples, before)
    assert made.value.samples.shape == clip.samples.shape
    assert np.isfinite(made.value.samples).all()
    assert made.label == "quiet"
    found = [] if made.annotations is None else list(made.annotations.events)
    outside = np.ones(clip.samples.shape[1], bool)
    for event in found:
        assert 0 <= event.onset < event.offset <= clip.seconds
        assert event.tier == "event"
        outside[round(event.onset * clip.rate) : round(event.offset * clip.rate)] = False
    np.testing.assert_array_equal(made.value.samples[:, outside], clip.samples[:, outside])
    return made, found


def background(seconds: float, rate: int = 16000, channels: int = 1) -> Clip:
    return sample(int(seconds * rate), channels, rate).value


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    rate=st.sampled_from([8000, 16000, 44100]),
    channels=st.integers(1, 3),
    key=st.integers(0, 9999),
    plain=st.booleans(),
)
def test_one_event_has_its_onset_its_snr_and_its_name(
    rate: int, channels: int, key: int, plain: bool, scape: Path
) -> None:
    clip = background(3, rate, channels)
    how = {"pitch_semitones": None, "stretch": None, "duration": None} if plain else {"stretch": [0.7, 1.5]}
    made, (event,) = lay(scape, clip, str(key), count=[1, 1], snr_db=[0, 20], **how)
    added = (made.value.samples - clip.samples).astype(np.float64)
    loud = np.flatnonzero(np.abs(added).max(axis=0) > 0.2 * np.abs(added).max())
    assert abs(loud[0] / rate - event.onset) < 0.005
    if plain:
        assert abs(loud[-1] / rate - event.offset) < 0.005
    heard = added[:, round(event.onset * rate) : round(event.offset * rate)]
    level = loudness.integrated(Clip(heard.astype(np.float32), rate))
    assert level is not None
    ground = loudness.integrated(clip)
    assert ground is not None
    assert abs(level - ground - event.fields["snr_db"]) < 0.05
    if heard.shape[1] > 0.45 * rate:
        meter = pyloudnorm.Meter(rate)
        measured = meter.integrated_loudness(heard.T) - meter.integrated_loudness(clip.samples.T.astype(np.float64))
        assert abs(measured - event.fields["snr_db"]) < 0.5
    assert event.fields["source"].split("/")[0] == event.label
    assert (scape / "events" / event.fields["source"]).is_file()
    assert set(event.fields) == {"snr_db", "source"} | (set() if plain else {"pitch_semitones", "stretch"})


@LAWS
@given(key=st.integers(0, 9999), most=st.integers(1, 3), count=st.integers(0, 12))
def test_no_more_events_than_asked_sound_at_once(key: int, most: int, count: int, scape: Path) -> None:
    made, found = lay(scape, background(3), str(key), count=[count, count], max_overlap=most)
    assert len(found) <= count
    assert count == 0 or found
    if count == 0:
        assert made.annotations is None
    moments = np.zeros(48000, int)
    for event in found:
        moments[round(event.onset * 16000) : round(event.offset * 16000)] += 1
    assert moments.max() <= most
    assert [event.onset for event in found] == sorted(event.onset for event in found)


@LAWS
@given(frames=st.integers(1, 20000), rate=st.sampled_from([1000, 8000, 44100]), channels=st.integers(1, 8))
def test_events_never_stick_out_and_cuts_fade(frames: int, rate: int, channels: int, scape: Path) -> None:
    clip = background(frames / rate, rate, channels)
    assume(clip.samples.shape[1])
    _, found = lay(scape, clip, events=["long", "events"], duration=None)
    made, _ = lay(scape, clip, events="long", count=[1, 1], pitch_semitones=None, stretch=None, snr_db=[20, 20])
    added = np.abs(made.value.samples - clip.samples)[0]
    if frames > 1000:
        assert added[0] < 0.3 * added.max()
        assert added[-1] < 0.3 * added.max()
        assert found


def test_durations_are_cut_and_stretched(scape: Path) -> None:
    for key in range(20):
        _, (event,) = lay(scape, background(5), str(key), events="long", count=[1, 1], duration=[0.5, 1.0])
        assert event.offset - event.onset <= 1.0001
        assert event.label == "long"
    _, (event,) = lay(scape, background(2), count=[1, 1], stretch=[1.5, 1.5], events="events/bark", label="file")
    assert event.offset - event.onset == pytest.approx(0.45, abs=0.001)
    assert event.label == "0"


def test_counts_labels_and_ranges_are_drawn_evenly(scape: Path) -> None:
    """Each label as often, however many files it has."""
    drawn = [lay(scape, background(2), str(key), count=[0, 3])[1] for key in range(200)]
    counts = np.bincount([len(events) for events in drawn], minlength=4)
    assert min(counts) > 30
    names = [event.label for events in drawn for event in events]
    assert 0.4 < names.count("bark") / len(names) < 0.6
    levels = [event.fields["snr_db"] for events in drawn for event in events]
    assert 6 <= min(levels) < 8 < 28 < max(levels) <= 30


def test_silent_backgrounds_and_silent_sounds(scape: Path) -> None:
    silent = Clip(np.zeros((1, 16000), np.float32), 16000)
    made, found = lay(scape, silent, count=[1, 1], snr_db=[30, 30])
    assert found
    assert loudness.integrated(made.value) is not None
    made, found = lay(scape, silent, events="long/silence.wav")
    assert not found
    assert made.value is silent


def test_what_was_annotated_stays(scape: Path) -> None:
    own = Event(0.5, 0.9, "own", fields={"who": "me"})
    step = modality.build("Soundscape", {"events": "events"}, Setting(scape))
    made, _ = step.apply(sample(16000, events=(own,), transcript="hm"), Chance.of(0, "a", 1))
    assert own in made.annotations.found.events
    assert made.annotations.found.transcript == "hm"


def test_where_the_folder_lies_and_how_it_is_listed_changes_nothing(
    scape: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other" / "events"
    for file in sorted((scape / "events").rglob("*.wav"), reverse=True):
        (other / file.parent.name).mkdir(parents=True, exist_ok=True)
        (other / file.parent.name / file.name).write_bytes(file.read_bytes())
    first = [lay(scape, background(2), str(key)) for key in range(4)]
    listing = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: iter([*listing(self, pattern)][::-1]))
    for key, (made, found) in enumerate(first):
        again, events = lay(other.parent, background(2), str(key))
        assert events == found
        np.testing.assert_array_equal(again.value.samples, made.value.samples)


def test_its_files_belong_to_the_fingerprint(scape: Path) -> None:
    step = modality.build("Soundscape", {"events": "events"}, Setting(scape))
    names = ["bark/0.wav", "knock/1.wav", "knock/2.wav"]
    assert [*modality.references(step)] == [scape / "events" / name for name in names]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "events"),
        ({"events": "nowhere"}, "nothing is at"),
        ({"events": 3}, "events"),
        ({"events": []}, "a folder, a file or a list of them"),
        ({"events": "events", "count": [3, 1]}, "count"),
        ({"events": "events", "snr_db": [0, float("nan")]}, "snr_db"),
        ({"events": "events", "stretch": [0, 1]}, "stretch"),
        ({"events": "events", "max_overlap": 0}, "max_overlap"),
        ({"events": "events", "label": "class"}, "label"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], expected: str, scape: Path) -> None:
    with pytest.raises(RecipeError, match=expected):
        modality.build("Soundscape", given, Setting(scape))


def test_a_sound_that_is_gone_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gone.wav"
    soundfile.write(file, np.full(800, 0.1), 8000)
    step = modality.build("Soundscape", {"events": "gone.wav", "count": [1, 1]}, Setting(tmp_path))
    file.unlink()
    with pytest.raises(SampleError, match=r"gone\.wav"):
        step.apply(sample(16000), Chance.of(0, "a", 1))


def test_too_low_a_rate_to_stretch_at_is_refused_and_not_waited_for(scape: Path) -> None:
    clip = Clip(np.full((1, 100), 0.1, np.float32), 20)
    with pytest.raises(SampleError, match="1000 Hz or more"):
        lay(scape, clip)
    lay(scape, clip, pitch_semitones=None, stretch=None)


def test_demo_sounds_make_a_scene(tmp_path: Path) -> None:
    demo.draw_soundscape(tmp_path)
    assert _events.SHELF.most == _events.CACHE_BYTES
    _, found = lay(tmp_path, background(6), count=[3, 3])
    assert len(found) == 3
    assert {event.label for event in found} <= set(demo.SOUNDS)
