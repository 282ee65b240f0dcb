"""The rows of X: pictures, sounds or texts, as values of their modality and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from typing import Any

import numpy as np

from augment import catalog
from augment.engine.recipe import Recipe
from augment.errors import AugmentError, SampleError
from augment.plain_numpy.advice import alone, for_a_picture, for_a_row, rows_in
from augment.plain_numpy.gathering import Gathered, Listed, Stacked
from augment.sample import Sample

Array = np.ndarray[Any, Any]

LOUD = 100
"""Samples from here on are whole numbers of some depth, not parts of full scale."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What X holds.

    Args:
        kind: The modality.
        values: The rows, each as its modality takes it.
        given: A sample -> a row.
        gathered: How many rows come -> what makes X of them.
        facts: What the values do not say by themselves, as ``Modality.taken`` wants it.
    """

    kind: str
    values: Sequence[Any]
    given: Callable[[Sample], Any]
    gathered: Callable[[int], Gathered]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, row: int) -> Any:
        """The value of a row. Raises SampleError."""
        return catalog.modality(self.kind).taken(self.values[row], self.facts)


def rows_of(x: Any, rate: int | None, recipe: Recipe) -> Rows:
    """What X holds, each row of it checked. Raises AugmentError."""
    values = rows_in("X", x)
    if not len(values):
        raise AugmentError("X: expected at least one row, got none")
    if told := alone(values):
        raise AugmentError(told)
    first = values[0]
    if isinstance(first, str):
        found = _texts(values)
    elif isinstance(first, np.ndarray) and first.dtype == np.uint8:
        lone = first.ndim == 3 and first.shape[2] == 1
        found = Rows("image", values, lambda sample: _pixels(sample, lone), partial(Stacked, values))
    elif isinstance(first, np.ndarray) and first.dtype.kind == "f" and (rate or "audio" in recipe.steps):
        found = _sounds(values, rate)
    else:
        array = isinstance(first, np.ndarray | np.generic)
        got = f"{first.dtype} {first.shape}" if array else type(first).__name__
        told = f"expected pictures (uint8), sounds (float, with rate) or texts, got rows of {got}"
        raise AugmentError(f"X: {told}{for_a_row(values, recipe.steps)}")
    if found.kind not in {*recipe.steps, *recipe.prepare}:
        known = " and ".join(recipe.steps) or "nothing"
        raise AugmentError(f"recipe: expected steps under `{found.kind}:`, which X holds, got steps for {known}")
    for row, value in enumerate(values):
        if told := _wrong(found, row, value):
            raise AugmentError(f"X[{row}]: {told}")
    return found


def _wrong(rows: Rows, row: int, value: Any) -> str:
    """Why a row can't be one, and what mends it; empty where it can."""
    if rows.kind == "text" and not isinstance(value, str):
        return f"expected a text, got {type(value).__name__}"
    try:
        rows.taken(row)
    except SampleError as error:
        mended = for_a_picture(value) if rows.kind == "image" and isinstance(value, np.ndarray) else ""
        return f"{error.detail}{mended}"
    if isinstance(value, str):
        return "" if value.strip() else f"expected a text that is not blank, got {value!r}"
    if not value.size:
        return f"expected something in it, got {value.dtype} {value.shape}"
    return _unheard(value) if rows.kind == "audio" else ""


def _unheard(sound: Array) -> str:
    """Why samples can't be a sound's; empty where they can."""
    if sound.ndim == 2 and sound.shape[0] > sound.shape[1]:
        told = f"expected (channels, frames), got {sound.dtype} {sound.shape}"
        return f"{told}; channels come first: X.transpose(0, 2, 1)"
    peak = max(float(sound.max()), -float(sound.min()))
    if not isfinite(peak):
        return f"expected finite samples, got {peak}"
    if peak >= LOUD:
        return f"expected samples from -1 to 1, got up to {peak:g}; divide those of 16 bits by 32768"
    return ""


def _pixels(sample: Sample, lone: bool) -> Array:
    """A picture as rows have it; one channel alone is gray, and comes back as it was."""
    pixels: Array = sample.value
    return pixels[:, :, None] if lone and pixels.ndim == 2 else pixels


def _sounds(values: Any, rate: int | None) -> Rows:
    """(frames,) or (channels, frames) each."""
    if isinstance(rate, bool) or not isinstance(rate, int | np.integer) or rate < 1:
        raise AugmentError(f"rate: expected that of the sounds in X, Hz, as in rate=16000; got {rate!r}")
    flat = values[0].ndim == 1
    rates: set[int] = set()

    def given(sample: Sample) -> Array:
        value, facts = catalog.modality("audio").plain(sample.value)
        rates.add(facts["rate"])
        if len(rates) > 1:
            raise AugmentError(f"rows come out at {' and '.join(map(str, sorted(rates)))} Hz; put ResampleTo last")
        samples: Array = value
        return samples[0] if flat and len(samples) == 1 else samples

    return Rows("audio", values, given, partial(Stacked, values), {"rate": int(rate)})


def _texts(values: Any) -> Rows:
    def whole(rows: list[Any]) -> Any:
        if isinstance(values, list):
            return rows
        return np.array(rows, values.dtype if values.dtype.kind in "OT" else None)

    texts = [str(value) if isinstance(value, str) else value for value in values]
    given = catalog.modality("text").plain
    return Rows("text", texts, lambda sample: str(given(sample.value)[0]), lambda _: Listed(whole))
