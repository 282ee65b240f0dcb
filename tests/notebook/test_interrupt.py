"""Ctrl-C in a notebook's cell gives the prompt back within two seconds and leaves no worker behind."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from augment import demo

manager = pytest.importorskip("jupyter_client.manager")
pytest.importorskip("ipykernel")

PATIENCE = 60.0
"""Seconds until a cell that does not end fails its test."""


class Kernel:
    """A real one, as a notebook has it."""

    def __init__(self, folder: Path) -> None:
        self.manager, self.client = manager.start_new_kernel(
            kernel_name="python3", cwd=str(folder), startup_timeout=int(PATIENCE)
        )
        self.process = psutil.Process(int(self.run("import os; print(os.getpid())")[0]))

    def run(self, code: str, until: str = "") -> tuple[str, float]:
        """What a cell says, and the seconds from its interrupt, once it has said ``until``, to its end."""
        cell = self.client.execute(textwrap.dedent(code))
        said, interrupted, deadline = "", 0.0, time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                message: dict[str, Any] = self.client.get_iopub_msg(timeout=0.1)
            except Exception as error:  # queue.Empty, of one library or the other
                assert type(error).__name__ == "Empty"
                continue
            if message["parent_header"].get("msg_id") != cell:
                continue
            body = message["content"]
            said += body.get("text", "") + (f"{body['ename']}: {body['evalue']}" if "ename" in body else "")
            if until and until in said and not interrupted:
                interrupted = time.monotonic()
                self.manager.interrupt_kernel()
            if body.get("execution_state") == "idle":
                return said, time.monotonic() - interrupted
        raise AssertionError(f"the cell did not end; it said {said!r}")

    def workers(self) -> list[psutil.Process]:
        """Processes two below the kernel: those below it are the server that forks them, and the tracker."""
        return [two for one in self.process.children() for two in one.children()]

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """With a recipe in it that would take minutes, and everything imported; texts, for that takes least."""
    folder = tmp_path_factory.mktemp("kernel")
    demo.draw_texts(folder)
    found = Kernel(folder)
    try:
        said, _ = found.run("""
            import time, augment
            steps = [{"Typos": {"rate": 0.2}}, {"RandomSwap": {}}]
            much = {"multiplier": 20_000, "duplicates": "keep"}
            recipe = {"input": {"path": "requests.csv"}, "text": steps, "expand": much}
            small = {**recipe, "expand": {"multiplier": 2}}
            print(len(list(augment.stream(small, workers=2))))
        """)
        assert said.strip() == "72"
        yield found
    finally:
        found.close()


CELLS = {
    "a stream at work": """
        for number, item in enumerate(augment.stream(recipe, workers=2)):
            if number == 40:
                print("working")
    """,
    "a stream that waits for the loop": """
        for number, item in enumerate(augment.stream(recipe, workers=2)):
            if number == 20:
                print("working")
                time.sleep(100)
    """,
    "a stream in batches, held in a name": """
        batches = iter(augment.stream(recipe, workers=2, batch_size=8))
        next(batches)
        print("working")
        for batch in batches:
            pass
    """,
    "a run": """
        def watch(status):
            seen.append(status.done)
            if len(seen) == 3:
                print("working")
        seen = []
        augment.run(recipe, output="grown", workers=2, watch=watch)
    """,
}


@pytest.mark.parametrize("name", CELLS)
def test_the_prompt_is_back_and_no_worker_is_left(kernel: Kernel, name: str) -> None:
    said, seconds = kernel.run(CELLS[name], until="working")
    assert "KeyboardInterrupt" in said
    assert seconds < 2
    _, alive = psutil.wait_procs(kernel.workers(), timeout=1)
    assert not alive
    said, _ = kernel.run("print(len(list(augment.stream(small, workers=2))))")
    assert said.strip() == "72"


def test_the_first_cell_of_all_can_be_broken_off(shapes: Path) -> None:
    """What is imported then is imported to its end: it could not be begun again."""
    found = Kernel(shapes)
    recipe = {"image": ["HorizontalFlip"], "expand": {"multiplier": 500}}
    try:
        cell = f"""
            import sys, time
            class Slow:
                def find_spec(self, name, path=None, target=None):
                    if name.startswith("cv2.") and "cv2" in sys.modules:
                        sys.meta_path.remove(self)
                        print("working", flush=True)
                        time.sleep(1)
            sys.meta_path.insert(0, Slow())
            import augment
            for item in augment.stream({recipe!r}, input="."):
                pass
        """
        said, _ = found.run(cell, until="working")
        assert "KeyboardInterrupt" in said
        said, _ = found.run(f"print(next(iter(augment.stream({recipe!r}, input='.'))).value.dtype)")
        assert said.strip() == "uint8"
    finally:
        found.close()


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="there are no process groups here")
def test_the_server_survives_ctrl_c_while_it_imports(tmp_path: Path) -> None:
    """The whole group gets the signal, and the server, which has not come so far, would die of it."""
    script = tmp_path / "script.py"
    script.write_text("""
import os, pathlib, signal, sys, time
from augment.executors import processes
signal.signal(signal.SIGINT, lambda number, frame: None)
processes.warm(["slow_to_import"])
deadline = time.monotonic() + 30
while not pathlib.Path(sys.argv[1], "importing").exists():
    assert time.monotonic() < deadline
    time.sleep(0.01)
os.killpg(0, signal.SIGINT)
crew = processes.start(1, ["slow_to_import"])
crew.submit(print, "task")
print(crew.next(30).status, flush=True)
crew.close()
""")
    (tmp_path / "slow_to_import.py").write_text(
        "import pathlib, time\npathlib.Path(__file__).with_name('importing').touch()\ntime.sleep(1)\n"
    )
    command = [sys.executable, str(script), str(tmp_path)]
    there = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run(
        command, start_new_session=True, text=True, capture_output=True, timeout=PATIENCE, env=there, check=False
    )
    assert (done.stdout.split()[-1], done.stderr) == ("done", "")
