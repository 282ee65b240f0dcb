"""Servers that workers are forked from, and what is left when the process that owns them ends, in any way."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from augment import demo
from augment.contracts import Executor
from augment.executors import processes
from tests.executors import tasks

ROOT = Path(__file__).parents[2]
MODULES = ("colorsys", "netrc", "sched")
"""Small ones of the standard library that nothing else here imports."""

pytestmark = pytest.mark.skipif(processes.METHOD != "forkserver", reason="workers are not forked here")


def result(crew: Executor, function: Callable[..., Any], task: Any) -> Any:
    crew.submit(function, task)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (outcome := crew.next(0.5)) is not None:
            return outcome.result
    raise AssertionError("no outcome")


def found(preload: tuple[str, ...]) -> tuple[set[str], int]:
    """Which of MODULES a worker for ``preload`` begins with, and its server."""
    crew = processes.start(1, preload)
    try:
        modules, server = result(crew, tasks.imported, MODULES)
    finally:
        crew.close()
    return modules, server


def script(code: str, folder: Path, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a user's script; its temporary files are in ``folder``/tmp."""
    file = folder / "script.py"
    file.write_text(textwrap.dedent(code))
    (folder / "tmp").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as short:  # a socket's path has 100 characters, and pytest's are long
        (Path(short) / "t").symlink_to(folder / "tmp")
        there = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": f"{short}/t"}
        done = subprocess.run(
            [sys.executable, str(file)], cwd=folder, env=there, text=True, capture_output=True, timeout=60
        )
    assert done.returncode == 0 or not check, done.stderr
    return done


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 10
    while any(psutil.pid_exists(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(psutil.pid_exists(pid) for pid in pids)


def test_a_long_name_of_the_folder_for_temporary_files(tmp_path: Path) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    file = tmp_path / "script.py"
    file.write_text(
        "from augment.executors import processes\nfrom multiprocessing.process import current_process\n"
        "crew = processes.start(1, ())\ncrew.submit(print, 'x')\nwhile crew.next(1) is None: pass\n"
        "print(next(iter(__import__('augment.executors._forked')"
        ".executors._forked._SERVERS.values()))._forkserver_address, current_process()._config['tempdir'])\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(long)}
    done = subprocess.run([sys.executable, file], env=env, text=True, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    socket, usual = map(Path, done.stdout.splitlines()[-1].split())
    assert (socket.parent.parent, usual.parent) == (Path("/tmp"), long)
    assert not socket.parent.exists()
    assert not list(long.iterdir())


def test_workers_begin_with_their_imports_whatever_was_used_before() -> None:
    wanted = [(), *itertools.combinations(MODULES[:2], 1), MODULES[:2], MODULES]
    servers: dict[tuple[str, ...], int] = {}
    for preload in (*wanted, *reversed(wanted)):
        modules, server = found(preload)
        assert modules.issuperset(preload)
        assert servers.setdefault(preload, server) == server, "nothing is imported twice"


def test_a_server_that_has_it_all_is_enough() -> None:
    _, all_of_them = found(("cmd", *MODULES))
    assert found(("cmd",)) == (set(MODULES), all_of_them)
    assert found(("sched", "cmd"))[1] == all_of_them


def test_a_server_that_was_killed_is_started_again() -> None:
    """Whether or not somebody has taken note of its end, as psutil does here."""
    _, first = found(MODULES)
    for wait in (True, False):
        server = psutil.Process(first)
        server.kill()
        while not wait and server.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        if wait:
            server.wait()
        modules, other = found(MODULES)
        assert modules.issuperset(MODULES)
        assert other != first
        first = other


@pytest.mark.parametrize("ending", ["pass", "raise KeyboardInterrupt"])
def test_a_script_that_ends_waits_for_no_imports(tmp_path: Path, ending: str) -> None:
    """Nor does who reads what it prints, which the server holds open too."""
    (tmp_path / "slow_to_import.py").write_text(
        "import pathlib, time\npathlib.Path(__file__).with_name('importing').touch()\ntime.sleep(30)\n"
    )
    begun = time.monotonic()
    script(
        f"""
        import pathlib, time
        from augment.executors import processes
        processes.warm(["slow_to_import"])
        while not pathlib.Path("importing").exists():
            time.sleep(0.01)
        {ending}
        """,
        tmp_path,
        check=False,
    )
    assert time.monotonic() - begun < 20


def test_a_server_of_the_user_is_neither_used_nor_harmed(tmp_path: Path) -> None:
    done = script(
        """
        import multiprocessing, time
        from augment.executors import processes
        from tests.executors import tasks
        if __name__ == "__main__":
            theirs = multiprocessing.get_context("forkserver")
            theirs.set_forkserver_preload(["wave"])
            sleeper = theirs.Process(target=time.sleep, args=(100,))
            sleeper.start()
            crew = processes.start(1, ["sched"])
            crew.submit(tasks.imported, ("sched", "wave"))
            while (outcome := crew.next(1)) is None:
                pass
            crew.close()
            print(outcome.result[0], sleeper.is_alive())
            sleeper.kill()
            sleeper.join()
        """,
        tmp_path,
    )
    assert (done.stdout.strip(), done.stderr) == ("{'sched'} True", "")


HOLDERS = {
    "a cycle that outlives the modules": """
        class Holder: pass
        holder = Holder()
        holder.me, holder.items = holder, items
        import builtins
        builtins.holder = holder
    """,
    "a thread": """
        import threading, time
        def use():
            for item in items:
                time.sleep(0.01)
        threading.Thread(target=use, daemon=True).start()
        time.sleep(0.2)
    """,
}


@pytest.mark.parametrize("name", HOLDERS)
def test_a_script_may_end_with_an_open_iterator(tmp_path: Path, name: str) -> None:
    """Without a word, with nothing left: neither processes nor temporary files."""
    demo.draw_texts(tmp_path)
    code = """
        import multiprocessing
        import augment
        recipe = {"text": [{"Typos": {"rate": 0.2}}], "expand": {"multiplier": 500, "duplicates": "keep"}}
        items = iter(augment.stream(recipe, input="requests.csv", workers=2))
        next(items)
        print(*(process.pid for process in multiprocessing.active_children()))
    """
    done = script(textwrap.dedent(code) + textwrap.dedent(HOLDERS[name]), tmp_path)
    assert done.stderr == ""
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    assert gone(pids)
    assert not list((tmp_path / "tmp").iterdir())


def test_a_forked_process_leaves_the_workers_of_its_parent_alone_and_has_its_own(tmp_path: Path) -> None:
    done = script(
        """
        import gc, multiprocessing
        from augment.executors import processes
        from tests.executors import tasks
        def double(crew, number):
            crew.submit(tasks.double, number)
            while (outcome := crew.next(1)) is None:
                pass
            return outcome.result
        def child():
            global crew
            crew.close()
            del crew
            gc.collect()
            own = processes.start(1, [])
            print(double(own, 2), flush=True)
            own.close()
        crew = processes.start(1, [])
        crew.submit(tasks.double, 1)
        forked = multiprocessing.get_context("fork").Process(target=child)
        forked.start()
        forked.join()
        while (outcome := crew.next(1)) is None:
            pass
        print(outcome.status, double(crew, 3))
        """,
        tmp_path,
    )
    assert (done.stdout.split("\n"), done.stderr) == (["4", "done 6", ""], "")
