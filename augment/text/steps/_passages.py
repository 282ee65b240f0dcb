"""How a step is done to the texts of a sample: column by column, each with a chance of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pydantic

from augment.chance import Chance
from augment.options import Options
from augment.sample import Sample
from augment.text.value import Document, Passage


class Columns(Options):
    """What all steps of texts take."""

    columns: str | tuple[str, ...] | None = pydantic.Field(
        None, description="Which of a row's texts, such as `question`; all of them where not said."
    )


def each(
    options: Columns, sample: Sample, chance: Chance, change: Callable[[Passage, Random], Passage]
) -> tuple[Sample, dict[str, Any]]:
    """Change every text that ``options.columns`` names.

    Args:
        options: Of the step.
        sample: As a step gets it.
        chance: Of the step; the first column draws from it, the others from children with their names.
        change: Passage and a generator -> the passage after the step, or the same one.

    Returns:
        The sample, and what provenance keeps: the columns that changed, where there is more than one.
    """
    document: Document = sample.value
    wanted = (options.columns,) if isinstance(options.columns, str) else options.columns
    made: dict[str, Passage] = {}
    changed: list[str] = []
    for place, (name, passage) in enumerate(document.passages.items()):
        if wanted is not None and name not in wanted:
            continue
        made[name] = change(passage, (chance.child(name) if place else chance).python())
        if made[name] is not passage:
            changed.append(name)
    new = document.changed(made)
    told: dict[str, Any] = {} if len(document.passages) == 1 else {"columns": changed}
    if new is document:
        return sample, {**told, "applied": False}
    return replace(sample, value=new), told


def many(rate: float, of: int, generator: Random) -> int:
    """How many of some units a rate stands for: at least one where it is above 0, as in EDA (Wei and Zou, 2019)."""
    return min(of, max(1, int(rate * of + generator.random()))) if rate > 0 and of else 0


def picked(count: int, of: int, generator: Random) -> list[int]:
    """``count`` different numbers below ``of``, sorted. Draws by ``random()`` only, which no Python version changes."""
    if count >= of:
        return list(range(of))
    found: set[int] = set()
    while len(found) < count:
        found.add(int(generator.random() * of))
    return sorted(found)
