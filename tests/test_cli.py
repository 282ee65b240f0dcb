"""The command line: what a person types, what comes on stdout, and the exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from augment import demo
from augment.image import diagnose

RECIPE = "expand: {multiplier: 3}\nimage:\n  - HorizontalFlip: {}\n"


def augment(*arguments: object, code: int = 0, **how: Any) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "augment.cli", *map(str, arguments)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, **how)
    assert done.returncode == code, done.stdout + done.stderr
    if code:
        assert "Traceback" not in done.stderr
    return done


def test_help_is_instant_and_names_every_verb() -> None:
    done = augment("--help")
    for verb in ("run", "plan", "check", "list", "describe", "verify", "doctor"):
        assert verb in done.stdout
    heavy = "{'cv2', 'albumentations', 'numpy', 'pyarrow', 'pydantic'}"
    code = f"import sys, augment.cli; print(sorted({heavy} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_a_folder_without_recipe(shapes: Path, tmp_path: Path) -> None:
    done = augment("run", shapes, "--output", tmp_path / "out", "--multiplier", 3, "--json", "--workers", 2)
    facts = json.loads(done.stdout)
    assert (facts["outputs"], facts["made"], facts["skipped"]["lines"]) == (18 * 3 + 3, 57, 0)
    assert "57" in augment("verify", tmp_path / "out", "--rederive", 5).stdout
    again = augment("run", shapes, "-o", tmp_path / "out", "-n", 3)
    assert "made 0 outputs" in again.stdout
    assert str(tmp_path / "out" / "manifest.json") in again.stdout


def test_plan_and_dry_run_write_nothing(shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    plans = [
        augment(*verb, tmp_path / "r.yaml", "-i", shapes, "-o", tmp_path / "out", "--json", *more).stdout
        for verb, more in ((["plan"], []), (["run"], ["--dry-run"]))
    ]
    assert plans[0] == plans[1]
    facts = json.loads(plans[0])
    assert (facts["outputs"], facts["sources"]) == (57, 21)
    assert {"split": "train", "class": "circle", "before": 6, "after": 18} in facts["classes"]
    assert not (tmp_path / "out").exists()
    assert "57 outputs" in augment("plan", tmp_path / "r.yaml", "-i", shapes).stdout


def test_the_estimate_is_near(shapes: Path, tmp_path: Path) -> None:
    facts = json.loads(augment("plan", shapes, "-n", 10, "--json").stdout)
    augment("run", shapes, "-n", 10, "-o", tmp_path / "out")
    real = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*.tar"))
    assert 0.5 < facts["estimated_bytes"] / real < 1.5


def test_check_prints_all_mistakes_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("sead: 1\nimage:\n  - HorizontalFlop: {}\n  - Blur: {blur_limit: x}\n")
    told = augment("check", tmp_path / "r.yaml", code=1).stderr
    for line, word in ((1, "seed"), (3, "HorizontalFlip"), (4, "blur_limit")):
        assert f"r.yaml:{line}" in told
        assert word in told
    found = json.loads(augment("check", tmp_path / "r.yaml", "--json", code=1).stdout)
    assert len(found["problems"]) == 3
    (tmp_path / "good.yaml").write_text(RECIPE)
    assert "no mistakes" in augment("check", tmp_path / "good.yaml").stdout


def test_a_table_without_recipe(tmp_path: Path) -> None:
    rows = "".join(f"this is the story of number {number},{'ab'[number % 2]}\n" for number in range(6))
    (tmp_path / "said.csv").write_text(f"text,label\n{rows}")
    facts = json.loads(augment("run", tmp_path / "said.csv", "-o", tmp_path / "out", "-n", 2, "--json").stdout)
    assert facts["splits"]["train"]["outputs"] == 12


def test_what_was_left_out_is_told_with_an_example_for_each_reason(shapes: Path, tmp_path: Path) -> None:
    shutil.copytree(shapes, tmp_path / "in")
    spoiled = sorted((tmp_path / "in/val").rglob("*.*"))
    for number, file in enumerate(spoiled):
        file.write_bytes(b"" if number % 2 else b"x")
    told = augment("run", tmp_path / "in", "-o", tmp_path / "out", "-n", 1).stdout
    assert "nothing came of val" in told
    skips = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    assert len({skip["reason"] for skip in skips}) == 2
    for reason in {skip["reason"] for skip in skips}:
        first = next(skip for skip in skips if skip["reason"] == reason)
        count = sum(skip["reason"] == reason for skip in skips)
        assert f"{reason} ({count}), such as {first['source']}: {first['detail']}" in told


def test_list_and_describe() -> None:
    names = [step["name"] for step in json.loads(augment("list", "image", "--json").stdout)["image"]]
    assert len(names) > 95
    assert list(json.loads(augment("list", "--json").stdout)) == ["audio", "image", "text", "groups"]
    lines = augment("list", "image").stdout
    assert [line.split()[0] for line in lines.splitlines()[1:]] == names
    told = augment("describe", "GaussNoise").stdout
    assert "std_range" in told
    assert "explore.albumentations.ai" in told
    assert "arxiv.org/abs/1909.13719" in augment("describe", "rand_augment").stdout
    assert "did you mean GaussNoise" in augment("describe", "GausNoise", code=1).stderr
    assert "known: audio, image" in augment("list", "smell", code=1).stderr


def test_verify_finds_what_was_changed(shapes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment("run", shapes, "-o", out, "-n", 2)
    shard = sorted(out.rglob("*.tar"))[0]
    data = bytearray(shard.read_bytes())
    data[2000] ^= 1
    shard.write_bytes(data)
    assert "have changed" in augment("verify", out, code=1).stdout
    shard.unlink()
    assert "missing" in augment("verify", out, code=1).stdout
    assert "manifest.json" in augment("verify", tmp_path, code=1).stderr
    moved = tmp_path / "moved"
    shutil.copytree(shapes, moved)
    augment("run", moved, "-o", tmp_path / "second", "-n", 2)
    moved.rename(tmp_path / "elsewhere")
    assert "--input" in augment("verify", tmp_path / "second", "--rederive", 3, code=1).stderr
    augment("verify", tmp_path / "second", "--rederive", 3, "--input", tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["run", "nowhere.yaml", "-o", "x"], 1, "no such recipe"),
        (["run", "."], 1, "no file in it that we can decode"),
        (["run"], 2, "Missing argument"),
        (["fly"], 2, "No such command"),
        (["run", "r.yaml", "-n", "0"], 2, "multiplier"),
        (["run", "r.yaml", "-o", "out"], 1, "--input"),
        (["run", "r.yaml", "-i", "nowhere", "-o", "out"], 1, "no such folder"),
        (["run", "r.yaml", "-i", ".", "-o", "../elsewhere", "--set", "seed"], 1, "path.to.key=value"),
        (["run", "r.yaml", "--executor", "ray"], 1, "known: processes, serial"),
    ],
)
def test_mistakes_at_the_prompt(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "r.yaml").write_text(RECIPE)
    assert told in " ".join(augment(*arguments, code=code, cwd=home).stderr.split())


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_an_output_whose_name_is_no_unicode(shapes: Path, tmp_path: Path) -> None:
    for verb in ("run", "plan"):
        told = augment(verb, shapes, "-o", os.fsdecode(bytes(tmp_path) + b"/\xff"), "-n", 2, code=1).stderr
        assert "expected a name in UTF-8" in told
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written(shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot be written" in augment("run", shapes, "-o", tmp_path / "locked/out", code=1).stderr


def test_doctor_knows_this_machine() -> None:
    found = json.loads(augment("doctor", "--json").stdout)["findings"]
    assert any("albumentations 2.0.8" in finding["about"] for finding in found)
    assert {finding["status"] for finding in found} <= {"ok", "note"}


def test_doctor_finds_a_mixed_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = {"opencv-python-headless": "5.0", "opencv-python": "4.9"}
    monkeypatch.setattr(diagnose, "_version", lambda name: installed.get(name, ""))
    finding = next(diagnose.findings())
    assert finding.status == "bad"
    assert finding.fix.startswith("pip uninstall -y opencv-python-headless opencv-python && pip install")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_of_the_output_will_do(tmp_path: Path, encoding: str) -> None:
    demo.draw(tmp_path / "in", {"train": 1})
    (tmp_path / "in" / "train" / "circle").rename(tmp_path / "in" / "train" / "ж猫😀")
    env = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    planned = json.loads(augment("plan", "in", "--json", cwd=tmp_path, env=env, encoding=encoding).stdout)
    assert "ж猫😀" in [row["class"] for row in planned["classes"]]
    assert "Affine" in augment("list", env=env, encoding=encoding).stdout


@pytest.mark.skipif(os.name == "nt", reason="a folder in use stays there")
def test_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    line = f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m augment.cli list"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "working directory" in done.stderr


def test_output_to_a_closed_pipe_is_no_error() -> None:
    line = f"{sys.executable} -m augment.cli list | head -1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
