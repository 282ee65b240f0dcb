"""Times through a step: what a step did to time as pieces, and events carried along by them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from augment.annotations import Annotations, Event
from augment.audio.labels.options import Labels
from augment.audio.value import Clip
from augment.sample import Sample

DIGITS = 7
"""Times that were moved are rounded to so many digits behind the point: a tenth of a microsecond."""

TOUCH = 1e-6
"""Two parts of an event with less than this between them are one, s."""

LOST = 1e-3
"""An event that lost less than this is not told to be cut off, s: resampling rounds a clip to whole frames."""

DROPPED = "events dropped"
CUT = "events cut off"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the input that is heard in the output.

    Args:
        start: Where it begins in the input, s.
        end: Where it ends in the input, s.
        at: Where it begins in the output, s.
        speed: Seconds of input that pass in one second of output; negative where it runs backwards.
    """

    start: float
    end: float
    at: float = 0.0
    speed: float = 1.0

    def heard(self, onset: float, offset: float) -> tuple[float, float]:
        """Where a part of it, given in s of the input, is heard in the output."""
        if self.speed > 0:
            return self.at + (onset - self.start) / self.speed, self.at + (offset - self.start) / self.speed
        return self.at + (self.end - offset) / -self.speed, self.at + (self.end - onset) / -self.speed

    def goes_on(self, other: Piece) -> bool:
        """Whether the other is on the same line of time, so that what lies between them was only silenced."""
        if self.speed != other.speed:
            return False
        here, there = (piece.heard(piece.start, piece.start)[0] - piece.start / piece.speed for piece in (self, other))
        return abs(here - there) < TOUCH

    def within(self, seconds: float) -> Piece | None:
        """What of it is heard in an output of this duration, s; None where nothing is."""
        pace = abs(self.speed)
        length = (self.end - self.start) / pace
        early, late = (max(cut, 0.0) for cut in (-self.at, self.at + length - seconds))
        if early + late >= length:
            return None
        early, late = (cut * pace if cut > TOUCH else 0.0 for cut in (early, late))
        first, last = (early, late) if self.speed > 0 else (late, early)
        return Piece(self.start + first, self.end - last, max(self.at, 0.0), self.speed)


@dataclass(frozen=True, slots=True)
class Change:
    """What a step did to time and pitch.

    Args:
        pieces: What of the input is heard, and where; in any order. They may reach out of the output: what lies there
            is gone. None: all of it, where it was.
        tempo: How many times as fast it is.
        pitch: How many times as high it is.
    """

    pieces: tuple[Piece, ...] | None = None
    tempo: float = 1.0
    pitch: float = 1.0


NOTHING = Change()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The working form of annotations: they are in seconds of the clip as it is; ``labels`` is what the recipe wants.

    ``found`` is None where nothing is annotated; fields of the sample may still hold a tempo or a pitch.
    """

    found: Annotations | None = None
    labels: Labels = field(default_factory=Labels)


def timeline(sample: Sample) -> Timeline:
    """What is annotated on a sample; an empty timeline where nothing is."""
    return sample.annotations if isinstance(sample.annotations, Timeline) else Timeline()


def concerns(sample: Sample) -> bool:
    """Whether anything written about a sample can become untrue when time or pitch change."""
    whole = timeline(sample)
    names = (*whole.labels.tempo, *whole.labels.pitch, *whole.labels.midi)
    return whole.found is not None or any(name in sample.fields for name in names)


def timed(sample: Sample) -> bool:
    """Whether anything written about a sample says when it is."""
    found = timeline(sample).found
    return found is not None and bool(found.events)


def follow(sample: Sample, value: Clip, change: Change) -> Sample:
    """The sample with another value, and all that is written about it true to that.

    Args:
        sample: As it was before the step; ``annotations`` may be None or a Timeline.
        value: What the step made of its value.
        change: What the step did to time and pitch.
    """
    whole = timeline(sample)
    labels = whole.labels
    made = replace(sample, value=value, fields=_scaled(sample.fields, change, labels))
    if whole.found is None or (change == NOTHING and value.seconds == sample.value.seconds):
        return made
    notes: Counter[str] = Counter(sample.notes)
    events = moved(whole.found.events, change, labels, notes, (sample.value.seconds, value.seconds))
    transcript = retold(whole.found.transcript, whole.found.events, events)
    fields = _scaled(whole.found.fields, change, labels)
    found = replace(whole.found, events=events, transcript=transcript, fields=fields, duration=value.seconds)
    return replace(made, annotations=replace(whole, found=found), notes=dict(notes))


def moved(
    events: tuple[Event, ...],
    change: Change,
    labels: Labels,
    notes: Counter[str],
    durations: tuple[float, float] = (math.inf, math.inf),
) -> tuple[Event, ...]:
    """Events where they are heard now, in the order of their onsets; what is gone is counted in ``notes``.

    Args:
        events: As they were.
        change: What the step did to time and pitch.
        labels: What is enough of an event.
        notes: Gets what became of them.
        durations: Of the clip before and after, s. A moment at the very end of a clip belongs to it.
    """
    before, after = durations
    if change.pieces is None and after >= before - LOST:
        return tuple(
            replace(
                event,
                onset=min(event.onset, after),
                offset=min(event.offset, after),
                fields=_scaled(event.fields, change, labels),
            )
            for event in events
        )
    given = (Piece(0.0, before),) if change.pieces is None else change.pieces
    pieces = tuple(piece for piece in (whole.within(after) for whole in given) if piece is not None)
    made: list[Event] = []
    for event in events:
        parts = list(_joined(_heard(event, pieces, before)))
        kept = [part for part in parts if _counts(event, part, labels)]
        if not kept:
            notes[DROPPED] += 1
            continue
        if sum(length for _, _, length in kept) < event.offset - event.onset - LOST:
            notes[CUT] += 1
        fields = _scaled(event.fields, change, labels)
        made += [
            replace(event, onset=_rounded(onset, after), offset=_rounded(offset, after), fields=fields)
            for onset, offset, _ in kept
        ]
    return tuple(sorted(made, key=lambda event: event.onset))


def _rounded(moment: float, after: float) -> float:
    return min(max(round(moment, DIGITS), 0.0), after)


def retold(transcript: str | None, before: tuple[Event, ...], after: tuple[Event, ...]) -> str | None:
    """The transcript, told anew by the words that are left where words with times had told the old one."""
    if transcript is None:
        return None
    old, new = _words(before), _words(after)
    if old == new or _bare(transcript) != "".join(map(_bare, old)):
        return transcript
    return " ".join(new)


def _words(events: tuple[Event, ...]) -> list[str]:
    words = [event for event in events if event.tier == "word" and event.label]
    return [event.label or "" for event in sorted(words, key=lambda event: event.onset)]


def _bare(text: str) -> str:
    """A text without case, punctuation and spaces."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


