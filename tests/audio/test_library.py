"""What a user is told of a wrong step of sound, and what a right one does."""

from __future__ import annotations

import ast
import inspect
import json
import random
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from augment.audio import describe, library, modality, parameters, seeding, tryout
from augment.audio.diagnose import EXTRAS
from augment.audio.library import LibraryStep
from augment.audio.peer import BaseCompose, BaseTransform, audiomentations
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import Problem, RecipeError, SampleError
from augment.sample import Applied, Sample

NAMES = [*library.transforms()]


def build(name: str, *, base: Path = Path(), **given: Any) -> LibraryStep:
    step = modality.build(name, given, Setting(base))
    assert isinstance(step, LibraryStep)
    return step


def problems(name: str, **given: Any) -> dict[str, Problem]:
    with pytest.raises(RecipeError) as caught:
        build(name, **given)
    return {problem.path: problem for problem in caught.value.problems}


def only(name: str, **given: Any) -> Problem:
    (problem,) = problems(name, **given).values()
    return problem


def hum(channels: int = 1, rate: int = 16000, seconds: float = 1.0) -> Clip:
    time = np.arange(int(rate * seconds)) / rate
    tones = [0.3 * np.sin(2 * np.pi * 220 * (number + 1) * time) for number in range(channels)]
    return Clip(np.array(tones, np.float32), rate)


def run(step: LibraryStep, clip: Clip, key: str = "a") -> tuple[Clip, Applied]:
    sample, applied = step.apply(Sample(clip), Chance.of(7, key, 1))
    return sample.value, applied


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    """Six noises in two folders."""
    folder = tmp_path / "noises"
    rng = np.random.default_rng(1)
    for number in range(6):
        file = folder / "ba"[number % 2] / f"{number}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(file, rng.standard_normal(32000) * 0.1, 16000)
    return folder


@pytest.mark.parametrize(
    ("wrong", "fix"),
    [
        ("AddGausianNoise", "did you mean AddGaussianNoise?"),
        ("timestretch", "did you mean TimeStretch?"),
        ("RandAugment", "did you mean rand_augment?"),
        ("OneOf", "write one_of"),
        ("SomeOf", "write some_of"),
        ("Compose", "write sequence"),
        ("AddImpulseResponse", "write ApplyImpulseResponse"),
        ("FrequencyMask", "write BandStopFilter"),
    ],
)
def test_a_wrong_step_is_told_its_right_name(wrong: str, fix: str) -> None:
    assert only(wrong).fix == fix


def test_every_class_of_the_library_is_a_step_or_says_why_not() -> None:
    found = {
        name
        for name, value in vars(audiomentations).items()
        if inspect.isclass(value) and issubclass(value, BaseTransform | BaseCompose)
    }
    assert len(NAMES) == 38
    assert sorted(NAMES) == NAMES
    assert found - set(NAMES) == {"Compose", "Lambda", "OneOf", "SomeOf"}
    assert "takes code" in only("Lambda").expected


@pytest.mark.parametrize(
    ("name", "given", "fix"),
    [
        ("AddGaussianSNR", {"min_snr": 3}, "did you mean min_snr_db?"),
        ("AddGaussianSNR", {"min_SNR": 3}, "write min_snr_db, in dB"),
        ("AddGaussianSNR", {"min_snr_in_db": 3}, "write min_snr_db"),
        ("Gain", {"max_gain_in_db": 3}, "write max_gain_db"),
        ("LoudnessNormalization", {"min_lufs_in_db": -20}, "write min_lufs"),
        ("Shift", {"min_fraction": -0.1}, "write min_shift"),
        ("Shift", {"fade": True}, "write fade_duration: 0.005 for true, 0 for false"),
        ("TimeMask", {"fade": True}, "write fade_duration: 0.005 for true, 0 for false"),
        ("Reverse", {"q": 1}, "Reverse takes: p"),
        ("RepeatPart", {"part_transform": "Gain"}, "leave part_transform out"),
        ("Shift", {"shift_unit": "second"}, "did you mean seconds?"),
        ("Gain", {"min_gain_db": 5, "max_gain_db": 1}, "write min_gain_db: 1, max_gain_db: 5"),
        ("Gain", {"min_gain_db": 20}, "give max_gain_db too"),
    ],
)
def test_a_wrong_parameter_is_told_what_to_write(name: str, given: dict[str, Any], fix: str) -> None:
    problem = only(name, **given)
    assert problem.path == next(iter(given))
    assert problem.fix == fix


