"""What ``augment list`` and ``augment describe`` say of a library step, read from its own docstrings and signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, Literal

from augment.audio import parameters
from augment.audio.library import FILES, transforms
from augment.contracts import Description, Parameter
from augment.steps import shown

DOCS = "https://iver56.github.io/audiomentations/waveform_transforms/"

KEEPS = "What sounds when stays as it is, and so does the class."

FILTERED = (
    "What is left of a sound comes later by the delay of the filter, some milliseconds at low frequencies, unless "
    "zero_phase is true: times shift where it is 1 ms or more."
)

MOVES: Mapping[str, str] = {
    "AdjustDuration": "Crops at a drawn place, or pads: times shift, and what is cut off is gone. What wrap and "
    "reflect repeat is labelled again, by reflect backwards.",
    "ApplyImpulseResponse": "Times shift by the delay of the direct sound; the tail of the room belongs to no event.",
    "BandPassFilter": FILTERED,
    "LowPassFilter": FILTERED,
    "Mp3Compression": "With preserve_delay times shift by the delay of the codec, some 25 to 210 ms; without, "
    "they stay, and the last 529 frames are gone.",
    "Padding": "Times stay; what lies in the padded part is gone. What wrap and reflect repeat is labelled again, by "
    "reflect backwards.",
    "RepeatPart": "A part comes again, with its labels; what follows it comes later (mode insert) or is covered (mode "
    "replace).",
    "Reverse": "Times run backwards, and an onset becomes an end. Speech is no speech any more.",
    "RoomSimulator": "Times shift by the time from the source to the microphone, some milliseconds; the tail of the "
    "room belongs to no event.",
    "Shift": "Times shift; with rollover what leaves at one end comes in at the other, else it is gone.",
    "TimeMask": "Times stay; what lies in the masked part is gone. A transcript without times stays whole: learning "
    "to fill the gap is what the mask is for.",
    "TimeStretch": "Times scale by 1 / rate, a tempo by rate; what then lies beyond the end is gone if "
    "leave_length_unchanged is true. Clicks stay true within 2 ms for rates from 0.5 to 2; librosa_phase_vocoder "
    "moves them by up to 0.1 s and more.",
    "Trim": "Silence at both ends goes: times shift.",
}
"""Steps that move what is labelled in time, or remove it, and how."""

NOTES: Mapping[str, str] = {
    "AddBackgroundNoise": "What else sounds in the noises is not labelled.",
    "AddShortNoises": "What else sounds in the noises is not labelled.",
    "Gain": "Not for labels that mean how loud a sound is.",
    "GainTransition": "Not for labels that mean how loud a sound is.",
    "LoudnessNormalization": "Not for labels that mean how loud a sound is.",
    "Normalize": "Not for labels that mean how loud a sound is.",
    "PitchShift": "Fields with a frequency or a MIDI number follow (labels: pitch, midi); a class that means a pitch, "
    "a key or who speaks does not. librosa_phase_vocoder moves clicks by up to 0.2 s and more.",
    "Resample": "The sample rate changes and times in seconds stay.",
}
"""What else a person should know before using a step on labelled sound."""

LENGTHS: Mapping[str, tuple[str, Any] | None] = {
    "AdjustDuration": None,
    "ApplyImpulseResponse": ("leave_length_unchanged", False),
    "Mp3Compression": ("preserve_delay", True),
    "RepeatPart": ("mode", "insert"),
    "RoomSimulator": ("leave_length_unchanged", False),
    "Resample": None,
    "TimeStretch": ("leave_length_unchanged", False),
    "Trim": None,
}
"""Steps that may change the number of frames -> the parameter, and its value, with which they do; None: always."""


def changes_length(name: str, given: Mapping[str, Any]) -> bool:
    """Whether a step with these parameters may give another number of frames than it got."""
    if name not in LENGTHS:
        return False
    condition = LENGTHS[name]
    return condition is None or {**parameters.defaults(name), **given}[condition[0]] == condition[1]


def describe(name: str) -> Description:
    """All about one step. Raises KeyError."""
    kind = transforms()[name]
    about = _arguments(inspect.cleandoc(kind.__init__.__doc__ or ""))
    defaults = parameters.defaults(name)
    listed = [
        Parameter(
            key,
            shown(defaults[key]) if key in defaults else "required",
            parameters.kind_of(name, key),
            ABOUT.get(key) or about.get(key, ""),
        )
        for key in parameters.names(name)
    ]
    labels: Literal["keeps", "moves"] = "moves" if name in MOVES else "keeps"
    note = MOVES.get(name) or " ".join([KEEPS, NOTES.get(name, "")]).strip()
    page = kind.__module__.rpartition(".")[2]
    return Description(name, _summary(inspect.cleandoc(kind.__doc__ or "")), labels, note, listed, f"{DOCS}{page}/")


ABOUT = {
    "p": "The probability of applying this transform.",
    **dict.fromkeys(FILES, "Sounds to draw from; relative to the recipe's folder, else to the working folder."),
}
"""What we say of parameters instead of the library: its words are about Python."""


def _summary(doc: str) -> str:
    """The first sentence."""
    head = " ".join(doc.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s(?=[A-Z])", head)[0]


def _arguments(doc: str) -> dict[str, str]:
    """The ``:param name:`` lines of a docstring: name -> text, in one line."""
    about: dict[str, str] = {}
    name = ""
    for line in doc.splitlines():
        start = re.match(r":param (\w+):\s*(.*)", line)
        if start:
            name = start[1]
            about[name] = start[2]
        elif not line.strip():
            name = ""  # what stands below a blank line is about all
        elif name:
            about[name] = f"{about[name]} {line.strip()}".strip()
    return about