Part = tuple[float, float, float]
"""Onset and offset in the output, and how much of the input it is, all s."""


def _heard(event: Event, pieces: tuple[Piece, ...], before: float) -> Iterator[tuple[Piece, bool, Part]]:
    """Each part of an event that is heard, with its piece and whether the event begins with it.

    A moment belongs to the piece that begins with it, not to the one that ends; at the end of the clip to the latter.
    """
    for piece in pieces:
        onset, offset = max(event.onset, piece.start), min(event.offset, piece.end)
        last = before - TOUCH <= event.onset <= event.offset and piece.end >= before - TOUCH
        moment = event.onset == event.offset and (piece.start <= event.onset < piece.end or last)
        if moment:
            onset = offset = min(event.onset, piece.end)
        if moment or onset < offset:
            begins = piece.start <= event.onset if piece.speed > 0 else piece.end >= event.offset
            yield piece, begins, (*piece.heard(onset, offset), offset - onset)


def _joined(parts: Iterator[tuple[Piece, bool, Part]]) -> Iterator[Part]:
    """Parts that follow each other without a gap, or with one that was only silenced, as one.

    Where the event begins anew, as it does in a loop, it is another one.
    """
    last: tuple[Piece, Part] | None = None
    for piece, begins, (onset, offset, length) in sorted(parts, key=lambda found: found[2]):
        if last is not None and not begins and (onset - last[1][1] <= TOUCH or last[0].goes_on(piece)):
            last = piece, (last[1][0], max(last[1][1], offset), last[1][2] + length)
            continue
        if last is not None:
            yield last[1]
        last = piece, (onset, offset, length)
    if last is not None:
        yield last[1]


def _counts(event: Event, part: Part, labels: Labels) -> bool:
    """Whether a part is enough of its event."""
    if event.onset == event.offset:
        return True
    onset, offset, length = part
    enough = length >= labels.min_visibility * (event.offset - event.onset)
    return enough and offset - onset >= labels.min_duration and round(offset - onset, DIGITS) > 0


def _scaled(fields: Mapping[str, Any], change: Change, labels: Labels) -> Mapping[str, Any]:
    """Facts with tempo and pitch in them, true to the change. Numbers in texts, as tables have them, stay texts."""
    factors = {
        **dict.fromkeys(labels.tempo, change.tempo),
        **dict.fromkeys(labels.pitch, change.pitch),
        **dict.fromkeys(labels.midi, change.pitch),
    }
    touched = {name: fields[name] for name, factor in factors.items() if factor != 1 and name in fields}
    made = dict(fields)
    for name, value in touched.items():
        semitones = 12 * math.log2(change.pitch) if name in labels.midi and change.pitch > 0 else None
        made[name] = _times(value, factors[name], semitones)
    return made if touched else fields


def _times(value: Any, factor: float, semitones: float | None) -> Any:
    """A value, or each of a list, times the factor; plus the semitones where they are given."""
    if isinstance(value, (list, tuple)):
        return [_times(part, factor, semitones) for part in value]
    number = _number(value)
    if number is None:
        return value
    found = number * factor if semitones is None else number + semitones
    if not math.isfinite(found):
        return value
    return f"{found:.10g}" if isinstance(value, str) else round(found, 9)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
