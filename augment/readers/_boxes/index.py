"""Which rows belong to which picture, in 40 bytes a run of rows: there may be more rows than memory has room for."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from augment.readers._lines import Spot


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class Index:
    """Runs of rows that follow each other and name the same picture and split.

    Pictures are told apart by the 64-bit hashes of their names. Two names of a million share one with a chance of one
    in ten million; reading them would tell that their rows have changed.
    """

    names: array[int] = field(default_factory=_numbers)
    befores: array[int] = field(default_factory=_numbers)
    starts: array[int] = field(default_factory=_numbers)
    stops: array[int] = field(default_factory=_numbers)
    splits: array[int] = field(default_factory=lambda: array("i"))
    codes: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, split: str, spot: Spot) -> None:
        """One row, in the order of the table."""
        number, code = hash(name), self.codes.setdefault(split, len(self.codes))
        if self.names and self.names[-1] == number and self.splits[-1] == code and self.stops[-1] == spot.start:
            self.stops[-1] = spot.stop
            return
        self.names.append(number)
        self.befores.append(spot.before)
        self.starts.append(spot.start)
        self.stops.append(spot.stop)
        self.splits.append(code)

    def pictures(self) -> Iterator[tuple[set[str], list[Spot]]]:
        """Each picture, in the order of their first rows: the splits its rows name, and where they are."""
        if not self.names:
            return
        names = np.frombuffer(self.names, np.int64)
        order = np.argsort(names, kind="stable")
        firsts = np.append(0, np.flatnonzero(np.diff(names[order])) + 1)
        lasts = np.append(firsts[1:], len(order))
        split_names = list(self.codes)
        for place in np.argsort(order[firsts]).tolist():
            runs = order[firsts[place] : lasts[place]].tolist()
            spots = [Spot(self.befores[run], self.starts[run], self.stops[run]) for run in runs]
            yield {split_names[self.splits[run]] for run in runs}, spots
