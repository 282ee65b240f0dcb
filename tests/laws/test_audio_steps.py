"""What holds for every step of sound. The sweep finds them by itself; none is listed, none escapes."""

from __future__ import annotations

import json
import pickle
import random
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from augment import native
from augment.audio import modality
from augment.audio.describe import changes_length
from augment.audio.library import LibraryStep
from augment.audio.tryout import missing
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Setting, Step
from augment.errors import SampleError
from augment.sample import Sample
from tests.laws.audio_recipes import recipe

NAMES = modality.names()
OWN = native.modules(modality.STEPS)
CHANGES = {"FixedLength": "length", "ResampleTo": "length rate", "SpeedPerturb": "length", "ToMono": "channels"}
"""What else than the samples is another after a step of our own."""
DRAWLESS = {"ResampleTo", "ToMono"}
RATES = (8000, 16000, 44100)

pytestmark = pytest.mark.usefixtures("extras")


@pytest.fixture
def extras(request: pytest.FixtureRequest) -> None:
    """Steps whose package is not installed are left out; that they say so is tested elsewhere."""
    name = getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    if name and not here(name):
        pytest.skip(f"the package for {name} is not installed")


def here(name: str) -> bool:
    return name in OWN or not [*missing(name, {})]


def required(name: str) -> list[str]:
    return [p.name for p in modality.describe(name).parameters if p.default == "required"]


def build(name: str, folder: Path) -> Step:
    step = modality.build(name, recipe(name, required(name), folder), Setting(folder))
    assert isinstance(step, native.NativeStep if name in OWN else LibraryStep)
    return step


def partners(chance: Chance, count: int, balanced: bool) -> list[Sample]:
    """Others for steps that mix: of another rate, length and number of channels."""
    drawn = [chance.child(str(turn)).uniform() for turn in range(count)]
    return [Sample(clip(1 + int(2 * at), 22050, 0.3 + at, int(100 * at)), f"class {int(3 * at)}") for at in drawn]


def clip(channels: int = 1, rate: int = 16000, seconds: float = 0.5, seed: int = 3) -> Clip:
    """Noise with a hum, silent at both ends."""
    frames = int(rate * seconds)
    time = np.arange(frames) / rate
    noise = np.random.default_rng(seed).standard_normal((channels, frames)) * 0.05
    sound = (noise + 0.3 * np.sin(2 * np.pi * 220 * time)) * ((time > 0.05 * seconds) & (time < 0.95 * seconds))
    return Clip(np.ascontiguousarray(sound, np.float32), rate, "PCM_24")


def run(step: Step, value: Clip, key: str) -> Clip:
    sample, applied = step.apply(Sample(value, "a", partners=partners), Chance.of(7, key, 1))
    made: Clip = sample.value
    assert applied.step == step.name
    json.dumps(dict(applied.parameters), allow_nan=False)
    assert made.samples.dtype == np.float32
    assert made.samples.ndim == 2
    assert made.samples.size
    assert np.isfinite(made.samples).all()
    assert made.samples.flags.c_contiguous
    assert np.abs(made.samples).max() < 60, "louder than any step has a reason for"
    assert made.subtype == value.subtype
    if isinstance(step, LibraryStep):
        changes = "length" if changes_length(step.name, step.parameters) else ""
        assert made.rate == applied.parameters.get("target_sample_rate", value.rate)
    else:
        changes = CHANGES.get(step.name, "")
        assert made.rate == value.rate or "rate" in changes
    assert made.samples.shape[0] == value.samples.shape[0] or "channels" in changes
    assert made.samples.shape[1] == value.samples.shape[1] or "length" in changes
    return made


def same(one: Clip, other: Clip) -> None:
    assert one.rate == other.rate
    np.testing.assert_array_equal(one.samples, other.samples)


def disturb() -> None:
    """Whatever others do to global chance."""
    np.random.seed(random.randrange(2**31))
    random.seed()


def test_the_sweep_is_wide() -> None:
    assert len(NAMES) == 38 + len(OWN)
    assert len(OWN) >= 9
    assert sum(here(name) for name in NAMES) >= 34 + len(OWN)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2], ids=["mono", "stereo"])
@pytest.mark.parametrize("name", NAMES)
def test_same_key_same_bytes_and_input_unchanged(name: str, channels: int, rate: int, tmp_path: Path) -> None:
    step, value = build(name, tmp_path), clip(channels, rate)
    before = value.samples.copy()
    first = run(step, value, "a")
    disturb()
    run(step, clip(3 - channels, 22050, 0.7), "b")  # nor may it matter what was done in between
    same(first, run(step, value, "a"))
    np.testing.assert_array_equal(value.samples, before)
    assert value.samples.flags.writeable


@pytest.mark.parametrize("name", NAMES)
def test_what_was_drawn_does_not_depend_on_earlier_clips(name: str, tmp_path: Path) -> None:
    step, fresh = build(name, tmp_path), build(name, tmp_path)
    run(step, clip(2, 44100, 1.5), "b")
    for value in (clip(), clip(seconds=0.06)):
        assert told(step, value) == told(fresh, value)


