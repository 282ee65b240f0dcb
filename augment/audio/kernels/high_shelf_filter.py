"""HighShelfFilter: without the overhead, and in blocks."""

from augment.audio.kernels._biquads import shelf as apply

__all__ = ["TOLERANCE", "apply"]

TOLERANCE = 1e-5
