"""Why a step does not suit a data set: it needs objects that are not there, or would make names of sides untrue."""

from __future__ import annotations

from collections.abc import Iterator

from augment.image.labels.given import NEEDS
from augment.image.labels.options import Labels
from augment.image.labels.pairs import unpaired
from augment.sample import Dataset

MIRRORS = frozenset({"D4", "HorizontalFlip", "SquareSymmetry", "TimeReverse", "Transpose", "VerticalFlip"})
"""Steps that can turn a left hand into a right one."""


def objections(
    name: str, references: bool, dataset: Dataset, labels: Labels, may_mirror: bool = False
) -> Iterator[str]:
    """One sentence for each reason; what to do is part of it.

    ``references``: it has pictures of its own; ``may_mirror``: whether it does is only known once it has.
    """
    if name == "Mosaic" and references and dataset.spatial:
        yield "Mosaic: objects in reference_images have no labels; leave that out to draw from the data set"
    if name in NEEDS and not dataset.spatial:
        yield f"{name} looks at boxes or masks, and this input has none; leave it out"
    sided = unpaired(dataset, labels) if may_mirror or name in MIRRORS else []
    if sided:
        mirrors, never = ("may mirror", ", also where it never does") if may_mirror else ("mirrors", "")
        yield (
            f"{name} {mirrors} pictures, and {', '.join(sided[:4])} would then name the wrong side; "
            "pair such names in labels: {flip_pairs: [[left, right]]}, or accept it with allow_label_change: true on "
            f"the step{never}"
        )
