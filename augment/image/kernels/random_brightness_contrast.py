"""RandomBrightnessContrast: the library's table, without the wrappers. Same values."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment.image.kernels._pixels import covered, ramp, through

TOLERANCE = (0, 0.0)


def apply(transform: Any, image: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    """Change brightness and contrast."""
    covered(image)
    drawn = transform.get_params_dependent_on_data({"shape": image.shape}, {"image": image})
    alpha, beta = float(drawn["alpha"]), float(drawn["beta"])
    return through(image, ramp(alpha, beta)), {"alpha": alpha, "beta": beta}