@pytest.mark.parametrize(
    ("name", "given", "path", "expected"),
    [
        ("Gain", {"p": 1.5}, "p", "a probability from 0 to 1"),
        ("Gain", {"min_gain_db": True}, "min_gain_db", "number, got True"),
        ("Gain", {"min_gain_db": "3"}, "min_gain_db", "number, got '3'"),
        ("Gain", {"min_gain_db": float("nan")}, "min_gain_db", "number, got nan"),
        ("Gain", {"min_gain_db": [1, 2]}, "min_gain_db", "number, got [1, 2]"),
        ("BitCrush", {"min_bit_depth": 5.5}, "min_bit_depth", "whole number, got 5.5"),
        ("AddColorNoise", {"p_apply_a_weighting": 2}, "p_apply_a_weighting", "probability from 0 to 1, got 2"),
        ("AddColorNoise", {"min_snr_db": 50}, "min_snr_db", "max_snr_db: 40.0 (its default)"),
        ("Clip", {"a_min": 2}, "a_min", "a_min <= a_max"),
        ("TanhDistortion", {"max_distortion": 3}, "max_distortion", "0 <= max_distortion <= 1"),
        ("AirAbsorption", {"min_temperature": 15}, "min_temperature", "either 10.0 or 20.0"),
        ("BandPassFilter", {"min_rolloff": 7}, "", "a multiple of 6 dB/octave"),
        ("AdjustDuration", {}, "", "duration_samples to be given or duration_seconds to be given"),
        ("AdjustDuration", {"duration_samples": 4, "duration_seconds": 1}, "", "but not both"),
        ("Shift", {"shift_unit": "samples"}, "", "Shift works; it fails with shift_unit: 'samples'"),
        ("LowPassFilter", {"min_cutoff_freq": -100}, "", "must be greater than 0"),
        ("Resample", {"min_sample_rate": 0}, "min_sample_rate", ">= 1, got 0"),
        ("AddBackgroundNoise", {}, "sounds_path", "it has no default"),
        ("AddBackgroundNoise", {"sounds_path": 3}, "sounds_path", "a folder, a file or a list of them, got 3"),
        ("ApplyImpulseResponse", {"ir_path": "nowhere"}, "ir_path", "nothing is at"),
    ],
)
def test_what_is_wrong_is_said(name: str, given: dict[str, Any], path: str, expected: str) -> None:
    problem = only(name, **given)
    assert problem.path == path
    assert expected in problem.expected


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    found = problems("AddBackgroundNoise", sounds_path="nowhere", p=2, min_snr_db="x", lru_cache_size=3)
    assert set(found) == {"p", "sounds_path", "min_snr_db", "lru_cache_size"}
    assert "0.43.0" in found["lru_cache_size"].fix


def test_the_last_value_of_a_range_that_fails_is_found_too() -> None:
    assert "critical frequencies" in only("LowPassFilter", min_cutoff_freq=-5, max_cutoff_freq=5000).expected


