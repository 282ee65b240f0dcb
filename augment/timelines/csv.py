"""Tables of timed labels, as DCASE has them: ``filename, onset, offset, event_label``, a row an event.

One table for many recordings, which go by the path of their file, or one a recording without the column of files.
Columns go by their usual names, without case, spaces and signs (``Start (s)``, ``end_time``); a duration may stand for
the offset, and with neither of them events are moments. A row with a file and nothing more is a file without events.
Cells are parted by tabs, commas or semicolons, as the first line has them. A table of one recording may lack the
header: its columns are then onset, offset and label, if need be with spaces between.

All other columns ride along with their event as texts, lists and objects as JSON; empty cells don't. So numbers in
facts come back as texts. A label that is empty is none. See https://dcase.community/documents/challenge2019 (task 4).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Row, Source

ENDINGS = (".csv", ".tsv", ".ann", ".txt")
SHARED = True
BY_PATH = True
TIERS = None

COLUMNS = ("filename", "onset", "offset", "event_label")
"""What our tables begin with; ``tier`` follows where there is another than ``event``."""

FILE: tuple[str, ...] = ("filename", "file", "path", "filepath", "audio", "audiofile", "audiofilename", "audiopath")
FILE += ("wav", "recording")
ONSET: tuple[str, ...] = ("onset", "onsets", "onsettime", "onsetseconds", "start", "starts", "starttime", "starttimes")
ONSET += ("startseconds", "startsec", "begin", "begins", "begintime", "begintimes", "beginseconds")
OFFSET: tuple[str, ...] = ("offset", "offsets", "offsettime", "offsetseconds", "end", "ends", "endtime", "endtimes")
OFFSET += ("endseconds", "endsec", "stop", "stoptime")
DURATION: tuple[str, ...] = ("duration", "durations", "durationseconds", "dur")
LABEL: tuple[str, ...] = ("eventlabel", "label", "class", "event", "category", "eventclass", "classname", "labelname")
LABEL += ("annotation", "species", "tag")
TIER = ("tier",)

FACT = "field."
"""What stands before a fact whose name is that of a column."""

CELL = 2**24
"""Most characters of one cell; Python's own limit of 131,072 is raised only while a row is read."""

NOTHING = frozenset({"", "nan"})


@dataclass(frozen=True, slots=True)
class _Header:
    """The columns of a table: their names, and the places of those that are known; -1: there is none."""

    names: tuple[str, ...]
    separator: str
    file: int
    onset: int
    offset: int
    duration: int
    label: int
    tier: int

    @property
    def timed(self) -> bool:
        """Whether it is a table of events."""
        return self.onset >= 0 and max(self.offset, self.duration, self.label) >= 0


def resembles(begin: str) -> bool:
    """Whether the first line names columns of times, or is a row of a table without header."""
    line = _lines.first(begin)
    if _headless(line):
        return True
    try:
        return _header(line).timed
    except ValueError:
        return False


def resembles_shared(begin: str) -> bool:
    """Whether the first line names columns of files and of times."""
    try:
        found = _header(_lines.first(begin))
    except ValueError:
        return False
    return found.timed and found.file >= 0


def parse(text: str, source: Source) -> Annotations:
    """All events, whatever file is named; see the Timeline protocol."""
    lines = _lines.lines(text)
    if not source.opening:
        line = _lines.first(text)
        if not line:
            return Annotations()
        if _headless(line):
            return Annotations(events=tuple(_bare(text, source)))
        source = Source(source.name, source.before, opening(lines))
        source = Source(source.name, source.before + source.opening.count("\n"), source.opening)
    return Annotations(events=tuple(_lines.events(rows(lines, source), event, source)))


def opening(lines: Iterator[str]) -> str:
    """The line with the names of columns; see the SharedTimeline protocol."""
    blank = ""
    for line in lines:
        if line.strip("\ufeff \t\r\n"):
            return blank + line
        blank += line
    return blank


def rows(lines: Iterator[str], source: Source) -> Iterator[Row]:
    """The rows below the header; see the SharedTimeline protocol. A quote that is never closed is a SampleError."""
    try:
        header = _header(source.opening)
        if not header.timed:
            raise ValueError(f"no columns for onset and offset or label; it has {', '.join(header.names)[:200]}")
    except ValueError as error:
        raise SampleError(_lines.BAD, f"{source.name}:1: {error}") from None
    width, file = len(header.names), header.file
    for line, cells in records(lines, header.separator, source):
        if isinstance(cells, str):
            yield Row(line, "", cells)
        elif cells:
            name = cells[file].strip() if 0 <= file < len(cells) else ""
            yield Row(line, name, cells if len(cells) == width else f"expected {width} cells, got {len(cells)}")


def event(cells: Sequence[str], source: Source) -> Event | None:
    """What a row says. Raises ValueError."""
    header = _header(source.opening)
    start = cells[header.onset].strip()
    places = (header.offset, header.duration, header.label)
    label = cells[header.label] if header.label >= 0 else ""
    if start.lower() in NOTHING:
        if any(place >= 0 and cells[place].strip().lower() not in NOTHING for place in places):
            raise ValueError(f"expected a number for the {header.names[header.onset]}, got nothing")
        return None
    onset = offset = _lines.number(start, header.names[header.onset])
    if header.offset >= 0:
        offset = _lines.number(cells[header.offset], header.names[header.offset])
    elif header.duration >= 0:
        duration = _lines.number(cells[header.duration], header.names[header.duration])
        _lines.span(0, duration)
        offset = _lines.after(onset, duration)
    _lines.span(onset, offset)
    tier = cells[header.tier] if header.tier >= 0 else ""
    known = {header.file, header.onset, header.tier, *places}
    facts = {
        _fact(name): _decoded(cell)
        for place, (name, cell) in enumerate(zip(header.names, cells, strict=True))
        if place not in known and cell != ""
    }
    return Event(onset, offset, label or None, tier or "event", facts)


