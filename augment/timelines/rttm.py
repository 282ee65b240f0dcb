"""NIST's RTTM, who speaks when: ``SPEAKER file channel onset duration <NA> <NA> name confidence <NA>`` a line.

One file for many recordings, which go by their name without ending, or one a recording. Events are of tier
``speaker``. Channel, orthography, subtype, confidence and lookahead ride along as texts where they say something
(a channel of 1 says nothing). Lines of other types and comments (``;;``) are passed over. White space in a name is
written as ``_``; other facts are not written.
https://catalog.ldc.upenn.edu/docs/LDC2004T12/RTTM-format-v13.pdf
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from augment.annotations import Annotations, Event
from augment.timelines import _lines
from augment.timelines._lines import Row, Source

ENDINGS = (".rttm",)
SHARED = True
BY_PATH = False
TIERS = frozenset({"speaker"})

TYPE, NOTHING, CHANNEL = "SPEAKER", "<NA>", "1"
FACTS = {"channel": 2, "ortho": 5, "subtype": 6, "confidence": 8, "lookahead": 9}
"""Name of a fact -> its column."""


def resembles(begin: str) -> bool:
    """Whether the first line is one of an RTTM."""
    cells = _lines.first(begin).split()
    return begin.startswith(";;") or (len(cells) >= 9 and cells[0].replace("-", "").isupper())


def opening(lines: Iterator[str]) -> str:
    """None; see the SharedTimeline protocol."""
    return ""


def rows(lines: Iterator[str], source: Source) -> Iterator[Row]:
    """The lines of speakers; see the SharedTimeline protocol."""
    for line, written in enumerate(lines, source.before + 1):
        cells = written.removeprefix("\ufeff").split()
        if cells and cells[0] == TYPE:
            yield Row(line, cells[1] if len(cells) > 1 else "", cells if len(cells) >= 8 else _short(cells))


def event(cells: Sequence[str], source: Source) -> Event:
    """Who speaks. Raises ValueError."""
    onset, duration = _lines.number(cells[3], "the onset"), _lines.number(cells[4], "the duration")
    _lines.span(0, duration)
    fields = {name: cells[place] for name, place in FACTS.items() if len(cells) > place and cells[place] != NOTHING}
    if fields.get("channel") == CHANNEL:
        del fields["channel"]
    label = None if cells[7] == NOTHING else cells[7]
    return Event(onset, _lines.after(onset, duration), label, "speaker", fields)


def parse(text: str, source: Source) -> Annotations:
    """All speakers, whatever recording is named; see the Timeline protocol."""
    return Annotations(events=tuple(_lines.events(rows(_lines.lines(text), source), event, source)))


def portion(annotations: Annotations, recording: str) -> str:
    """The lines of one recording; see the SharedTimeline protocol."""
    return "".join(_written(event, recording) for event in _lines.only(annotations, TIERS, "an RTTM"))


def joined(portions: Callable[[], Iterable[str]]) -> Iterator[str]:
    """One after the other."""
    yield from portions()


def format(annotations: Annotations, recording: str = "") -> str:
    """The lines of one recording; see the Timeline protocol."""
    return portion(annotations, recording or "recording")


def _written(event: Event, recording: str) -> str:
    cells = [TYPE, _lines.word(recording, "recording"), CHANNEL, _lines.clock(event.onset)]
    cells += [_lines.apart(event.onset, event.offset), *[NOTHING] * 2, _lines.word(event.label, NOTHING)]
    cells += [NOTHING] * 2
    for name, place in FACTS.items():
        if isinstance(event.fields.get(name), str | int | float):
            cells[place] = _lines.word(event.fields[name], cells[place])
    return " ".join(cells) + "\n"


def _short(cells: Sequence[str]) -> str:
    return f"expected 10 columns (8 at least) of a SPEAKER line, got {len(cells)}"
