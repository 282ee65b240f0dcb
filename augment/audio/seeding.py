"""The global generators that the sound libraries draw from, set from a place of chance for one call and then put back.

audiomentations has no seed: it draws from ``random`` and ``numpy.random``. Two libraries below it have generators of
their own that start anywhere: python-stretch (TimeStretch at a rate below 0.5) and pyroomacoustics (ray tracing).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

from augment.chance import Chance
from augment.seeding import seeded as started


@contextmanager
def seeded(chance: Chance, module: str) -> Iterator[None]:
    """Within it, all draws of the library come from ``chance`` and it warns of nothing; after it, all is as before.

    Args:
        chance: Where the generators start.
        module: The name of the module whose code will run.
    """
    with started(chance), _stretch(chance, module), _rooms(chance, module):
        yield


def _number(chance: Chance, name: str, bits: int = 128) -> int:
    return chance.child(name).python().getrandbits(bits)


@contextmanager
def _stretch(chance: Chance, module: str) -> Iterator[None]:
    """The module sees a python_stretch whose Stretch starts from a seed instead of the machine's entropy."""
    place = vars(sys.modules[module])
    own = place.get("python_stretch")
    if own is None:
        yield
        return
    seeded_stretch = partial(own.Signalsmith.Stretch, _number(chance, "stretch", 31))
    place["python_stretch"] = SimpleNamespace(Signalsmith=SimpleNamespace(Stretch=seeded_stretch))
    try:
        yield
    finally:
        place["python_stretch"] = own


@contextmanager
def _rooms(chance: Chance, module: str) -> Iterator[None]:
    """The generators of pyroomacoustics: NumPy's is put back; that of its C++ can't be read, and starts afresh."""
    rooms: Any = sys.modules.get("pyroomacoustics")
    if rooms is None or not module.endswith(".room_simulator"):
        yield
        return
    own = rooms.random.get_rng()
    rooms.random.seed(numpy=_number(chance, "rooms"), libroom=_number(chance, "libroom", 63))
    try:
        yield
    finally:
        rooms.random.seed(numpy=own)
