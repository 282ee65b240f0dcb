"""What many tests need: small pictures on disk, and a run of a recipe over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import augment
from augment import catalog, demo

settings.register_profile("augment", deadline=None)  # pytest-timeout stops what hangs; machines are slow and shared
settings.load_profile("augment")

PICTURE_WRITERS = [name for name in catalog.names("writers") if not getattr(catalog.writer(name), "TEXTUAL", False)]
"""Formats that hold more than text."""

STEPS = [
    {"HorizontalFlip": {"p": 0.5}},
    {"Affine": {"rotate": [-15, 15], "scale": [0.9, 1.1], "p": 0.8}},
    {"one_of": [{"GaussNoise": {"std_range": [0.02, 0.1]}}, {"GaussianBlur": {"blur_limit": [3, 7]}}]},
]


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class-folder tree: 18 pictures of 3 classes in train, 3 in val. Not to be changed."""
    folder = tmp_path_factory.mktemp("data") / "shapes"
    demo.draw(folder, {"train": 6, "val": 1})
    return folder


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A COCO data set with boxes, polygons and keypoints: 12 pictures in train, 3 in val. Not to be changed."""
    folder = tmp_path_factory.mktemp("data") / "scenes"
    demo.draw_scenes(folder, {"train": 12, "val": 3})
    return folder


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class-folder tree: 18 sounds of 3 classes in train, 3 in val. Not to be changed."""
    folder = tmp_path_factory.mktemp("data") / "sounds"
    demo.draw_sounds(folder, {"train": 6, "val": 1})
    return folder


@pytest.fixture
def recipe() -> Callable[..., dict[str, Any]]:
    """A recipe as plain data; keyword arguments replace whole blocks."""

    def make(**blocks: Any) -> dict[str, Any]:
        return {"seed": 7, "expand": {"multiplier": 4}, "image": STEPS, "output": {"shard_size": 10}, **blocks}

    return make


@pytest.fixture
def grow(tmp_path: Path, shapes: Path, recipe: Callable[..., dict[str, Any]]) -> Callable[..., augment.Result]:
    """Run a recipe over the shapes into ``tmp_path/NAME``, in this process unless told otherwise."""

    def make(name: str = "out", *, input: Path | None = None, executor: str = "serial", **rest: Any) -> augment.Result:
        run = {key: rest.pop(key) for key in ("workers", "append", "watch", "multiplier") if key in rest}
        return augment.run(recipe(**rest), input=input or shapes, output=tmp_path / name, executor=executor, **run)

    return make


def tree(folder: Path, pattern: str = "**/*") -> dict[str, bytes]:
    """All files below a folder that are the user's, by relative name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.glob(pattern))
        if path.is_file() and ".augment" not in path.parts
    }
