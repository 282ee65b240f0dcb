"""A run: exact counts, the same bytes however it is run, stopped, killed or resumed, and nothing lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

import augment
from augment import demo
from augment.engine import lots
from augment.errors import AugmentError, ChangedError, InputError, OutputError, RecipeError
from tests.conftest import PICTURE_WRITERS, tree

Grow = Callable[..., augment.Result]


def samples(output: Path) -> dict[str, dict[str, bytes]]:
    """Key -> ending -> bytes, over all tar shards."""
    found: dict[str, dict[str, bytes]] = {}
    for shard in sorted(output.rglob("*.tar")):
        with tarfile.open(shard) as archive:
            for member in archive:
                key, _, ending = member.name.partition(".")
                assert ending not in found.setdefault(key, {})
                file = archive.extractfile(member)
                assert file is not None
                found[key][ending] = file.read()
    return found


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks even of few small pictures."""
    monkeypatch.setattr(lots, "CHUNK_BYTES", 40_000)


def test_counts_labels_and_splits_are_exact(grow: Grow) -> None:
    result = grow()
    assert result.outputs == 18 * 4 + 3
    facts = [json.loads(sample["json"]) for sample in samples(result.output).values()]
    assert Counter(f["split"] for f in facts) == {"train": 72, "val": 3}
    assert all(f["source"].split("/")[1] == f["label"] for f in facts)
    assert set(Counter(f["source"] for f in facts if f["split"] == "train").values()) == {4}
    classes = result.manifest["classes"]
    assert all(int(s["cls"]) == classes.index(json.loads(s["json"])["label"]) for s in samples(result.output).values())
    assert result.manifest["splits"]["train"]["classes"]["circle"] == {"sources": 6, "outputs": 24}


def test_originals_and_other_splits_pass_with_their_own_bytes(grow: Grow, shapes: Path) -> None:
    for sample in samples(grow().output).values():
        facts = json.loads(sample["json"])
        same = sample["jpg"] == (shapes / facts["source"]).read_bytes()
        assert same == (facts["copy"] == 0)


def test_without_originals_there_are_as_many_copies_and_they_are_the_same(grow: Grow) -> None:
    kept, dropped = (
        samples(grow("kept").output),
        samples(grow("dropped", expand={"multiplier": 4, "keep_originals": False}).output),
    )
    copies = Counter(
        json.loads(s["json"])["copy"] for s in dropped.values() if json.loads(s["json"])["split"] == "train"
    )
    assert copies == {1: 18, 2: 18, 3: 18, 4: 18}
    shared = kept.keys() & dropped.keys()
    assert len(shared) == 18 * 3 + 3
    assert all(kept[key] == dropped[key] for key in shared)


@pytest.mark.parametrize("format", PICTURE_WRITERS)
def test_workers_and_executors_do_not_change_a_byte(grow: Grow, format: str, small_chunks: None) -> None:
    output = {"format": format, "shard_size": 10}
    serial = tree(grow("serial", output=output).output)
    assert len(serial) > 4
    for workers in (1, 2, 3):
        result = grow(f"w{workers}", output=output, executor="processes", workers=workers)
        other = tree(result.output)
        other.pop("recipe.yaml"), serial.pop("recipe.yaml", None)
        assert other == serial


