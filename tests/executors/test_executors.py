"""One contract, all executors: every task has one outcome, failures are told, nothing is left running."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from augment import catalog
from augment.contracts import Executor, Outcome
from tests.executors import tasks


@pytest.fixture(params=catalog.names("executors"))
def crew(request: pytest.FixtureRequest) -> Iterator[Executor]:
    started = catalog.module("executors", request.param).start(2, [])
    yield started
    started.close()


@pytest.fixture
def processes() -> Iterator[Executor]:
    started = catalog.module("executors", "processes").start(2, [])
    yield started
    started.close()


def outcomes(crew: Executor, function: Callable[..., Any], items: list[Any]) -> dict[Any, Outcome]:
    for item in items:
        crew.submit(function, item)
    found: dict[Any, Outcome] = {}
    deadline = time.monotonic() + 60
    while len(found) < len(items) and time.monotonic() < deadline:
        outcome = crew.next(0.5)
        if outcome is not None:
            assert outcome.task not in found
            found[outcome.task] = outcome
    return found


def test_every_task_has_one_outcome(crew: Executor) -> None:
    found = outcomes(crew, tasks.double, list(range(50)))
    assert {task: outcome.result for task, outcome in found.items()} == {n: 2 * n for n in range(50)}
    assert {outcome.status for outcome in found.values()} == {"done"}


def test_reports_come_with_their_task(crew: Executor) -> None:
    outcomes(crew, tasks.double, [1, 2, 3])
    assert sorted(crew.progress()) == [(n, f"busy with {n}") for n in (1, 2, 3)]
    assert list(crew.progress()) == []


def test_a_failure_is_an_outcome_with_its_traceback(crew: Executor) -> None:
    found = outcomes(crew, tasks.fail, ["a", "b"])
    assert {str(outcome.error) for outcome in found.values()} == {"no a", "no b"}
    assert all("tasks.py" in outcome.traceback for outcome in found.values())
    assert outcomes(crew, tasks.double, [4])[4].result == 8


def test_an_error_that_cannot_cross_is_told_by_name(crew: Executor) -> None:
    assert "cannot be pickled" in str(outcomes(crew, tasks.awkward, [1])[1].error)


def test_nothing_to_wait_for(crew: Executor) -> None:
    assert crew.next(0.01) is None


def test_a_death_costs_one_task_and_says_where_it_was(processes: Executor) -> None:
    for item in range(3):
        processes.submit(tasks.double, item)
    found = outcomes(processes, tasks.die, ["bad"])
    while len(found) < 4:
        outcome = processes.next(1)
        if outcome:
            found[outcome.task] = outcome
    assert found["bad"].status == "died"
    assert found["bad"].at == ("at", "bad")
    assert "SIGKILL" in str(found["bad"].error)
    assert [found[n].result for n in range(3)] == [0, 2, 4]


def test_an_exit_code_is_told(processes: Executor) -> None:
    assert "exit code 5" in str(outcomes(processes, tasks.leave, [5])[5].error)


def test_close_stops_running_tasks_at_once_and_leaves_no_process(processes: Executor) -> None:
    me = psutil.Process()
    for _ in range(4):
        processes.submit(tasks.wait, 60.0)
    while not list(processes.progress()):
        processes.next(0.1)
    begun = time.monotonic()
    processes.close()
    assert time.monotonic() - begun < 2
    lingering = [child for child in me.children(recursive=True) if "_serve" in " ".join(child.cmdline())]
    assert lingering == []


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = (
        "from pathlib import Path\n"
        "from augment.executors import processes\n"
        "from tests.executors import tasks\n"
        "crew = processes.start(1, [])\n"
        f"crew.submit(tasks.wait, 0.1)\n"
        "pid = None\n"
        "while pid is None:\n"
        "    outcome = crew.next(0.1)\n"
        "    pid = outcome.result if outcome else None\n"
        f"Path({str(mark)!r}).write_text(str(pid))\n"
        "import os, signal\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[2], timeout=60, check=False)
    worker = int(mark.read_text())
    deadline = time.monotonic() + 10
    while psutil.pid_exists(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(worker)


def test_a_script_without_a_main_guard_is_not_run_again_in_workers(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('started')\n"
        "from augment.executors import processes\n"
        "from tests.executors import tasks\n"
        "crew = processes.start(2, [])\n"
        "crew.submit(tasks.double, 4)\n"
        "outcome = None\n"
        "while outcome is None:\n"
        "    outcome = crew.next(1)\n"
        "print(outcome.result)\n"
        "crew.close()\n"
    )
    root = str(Path(__file__).parents[2])
    env = {**os.environ, "PYTHONPATH": root}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60, env=env, check=True)
    assert done.stdout.split() == ["started", "8"]
