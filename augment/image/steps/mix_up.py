"""MixUp: lays another picture of the same split over this one, half transparent; classes become soft."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.compose import merged, weakened
from augment.image.labels.warp import warped
from augment.image.steps import _mixing
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = "Classes become soft, by the weights. Objects of both stay; one that shines through too weakly is dropped."
DOCS = "https://arxiv.org/abs/1710.09412"


class Options(_Base):
    """Zhang et al., mixup: Beyond Empirical Risk Minimization, 2018."""

    alpha: float = pydantic.Field(0.2, gt=0, description="The weight is drawn from Beta(alpha, alpha); 8 for objects.")
    balanced: pydantic.StrictBool = pydantic.Field(False, description="Draw partners of each class equally often.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Mix two pictures; the partner takes the size of this one."""
    (other,) = _mixing.partners(sample, chance, 1, options.balanced)
    weight = float(chance.child("weight").generator().beta(options.alpha, options.alpha))
    size = (int(sample.value.shape[1]), int(sample.value.shape[0]))
    partner = _mixing.resized(other.value, size)
    pixels = np.asarray(cv2.addWeighted(sample.value, weight, partner, 1 - weight, 0))
    here, there = _mixing.scene(sample), _mixing.scene(other)
    matrix = np.diag([size[0] / there.size[0], size[1] / there.size[1], 1.0])
    fitted = warped(there, matrix, size)
    bitmaps = here.bitmaps if weight >= 0.5 else fitted.bitmaps
    whole = merged([weakened(here, weight), weakened(fitted, 1 - weight)], bitmaps)
    classes = _mixing.soft([(sample, weight), (other, 1 - weight)])
    return _mixing.mixed(sample, pixels, whole, classes), {"weight": weight, "partner": other.key}
