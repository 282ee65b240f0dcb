"""Steps on whole batches: MixUp and CutMix with soft labels, the same for the same seed, epoch and batch.

MixUp: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. CutMix: Yun et al., "CutMix:
Regularization Strategy to Train Strong Classifiers with Localizable Features", ICCV 2019. Each sample of a batch is
mixed with another of it, all in the same proportion, as both papers' own code does.

MixUp and CutMix count the batches themselves; ``mixup`` and ``cutmix`` are told which one it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils import data

from augment.annotations import INDEX, Annotations
from augment.chance import Chance
from augment.errors import AugmentError
from augment.signatures import whole

OTHERS = "objects, events and texts are mixed by the recipe's own steps, such as Mosaic and MixUp"
"""What is said of a batch that can't be mixed."""


class _Counting:
    """A step that draws anew for each batch it is called with, and draws the same in the same place of each training.

    Args:
        alpha: Of the Beta distribution that the proportion is drawn from, above 0.
        classes: How many there are.
        seed: Another seed draws otherwise; so does each rank where torch.distributed is initialised.

    Raises:
        AugmentError: An argument is out of its range.
    """

    _mix: Callable[..., Any]

    def __init__(self, alpha: float, *, classes: int, seed: int = 0) -> None:
        _above(alpha)
        self.alpha, self.classes, self.seed = alpha, whole("classes", classes, 1), seed
        self.epoch, self.number = 0, 0
        self._sent = False

    def __repr__(self) -> str:
        """As it was written."""
        return f"{type(self).__name__}({self.alpha}, classes={self.classes}, seed={self.seed})"

    def __call__(self, batch: Any) -> Any:
        """The batch, mixed; ``mixup`` and ``cutmix`` tell of its form.

        In a DataLoader's workers (in a ``collate_fn``) it goes by the epoch of a dataset of this package, and batches
        count from 0 also after a resume; in the training loop nothing has to be minded.

        Raises:
            AugmentError: Also in workers over a dataset whose epoch it can't know.
        """
        epoch, number = self._place()
        mixed = type(self)._mix(batch, self.alpha, classes=self.classes, seed=self.seed, epoch=epoch, number=number)
        self.number, self._sent = self.number + 1, False
        return mixed

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch; to its beginning, unless ``load_state_dict`` has just gone into it.

        Who never calls it has one long epoch, in which each batch is drawn for anew.
        """
        if epoch != self.epoch or not self._sent:
            self.epoch, self.number = whole("epoch", epoch, 0), 0
        self._sent = False

    def state_dict(self) -> dict[str, int]:
        """Where it is, for ``load_state_dict``, as JSON values."""
        return {"epoch": self.epoch, "number": self.number}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go where another of the same arguments was. Raises AugmentError for what is no such state."""
        if not isinstance(state, Mapping) or not {"epoch", "number"} <= state.keys():
            raise AugmentError(f"expected a state that state_dict() gave, got {state!r:.200}")
        self.epoch, self.number = whole("epoch", state["epoch"], 0), whole("number", state["number"], 0)
        self._sent = True

    def _place(self) -> tuple[int, int]:
        """Epoch and number of the next batch; workers take turns."""
        worker = data.get_worker_info()
        if worker is None:
            return self.epoch, self.number
        epoch = getattr(worker.dataset, "epoch", None)
        if epoch is None:
            raise AugmentError(
                f"{type(self).__name__}: a worker does not know the epoch of a {type(worker.dataset).__name__}; call "
                "it in the training loop, with what the DataLoader gives"
            )
        if epoch != self.epoch:
            self.epoch, self.number = epoch, 0
        return epoch, self.number * worker.num_workers + worker.id


def mixup(batch: Any, alpha: float, *, classes: int, number: int, seed: int = 0, epoch: int = 0) -> Any:
    """Blend each sample of a batch with another; MixUp does so without ``number``.

    Args:
        batch: As ``collate`` gives it: (values, labels), (values, lengths, labels), or a mapping with ``value`` and
            ``label``. Values are (N, …) uint8 or float; labels (N,) int64, or (N, classes) float32.
        alpha: Of the Beta distribution that the proportion is drawn from, above 0; the paper has 0.1 to 0.4.
        classes: How many there are.
        number: That of the batch, from 0. The same one draws the same again.
        seed: With ``epoch`` and ``number`` it says what is drawn.
        epoch: See seed.

    Returns:
        A batch of the same form with values of the same dtype and labels (N, classes) float32, 0 throughout for
        UNLABELLED samples without a partner. Lengths are those of the longer of two. A mapping's ``annotations``,
        which say what was before, are left out.

    Raises:
        AugmentError: ``alpha`` is not above 0, a label is beyond ``classes``, or it is no batch of such a form;
            objects, events, texts and masks can't be blended.
    """
    parts = _parts(batch, alpha, classes, False)
    chance = _chance("mixup", seed, epoch, number)
    share, order = _drawn(chance, alpha, parts)
    values = parts["value"]
    mixed = values.float().lerp(values[order].float(), 1 - share)
    mixed = mixed.round_().to(values.dtype) if not values.is_floating_point() else mixed.to(values.dtype)
    return _whole(batch, mixed, _labels(parts, order, share, classes), order)


