"""Plain NumPy, as scikit-learn has it: arrays in, more of the same out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from augment.audio.value import Clip
from augment.engine.held import Held
from augment.engine.recipe import AnyRecipe, Recipe, load
from augment.errors import AugmentError, SampleError
from augment.sample import Sample
from augment.text.value import Document, Passage

if TYPE_CHECKING:
    from typing_extensions import Unpack

Array = np.ndarray[Any, Any]


class Arraying(TypedDict, total=False):
    """What a call of ``arrays`` may say.

    ``multiplier`` and ``seed`` over those of the recipe; ``rate``, Hz, that of sounds; ``groups`` asks for the row of
    X that each row came from.
    """

    multiplier: int | None
    seed: int | None
    rate: int | None
    groups: bool


def arrays(recipe: AnyRecipe, X: Any, y: Any = None, **options: Unpack[Arraying]) -> tuple[Any, ...]:  # noqa: N803
    """Grow arrays: exactly ``multiplier`` rows for each row.

    The rows that come of one row stand together, its original first: those of row ``i`` are ``i * multiplier`` and the
    ``multiplier - 1`` after it. (With ``keep_originals: false`` they are all copies.) Split into training and test
    rows first, or give ``groups`` to scikit-learn's GroupKFold, for copies of one row on both sides are a leak.

    Args:
        recipe: As for ``augment.run``, with steps for what X holds; ``input`` and ``output`` play no part.
        X: Pictures, (N, height, width) or (N, height, width, 1 or 3) uint8; sounds, (N, frames) or (N, channels,
            frames) float, nominally from -1 to 1, with ``rate``; texts, N of them. A list or an array of objects where
            sizes differ.
        y: Anything with N rows; None where there is nothing. Classes, (N,) whole numbers, truths or texts, are known
            to steps, which may change them; all else is repeated.
        options: See Arraying.

    Returns:
        X and y (None where it was), and the rows' groups, (N * multiplier,) int64, if asked for. X has the type that
        it had; an array of objects where sizes differ. Pictures and sounds that come as lists go as lists.

    Raises:
        AugmentError: X, y or an option is wrong, the recipe has no steps for X, a step mixes classes, or a copy can't
            be made (then the message says of which row): there would be too few rows.
    """
    if unknown := [name for name in options if name not in Arraying.__annotations__]:
        raise TypeError(f"arrays() got an unexpected option {unknown[0]!r}")
    checked = load(recipe, multiplier=options.get("multiplier"), seed=options.get("seed"))
    form = _form(X, options.get("rate"), checked)
    classes = _Classes(y, len(form.values))
    bench = Held(checked, form.kind, classes.names, lambda row: form.taken(form.values[row]))
    rows: list[Any] = []
    labels: list[Any] = []
    for row in range(len(form.values)):
        try:
            for _, sample in bench.grown(row):
                rows.append(form.given(sample))
                labels.append(classes.of(row, sample))
        except SampleError as error:
            fix = "; write expand: {duplicates: keep} to have it twice" if error.reason == "shortfall" else ""
            raise AugmentError(f"X[{row}]: {error}{fix}") from error
    groups = np.repeat(np.arange(len(form.values), dtype=np.int64), len(bench.numbers(0)))
    return (form.whole(rows), classes.whole(labels), *([groups] if options.get("groups") else []))


@dataclass(frozen=True, slots=True)
class _Form:
    """How the rows of X become values of a modality, and come back.

    Args:
        kind: The modality.
        values: The rows.
        taken: A row -> a value.
        given: A sample -> a row.
        whole: Rows -> X.
    """

    kind: str
    values: Sequence[Any]
    taken: Callable[[Any], Any]
    given: Callable[[Sample], Any]
    whole: Callable[[list[Any]], Any]


def _form(x: Any, rate: int | None, recipe: Recipe) -> _Form:
    """What X holds. Raises AugmentError."""
    values = x if isinstance(x, np.ndarray | list) else np.asarray(x) if hasattr(x, "__array__") else list(x)
    if not len(values):
        raise AugmentError("X: expected at least one row, got none")
    first = values[0]
    if isinstance(first, str):
        form = _texts(values)
    elif isinstance(first, np.ndarray) and first.dtype == np.uint8:
        form = _pictures(values)
    elif isinstance(first, np.ndarray) and first.dtype.kind == "f" and (rate or "audio" in recipe.steps):
        form = _sounds(values, rate)
    else:
        got = f"{first.dtype} {first.shape}" if isinstance(first, np.ndarray) else type(first).__name__
        fix = "; pictures are 0 to 255: (X * 255).round().astype(np.uint8)" if getattr(first, "ndim", 0) > 1 else ""
        raise AugmentError(f"X: expected pictures (uint8), sounds (float, with rate) or texts, got rows of {got}{fix}")
    if form.kind not in {*recipe.steps, *recipe.prepare}:
        known = " and ".join(recipe.steps) or "nothing"
        raise AugmentError(f"recipe: expected steps under `{form.kind}:`, which X holds, got steps for {known}")
    return form


def _pictures(values: Any) -> _Form:
    """(height, width[, 1 or 3]) each; one channel alone is gray, and comes back as it was."""
    lone = values[0].ndim == 3 and values[0].shape[2] == 1
    for row, value in enumerate(values):
        shaped = isinstance(value, np.ndarray) and (value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (1, 3)))
        if not shaped or value.dtype != np.uint8 or not value.size:
            told = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
            raise AugmentError(f"X[{row}]: expected (height, width) or (height, width, 1 or 3) uint8, got {told}")

    def taken(value: Array) -> Array:
        return np.ascontiguousarray(value[:, :, 0] if value.ndim == 3 and value.shape[2] == 1 else value)

    def given(sample: Sample) -> Array:
        pixels: Array = sample.value
        return pixels[:, :, None] if lone and pixels.ndim == 2 else pixels

    return _Form("image", values, taken, given, lambda rows: _stacked(rows, values))


def _sounds(values: Any, rate: int | None) -> _Form:
    """(frames,) or (channels, frames) each."""
    if isinstance(rate, bool) or not isinstance(rate, int | np.integer) or rate < 1:
        raise AugmentError(f"rate: expected that of the sounds in X, Hz, as in rate=16000; got {rate!r}")
    hertz = int(rate)
    flat = values[0].ndim == 1
    rates: set[int] = set()
    for row, value in enumerate(values):
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f" or value.ndim not in (1, 2) or not value.size:
            told = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
            raise AugmentError(f"X[{row}]: expected (frames,) or (channels, frames) of floats, got {told}")

    def taken(value: Array) -> Clip:
        return Clip(np.ascontiguousarray(np.atleast_2d(value), np.float32), hertz, "FLOAT")

    def given(sample: Sample) -> Array:
        rates.add(sample.value.rate)
        if len(rates) > 1:
            raise AugmentError(f"rows come out at {' and '.join(map(str, sorted(rates)))} Hz; put ResampleTo last")
        samples: Array = sample.value.samples
        return samples[0] if flat and len(samples) == 1 else samples

    return _Form("audio", values, taken, given, lambda rows: _stacked(rows, values))


def _texts(values: Any) -> _Form:
    for row, value in enumerate(values):
        if not isinstance(value, str) or not value.strip():
            raise AugmentError(f"X[{row}]: expected a text that is not blank, got {value!r}")

    def taken(value: str) -> Document:
        return Document({"text": Passage(str(value))})

    def given(sample: Sample) -> str:
        return str(sample.value.texts["text"])

    def whole(rows: list[Any]) -> Any:
        if isinstance(values, list):
            return rows
        return np.array(rows, object if values.dtype == object else None)

    return _Form("text", values, taken, given, whole)


def _stacked(rows: list[Array], like: Any) -> Any:
    """One array where all rows are alike; a list where X was one, else an array of objects."""
    if isinstance(like, list):
        return [np.array(row) for row in rows]
    if like.dtype != object and len({row.shape for row in rows}) == 1:
        return np.stack(rows)
    found = np.empty(len(rows), object)
    for place, row in enumerate(rows):
        found[place] = np.array(row)
    return found


class _Classes:
    """The rows of y: ``names`` is what steps know of them."""

    def __init__(self, y: Any, count: int) -> None:
        self._rows = None if y is None else y if isinstance(y, list) else np.asarray(y)
        if self._rows is not None and len(self._rows) != count:
            raise AugmentError(f"y: expected {count} rows, as X has, got {len(self._rows)}")
        self._listed = isinstance(y, list)
        flat = np.asarray(self._rows) if self._rows is not None and _flat(self._rows) else None
        classes = flat is not None and (flat.dtype.kind in "iubU" or all(isinstance(one, str) for one in flat))
        self.names: list[str | None] = [str(one) for one in flat] if flat is not None and classes else [None] * count
        self._known = {} if flat is None or not classes else dict(zip(self.names, y, strict=True))

    def of(self, row: int, sample: Sample) -> Any:
        """The row of y that belongs to a copy."""
        if self._rows is None:
            return None
        if sample.annotations is not None and getattr(sample.annotations, "classes", None):
            raise AugmentError("a step mixes classes, and y has one a row; leave it out, or mix in the training loop")
        return self._rows[row] if sample.label == self.names[row] else self._renamed(sample.label)

    def _renamed(self, label: str | None) -> Any:
        if label in self._known:
            return self._known[label]
        raise AugmentError(f"a step makes the class {label!r}, which y does not have")

    def whole(self, labels: list[Any]) -> Any:
        """Them all, of y's own type."""
        if self._rows is None or self._listed:
            return None if self._rows is None else labels
        return np.array(labels, dtype=self._rows.dtype)  # type: ignore[union-attr]


def _flat(rows: Any) -> bool:
    return all(np.ndim(row) == 0 for row in rows)
