"""Folders of sounds through the whole engine: exact counts, the same bytes however it is run."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

import augment
from augment import catalog, demo
from augment.engine.manifest import PROVENANCE_FILE
from tests.conftest import tree

STEPS: list[dict[str, Any]] = [
    {"Gain": {"min_gain_db": -6, "max_gain_db": 12, "p": 0.6}},
    {"one_of": [{"TimeStretch": {"leave_length_unchanged": False}}, {"PitchShift": {}}]},
    {"AddGaussianSNR": {"p": 0.5}},
    {"Shift": {"p": 0.5}},
]
ENCODINGS = [{"format": name} for name in ("flac", "wav", "ogg", "opus")]
Grow = Callable[..., augment.Result]


@pytest.fixture
def grow(tmp_path: Path, sounds: Path) -> Grow:
    """Run a recipe over the drawn sounds; in this process unless ``workers`` are asked for."""

    def make(name: str = "out", *, input: Path | None = None, steps: Any = STEPS, **rest: Any) -> augment.Result:
        run = {key: rest.pop(key) for key in ("workers", "append", "multiplier", "watch") if key in rest}
        recipe = {"seed": 5, "expand": {"multiplier": 3}, "audio": steps, "output": {"shard_size": 10}, **rest}
        executor = "processes" if "workers" in run else "serial"
        return augment.run(recipe, input=input or sounds, output=tmp_path / name, executor=executor, **run)

    return make


def content(result: augment.Result) -> dict[str, bytes]:
    """All files that the user has of it; the recipe as run names the output folder."""
    return {name: data for name, data in tree(result.output).items() if name != "recipe.yaml"}


@pytest.mark.parametrize("format", ["webdataset", "folder", "parquet", "events"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda encoding: encoding["format"])
def test_counts_are_exact_and_workers_change_no_byte(grow: Grow, format: str, encoding: dict[str, str]) -> None:
    if format not in catalog.names("writers"):
        pytest.skip(f"no writer {format}")
    output = {"format": format, "audio": encoding} | (
        {"shard_size": 10} if format in ("webdataset", "parquet") else {}
    )
    serial = grow("serial", output=output)
    assert (serial.outputs, serial.skipped) == (18 * 3 + 3, 0)
    if encoding["format"] in ("flac", "ogg"):  # two suffice: what differs is above the encoder
        assert content(serial) == content(grow("two", output=output, workers=2))


def test_outputs_decode_to_what_provenance_says(grow: Grow) -> None:
    result = grow(output={"format": "parquet"}, steps=[{"Reverse": {"p": 1.0}}])
    table = pq.read_table(next((result.output / "train").glob("*.parquet"))).to_pylist()
    decoded = {row["key"]: soundfile.read(io.BytesIO(row["audio"]["bytes"])) for row in table}
    originals = {row["source"]: decoded[row["key"]][0] for row in table if not row["copy"]}
    copies = [row for row in table if row["copy"]]
    assert len(copies) == 36
    for row in copies:
        samples, rate = decoded[row["key"]]
        assert (rate, row["audio"]["path"]) == (demo.RATE, f"{row['key']}.flac")
        assert np.array_equal(samples[::-1], originals[row["source"]])
    steps = pq.read_table(result.output / PROVENANCE_FILE).to_pylist()
    assert {tuple(row["steps"]) for row in steps if row["copy"]} == {("Reverse",)}


class StopError(Exception):
    """Stands for a crash."""


@pytest.mark.parametrize("after", [1, 3])
def test_stopped_and_run_again_it_has_the_same_bytes(grow: Grow, after: int) -> None:
    whole = content(grow("whole"))
    seen = 0

    def stop(event: Any) -> None:
        nonlocal seen
        seen += 1
        if seen > after:
            raise StopError

    with pytest.raises(StopError):
        grow("stopped", watch=stop)
    assert content(grow("stopped", workers=2)) == whole


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    """Noises in two folders, of other rates and channels than the clips."""
    rng = np.random.default_rng(1)
    for number in range(6):
        place = tmp_path / "noises" / "ab"[number % 2] / f"{number}.wav"
        place.parent.mkdir(parents=True, exist_ok=True)
        shape = (30_000, 2) if number % 3 == 0 else (30_000,)
        soundfile.write(place, rng.normal(0, 0.1, shape), [16_000, 22_050, 44_100][number % 3])
    return tmp_path / "noises"


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    """Impulse responses: a peak, and noise that fades."""
    rng = np.random.default_rng(2)
    (tmp_path / "rooms").mkdir()
    for number in range(5):
        fading = rng.normal(0, 0.1, 8_000) * np.exp(-np.arange(8_000) / 1_000)
        fading[10 * number] = 1
        soundfile.write(tmp_path / f"rooms/{number}.wav", fading, 16_000, "PCM_24")
    return tmp_path / "rooms"


def backwards(walk: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A listing of folders in another order."""

    def listed(*arguments: Any, **rest: Any) -> Iterator[Any]:
        for folder, folders, files in walk(*arguments, **rest):
            yield folder, folders[::-1], files[::-1]

    return listed


def test_sounds_beside_the_recipe_are_the_same_in_any_order(
    grow: Grow, noises: Path, responses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        {"AddBackgroundNoise": {"sounds_path": str(noises), "p": 0.8}},
        {"AddShortNoises": {"sounds_path": [str(noises / "a"), str(noises / "b")], "p": 0.5}},
        {"ApplyImpulseResponse": {"ir_path": str(responses), "p": 0.8}},
    ]
    first = content(grow("first", steps=steps))
    for folder in (noises / "a", noises / "b", responses):  # the files are made anew in another order
        files = sorted(folder.iterdir(), reverse=True)
        moved = [(file, shutil.copy(file, tmp_path / f"{folder.name}-{file.name}")) for file in files]
        for file, kept in moved:
            file.unlink()
            shutil.move(kept, file)
    monkeypatch.setattr(os, "walk", backwards(os.walk))
    real = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: reversed(list(real(self, pattern))))
    assert content(grow("second", steps=steps)) == first


def test_another_noise_is_another_recipe(grow: Grow, noises: Path) -> None:
    steps = [{"AddBackgroundNoise": {"sounds_path": str(noises), "p": 0.8}}]
    grow(steps=steps)
    soundfile.write(noises / "a/0.wav", np.random.default_rng(3).normal(0, 0.1, 9_000), 16_000)
    with pytest.raises(augment.AugmentError, match="recipe"):
        grow(steps=steps)


@pytest.mark.parametrize("policy", ["rescale", "limit", "error"])
def test_peaks_over_one_are_handled_and_counted(grow: Grow, policy: str) -> None:
    loud = [{"Gain": {"min_gain_db": 30, "max_gain_db": 30, "p": 1.0}}]
    result = grow(steps=loud, output={"format": "parquet", "audio": {"clip": policy}})
    notes = result.manifest["notes"]
    if policy == "error":
        lines = [json.loads(line) for line in (result.output / "skipped.jsonl").read_text().splitlines()]
        assert result.outputs == 18 + 3
        assert {line["reason"] for line in lines} == {"out of range"}
        return
    assert notes == {"clips rescaled" if policy == "rescale" else "clips limited": 36}
    for row in pq.read_table(next((result.output / "train").glob("*.parquet"))).to_pylist():
        if row["copy"]:
            samples, _ = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
            assert 0.99 < np.abs(samples).max() <= 1
