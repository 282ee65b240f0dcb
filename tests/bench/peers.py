"""Us against the scripts that people write: ``python -m tests.bench.peers [--photos DIR] [--processes 2]``.

Every contestant is a whole command in a process of its own, on the same pictures with the same number of processes
and the same JPEG quality, in turn, ``--repeat`` times; medians are shown. Two figures each: with start-up (all outputs
over the wall clock of the command) and steady (what is left when a command over a few pictures is taken off both).
Only ours hashes, syncs to disk, writes provenance and can be resumed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.bench import photos
from tests.bench.setups import RECIPES, recipe

ROOT = Path(__file__).parents[2]
WAYS = ("loader", "pool", "augment", "floor")
FEW = 4


def command(way: str, name: str, folder: Path, output: Path, options: argparse.Namespace) -> list[str]:
    """The command line of a contestant."""
    if way != "augment":
        plain = [name, str(folder), str(output), str(options.copies), str(options.processes)]
        return [sys.executable, "-m", "tests.bench.scripts", way, *plain]
    file = output.parent / f"{name}.json"
    file.write_text(json.dumps(recipe(name, options.copies)), encoding="utf-8")
    places = ["--input", str(folder), "--output", str(output)]
    start = "import sys; from augment.cli import main; sys.exit(main())"
    return [sys.executable, "-c", start, "run", str(file), *places, "--workers", str(options.processes)]


def seconds(way: str, name: str, folder: Path, work: Path, options: argparse.Namespace) -> float:
    """Wall clock of one whole command. Its output is removed again."""
    output = work / "output"
    shutil.rmtree(output, ignore_errors=True)
    line = command(way, name, folder, output, options)
    start = time.perf_counter()
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{way} failed:\n{done.stdout}{done.stderr}")
    shutil.rmtree(output, ignore_errors=True)
    return taken


def rates(
    times: dict[str, list[float]], few: dict[str, list[float]], outputs: int, extra: int
) -> dict[str, list[float]]:
    """Outputs a second, with start-up and steady, of each way."""
    found = {}
    for way, taken in times.items():
        whole, start = median(taken), median(few[way])
        found[way] = [outputs / whole, extra / max(whole - start, 1e-9), start]
    return found


def show(name: str, found: dict[str, list[float]], options: argparse.Namespace) -> None:
    print(f"\n{name}: x{options.copies}, {options.processes} processes, median of {options.repeat}")
    ratios = f"{'x loader':>10}{'x pool':>8}"
    print(f"{'':10}{'with start-up':>16}{ratios}{'steady':>12}{ratios}{'few':>8}")
    for way, (whole, steady, start) in found.items():
        line = f"{way:10}{whole:12.0f} /s {whole / found['loader'][0]:9.2f} {whole / found['pool'][0]:7.2f}"
        line += f"{steady:9.0f} /s {steady / found['loader'][1]:9.2f} {steady / found['pool'][1]:7.2f} {start:6.2f}s"
        print(line)


def compare(name: str, folder: Path, work: Path, options: argparse.Namespace) -> None:
    """All ways over one recipe, in turn."""
    few = work / "few"
    if not few.exists():
        for path in photos.listed(folder)[:FEW]:
            (few / "class-0").mkdir(parents=True, exist_ok=True)
            shutil.copy(path, few / "class-0")
    times: dict[str, list[float]] = {way: [] for way in WAYS}
    starts: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(options.repeat):
        for way in WAYS:
            times[way].append(seconds(way, name, folder, work, options))
            starts[way].append(seconds(way, name, few, work, options))
    count = len(photos.listed(folder))
    show(name, rates(times, starts, count * options.copies, (count - FEW) * options.copies), options)


def scaling(name: str, folder: Path, work: Path, options: argparse.Namespace) -> None:
    """Ours with 1 worker and with 2, in turn."""
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(options.repeat):
        for workers, times in taken.items():
            options.processes = workers
            times.append(seconds("augment", name, folder, work, options))
    one, two = median(taken[1]), median(taken[2])
    print(f"\n{name}: 1 worker {one:.2f} s, 2 workers {two:.2f} s: {one / two:.2f} times as fast, with start-up")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a folder of pictures; drawn if not given")
    parser.add_argument("--count", type=int, default=200, help="how many pictures to draw")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--recipe", choices=sorted(RECIPES), action="append")
    parser.add_argument("--scaling", action="store_true", help="ours with 1 worker and with 2 instead")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        work = Path(name)
        folder = (options.photos or work / "photos").resolve()
        if options.photos is None:
            print(f"{options.count} pictures of {photos.draw(folder, options.count) / 1000:.0f} KB")
        for chosen in options.recipe or RECIPES:
            (scaling if options.scaling else compare)(chosen, folder, work, options)


if __name__ == "__main__":
    main()
