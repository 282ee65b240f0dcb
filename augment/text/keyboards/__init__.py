"""Keyboard layouts, and which letters lie side by side on them.

Each module is one layout and has ``LAYERS``: what its keys give alone, and where letters hide there, what they give
with Shift or AltGr. A layer has four rows: digits, upper, home and lower, beginning with the key left of 1, with Q's,
with A's, and with the one left of Z (ISO keyboards have it). A blank stands where a key gives no letter of its own.
``DEFAULT`` says that it is taken for its letters where nobody names a layout.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType

OFFSETS = (-1.0, 0.5, 0.75, 0.25)
"""Where the first key of each row is, in widths of a key from that of 1 (ISO/IEC 9995-2 boards are staggered so)."""

REACH = 1.26
"""Keys whose middles are no further apart are neighbours: those beside, and two above and below."""

AUTO = "auto"


@cache
def names() -> tuple[str, ...]:
    """All layouts, sorted."""
    return tuple(sorted(item.name for item in pkgutil.iter_modules(__path__)))


@cache
def neighbours(name: str) -> Mapping[str, str]:
    """Letter -> the letters on keys around its own, in its case; ``auto`` has those of the default layouts.

    Raises KeyError where there is no such layout.
    """
    if name == AUTO:
        found: dict[str, str] = {}
        for other in names():
            if _module(other).DEFAULT:
                found = {**neighbours(other), **found}
        return found
    if name not in names():
        raise KeyError(name)
    keys = [
        (layer, offset + place, row, char)
        for layer, rows in enumerate(_module(name).LAYERS)
        for row, (offset, chars) in enumerate(zip(OFFSETS, rows, strict=True))
        for place, char in enumerate(chars)
        if char.isalpha()
    ]
    found = {}
    for layer, x, y, char in keys:
        near = [
            other
            for other_layer, other_x, other_y, other in keys
            if other != char and (other_x - x) ** 2 + (other_y - y) ** 2 <= (REACH**2 if other_layer == layer else 0)
        ]
        if near:
            found[char] = "".join(near)
    upper = _module(name).UPPER if hasattr(_module(name), "UPPER") else {}
    raised = {char: upper.get(char, char.upper()) for char in found}
    capitals: dict[str, dict[str, None]] = {}
    for char, beside in found.items():
        if raised[char] != char and len(raised[char]) == 1:  # Greek has one capital for two letters, German none for ß
            own = capitals.setdefault(raised[char], {})
            own.update((raised[other], None) for other in beside if len(raised[other]) == 1)
            own.pop(raised[char], None)
    return {**found, **{char: "".join(own) for char, own in capitals.items()}}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")
