"""Every kernel against the library's own code, from the same place of chance. None escapes: they are listed."""

from __future__ import annotations

import json
import pkgutil
import random
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from augment.audio import fusion, kernels, modality
from augment.audio.kernels import _noise, _sounds, _stretch
from augment.audio.kernels._convolution import Response, convolved
from augment.audio.library import LibraryStep, transforms
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import SampleError
from augment.sample import Sample
from augment.wrapped import kernel, snake

NAMES = {snake(name): name for name in transforms()}
KERNELS = sorted(item.name for item in pkgutil.iter_modules(kernels.__path__) if not item.name.startswith("_"))
SIDED: list[dict[str, Any]] = [{}, {"min_rolloff": 6, "max_rolloff": 48}, {"zero_phase": True}]
BELLS: list[dict[str, Any]] = [{}, {"min_gain_db": 0, "max_gain_db": 0}]
STRETCHED: list[dict[str, Any]] = [{}, {"method": "librosa_phase_vocoder"}]
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "add_background_noise": [
        {"sounds_path": "noises"},
        {"sounds_path": "noises", "noise_rms": "absolute", "min_absolute_rms_db": -30},
        {"sounds_path": "noises", "min_snr_db": -5, "max_snr_db": 0},
    ],
    "add_color_noise": [{}, {"min_f_decay": 0, "max_f_decay": 0}, {"p_apply_a_weighting": 1.0, "n_fft": 512}],
    "add_gaussian_noise": [{}, {"min_amplitude": 0.1, "max_amplitude": 0.1}],
    "add_gaussian_snr": [{}, {"min_snr_db": -3, "max_snr_db": 3}],
    "air_absorption": [{}, {"min_distance": 1000, "max_distance": 2000}],
    "apply_impulse_response": [
        {"ir_path": "noises"},
        {"ir_path": "noises", "leave_length_unchanged": False},
    ],
    "band_pass_filter": [*SIDED, {"min_bandwidth_fraction": 1.5, "max_bandwidth_fraction": 1.9}],
    "band_stop_filter": [*SIDED, {"min_center_freq": 50, "max_center_freq": 100}],
    "clipping_distortion": [{}, {"min_percentile_threshold": 0, "max_percentile_threshold": 0}],
    "gain": [{}],
    "high_pass_filter": [*SIDED, {"min_cutoff_freq": 20, "max_cutoff_freq": 20000}],
    "high_shelf_filter": BELLS,
    "loudness_normalization": [{}, {"min_lufs": -20, "max_lufs": -20}],
    "low_pass_filter": [*SIDED, {"min_cutoff_freq": 20, "max_cutoff_freq": 20000}],
    "low_shelf_filter": BELLS,
    "normalize": [{}, {"apply_to": "only_too_loud_sounds"}],
    "peaking_filter": BELLS,
    "pitch_shift": STRETCHED,
    "polarity_inversion": [{}],
    "resample": [{}, {"min_sample_rate": 16000, "max_sample_rate": 16000}],
    "reverse": [{}],
    "seven_band_parametric_eq": BELLS,
    "shift": [
        {},
        {"rollover": False},
        {"fade_duration": 0.0, "min_shift": -1, "max_shift": 1},
        {"min_shift": -90, "max_shift": 900, "shift_unit": "samples"},
        {"min_shift": -0.2, "max_shift": 0.2, "shift_unit": "seconds"},
    ],
    "tanh_distortion": [{}, {"min_distortion": 0, "max_distortion": 1}],
    "time_mask": [{}, {"mask_location": "end"}, {"fade_duration": 0.0, "mask_location": "start"}],
    "time_stretch": [
        *STRETCHED,
        {"leave_length_unchanged": False},
        {"min_rate": 0.2, "max_rate": 4, "leave_length_unchanged": False},
    ],
    "trim": [{}, {"top_db": 6}],
}
SHAPES = [(1, 16000, 0.5), (2, 44100, 0.5), (1, 8000, 2.0), (3, 22050, 0.3), (1, 44100, 3.1)]
"""Channels, sample rate (Hz) and seconds."""

