"""Beats as the Ballroom, SMC and GTZAN sets have them: ``time position-in-bar`` a line, white space between.

A beat is a moment of tier ``beat``, its label the position as it is written (``1`` is a downbeat), or none. Other
facts are not written. https://github.com/CPJKU/BallroomAnnotations
"""

from __future__ import annotations

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Source

ENDINGS = (".beats",)
SHARED = False
TIERS = frozenset({"beat"})


def resembles(begin: str) -> bool:
    """Whether the first line begins with a number."""
    cells = _lines.first(begin).split(None, 1)
    return bool(cells) and _lines.NUMBER.fullmatch(cells[0]) is not None


def parse(text: str, source: Source) -> Annotations:
    """All beats; see the Timeline protocol."""
    events = []
    for line, written in _lines.numbered(text):
        cells = written.split(None, 1)
        try:
            time = _lines.number(cells[0], "the time of a beat")
        except ValueError as error:
            raise source.bad(line, error) from None
        events.append(Event(time, time, cells[1].strip() if len(cells) > 1 else None, "beat"))
    return Annotations(events=tuple(events))


def format(annotations: Annotations, recording: str = "") -> str:
    """All beats; see the Timeline protocol. What lasts is refused: a beat has no end."""
    found = []
    for event in _lines.only(annotations, TIERS, "a file of beats"):
        if _lines.near(event.offset) != _lines.near(event.onset):
            raise SampleError(
                _lines.REASON, f"the beat at {_lines.clock(event.onset)} s lasts, and a beat is a moment"
            )
        found.append(f"{_lines.clock(event.onset)} {_lines.single_line(event.label)}".strip() + "\n")
    return "".join(found)
