"""The numbers that one call of the library would draw, without touching the global generators."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from augment.chance import Chance


class Draws:
    """Generators at the place where ``seeding.seeded`` sets the global ones; whether to fire is drawn already.

    Args:
        chance: The place.
    """

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.python = chance.python()
        self.python.random()  # BaseTransform.randomize_parameters

    @cached_property
    def numpy(self) -> np.random.RandomState:
        """In place of ``numpy.random``."""
        return np.random.RandomState(self.chance.child("numpy").generator().bit_generator)
