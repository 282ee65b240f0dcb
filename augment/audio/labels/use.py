"""One use of a library step on a clip: all from which it can be told what became of time and pitch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from augment.audio.peer import BaseWaveformTransform
from augment.audio.value import Clip


class Used(Protocol):
    """What is asked of a library step here; the step itself stands above, for it has its labels carried."""

    @property
    def name(self) -> str:
        """Of the class."""

    @property
    def transform(self) -> BaseWaveformTransform:
        """The library's instance."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a library step on a clip.

    Args:
        step: The step.
        drawn: All that it drew, as the library keeps it.
        before: The clip that it got.
        after: The clip that it made.
    """

    step: Used
    drawn: Mapping[str, Any]
    before: Clip
    after: Clip

    @property
    def rate(self) -> int:
        """Frames a second of the clip that it got."""
        return self.before.rate

    @property
    def frames(self) -> tuple[int, int]:
        """Of the clips before and after."""
        return self.before.samples.shape[1], self.after.samples.shape[1]

    def given(self, parameter: str) -> Any:
        """A parameter of the step, its default included, as the library keeps it."""
        return getattr(self.step.transform, parameter)
