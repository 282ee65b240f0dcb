"""The neutral form of annotations: what any reader makes of its format, steps move, and any writer can write.

Times are seconds from the start of the sample, places in text are code points. Coordinates are continuous: pixel (0,
0) covers [0, 1) x [0, 1), so a box over the whole of a 640 x 480 picture is (0, 0, 640, 480). Formats that count
otherwise (COCO's keypoints name the middle of a pixel) are converted by their reader and back by their writer. All
of it is plain data but for ``masks``, which are encoded bitmaps.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Box = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max."""

Point = tuple[float, float, int]
"""x, y, and 0 for not labelled, 1 for labelled but hidden, 2 for visible."""

Weights = Sequence[tuple[str, float]]
"""Classes of a sample, each with its weight."""

INDEX = ""
"""The name in ``Annotations.masks`` of the mask whose values are the classes."""

MASKED = "masked"
"""The layer, label or name of what a step has hidden for a model to find; never one of the data's own."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One object. Its box, its mask and its keypoints stay together: a step that drops one drops all.

    Args:
        label: Name of its category, or None where the data set has none.
        box: Its bounds; None where only a mask was given.
        polygons: Its mask as rings ``(x0, y0, x1, y1, …)``, three points or more each; the mask is their union.
        rle: Its mask as COCO's run lengths, ``{"size": [height, width], "counts": TEXT}``, compressed; never together
            with polygons. The size is that of the picture in pixels, whatever the unit of the rest.
        keypoints: In the order of its category's ``keypoints``.
        crowd: Stands for many objects (COCO's iscrowd).
        fields: Any other facts about it, JSON values only; ride along untouched.
    """

    label: str | None = None
    box: Box | None = None
    polygons: tuple[tuple[float, ...], ...] = ()
    rle: Mapping[str, Any] | None = None
    keypoints: tuple[Point, ...] = ()
    crowd: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that sounds, is said or happens for a while, or at one moment.

    Args:
        onset: Where it begins, s.
        offset: Where it ends, s; the same as ``onset`` for a moment, such as a beat.
        label: What it is: a class, a word, a speaker, a beat's place in its bar. None where that is not told.
        tier: Which layer it belongs to. ``event``, ``word``, ``speaker`` and ``beat`` mean what they say; formats with
            named layers (TextGrid, JAMS) keep other names.
        fields: Any other facts about it, JSON values only; ride along untouched.
    """

    onset: float
    offset: float
    label: str | None = None
    tier: str = "event"
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a sample's text that is something: an entity, an answer, a token.

    Args:
        start: Its first character, counted in code points from 0.
        end: The one after its last; never before ``start``.
        label: What it is; None where that is not told.
        layer: ``entity`` and ``answer`` are said of the very words, so steps leave them whole; ``token`` says how the
            text was cut into tokens, and follows what is done to them. Formats with other layers keep their names.
        column: Which of the sample's texts it is in; empty where there is only one.
        fields: Any other facts about it, JSON values only; ride along untouched.
    """

    start: int
    end: int
    label: str | None = None
    layer: str = "entity"
    column: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annotations:
    """All that is annotated on one sample beside its class.

    Args:
        instances: The objects, in the order of the source.
        masks: Encoded bitmaps (PNG) as large as the picture: under INDEX the one whose values are classes, under a
            class's name the one that is not 0 where that class is.
        captions: Sentences about the sample.
        classes: Soft labels: class -> weight, adding up to 1. Empty where the sample's one label says it all.
        size: (width, height) of the picture that coordinates are for; None where the source doesn't tell.
        unit: Whether coordinates count pixels or are fractions of width and height. Readers may give either; once
            the picture is decoded, all are pixels and ``size`` is known.
        fields: Any other facts about the sample that the format keeps beside its annotations; ride along untouched.
        events: What happens when, in the order of the source.
        transcript: What is said, as one text; None where that is not told.
        duration: Length of the sample that times are for, s; None where the source doesn't tell, known once decoded.
        spans: What stands where in the sample's text or texts, in the order of the source.
    """

    instances: tuple[Instance, ...] = ()
    masks: Mapping[str, bytes] = field(default_factory=dict)
    captions: tuple[str, ...] = ()
    classes: Mapping[str, float] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    unit: Literal["pixel", "fraction"] = "pixel"
    fields: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    transcript: str | None = None
    duration: float | None = None
    spans: tuple[Span, ...] = ()


