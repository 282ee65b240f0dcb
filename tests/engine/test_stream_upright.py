"""Live, an original has its labels where they are in its value, also where decoding has turned that upright."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import augment

ORIENTATION = 0x0112


def picture(path: Path, turn: int) -> np.ndarray:
    """A bright patch at 10 to 30, 4 to 12 on 60 x 40 dark pixels, stored so that EXIF turns it; the patch."""
    pixels = np.full((40, 60, 3), 30, np.uint8)
    pixels[4:12, 10:30] = 250
    exif = Image.Exif()
    exif[ORIENTATION] = turn
    Image.fromarray(pixels).save(path, exif=exif, quality=95)
    return (pixels[:, :, 0] > 140).astype(np.uint8)


def patch(item: Any) -> np.ndarray:
    return np.asarray(item.value[:, :, 0] > 140)


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_are_round_what_they_label(tmp_path: Path, turn: int) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "annotations").mkdir()
    picture(tmp_path / "train/a.jpg", turn)
    told = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 60, "height": 40}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 4, 20, 8], "iscrowd": 0}],
        "categories": [{"id": 1, "name": "patch"}],
    }
    (tmp_path / "annotations/instances_train.json").write_text(json.dumps(told))
    recipe = {"expand": {"multiplier": 2}, "labels": {"frame": "stored"}, "image": []}
    for item in augment.stream(recipe, input=tmp_path):
        assert item.annotations is not None and item.annotations.size == item.value.shape[1::-1]
        rows, columns = np.where(patch(item))
        box = item.annotations.instances[0].box
        assert box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), (turn, item.copy)


@pytest.mark.parametrize("turn", range(1, 9))
def test_masks_cover_what_they_label(tmp_path: Path, turn: int) -> None:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    Image.fromarray(picture(tmp_path / "images/a.jpg", turn)).save(tmp_path / "masks/a.png")
    recipe = {
        "input": {"format": "masks"},
        "expand": {"multiplier": 2},
        "labels": {"frame": "stored"},
        "image": [],
    }
    for item in augment.stream(recipe, input=tmp_path):
        assert item.annotations is not None
        mask = np.asarray(Image.open(io.BytesIO(item.annotations.masks[""])))
        assert np.array_equal(mask != 0, patch(item)), (turn, item.copy)
