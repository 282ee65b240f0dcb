"""The library's own ``apply`` for transforms that draw nothing in it: only the drawing is ours."""

from __future__ import annotations

from typing import Any

import numpy as np


def applied(
    transform: Any, samples: np.ndarray, rate: int, drawn: dict[str, Any]
) -> tuple[np.ndarray, dict[str, Any]]:
    """What the transform makes with these parameters; never a part of ``samples``."""
    transform.parameters = {"should_apply": True, **drawn}
    made = transform.apply(samples[0] if len(samples) == 1 else samples, rate)
    made = np.ascontiguousarray(np.atleast_2d(made), np.float32)
    return (made.copy() if np.may_share_memory(made, samples) else made), drawn