LONG = [shape for shape in SHAPES if shape[2] >= 0.4]
"""Those that the library's package for loudness takes."""

SEEDS = range(4)
CASES = [(name, number) for name in KERNELS for number in range(len(SETTINGS.get(name, [])))]


def tolerance(name: str) -> float | None:
    found: float | None = import_module(f"{kernels.__name__}.{name}").TOLERANCE
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noises of several rates, channels and lengths that also serve as impulse responses."""
    place = tmp_path_factory.mktemp("beside")
    rng = np.random.default_rng(3)
    (place / "noises").mkdir()
    for number, (rate, channels, seconds) in enumerate([(16000, 1, 1.3), (44100, 2, 0.2), (8000, 1, 3.0)]):
        fading = np.exp(-np.arange(int(rate * seconds)) / rate * 3)[:, None]
        noise = rng.standard_normal((fading.size, channels)) * 0.1 * fading
        soundfile.write(place / "noises" / f"{number}.wav", noise, rate)
    return place


def clip(channels: int = 1, rate: int = 16000, seconds: float = 0.5, seed: int = 0) -> Clip:
    """A tone that comes and goes over noise, silent at both ends."""
    time = np.arange(int(rate * seconds)) / rate
    rng = np.random.default_rng([seed, channels])
    tones = 0.4 * np.sin(2 * np.pi * rng.uniform(150, 900) * time) * np.sin(2 * np.pi * 1.3 * time)
    sound = tones + rng.standard_normal((channels, time.size)) * 0.03
    sound[:, : time.size // 10] *= 1e-4
    return Clip(sound.astype(np.float32), rate)


def steps(name: str, number: int, folder: Path) -> tuple[LibraryStep, LibraryStep]:
    """The library's and ours."""
    made = [modality.build(NAMES[name], SETTINGS[name][number], Setting(folder, native)) for native in (False, True)]
    assert isinstance(made[0], LibraryStep) and isinstance(made[1], LibraryStep)
    return made[0], made[1]


def run(step: LibraryStep, value: Clip, key: Any = 0) -> tuple[Clip, dict[str, Any]]:
    sample, applied = step.apply(Sample(value), Chance.of(5, str(key), 1))
    made: Clip = sample.value
    return made, dict(applied.parameters)


def test_every_kernel_is_tested_and_belongs_to_a_transform() -> None:
    assert set(KERNELS) == set(SETTINGS)
    assert set(KERNELS) <= set(NAMES)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_the_same_is_drawn_and_the_result_is_as_near_as_said(name: str, number: int, folder: Path) -> None:
    library, ours = steps(name, number, folder)
    assert ours.kernel is not None and library.kernel is None
    for shape in SHAPES if name != "loudness_normalization" else LONG:
        for seed in SEEDS:
            value = clip(*shape, seed=seed)
            (expected, told), (made, ours_told) = run(library, value, seed), run(ours, value, seed)
            assert set(told) == set(ours_told)
            assert abs(told.pop("loudness", 0) - ours_told.pop("loudness", 0)) < 0.5  # LU; it is measured, not drawn
            for key, drawn in told.items():
                assert ours_told[key] == (pytest.approx(drawn, rel=1e-6) if isinstance(drawn, float) else drawn), key
            assert made.rate == expected.rate
            assert made.samples.shape == expected.samples.shape
            if (nearness := tolerance(name)) is not None:
                off = np.abs(made.samples - expected.samples).max()
                assert off <= nearness * np.abs(expected.samples).max(), f"{SETTINGS[name][number]} {shape} {seed}"


@pytest.mark.parametrize(("name", "number"), CASES)
def test_input_stays_and_the_result_is_new_and_plain(name: str, number: int, folder: Path) -> None:
    _, step = steps(name, number, folder)
    for shape in SHAPES[:4]:
        value = clip(*shape)
        before = value.samples.copy()
        made, told = run(step, value)
        assert np.array_equal(value.samples, before)
        assert type(made.samples) is np.ndarray and made.samples.dtype == np.float32
        assert made.samples.flags.c_contiguous and made.samples.flags.writeable
        assert not np.shares_memory(made.samples, value.samples)
        json.dumps(told, allow_nan=False)
        first = made.samples.copy()
        made.samples[...] = 0  # if this were a part of a cache, the next would differ
        random.seed(1)
        np.random.seed(1)
        assert np.array_equal(run(step, value)[0].samples, first)


