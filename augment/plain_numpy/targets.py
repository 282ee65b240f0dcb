"""The rows of y: what steps know of them, and what becomes of them in a copy."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from augment.annotations import INDEX, Annotations
from augment.engine.plan import written
from augment.engine.recipe import Recipe
from augment.errors import AugmentError
from augment.plain_numpy.advice import rows_in
from augment.plain_numpy.gathering import Gathered, Listed, Stacked
from augment.plain_numpy.rows import Rows
from augment.sample import Dataset, Sample

Array = np.ndarray[Any, Any]

PLACES = {"image": "boxes and keypoints", "audio": "times", "text": "entities, tags and answers"}
"""What says where something is, by modality."""


def targets_of(y: Any, given: Rows, recipe: Recipe) -> Targets:
    """What y holds. Raises AugmentError where steps would make it untrue."""
    leaves = [leaf for kind, leaf in recipe.leaves() if kind == given.kind]
    writers = [leaf.step.name for leaf in leaves if hasattr(leaf.step, "writes")]
    about = written(recipe, Dataset())
    if about.located:
        told = f"{' and '.join(writers)} labels where something is, which rows of arrays can't hold"
        raise AugmentError(f"recipe: {told}; items of augment.stream have it, in item.annotations")
    if about.classes and y is not None:
        told = f"{' and '.join(writers)} writes the classes, which come back as y"
        raise AugmentError(f"y: expected None, for {told}; got {type(y).__name__}")
    count = len(given)
    if y is None:
        return _Written(None, count) if about.classes else Targets(None, count)
    rows = rows_in("y", y)
    if len(rows) != count:
        raise AugmentError(f"y: expected {count} rows, as X has, got {len(rows)}")
    depth = max(_depth(row) for row in rows)
    if depth == 0:
        return _Classes(rows, count) if _classes(rows) else Targets(rows, count)
    if _one_hot(rows):
        return _OneHot(rows, count)
    text = given.kind == "text"  # any edit moves what comes after it
    moving = list(dict.fromkeys(leaf.step.name for leaf in leaves if text or leaf.effect != "keeps"))
    if not moving:
        return Targets(rows, count)
    if given.kind == "image" and all(_fits(mask, value) for mask, value in zip(rows, given.values, strict=True)):
        return _Masks(rows, count)
    _repeatable(rows, depth, given.kind, _said(moving, text))
    return Targets(rows, count)


def _depth(row: Any) -> int:
    """How many axes a row has; 0 for a lone value."""
    if isinstance(row, list | tuple):
        return 1 + max((_depth(part) for part in row), default=0)
    return DEEP if isinstance(row, Mapping) else int(np.ndim(row))


DEEP = 9
"""Axes of what is no array at all."""


def _classes(rows: Any) -> bool:
    """Whether lone values are classes; numbers with a point are not."""
    return np.asarray(rows).dtype.kind in "iubU" or all(isinstance(one, str) for one in rows)


def _one_hot(rows: Any) -> bool:
    found = _table(rows)
    if found is None or found.shape[1] < 2:
        return False
    return bool(((found == 0) | (found == 1)).all() and (found.sum(axis=1) == 1).all())


def _table(rows: Any) -> Array | None:
    """Rows of numbers that are equally long, (N, length); None where they are something else."""
    if len({np.shape(row) if isinstance(row, np.ndarray) else (len(row),) for row in rows if _depth(row) == 1}) != 1:
        return None
    found = np.asarray(rows if _depth(rows[0]) == 1 else None)
    return found if found.ndim == 2 and found.dtype.kind in "biuf" else None


def _fits(mask: Any, picture: Array) -> bool:
    """Whether a row of y could be a mask of its picture."""
    shape: tuple[int, ...] = mask.shape if isinstance(mask, np.ndarray) else ()
    return shape[:2] == picture.shape[:2] and (len(shape) == 2 or (len(shape) == 3 and shape[2] == 1))


def _said(names: list[str], text: bool) -> str:
    verb = "change" if text else "move"
    return f"{' and '.join(names)} {verb}{'s' if len(names) == 1 else ''}{'' if text else ', cut or mix'}"


def _repeatable(rows: Any, depth: int, kind: str, moving: str) -> None:
    """Warn or refuse where rows might say where something is, and would be repeated as if nothing had moved."""
    first = np.shape(rows[0]) if isinstance(rows[0], np.ndarray) else f"{type(rows[0]).__name__} {rows[0]!r:.60}"
    elsewhere = f"{PLACES[kind]} move in augment.stream and augment.run"
    found = _table(rows)
    column = depth == 1 and all(len(row) == 1 for row in rows)
    if depth > 1 or (kind == "text" and found is None and not column):
        fix = {
            "image": "masks move here, (N, height, width) as in X: of one-hot masks give y.argmax(-1); ",
            "text": "several classes of a text go as sets, or as 0 and 1 a class; ",
        }.get(kind, "")
        told = f"y: {moving} what X holds, and rows of {first} would stay as they are"
        raise AugmentError(f"{told}; {fix}{elsewhere}")
    if found is None or found.shape[1] == 1:
        return
    shares = (found >= 0).all() and (found <= 1).all() and np.allclose(found.sum(axis=1), 1, atol=1e-3)
    if shares or ((found == 0) | (found == 1)).all():
        return  # probabilities, or several classes at once
    if kind == "text" and (found != found.round()).any():
        return  # characters and words are counted
    told = f"y: rows of {first} are repeated as they are, while {moving} what X holds"
    warnings.warn(f"{told}; if they say where something is, they are untrue now: {elsewhere}", stacklevel=4)


class Targets:
    """The rows of y, each repeated for its copies; and what others do instead.

    Args:
        rows: As given; None where there are none.
        count: How many X has.
    """

    mixes = False
    """Whether copies of mixed rows can be had; where not, no step gets other rows to mix with."""

    masks = False
    """Whether rows say where something is."""

    def __init__(self, rows: Any, count: int) -> None:
        self.rows = rows
        self.names: list[str | None] = [None] * count
        self.mixes = self.mixes or rows is None

    def annotated(self, row: int) -> Annotations | None:
        """What a row says beside a class."""
        return None

    def of(self, row: int, sample: Sample) -> Any:
        """The row of y that belongs to a copy."""
        return None if self.rows is None else self.rows[row]

    def gathered(self, count: int) -> Gathered:
        """What takes so many of them, and makes y of them."""
        return Listed(self.whole)

    def whole(self, labels: list[Any]) -> Any:
        """Them all, of y's own type."""
        if self.rows is None or isinstance(self.rows, list):
            return None if self.rows is None else labels
        return np.array(labels, dtype=self.rows.dtype)


