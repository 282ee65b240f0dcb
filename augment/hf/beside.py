"""What stands beside the values of a ``datasets.Dataset`` and follows them: boxes, masks, answers, entities, tags.

It is read as the reader ``arrow`` reads it, and goes back into the columns that it came from, in their form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from augment.annotations import Annotations
from augment.engine.plan import written
from augment.engine.recipe import Recipe
from augment.errors import AugmentError
from augment.sample import Dataset, Sample

Row = Mapping[str, Any]
"""Cells by column, as ``datasets`` gives them; pictures and masks as structs of bytes and path."""

Given = Callable[[int], Row]
"""The row of a number as it came."""

REASON = "can't be written"

FIX = (
    "augment.run(recipe, input=dataset, output=…) and augment.stream(recipe, input=dataset) change both; or write "
    "allow_label_change: true at the step"
)


@dataclass
class Beside:
    """Nothing stands beside the values. Others read annotations of a row and write those of a copy.

    Args:
        columns: Those that it reads, and those that it writes.
        files: Those of ``columns`` that hold masks as encoded pictures.
        about: What is true of the rows as a whole.
    """

    columns: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    about: Dataset = field(default_factory=Dataset)

    def texts(self, row: Row) -> Mapping[str, str] | None:
        """The texts of a row, where not its columns say them but what is read here. Raises SampleError."""
        return None

    def read(self, row: Row, number: int) -> Annotations | None:
        """The annotations of a row. Raises SampleError."""
        return None

    def cells(self, sample: Sample, number: int, given: Given) -> dict[str, Any]:
        """The cells of a copy of row ``number``, by column. Raises SampleError for what they can't hold."""
        return {}


def moving(recipe: Recipe, kind: str) -> str:
    """The first step that moves what others may say the place of, unless it is allowed to; empty where none does."""
    leaves = [leaf for name, leaf in recipe.leaves() if name == kind and not leaf.allowed]
    if kind != "text":  # every step on a text moves what comes after
        leaves = [leaf for leaf in leaves if leaf.effect != "keeps"]
    return leaves[0].step.name if leaves else ""


def refuse_new(recipe: Recipe) -> None:
    """Raises AugmentError where a step writes what no column is there for."""
    writers = [leaf.step.name for _, leaf in recipe.leaves() if hasattr(leaf.step, "writes")]
    if written(recipe, Dataset()).located:
        raise AugmentError(
            f"recipe: {' and '.join(writers)} labels where something is, and the data set has no column for that; "
            "items of augment.stream(recipe, input=dataset) have it, in item.annotations"
        )


def refused(step: str, found: Sequence[str], columns: Sequence[str], why: str) -> AugmentError:
    """The error for columns that would not be true any more."""
    return AugmentError(
        f"columns: {step} moves what {' and '.join(found)} says the place of in {' and '.join(columns)}, and {why}"
    )
