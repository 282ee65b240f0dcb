"""One sample as tensors in torch's conventions; objects as torchvision's detection models take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import torch

from augment import forms
from augment.annotations import Annotations
from augment.engine.items import Item, Made
from augment.forms import Kinds, Labelled

UNLABELLED = -100
"""The label of a sample that has none: ``torch.nn.functional.cross_entropy`` ignores it."""

_UNIT = np.arange(256, dtype=np.float32) / np.float32(255)
"""What each value of a byte is as ``float``."""


def sample(item: Made, form: Labelled, kinds: Kinds) -> Any:
    """A pair (value, target), or a mapping; a tuple of such where the recipe says ``views: N``.

    The value: pictures (channels, height, width), one channel for gray, see Form.dtype; sounds (channels, frames)
    float32; texts as they are. The target: see ``label``; of data sets with objects the dict of ``objects``, which has
    the sample's class as ``label`` where there is one. A mapping has ``value``, ``label``, ``source``, ``copy``, and
    where they are, ``rate`` (Hz), ``objects`` and ``annotations`` (augment.annotations.Annotations).
    """
    if isinstance(item, tuple):
        return tuple(sample(view, form, kinds) for view in item)
    if form.convert is not None:
        return form.convert(item)
    value, found = tensor(item, form.dtype), None
    if kinds.objects and form.labels != "mask":
        found = objects(item.annotations, item.value, kinds, form.masks)
    named = label(item, form, kinds)
    if not form.mapping:
        if found is None:
            return value, named
        return value, (found if item.label is None else {**found, "label": named})
    told: dict[str, Any] = {"value": value, "label": named, "source": item.source, "copy": item.copy, **item.facts}
    if found is not None:
        told["objects"] = found
    if item.annotations is not None:
        told["annotations"] = item.annotations
    return told


def tensor(item: Item, dtype: str) -> Any:
    """An item's value as a tensor with memory of its own; texts stay texts."""
    value = item.value
    if isinstance(value, str | Mapping):
        return value
    if forms.is_sound(item):
        return torch.from_numpy(np.array(value, np.float32))
    if value.dtype != np.uint8:
        value, dtype = value.astype(np.float32, copy=False), "as it is"
    planes = np.empty((1 if value.ndim == 2 else value.shape[2], *value.shape[:2]), value.dtype)
    cv2.split(value, list(planes))  # it takes a tenth of what NumPy takes to copy a transposed array
    if dtype == "float":  # in two dimensions: in three OpenCV takes the last one for channels
        return torch.from_numpy(cv2.LUT(planes.reshape(-1, planes.shape[2]), _UNIT).reshape(planes.shape))
    return torch.from_numpy(planes)


def label(item: Item, form: Labelled, kinds: Kinds) -> Any:
    """What is labelled on the sample as a whole.

    ``int``: the place of the class, a whole number, UNLABELLED where there is none; weights (classes,) float32 of a
    mixed sample. ``one-hot``: weights of any sample. ``mask``: the mask whose values are classes, (height, width)
    int64, as ``cross_entropy`` takes it. Raises AugmentError where there is no such mask.
    """
    if form.labels == "mask":
        return torch.from_numpy(forms.target(item, form, kinds)).long()
    if form.labels == "one-hot":
        return torch.from_numpy(forms.target(item, form, kinds))
    soft = forms.weights(item, kinds)
    if soft is not None:
        return torch.from_numpy(soft)
    return UNLABELLED if item.label_index is None else item.label_index


def objects(found: Annotations | None, value: Any, kinds: Kinds, with_masks: bool | None) -> dict[str, Any]:
    """What augment.forms.objects gives, as tensors."""
    return _tensors(forms.objects(found, value, kinds, with_masks))


def _tensors(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tensors(one) if isinstance(one, Mapping) else torch.from_numpy(one) for name, one in found.items()}