class _Written(Targets):
    """No y, and the classes that steps write in its place, as texts."""

    def of(self, row: int, sample: Sample) -> Any:
        return sample.label

    def whole(self, labels: list[Any]) -> Any:
        return np.array(labels)


class _Classes(Targets):
    """A class each."""

    mixes = True

    def __init__(self, rows: Any, count: int) -> None:
        super().__init__(rows, count)
        self.names = [str(one) for one in np.asarray(rows)]
        self._known = dict(zip(self.names, rows, strict=True))

    def of(self, row: int, sample: Sample) -> Any:
        if sample.annotations is not None and getattr(sample.annotations, "classes", None):
            told = "a step mixes classes, and y has one a row; give them one-hot"
            raise AugmentError(f"{told}, or leave y out and mix in the training loop")
        if sample.label == self.names[row]:
            return self.rows[row]
        if sample.label in self._known:
            return self._known[sample.label]
        raise AugmentError(f"a step makes the class {sample.label!r}, which y does not have")


class _OneHot(Targets):
    """A class each, (N, classes) of 0 and 1; its name is its place. Those of mixed rows are shares, adding up to 1."""

    mixes = True

    def __init__(self, rows: Any, count: int) -> None:
        super().__init__(rows, count)
        self._table = np.asarray(rows)
        self.names = [str(place) for place in self._table.argmax(axis=1)]
        self._mixed = False

    def of(self, row: int, sample: Sample) -> Any:
        classes = getattr(sample.annotations, "classes", None) or {sample.label or "": 1.0}
        if list(classes) == [self.names[row]]:
            return self.rows[row]
        found = np.zeros(self._table.shape[1])
        for name, share in classes.items():
            if name not in map(str, range(len(found))):
                raise AugmentError(f"a step makes the class {name!r}, which y does not have")
            found[int(name)] += share
        self._mixed = self._mixed or len(classes) > 1
        return found.tolist() if isinstance(self.rows, list) else found

    def whole(self, labels: list[Any]) -> Any:
        if isinstance(self.rows, list):
            return labels
        return np.array(labels, np.float64 if self._mixed and self.rows.dtype.kind != "f" else self.rows.dtype)


class _Masks(Targets):
    """A mask each, whose values are the classes of its picture's pixels."""

    mixes = True
    masks = True

    def __init__(self, rows: Any, count: int) -> None:
        super().__init__(rows, count)
        for row, mask in enumerate(rows):
            good = mask.dtype.kind in "biuf" and (mask >= 0).all() and (mask <= 65535).all()
            if not good or (mask.dtype.kind == "f" and (mask != mask.round()).any()):
                told = f"expected a mask of whole numbers from 0 to 65535, got {mask.dtype}"
                told += f" from {mask.min()} to {mask.max()}" if mask.dtype.kind in "biuf" else ""
                fix = "round it; what is to be ignored is a number that is no class, as in labels: {void: 255}"
                raise AugmentError(f"y[{row}]: {told}; {fix}")
        self._type = np.result_type(*{mask.dtype for mask in rows})

    def annotated(self, row: int) -> Annotations | None:
        from augment.image.labels.bitmaps import encoded

        mask = self.rows[row].reshape(self.rows[row].shape[:2])
        pixels = np.ascontiguousarray(mask, np.uint16 if mask.max() > 255 else np.uint8)
        return Annotations(masks={INDEX: encoded(pixels, None)}, size=(mask.shape[1], mask.shape[0]))

    def of(self, row: int, sample: Sample) -> Any:
        from augment.image.labels.bitmaps import decoded

        pixels, _ = decoded(INDEX, sample.annotations.masks[INDEX])
        mask = self.rows[row]
        return (pixels[:, :, None] if mask.ndim == 3 else pixels).astype(self._type)

    def gathered(self, count: int) -> Gathered:
        return Stacked(self.rows, count)
