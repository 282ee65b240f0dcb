"""Affine: the library's draws and matrix, warped as four channels where the picture has three. Same values."""

from __future__ import annotations

from augment.image.kernels._warp import warp_drawn as apply

__all__ = ["TOLERANCE", "apply"]

TOLERANCE = (1, 0.001)
"""The library returns the picture itself for matrices within 1e-5 of the identity; here they are warped."""