def plain(annotations: Annotations) -> dict[str, Any]:
    """As JSON values, without what is empty and without ``masks``."""
    found: dict[str, Any] = {}
    if annotations.instances:
        found["instances"] = [_plain_instance(instance) for instance in annotations.instances]
    if annotations.events:
        found["events"] = [_plain_event(event) for event in annotations.events]
    if annotations.spans:
        found["spans"] = [_plain_span(span) for span in annotations.spans]
    if annotations.transcript is not None:
        found["transcript"] = annotations.transcript
    if annotations.captions:
        found["captions"] = list(annotations.captions)
    if annotations.size is not None:
        found["size"] = list(annotations.size)
    if annotations.unit != "pixel":
        found["unit"] = annotations.unit
    if annotations.duration is not None:
        found["duration"] = annotations.duration
    for name in ("classes", "fields"):
        if getattr(annotations, name):
            found[name] = dict(getattr(annotations, name))
    return found


def restored(data: Mapping[str, Any], masks: Mapping[str, bytes] | None = None) -> Annotations:
    """The reverse of ``plain``. Raises KeyError, TypeError or ValueError where ``data`` is not of that form."""
    size, duration, transcript = data.get("size"), data.get("duration"), data.get("transcript")
    return Annotations(
        instances=tuple(_instance(item) for item in data.get("instances", ())),
        events=tuple(_event(item) for item in data.get("events", ())),
        spans=tuple(_span(item) for item in data.get("spans", ())),
        transcript=None if transcript is None else str(transcript),
        masks=dict(masks or {}),
        captions=tuple(str(caption) for caption in data.get("captions", ())),
        classes={str(name): float(weight) for name, weight in data.get("classes", {}).items()},
        size=None if size is None else (int(size[0]), int(size[1])),
        unit="fraction" if data.get("unit") == "fraction" else "pixel",
        duration=None if duration is None else float(duration),
        fields=dict(data.get("fields", {})),
    )


def digest(annotations: Annotations) -> str:
    """SHA-256 (hex) over all of it."""
    found = hashlib.sha256(json.dumps(plain(annotations), sort_keys=True).encode("utf-8", "surrogatepass"))
    for name, mask in sorted(annotations.masks.items()):
        found.update(f"{name}\0{len(mask)}\0".encode("utf-8", "surrogatepass"))
        found.update(mask)
    return found.hexdigest()


def bounds(polygons: tuple[tuple[float, ...], ...]) -> Box:
    """The box round some rings; there must be at least one."""
    xs = [x for ring in polygons for x in ring[0::2]]
    ys = [y for ring in polygons for y in ring[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def mixture(shares: Iterable[tuple[Weights, float]]) -> dict[str, float]:
    """The classes of a mixture, sorted: those of each part, by its share; nothing where any part has none."""
    found: dict[str, float] = {}
    for own, share in shares:
        if not own:
            return {}
        for name, weight in own:
            found[name] = found.get(name, 0.0) + share * weight
    return {name: round(weight, 6) for name, weight in sorted(found.items()) if weight > 0}


def _plain_instance(instance: Instance) -> dict[str, Any]:
    found: dict[str, Any] = {"label": instance.label}
    if instance.box is not None:
        found["box"] = list(instance.box)
    if instance.polygons:
        found["polygons"] = [list(ring) for ring in instance.polygons]
    if instance.rle is not None:
        found["rle"] = dict(instance.rle)
    if instance.keypoints:
        found["keypoints"] = [list(point) for point in instance.keypoints]
    if instance.crowd:
        found["crowd"] = True
    if instance.fields:
        found["fields"] = dict(instance.fields)
    return found


def _plain_event(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"onset": event.onset, "offset": event.offset, "label": event.label}
    if event.tier != "event":
        found["tier"] = event.tier
    if event.fields:
        found["fields"] = dict(event.fields)
    return found


def _plain_span(span: Span) -> dict[str, Any]:
    found: dict[str, Any] = {"start": span.start, "end": span.end, "label": span.label}
    if span.layer != "entity":
        found["layer"] = span.layer
    if span.column:
        found["column"] = span.column
    if span.fields:
        found["fields"] = dict(span.fields)
    return found


def _span(data: Mapping[str, Any]) -> Span:
    return Span(
        start=int(data["start"]),
        end=int(data["end"]),
        label=None if data.get("label") is None else str(data["label"]),
        layer=str(data.get("layer", "entity")),
        column=str(data.get("column", "")),
        fields=dict(data.get("fields", {})),
    )


def _event(data: Mapping[str, Any]) -> Event:
    return Event(
        onset=float(data["onset"]),
        offset=float(data["offset"]),
        label=None if data.get("label") is None else str(data["label"]),
        tier=str(data.get("tier", "event")),
        fields=dict(data.get("fields", {})),
    )


def _instance(data: Mapping[str, Any]) -> Instance:
    box = data.get("box")
    return Instance(
        label=data.get("label"),
        box=None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        polygons=tuple(tuple(float(value) for value in ring) for ring in data.get("polygons", ())),
        rle=None if data.get("rle") is None else dict(data["rle"]),
        keypoints=tuple((float(x), float(y), int(seen)) for x, y, seen in data.get("keypoints", ())),
        crowd=bool(data.get("crowd", False)),
        fields=dict(data.get("fields", {})),
    )