def cutmix(batch: Any, alpha: float, *, classes: int, number: int, seed: int = 0, epoch: int = 0) -> Any:
    """Lay a rectangle of another sample over each picture of a batch; labels go by the area that is left.

    Arguments, result and errors as for ``mixup``; values are pictures (N, channels, height, width). The paper has
    ``alpha`` 1. Masks as labels, (N, height, width) of whole numbers, get the same rectangle of the other's mask and
    stay what they are (French et al., "Semi-supervised semantic segmentation needs strong, varied perturbations", BMVC
    2020); ``classes`` does not concern them, for they may hold a number that is ignored.
    """
    parts = _parts(batch, alpha, classes, True)
    values, labels = parts["value"], parts["label"]
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
    if labels.dim() == 3:
        laid = labels.clone()
        laid[:, top:bottom, left:right] = labels[order, top:bottom, left:right]
        return _whole(batch, mixed, laid, order)
    share = 1 - (right - left) * (bottom - top) / (width * height)
    return _whole(batch, mixed, _labels(parts, order, share, classes), order)


class MixUp(_Counting):
    """Blend each sample of a batch with another, in each batch otherwise; see ``mixup``.

    Before the loop ``mix = MixUp(0.2, classes=10)``, in it ``values, labels = mix(batch)``; save its ``state_dict``
    beside the loader's.
    """

    _mix = staticmethod(mixup)


class CutMix(_Counting):
    """Lay a rectangle of another sample over each picture of a batch, in each batch elsewhere; see ``cutmix``."""

    _mix = staticmethod(cutmix)


def _chance(name: str, seed: int, epoch: int, number: int) -> Chance:
    """Another one for each batch of each rank."""
    group = torch.distributed
    rank = group.get_rank() if group.is_available() and group.is_initialized() else 0
    return Chance.of(seed, f"batch {number} of epoch {epoch}" + (f" at rank {rank}" if rank else ""), 0).child(name)


def _above(alpha: float) -> None:
    if not alpha > 0:
        raise AugmentError(f"alpha: expected a number above 0, got {alpha!r}")


def _drawn(chance: Chance, alpha: float, parts: Mapping[str, Any]) -> tuple[float, Any]:
    """The share that each sample keeps, and its partner."""
    generator = chance.generator()
    share = float(generator.beta(alpha, alpha))
    order = generator.permutation(len(parts["value"]))
    return share, torch.from_numpy(order).to(parts["value"].device)


def _parts(batch: Any, alpha: float, classes: int, laid: bool) -> Mapping[str, Any]:
    """Values and labels of a batch, checked; ``laid``: whether masks can be labels."""
    found = batch if isinstance(batch, Mapping) else None
    if isinstance(batch, tuple | list) and len(batch) in (2, 3):
        found = {"value": batch[0], "label": batch[-1]}
    if found is None or not all(isinstance(found.get(key), torch.Tensor) for key in ("value", "label")):
        raise AugmentError(
            f"expected a batch (values, labels) of tensors, as augment.torch.collate makes it; {OTHERS}"
        )
    _above(alpha)
    values, labels = found["value"], found["label"]
    numbers = not labels.is_floating_point()
    masks = laid and numbers and values.dim() == 4 and labels.shape == (len(values), *values.shape[2:])
    weights = labels.dim() == 2 or (labels.dim() == 1 and numbers)
    if not masks and (not weights or len(labels) != len(values)):
        others = OTHERS if laid or labels.dim() != 3 else "masks are laid over each other by CutMix"
        raise AugmentError(
            f"expected as labels class numbers (N,) or weights (N, classes) for {len(values)} samples, got "
            f"{tuple(labels.shape)} {labels.dtype}; {others}"
        )
    if "objects" in found or any(_placed(one, masks) for one in found.get("annotations", ())):
        raise AugmentError(f"expected a batch without objects or annotations; {OTHERS}")
    beyond = labels.shape[1] != classes if labels.dim() == 2 else not masks and bool((labels >= classes).any())
    if beyond:
        raise AugmentError(f"classes: expected as many as there are labels, got {classes}")
    return found


def _placed(found: Annotations | None, masks: bool) -> bool:
    """Whether more is annotated than labels say; with ``masks`` they say what the mask of all classes does."""
    if found is None:
        return False
    spoken = found.captions or found.transcript is not None
    return bool(
        found.instances or found.events or found.spans or spoken or found.masks.keys() - ({INDEX} if masks else set())
    )


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
        found.pop("annotations", None)
        if "lengths" in batch:
            found["lengths"] = torch.maximum(batch["lengths"], batch["lengths"][order])
        return found
    if len(batch) == 3:
        return values, torch.maximum(batch[1], batch[1][order]), labels
    return values, labels
