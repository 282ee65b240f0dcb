"""Text, the whole command: ``python -m tests.bench.tables [--rows N] [--copies N] [--gigabytes G] [--processes N]``.

Draws a CSV of short rows (an intent and a sentence of about 12 words), grows it to JSON Lines in a command of its own
and prints rows a minute, the time to the first row, and the highest resident size of each process. With
``--gigabytes`` rows are 200 bytes long and the CSV is that big: memory should hardly depend on it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
STEPS = [
    {"SynonymReplacement": {"rate": 0.1, "p": 0.4}},
    {"RandomSwap": {"rate": 0.1, "p": 0.3}},
    {"Typos": {"rate": 0.05, "p": 0.7}},
]
SENTENCES = """
the a my your we you they please could would can will need want have card money account transfer payment bank phone
number address name country city today tomorrow never always why how when where what is are was were be do does did not
to from with for of in on at by about change cancel open close lost found late early wrong right new old first last
"""
LONG = 200
"""Bytes of a row of a big table, about."""


def draw(path: Path, rows: int, size: int) -> int:
    """Write the table; stops at ``rows`` rows, or ``size`` bytes where that is not 0. Returns its rows."""
    generator = random.Random(7)
    some = [" ".join(generator.choices(SENTENCES.split(), k=12 if not size else 34)) for _ in range(5_000)]
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("text,intent\n")
        while count < rows or (size and file.tell() < size):
            block = [f'"{count + place}, {some[generator.randrange(5000)]}",c{place % 77}\n' for place in range(1000)]
            file.writelines(block if size else block[: rows - count])
            count += len(block) if size else min(len(block), rows - count)
    return count


def run(table: Path, output: Path, options: argparse.Namespace) -> dict[str, float]:
    """One run of the command, watched. Seconds, and megabytes of the command itself and of its biggest worker."""
    recipe = output.parent / "recipe.json.yaml"
    recipe.write_text(json.dumps({"seed": 7, "expand": {"multiplier": options.copies}, "text": STEPS}))
    start = "import sys; from augment.cli import main; sys.exit(main())"
    line = [sys.executable, "-c", start, "run", str(recipe), "--input", str(table), "--output", str(output)]
    begun = time.perf_counter()
    told = {"first": 0.0, "parent": 0.0, "worker": 0.0}
    done = subprocess.Popen([*line, "--workers", str(options.processes)], cwd=ROOT, stdout=subprocess.DEVNULL)
    me = psutil.Process(done.pid)
    while done.poll() is None:
        if not told["first"] and any((output / ".augment" / "chunks").glob("*.chunk")):
            told["first"] = time.perf_counter() - begun
        try:
            told["parent"] = max(told["parent"], me.memory_info().rss / 1e6)
            sizes = [child.memory_info().rss / 1e6 for child in me.children(recursive=True)]
            told["worker"] = max([told["worker"], *sizes])
        except psutil.Error:
            continue
        time.sleep(0.02 if not told["first"] else 0.5 if options.gigabytes else 0.1)
        if options.stop and time.perf_counter() - begun > options.stop:
            done.terminate()
    told["whole"] = time.perf_counter() - begun
    return told


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--copies", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=0.0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--stop", type=float, default=0.0, help="Seconds after which the run is stopped; 0: never.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        table = Path(place) / "table.csv"
        size = int(options.gigabytes * 1e9)
        rows = draw(table, 0 if size else options.rows, size)
        told = run(table, Path(place) / "grown", options)
        outputs = sum(1 for file in (Path(place) / "grown").rglob("*.jsonl") for _ in file.open("rb"))
        print(f"{rows:,} rows, {table.stat().st_size / 1e6:,.0f} MB -> {outputs:,} outputs in {told['whole']:.1f} s")
        print(f"{outputs / told['whole'] * 60:,.0f} rows a minute, first after {told['first']:.2f} s")
        print(f"highest resident size: command {told['parent']:.0f} MB, worker {told['worker']:.0f} MB")


if __name__ == "__main__":
    main()
