"""What a person in a notebook has at hand, as what ``show`` and ``explore`` work on."""

from __future__ import annotations

import copy
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from augment import catalog
from augment.engine.items import Item
from augment.engine.plan import Plan
from augment.engine.stream import Stream
from augment.errors import AugmentError, nearest

AS_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""Modes of Pillow that a PNG holds as they are."""

KINDS = "a file, an Item, a picture, a pair of a sound's samples and its rate, or a text"


def streamed(what: Any) -> Stream | None:
    """The stream in a Plan, a Stream, or one of our data sets and loaders for PyTorch and Keras, else None.

    It is of the epoch that the data set is in.
    """
    if isinstance(what, Plan):
        return Stream(what)
    if isinstance(what, Stream):
        return what
    home = getattr(what, "dataset", what)  # that of a loader
    found = getattr(home, "_stream", None)
    if not isinstance(found, Stream):
        return None
    found = copy.copy(found)
    found.set_epoch(home.epoch)
    return found


def checked(function: str, changes: Mapping[str, Any], options: type, *own: str) -> None:
    """Raise AugmentError for what is no option of a function, whose options are the keys of a TypedDict."""
    known = [*own, *options.__annotations__]
    for name in changes:
        if name not in known:
            guess = nearest(name, known) or f"known: {', '.join(known)}"
            raise AugmentError(f"{function}: expected an option of augment.{function}, got {name!r}; {guess}")


def at_hand(sample: Any) -> tuple[str, Item]:
    """The modality of a sample, and it with its value as that decodes it; see ``augment.explore``.

    Raises:
        AugmentError: It is none.
    """
    if isinstance(sample, PathLike) or (isinstance(sample, str) and _names_a_file(sample)):
        return _read(Path(fspath(sample)))
    if isinstance(sample, list | tuple) and sample and all(isinstance(one, Item) for one in sample):
        raise _strange(
            f"one Item, got {len(sample)} in a {type(sample).__name__}; give one of them, such as the first"
        )
    item = sample if isinstance(sample, Item) else _item(sample)
    kind = catalog.modality_of_value(item.value, item.facts)
    if kind is None:
        raise _strange(f"{KINDS}, got {type(item.value).__name__}")
    return kind, replace(item, value=catalog.modality(kind).taken(item.value, item.facts))


def _strange(expected: str) -> AugmentError:
    return AugmentError(f"explore: sample: expected {expected}")


def _names_a_file(text: str) -> bool:
    """Whether a text names a file, one that is there or one that is not.

    Most texts are too long for a name, or hold what no name may. What is written in one piece, with an ending that we
    know, is meant to be a file.
    """
    try:
        there = Path(text).is_file()
    except (OSError, ValueError):
        return False
    suffix = Path(text).suffix.lower()
    return there or (len(text.split()) == 1 and suffix != "" and catalog.modality_of(suffix) is not None)


def _read(path: Path) -> tuple[str, Item]:
    kind = catalog.modality_of(path.suffix.lower())
    if not path.is_file():
        raise AugmentError(f"explore: {path}: expected a file, there is none (in {Path.cwd()})")
    if kind is None:
        raise AugmentError(f"explore: {path}: expected a file that we can decode")
    return kind, Item(path.name, 0, catalog.modality(kind).decode(path.read_bytes()), None, None, None)


def _item(sample: Any) -> Item:
    """A value as an Item: arrays, tensors and pictures of Pillow; a pair is a sound, or a picture with its class."""
    value, second = sample if isinstance(sample, tuple) and len(sample) == 2 else (sample, None)
    value = _array(value)
    if second is None or (isinstance(value, np.ndarray) and value.ndim == 3):
        return Item("sample", 0, _upright(value) if isinstance(value, np.ndarray) else value, None, None, None)
    rate = second.item() if hasattr(second, "item") else second
    if not isinstance(value, np.ndarray) or isinstance(rate, bool) or not isinstance(rate, int | float):
        told = f"{type(value).__name__} and {type(second).__name__}"
        raise _strange(f"{KINDS}, got a pair of {told}")
    if value.ndim == 2 and value.shape[0] > value.shape[1]:
        fix = "give samples.T" if value.shape[1] < 64 else "give both as they are meant"
        raise _strange(f"samples (channels, frames), got {value.shape}, more channels than frames; {fix}")
    whole = int(rate) if isinstance(rate, float) and rate.is_integer() else rate
    return Item("sample", 0, value, None, None, None, {"rate": whole})


def _array(value: Any) -> Any:
    """An array in place of a tensor or of a picture of Pillow; anything else as it is."""
    if isinstance(value, Image.Image):
        plain = (value if value.mode in AS_PNG else value.convert("RGB")).copy()
        plain.info = {key: found for key, found in plain.info.items() if key == "transparency"}
        stored = io.BytesIO()
        plain.save(stored, "png", compress_level=1)
        return catalog.modality(catalog.modality_of(".png") or "").decode(stored.getvalue())
    if isinstance(value, np.ndarray) or not hasattr(value, "__array__"):
        return value
    return np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)


def _upright(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A picture (channels, height, width), or of floats from 0 to 1, as (height, width[, channels]) uint8."""
    if value.ndim == 3 and value.shape[0] in (1, 3) and value.shape[2] not in (1, 3):
        value = value.transpose(1, 2, 0)
    if value.ndim in (2, 3) and value.dtype.kind == "f" and value.size and value.min() >= 0 and value.max() <= 1:
        value = (value * 255).round().astype(np.uint8)
    return value


def first_of(items: Iterator[Any], count: int) -> list[Any]:
    """The first ``count`` Items of an iterator, tuples of views whole; those of batches one by one."""
    found: list[Any] = []
    many = 0
    for one in items:
        for each in one if isinstance(one, list) else (one,):
            found.append(each)
            many += len(each) if isinstance(each, tuple) else 1
            if many >= count:
                return found
    return found
