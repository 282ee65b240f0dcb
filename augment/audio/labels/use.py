"""One use of a library step on a clip: all from which it can be told what became of time and pitch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from augment.audio.value import Clip

if TYPE_CHECKING:
    from augment.audio.library import LibraryStep


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a library step on a clip.

    Args:
        step: The step.
        drawn: All that it drew, as the library keeps it.
        before: The clip that it got.
        after: The clip that it made.
    """

    step: LibraryStep
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
