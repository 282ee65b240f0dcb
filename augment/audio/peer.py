"""What we use of audiomentations, imported without the warnings that its source gives where it is compiled anew."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an invalid escape in add_color_noise.py: shown by Python 3.12 and later
    import audiomentations
    from audiomentations.core.composition import BaseCompose
    from audiomentations.core.transforms_interface import BaseTransform, BaseWaveformTransform
    from audiomentations.core.utils import SUPPORTED_EXTENSIONS

__all__ = ["SUPPORTED_EXTENSIONS", "BaseCompose", "BaseTransform", "BaseWaveformTransform", "audiomentations"]