@pytest.mark.parametrize(("module", "told"), EXTRAS.items())
def test_a_missing_package_is_named_when_the_step_is_built(
    module: str, told: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    problem = only(told[1])
    assert f"the package {told[0]}" in problem.expected
    assert problem.fix == f"pip install '{told[0]}'"


def test_the_backend_of_mp3_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lameenc", None)
    monkeypatch.setitem(sys.modules, "pydub", None)
    monkeypatch.setenv("PATH", "")
    assert "package lameenc" in only("Mp3Compression", backend="lameenc", preserve_delay=True).expected
    with pytest.raises(RecipeError) as caught:
        build("Mp3Compression", backend="pydub")
    assert [problem.path for problem in caught.value.problems] == ["backend", "backend"]
    assert "ffmpeg" in caught.value.problems[0].expected


def test_no_package_is_imported_late_that_we_do_not_look_for() -> None:
    late = set()
    for name, kind in library.transforms().items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an escape that is none
            tree = ast.parse(Path(inspect.getfile(kind)).read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            late |= {
                (name, alias.name)
                for node in ast.walk(function)
                if isinstance(node, ast.Import)
                for alias in node.names
            }
    known = {(step, module) for module, (_, step) in EXTRAS.items()}
    assert late == known | {("Mp3Compression", module) for module in tryout.BACKENDS.values()}


def test_noises_are_listed_and_sorted_and_belong_to_the_fingerprint(noises: Path) -> None:
    (noises / "b" / "readme.txt").write_text("no sound")
    (noises / "b" / "._0.wav").write_text("no sound either")
    step = build("AddBackgroundNoise", sounds_path="noises", base=noises.parent)
    names = ["a/1.wav", "a/3.wav", "a/5.wav", "b/0.wav", "b/2.wav", "b/4.wav"]
    assert [*modality.references(step)] == [noises / name for name in names]
    assert step.given.told == tuple(names)
    listed = build("AddBackgroundNoise", sounds_path=["noises/b/4.wav", "noises/a"], base=noises.parent)
    assert [file.name for file in listed.files] == ["4.wav", "1.wav", "3.wav", "5.wav"]
    assert all(file.is_absolute() for file in listed.files)


@pytest.mark.parametrize("name", ["AddBackgroundNoise", "AddShortNoises", "ApplyImpulseResponse"])
def test_another_place_or_order_of_listing_changes_nothing(
    name: str, noises: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = parameters.needed(name)
    copied = shutil.copytree(noises, noises.parent / "else where" / "n")
    listing = Path.rglob

    def backwards(self: Path, pattern: str) -> Any:
        return reversed([*listing(self, pattern)])

    here = build(name, **{key: str(noises)})
    monkeypatch.setattr(Path, "rglob", backwards)
    there = build(name, **{key: str(copied)})
    for number in range(10):
        (one, drawn), (other, again) = (run(step, hum(2), str(number)) for step in (here, there))
        np.testing.assert_array_equal(one.samples, other.samples)
        assert drawn == again
        assert str(noises) not in json.dumps(drawn.parameters)


def test_the_provenance_names_the_noise_by_its_place_in_the_folder(noises: Path) -> None:
    _, applied = run(build("AddBackgroundNoise", sounds_path=str(noises)), hum())
    assert applied.parameters["noise_file_path"] in {f"{'ba'[n % 2]}/{n}.wav" for n in range(6)}
    assert 3 <= applied.parameters["snr_db"] <= 30


def test_noises_that_cannot_be_read_are_told(noises: Path) -> None:
    (noises / "a" / "1.wav").write_bytes(b"RIFF no wave")
    soundfile.write(noises / "a" / "3.wav", np.zeros(0), 16000)
    problem = only("AddBackgroundNoise", sounds_path=str(noises))
    assert problem.path == "sounds_path"
    assert "a/1.wav (" in problem.expected
    assert "a/3.wav (no frames)" in problem.expected
    (noises / "a" / "1.txt").write_text("x")
    assert "its ending" in only("AddBackgroundNoise", sounds_path=str(noises / "a" / "1.txt")).expected
    (noises.parent / "empty").mkdir()
    assert "found none" in only("AddBackgroundNoise", sounds_path=str(noises.parent / "empty")).expected


def test_a_noise_that_vanishes_spoils_the_sample_only_and_is_named(noises: Path) -> None:
    step = build("AddBackgroundNoise", sounds_path=str(noises))
    shutil.rmtree(noises)
    with pytest.raises(SampleError) as caught:
        run(step, hum())
    assert str(noises) not in caught.value.detail
    assert ".wav" in caught.value.detail


@pytest.mark.timeout(20)
def test_a_clip_shorter_than_a_frame_of_the_noise_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", np.full(4000, 0.1), 4000)
    step = build("AddBackgroundNoise", sounds_path=str(tmp_path / "slow.wav"))
    with pytest.raises(
        SampleError, match=r"AddBackgroundNoise on 3 frames x 1 channels at 44100 Hz: it needs at least"
    ):
        run(step, Clip(np.full((1, 3), 0.1, np.float32), 44100))


@pytest.mark.parametrize("snr", [-3, 10, 25])
def test_the_snr_that_is_asked_for_is_the_one_that_comes_out(snr: int, noises: Path) -> None:
    """Within 0.5 dB, in each channel."""
    clip = hum(2)
    clip.samples[1] *= 0.1
    asked: dict[str, Any] = {"min_snr_db": snr, "max_snr_db": snr}
    for name, more in (("AddGaussianSNR", {}), ("AddBackgroundNoise", {"sounds_path": str(noises)})):
        channels = clip.samples if more else clip.samples[:1]
        made, _ = run(build(name, **asked, **more), Clip(channels, clip.rate))
        noise = made.samples - channels
        measured = 10 * np.log10((channels**2).mean(axis=1) / (noise**2).mean(axis=1))
        assert np.abs(measured - snr).max() < 0.5


def test_the_new_rate_goes_into_the_clip() -> None:
    step = build("Resample", min_sample_rate=8000, max_sample_rate=8000)
    made, applied = run(step, Clip(hum(2).samples, 16000, "PCM_24"))
    assert (made.rate, made.samples.shape, made.subtype) == (8000, (2, 8000), "PCM_24")
    assert applied.parameters == {"target_sample_rate": 8000}


def test_a_step_that_left_the_clip_alone_says_so() -> None:
    step, short = build("RepeatPart"), hum(seconds=0.1)
    run(step, hum(seconds=5))
    made, applied = run(step, short)
    assert made.samples is short.samples
    assert applied.parameters == {"applied": False}


@pytest.mark.parametrize("name", ["PeakingFilter", "SevenBandParametricEQ"])
def test_a_peaking_filter_stays_below_the_nyquist_frequency(name: str) -> None:
    """The library's own blows up above it: NaN, or finite and thousands of times too loud."""
    step = build(name)
    for number in range(60):
        made, applied = run(step, hum(rate=4000, seconds=0.2), str(number))
        assert np.abs(made.samples).max() < 20
        if name == "PeakingFilter":
            assert applied.parameters["center_freq"] < 2000


def test_what_the_parts_of_the_equalizer_drew_is_told() -> None:
    _, applied = run(build("SevenBandParametricEQ"), hum())
    assert len(applied.parameters) == 21
    assert -12 <= applied.parameters["band_7_gain_db"] <= 12


@pytest.mark.parametrize("method", ["signalsmith_stretch", "librosa_phase_vocoder"])
def test_a_slow_stretch_is_the_same_each_time(method: str) -> None:
    """Below 0.5 python_stretch draws from a generator that it seeds from the machine's entropy."""
    step = build("TimeStretch", min_rate=0.2, max_rate=0.4, leave_length_unchanged=False, method=method)
    first, _ = run(step, hum(2))
    again, _ = run(step, hum(2))
    assert first.samples.shape[1] > 2 * 16000
    np.testing.assert_array_equal(first.samples, again.samples)


def test_chance_is_put_back_after_a_failure_too() -> None:
    module = library.transforms()["TimeStretch"].__module__
    own, before = sys.modules[module].python_stretch, random.getstate()  # type: ignore[attr-defined]
    theirs = np.random.get_state()
    with pytest.raises(ZeroDivisionError), seeding.seeded(Chance.of(0, "", 0), module):
        np.random.standard_normal(3)
        random.random()
        raise ZeroDivisionError
    assert random.getstate() == before
    assert np.array_equal(np.random.get_state()[1], theirs[1])
    assert sys.modules[module].python_stretch is own  # type: ignore[attr-defined]


def test_another_bit_generator_of_the_users_is_put_back() -> None:
    own = np.random.mtrand.get_bit_generator()
    np.random.mtrand.set_bit_generator(np.random.Philox(3))
    try:
        expected = np.random.RandomState(np.random.Philox(3)).random_sample(4)
        first = np.random.random_sample(2)
        run(build("AddGaussianNoise"), hum())
        np.testing.assert_array_equal([*first, *np.random.random_sample(2)], expected)
    finally:
        np.random.mtrand.set_bit_generator(own)


def test_what_is_said_of_labels_speaks_of_steps_and_parameters_that_there_are() -> None:
    for name, condition in describe.LENGTHS.items():
        assert condition is None or condition[0] in parameters.names(name)
    for table in (describe.MOVES, describe.NOTES, describe.LENGTHS):
        assert set(table) <= set(NAMES)
    assert not set(describe.MOVES) & set(describe.NOTES)
    found = {name: modality.describe(name) for name in NAMES}
    assert found["Shift"].labels == "moves"
    assert found["PitchShift"].labels == "keeps"
    assert "who speaks" in found["PitchShift"].labels_note
    assert found["AddGaussianSNR"].docs.endswith("/add_gaussian_snr/")


def test_parameters_are_described_with_default_kind_and_words() -> None:
    found = {parameter.name: parameter for parameter in modality.describe("AddBackgroundNoise").parameters}
    assert next(iter(found)) == "sounds_path"
    assert found["sounds_path"].default == "required"
    assert found["noise_rms"].kind == "relative | absolute"
    assert found["min_snr_db"].default == "3.0"
    assert found["min_snr_db"].about.startswith("Minimum signal-to-noise ratio in dB")
    assert "noise_transform" not in found
    assert "lru_cache_size" not in found
