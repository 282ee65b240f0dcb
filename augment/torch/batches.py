"""Samples to batches: what torch's own collate does, and boxes, sounds and tokens of any length, soft labels, gaps."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from augment.annotations import Annotations
from augment.errors import AugmentError
from augment.failures import first_line
from augment.forms import alike, one_kind
from augment.torch.pieces import by_a_loader, by_torch, stacked

OWN = "give DataLoader a collate_fn of your own"
"""What mends what none of ours does."""


def collate(batch: Sequence[Any], pad: float | None = None) -> Any:
    """One batch of samples as the datasets of this package give them; a drop-in for DataLoader's ``collate_fn``.

    Args:
        batch: Pairs (value, target) or mappings, or tuples of so many views of one sample, each a pair or a mapping;
            None, which a ``convert`` of yours may give, is left out.
        pad: None: all values must be alike. A number: sounds, and tensors of one dimension such as tokens, are filled
            up with it at the end to the longest. Nothing but values is: of other columns each would need its own.

    Returns:
        (values, targets), (values, lengths, targets) with ``pad`` where the values are sounds or of one dimension
        (lengths: (N,) int64, frames or numbers), or a mapping with ``lengths`` in it. Values and labels are stacked
        and keep their dtype, texts are lists; targets with boxes are a list of dicts, as torchvision takes them, and
        where sizes differ, so are their pictures a list: ``model(list(images), targets)`` takes either. Where weights
        stand among the numbers of classes, all targets (or ``label``) are (N, classes) float32.
        Of views a tuple with a batch for each: ``one, other = batch``.

    Raises:
        AugmentError: The values do not go together; the message names the step that mends it. Or none is there.
    """
    return _Join(pad, by_a_loader(sys._getframe(1))).batch(batch)


@dataclass(frozen=True)
class _Join:
    """How samples are joined.

    Args:
        pad: See ``collate``.
        lend: Whether memory that is used again may be taken, see augment.torch.pieces.
    """

    pad: float | None
    lend: bool

    def batch(self, batch: Sequence[Any]) -> Any:
        """See ``collate``."""
        there = [one for one in batch if one is not None]
        if not there:
            raise AugmentError(f"all {len(batch)} samples of a batch are None; give collate at least one that is not")
        first = there[0]
        if _is_views(first):
            return tuple(self.batch(views) for views in zip(*there, strict=True))
        if isinstance(first, Mapping):
            return self.mappings(there)
        if not (isinstance(first, tuple) and len(first) == 2):
            return _by_torch(there, "samples")
        values, targets = [value for value, _ in there], [target for _, target in there]
        one_kind(values)
        lengths = _lengths(values) if self.pad is not None else None
        if lengths is not None:
            return self.padded(values), lengths, self.column(targets, "target")
        joined = list(values) if _of_any_size(values, targets) else self.column(values, "value")
        return joined, self.column(targets, "target")

    def mappings(self, batch: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """As a mapping; a key that not all have is left out."""
        columns = {key: [one[key] for one in batch] for key in batch[0] if all(key in one for one in batch)}
        values = columns.get("value", [])
        one_kind(values)
        found: dict[str, Any] = {}
        lengths = _lengths(values) if self.pad is not None else None
        if lengths is not None:
            found = {"value": self.padded(values), "lengths": lengths}
        elif values and _of_any_size(values, columns.get("objects", [])):
            found = {"value": values}
        return found | {key: self.column(column, key) for key, column in columns.items() if key not in found}

    def column(self, column: Sequence[Any], name: str) -> Any:
        """One column of a batch."""
        first = column[0]
        if isinstance(first, str | Annotations):
            return list(column)
        if isinstance(first, Mapping):
            if any(not isinstance(one, str) for one in first.values()):
                return list(column)  # targets of pictures with objects
            return {key: [one[key] for one in column] for key in first}
        tensors = [one for one in column if isinstance(one, torch.Tensor)]
        if len(tensors) == len(column):
            _alike(column, name)
            return stacked(column, self.lend)
        if name in ("label", "target") and any(one.dim() == 1 for one in tensors):
            return _soft(column, tensors, name)
        return _by_torch(column, name)

    def padded(self, values: Sequence[Any]) -> Any:
        """Values filled up at the end to the longest."""
        pad = self.pad or 0
        if not values[0].is_floating_point() and int(pad) != pad:
            raise AugmentError(f"pad: expected a whole number for values of {values[0].dtype}, got {pad!r}")
        longest = max(value.shape[-1] for value in values)
        full = [torch.nn.functional.pad(value, (0, longest - value.shape[-1]), value=pad) for value in values]
        return self.column(full, "value")


def _is_views(one: Any) -> bool:
    """Whether a sample is a tuple of views: a value is never a tuple, nor a mapping with ``value`` in it."""
    return isinstance(one, tuple) and all(
        isinstance(view, tuple) or (isinstance(view, Mapping) and "value" in view and "label" in view) for view in one
    )


def _of_any_size(values: Sequence[Any], targets: Sequence[Any]) -> bool:
    """Whether they are pictures with objects that differ in height or width: those go as a list."""
    objects = bool(targets) and all(isinstance(one, Mapping) and "boxes" in one for one in targets)
    return objects and len({value.shape[1:] for value in values}) > 1 == len({value.shape[0] for value in values})


def _by_torch(column: Sequence[Any], name: str) -> Any:
    """Whatever torch makes of it. Raises AugmentError where it can't."""
    try:
        return by_torch(column)
    except (RuntimeError, TypeError, KeyError) as error:
        raise AugmentError(f"{name}: torch makes no batch of these: {first_line(error)}; {OWN}") from None


def _soft(column: Sequence[Any], tensors: Sequence[Any], name: str) -> Any:
    """Labels of which some are weights, all as weights; 0 throughout where there is no label."""
    _alike(tensors, name)
    width = len(tensors[0])
    found = torch.zeros((len(column), width), dtype=torch.float32)
    for place, one in enumerate(column):
        if isinstance(one, torch.Tensor) and one.is_floating_point():
            found[place] = one
        elif not isinstance(one, int) or one >= width:
            raise AugmentError(f"{name}: expected weights or numbers of {width} classes, got {one!r:.200}; {OWN}")
        elif one >= 0:
            found[place, one] = 1
    return found


def _alike(values: Sequence[Any], name: str) -> None:
    """Refuse values of different shapes, and say what mends it."""
    first, shapes = values[0], [tuple(value.shape) for value in values]
    sounds = first.dim() == 2 and first.is_floating_point()
    padded = f"collate_fn=functools.partial(augment.torch.collate, pad={0.0 if sounds else 0})"
    if name == "value" and (sounds or first.dim() == 3):
        alike(shapes, 0, padded if sounds else OWN)
    other = next((shape for shape in shapes if shape != shapes[0]), None)
    if other is not None:
        fix = f"pad them: {padded}" if name == "value" and first.dim() == 1 else f"make them alike, or {OWN}"
        raise AugmentError(f"{name}: a batch has values of different shapes, such as {shapes[0]} and {other}; {fix}")


def _lengths(values: Sequence[Any]) -> Any:
    """Frames of each sound, or numbers in each value of one dimension; None where the values are neither."""
    if not values or not all(isinstance(value, torch.Tensor) for value in values):
        return None
    if {value.dim() for value in values} not in ({1}, {2}):
        return None
    return torch.tensor([value.shape[-1] for value in values], dtype=torch.int64)
