"""SafeRotate: an Affine of the library that keeps all corners; see affine.py."""

from __future__ import annotations

from augment.image.kernels._warp import warp_drawn as apply

__all__ = ["TOLERANCE", "apply"]

TOLERANCE = (1, 0.001)