@pytest.mark.parametrize("name", [name for name in KERNELS if name.startswith("add_") and tolerance(name) is None])
@pytest.mark.parametrize("number", range(2))
def test_noise_is_distributed_as_the_library_s(name: str, number: int, folder: Path) -> None:
    value = clip(2, 16000, 4.0)
    there, here = (noise(step, value) for step in steps(name, number, folder))
    assert here.std() == pytest.approx(there.std(), rel=0.01)
    assert abs(here.mean()) < 0.05 * here.std()
    both = [np.sort(one.ravel())[:: one.size // 4000] / there.std() for one in (there, here)]
    assert np.abs(both[0] - both[1])[20:-20].max() < (
        0.05 if name != "add_color_noise" else 0.15
    )  # quantiles, but for the rarest
    if name != "add_color_noise":  # whose filter keeps the phases of its own
        spectra = [np.abs(np.fft.rfft(one.reshape(-1, 512))).mean(axis=0)[2:-2] for one in (there, here)]
        assert np.abs(spectra[1] / spectra[0] - 1).max() < 0.15


def noise(step: LibraryStep, value: Clip) -> np.ndarray:
    return np.concatenate([run(step, value, 3)[0].samples - value.samples for _ in range(1)])


def test_coloured_noise_has_the_spectrum_of_the_library_s(folder: Path) -> None:
    value = clip(1, 16000, 8.0)
    pair = [noise(step, value) for step in steps("add_color_noise", 2, folder)]
    there, here = (np.square(np.abs(np.fft.rfft(one.reshape(-1, 1000)))).mean(axis=0)[5:-5] for one in pair)
    smooth = np.ones(9) / 9
    ratio = np.convolve(here, smooth, "valid") / np.convolve(there, smooth, "valid")
    assert np.abs(np.log(ratio)).max() < 0.5


def test_noise_differs_between_draws_channels_and_neighbours() -> None:
    one, two = (_noise.white((2, 100_000), random.Random(seed)) for seed in (1, 2))
    for first, second in [
        (one, two),
        (one[0], one[1]),
        (one[:, 1:], one[:, :-1]),
        (one[:, :32768], one[:, 32768:65536]),
    ]:
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02
    assert one.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
def test_stretched_and_shifted_tones_are_clean(rate: int, channels: int) -> None:
    """A tone comes out at its new pitch, as loud, and with no more beside it than 30 dB below."""
    time = np.arange(rate * 2) / rate
    value = Clip(np.tile(0.5 * np.sin(2 * np.pi * 441.3 * time), (channels, 1)).astype(np.float32), rate)
    for step, factor in [
        (LibraryStep("PitchShift", 1.0, {"min_semitones": 3, "max_semitones": 3}), 2 ** (3 / 12)),
        (LibraryStep("PitchShift", 1.0, {"min_semitones": -5, "max_semitones": -5}), 2 ** (-5 / 12)),
        (LibraryStep("TimeStretch", 1.0, {"min_rate": 0.8, "max_rate": 0.8}), 1.0),
        (LibraryStep("TimeStretch", 1.0, {"min_rate": 1.3, "max_rate": 1.3}), 1.0),
    ]:
        made = run(step, value)[0].samples[0, rate // 4 : rate // 4 + rate]
        waves = np.exp(2j * np.pi * 441.3 * factor * time[: made.size])
        window = np.hanning(made.size)
        found = 2 * np.sum(made * waves.conj() * window) / window.sum()
        rest = made - (found * waves).real
        assert abs(found) == pytest.approx(0.5, rel=0.03)
        assert np.sqrt(np.mean(rest**2)) < 0.03 * 0.5


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("speed", [0.5, 0.8, 1.0, 1.25, 2.0])
def test_clicks_stay_where_the_speed_puts_them(rate: int, speed: float) -> None:
    value = Clip(np.zeros((1, 3 * rate), np.float32), rate)
    clicks = (0.4, 1.1, 1.4)
    for at in clicks:
        value.samples[0, int(at * rate)] = 1.0
    step = LibraryStep("TimeStretch", 1.0, {"min_rate": speed, "max_rate": speed, "leave_length_unchanged": False})
    made = np.abs(run(step, value)[0].samples[0])
    for at in clicks:
        around = int(at / speed * rate) - rate // 10
        assert (around + made[around : around + rate // 5].argmax()) / rate == pytest.approx(at / speed, abs=0.005)


def test_blocks_are_sizes_that_the_transform_likes() -> None:
    for rate in range(_stretch.SLOWEST_RATE, 200_000, 777):
        size = _stretch.block(rate)
        odd = size // (size & -size)
        assert odd in (1, 3, 9)
        assert 0.067 * rate < size <= 0.105 * rate


def test_a_noise_comes_out_the_same_whatever_is_in_the_store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, step = steps("add_background_noise", 0, folder)
    kept = [run(step, clip(), key)[0].samples for key in range(6)]
    _sounds.store.cache_clear()
    monkeypatch.setattr(_sounds.store(), "room", 0)
    for key, samples in enumerate(kept):
        assert np.array_equal(run(step, clip(), key)[0].samples, samples)
    monkeypatch.setattr(_sounds, "WHOLE", 0)
    for key, samples in enumerate(kept):
        assert np.array_equal(run(step, clip(), key)[0].samples, samples)


def test_blocks_meet_without_a_seam(folder: Path) -> None:
    """Clips of several blocks, whose sizes are those of the kernels that have any."""
    value = clip(1, 44100, 7.0)
    for name in ("air_absorption", "apply_impulse_response", "low_pass_filter", "trim"):
        (expected, _), (made, _) = (run(step, value) for step in steps(name, 0, folder))
        assert np.abs(made.samples - expected.samples).max() < 1e-4 * np.abs(expected.samples).max()


def test_a_convolution_is_the_same_whole_and_in_blocks() -> None:
    rng = np.random.default_rng(2)
    samples, taps = (rng.standard_normal(size).astype(np.float32) for size in (50_000, 300))
    for frames in (50_000, 1_000):
        response = Response.of(taps, frames)
        made = np.concatenate([part for _, part in convolved(samples, response)])
        np.testing.assert_allclose(made, np.convolve(samples, taps), atol=1e-3)


def test_the_store_is_bounded() -> None:
    store = _sounds.Store(room=100)
    for number in range(50):
        store.get(number, lambda: bytes(30), len)
    store.get("big", lambda: bytes(90), len)
    assert len(store.held) == 3 and store.taken == 90


def test_a_noise_that_changes_or_goes_is_seen(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "noises", tmp_path / "noises")
    for file in sorted((tmp_path / "noises").glob("*.wav"))[1:]:
        file.unlink()
    _, step = steps("add_background_noise", 0, tmp_path)
    first = run(step, clip())[0].samples
    soundfile.write(tmp_path / "noises" / "0.wav", np.random.default_rng(8).standard_normal(20000) * 0.1, 16000)
    assert not np.array_equal(run(step, clip())[0].samples, first)
    (tmp_path / "noises" / "0.wav").unlink()
    with pytest.raises(SampleError, match=r"0\.wav"):
        run(step, clip())


def test_fast_false_runs_the_library() -> None:
    step = modality.build("Gain", {}, Setting(Path(), native=False))
    assert isinstance(step, LibraryStep) and step.kernel is None
    assert kernel("augment.audio.kernels", "Mp3Compression") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Trim", "AirAbsorption", "Resample"])
def test_the_first_call_compiles_nothing(name: str) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from augment.audio import modality\n"
        "from augment.contracts import Setting\n"
        f"modality.build({name!r}, {{}}, Setting(Path()))\n"
        "print(any(module.startswith('numba') for module in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def both(order: tuple[str, str], native: bool = True, **given: Any) -> list[tuple[LibraryStep, Chance]]:
    options: dict[str, dict[str, Any]] = {"TimeStretch": given, "PitchShift": {}}
    return [(LibraryStep(name, 1.0, options[name], native=native), Chance.of(3, name, 1)) for name in order]


@pytest.mark.parametrize("order", [("TimeStretch", "PitchShift"), ("PitchShift", "TimeStretch")])
@pytest.mark.parametrize("unchanged", [True, False])
def test_neighbours_that_are_one_pass_draw_and_tell_what_each_would(order: tuple[str, str], unchanged: bool) -> None:
    value = clip(2, 16000, 2.0)
    steps = both(order, leave_length_unchanged=unchanged, min_rate=0.7, max_rate=0.7)
    (part,) = fusion.parts(steps)
    sample, told = part.apply(Sample(value))
    alone, apart = Sample(value), []
    for step, chance in steps:
        alone, applied = step.apply(alone, chance)
        apart.append(applied)
    assert told == apart
    assert sample.value.samples.shape == alone.value.samples.shape
    assert np.array_equal(part.apply(Sample(value))[0].value.samples, sample.value.samples)
    loud = [np.sqrt(np.mean(one.value.samples**2)) for one in (sample, alone)]
    assert loud[0] == pytest.approx(loud[1], rel=0.1)


def test_only_those_neighbours_are_one_pass() -> None:
    order = ("TimeStretch", "PitchShift")
    gain = (LibraryStep("Gain", 1.0, {}), Chance.of(3, "", 1))
    chain = both(order)
    assert [len(part.steps) for part in fusion.parts([*chain, gain, *chain, chain[0]])] == [2, 1, 2, 1]
    assert [len(part.steps) for part in fusion.parts([chain[0], gain, chain[1]])] == [1, 1, 1]
    assert [len(part.steps) for part in fusion.parts(both(order, native=False))] == [1, 1]
    slow = [(LibraryStep("TimeStretch", 1.0, {"method": "librosa_phase_vocoder"}), gain[1]), chain[1]]
    sample, told = next(fusion.parts(slow)).apply(Sample(clip()))
    assert [one.step for one in told] == list(order) and sample.value.samples.shape == (1, 8000)


def test_what_fails_together_is_told_of_the_step_that_fails() -> None:
    (part,) = fusion.parts(both(("PitchShift", "TimeStretch")))
    with pytest.raises(SampleError, match="PitchShift on 9 frames x 1 channels"):
        part.apply(Sample(Clip(np.full((1, 9), np.nan, np.float32), 16000)))


@pytest.mark.parametrize("speed", [0.8, 1.0, 1.3])
def test_a_long_clip_is_stretched_in_pieces_that_meet(speed: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tone goes on through the joints, each of which lasts 50 ms, and clicks stay where they are."""
    rate, frames = 8000, 12 * 8000
    value = clip(1, rate, 12.0)
    value.samples[0] = 0.3 * np.sin(2 * np.pi * 300 * np.arange(frames) / rate)
    value.samples[0, 5 * rate] = 1.0
    whole = _stretch.Stretch(speed)(value.samples, rate, round(frames / speed))
    monkeypatch.setattr(_stretch, "PIECE", 2.0)
    pieces = _stretch.Stretch(speed)(value.samples, rate, round(frames / speed))
    assert pieces.shape == whole.shape
    middle = slice(rate, round(frames / speed) - rate)
    assert np.abs(pieces[0, middle]).argmax() == pytest.approx(np.abs(whole[0, middle]).argmax(), abs=0.005 * rate)

    powers = [np.convolve(one[0, middle] ** 2, np.ones(400) / 400, "valid") for one in (whole, pieces)]
    assert powers[1].min() > 0.3 * powers[0].mean()
    assert powers[1].mean() == pytest.approx(powers[0].mean(), rel=0.1)
