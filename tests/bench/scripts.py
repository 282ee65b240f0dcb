"""The scripts that people write instead: ``python -m tests.bench.scripts WAY RECIPE PHOTOS OUTPUT COPIES PROCESSES``.

- loader: like a data loader; every output reads, decodes, transforms and writes by itself.
- pool: the smartest plain Pool; one decode a source, all its copies in a row, big enough chunks, one thread in OpenCV.
- floor: pool without transforms; decode once a source, encode and keep nothing. Nobody can be faster.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"

import cv2

from tests.bench.photos import listed
from tests.bench.setups import QUALITY, compose

JPEG = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
PIPELINE: Any = None


def start(recipe: str) -> None:
    """Once a process, as scripts do."""
    global PIPELINE
    cv2.setNumThreads(1)
    PIPELINE = compose(recipe)


def read(path: Path) -> Any:
    """RGB pixels, as the transforms want them."""
    image: Any = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def write(path: Path, image: Any) -> None:
    cv2.imwrite(str(path), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), JPEG)


def loader(output: Path, task: tuple[Path, int]) -> int:
    """One output from its file."""
    path, copy = task
    write(output / f"{path.stem}-{copy}.jpg", PIPELINE(image=read(path))["image"])
    return 1


def pool(output: Path, copies: int, path: Path) -> int:
    """All copies of one source."""
    image = read(path)
    for copy in range(copies):
        write(output / f"{path.stem}-{copy}.jpg", PIPELINE(image=image)["image"])
    return copies


def floor(recipe: str, copies: int, path: Path) -> int:
    """Decode and encode, and what size the recipe gives; nothing is written."""
    image: Any = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if recipe == "crop":
        image = cv2.resize(image, (224, 224))
    for _ in range(copies):
        cv2.imencode(".jpg", image, JPEG)
    return copies


def main() -> None:
    way, recipe, folder, output, copies, processes = sys.argv[1:]
    place, count = Path(output), int(copies)
    place.mkdir(parents=True, exist_ok=True)
    paths = listed(Path(folder))
    tasks: list[Any] = [(path, copy) for path in paths for copy in range(count)] if way == "loader" else list(paths)
    work: Any = {
        "loader": partial(loader, place),
        "pool": partial(pool, place, count),
        "floor": partial(floor, recipe, count),
    }[way]
    chunk = max(1, min(32, len(tasks) // (4 * int(processes))))
    context = multiprocessing.get_context("fork")  # after the imports: start-up is paid once
    with context.Pool(int(processes), initializer=start, initargs=(recipe,)) as workers:
        made = sum(workers.imap_unordered(work, tasks, chunksize=chunk))
    print(made)


if __name__ == "__main__":
    import albumentations  # noqa: F401 - before the fork

    main()
