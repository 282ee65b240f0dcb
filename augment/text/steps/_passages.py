"""How a step is done to the texts of a sample: column by column, each with a chance of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
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

    @pydantic.field_validator("columns")
    @classmethod
    def _named(cls, columns: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        if columns is not None and (not columns or (isinstance(columns, tuple) and "" in columns)):
            raise ValueError("expected names of columns, or nothing for all")
        return columns


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
    options: Columns,
    sample: Sample,
    chance: Chance,
    change: Callable[[Passage, Any, Any], Passage],
    given: Any,
    drawing: Callable[[Chance], Any] | None = Chance.drawing,
) -> tuple[Sample, dict[str, Any]]:
    """Change every text that ``options.columns`` names.

    Args:
        options: Of the step.
        sample: As a step gets it.
        chance: Of the step; the first column draws from it, the others from children with their names.
        change: Passage, Draw (or what else ``drawing`` gives) and ``given`` -> the passage after the step, or the same
            one.
        given: What else ``change`` needs. A closure would do, and take a tenth of a microsecond more.
        drawing: What ``change`` draws from; None: from the chance itself, in bulk.

    Returns:
        The sample, and what provenance keeps: the columns that changed, where there is more than one.
    """
    document: Document = sample.value
    passages, columns = document.passages, options.columns
    if columns is None and len(passages) == 1:  # as all of a file and most of tables have it
        (name,) = passages
        passage = passages[name]
        new = change(passage, chance if drawing is None else drawing(chance), given)
        if new is passage:
            return sample, {"applied": False}
        made = Document({name: new}, None, document.row)
        return (  # as ``valued``, without the call
            Sample(made, sample.label, sample.fields, sample.annotations, sample.notes, sample.key, sample.partners),
            {},
        )
    wanted = (columns,) if isinstance(columns, str) else columns
    others: dict[str, Passage] = {}
    for place, (name, passage) in enumerate(passages.items()):
        if wanted is None or name in wanted:
            own = chance.child(name) if place else chance
            new = change(passage, own if drawing is None else drawing(own), given)
            if new is not passage:
                others[name] = new
    told: dict[str, Any] = {"columns": [*others]}
    if not others:
        return sample, {**told, "applied": False}
    return valued(sample, document.changed(others)), told


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


def bulk(rate: float | tuple[float, float], of: int, chance: Chance, for_each: int) -> tuple[int, Iterator[int], int]:
    """As ``counted``, and what to draw with for each: it is all drawn at once, in a fifth of the time.

    Args:
        rate: As for ``counted``.
        of: How many units there are.
        chance: Of the step.
        for_each: How many numbers each takes.

    Returns:
        How many units; numbers, four times as many as they take, for some come for nothing; and how many bits a number
        has: 16 where there are but FEW units, else 32. ``number * of >> bits`` is each of the units as often.
    """
    octets, unit = (2, 2.0**-16) if of < FEW else (4, 2.0**-32)
    low, high = rate if isinstance(rate, tuple) else (rate, rate)
    wanted = for_each * (int(high * of) + 1) + 2
    numbers = chance.numbers(wanted, octets)
    drawn = chain(numbers, _more(chance, wanted, octets, len(numbers)))
    count = int((low + (high - low) * next(drawn) * unit) * of + next(drawn) * unit)
    if not 0 < count < of:
        count = of if count else min(high > 0, of)
    return count, drawn, 8 * octets


def _more(chance: Chance, wanted: int, octets: int, known: int) -> Iterator[int]:
    yield from chance.numbers(4 * wanted, octets)[known:]


FEW = 256
"""Units: so few are drawn by 16 bits, each as often to one in 256."""


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
