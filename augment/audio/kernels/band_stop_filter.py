"""BandStopFilter, unless without delay: designed in closed form, and in blocks."""

from augment.audio.kernels._butterworth import TOLERANCE
from augment.audio.kernels._butterworth import two_sided as apply

__all__ = ["TOLERANCE", "apply"]
