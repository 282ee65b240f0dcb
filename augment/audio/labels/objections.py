"""Why a step does not suit a data set: it would say other words than the transcript, or move sounds no label follows.

What a class means can't be known: one that names a pitch, a key or a speaker is no reason here; the steps' notes tell.
SpecAugment and TimeMask silence words on purpose, for a model that learns to fill the gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from augment.contracts import Step
from augment.sample import Dataset

Given = Mapping[str, Any]
"""The parameters of a step, its defaults included."""

SLOWEST, FASTEST = 0.5, 2.0
"""Rates of TimeStretch between which clicks stay true within 2 ms; beyond, some move by more than 5, or are lost."""


def objections(step: Step, dataset: Dataset) -> Iterator[str]:
    """One sentence for each reason; what to do is part of it."""
    given = _given(step)
    if dataset.transcribed:
        rules = BACKWARDS if dataset.timed else REORDERED
        told = rules[step.name](given) if step.name in rules else None
        if told is not None:
            times = "" if dataset.timed or told == _reverse(given) else "give the words times, "
            yield f"{step.name} {told[0]}; {told[1]}, {times}or accept it with allow_label_change: true on the step"
    if dataset.timed and step.name in INEXACT:
        yield from INEXACT[step.name](step.name, given)


def _given(step: Step) -> Given:
    """Of a library step by its own defaults, of one of ours by its options."""
    options = getattr(step, "options", None)
    if options is not None:
        return {name: getattr(options, name) for name in type(options).model_fields}
    from augment.audio import parameters
    from augment.audio.library import LibraryStep

    return {**parameters.defaults(step.name), **step.parameters} if isinstance(step, LibraryStep) else {}


Told = tuple[str, str] | None
"""What a step does to a transcript, and which parameter would keep it from that."""


def _reverse(given: Given) -> Told:
    return "plays words backwards, and those are no words", "leave it out"


def _shift(given: Given) -> Told:
    if not (given["min_shift"] or given["max_shift"]):
        return None
    if given["rollover"]:
        return "puts the end of a sentence before its beginning, and the transcript can't follow", "leave it out"
    return "cuts words off, and the transcript can't follow", "leave it out"


def _repeat_part(given: Given) -> Told:
    return "repeats or covers words, and the transcript can't follow", "leave it out"


def _crops(given: Given) -> Told:
    return "cuts words off clips that are too long, and the transcript can't follow", "leave it out"


def _padding(given: Given) -> Told:
    if not given["max_fraction"]:
        return None
    return "replaces a part of the clip, words and all, and the transcript can't follow", "leave it out"


def _time_stretch(given: Given) -> Told:
    if given["leave_length_unchanged"] and given["min_rate"] < 1:
        return "cuts off the end of clips that get longer", "write leave_length_unchanged: false or min_rate: 1"
    return None


def _reflects(key: str) -> Callable[[Given], Told]:
    """For steps that fill up with what the parameter says."""

    def told(given: Given) -> Told:
        if given[key] != "reflect":
            return None
        return "fills up with words played backwards, and those are no words", f"write {key}: silence"

    return told


REORDERED: Mapping[str, Callable[[Given], Told]] = {
    "AdjustDuration": _crops,
    "FixedLength": _crops,
    "Padding": _padding,
    "RepeatPart": _repeat_part,
    "Reverse": _reverse,
    "Shift": _shift,
    "TimeStretch": _time_stretch,
}
"""What can't be done to a transcript without times."""

BACKWARDS: Mapping[str, Callable[[Given], Told]] = {
    "AdjustDuration": _reflects("padding_mode"),
    "FixedLength": _reflects("fill"),
    "Padding": _reflects("mode"),
    "Reverse": _reverse,
}
"""What can't be done to words even where their times are known; else the transcript is told anew by what is left."""


def _vocoder(name: str, given: Given) -> Iterator[str]:
    if given["method"] == "librosa_phase_vocoder":
        yield (
            f"{name} with librosa_phase_vocoder moves short sounds by up to 0.1 s and more, and labels can't follow; "
            "write method: signalsmith_stretch, or accept it with allow_label_change: true on the step"
        )


def _stretch(name: str, given: Given) -> Iterator[str]:
    yield from _vocoder(name, given)
    if given["min_rate"] < SLOWEST or given["max_rate"] > FASTEST:
        yield (
            f"{name} from {given['min_rate']} to {given['max_rate']} moves or loses short sounds; stay "
            f"within {SLOWEST} and {FASTEST}, or accept it with allow_label_change: true on the step"
        )


INEXACT: Mapping[str, Callable[[str, Given], Iterator[str]]] = {"PitchShift": _vocoder, "TimeStretch": _stretch}
"""What moves sounds to where can't be known."""
