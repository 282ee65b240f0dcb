"""What is said in each recording: ``transcripts.csv`` with the columns filename and transcript. Not a kind of its own,
but the companion of all kinds, which have no place for it; see the SharedTimeline protocol for the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from augment.annotations import Annotations
from augment.timelines import csv
from augment.timelines._lines import Row, Source

NAME = "transcripts.csv"
COLUMNS = ("filename", "transcript")


def resembles(begin: str) -> bool:
    """Whether the first line is that of our own tables."""
    return begin.removeprefix("\ufeff").partition("\n")[0].strip() == ",".join(COLUMNS)


def opening(lines: Iterator[str]) -> str:
    """The header."""
    return csv.opening(lines)


def rows(lines: Iterator[str], source: Source) -> Iterator[Row]:
    """The rows below the header."""
    for line, cells in csv.records(lines, ",", source):
        if isinstance(cells, str):
            yield Row(line, "", cells)
        elif cells:
            whole = len(cells) == len(COLUMNS)
            yield Row(line, cells[0], cells if whole else f"expected {len(COLUMNS)} cells, got {len(cells)}")


def portion(annotations: Annotations, recording: str) -> list[str] | None:
    """One recording's row; None where it is not told what is said."""
    return None if annotations.transcript is None else [recording, annotations.transcript]


def joined(portions: Callable[[], Iterable[Sequence[str] | None]]) -> Iterator[str]:
    """The whole table."""
    yield csv.written(COLUMNS)
    yield from (csv.written(row) for row in portions() if row is not None)
