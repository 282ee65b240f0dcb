"""Draw a folder of pictures that cost what photos cost: about 500x375, 40 to 70 KB as JPEG, in four class folders."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

CLASSES = 4


def photo(rng: np.random.Generator, height: int = 375, width: int = 500) -> np.ndarray:
    """One picture: soft light, patches, texture at several scales, and a little grain."""
    canvas = np.full((height, width, 3), rng.uniform(90, 150), np.float32)
    for cells, strength in ((4, 45), (12, 26), (40, 14), (120, 8)):
        coarse = rng.normal(0, strength, (max(2, height * cells // width), cells, 3)).astype(np.float32)
        canvas += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    canvas += rng.normal(0, 4, (height, width, 1))
    return np.asarray(np.clip(canvas, 0, 255), np.uint8)


def draw(folder: Path, count: int) -> int:
    """Write ``count`` pictures below ``folder`` and return their mean size in bytes."""
    total = 0
    for number in range(count):
        rng = np.random.default_rng([11, number])
        height, width = (500, 375) if number % 4 == 3 else (375, 500)
        data = cv2.imencode(".jpg", photo(rng, height, width), [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
        place = folder / f"class-{number % CLASSES}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05d}.jpg").write_bytes(data)
        total += len(data)
    return total // max(count, 1)


def listed(folder: Path) -> list[Path]:
    """All pictures of a folder, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
