"""Into a torch loop: us against a Dataset with albumentations: ``python -m tests.bench.loader [--case once]``.

Both give batches of 64 pictures of 224 px to a loop that only counts them, by a DataLoader with as many workers, which
last from epoch to epoch, over the same files and as many samples an epoch. The other side is written as its
documentation does: cv2.imread, cvtColor, Compose, ToTensorV2, one decode a sample, torch's own collate, with OpenCV's
own threads off in workers, which is faster. The sides take turns, ``--repeat`` times in one run.

For each side, for each epoch and for ``all``: pictures a second, the first epoch with all that it takes to begin, and
milliseconds of processor a picture, of all processes together, which says more where others use the machine too; and
in brackets what both are as multiples of the other side (median over the repeats). We keep decoded sources
(``augment.engine.kept``), which the other side does not do: so the first epoch of ``once`` is what it costs to decode
each picture once, and with ``--kept 0`` nothing is kept, as where next to nothing would fit.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import tempfile
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

import augment.torch
from augment.engine import bench, kept
from tests.bench.photos import listed, photo

SIZE, BATCH = 224, 64
RECIPES: dict[str, list[dict[str, dict[str, Any]]]] = {
    "crop": [{"RandomResizedCrop": {"size": [SIZE, SIZE]}}, {"HorizontalFlip": {"p": 0.5}}],
    "colour": [
        {"RandomResizedCrop": {"size": [SIZE, SIZE]}},
        {"HorizontalFlip": {"p": 0.5}},
        {"RandomBrightnessContrast": {"p": 0.5}},
        {"HueSaturationValue": {"p": 0.3}},
    ],
    "jitter": [
        {"RandomResizedCrop": {"size": [SIZE, SIZE]}},
        {"HorizontalFlip": {"p": 0.5}},
        {"ColorJitter": {"p": 0.8}},
        {"ToGray": {"p": 0.1}},
    ],
}


class Case(NamedTuple):
    """A data set: how many photos, the least and greatest length of their long side in pixels, copies an epoch."""

    photos: int
    low: int
    high: int
    copies: int


CASES = {
    "small": Case(100, 500, 500, 10),
    "mixed": Case(500, 300, 600, 5),
    "once": Case(1000, 500, 500, 1),
    "twice": Case(500, 500, 500, 2),
    "five": Case(200, 500, 500, 5),
    "bigger": Case(300, 1000, 1000, 1),
    "big": Case(200, 1000, 1000, 3),
}


class Found(NamedTuple):
    """Seconds, and seconds of processor, that a picture took."""

    wall: float
    cpu: float


class Usual(Dataset):  # type: ignore[misc, unused-ignore]
    """What people write."""

    def __init__(self, folder: Path, steps: list[dict[str, dict[str, Any]]], copies: int, dtype: str) -> None:
        import albumentations as A  # noqa: N812 - as its users call it
        from albumentations.pytorch import ToTensorV2

        self.paths = listed(folder) * copies
        names = sorted({path.parent.name for path in self.paths})
        self.labels = [names.index(path.parent.name) for path in self.paths]
        chain = [getattr(A, name)(**options) for step in steps for name, options in step.items()]
        scale = [A.ToFloat(max_value=255)] if dtype == "float" else []
        self.transform = A.Compose([*chain, *scale, ToTensorV2()])

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Any:
        import cv2

        image: Any = cv2.imread(str(self.paths[index]))
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        return self.transform(image=image)["image"], self.labels[index]


def quiet(worker: int) -> None:
    """One thread for OpenCV in each worker."""
    import cv2

    cv2.setNumThreads(0)


def drawn(folder: Path, case: Case) -> float:
    """Draw the photos of a case into four class folders; their mean size in KB."""
    import cv2

    total = 0
    for number in range(case.photos):
        rng = np.random.default_rng([11, number])
        long = int(rng.integers(case.low, case.high + 1))
        sides = (long * 3 // 4, long) if number % 4 < 3 else (long, long * 3 // 4)
        data = cv2.imencode(".jpg", photo(rng, *sides), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        place = folder / f"class-{number % 4}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05d}.jpg").write_bytes(data)
        total += len(data)
    return total / case.photos / 1000


def loaders(folder: Path, name: str, dtype: Any, options: argparse.Namespace, copies: int) -> dict[str, Any]:
    """What makes the loader of each side."""
    steps = RECIPES[name]
    recipe = {"expand": {"multiplier": copies, "keep_originals": False}, "image": steps}
    many = {"batch_size": BATCH, "num_workers": options.workers, "persistent_workers": True}

    def ours(cls: Any) -> Any:
        dataset = cls(recipe, input=folder, dtype=dtype)
        shuffle = {"shuffle": True} if cls is augment.torch.Dataset else {}
        return DataLoader(dataset, collate_fn=augment.torch.collate, **shuffle, **many)

    return {
        "usual": lambda: DataLoader(Usual(folder, steps, copies, dtype), shuffle=True, worker_init_fn=quiet, **many),
        "iterable": lambda: ours(augment.torch.IterableDataset),
        "map": lambda: ours(augment.torch.Dataset),
    }


def timed(make: Any, epochs: int) -> list[Found]:
    """Run one side: each epoch, and all of them."""
    gc.collect()
    marks, got = [(time.perf_counter(), processor(None))], 0
    loader = make()
    for epoch in range(epochs):
        if hasattr(loader.dataset, "set_epoch"):
            loader.dataset.set_epoch(epoch)
        got = 0
        for pictures, labels in loader:
            got += len(pictures)
            assert pictures.shape[1:] == (3, SIZE, SIZE) and labels.dtype == torch.int64
        marks.append((time.perf_counter(), processor(loader)))
    del loader
    gc.collect()  # its workers end
    steps = list(pairwise(marks))
    each = [Found(*((after - before) / got for before, after in zip(*step, strict=True))) for step in steps]
    return [*each, Found(*(sum(column) / epochs for column in zip(*each, strict=True)))]


def processor(loader: Any) -> float:
    """Seconds of processor that this process and the workers of a loader took so far; of workers on Linux only."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    for worker in getattr(getattr(loader, "_iterator", None), "_workers", ()):
        with suppress(OSError):
            facts = Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")
    return total


