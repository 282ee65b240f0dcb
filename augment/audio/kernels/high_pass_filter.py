"""HighPassFilter, unless without delay: designed in closed form, and in blocks."""

from augment.audio.kernels._butterworth import TOLERANCE
from augment.audio.kernels._butterworth import one_sided as apply

__all__ = ["TOLERANCE", "apply"]
