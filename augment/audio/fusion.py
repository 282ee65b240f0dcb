"""Neighbours that are one pass together: TimeStretch and PitchShift, in either order, cost and blur as one of them.

Each still draws what it would draw alone, and tells it. What differs is what is cut off between them: nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from augment.audio.kernels import pitch_shift, time_stretch
from augment.audio.kernels._draws import Draws
from augment.audio.kernels._stretch import FARTHEST, Stretch
from augment.audio.labels.changes import carried
from augment.audio.labels.timeline import timed
from augment.audio.library import LibraryStep
from augment.audio.value import Clip, sound
from augment.chance import Chance
from augment.contracts import Step
from augment.sample import Applied, Sample

Drawn = tuple[Step, Chance]
"""A step that was drawn, and its place of chance."""

PAIR = {"TimeStretch", "PitchShift"}


@dataclass(frozen=True)
class Part:
    """One step, or two that are one pass."""

    steps: tuple[Drawn, ...]

    def apply(self, sample: Sample) -> tuple[Sample, list[Applied]]:
        """Apply it, with what each step has to tell. Raises SampleError."""
        if len(self.steps) == 2 and not timed(sample):  # PitchShift smears moments; see SMEARS
            with suppress(Exception):  # each alone will say what is wrong, or do what they can't together
                return self._together(sample)
        told: list[Applied] = []
        for step, chance in self.steps:
            sample, applied = step.apply(sample, chance)
            told.append(applied)
        return sample, told

    def _together(self, sample: Sample) -> tuple[Sample, list[Applied]]:
        """Both in one pass. Raises an error where they can't be."""
        clip: Clip = sample.value
        sound(clip.samples, "the clip has")
        stretch, length = Stretch(), clip.samples.shape[1]
        told: list[tuple[LibraryStep, dict[str, float]]] = []
        for one, chance in self.steps:
            step = cast(LibraryStep, one)
            if step.name == "PitchShift":
                drawn = pitch_shift.drawn(step.transform, Draws(chance))
                stretch = replace(stretch, pitch=pitch_shift.times(drawn))
            else:
                drawn, seed = time_stretch.drawn(step.transform, Draws(chance))
                stretch = replace(stretch, speed=drawn["rate"], seed=seed)
                length = time_stretch.length(step.transform, length, drawn)
            told.append((step, drawn))
        if not 1 / FARTHEST <= stretch.speed / stretch.pitch <= FARTHEST:
            raise NotImplementedError
        made = replace(clip, samples=stretch(clip.samples, clip.rate, length))
        sound(made.samples, "it gives")
        for step, drawn in told:
            sample = carried(step, drawn, sample, made if step.name == "TimeStretch" else sample.value)
        return replace(sample, value=made), [Applied(step.name, drawn) for step, drawn in told]


def parts(steps: Sequence[Drawn]) -> Iterator[Part]:
    """The steps in their order, neighbours together where they are one pass."""
    at = 0
    while at < len(steps):
        count = 2 if {step.name for step, _ in steps[at : at + 2] if _fast(step)} == PAIR else 1
        yield Part(tuple(steps[at : at + count]))
        at += count


def _fast(step: Step) -> bool:
    return isinstance(step, LibraryStep) and step.kernel is not None
