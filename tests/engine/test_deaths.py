"""Workers that die, and people who press Ctrl-C. The deadly reader comes as another package would: by entry point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from augment import demo
from tests.conftest import tree

READER = '''
"""The folder reader, but some names kill the process, or take long."""

import os, signal, time
from augment.readers.folder import Options, claims as _claims, dataset, entries, read as _read

def claims(path):
    return False

def read(path, entry, dataset):
    locator = entry.locator
    if "poison" in locator:
        os.kill(os.getpid(), signal.SIGKILL)
    if "slow" in locator and "QUICK" not in os.environ:
        time.sleep(30)
    return _read(path, entry, dataset)
'''


@pytest.fixture
def plugin(tmp_path: Path) -> dict[str, str]:
    """An environment in which the package with the deadly reader is installed."""
    home = tmp_path / "site"
    (home / "deadly-1.dist-info").mkdir(parents=True)
    (home / "deadly-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1\n")
    (home / "deadly-1.dist-info/entry_points.txt").write_text("[augment.readers]\ndeadly = deadly_reader\n")
    (home / "deadly_reader.py").write_text(READER)
    return {**os.environ, "PYTHONPATH": str(home)}


def command(folder: Path, output: Path, *more: str) -> list[str]:
    head = [sys.executable, "-m", "augment.cli", "run", str(folder), "-o", str(output), "-n", "3", "--workers", "2"]
    return [*head, "--set", "input.format=deadly", *more]


def skipped(output: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (output / "skipped.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_source_that_kills_its_worker_is_found_and_left_out(tmp_path: Path, plugin: dict[str, str]) -> None:
    data = tmp_path / "data"
    demo.draw(data, {"train": 5})
    victims = sorted((data / "train/square").iterdir())[:2]
    for victim in victims:
        victim.rename(victim.with_name(f"poison {victim.name}"))
    for output in (tmp_path / "one", tmp_path / "two"):
        done = subprocess.run(
            command(data, output, "--json"), env=plugin, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["outputs"] == 13 * 3
        assert {(Path(line["source"]).name, line["reason"]) for line in skipped(output)} == {
            (f"poison {victim.name}", "kills the worker") for victim in victims
        }
    assert {**tree(tmp_path / "one"), "recipe.yaml": b""} == {**tree(tmp_path / "two"), "recipe.yaml": b""}


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_within_two_seconds_and_the_run_resumes(
    tmp_path: Path, plugin: dict[str, str], stop: signal.Signals
) -> None:
    data = tmp_path / "data"
    demo.draw(data, {"train": 5})
    slow = sorted((data / "train/square").iterdir())[2]
    slow.rename(slow.with_name("slow.jpg"))
    output = tmp_path / "out"
    process = subprocess.Popen(
        command(data, output), env=plugin, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    me = psutil.Process(process.pid)
    while not list((output / ".augment/chunks").glob("*.part" if os.name == "nt" else ".*.part")):
        assert process.poll() is None
        time.sleep(0.05)
    crew = me.children(recursive=True)
    begun = time.monotonic()
    os.killpg(process.pid, stop)
    _, told = process.communicate(timeout=10)
    assert time.monotonic() - begun < 2
    assert process.returncode == 130
    assert "resumes" in told
    assert "Traceback" not in told
    _, alive = psutil.wait_procs(crew, timeout=5)
    assert alive == []
    quick = {**plugin, "QUICK": "1"}
    for target in (output, tmp_path / "whole"):
        done = subprocess.run(command(data, target), env=quick, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0
    assert {**tree(output), "recipe.yaml": b""} == {**tree(tmp_path / "whole"), "recipe.yaml": b""}


@pytest.mark.slow
def test_a_worker_killed_from_outside_costs_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"
    demo.draw(data, {"train": 30})
    output = tmp_path / "out"
    line = [
        sys.executable,
        "-m",
        "augment.cli",
        "run",
        str(data),
        "-o",
        str(output),
        "-n",
        "12",
        "--workers",
        "2",
        "--json",
    ]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    me = psutil.Process(process.pid)
    killed = 0
    while process.poll() is None and killed < 4:
        done = len(list((output / ".augment/chunks").glob("*.chunk"))) if output.exists() else 0
        with suppress(psutil.Error):  # it has ended meanwhile
            workers = [child for child in me.children(recursive=True) if child.ppid() != process.pid]
            if done > killed and workers:
                workers[killed % len(workers)].kill()
                killed += 1
        time.sleep(0.01)
    stdout, stderr = process.communicate(timeout=120)
    assert killed
    assert process.returncode == 0, stderr
    facts = json.loads(stdout)
    assert (facts["outputs"], facts["skipped"]["lines"]) == (90 * 12, 0)
