"""CutMix: pastes a rectangle of another picture of the same split into this one; classes become soft by area."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydantic

from augment.chance import Chance
from augment.image.labels.compose import hidden, merged
from augment.image.labels.warp import placed, warped
from augment.image.steps import _mixing
from augment.options import Options as _Base
from augment.sample import Sample

LABELS = "moves"
NOTE = "Classes become soft, by area. Objects under the rectangle are cut, those inside it come along."
DOCS = "https://arxiv.org/abs/1905.04899"


class Options(_Base):
    """Yun et al., CutMix: Regularization Strategy to Train Strong Classifiers, 2019."""

    alpha: float = pydantic.Field(1.0, gt=0, description="The share of this picture is drawn from Beta(alpha, alpha).")
    balanced: pydantic.StrictBool = pydantic.Field(False, description="Draw partners of each class equally often.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """Paste; the partner takes the size of this picture, and its rectangle lies at the same place in both."""
    (other,) = _mixing.partners(sample, chance, 1, options.balanced)
    rng = chance.child("rectangle").generator()
    height, width = sample.value.shape[:2]
    x_min, y_min, x_max, y_max = _rectangle(rng, float(rng.beta(options.alpha, options.alpha)), (width, height))
    where = np.zeros((height, width), bool)
    where[y_min:y_max, x_min:x_max] = True
    pixels = sample.value.copy()
    pixels[where] = _mixing.resized(other.value, (width, height))[where]
    here, there = _mixing.scene(sample), _mixing.scene(other)
    matrix = np.diag([width / there.size[0], height / there.size[1], 1.0])
    fitted = warped(there, matrix, (width, height))
    bitmaps = _mixing.pasted(here.bitmaps, fitted.bitmaps, where)
    away = np.array([[1, 0, -x_min], [0, 1, -y_min], [0, 0, 1.0]])
    part = placed(fitted, away, (x_max - x_min, y_max - y_min)) if where.any() else None
    back = [placed(part, np.linalg.inv(away), (width, height))] if part is not None else []
    whole = merged([hidden(here, where), *back], bitmaps)
    share = float(1 - where.mean())
    classes = _mixing.soft([(sample, share), (other, 1 - share)])
    told = {"rectangle": [x_min, y_min, x_max, y_max], "partner": other.key}
    return _mixing.mixed(sample, pixels, whole, classes), told


def _rectangle(rng: np.random.Generator, kept: float, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """One of the picture's proportions and of ``1 - kept`` of its area, its middle anywhere, cut off at the border."""
    width, height = size
    ratio = (1 - kept) ** 0.5
    half_width, half_height = int(width * ratio) // 2, int(height * ratio) // 2
    x, y = int(rng.integers(width)), int(rng.integers(height))
    return max(x - half_width, 0), max(y - half_height, 0), min(x + half_width, width), min(y + half_height, height)
