"""Rows on their way into what X and y are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from augment.errors import AugmentError

Array = np.ndarray[Any, Any]


class Gathered(Protocol):
    """Takes rows one after the other."""

    def add(self, row: Any) -> None:
        """One more. Raises AugmentError where it does not go with those before."""

    def whole(self) -> Any:
        """Them all."""


class Listed:
    """Rows as they are; ``made`` makes of their list what they become in the end."""

    def __init__(self, made: Callable[[list[Any]], Any]) -> None:
        self._made = made
        self._rows: list[Any] = []

    def add(self, row: Any) -> None:
        """See Gathered."""
        self._rows.append(row)

    def whole(self) -> Any:
        """See Gathered."""
        return self._made(self._rows)


class Stacked:
    """Arrays: one where all rows are alike; a list where X was one, else an array of objects.

    Rows that are alike are laid into one block as they come, for a list of them and the block made of it would be in
    memory at once.

    Args:
        like: X, or masks that go with it.
        count: How many rows come.
    """

    def __init__(self, like: Any, count: int) -> None:
        self._listed = isinstance(like, list)
        self._blocked = not self._listed and like.dtype != object
        self._count = count
        self._block: Array | None = None
        self._rows: list[Array] = []
        self._type: np.dtype[Any] | None = None
        self._taken = 0

    def add(self, row: Array) -> None:
        """One more. Raises AugmentError where it is of another type than those before."""
        if self._type is None:
            self._type = row.dtype
            if self._blocked:
                self._block = np.empty((self._count, *row.shape), row.dtype)
        elif row.dtype != self._type:
            types = " and ".join(sorted({str(row.dtype), str(self._type)}))
            raise AugmentError(
                f"recipe: rows come out as {types}, with values that mean different things; leave out the step that "
                "makes floats (Normalize, ToFloat), and do that in the training loop, or let it fire always (p: 1) "
                "and write expand: {keep_originals: false}"
            )
        if self._block is not None and row.shape != self._block.shape[1:]:
            self._rows = [np.array(one) for one in self._block[: self._taken]]
            self._block = None
        if self._block is None:
            self._rows.append(np.array(row))
        else:
            self._block[self._taken] = row
        self._taken += 1

    def whole(self) -> Any:
        """See Gathered."""
        if self._block is not None or self._listed:
            return self._rows if self._block is None else self._block
        found = np.empty(len(self._rows), object)
        for place, row in enumerate(self._rows):
            found[place] = row
        return found
