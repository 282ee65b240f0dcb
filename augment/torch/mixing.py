"""Steps on whole batches: MixUp and CutMix with soft labels, the same for the same seed, epoch and batch.

MixUp: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. CutMix: Yun et al., "CutMix:
Regularization Strategy to Train Strong Classifiers with Localizable Features", ICCV 2019. Each sample of a batch is
mixed with another of it, all in the same proportion, as both papers' own code does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from augment.chance import Chance
from augment.errors import AugmentError


def mixup(batch: Any, alpha: float, *, classes: int, seed: int = 0, epoch: int = 0, number: int = 0) -> Any:
    """Blend each sample of a batch with another.

    Args:
        batch: As ``collate`` gives it: (values, labels), (values, lengths, labels), or a mapping with ``value`` and
            ``label``. Values are (N, …) uint8 or float; labels (N,) int64, or (N, classes) float32.
        alpha: Of the Beta distribution that the proportion is drawn from, above 0; the paper has 0.1 to 0.4.
        classes: How many there are.
        seed: With ``epoch`` and ``number`` of the batch it says what is drawn.
        epoch: See seed.
        number: See seed.

    Returns:
        A batch of the same form with values of the same dtype and labels (N, classes) float32, 0 throughout for
        UNLABELLED samples without a partner. Lengths are those of the longer of two.

    Raises:
        AugmentError: ``alpha`` is not above 0, a label is beyond ``classes``, or it is no batch of such a form.
    """
    parts = _parts(batch, alpha, classes)
    chance = _chance("mixup", seed, epoch, number)
    share, order = _drawn(chance, alpha, parts)
    values = parts["value"]
    mixed = values.float().lerp(values[order].float(), 1 - share)
    mixed = mixed.round_().to(values.dtype) if not values.is_floating_point() else mixed.to(values.dtype)
    return _whole(batch, mixed, _labels(parts, order, share, classes), order)


def cutmix(batch: Any, alpha: float, *, classes: int, seed: int = 0, epoch: int = 0, number: int = 0) -> Any:
    """Lay a rectangle of another sample over each picture of a batch; labels go by the area that is left.

    Arguments, result and errors as for ``mixup``; values are pictures (N, channels, height, width). The paper has
    ``alpha`` 1.
    """
    parts = _parts(batch, alpha, classes)
    values = parts["value"]
    if values.dim() != 4:
        raise AugmentError(f"cutmix: expected pictures (N, channels, height, width), got {tuple(values.shape)}")
    chance = _chance("cutmix", seed, epoch, number)
    share, order = _drawn(chance, alpha, parts)
    height, width = values.shape[2:]
    generator = chance.child("place").generator()
    across, down = int(width * (1 - share) ** 0.5), int(height * (1 - share) ** 0.5)
    x, y = int(generator.integers(width)), int(generator.integers(height))
    left, right = max(x - across // 2, 0), min(x + across // 2, width)
    top, bottom = max(y - down // 2, 0), min(y + down // 2, height)
    mixed = values.clone()
    mixed[:, :, top:bottom, left:right] = values[order, :, top:bottom, left:right]
    share = 1 - (right - left) * (bottom - top) / (width * height)
    return _whole(batch, mixed, _labels(parts, order, share, classes), order)


def _chance(name: str, seed: int, epoch: int, number: int) -> Chance:
    return Chance.of(seed, f"batch {number} of epoch {epoch}", 0).child(name)


def _drawn(chance: Chance, alpha: float, parts: Mapping[str, Any]) -> tuple[float, Any]:
    """The share that each sample keeps, and its partner."""
    generator = chance.generator()
    share = float(generator.beta(alpha, alpha))
    order = generator.permutation(len(parts["value"]))
    return share, torch.from_numpy(order).to(parts["value"].device)


def _parts(batch: Any, alpha: float, classes: int) -> Mapping[str, Any]:
    """Values and labels of a batch, checked."""
    found = batch if isinstance(batch, Mapping) else None
    if isinstance(batch, tuple | list) and len(batch) in (2, 3):
        found = {"value": batch[0], "label": batch[-1]}
    if found is None or not all(isinstance(found.get(key), torch.Tensor) for key in ("value", "label")):
        raise AugmentError(
            "expected a batch (values, labels) of tensors, as augment.torch.collate makes it; objects and texts are "
            "mixed by the recipe's own steps, such as Mosaic and MixUp"
        )
    if not alpha > 0:
        raise AugmentError(f"alpha: expected a number above 0, got {alpha!r}")
    labels = found["label"]
    beyond = labels.shape[1] != classes if labels.dim() == 2 else bool((labels >= classes).any())
    if beyond:
        raise AugmentError(f"classes: expected as many as there are labels, got {classes}")
    return found


def _labels(parts: Mapping[str, Any], order: Any, share: float, classes: int) -> Any:
    """Soft labels of the mixture, (N, classes) float32."""
    labels = parts["label"]
    if labels.dim() == 1:
        known = labels >= 0
        labels = torch.nn.functional.one_hot(labels.clamp(min=0), classes).float() * known[:, None]
    return labels.float() * share + labels[order].float() * (1 - share)


def _whole(batch: Any, values: Any, labels: Any, order: Any) -> Any:
    """The batch with other values and labels."""
    if isinstance(batch, Mapping):
        found = {**batch, "value": values, "label": labels}
        if "lengths" in batch:
            found["lengths"] = torch.maximum(batch["lengths"], batch["lengths"][order])
        return found
    if len(batch) == 3:
        return values, torch.maximum(batch[1], batch[1][order]), labels
    return values, labels
