"""Annotations as a reader gives them -> true to the decoded clip: within it, the right way round."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from augment.annotations import Annotations, Event
from augment.audio.labels.options import Labels
from augment.audio.labels.timeline import Timeline
from augment.audio.value import Clip
from augment.contracts import Settled
from augment.errors import SampleError
from augment.sample import Content

SLACK = 0.02
"""An event may reach this far out of the clip, s, before its cutting off is told: annotators and formats round."""


def settle(clip: Clip, content: Content, labels: Labels) -> Settled:
    """Make annotations true to their clip.

    Raises:
        SampleError: They are of pictures: boxes, keypoints, masks.
    """
    found = content.annotations or Annotations()
    if found.instances or found.masks:
        raise SampleError("annotations do not fit", "boxes, masks and keypoints belong to pictures, and this is sound")
    notes: Counter[str] = Counter()
    kept = (_mended(event, clip.seconds, notes) for event in found.events)
    events = tuple(event for event in kept if event is not None)
    whole = replace(found, events=events, duration=clip.seconds)
    return Settled(whole, Timeline(whole, labels), dict(notes))


def _mended(event: Event, seconds: float, notes: Counter[str]) -> Event | None:
    """The event within the clip; None where it can't be there."""
    onset, offset = event.onset, event.offset
    if not (math.isfinite(onset) and math.isfinite(offset)) or offset < onset:
        notes["events dropped: they end before they begin"] += 1
        return None
    if onset > seconds + SLACK or offset < -SLACK or (onset >= seconds and offset > onset):
        notes["events dropped: outside the clip"] += 1
        return None
    if onset < -SLACK or offset > seconds + SLACK:
        notes["events cut off at the ends of the clip"] += 1
    if onset >= 0 and offset <= seconds:
        return event
    return replace(event, onset=min(max(onset, 0.0), seconds), offset=min(max(offset, 0.0), seconds))
