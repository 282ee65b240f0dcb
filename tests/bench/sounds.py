"""Sound: us against the script that people write: ``python -m tests.bench.sounds [--recipe NAME] [--kind NAME]``.

Both are whole commands in processes of their own, on the same 4 s clips, with the same number of processes, writing
the same number of FLAC files or shards of them, in turn, ``--repeat`` times; medians are shown, imports counted.
``cpu``: outputs a second of processor time, all processes counted, which holds on a busy machine too. ``first``:
seconds from the start of the command until its first output stands. ``--memory``: the highest resident
size of a worker over a few clips of ten minutes. Only ours hashes, writes provenance and can be resumed.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.sound_setups import KINDS, RECIPES, Recipe, beside, draw, listed, recipe, steps

ROOT = Path(__file__).parents[2]
FEW = 2


@dataclass(frozen=True)
class Command:
    """How a contestant is run over a folder of clips into ``output``."""

    chain: Recipe
    folder: Path
    output: Path
    options: argparse.Namespace

    def line(self, way: str) -> list[str]:
        file = self.output.parent / f"{way}.json"
        options = self.options
        if way == "pool":
            file.write_text(json.dumps(self.chain), encoding="utf-8")
            plain = [str(file), str(self.folder), str(self.output), str(options.copies), str(options.processes)]
            return [sys.executable, "-m", "tests.bench.sound_scripts", *plain]
        file.write_text(json.dumps(recipe(self.chain, options.copies, options.format, way == "ours")))
        places = ["--input", str(self.folder), "--output", str(self.output)]
        start = "import sys; from augment.cli import main; sys.exit(main())"
        return [sys.executable, "-c", start, "run", str(file), *places, "--workers", str(options.processes)]


@dataclass(frozen=True)
class Told:
    """Of one run: wall clock, processor time and time until the first output, s; the highest size of a worker, MB."""

    whole: float
    busy: float
    first: float
    peak: float


def run(command: Command, way: str) -> Told:
    """Run one contestant; its output is removed again."""
    shutil.rmtree(command.output, ignore_errors=True)
    line = command.line(way)
    watched = command.output if way == "pool" else command.output / ".augment" / "chunks"
    first = peak = 0.0
    before = used()
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        done = subprocess.Popen(line, cwd=ROOT, stdout=said, stderr=said)
        while done.poll() is None:
            if not first and any(watched.glob("[!.]*.*[!p]")):
                first = time.perf_counter() - start
            if command.options.memory:
                peak = max([peak, *(highest(process) for process in below(done.pid) if process != done.pid)])
            time.sleep(0.02 if command.options.memory or not first else 0.005)
        whole = time.perf_counter() - start
        while orphans():
            time.sleep(0.01)
        if done.returncode:
            said.seek(0)
            raise SystemExit(f"{way} failed:\n{said.read().decode(errors='replace')}")
    shutil.rmtree(command.output, ignore_errors=True)
    return Told(whole, used() - before, first, peak)


def used() -> float:
    """Processor time of all processes that we have waited for, s."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def adopt() -> None:
    """Have processes whose parent ends become ours, so that their time is counted (Linux)."""
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def orphans() -> bool:
    """Whether any of them still lives."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def below(process: int) -> Iterator[int]:
    """A process and all that it has started (Linux)."""
    yield process
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = file.read_text().split()
        except OSError:
            continue
        for child in children:
            yield from below(int(child))


def highest(process: int) -> float:
    """The highest resident size that a process has had, MB."""
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in text.splitlines() if line.startswith("VmHWM")), 0.0)


def compare(name: str, kind: str, work: Path, options: argparse.Namespace) -> None:
    """All ways over one recipe and one kind of clips, in turn."""
    folder, few = work / kind, work / f"{kind}-few"
    if not folder.exists():
        draw(folder, options.count, kind, options.seconds)
        draw(few, FEW, kind, options.seconds)
    chain = steps(name, beside(work))
    ways = ["pool", "ours", *(["library"] if options.library else [])]
    whole: dict[str, list[Told]] = {way: [] for way in ways}
    start: dict[str, list[Told]] = {way: [] for way in ways}
    for _ in range(options.repeat):
        for way in ways:
            whole[way].append(run(Command(chain, folder, work / "output", options), way))
            if not options.memory:
                start[way].append(run(Command(chain, few, work / "output", options), way))
    outputs = len(listed(folder)) * options.copies
    extra = outputs - FEW * options.copies
    rates: dict[str, list[float]] = {}
    for way in ways:
        taken = median(told.whole for told in whole[way])
        busy = median(told.busy for told in whole[way])
        begun = median(told.whole for told in start[way]) if start[way] else 0.0
        rates[way] = [outputs / taken, extra / max(taken - begun, 1e-9), outputs / busy]
        if start[way]:
            rates[way].append(extra / max(busy - median(told.busy for told in start[way]), 1e-9))
        line = f"{name:8} {kind:7} {way:8}"
        for title, mine, theirs in zip(("", "steady", "cpu", "cpu steady"), rates[way], rates["pool"], strict=False):
            line += f" {title} {mine:7.1f} /s {mine / max(theirs, 1e-9):5.2f} x "
        line += f"   first {median(told.first for told in whole[way]):5.2f} s"
        if options.memory:
            line += f"   worker {max(told.peak for told in whole[way]):5.0f} MB"
        print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60, help="how many clips to draw")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long they are")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--format", choices=["webdataset", "folder"], default="webdataset")
    parser.add_argument("--recipe", choices=sorted(RECIPES), action="append")
    parser.add_argument("--kind", choices=sorted(KINDS), action="append")
    parser.add_argument("--library", action="store_true", help="also ours with fast: false")
    parser.add_argument("--memory", action="store_true", help="peaks of workers; best with --seconds 600")
    options = parser.parse_args()
    adopt()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for kind in options.kind or KINDS:
            for chosen in options.recipe or RECIPES:
                compare(chosen, kind, Path(name), options)


if __name__ == "__main__":
    main()
