"""What makes rows of X of something that is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isqrt
from typing import Any

import numpy as np

from augment.errors import AugmentError

Array = np.ndarray[Any, Any]

LEAST = 4
"""Pixels of the smallest side for which flat rows are taken for square pictures."""


def rows_in(name: str, given: Any) -> Any:
    """Rows as a list or an array. Raises AugmentError where there are none, or some of their values are masked."""
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.is_masked(given):
            fix = f"fill them, as with {name}.filled(0), or leave those rows out"
            raise AugmentError(f"{name}: expected an array without masked values; {fix}")
        given = given.data
    told = f"{name}: expected rows, got {type(given).__name__}"
    if hasattr(given, "toarray"):
        raise AugmentError(f"{told}; {name}.toarray() has them")
    if isinstance(given, str | bytes):
        raise AugmentError(f"{told}; a row alone is [{name}]")
    if isinstance(given, list):
        return given
    if hasattr(given, "__array__"):
        found = np.asarray(given)
        if not found.ndim:
            raise AugmentError(told)
        return found
    if isinstance(given, Mapping | set | frozenset) or not hasattr(given, "__iter__"):
        raise AugmentError(told)
    return list(given)


def alone(x: Any) -> str:
    """What is wrong with X where it looks like one picture and no rows of them; empty where all is well."""
    if not isinstance(x, np.ndarray) or x.dtype != np.uint8:
        return ""
    if (x.ndim == 3 and x.shape[2] in (1, 3)) or (x.ndim == 2 and x.shape[0] == x.shape[1]):
        expected = "X: expected (N, height, width) or (N, height, width, 1 or 3)"
        return f"{expected}, got uint8 {x.shape}; one picture alone is X[None]"
    return ""


def for_a_picture(row: Array) -> str:
    """How a row of another shape becomes a picture; empty where that is not clear."""
    if row.ndim == 3 and row.shape[0] in (1, 3):
        return "; channels come last: X.transpose(0, 2, 3, 1)"
    if row.ndim == 3 and row.shape[2] == 4:
        return "; without transparency: X[..., :3]"
    side = isqrt(row.size)
    if row.ndim == 1 and side >= LEAST and side * side == row.size:
        return f"; pictures in flat rows: X.reshape(-1, {side}, {side})"
    return ""


def for_a_row(values: Any, kinds: Collection[str]) -> str:
    """How rows of another type become pictures, sounds or texts, of which a recipe has steps for some kinds."""
    rows = [values] if isinstance(values, np.ndarray) and values.dtype != object else list(values)
    if isinstance(values[0], np.ndarray) and values[0].dtype.kind in "UTO":
        return "; texts are (N,), one column"
    if isinstance(values[0], np.floating) and "audio" in kinds:
        return "; one sound alone is X[None]"
    if not all(isinstance(row, np.ndarray) and row.dtype.kind in "biuf" and row.size for row in rows):
        return ""
    kind, axes = rows[0].dtype.kind, rows[0].ndim - (len(rows) == 1 and rows[0] is values)
    if "audio" in kinds and kind == "i" and rows[0].itemsize <= 4:
        return f"; sounds are floats from -1 to 1: X.astype(np.float32) / {np.iinfo(rows[0].dtype).max + 1}"
    if axes < 2:
        return for_a_picture(values[0]) if "image" in kinds else ""
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