def test_the_working_folder_and_the_name_of_the_input_do_not_matter(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    shutil.copytree(shapes, tmp_path / "copy")
    one, two = tree(grow("one").output), tree(grow("two", input=tmp_path / "copy").output)
    assert {**one, "recipe.yaml": b""} == {**two, "recipe.yaml": b""}


def test_new_sources_leave_the_copies_of_others_alone(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    shutil.copytree(shapes, tmp_path / "more")
    for number in range(5):
        image = shapes / "train/circle" / sorted(os.listdir(shapes / "train/circle"))[number]
        shutil.copy(image, tmp_path / f"more/train/circle/new {number}.jpg")
    before, after = samples(grow("before").output), samples(grow("after", input=tmp_path / "more").output)
    assert len(after) == len(before) + 20
    assert all(after[key] == sample for key, sample in before.items())


def test_copies_of_a_source_lie_in_different_shards(grow: Grow) -> None:
    result = grow(output={"shard_size": 8})
    rows = pq.read_table(result.output / "provenance.parquet").to_pylist()
    for shard, count in Counter(row["shard"] for row in rows if row["split"] == "train").items():
        sources = [row["source"] for row in rows if row["shard"] == shard]
        assert len(set(sources)) == len(sources) == count == 8


def test_provenance_tells_of_every_output(grow: Grow) -> None:
    result = grow()
    rows = pq.read_table(result.output / "provenance.parquet").to_pylist()
    found = samples(result.output)
    assert {row["key"] for row in rows} == set(found)
    for row in rows:
        assert len(row["steps"]) == len(json.loads(row["parameters"]))
        assert (row["copy"] == 0) <= (row["steps"] == [])
    fired = Counter(step for row in rows for step in row["steps"])
    assert set(fired) == {"HorizontalFlip", "Affine", "GaussNoise", "GaussianBlur"}


def test_the_recipe_that_was_run_makes_the_same_again(grow: Grow, tmp_path: Path) -> None:
    first = grow("first")
    again = augment.run(first.output / "recipe.yaml", output=tmp_path / "again", executor="serial")
    assert {**tree(first.output), "recipe.yaml": b""} == {**tree(again.output), "recipe.yaml": b""}


COMMAND = [sys.executable, "-m", "augment.cli", "run"]


@pytest.mark.slow
def test_killed_three_times_and_run_again(grow: Grow, tmp_path: Path, recipe: Callable[..., Any]) -> None:
    demo.draw(tmp_path / "many", {"train": 40})
    plain = recipe(expand={"multiplier": 10}, output={"shard_size": 70})
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(plain))
    whole = augment.run(plain, input=tmp_path / "many", output=tmp_path / "whole", executor="serial")
    command = [
        *COMMAND,
        str(tmp_path / "recipe.yaml"),
        "-i",
        str(tmp_path / "many"),
        "-o",
        str(tmp_path / "killed"),
        "--workers",
        "2",
    ]
    kills = 0
    for _ in range(12):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        chunks, begun = tmp_path / "killed/.augment/chunks", time.monotonic()
        have = len(list(chunks.glob("*.chunk"))) if chunks.exists() else 0
        while process.poll() is None and time.monotonic() - begun < 60:
            if kills < 3 and chunks.exists() and len(list(chunks.glob("*.chunk"))) > have + kills:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.005)
        process.wait()
        if process.returncode == 0:
            break
    assert kills == 3
    assert process.returncode == 0
    assert {**tree(whole.output), "recipe.yaml": b""} == {**tree(tmp_path / "killed"), "recipe.yaml": b""}
    assert not list((tmp_path / "killed").rglob("*.part"))


