"""What library steps did to time, told by where each frame of a ramp lies in what the library makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Annotations, Event
from augment.audio import modality
from augment.audio.labels import changes, cuts
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import NOTHING, Piece, Timeline
from augment.audio.library import LibraryStep, transforms
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import SampleError
from augment.sample import Dataset, Sample

TIMED = Dataset(timed=True)
SPOKEN = Dataset(transcribed=True)
WORDS = Dataset(timed=True, transcribed=True)


@given(
    st.sampled_from(["constant", "wrap", "reflect"]), st.integers(1, 9), st.integers(0, 40), st.integers(0, 5),
    st.booleans(),
)  # fmt: skip
@settings(max_examples=300)
def test_padding_is_labelled_as_numpy_pads(mode: str, length: int, more: int, start: int, left: bool) -> None:
    """Each frame of the input that a piece puts somewhere is there, and each frame that is there has its piece."""
    kept = np.arange(start, start + length)
    made = np.pad(
        kept, (more, 0) if left else (0, more), mode, **({} if mode != "constant" else {"constant_values": -1})
    )
    pieces = cuts.padded(mode, (start, start + length), more if left else 0, length + more, 1)
    told = np.full(len(made), -1)
    for piece in pieces:
        for frame in range(int(piece.start), int(piece.end)):
            at = round(sum(piece.heard(frame, frame + 1)) / 2 - 0.5)
            if 0 <= at < len(told):
                assert told[at] in (-1, frame), "two pieces at one place"
                told[at] = frame
    if mode == "reflect" and length == 1:
        return  # one frame and its mirrors, which are no pieces: nothing can be heard in it
    assert told.tolist() == made.tolist()


@given(st.integers(1, 200), st.integers(0, 200), st.data())
def test_a_crop_is_found(length: int, more: int, data: st.DataObject) -> None:
    seed, start = data.draw(st.integers(0, 99)), data.draw(st.integers(0, more))
    samples = np.random.default_rng(seed).integers(-2, 3, (2, length + more)).astype(np.float32)
    part = samples[:, start : start + length]
    found = cuts.place(Clip(samples, 8000), Clip(part.copy(), 8000))
    np.testing.assert_array_equal(samples[:, found : found + length], part)


def test_a_crop_is_found_beyond_the_first_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuts, "BLOCK", 7)
    samples = np.random.default_rng(0).standard_normal((1, 100)).astype(np.float32)
    for start in range(60):
        assert cuts.place(Clip(samples, 8000), Clip(samples[:, start : start + 40], 8000)) == start


def test_what_is_no_crop_is_a_bad_sample() -> None:
    with pytest.raises(SampleError, match="no part of the clip"):
        cuts.place(Clip(np.zeros((1, 10), np.float32), 8000), Clip(np.ones((1, 4), np.float32), 8000))


def test_only_steps_that_exist_are_told_of() -> None:
    assert set(changes.CHANGES) <= set(transforms())


def test_a_step_that_left_the_clip_alone_did_nothing() -> None:
    step = LibraryStep("RepeatPart", 1.0, {})
    value = Clip(np.zeros((1, 100), np.float32), 8000)
    assert changes.change_of(step, {"applied": False}, value, value) == NOTHING


def test_where_nothing_is_written_nothing_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*given: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(changes, "change_of", never)
    value = Clip(np.random.default_rng(0).standard_normal((1, 8000)).astype(np.float32), 8000)
    LibraryStep("Reverse", 1.0, {}).apply(Sample(value), Chance.of(0, "a", 1))


@pytest.mark.parametrize(("rate", "factor"), [(0.8, 0.8), (1.25, 1.25)])
def test_a_tempo_follows_a_stretch_and_a_pitch_a_shift(rate: float, factor: float) -> None:
    value = Clip(np.random.default_rng(0).standard_normal((1, 16000)).astype(np.float32) * 0.1, 16000)
    sample = Sample(value, fields={"bpm": "120", "f0": 220.0, "midi": 57})
    stretch = modality.build("TimeStretch", {"min_rate": rate, "max_rate": rate}, Setting(Path()))
    made, _ = modality.apply(sample, [(stretch, Chance.of(0, "a", 1))], Labels())
    assert float(made.fields["bpm"]) == pytest.approx(120 * factor)
    assert (made.fields["f0"], made.fields["midi"]) == (220.0, 57)
    octave = modality.build("PitchShift", {"min_semitones": 12, "max_semitones": 12}, Setting(Path()))
    made, _ = modality.apply(sample, [(octave, Chance.of(0, "a", 1))], Labels())
    assert made.fields == {"bpm": "120", "f0": 440.0, "midi": 69.0}


def test_seconds_stay_when_the_rate_changes() -> None:
    value = Clip(np.zeros((1, 16001), np.float32), 16000)
    whole = Timeline(Annotations(events=(Event(0.5, value.seconds, "a"),), duration=value.seconds), Labels())
    step = modality.build("Resample", {"min_sample_rate": 7001, "max_sample_rate": 7001}, Setting(Path()))
    made, _ = modality.apply(Sample(value, annotations=whole), [(step, Chance.of(0, "a", 1))], Labels())
    (event,) = made.annotations.events
    assert event.onset == 0.5
    assert event.offset == pytest.approx(value.seconds, abs=1 / 7001)
    assert event.offset <= made.annotations.duration == made.value.seconds


def told(name: str, dataset: Dataset, **parameters: Any) -> list[str]:
    if name not in transforms():
        step = modality.build(name, parameters, Setting(Path()))
    else:
        step = LibraryStep(name, 1.0, parameters)
    return list(modality.objections(step, dataset, Labels()))


CASES: list[tuple[str, dict[str, Any], bool, bool]] = [
    ("Reverse", {}, True, True),
    ("Shift", {}, True, False),
    ("Shift", {"rollover": False}, True, False),
    ("Shift", {"min_shift": 0, "max_shift": 0}, False, False),
    ("RepeatPart", {}, True, False),
    ("AdjustDuration", {"duration_seconds": 1.0}, True, False),
    ("AdjustDuration", {"duration_seconds": 1.0, "padding_mode": "reflect"}, True, True),
    ("FixedLength", {}, True, False),
    ("FixedLength", {"fill": "reflect"}, True, True),
    ("Padding", {}, True, False),
    ("Padding", {"mode": "reflect"}, True, True),
    ("Padding", {"min_fraction": 0.0, "max_fraction": 0.0}, False, False),
    ("TimeStretch", {}, True, False),
    ("TimeStretch", {"min_rate": 1.0}, False, False),
    ("TimeStretch", {"leave_length_unchanged": False}, False, False),
    ("TimeMask", {}, False, False),
    ("SpecAugment", {}, False, False),
    ("Gain", {}, False, False),
    ("PitchShift", {}, False, False),
    ("SpeedPerturb", {}, False, False),
]


@pytest.mark.parametrize(("name", "parameters", "spoken", "words"), CASES)
def test_a_transcript_objects_to_what_it_cannot_follow(
    name: str, parameters: dict[str, Any], spoken: bool, words: bool
) -> None:
    assert told(name, Dataset(), **parameters) == []
    assert bool(told(name, SPOKEN, **parameters)) == spoken
    assert bool(told(name, WORDS, **parameters)) == words
    for said in (*told(name, SPOKEN, **parameters), *told(name, WORDS, **parameters)):
        assert said.startswith(f"{name} ")
        assert "allow_label_change: true" in said


@pytest.mark.parametrize(
    ("name", "parameters", "objects"),
    [
        ("TimeStretch", {"method": "librosa_phase_vocoder"}, True),
        ("TimeStretch", {"min_rate": 0.3}, True),
        ("TimeStretch", {"max_rate": 4.0}, True),
        ("TimeStretch", {"min_rate": 0.5, "max_rate": 2.0}, False),
        ("PitchShift", {"method": "librosa_phase_vocoder"}, True),
        ("PitchShift", {}, False),
        ("Reverse", {}, False),
    ],
)
def test_what_moves_sounds_to_where_nobody_knows_is_refused_on_timed_labels(
    name: str, parameters: dict[str, Any], objects: bool
) -> None:
    assert bool(told(name, TIMED, **parameters)) == objects
    assert told(name, Dataset(), **parameters) == []


def test_every_step_can_be_asked() -> None:
    for name in modality.names():
        if name in transforms():
            list(modality.objections(LibraryStep(name, 1.0, {}), WORDS, Labels()))


def test_a_piece_within_nothing_is_nothing() -> None:
    assert Piece(0.0, 1.0, 2.0).within(2.0) is None
    assert Piece(0.0, 1.0, -1.0).within(2.0) is None
    assert Piece(0.0, 4.0, -1.0, -2.0).within(0.5) == Piece(1.0, 2.0, 0.0, -2.0)