def told(way: str, runs: list[list[Found]], usual: list[list[Found]]) -> str:
    """One line: a side against the other."""
    parts = []
    for place in range(len(runs[0])):
        own, others = [run[place] for run in runs], [run[place] for run in usual]
        wall, cpu = (
            median(other[what] / max(one[what], 1e-9) for one, other in zip(own, others, strict=True))
            for what in range(2)
        )
        name = "all" if place == len(runs[0]) - 1 else str(place + 1)
        rate, took = 1 / median(one.wall for one in own), 1000 * median(one.cpu for one in own)
        parts.append(f"{name}: {rate:5.0f}/s {took:5.2f} ms" + (f" ({wall:.2f} {cpu:.2f})" if way != "usual" else ""))
    return f"{way:9} " + " | ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", choices=sorted(CASES), action="append", help="all unless said")
    parser.add_argument("--photos", type=Path, help="a folder of pictures in class folders instead of drawn ones")
    parser.add_argument("--copies", type=int, default=3, help="copies an epoch of those")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--kept", type=int, help="MB of decoded sources that are kept; 0: none")
    parser.add_argument("--recipe", choices=sorted(RECIPES), action="append", help="crop unless said")
    parser.add_argument("--dtype", choices=["uint8", "float"], action="append", help="uint8 unless said")
    options = parser.parse_args()
    if options.kept is not None:
        bench.KEPT = kept.MOST_SHARED = options.kept * 2**20
    for case in ["photos"] if options.photos else options.case or CASES:
        with tempfile.TemporaryDirectory(prefix="bench-") as place:
            folder = options.photos or Path(place)
            copies = options.copies if options.photos else CASES[case].copies
            size = f", {drawn(folder, CASES[case]):.0f} KB each" if not options.photos else ""
            print(
                f"{case}: {len(listed(folder))} pictures{size}, {copies} copies, {options.epochs} epochs", flush=True
            )
            for name in options.recipe or ["crop"]:
                for dtype in options.dtype or ["uint8"]:
                    ways = loaders(folder, name, dtype, options, copies)
                    found: dict[str, list[list[Found]]] = {way: [] for way in ways}
                    for _ in range(options.repeat):
                        for way, make in ways.items():
                            found[way].append(timed(make, options.epochs))
                    for way, runs in found.items():
                        print(f"  {name:6} {dtype:5} {told(way, runs, found['usual'])}", flush=True)


if __name__ == "__main__":
    main()
