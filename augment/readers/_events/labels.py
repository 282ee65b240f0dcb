"""The labels of one sound, read from where its entry says that they are."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace
from pathlib import Path

from augment import timelines
from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.readers import _files
from augment.readers._events import layout as _layout
from augment.readers._events import listing, tables
from augment.readers._events.listing import TRANSCRIPT
from augment.readers._events.tables import Table, normal
from augment.readers._lines import Lines, Spot
from augment.sample import Entry
from augment.timelines import SharedTimeline, _lines, _transcripts
from augment.timelines._lines import Row, Source


def read(home: str, entry: Entry, encoding: str) -> Annotations:
    """All of them. Raises SampleError, with file and line."""
    found = Annotations()
    for kind, name, spots in listing.read(entry.annotations):
        more = whole(home, name, kind, encoding) if spots is None else _cut(home, entry, (kind, name, spots), encoding)
        found = replace(
            found,
            events=found.events + more.events,
            duration=found.duration if more.duration is None else more.duration,
            fields={**found.fields, **more.fields},
            transcript=found.transcript if more.transcript is None else more.transcript,
        )
    return found


def whole(home: str, name: str, kind: str, encoding: str) -> Annotations:
    """A file of one recording. Raises SampleError."""
    try:
        data = _files.read_below(Path(home), name)
    except SampleError as error:
        raise SampleError(f"labels {error.reason}", f"{name}: {error.detail}") from None
    how = _layout.coding(data, encoding)
    try:
        text = data.decode(how)
    except UnicodeError as error:
        line = data.count(b"\n", 0, getattr(error, "start", 0)) + 1
        why = f"not {how} text; say which it is, as in input: {{encoding: latin-1}}"
        raise SampleError(_lines.BAD, f"{name}:{line}: {why}") from None
    shared = timelines.shared(kind)
    mine = _mine(shared, text, name) if shared is not None else None
    return timelines.timeline(kind).parse(text, Source(name)) if mine is None else mine


def _mine(shared: SharedTimeline, text: str, name: str) -> Annotations | None:
    """The events of the recording that a file is called like; None where it names one only. Raises SampleError."""
    lines = _lines.lines(text)
    opening = shared.opening(lines)
    source = Source(name, opening.count("\n"), opening)
    try:
        rows = list(shared.rows(lines, source))
    except SampleError:
        return None  # it has no header, and can't name any
    stem = os.path.splitext(posixpath.basename(name))[0]
    named = {row.recording for row in rows if row.recording}
    if len(named) < 2:
        return None
    own = {one for one in named if os.path.splitext(posixpath.basename(normal(one)))[0] == stem or normal(one) == stem}
    if not own:
        raise SampleError(_lines.BAD, f"{name}: labels of {len(named)} recordings, none of which is {stem}")
    return Annotations(
        events=tuple(_lines.events((row for row in rows if row.recording in own), shared.event, source))
    )


def _cut(home: str, entry: Entry, labels: tuple[str, str, list[Spot]], encoding: str) -> Annotations:
    """The rows of one recording in a table. Raises SampleError."""
    kind, name, spots = labels
    shared = timelines.shared(kind) if kind != TRANSCRIPT else None
    table = Table(home, name, shared or _transcripts, encoding)
    rows: list[Row] = []
    try:
        with open(os.path.join(home, name), "rb") as file:
            opening = table.kind.opening(iter(Lines(file, encoding)))
            for spot in spots:
                found = list(tables.at(file, table, spot, opening))
                if not found or not all(_is(row.recording, entry.locator) for row in found):
                    raise SampleError("changed", f"{name}:{spot.before + 1} has changed since it was listed")
                rows += found
    except (OSError, UnicodeError) as error:
        raise SampleError("changed", f"{name} can't be read any more: {error}") from None
    if shared is None:
        return Annotations(transcript=_said(rows, name))
    return Annotations(events=_events(shared, rows, Source(name, 0, opening)))


def _events(shared: SharedTimeline, rows: list[Row], source: Source) -> tuple[Event, ...]:
    return tuple(_lines.events(rows, shared.event, source))


def _said(rows: list[Row], name: str) -> str:
    row = rows[-1]
    if isinstance(row.cells, str):
        raise SampleError(_lines.BAD, f"{name}:{row.line}: {row.cells}")
    return row.cells[1]


def _is(recording: str, locator: str) -> bool:
    """Whether a row is about a sound, by the last part of both names."""
    base = posixpath.basename(locator)
    return posixpath.basename(normal(recording)) in (base, os.path.splitext(base)[0])
