"""How a step is done to the texts of a sample: column by column, each with a chance of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Protocol

import pydantic

from augment.chance import Chance, Draws
from augment.options import Options
from augment.sample import Sample
from augment.text.value import Document, Passage


class Numbers(Protocol):
    """What steps draw from: ``chance.draws()``, or any other generator."""

    @property
    def random(self) -> Callable[[], float]:
        """The next number in [0, 1)."""


Draw = Callable[[], float]
"""The same, bare: ``chance.drawing()``, or the ``random`` of Numbers."""


class Columns(Options):
    """What all steps of texts take."""

    columns: str | tuple[str, ...] | None = pydantic.Field(
        None, description="Which of a row's texts, such as `question`; all of them where not said."
    )


def _share(value: Any) -> Any:
    """A share as it may stand in a recipe. Raises ValueError."""
    ends = [*value] if isinstance(value, (list, tuple)) and len(value) == 2 else [value, value]
    if any(isinstance(end, bool) or not isinstance(end, (int, float)) for end in ends) or not (
        0 <= ends[0] <= ends[1] <= 1
    ):
        raise ValueError("expected a number from 0 to 1, or [low, high]")
    return float(ends[0]) if ends[0] == ends[1] else (float(ends[0]), float(ends[1]))


Rate = Annotated[float | tuple[float, float], pydantic.BeforeValidator(_share)]
"""The share of some units that a step changes, or from where to where it is drawn; 0 does nothing."""


def each(
    options: Columns, sample: Sample, chance: Chance, change: Callable[[Passage, Any], Passage]
) -> tuple[Sample, dict[str, Any]]:
    """As ``each_with`` for what needs nothing beside a passage and Numbers."""
    return each_with(options, sample, chance, _called, change)


def _called(passage: Passage, draw: Draw, change: Callable[[Passage, Any], Passage]) -> Passage:
    return change(passage, Draws(draw))


def each_with(
    options: Columns, sample: Sample, chance: Chance, change: Callable[[Passage, Draw, Any], Passage], given: Any
) -> tuple[Sample, dict[str, Any]]:
    """Change every text that ``options.columns`` names.

    Args:
        options: Of the step.
        sample: As a step gets it.
        chance: Of the step; the first column draws from it, the others from children with their names.
        change: Passage, Draw and ``given`` -> the passage after the step, or the same one.
        given: What else ``change`` needs. A closure would do, and take a tenth of a microsecond more.

    Returns:
        The sample, and what provenance keeps: the columns that changed, where there is more than one.
    """
    document: Document = sample.value
    passages, columns = document.passages, options.columns
    if columns is None and len(passages) == 1:  # as all of a file and most of tables have it
        (name,) = passages
        passage = passages[name]
        new = change(passage, chance.drawing(), given)
        if new is passage:
            return sample, {"applied": False}
        return valued(sample, Document({name: new}, None, document.row)), {}
    wanted = (columns,) if isinstance(columns, str) else columns
    made: dict[str, Passage] = {}
    for place, (name, passage) in enumerate(passages.items()):
        if wanted is None or name in wanted:
            new = change(passage, (chance.child(name) if place else chance).drawing(), given)
            if new is not passage:
                made[name] = new
    told: dict[str, Any] = {"columns": [*made]}
    if not made:
        return sample, {**told, "applied": False}
    return valued(sample, document.changed(made)), told


def valued(sample: Sample, document: Document) -> Sample:
    """A sample with another value. ``dataclasses.replace`` takes 1 us more for it, a tenth of what a step does."""
    return Sample(document, sample.label, sample.fields, sample.annotations, sample.notes, sample.key, sample.partners)


def share(rate: float | tuple[float, float], draw: Draw) -> float:
    """A rate, or one drawn from where to where it goes."""
    return rate[0] + (rate[1] - rate[0]) * draw() if isinstance(rate, tuple) else rate


def many(rate: float | tuple[float, float], of: int, generator: Numbers) -> int:
    """How many of some units a rate stands for: at least one where it is above 0, as in EDA (Wei and Zou, 2019)."""
    return counted(rate, of, generator.random)


def counted(rate: float | tuple[float, float], of: int, draw: Draw) -> int:
    """As ``many``."""
    if isinstance(rate, tuple):
        rate = share(rate, draw)
    count = int(rate * of + draw())
    if 0 < count < of:
        return count
    return of if count else min(rate > 0, of)


def picked(count: int, of: int, generator: Numbers) -> list[int]:
    """``count`` different numbers below ``of``, sorted, by ``random()`` only, which no Python version changes."""
    if count >= of:
        return list(range(of))
    random = generator.random
    if 2 * count > of:  # fewer are left out than taken
        left_out = set(picked(of - count, of, generator))
        return [number for number in range(of) if number not in left_out]
    found: set[int] = set()
    while len(found) < count:
        found.add(int(random() * of))
    return sorted(found)