def portion(annotations: Annotations, recording: str) -> list[dict[str, str]]:
    """The rows of one recording: column -> cell; see the SharedTimeline protocol."""
    found = []
    for one in annotations.events:
        cells = (recording, _lines.clock(one.onset), _lines.clock(one.offset), one.label or "")
        row = dict(zip(COLUMNS, cells, strict=True))
        if one.tier != "event":
            row["tier"] = one.tier
        row.update({_column(name): _encoded(value) for name, value in one.fields.items()})
        found.append(row)
    return found or [{COLUMNS[0]: recording}]


def joined(portions: Callable[[], Iterable[Sequence[Mapping[str, str]]]]) -> Iterator[str]:
    """The whole table; see the SharedTimeline protocol. A first pass finds the columns."""
    found = {name for some in portions() for row in some for name, cell in row.items() if cell}
    tier = ["tier"] if "tier" in found else []
    columns = [*COLUMNS, *tier, *sorted(found - {*COLUMNS, *tier})]
    yield written(columns)
    for some in portions():
        for row in some:
            yield written([row.get(column, "") for column in columns])


def format(annotations: Annotations, recording: str = "") -> str:
    """The table of one recording; see the Timeline protocol."""
    return "".join(joined(lambda: [portion(annotations, recording)]))


def written(cells: Iterable[str]) -> str:
    """A row, with quotes where they are needed (RFC 4180); not by csv, whose quoting depends on Python's version."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    text = cell.replace("\0", "\ufffd")  # Python 3.10 reads no table that has one
    needs = text[:1] in (" ", "\ufeff") or any(sign in text for sign in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if needs else text


@lru_cache(256)
def _header(line: str) -> _Header:
    """The columns that a first line names. Raises ValueError."""
    line = line.lstrip("\ufeff \r\n")
    begin = line.partition("\n")[0]
    separator = next((sign for sign in "\t,;" if sign in begin), ",")
    try:
        cells = next(csv.reader([line.rstrip("\r\n")], delimiter=separator, skipinitialspace=True), [])
    except csv.Error as error:
        raise ValueError(f"expected names of columns: {error}") from None
    names = tuple(name.strip() for name in cells)
    plain = {_plain(name): place for place, name in reversed(list(enumerate(names)))}
    roles = (FILE, ONSET, OFFSET, DURATION, LABEL, TIER)
    return _Header(names, separator, *(next((plain[name] for name in role if name in plain), -1) for role in roles))


def records(lines: Iterator[str], separator: str, source: Source) -> Iterator[tuple[int, list[str] | str]]:
    """Rows as lists of cells with the line that they begin on; a text says what is wrong with a row."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        line = source.before + reader.line_num + 1
        limit = csv.field_size_limit(CELL)
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "expected after" not in str(error) and "NUL" not in str(error):
                why = f"a quote is opened here and never closed ({error})"
                raise SampleError(_lines.BAD, f"{source.name}:{line}: {why}") from None
            yield line, str(error)
            continue
        finally:
            csv.field_size_limit(limit)
        if cells is None:
            return
        yield line, cells


def _bare(text: str, source: Source) -> Iterator[Event]:
    """The events of a table without header. Raises SampleError."""
    for line, row in _lines.numbered(text):
        cells = _split(row)
        try:
            if len(cells) < 2:
                raise ValueError(f"expected onset, offset and label, got {row.strip()[:40]!r}")
            onset, offset = _lines.number(cells[0], "the onset"), _lines.number(cells[1], "the offset")
            _lines.span(onset, offset)
        except ValueError as error:
            raise source.bad(line, error) from None
        yield Event(onset, offset, (cells[2].strip() if len(cells) > 2 else "") or None)


def _headless(line: str) -> bool:
    """Whether a first line is onset, offset and perhaps a label."""
    cells = _split(line)
    return 2 <= len(cells) <= 3 and all(map(_lines.NUMBER.fullmatch, cells[:2]))


def _split(line: str) -> list[str]:
    """Three cells at most."""
    line = line.strip("\ufeff \r\n")
    separator = next((sign for sign in "\t,;" if re.match(rf"[^{sign}]*[0-9]\s*{sign}", line)), None)
    cells = line.split(separator, 2)
    last = cells[2] if len(cells) > 2 else ""
    several = separator in last if separator else len(last.split()) > 1 and _lines.NUMBER.match(last) is not None
    return [] if several else cells


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _column(name: str) -> str:
    """The column of a fact."""
    safe = name.replace("\0", "\ufffd")
    taken = {*map(_plain, COLUMNS), *DURATION, *TIER}
    free = safe and safe == safe.strip().strip("\ufeff") and _plain(safe) not in taken and not safe.startswith(FACT)
    return safe if free and not {"\r", "\n", "\t"} & set(safe) else f"{FACT}{json.dumps(safe)}"


def _fact(column: str) -> str:
    """The reverse of ``_column``; columns that others have called so stay."""
    name = _decoded(column.removeprefix(FACT))
    return name if column.startswith(FACT) and isinstance(name, str) else column


def _encoded(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) and value[:1] not in ("[", "{", '"') else json.dumps(value, default=dict)


def _decoded(cell: str) -> Any:
    """A cell: lists, objects and texts that begin like them are JSON."""
    if cell[:1] in ("[", "{", '"'):
        try:
            return json.loads(cell)
        except (ValueError, RecursionError):
            return cell
    return cell
