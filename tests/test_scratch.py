"""Temporary folders end with their process, in whatever way it ends, and with no other."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from augment import demo
from augment.scratch import MARK, PREFIX, Scratch

pytest.importorskip("fcntl", reason="no locks that end with their process")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The system's folder for temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield folder
    tempfile.tempdir = None


def run(code: str, cwd: Path) -> int:
    there = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=there, timeout=60, check=False).returncode


def test_it_is_gone_when_closed_collected_or_at_the_end(temporary: Path) -> None:
    with Scratch("test") as folder:
        (folder / "file").write_text("x")
        assert list(temporary.iterdir()) == [folder]
    assert not folder.exists()
    scratch = Scratch("test")
    folder = scratch.path
    del scratch
    gc.collect()
    assert not folder.exists()
    assert run("from augment.scratch import Scratch; import builtins; builtins.kept = Scratch('test')", temporary) == 0
    assert not list(temporary.iterdir())


def test_the_next_removes_what_a_killed_process_left_and_nothing_else(temporary: Path, tmp_path: Path) -> None:
    demo.draw_texts(tmp_path)
    others = [temporary / f"{PREFIX}results", temporary / f"{PREFIX}unmarked", temporary / "else"]
    for folder in others:
        folder.mkdir()
        (folder / "data").write_text("mine")
    (others[-1] / MARK).touch()
    (temporary / f"{PREFIX}linked").symlink_to(others[-1])
    begin = "import augment, os; from augment.scratch import Scratch; kept = Scratch('test'); "
    kill = f"os.kill(os.getpid(), {signal.SIGKILL.value})"
    with Scratch("test") as held:
        before = set(temporary.iterdir())
        assert run(begin + kill, tmp_path) == -signal.SIGKILL
        assert set(temporary.iterdir()) > before
        with Scratch("test") as second:
            assert set(temporary.iterdir()) == before | {second}
        assert held.exists()
    assert all((folder / "data").read_text() == "mine" for folder in others)


def test_a_forked_process_neither_removes_nor_frees_it(temporary: Path) -> None:
    scratch = Scratch("test")
    child = multiprocessing.get_context("fork").Process(target=scratch.close)
    child.start()
    child.join()
    with Scratch("test"):  # it would sweep away what nobody holds
        assert scratch.path.exists()
    scratch.close()
    assert not list(temporary.iterdir())
