"""Draw a small data set of labelled pictures: ``python -m augment.demo FOLDER``. For the demo, tests and notebooks.

Three classes of shapes on soft backgrounds, split into train, val and test. The same pictures each time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

SHAPES = ("circle", "square", "triangle")
SPLITS = {"train": 12, "val": 3, "test": 3}


def picture(shape: str, number: int, size: int = 192) -> np.ndarray:
    """One picture, (size, size, 3) uint8 RGB: a shape of random place, size, turn and colour on a soft background."""
    import cv2

    rng = np.random.default_rng([SHAPES.index(shape), number])
    canvas = cv2.resize(rng.integers(60, 200, (4, 4, 3), np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
    canvas = cv2.add(canvas, rng.integers(0, 12, canvas.shape, np.uint8))
    colour = [int(value) for value in rng.choice([20, 235], 3)]
    x, y = rng.uniform(0.35, 0.65, 2) * size
    radius = rng.uniform(0.15, 0.3) * size
    if shape == "circle":
        cv2.circle(canvas, (int(x), int(y)), int(radius), colour, -1, cv2.LINE_AA)
        return canvas
    corners = 4 if shape == "square" else 3
    angles = rng.uniform(0, np.pi) + np.arange(corners) * 2 * np.pi / corners
    points = np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)
    cv2.fillPoly(canvas, [points.astype(np.int32)], colour, cv2.LINE_AA)
    return canvas


def draw(folder: Path, splits: dict[str, int] | None = None) -> int:
    """Write ``split/shape/NN.jpg`` below ``folder`` and return how many were written.

    Args:
        folder: Made if missing; files of the same name are replaced.
        splits: Split -> pictures a class; 12, 3 and 3 by default.
    """
    import cv2

    count = 0
    for split, each in (splits or SPLITS).items():
        for shape in SHAPES:
            (folder / split / shape).mkdir(parents=True, exist_ok=True)
            for _ in range(each):
                image = cv2.cvtColor(picture(shape, count), cv2.COLOR_RGB2BGR)
                (folder / split / shape / f"{count:02d}.jpg").write_bytes(cv2.imencode(".jpg", image)[1].tobytes())
                count += 1
    return count


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else "shapes")
    print(f"{draw(where)} pictures in {where}")
