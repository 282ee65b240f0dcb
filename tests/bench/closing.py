"""What iterators that are closed early leave behind: ``python -m tests.bench.closing [--count 200]``.

Each way begins so many passes over small texts with two workers, takes 0, 1, 2, … samples and drops the iterator. What
there is then is shown against what there was after the first pass: processes and threads, open files, folders in the
place for temporary files, and shared memory in ``/dev/shm`` that this process or one under it has made.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice
from multiprocessing import util
from pathlib import Path
from typing import Any

import psutil

import augment
from augment import demo

RECIPE: dict[str, Any] = {"seed": 7, "expand": {"multiplier": 5}, "text": [{"RandomSwap": {"p": 1.0}}]}
SHARED = Path("/dev/shm")


@dataclass(frozen=True)
class Left:
    """What there is: counts."""

    processes: int
    threads: int
    files: int
    folders: int
    shared: int

    @classmethod
    def now(cls, seen: set[int]) -> Left:
        """Of this process and those under it; ``seen`` are all that there were, which may have left shared memory."""
        gc.collect()
        multiprocessing.active_children()  # buries those that have ended
        me = psutil.Process()
        names = [path.name for path in SHARED.iterdir()] if SHARED.is_dir() else []
        shared = [name for name in names if any(part.isdecimal() and int(part) in seen for part in name.split("_"))]
        return cls(
            processes=len(me.children(recursive=True)),
            threads=me.num_threads(),
            files=me.num_fds() if hasattr(me, "num_fds") else me.num_handles(),
            folders=len(list(Path(tempfile.gettempdir()).iterdir())),
            shared=len(shared),
        )


def by_stream(data: Path) -> Callable[[], Any]:
    """Workers of ours."""
    return lambda: iter(augment.stream(RECIPE, input=data, workers=2))


def by_loader(data: Path) -> Callable[[], Any]:
    """Our Loader; it is made anew for each pass."""
    import augment.torch as live

    return lambda: iter(live.Loader(live.IterableDataset(RECIPE, input=data), 2, num_workers=2))


def by_torch(data: Path) -> Callable[[], Any]:
    """A DataLoader over the map-style dataset, whose workers last for as long as it does."""
    from torch.utils.data import DataLoader

    import augment.torch as live

    dataset = live.Dataset(RECIPE, input=data)
    ways = {"num_workers": 2, "collate_fn": live.collate, "persistent_workers": True}
    epochs = count()

    def begin() -> Any:
        dataset.set_epoch(next(epochs))
        return iter(DataLoader(dataset, 2, **ways))

    return begin


WAYS = {"stream": by_stream, "loader": by_loader, "torch": by_torch}


def closed(way: str, data: Path, times: int) -> tuple[Left, Left]:
    """What there is after the first pass, and after ``times`` more; the place for temporary files is one's own."""
    begin, seen = WAYS[way](data), {psutil.Process().pid}
    found = []
    for many in (1, times):
        for turn in range(many):
            some: Iterator[Any] = begin()
            for _ in islice(some, (turn + 1) % 24):
                pass
            seen |= {child.pid for child in psutil.Process().children(recursive=True)}
            del some
        found.append(Left.now(seen))
    return found[0], found[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", choices=sorted(WAYS), action="append")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", ".*multi-threaded, use of fork")
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        demo.draw_texts(Path(place) / "texts")
        util.get_temp_dir()  # one that stays until this process ends: not in the folder that goes before
        tempfile.tempdir = str(Path(place) / "temporary")
        Path(tempfile.tempdir).mkdir()
        for way in options.only or WAYS:
            start = time.perf_counter()
            before, after = closed(way, Path(place) / "texts/requests.csv", options.count)
            took = time.perf_counter() - start
            rows = zip(asdict(before).items(), asdict(after).values(), strict=True)
            told = ", ".join(f"{name} {one} -> {other}" for (name, one), other in rows)
            print(f"{way:7} {options.count} closed in {took:.0f} s: {told}", flush=True)
        tempfile.tempdir = None


if __name__ == "__main__":
    main()
