"""Milliseconds a picture of each kernel and of the library: ``python -m tests.bench.kernels [NAME …]``.

One thread, one picture of 500x375, both through the step as the engine calls it; medians, taken in turn.
"""

from __future__ import annotations

import sys
import time
from statistics import median
from typing import Any

import cv2
import numpy as np

from augment.chance import Chance
from augment.image.library import LibraryStep, transforms
from augment.sample import Sample
from augment.wrapped import kernel
from tests.bench.photos import photo

ROUNDS, CALLS = 15, 8
NEEDED: dict[str, dict[str, Any]] = {
    "RandomResizedCrop": {"size": (224, 224)},
    "Affine": {"rotate": (-15, 15), "scale": (0.9, 1.1), "translate_percent": (0, 0.1)},
}


def milliseconds(step: LibraryStep, sample: Sample, first: int) -> float:
    """Mean over a few calls, each with draws of its own."""
    start = time.perf_counter()
    for number in range(first, first + CALLS):
        step.apply(sample, Chance.of(0, "photo", number))
    return (time.perf_counter() - start) * 1000 / CALLS


def main() -> None:
    cv2.setNumThreads(1)
    sample = Sample(photo(np.random.default_rng(0)))
    wanted = sys.argv[1:] or [name for name in transforms() if kernel("augment.image.kernels", name) is not None]
    print(f"{'':28}{'library':>10}{'ours':>10}{'times':>8}")
    for name in wanted:
        steps = [LibraryStep(name, 1.0, NEEDED.get(name, {}), native=native) for native in (False, True)]
        taken: list[list[float]] = [[], []]
        for number in range(-1, ROUNDS):  # the first round warms up
            for step, times in zip(steps, taken, strict=True):
                times.append(milliseconds(step, sample, number * CALLS))
        library, ours = median(taken[0][1:]), median(taken[1][1:])
        print(f"{name:28}{library:7.3f} ms{ours:7.3f} ms{library / ours:8.2f}")


if __name__ == "__main__":
    main()
