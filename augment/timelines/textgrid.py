"""Praat's TextGrid, in its long and short text forms. https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html

As Praat does, only free-standing numbers, texts in quotes and ``<exists>`` are read; all else is decoration, and ``!``
begins a comment. An interval with a text is an event, a point is a moment; the tier has the name that it has in the
file, but ``words`` are of tier ``word``, which the field ``tier_names`` of the annotations remembers. The time domain
gives the duration, and times count from its beginning.

Written is the long form: tiers in the order of their first events, gaps filled with empty intervals. Events of a tier
that overlap go to a further tier of the same name, and so do moments beside intervals; when read they are one tier
again, each layer after the other. Facts of events are not written; an interval without text is no event in a TextGrid
and is refused. A tier without events is not written, but one empty tier where there are no events at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from augment.annotations import Annotations, Event
from augment.errors import SampleError
from augment.timelines import _lines
from augment.timelines._lines import Source

ENDINGS = (".TextGrid",)
SHARED = False
TIERS = None

INTERVALS, POINTS = "IntervalTier", "TextTier"
NAMES = "tier_names"
"""The field of the annotations with the names of tiers in the file, by our names."""

KNOWN = {"words": "word"}
"""Names in files -> ours."""

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"]|"")*)"|<(?P<flag>exists|absent)>|(?<!\S)(?P<number>[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)(?!\S)'
    r"|(?<!\S)![^\n]*"
)
_HEAD = re.compile(r'\ufeff?\s*(File type\s*=\s*)?"ooTextFile', re.IGNORECASE)


def resembles(begin: str) -> bool:
    """Whether it begins as a Praat text file."""
    return _HEAD.match(begin) is not None


def parse(text: str, source: Source) -> Annotations:
    """All tiers; see the Timeline protocol."""
    if not resembles(text):
        raise source.bad(1, 'expected a Praat text file, which begins with File type = "ooTextFile"')
    tokens = _Tokens(text, source, _TOKEN.finditer(text))
    tokens.text("the type of file")
    if (kind := tokens.text("the class")) != "TextGrid":
        raise tokens.bad(f"expected a TextGrid, got {kind[:40]}")
    begin, end = tokens.number("xmin"), tokens.number("xmax")
    if end < begin:
        raise tokens.bad("the time domain ends before it begins")
    events: list[Event] = []
    names: dict[str, str] = {}
    if tokens.flag():
        for _ in range(tokens.count("the number of tiers")):
            kind, name = tokens.text("the class of a tier"), tokens.text("the name of a tier")
            tokens.number("xmin of a tier"), tokens.number("xmax of a tier")
            tier = KNOWN.get(name, name)
            if tier != name:
                names[tier] = name
            if kind not in (INTERVALS, POINTS):
                raise tokens.bad(f"expected {INTERVALS} or {POINTS}, got {kind[:40]}")
            events += _tier(tokens, kind, tier, begin)
    return Annotations(events=tuple(events), duration=end - begin, fields={NAMES: names} if names else {})


def format(annotations: Annotations, recording: str = "") -> str:
    """The long form; see the Timeline protocol."""
    end = max([_lines.near(annotations.duration or 0), *(_lines.near(event.offset) for event in annotations.events)])
    names = annotations.fields.get(NAMES)
    tiers: dict[str, list[Event]] = {}
    for event in annotations.events:
        if _lines.near(event.onset) < 0:
            raise SampleError(_lines.REASON, f"an event begins at {_lines.clock(event.onset)} s, before the sound")
        tiers.setdefault(event.tier, []).append(event)
    layers = []
    for tier, events in tiers.items():
        named = names.get(tier) if isinstance(names, dict) else None
        name = named if isinstance(named, str) and KNOWN.get(named, named) == tier else tier
        layers += [(name, layer) for layer in _layers(events)]
    found = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {_lines.clock(end)}"]
    found += ["tiers? <exists>", f"size = {max(1, len(layers))}", "item []:"]
    for number, (name, layer) in enumerate(layers or [("event", [])], 1):
        found += _written(number, name, layer, end)
    return "\n".join(found) + "\n"


@dataclass(slots=True)
class _Tokens:
    """What of a text means something, in its order."""

    document: str
    source: Source
    found: Iterator[re.Match[str]]
    at: int = 0

    def text(self, what: str) -> str:
        value = self._next(what, "text")
        return value.replace('""', '"')

    def number(self, what: str) -> float:
        value = self._next(what, "number")
        try:
            return _lines.number(value, what)
        except ValueError as error:
            raise self.bad(error) from None

    def count(self, what: str) -> int:
        value = self.number(what)
        if value != int(value) or value < 0:
            raise self.bad(f"expected a whole number for {what}, got {value}")
        return int(value)

    def flag(self) -> bool:
        return self._next("whether there are tiers", "flag") == "exists"

    def bad(self, why: object) -> SampleError:
        return self.source.bad(self.document.count("\n", 0, self.at) + 1, why)

    def _next(self, what: str, kind: str) -> str:
        for match in self.found:
            self.at = match.start()
            if match.lastgroup is None:  # a comment
                continue
            if match.lastgroup != kind:
                raise self.bad(f"expected {what}, got {match[0][:40]}")
            return match[kind]
        self.at = len(self.document)
        raise self.bad(f"expected {what}, but the file ends")


def _tier(tokens: _Tokens, kind: str, tier: str, begin: float) -> Iterator[Event]:
    """The events of one tier."""
    for _ in range(tokens.count("the number of intervals or points")):
        onset = tokens.number("a time")
        offset = tokens.number("a time") if kind == INTERVALS else onset
        text = tokens.text("the text of an interval or point")
        if offset < onset:
            raise tokens.bad(f"an interval ends at {offset} s, before it begins at {onset} s")
        if kind == POINTS or text.strip():
            yield Event(_lines.after(onset, -begin), _lines.after(offset, -begin), text or None, tier)


def _layers(events: Sequence[Event]) -> list[list[tuple[float, float, str]]]:
    """Events dealt over as few layers as hold them without overlaps: (onset, offset, text), moments in their own."""
    moments: list[tuple[float, float, str]] = []
    layers: list[list[tuple[float, float, str]]] = []
    for event in sorted(events, key=lambda event: _lines.near(event.onset)):
        onset, offset = _lines.near(event.onset), _lines.near(event.offset)
        if offset <= onset:
            moments.append((onset, onset, event.label or ""))
            continue
        if event.label is None or not event.label.strip():
            raise SampleError(_lines.REASON, f"the event at {onset} s has no text, and a TextGrid would take it away")
        layer = next((layer for layer in layers if layer[-1][1] <= onset), None)
        if layer is None:
            layers.append(layer := [])
        layer.append((onset, offset, event.label))
    singly: list[list[tuple[float, float, str]]] = []
    for moment in moments:  # a point tier has one point at a time
        layer = next((layer for layer in singly if layer[-1][0] < moment[0]), None)
        if layer is None:
            singly.append(layer := [])
        layer.append(moment)
    return layers + singly


def _written(number: int, name: str, layer: Sequence[tuple[float, float, str]], end: float) -> Iterator[str]:
    points = any(onset == offset for onset, offset, _ in layer)
    rows = list(layer) if points else list(_filled(layer, end))
    unit = "points" if points else "intervals"
    yield f"    item [{number}]:"
    yield f'        class = "{POINTS if points else INTERVALS}"'
    yield f"        name = {_quoted(name)}"
    yield "        xmin = 0"
    yield f"        xmax = {_lines.clock(end)}"
    yield f"        {unit}: size = {len(rows)}"
    for place, (onset, offset, text) in enumerate(rows, 1):
        yield f"        {unit} [{place}]:"
        if points:
            yield f"            number = {_lines.clock(onset)}"
            yield f"            mark = {_quoted(text)}"
        else:
            yield f"            xmin = {_lines.clock(onset)}"
            yield f"            xmax = {_lines.clock(offset)}"
            yield f"            text = {_quoted(text)}"


def _filled(layer: Sequence[tuple[float, float, str]], end: float) -> Iterator[tuple[float, float, str]]:
    """Intervals, and empty ones in the gaps."""
    at = 0.0
    for onset, offset, text in layer:
        if onset > at:
            yield at, onset, ""
        yield onset, offset, text
        at = offset
    if end > at or not layer:
        yield at, end, ""


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
