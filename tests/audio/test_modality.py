"""The audio modality as the engine sees it, and sounds through the engine."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
from augment import catalog
from augment.annotations import Annotations, Instance
from augment.audio import modality
from augment.audio.decode import decode
from augment.audio.value import Clip
from augment.chance import Chance
from augment.contracts import Modality, Setting
from augment.engine.draw import draw
from augment.engine.recipe import load
from augment.engine.verify import verify
from augment.errors import SampleError
from augment.sample import Content, Dataset, Sample
from tests.conftest import tree

HEAVY = "{'soundfile', 'soxr', 'audiomentations', 'librosa', 'numba', 'scipy', 'av'}"
STEPS = [
    {"AddGaussianSNR": {"min_snr_db": 10, "max_snr_db": 30, "p": 0.8}},
    {"Gain": {"min_gain_db": -6, "max_gain_db": 12, "p": 0.8}},
    {"PitchShift": {"min_semitones": -2, "max_semitones": 2, "p": 0.5}},
    {"TimeStretch": {"min_rate": 0.8, "max_rate": 1.2, "leave_length_unchanged": False, "p": 0.5}},
]


def clip(frames: int = 4000, rate: int = 8000, channels: int = 1) -> Clip:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)
    return Clip(samples, rate)


def test_it_has_all_that_a_modality_has() -> None:
    wanted = {name for name in vars(Modality) if not name.startswith("_")} | set(Modality.__annotations__)
    assert [name for name in sorted(wanted) if not hasattr(modality, name)] == []
    for name in wanted:
        promised = getattr(Modality, name, None)
        if inspect.isfunction(promised):
            given = list(inspect.signature(getattr(modality, name)).parameters)
            assert given == [key for key in inspect.signature(promised).parameters if key != "self"], name


def test_importing_it_is_light() -> None:
    code = f"import sys, augment.audio.modality; print({HEAVY} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_what_workers_preload_is_all_that_they_need() -> None:
    code = "import sys, augment.audio.preload; print({'soundfile', 'soxr', 'audiomentations'} - set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_versions_name_distributions() -> None:
    assert all(version(name) for name in modality.VERSIONS)


def test_no_other_modality_wants_its_endings() -> None:
    others = [catalog.modality(name).SUFFIXES for name in catalog.names("modalities") if name != "audio"]
    assert not modality.SUFFIXES & frozenset().union(*others)


def test_the_default_steps_change_sounds_but_not_their_length() -> None:
    steps = load({"audio": list(modality.DEFAULT_STEPS)}).steps["audio"]
    changed = 0
    for copy in range(30):
        drawn = draw(steps, Chance.of(0, "a", copy).child("audio"))
        sample, told = modality.apply(Sample(clip(), "dog", {"id": 3}), drawn, modality.Labels())
        assert sample.value.samples.shape == (1, 4000) and sample.value.samples.dtype == np.float32
        assert (sample.label, sample.fields, sample.value.rate) == ("dog", {"id": 3}, 8000)
        assert len(told) == len(drawn)
        changed += not np.array_equal(sample.value.samples, clip().samples)
    assert changed > 20


def test_names_are_sorted_and_described() -> None:
    assert modality.names() == sorted(modality.names())
    with pytest.raises(KeyError):
        modality.describe("Xyzzy")


def test_references_of_a_plain_step_are_none() -> None:
    assert list(modality.references(modality.build("Reverse", {}, Setting(Path())))) == []


def test_annotations_without_places_pass_and_those_of_pictures_are_refused() -> None:
    found = Annotations(captions=("a dog barks",), classes={"dog": 0.7, "cat": 0.3})
    settled = modality.settle(clip(), Content(b"", found), Dataset(), modality.Labels())
    whole = replace(found, duration=clip().seconds)
    assert (settled.original, settled.working.found, settled.notes) == (whole, whole, {})
    boxed = Annotations(instances=(Instance("dog", (0, 0, 1, 1)),))
    with pytest.raises(SampleError, match="belong to pictures"):
        modality.settle(clip(), Content(b"", boxed), Dataset(), modality.Labels())


def test_a_blend_is_the_weighted_mean() -> None:
    one, other = clip(), Clip(np.ones((1, 4000), np.float32), 8000)
    made = modality.blend([one, other], [0.25, 0.75])
    assert np.allclose(made.samples, 0.25 * one.samples + 0.75)
    assert (made.rate, made.samples.dtype) == (8000, np.float32)


@pytest.mark.parametrize("other", [clip(3999), clip(rate=16_000), clip(channels=2)])
def test_clips_that_differ_are_not_blended(other: Clip) -> None:
    with pytest.raises(SampleError, match="can't blend"):
        modality.blend([clip(), other], [0.5, 0.5])


def test_doctor_tells_of_libsndfile() -> None:
    told = list(modality.diagnose())
    assert any(one.about.startswith("libsndfile ") and one.status == "ok" for one in told)
    assert not [one for one in told if one.status == "bad"]


@pytest.fixture
def grown(tmp_path: Path, sounds: Path) -> Callable[..., Path]:
    """Run a recipe over the sounds into a folder of that name."""

    def make(name: str, executor: str = "serial", workers: int | None = None, **output: Any) -> Path:
        recipe = {"seed": 5, "audio": STEPS, "output": {"shard_size": 20, **output}}
        result = augment.run(
            recipe, input=sounds, output=tmp_path / name, multiplier=4, executor=executor, workers=workers
        )
        assert (result.outputs, result.skipped) == (18 * 4 + 3, 0)
        return tmp_path / name

    return make


def test_one_worker_and_two_give_the_same_bytes(grown: Callable[..., Path]) -> None:
    one, two = tree(grown("one")), tree(grown("two", "processes", 2))
    assert one.pop("recipe.yaml") != two.pop("recipe.yaml")  # each names its own folder
    assert one == two and len(one) > 5


@pytest.mark.parametrize("form", ["webdataset", "folder", "parquet"])
@pytest.mark.parametrize("ending", ["flac", "wav", "ogg", "opus"])
def test_every_ending_in_every_format_is_derived_again(grown: Callable[..., Path], form: str, ending: str) -> None:
    out = grown("out", format=form, audio={"format": ending})
    checked = verify(out, rederive=6)
    assert (checked.rederived, checked.problems) == (6, [])
    if form == "folder":
        found = sorted(out.glob(f"train/*/*.{ending}"))
        assert len(found) >= 18 * 3
        assert all(decode(path.read_bytes()).rate == 16_000 for path in found)


def test_a_folder_of_sounds_needs_no_recipe(tmp_path: Path, sounds: Path) -> None:
    result = augment.run(sounds, output=tmp_path / "out", multiplier=2, executor="serial")
    assert (result.outputs, result.skipped) == (18 * 2 + 3, 0)


def test_bad_files_are_skipped_with_their_reason(tmp_path: Path, sounds: Path) -> None:
    folder = tmp_path / "in" / "tone"
    folder.mkdir(parents=True)
    good = sorted(sounds.glob("train/tone/*.wav"))[0].read_bytes()
    for name, data in {"a": good, "b": good[:999], "c": b"", "d": b"text" * 99}.items():
        (folder / f"{name}.wav").write_bytes(data)
    result = augment.run(
        {"audio": STEPS}, input=tmp_path / "in", output=tmp_path / "out", multiplier=3, executor="serial"
    )
    assert (result.outputs, result.skipped) == (3, 3)
    told = (tmp_path / "out/skipped.jsonl").read_text()
    assert all(f'"{reason}"' in told for reason in ("truncated", "empty", "not sound"))
