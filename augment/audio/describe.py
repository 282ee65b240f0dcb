"""What ``augment list`` and ``augment describe`` say of a library step, read from its own docstrings and signature."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any, Literal

import yaml

from augment.audio import parameters
from augment.audio.library import FILES, transforms
from augment.contracts import Description, Parameter

DOCS = "https://iver56.github.io/audiomentations/waveform_transforms/"

KEEPS = "What sounds when stays as it is, and so does the class."

MOVES: Mapping[str, str] = {
    "AdjustDuration": "Crops at a drawn place, or pads: times shift, and what is cut off is gone.",
    "Padding": "Times stay; what lies in the padded part is gone.",
    "RepeatPart": "A part comes again; what follows it comes later (mode insert) or is covered (mode replace).",
    "Reverse": "Times run backwards, and an onset becomes an end. Speech is no speech any more.",
    "Shift": "Times shift; with rollover what leaves at one end comes in at the other, else it is gone.",
    "TimeMask": "Times stay; what lies in the masked part is gone.",
    "TimeStretch": "Times scale by 1 / rate; what then lies beyond the end is gone if leave_length_unchanged is true.",
    "Trim": "Silence at both ends goes: times shift.",
}
"""Steps that move what is labelled in time, or remove it, and how."""

NOTES: Mapping[str, str] = {
    "AddBackgroundNoise": "What else sounds in the noises is not labelled.",
    "AddShortNoises": "What else sounds in the noises is not labelled.",
    "ApplyImpulseResponse": "Sounds come later by the delay of the impulse response and end later by its tail.",
    "Gain": "Not for labels that mean how loud a sound is.",
    "GainTransition": "Not for labels that mean how loud a sound is.",
    "LoudnessNormalization": "Not for labels that mean how loud a sound is.",
    "Mp3Compression": "With preserve_delay all comes some 25 to 80 ms later.",
    "Normalize": "Not for labels that mean how loud a sound is.",
    "PitchShift": "Not for labels that mean a pitch, a key or who speaks.",
    "Resample": "The sample rate changes and times in seconds stay; those in frames scale.",
    "RoomSimulator": "Sounds come later by some milliseconds, and the clip gets a tail unless leave_length_unchanged.",
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
            _shown(defaults[key]) if key in defaults else "required",
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


def _shown(value: Any) -> str:
    """A default as one would write it in a recipe."""
    return str(yaml.safe_dump(value, default_flow_style=True)).replace("...", "").strip()
