"""The global generators that libraries draw from, set from a place of chance for one call and then put back."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
from numpy.random import mtrand

from augment.chance import Chance


@contextmanager
def seeded(chance: Chance, arrays: bool = True) -> Iterator[None]:
    """Within it, ``random`` and ``numpy.random`` draw from ``chance`` and nothing warns; after it, all is as before.

    Args:
        chance: Where the generators start.
        arrays: Whether that of NumPy is needed; it takes five times as long to set and put back as the other.
    """
    python = random.getstate()
    random.setstate(chance.python().getstate())
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"), _arrays(chance) if arrays else nullcontext():
            warnings.simplefilter("ignore")  # told when the step is built, or of no use to anybody
            yield
    finally:
        random.setstate(python)


@contextmanager
def _arrays(chance: Chance) -> Iterator[None]:
    generator = mtrand.get_bit_generator()
    numpy = np.random.get_state(legacy=False)  # the generator keeps its place, but not a normal number that waits
    mtrand.set_bit_generator(chance.child("numpy").generator().bit_generator)  # twenty times as fast as a Mersenne one
    try:
        yield
    finally:
        mtrand.set_bit_generator(generator)
        np.random.set_state(numpy)
