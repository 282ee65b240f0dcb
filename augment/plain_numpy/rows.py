"""The rows of X: pictures, sounds or texts, as values of their modality and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from augment import catalog
from augment.engine.recipe import Recipe
from augment.errors import AugmentError, SampleError
from augment.sample import Sample

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """What X holds.

    Args:
        kind: The modality.
        values: The rows, each as its modality takes it.
        given: A sample -> a row.
        whole: Rows -> X.
        facts: What the values do not say by themselves, as ``Modality.taken`` wants it.
    """

    kind: str
    values: Sequence[Any]
    given: Callable[[Sample], Any]
    whole: Callable[[list[Any]], Any]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def taken(self, row: int) -> Any:
        """The value of a row. Raises SampleError."""
        return catalog.modality(self.kind).taken(self.values[row], self.facts)


def rows_of(x: Any, rate: int | None, recipe: Recipe) -> Rows:
    """What X holds, each row of it checked. Raises AugmentError."""
    values: Any = x if isinstance(x, np.ndarray | list) else np.asarray(x) if hasattr(x, "__array__") else list(x)
    if not len(values):
        raise AugmentError("X: expected at least one row, got none")
    first = values[0]
    if isinstance(first, str):
        found = _texts(values)
    elif isinstance(first, np.ndarray) and first.dtype == np.uint8:
        lone = first.ndim == 3 and first.shape[2] == 1
        found = Rows("image", values, lambda sample: _pixels(sample, lone), lambda rows: stacked(rows, values))
    elif isinstance(first, np.ndarray) and first.dtype.kind == "f" and (rate or "audio" in recipe.steps):
        found = _sounds(values, rate)
    else:
        got = f"{first.dtype} {first.shape}" if isinstance(first, np.ndarray) else type(first).__name__
        told = f"expected pictures (uint8), sounds (float, with rate) or texts, got rows of {got}"
        raise AugmentError(f"X: {told}{_advice(values)}")
    if found.kind not in {*recipe.steps, *recipe.prepare}:
        known = " and ".join(recipe.steps) or "nothing"
        raise AugmentError(f"recipe: expected steps under `{found.kind}:`, which X holds, got steps for {known}")
    for row, value in enumerate(values):
        try:
            found.taken(row)
        except SampleError as error:
            raise AugmentError(f"X[{row}]: {error.detail}") from None
        if isinstance(value, str) and not value.strip():
            raise AugmentError(f"X[{row}]: expected a text that is not blank, got {value!r}")
        if not np.size(value):
            raise AugmentError(f"X[{row}]: expected something in it, got {value.dtype} {value.shape}")
    return found


def _advice(values: Any) -> str:
    """How pictures of another type become uint8; empty where these are none."""
    rows = [values] if isinstance(values, np.ndarray) and values.dtype != object else list(values)
    if not all(isinstance(row, np.ndarray) and row.dtype.kind in "biuf" and row.size for row in rows):
        return ""
    kind, axes = rows[0].dtype.kind, rows[0].ndim - (len(rows) == 1 and rows[0] is values)
    if axes < 2:
        return ""
    low, high = min(float(row.min()) for row in rows), max(float(row.max()) for row in rows)
    if kind == "f" and 0 <= low <= high <= 1:
        return "; pictures are 0 to 255: (X * 255).round().astype(np.uint8)"
    if kind == "f" and -1 <= low <= high <= 1:
        return "; pictures are 0 to 255: ((X + 1) * 127.5).round().astype(np.uint8)"
    if kind == "b":
        return "; pictures are 0 to 255: X.astype(np.uint8) * 255"
    if 0 <= low <= high <= 255:
        whole = all((row == row.round()).all() for row in rows)
        return f"; these go from 0 to 255 already: X{'' if whole else '.round()'}.astype(np.uint8)"
    return f"; pictures are 0 to 255, and these go from {low:g} to {high:g}: scale them first, then .astype(np.uint8)"


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

    return Rows("audio", values, given, lambda rows: stacked(rows, values), {"rate": int(rate)})


def _texts(values: Any) -> Rows:
    def whole(rows: list[Any]) -> Any:
        if isinstance(values, list):
            return rows
        return np.array(rows, object if values.dtype == object else None)

    texts = [str(value) if isinstance(value, str) else value for value in values]
    return Rows("text", texts, lambda sample: str(catalog.modality("text").plain(sample.value)[0]), whole)


def stacked(rows: list[Array], like: Any) -> Any:
    """One array where all rows are alike; a list where X was one, else an array of objects."""
    types = sorted({str(row.dtype) for row in rows})
    if len(types) > 1:
        told = f"rows come out as {' and '.join(types)}, with values that mean different things"
        raise AugmentError(
            f"recipe: {told}; leave out the step that makes floats (Normalize, ToFloat), and do that in the training "
            "loop, or let it fire always (p: 1) and write expand: {keep_originals: false}"
        )
    if isinstance(like, list):
        return [np.array(row) for row in rows]
    if like.dtype != object and len({row.shape for row in rows}) == 1:
        return np.stack(rows)
    found = np.empty(len(rows), object)
    for place, row in enumerate(rows):
        found[place] = np.array(row)
    return found