def told(step: Step, value: Clip) -> str:
    """What a step says of a clip, be it that it refuses it."""
    try:
        return str(step.apply(Sample(value, partners=partners), Chance.of(7, "a", 1))[1])
    except SampleError as error:
        return str(error)


@pytest.mark.parametrize("name", NAMES)
def test_it_pickles(name: str, tmp_path: Path) -> None:
    step = build(name, tmp_path)
    again: Step = pickle.loads(pickle.dumps(step))
    assert (again.name, again.p) == (step.name, step.p)
    assert [*modality.references(again)] == [*modality.references(step)]
    same(run(step, clip(), "a"), run(again, clip(), "a"))


@pytest.mark.parametrize("name", NAMES)
def test_the_global_chance_of_others_is_untouched_and_no_warning_escapes(name: str, tmp_path: Path) -> None:
    np.random.seed(4)
    np.random.standard_normal()  # leaves a second number waiting
    numpy_state, python_state = np.random.get_state(), random.getstate()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = build(name, tmp_path)
        run(step, clip(), "a")
        with pytest.raises(SampleError, match="the clip has samples that are NaN or infinite"):
            step.apply(Sample(Clip(np.full((1, 8000), np.nan, np.float32), 16000)), Chance.of(7, "a", 1))
    assert str(np.random.get_state()) == str(numpy_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state[1])
    assert random.getstate() == python_state


@pytest.mark.parametrize("frames", [1, 2, 7, 100])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("channels", [1, 2], ids=["mono", "stereo"])
@pytest.mark.parametrize("name", NAMES)
def test_a_very_short_clip_survives_or_is_refused(
    name: str, channels: int, rate: int, frames: int, tmp_path: Path
) -> None:
    value = Clip(np.full((channels, frames), 0.25, np.float32), rate)
    step = build(name, tmp_path)
    for key in ("a", "b", "c"):
        try:
            run(step, value, key)
        except SampleError as error:
            assert error.reason == "step failed"
            assert name in error.detail
            assert f"{frames} frames x {channels} channels at {rate} Hz" in error.detail
            assert str(tmp_path) not in error.detail


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0, 1.5], ids=["silence", "full", "negative", "over"])
@pytest.mark.parametrize("channels", [1, 2], ids=["mono", "stereo"])
@pytest.mark.parametrize("name", NAMES)
def test_silence_and_full_scale(name: str, channels: int, level: float, tmp_path: Path) -> None:
    run(build(name, tmp_path), Clip(np.full((channels, 8000), level, np.float32), 16000), "a")


@pytest.mark.parametrize("name", NAMES)
def test_eight_channels(name: str, tmp_path: Path) -> None:
    step = build(name, tmp_path)
    same(run(step, clip(8), "a"), run(step, clip(8), "a"))


@pytest.mark.parametrize("name", NAMES)
def test_another_key_is_another_draw(name: str, tmp_path: Path) -> None:
    step = build(name, tmp_path)
    drawn = {run(step, clip(), str(key)).samples.tobytes() for key in range(12)}
    if len(drawn) == 1:
        assert not draws(step), f"{name} draws, and yet 12 keys gave one sound"


def draws(step: Step) -> bool:
    """Whether a step asks for any number but the one that says whether it fires."""
    if not isinstance(step, LibraryStep):
        return step.name not in DRAWLESS
    step.transform(clip().samples[0], 16000)  # what the library imports with its first call may draw too
    np.random.seed(4)
    random.seed(4)
    before = np.random.get_state()[1].copy()
    step.transform(clip().samples[0], 16000)
    after, asked = random.getstate(), random.Random(4)
    asked.random()
    return after != asked.getstate() or not np.array_equal(before, np.random.get_state()[1])


@pytest.mark.slow
def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    """All steps at once in a fresh interpreter, in another order and from another folder, against another one."""
    script = (
        "import sys, hashlib, pathlib\n"
        "from tests.laws import test_audio_steps as t\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "names = [name for name in t.NAMES if t.here(name)][::int(sys.argv[2])]\n"
        "said = []\n"
        "for name in names:\n"
        "    for channels in (1, 2):\n"
        "        made = t.run(t.build(name, folder), t.clip(channels), 'a')\n"
        "        said.append(f'{name} {channels} {made.rate} {hashlib.sha256(made.samples.tobytes()).hexdigest()}')\n"
        "print('\\n'.join(sorted(said)))\n"
    )
    here_and_there = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / folder), order],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for folder, order in (("here", "1"), ("there", "-1"))
    ]
    assert here_and_there[0] == here_and_there[1]
    assert len(here_and_there[0].splitlines()) >= 2 * (34 + len(OWN))


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_described(name: str) -> None:
    found: Any = modality.describe(name)
    assert found.name == name
    assert len(found.summary) > 10
    assert found.labels in ("keeps", "moves")
    assert len(found.labels_note) > 10
    ours = name in OWN
    assert found.docs.startswith(
        "https://" + ("" if ours else "iver56.github.io/audiomentations/waveform_transforms/")
    )
    assert "p" in {parameter.name for parameter in found.parameters}
    assert all(parameter.kind for parameter in found.parameters)
