"""Samples to batches: what torch's own collate does, and boxes, sounds of any length, soft labels and gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import default_collate

from augment.annotations import Annotations
from augment.errors import AugmentError
from augment.forms import alike, one_kind
from augment.torch.pieces import stacked


def collate(batch: Sequence[Any], pad: float | None = None) -> Any:
    """One batch of samples as the datasets of this package give them; a drop-in for DataLoader's ``collate_fn``.

    Args:
        batch: Pairs (value, target) or mappings, or tuples of so many views of one sample, each a pair or a mapping;
            None, which a ``convert`` of yours may give, is left out.
        pad: None: all values must be alike. A number: sounds are filled up with it at the end to the longest.

    Returns:
        (values, targets), (values, lengths, targets) with ``pad`` where the values are sounds (lengths: (N,) int64,
        frames), or a mapping with ``lengths`` in it. Values and labels are stacked, texts are lists; targets with
        boxes are a list of dicts, as torchvision takes them, and where sizes differ, so are their pictures a list:
        ``model(list(images), targets)`` takes either. Where any label is soft, all are (N, classes) float32.
        Of views a tuple with a batch for each: ``one, other = batch``.

    Raises:
        AugmentError: The values do not go together; the message names the step that mends it. Or none is there.
    """
    there = [one for one in batch if one is not None]
    if not there:
        raise AugmentError(f"all {len(batch)} samples of a batch are None; give collate at least one that is not")
    first = there[0]
    if _is_views(first):
        return tuple(collate(views, pad) for views in zip(*there, strict=True))
    if isinstance(first, Mapping):
        return _mappings(there, pad)
    if not (isinstance(first, tuple) and len(first) == 2):
        return default_collate(there)
    values, targets = [value for value, _ in there], [target for _, target in there]
    one_kind(values)
    lengths = _lengths(values) if pad is not None else None
    if lengths is None:
        return (list if _of_any_size(values, targets) else _joined)(values), _joined(targets)
    return _padded(values, pad), lengths, _joined(targets)


def _is_views(one: Any) -> bool:
    """Whether a sample is a tuple of views: a value is never a tuple, nor a mapping with ``value`` in it."""
    return isinstance(one, tuple) and all(
        isinstance(view, tuple) or (isinstance(view, Mapping) and "value" in view and "label" in view) for view in one
    )


def _mappings(batch: Sequence[Mapping[str, Any]], pad: float | None) -> dict[str, Any]:
    """As a mapping; a key that not all have is left out."""
    shared = [key for key in batch[0] if all(key in one for one in batch)]
    found = {key: [one[key] for one in batch] for key in shared}
    one_kind(found.get("value", []))
    lengths = _lengths(found.get("value", [])) if pad is not None else None
    if lengths is not None:
        values = _padded(found.pop("value"), pad)
        return {"value": values, "lengths": lengths, **{key: _joined(column) for key, column in found.items()}}
    of_any_size = "value" in found and _of_any_size(found["value"], found.get("objects", []))
    return {key: column if key == "value" and of_any_size else _joined(column) for key, column in found.items()}


def _of_any_size(values: Sequence[Any], targets: Sequence[Any]) -> bool:
    """Whether they are pictures with objects that differ in height or width: those go as a list."""
    objects = bool(targets) and all(isinstance(one, Mapping) and "boxes" in one for one in targets)
    return objects and len({value.shape[1:] for value in values}) > 1 == len({value.shape[0] for value in values})


def _joined(column: Sequence[Any]) -> Any:
    """One column of a batch."""
    first = column[0]
    if isinstance(first, str | Annotations):
        return list(column)
    if isinstance(first, Mapping):
        if any(not isinstance(one, str) for one in first.values()):
            return list(column)  # targets of pictures with objects
        return {name: [one[name] for one in column] for name in first}
    if any(isinstance(one, torch.Tensor) and one.dim() == 1 for one in column):
        return _soft(column)
    if isinstance(first, torch.Tensor):
        _alike(column)
        return stacked(column)
    return default_collate(list(column))


def _soft(column: Sequence[Any]) -> Any:
    """Labels of which some are weights, all as weights; 0 throughout where there is no label."""
    width = next(len(one) for one in column if isinstance(one, torch.Tensor))
    found = torch.zeros((len(column), width), dtype=torch.float32)
    for place, one in enumerate(column):
        if isinstance(one, torch.Tensor):
            found[place] = one
        elif one >= 0:
            found[place, one] = 1
    return found


def _alike(values: Sequence[Any]) -> None:
    """Refuse values of different shapes, and say what mends it."""
    sounds = values[0].dim() == 2
    otherwise = "collate_fn=functools.partial(augment.torch.collate, pad=0.0)"
    otherwise = otherwise if sounds else "give DataLoader a collate_fn of your own"
    alike([tuple(value.shape) for value in values], 0, otherwise)


def _lengths(values: Sequence[Any]) -> Any:
    """Frames of each sound; None where the values are no sounds."""
    if not values or not all(isinstance(value, torch.Tensor) and value.dim() == 2 for value in values):
        return None
    return torch.tensor([value.shape[1] for value in values], dtype=torch.int64)


def _padded(values: Sequence[Any], pad: float | None) -> Any:
    """Sounds, filled up at the end to the longest."""
    longest = max(value.shape[1] for value in values)
    full = [torch.nn.functional.pad(value, (0, longest - value.shape[1]), value=float(pad or 0.0)) for value in values]
    _alike(full)
    return stacked(full)
