"""Audacity's label track: ``onset TAB offset TAB label`` a line; a point label begins where it ends.

A label with a spectral selection has a second line, ``\\ TAB low TAB high`` in Hz (-1: open); these ride along as
the event's ``low_hz`` and ``high_hz``. Commas for points, as some systems' Audacity has written them, are understood.
A track has no name in the file: events are read as of tier ``event``, and those of any one tier are written. Other
facts of an event are not written, tabs and line ends in labels become spaces, and an empty label is none.
https://manual.audacityteam.org/man/importing_and_exporting_labels.html
"""

from __future__ import annotations

import re
from dataclasses import replace

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Source

ENDINGS = (".txt",)
SHARED = False
TIERS = None

SPECTRUM = "\\"
LOW, HIGH = "low_hz", "high_hz"

_COMMA = re.compile(r"\s*-?[0-9]+,[0-9]+\s*")


def resembles(begin: str) -> bool:
    """Whether the first line has two numbers with a tab between."""
    cells = _lines.first(begin).split("\t")
    return len(cells) >= 2 and all(_lines.NUMBER.fullmatch(_pointed(cell)) for cell in cells[:2])


def parse(text: str, source: Source) -> Annotations:
    """All labels; see the Timeline protocol."""
    events: list[Event] = []
    for line, written in _lines.numbered(text):
        try:
            cells = written.split("\t", 2)
            if cells[0].strip() == SPECTRUM:
                events.append(_spectral(cells, events))
            elif len(cells) < 2:
                raise ValueError(f"expected onset, offset and label with tabs between, got {written[:40]!r}")
            else:
                onset, offset = (_lines.number(_pointed(cell), "a time") for cell in cells[:2])
                _lines.span(onset, offset)
                events.append(Event(onset, offset, (cells[2] if len(cells) > 2 else "") or None))
        except ValueError as error:
            raise source.bad(line, error) from None
    return Annotations(events=tuple(events))


def format(annotations: Annotations, recording: str = "") -> str:
    """All labels; see the Timeline protocol."""
    tiers = sorted({event.tier for event in annotations.events})
    if len(tiers) > 1:
        raise SampleError(_lines.REASON, f"a label track holds one tier, not {', '.join(tiers)[:80]}; try kind: csv")
    return "".join(_written(event) for event in annotations.events)


def _written(event: Event) -> str:
    text = f"{_lines.clock(event.onset)}\t{_lines.clock(event.offset)}\t{_lines.single_line(event.label)}\n"
    band = [event.fields.get(name) for name in (LOW, HIGH)]
    if any(isinstance(side, bool) or not isinstance(side, int | float) for side in band):
        return text
    return f"{text}{SPECTRUM}\t{_lines.clock(float(band[0] or 0))}\t{_lines.clock(float(band[1] or 0))}\n"


def _spectral(cells: list[str], events: list[Event]) -> Event:
    """The last label with its band of frequencies; takes it from the list. Raises ValueError."""
    if len(cells) < 3:
        raise ValueError("expected two frequencies after the backslash, with tabs between")
    low, high = (_lines.number(_pointed(cell), "a frequency") for cell in cells[1:3])
    if not events:
        raise ValueError("a line of frequencies stands before any label")
    last = events.pop()
    return replace(last, fields={**last.fields, LOW: low, HIGH: high})


def _pointed(cell: str) -> str:
    return cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell
