"""What trades places when a picture is mirrored: left and right, as keypoints, categories and classes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from augment.image.labels.options import Labels
from augment.image.labels.scene import Pairs
from augment.sample import Category, Dataset

_SIDES = {"left": "right", "right": "left"}
_SIDE = re.compile(r"left|right", re.IGNORECASE)


def pairs_of(dataset: Dataset, labels: Labels) -> Pairs:
    """The pairs of a data set: those of the recipe; for keypoints also left and right, and YOLO's flip_idx."""
    names = {one: other for pair in labels.flip_pairs for one, other in (pair, pair[::-1])}
    keypoints = {
        category.name: tuple(_counterparts(category, names, dataset.fields.get("flip_idx")))
        for category in dataset.categories
        if category.keypoints
    }
    return Pairs(names, keypoints)


def _counterparts(category: Category, names: dict[str, str], flip_idx: object) -> Iterator[int]:
    """For each keypoint of a category the place of the one that it becomes in a mirror."""
    points = category.keypoints
    if isinstance(flip_idx, list) and sorted(flip_idx, key=str) == sorted(range(len(points)), key=str):
        yield from (int(place) for place in flip_idx)
        return
    for place, name in enumerate(points):
        other = names.get(name) or counterpart(name)
        yield points.index(other) if other in points else place


def counterpart(name: str) -> str:
    """``left_eye`` -> ``right_eye``; the name itself where it names no side."""

    def swapped(found: re.Match[str]) -> str:
        other = _SIDES[found[0].lower()]
        return other.upper() if found[0].isupper() else other.capitalize() if found[0][0].isupper() else other

    return _SIDE.sub(swapped, name)


def unpaired(dataset: Dataset, labels: Labels) -> list[str]:
    """Categories and classes that name a side and have no counterpart in ``flip_pairs``: a mirror makes them false."""
    paired = {name for pair in labels.flip_pairs for name in pair}
    named = [*(category.name for category in dataset.categories), *dataset.classes]
    words = re.compile(r"(?<![a-z])(left|right)(?![a-z])", re.IGNORECASE)
    return [name for name in dict.fromkeys(named) if words.search(name.replace("_", " ")) and name not in paired]
