"""ShiftScaleRotate: an Affine of the library under an older name; see affine.py."""

from __future__ import annotations

from augment.image.kernels._warp import warp_drawn as apply

__all__ = ["TOLERANCE", "apply"]

TOLERANCE = (1, 0.001)
