"""Every transform of audiomentations 0.43.1 under its own name, as a Step with its own stream of chance.

What the library does that we must not let it: it draws from global generators, keeps what it drew last time among
what it draws now, lists folders in the order of the file system, and looks for its extras only when it is applied.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from augment.audio.kernels._draws import Draws
from augment.audio.labels.changes import carried
from augment.audio.labels.timeline import timed
from augment.audio.peer import BaseWaveformTransform, audiomentations
from augment.audio.references import NOTHING, References
from augment.audio.seeding import seeded
from augment.audio.value import Clip, sound
from augment.chance import Chance
from augment.errors import SampleError
from augment.failures import first_line
from augment.sample import Applied, Sample
from augment.wrapped import Wrapped, kernel, scalars

CODE = "takes code, and a recipe is data"
EXCLUDED = {"Lambda": CODE}

RATE = "target_sample_rate"
"""What a transform that changes the sample rate says of the new one among its parameters, Hz."""

FILES = ("sounds_path", "ir_path")
"""Parameters that name sounds beside the recipe."""


SMEARS = frozenset({"PitchShift"})
"""Kernels that may move a click by up to 8 ms, the library's own code by 3: not for sounds with timed labels."""

Kernel = Callable[[Any, np.ndarray, int, Draws], tuple[np.ndarray, dict[str, Any]]]