@pytest.mark.parametrize("seed", range(6))
def test_stopped_anywhere_it_resumes_with_the_same_bytes(
    grow: Grow, seed: int, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let any one of the writes to disk fail, as a crash or a full disk would; then run again."""
    from augment import durable

    whole = tree(grow("whole").output)
    real, left = durable.writing, random.Random(seed).randrange(2, 24)

    def failing(path: Path, **how: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(28, "No space left on device", str(path))
        return real(path, **how)

    monkeypatch.setattr(durable, "writing", failing)
    with pytest.raises(OutputError, match=r"disk is full.*resumes"):
        grow("stopped")
    resumed = tree(grow("stopped").output)
    assert {**resumed, "recipe.yaml": b""} == {**whole, "recipe.yaml": b""}


@pytest.mark.parametrize("damage", ["cut", "zeroed", "emptied"])
def test_a_chunk_file_damaged_by_a_power_cut_is_made_again(
    grow: Grow, tmp_path: Path, damage: str, small_chunks: None
) -> None:
    whole = tree(grow("whole").output)

    def stop(status: Any) -> None:
        if status.done > 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow("stopped", watch=stop)
    chunks = sorted((tmp_path / "stopped/.augment/chunks").glob("*.chunk"))
    assert len(chunks) > 3
    data = chunks[1].read_bytes()
    chunks[1].write_bytes(
        {"cut": data[:-100], "zeroed": data[:500] + bytes(4096) + data[4596:], "emptied": b""}[damage]
    )
    resumed = grow("stopped")
    assert {**tree(resumed.output), "recipe.yaml": b""} == {**whole, "recipe.yaml": b""}


def test_running_again_makes_nothing_new(grow: Grow) -> None:
    first = grow()
    before = tree(first.output)
    again = grow()
    assert again.made == 0
    assert tree(again.output) == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 8}, "seed: 7 -> 8"),
        ({"expand": {"multiplier": 5}}, "expand.multiplier: 4 -> 5"),
        ({"image": [{"VerticalFlip": {}}]}, "image"),
        ({"output": {"shard_size": 11}}, "output.shard_size: 10 -> 11"),
    ],
)
def test_a_changed_recipe_is_refused_and_nothing_is_touched(grow: Grow, change: Any, told: str) -> None:
    output = grow().output
    before = tree(output)
    with pytest.raises(ChangedError) as error:
        grow(**change)
    assert told in str(error.value)
    assert tree(output) == before


def test_a_changed_input_is_refused_and_told(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shapes, copy)
    grow(input=copy)
    victims = sorted((copy / "train/circle").iterdir())
    shutil.copy(victims[0], copy / "train/circle/new.jpg")
    victims[1].unlink()
    victims[2].write_bytes(victims[2].read_bytes() + b"\0")
    with pytest.raises(ChangedError) as error:
        grow(input=copy)
    told = str(error.value)
    assert "1 added, such as train/circle/new.jpg" in told
    assert f"1 removed, such as train/circle/{victims[1].name}" in told
    assert f"1 changed, such as train/circle/{victims[2].name}" in told


def test_content_that_changed_behind_the_same_size_is_found(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shapes, copy)
    grow(input=copy)
    victim = sorted((copy / "train/circle").iterdir())[0]
    os.utime(victim, (1, 1))
    assert grow(input=copy).made == 0  # touched, and yet the same
    data = bytearray(victim.read_bytes())
    data[-30] ^= 1
    victim.write_bytes(data)
    with pytest.raises(ChangedError, match=f"such as train/circle/{victim.name}"):
        grow(input=copy)


def test_append_makes_only_what_is_new(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shapes, copy)
    first = grow("out", input=copy)
    before = {name: data for name, data in tree(first.output).items() if name.endswith(".tar")}
    for number, picture in enumerate(sorted((copy / "train/square").iterdir())[:3]):
        shutil.copy(picture, copy / f"train/square/new{number}.jpg")
    second = grow("out", input=copy, append=True)
    assert second.made == 12
    assert second.outputs == first.outputs + 12
    third = grow("out", input=copy, append=True, multiplier=6)
    assert third.made == 21 * 2
    after = tree(third.output)
    assert all(after[name] == data for name, data in before.items())
    fresh = samples(grow("fresh", input=copy, multiplier=6).output)
    assert samples(third.output) == fresh
    assert not augment.verify(third.output, rederive=20).problems
    assert grow("out", input=copy, append=True, multiplier=6).made == 0


def test_append_to_what_has_not_finished_is_refused(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    def stop(status: Any) -> None:
        raise KeyboardInterrupt

    copy = tmp_path / "copy"
    shutil.copytree(shapes, copy)
    with pytest.raises(KeyboardInterrupt):
        grow(input=copy, watch=stop)
    shutil.copy(sorted((copy / "train/square").iterdir())[0], copy / "train/square/new.jpg")
    with pytest.raises(ChangedError, match="not finished"):
        grow(input=copy, append=True)
    (copy / "train/square/new.jpg").unlink()
    assert grow(input=copy).outputs == 75


def test_append_refuses_what_would_mix(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    grow()
    for change in ({"seed": 8}, {"expand": {"multiplier": 2}}, {"expand": {"multiplier": 4, "keep_originals": False}}):
        with pytest.raises(ChangedError, match="append"):
            grow(append=True, **change)


def bad_files(folder: Path) -> None:
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("not an image")
    good = sorted(folder.glob("*.jpg"))[0].read_bytes()
    (folder / "cut.jpg").write_bytes(good[: len(good) // 2])


def test_bad_files_are_skipped_with_their_reason(grow: Grow, shapes: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shapes, copy)
    bad_files(copy / "train/circle")
    result = grow(input=copy)
    assert result.outputs == 75
    lines = [json.loads(line) for line in (result.output / "skipped.jsonl").read_text().splitlines()]
    assert {(Path(line["source"]).name, line["reason"]) for line in lines} == {
        ("empty.jpg", "empty"),
        ("text.jpg", "not an image"),
        ("cut.jpg", "truncated"),
    }
    assert result.manifest["skipped"] == {"lines": 3, "reasons": {"empty": 1, "not an image": 1, "truncated": 1}}
    with pytest.raises(augment.SampleError, match="on_error"):
        grow("other", input=copy, on_error="stop")


def test_if_nothing_can_be_made_that_is_an_error(grow: Grow, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.jpg").write_bytes(b"")
    with pytest.raises(AugmentError, match="no output could be made"):
        grow(input=tmp_path / "in")


def test_output_folders_of_others_are_left_alone(grow: Grow, tmp_path: Path, shapes: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.tex.*nothing was touched"):
        grow()
    assert tree(tmp_path / "out") == {"thesis.tex": b"mine"}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match="this is a file"):
        grow("file")


def test_an_output_within_the_input_is_refused(shapes: Path, recipe: Callable[..., Any]) -> None:
    for output in (shapes / "grown", shapes, shapes.parent):
        with pytest.raises(OutputError):
            augment.run(recipe(), input=shapes, output=output, executor="serial")
    assert not (shapes / "grown").exists()


@pytest.mark.parametrize("bad", ["missing", "empty"])
def test_an_input_without_sources_is_an_error(grow: Grow, tmp_path: Path, bad: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no such folder|no file with a wanted ending"):
        grow(input=tmp_path / bad)
    assert not (tmp_path / "out").exists()


def test_two_runs_into_one_folder_at_once_are_refused(grow: Grow) -> None:
    def second(status: Any) -> None:
        with pytest.raises(OutputError, match="another run"):
            grow()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow(watch=second)
    assert grow().outputs == 75


def test_without_input_or_output_the_error_says_what_to_give(recipe: Callable[..., Any], shapes: Path) -> None:
    with pytest.raises(InputError, match="--input"):
        augment.run(recipe(), output="x")
    with pytest.raises(OutputError, match="--output"):
        augment.run(recipe(), input=shapes, executor="serial")
    with pytest.raises(RecipeError, match="multiplier"):
        augment.run(recipe(), input=shapes, output="x", multiplier=0)


def test_a_table_as_input(recipe: Callable[..., Any], shapes: Path, tmp_path: Path) -> None:
    names = [str(path.relative_to(shapes)) for path in sorted(shapes.rglob("*.jpg"))]
    table = tmp_path / "table.csv"
    table.write_text(
        "file,label,note\n" + "".join(f"{shapes / name},{n % 3},note {n}\n" for n, name in enumerate(names))
    )
    plain = recipe(image=[{"HorizontalFlip": {"p": 1}}], input={"root": str(shapes)})
    result = augment.run(plain, input=table, output=tmp_path / "out", executor="serial")
    facts = [json.loads(sample["json"]) for sample in samples(result.output).values()]
    assert len(facts) == 21 * 4
    assert all(fact["note"] == f"note {n}" for fact in facts for n in [names.index(fact["source"])])
