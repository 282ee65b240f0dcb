"""Who owns which labels: sounds lay claim to them by whole names or by parts of names, and whole names win."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from augment.readers._places import RefusedError


@dataclass(slots=True)
class Owners:
    """All claims are noted before the first is granted, so that it does not matter who comes first.

    Sounds whose names differ in their ending only are one recording.
    """

    whole: dict[int, int] = field(default_factory=dict)
    part: dict[int, int] = field(default_factory=dict)
    torn: set[tuple[int, bool]] = field(default_factory=set)

    def note(self, labels: int, key: str, whole: bool) -> None:
        """The sound ``key`` lays claim to ``labels``, a hash."""
        owner = hash(os.path.splitext(key)[0])
        if (self.whole if whole else self.part).setdefault(labels, owner) != owner:
            self.torn.add((labels, whole))

    def owns(self, labels: int, whole: bool, called: str) -> bool:
        """Whether a claim is granted; not if another sound has the whole name.

        Raises:
            RefusedError: Several sounds have the same right.
        """
        if not whole and labels in self.whole:
            return False
        if (labels, whole) in self.torn:
            raise RefusedError(
                "ambiguous labels", f"its name in {called} may mean other sounds, too; write whole paths there"
            )
        return True
