"""NIST's CTM, the words with their times: ``recording channel onset duration word [confidence]`` a line.

One file for many recordings, which go by their name without ending, or one a recording. Events are of tier ``word``.
The channel, where it is not 1, and the confidence ride along as texts. Comments (``;;``) and the marks of alternatives
(with ``*`` for times) are passed over. White space in a word is written as ``_``; other facts are not written, and a
word without text is refused. https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Row, Source

ENDINGS = (".ctm",)
SHARED = True
BY_PATH = False
TIERS = frozenset({"word"})
CHANNEL = "1"


def resembles(begin: str) -> bool:
    """Whether the first line is one of a CTM."""
    cells = _lines.first(begin).split()
    return begin.startswith(";;") or (
        len(cells) >= 5 and all(cell == "*" or _lines.NUMBER.fullmatch(cell) for cell in cells[2:4])
    )


def opening(lines: Iterator[str]) -> str:
    """None; see the SharedTimeline protocol."""
    return ""


def rows(lines: Iterator[str], source: Source) -> Iterator[Row]:
    """The lines of words; see the SharedTimeline protocol."""
    for line, written in enumerate(lines, source.before + 1):
        cells = written.removeprefix("\ufeff").split()
        if not cells or cells[0].startswith(";;") or cells[2:3] == ["*"]:
            continue
        yield Row(line, cells[0], cells if len(cells) >= 5 else f"expected 5 or 6 columns, got {len(cells)}")


def event(cells: Sequence[str], source: Source) -> Event:
    """What is said. Raises ValueError."""
    onset, duration = _lines.number(cells[2], "the onset"), _lines.number(cells[3], "the duration")
    _lines.span(0, duration)
    fields = {} if cells[1] == CHANNEL else {"channel": cells[1]}
    if len(cells) > 5:
        fields["confidence"] = cells[5]
    return Event(onset, _lines.after(onset, duration), cells[4], "word", fields)


def parse(text: str, source: Source) -> Annotations:
    """All words, whatever recording is named; see the Timeline protocol."""
    return Annotations(events=tuple(_lines.events(rows(_lines.lines(text), source), event, source)))


def portion(annotations: Annotations, recording: str) -> str:
    """The lines of one recording; see the SharedTimeline protocol."""
    return "".join(_written(event, recording) for event in _lines.only(annotations, TIERS, "a CTM"))


def joined(portions: Callable[[], Iterable[str]]) -> Iterator[str]:
    """One after the other."""
    yield from portions()


def format(annotations: Annotations, recording: str = "") -> str:
    """The lines of one recording; see the Timeline protocol."""
    return portion(annotations, recording or "recording")


def _written(event: Event, recording: str) -> str:
    text = _lines.word(event.label, "")
    if not text:
        raise SampleError(_lines.REASON, f"the word at {_lines.clock(event.onset)} s has no text, which a CTM needs")
    channel, confidence = (_told(event, name) for name in ("channel", "confidence"))
    times = f"{_lines.clock(event.onset)} {_lines.apart(event.onset, event.offset)}"
    head = f"{_lines.word(recording, 'recording')} {channel or CHANNEL} {times} {text}"
    return f"{head} {confidence}\n" if confidence else f"{head}\n"


def _told(event: Event, name: str) -> str:
    value = event.fields.get(name)
    return _lines.word(value, "") if isinstance(value, str | int | float) else ""
