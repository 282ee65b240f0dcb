"""Into a torch loop: us against a Dataset with albumentations: ``python -m tests.bench.loader [--count 200]``.

Both give batches of 64 pictures of 224 px to a loop that only counts them, by a DataLoader with as many workers, in
turn, ``--repeat`` times in one run; medians of pictures a second and their ratio are printed, for each dtype. The
other side is written as its documentation does: cv2.imread, cvtColor, Compose, ToTensorV2, one decode a sample, with
OpenCV's own threads off in workers, which is faster. ``cold`` counts from making the loader, ``steady`` from its
first batch. It has as many samples an epoch as we have, drawn from the same files.
Each of our workers keeps decoded sources (``augment.engine.bench.KEPT``), which the other side does not do: with
``--kept 0`` none, as on a data set that is far too big for it.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import torch
from torch.utils.data import DataLoader, Dataset

import augment.torch
from augment.engine import bench
from tests.bench.photos import draw, listed

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


def loaders(folder: Path, name: str, dtype: Any, options: argparse.Namespace) -> dict[str, Any]:
    """What makes the loader of each side."""
    steps = RECIPES[name]
    expand = {"multiplier": options.copies, "keep_originals": False}
    recipe = {"expand": expand, "image": steps}
    many = {"batch_size": BATCH, "num_workers": options.workers}

    def ours(cls: Any) -> Any:
        dataset = cls(recipe, input=folder, dtype=dtype)
        shuffle = {"shuffle": True} if cls is augment.torch.Dataset else {}
        return DataLoader(dataset, collate_fn=augment.torch.collate, **shuffle, **many)

    return {
        "usual": lambda: DataLoader(
            Usual(folder, steps, options.copies, dtype), shuffle=True, worker_init_fn=quiet, **many
        ),
        "iterable": lambda: ours(augment.torch.IterableDataset),
        "map": lambda: ours(augment.torch.Dataset),
    }


def timed(make: Any) -> tuple[float, float]:
    """Pictures a second over a pass: from the beginning, and from the first batch on."""
    start = time.perf_counter()
    first, got, head = 0.0, 0, 0
    for pictures, labels in counted(make()):
        got += len(pictures)
        if not first:
            first, head = time.perf_counter(), got
        assert pictures.shape[1:] == (3, SIZE, SIZE) and labels.dtype == torch.int64
    end = time.perf_counter()
    return got / (end - start), (got - head) / (end - first)


def counted(loader: Iterable[Any]) -> Iterable[Any]:
    """The loader, as any loop sees it."""
    yield from loader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, help="a folder of pictures in class folders; drawn if not given")
    parser.add_argument("--count", type=int, default=200, help="how many pictures to draw")
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--kept", type=int, help="MB of decoded sources that a worker keeps; 0: as if none fitted")
    parser.add_argument("--recipe", choices=sorted(RECIPES), action="append")
    parser.add_argument("--dtype", choices=["uint8", "float"], action="append")
    options = parser.parse_args()
    if options.kept is not None:
        bench.KEPT = options.kept * 2**20
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        folder = options.photos or Path(place)
        if options.photos is None:
            print(f"{options.count} pictures of {draw(folder, options.count) / 1000:.0f} KB, {options.copies} copies")
        for name in options.recipe or RECIPES:
            for dtype in options.dtype or ["uint8", "float"]:
                ways = loaders(folder, name, dtype, options)
                found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
                for _ in range(options.repeat):
                    for way, make in ways.items():
                        found[way].append(timed(make))
                usual = [median(column) for column in zip(*found["usual"], strict=True)]
                for way, runs in found.items():
                    cold, steady = (median(column) for column in zip(*runs, strict=True))
                    told = f"cold {cold:6.0f} /s {cold / usual[0]:5.2f} x  steady {steady:6.0f} /s"
                    print(f"{name:7} {dtype:6} {way:9} {told} {steady / usual[1]:5.2f} x", flush=True)


if __name__ == "__main__":
    main()
