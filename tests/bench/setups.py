"""The two recipes that every peer runs, as our steps and as an albumentations Compose of the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

QUALITY = 92

RECIPES: Mapping[str, list[dict[str, dict[str, Any]]]] = {
    "seven": [
        {"HorizontalFlip": {"p": 0.5}},
        {"Affine": {"rotate": [-15, 15], "scale": [0.9, 1.1], "translate_percent": [0, 0.1], "p": 0.8}},
        {"RandomBrightnessContrast": {"p": 0.5}},
        {"HueSaturationValue": {"p": 0.3}},
        {"GaussNoise": {"p": 0.2}},
        {"GaussianBlur": {"p": 0.2}},
        {"CoarseDropout": {"p": 0.3}},
    ],
    "crop": [{"RandomResizedCrop": {"size": [224, 224]}}, {"HorizontalFlip": {"p": 0.5}}],
}


def compose(recipe: str) -> Any:
    """What a person would write with the library."""
    import albumentations

    steps = []
    for step in RECIPES[recipe]:
        for name, parameters in step.items():
            plain = {key: tuple(value) if isinstance(value, list) else value for key, value in parameters.items()}
            steps.append(getattr(albumentations, name)(**plain))
    return albumentations.Compose(steps)


def recipe(name: str, copies: int) -> dict[str, Any]:
    """The same as one of our recipes: every output is made, none is an untouched original."""
    return {
        "recipe": 1,
        "seed": 7,
        "expand": {"multiplier": copies, "keep_originals": False},
        "image": RECIPES[name],
        "output": {"format": "webdataset", "shard_size": 1000, "image": {"format": "jpg", "quality": QUALITY}},
    }
