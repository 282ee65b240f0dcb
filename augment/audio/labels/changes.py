"""What each use of a library step did to time and pitch. A step that is not named here leaves both as they were.

That this is so is tested with clicks through every step of the library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from augment.audio.labels import cuts, delays
from augment.audio.labels.timeline import NOTHING, Change, concerns, follow
from augment.audio.labels.use import Use, Used
from augment.audio.value import Clip
from augment.sample import Sample

CHANGES: Mapping[str, Callable[[Use], Change]] = {
    "AdjustDuration": cuts.adjusted_duration,
    "ApplyImpulseResponse": delays.reverberated,
    "BandPassFilter": delays.filtered,
    "LowPassFilter": delays.filtered,
    "Mp3Compression": delays.compressed,
    "Padding": cuts.padding,
    "PitchShift": delays.pitched,
    "RepeatPart": cuts.repeated_part,
    "Reverse": cuts.reversed_time,
    "RoomSimulator": delays.simulated_room,
    "Shift": cuts.shifted,
    "TimeMask": cuts.masked,
    "TimeStretch": cuts.stretched,
    "Trim": cuts.cropped,
}
"""Name of a step -> what a use of it did."""


def change_of(step: Used, drawn: Mapping[str, Any], before: Clip, after: Clip) -> Change:
    """What one use of a library step did to time and pitch.

    Args:
        step: The step.
        drawn: All that it drew, as the library keeps it; ``applied`` is False where it left the clip alone.
        before: The clip that it got.
        after: The clip that it made.
    """
    tells = CHANGES.get(step.name)
    if tells is None or drawn.get("applied") is False:
        return NOTHING
    return tells(Use(step, drawn, before, after))


def carried(step: Used, drawn: Mapping[str, Any], sample: Sample, after: Clip) -> Sample:
    """The sample with what a library step made of its clip, and all that is written about it true to that.

    Nothing is looked into where nothing is written that could become untrue.
    """
    change = change_of(step, drawn, sample.value, after) if concerns(sample) else NOTHING
    return follow(sample, after, change)
