"""Types of parameters that steps of our own share, and the checks of them."""

from __future__ import annotations

from typing import Annotated

import pydantic

Number = Annotated[float, pydantic.Field(allow_inf_nan=False)]
Range = tuple[Number, Number]
"""From, to."""

Counts = tuple[int, int]


def ordered(name: str, pair: tuple[float, float] | None, low: float, high: float) -> None:
    """Raises ValueError unless ``low <= pair[0] <= pair[1] <= high``."""
    if pair is not None and not low <= pair[0] <= pair[1] <= high:
        raise ValueError(f"expected {name}: [low, high] from {low:g} to {high:g}")