@cache
def transforms() -> dict[str, type[BaseWaveformTransform]]:
    """Name -> class, of all transforms of waveforms."""
    found = {
        name: value
        for name, value in vars(audiomentations).items()
        if inspect.isclass(value) and issubclass(value, BaseWaveformTransform)
        if value is not BaseWaveformTransform and name not in EXCLUDED
    }
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class LibraryStep(Wrapped):
    """One transform with its parameters fixed.

    Args:
        name, p: See Wrapped.
        parameters: As checked, for the constructor, less the sounds that it needs.
        given: Noises, impulse responses and the like.
        native: Use our kernel where there is one.
    """

    given: References = NOTHING
    native: bool = True

    @property
    def files(self) -> tuple[Any, ...]:
        """Sounds beside the recipe; their content is part of its fingerprint."""
        return self.given.files

    @cached_property
    def transform(self) -> BaseWaveformTransform:
        """The library's instance; made anew in each process. Raises whatever the constructor raises."""
        kind = transforms()[self.name]
        with seeded(NOWHERE, kind.__module__):
            made = kind(**self.parameters, **self.given.arguments(), p=1.0)
        for part in _parts(made):
            if isinstance(part, audiomentations.PeakingFilter):
                part.apply = partial(_below_nyquist, part)
        return made

    @cached_property
    def kernel(self) -> Kernel | None:
        """Our faster way, if there is one and it is wanted."""
        return kernel("augment.audio.kernels", self.name) if self.native else None

    def apply(self, sample: Sample, chance: Chance) -> tuple[Sample, Applied]:
        """Apply it to a Clip: (channels, frames) float32 in, the same out; frames and rate may change.

        Raises SampleError where the library fails on the clip, or makes nothing, NaN or infinity of it.
        """
        clip: Clip = sample.value
        try:
            sound(clip.samples, "the clip has")  # LAME ends the process on NaN
            self.given.fit(clip.seconds)
            samples, drawn = self._run(clip, chance, timed(sample))
            sound(samples, "it gives")
        except Exception as error:  # a transform may fail in any way on a clip it was not made for
            raise self._failed(error, clip) from error
        made = replace(clip, samples=samples, rate=int(drawn.get(RATE, clip.rate)))
        return carried(self, drawn, sample, made), Applied(self.name, scalars(drawn, self.given.names))

    def _run(self, clip: Clip, chance: Chance, timed: bool) -> tuple[np.ndarray, Mapping[str, Any]]:
        """What our kernel makes of the clip, or the library; each starts from the same place of chance.

        C-contiguous, with what it drew; the clip is not written into.
        """
        if self.kernel is not None and not (timed and self.name in SMEARS):
            with np.errstate(all="ignore"), suppress(NotImplementedError):
                return self.kernel(self.transform, _read_only(clip.samples), clip.rate, Draws(chance))
        return self._by_library(clip, chance)

    def _by_library(self, clip: Clip, chance: Chance) -> tuple[np.ndarray, Mapping[str, Any]]:
        """The library's own code, channels apart where it can't take them together."""
        samples = clip.samples
        if samples.shape[0] == 1:
            made, drawn = self._guarded(samples[0], clip.rate, chance)
        elif not self.transform.supports_multichannel:
            made, drawn = self._apart(clip, chance)
        else:
            try:
                made, drawn = self._guarded(samples, clip.rate, chance)
            except Exception:  # Mp3Compression takes one or two channels
                if samples.shape[0] == 2:
                    raise
                made, drawn = self._apart(clip, chance)
        made = np.atleast_2d(made)
        if made.shape == samples.shape and np.may_share_memory(made, samples) and np.array_equal(made, samples):
            return samples, drawn  # it did nothing
        made = np.ascontiguousarray(made, np.float32)
        # A crop of mono is contiguous, and as a view would hold the whole clip in memory.
        return made.copy() if np.may_share_memory(made, samples) else made, drawn

    def _apart(self, clip: Clip, chance: Chance) -> tuple[np.ndarray, Mapping[str, Any]]:
        """Each channel alone, with the same draw."""
        parts = [self._guarded(channel, clip.rate, chance) for channel in clip.samples]
        return np.stack([part for part, _ in parts]), parts[0][1]

    def _guarded(self, samples: np.ndarray, rate: int, chance: Chance) -> tuple[np.ndarray, Mapping[str, Any]]:
        """Call it on a view that can't be written into, or on a copy where it insists on writing."""
        if not self.__dict__.get("insists"):
            try:
                return self._call(_read_only(samples), rate, chance)
            except (TypeError, ValueError):  # python_stretch takes no read-only arrays
                made = self._call(samples.copy(), rate, chance)
                self.__dict__["insists"] = True  # the copy helped
                return made
        return self._call(samples.copy(), rate, chance)

    def _call(self, samples: np.ndarray, rate: int, chance: Chance) -> tuple[np.ndarray, Mapping[str, Any]]:
        """The library's own code."""
        transform = self.transform
        parts = list(_parts(transform))
        for part in parts:
            part.parameters = {"should_apply": None}  # else what the last clip drew may stand among the new draws
        with seeded(chance, type(transform).__module__):
            made = transform(samples, rate)
        drawn = dict(transform.parameters)
        if drawn.pop("should_apply") is False:
            return made, {"applied": False}  # it left the clip alone: RepeatPart on one that is too short
        for number, part in enumerate(parts[1:], 1):
            own = {key: value for key, value in part.parameters.items() if key != "should_apply"}
            drawn.update({f"band_{number}_{key}": value for key, value in own.items()})
        return made, drawn

    def _failed(self, error: Exception, clip: Clip) -> SampleError:
        channels, frames = clip.samples.shape
        line = first_line(error)
        for file, name in zip(self.given.files, self.given.names.values(), strict=True):
            line = line.replace(str(file), name)
        return SampleError(
            "step failed", f"{self.name} on {frames} frames x {channels} channels at {clip.rate} Hz: {line}"
        )


NOWHERE = Chance.of(0, "", 0)
"""Constructors draw nothing; should one ever, it draws the same each time."""


def _read_only(samples: np.ndarray) -> np.ndarray:
    """A view that can't be written into."""
    view = samples.view()
    view.flags.writeable = False
    return view


def _parts(transform: BaseWaveformTransform) -> Iterable[BaseWaveformTransform]:
    """A transform and those it is made of (SevenBandParametricEQ is), in the order of its attributes."""
    yield transform
    for value in vars(transform).values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseWaveformTransform):
                yield from _parts(part)


def _below_nyquist(part: BaseWaveformTransform, samples: np.ndarray, rate: int) -> np.ndarray:
    """Apply a peaking filter with its centre below the Nyquist frequency, as the library's other filters do.

    Above it the filter is unstable, and grows to infinity: its own default reaches 7,500 Hz.
    """
    part.parameters["center_freq"] = min(part.parameters["center_freq"], rate // 2 * 0.9999)
    made: np.ndarray = type(part).apply(part, samples, rate)
    return made
