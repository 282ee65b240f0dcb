"""Soundscape: lays sounds from a folder over a clip at drawn times, and labels them as events.

    audio: [{Soundscape: {events: events/, count: [1, 5], snr_db: [6, 30], max_overlap: 2}}]

What Scaper does (Salamon et al., "Scaper: A library for soundscape synthesis and augmentation", WASPAA 2017): the clip
is the background, and each event is so many LU louder than it, both by ITU-R BS.1770-4. Silence at both ends of an
event is cut off first, so that its label begins and ends with what is heard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pydantic

from augment.annotations import Annotations, Event
from augment.audio import loudness, references
from augment.audio.labels.timeline import DIGITS, NOTHING, follow, timeline
from augment.audio.references import References
from augment.audio.steps import _clips, _events
from augment.audio.steps._options import Counts, Number, Range, ordered
from augment.audio.value import Clip
from augment.chance import Chance
from augment.options import Options as _Base
from augment.sample import Sample

P = 1.0
LABELS = "moves"
NOTE = "Each sound becomes an event; what was annotated stays as it was, also where an event is louder."
DOCS = "https://scaper.readthedocs.io/"

TRIES = 20
"""How often a sound and a place are drawn for an event, until it is heard and not too many sound at once."""


class Options(_Base):
    """Which sounds, how many, and how they are heard; each range is drawn from, for each event."""

    events: str | tuple[str, ...] = pydantic.Field(
        description="A folder of sounds, in folders named by their class; or files, or a list of both."
    )
    count: Counts = pydantic.Field((1, 5), description="How many events.")
    snr_db: Range = pydantic.Field((6.0, 30.0), description="How much louder than the clip, LU.")
    pitch_semitones: Range | None = pydantic.Field((-3.0, 3.0), description="Shift of pitch; null: none.")
    stretch: Range | None = pydantic.Field((0.8, 1.2), description="How many times as long; null: as it is.")
    duration: Range | None = pydantic.Field((0.5, 4.0), description="Longer ones are cut to this, s; null: never.")
    max_overlap: int | None = pydantic.Field(None, ge=1, description="How many events may sound at once; 1: no two.")
    fade: Number = pydantic.Field(0.01, ge=0, le=10, description="Fade where a sound was cut, s.")
    label: Literal["folder", "file"] = pydantic.Field(
        "folder",
        description="The label is the name of the folder that a file lies in, or the file's own, less its ending.",
    )

    @pydantic.model_validator(mode="after")
    def _checked(self) -> Options:
        ordered("count", self.count, 0, 1000)
        ordered("snr_db", self.snr_db, -100, 100)
        ordered("pitch_semitones", self.pitch_semitones, -24, 24)
        ordered("stretch", self.stretch, 0.1, 10)
        ordered("duration", self.duration, 0.001, 86_400)
        return self


def given(options: Options, base: Path) -> References:
    """The sounds. Raises RecipeError where there are none, or one can't be read."""
    names = list(options.events) if isinstance(options.events, tuple) else options.events
    return references.take("events", names, base)


@dataclass(slots=True)
class _Scene:
    """A soundscape in the making.

    Args:
        clip: The background.
        samples: What is heard so far, (channels, frames).
        level: Loudness of the background, LUFS; that of the gate where it is silent.
        spans: First frame and end of the events that are in it.
    """

    clip: Clip
    samples: np.ndarray
    level: float
    spans: list[tuple[int, int]]


def apply(options: Options, sample: Sample, chance: Chance, sounds: References) -> tuple[Sample, dict[str, Any]]:
    """The clip with events in it; none sticks out. Raises SampleError."""
    clip = _clips.taken(sample, "Soundscape")
    low, high = options.count
    wanted = min(low + int(chance.child("count").uniform() * (high - low + 1)), high)
    level = loudness.integrated(clip)
    scene = _Scene(clip, clip.samples.copy(), loudness.GATE if level is None else level, [])
    classes = _classes(sounds, options.label)
    with np.errstate(over="ignore", invalid="ignore"):  # becomes infinity or NaN, which are found
        drawn = [_event(options, scene, chance.child(f"event/{turn}"), classes) for turn in range(wanted)]
    events = [event for event in drawn if event is not None]
    told = {"events": len(events), "wanted": wanted}
    if not events:
        return sample, told
    made = follow(sample, _clips.given(scene.samples, clip, "Soundscape"), NOTHING)
    whole = timeline(made)
    found = whole.found or Annotations(duration=clip.seconds)
    merged = tuple(sorted([*found.events, *events], key=lambda event: event.onset))
    return replace(made, annotations=replace(whole, found=replace(found, events=merged))), told


Classes = list[tuple[str, list[tuple[Path, str]]]]
"""The files of each label, each with what it is called."""


def _classes(sounds: References, label: str) -> Classes:
    """Labels sorted, files in their order."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for file, name in zip(sounds.files, sounds.told, strict=True):
        found.setdefault(file.parent.name if label == "folder" else file.stem, []).append((file, name))
    return sorted(found.items())


def _event(options: Options, scene: _Scene, chance: Chance, classes: Classes) -> Event | None:
    """Lay one event over the scene; None where no sound was heard or no place was left. Raises SampleError."""
    clip, frames = scene.clip, scene.samples.shape[1]
    for turn in range(TRIES):
        rng = chance.child(str(turn)).generator()
        label, files = classes[int(rng.integers(len(classes)))]
        file, name = files[int(rng.integers(len(files)))]
        ranges = (options.snr_db, options.pitch_semitones, options.stretch, options.duration)
        snr, pitch, stretch, duration = (None if pair is None else float(rng.uniform(*pair)) for pair in ranges)
        place, where, seed = rng.uniform(), rng.uniform(), int(rng.integers(2**31))
        how = _events.How(stretch or 1.0, pitch or 0.0, duration, options.fade, (where, seed))
        part = _events.cut(file, clip, how)
        if part is None:
            continue
        at = min(int(place * (frames - part.frames + 1)), frames - part.frames)
        span = at, at + part.frames
        if not _fits(scene.spans, span, options.max_overlap):
            continue
        heard = _events.heard(part, clip, how)
        level = None if heard is None else loudness.integrated(replace(clip, samples=heard))
        if heard is None or level is None:
            continue
        scene.samples[:, at : span[1]] += _events.louder(heard, scene.level + (snr or 0.0) - level)
        scene.spans.append(span)
        onset, offset = (min(round(edge / clip.rate, DIGITS), clip.seconds) for edge in span)
        facts = {"snr_db": snr, "pitch_semitones": pitch, "stretch": stretch}
        told = {key: round(value, 6) for key, value in facts.items() if value is not None}
        return Event(onset, offset, label, fields={**told, "source": name})
    return None


def _fits(spans: list[tuple[int, int]], span: tuple[int, int], most: int | None) -> bool:
    """Whether at no frame of a span more than ``most`` would sound, itself counted."""
    if most is None:
        return True
    inside = [(max(low, span[0]), min(high, span[1])) for low, high in spans if low < span[1] and span[0] < high]
    return all(sum(low <= start < high for low, high in inside) < most for start, _ in inside)
