"""Milliseconds that labels add to an augmented picture: ``python -m tests.bench.labels [--rounds 60]``.

One thread, one picture of 640x480 with 500 objects, the seven steps that most people use, fired by chance as in a run.
Each copy is made with its labels and without, in turn, by the same draws; medians over all copies are shown, and the
median of the difference, copy by copy. The aim: under 3 ms for 500 objects.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import cv2
import numpy as np

from augment import masks
from augment.annotations import Annotations, Instance, bounds
from augment.chance import Chance
from augment.contracts import Step
from augment.engine.draw import draw
from augment.engine.recipe import load
from augment.image import modality
from augment.sample import Category, Content, Dataset, Sample
from tests.bench.photos import photo
from tests.bench.setups import RECIPES

SIZE = (640, 480)
COUNT = 500
AIM = 3.0
NAMES = tuple(f"point {number}" for number in range(17))
DATASET = Dataset(categories=(Category("thing", NAMES),), spatial=True)
FORMS = ("boxes", "polygons", "keypoints", "run lengths")


def objects(form: str, rng: np.random.Generator) -> Annotations:
    """Objects of 10 to 80 pixels all over the picture."""
    found = []
    for _ in range(COUNT):
        side = rng.uniform(10, 80, 2)
        low = rng.uniform(0, np.array(SIZE) - side)
        box = tuple(float(edge) for edge in (*low, *(low + side)))
        turns = np.arange(24) * 2 * np.pi / 24
        corners = low + side / 2 + np.column_stack([np.cos(turns), np.sin(turns)]) * side / 2
        ring = tuple(corners.ravel().tolist())
        if form == "boxes":
            found.append(Instance("thing", (box[0], box[1], box[2], box[3])))
        elif form == "polygons":
            found.append(Instance("thing", bounds((ring,)), polygons=(ring,)))
        elif form == "run lengths":
            pixels = masks.bitmap(Instance(polygons=(ring,)), SIZE)
            found.append(Instance("thing", bounds((ring,)), rle=masks.run_lengths(np.asarray(pixels))))
        else:
            points = tuple((float(x), float(y), 2) for x, y in low + rng.uniform(0, 1, (17, 2)) * side)
            found.append(Instance("thing", (box[0], box[1], box[2], box[3]), keypoints=points))
    return Annotations(tuple(found), size=SIZE)


def milliseconds(sample: Sample, drawn: Sequence[tuple[Step, Chance]], labels: Any) -> float:
    """One copy."""
    start = time.perf_counter()
    modality.apply(sample, drawn, labels)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=200, help="copies")
    options.add_argument("--forms", nargs="*", default=FORMS, choices=FORMS)
    rounds, forms = (found := options.parse_args()).rounds, found.forms
    cv2.setNumThreads(1)
    rng = np.random.default_rng(0)
    picture = cv2.resize(photo(rng), SIZE)
    labels, nodes = modality.Labels(), load({"image": list(RECIPES["seven"])}).steps["image"]
    print(f"{COUNT} objects{'settle':>14}{'with':>12}{'without':>12}{'difference':>14}{'worst tenth':>14}")
    for form in forms:
        annotations = objects(form, rng)
        start = time.perf_counter()
        settled = modality.settle(picture, Content(b"", annotations), DATASET, labels)
        settling = (time.perf_counter() - start) * 1000
        taken: list[tuple[float, float]] = []
        for copy in range(-5, rounds):  # the first ones warm up
            drawn = draw(nodes, Chance.of(0, "photo", copy).child("image"))
            bare = milliseconds(Sample(picture), drawn, labels)
            taken.append((milliseconds(Sample(picture, annotations=settled.working), drawn, labels), bare))
        whole, alone = zip(*taken[5:], strict=True)
        more = sorted(a - b for a, b in taken[5:])
        line = f"{form:12}{settling:8.2f} ms{median(whole):9.2f} ms{median(alone):9.2f} ms{median(more):11.2f} ms"
        print(f"{line}{more[int(len(more) * 0.9)]:11.2f} ms{'' if median(more) < AIM else f'   over {AIM:.0f} ms'}")


if __name__ == "__main__":
    main()
