"""The samples of a recipe as a ``tf.data.Dataset``.

``pip install 'augment[tensorflow]'``. Importing this imports TensorFlow; ``import augment`` does not.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from augment import forms
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import Stream, stream
from augment.errors import AugmentError
from augment.forms import PER_OBJECT, UNLABELLED, Kinds, Labelled, one_kind, sample, stand_in, why
from augment.sample import Skip
from augment.signatures import only

try:
    tf: Any = importlib.import_module("tensorflow")
except ImportError as missing:
    raise AugmentError(
        f"augment.tensorflow needs TensorFlow, which is not here ({missing}): pip install 'augment[tensorflow]'"
    ) from None

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["UNLABELLED", "dataset"]

TRIED = 8
"""Samples that are made to see what they have in common."""


class Options(forms.Options, total=False):
    """What a call may say: all of augment.forms.Options but ``batch_size``, and ``shape``."""

    shape: Sequence[int | None] | None


def dataset(recipe: AnyRecipe, **options: Unpack[Options]) -> Any:
    """The samples of a recipe, live: each iteration is over the next epoch, in the order of ``augment.stream``.

    Elements are (x, y), x alone where nothing is labelled, or mappings, as augment.forms.sample gives them: pictures
    (height, width, channels) uint8 or float32, sounds (frames, channels) float32, texts () string, by column where
    there are several; labels () int64, (classes,) float32 or (height, width) uint8; objects as a mapping of
    augment.forms.objects without ``class_masks``. With ``views: V`` in the recipe x and y are tuples of V.

    Sizes that the samples tried first have in common are fixed in ``element_spec``, others are None: take
    ``padded_batch`` for those, which fills up with 0, the background of ``labels``. Each iteration gives as many
    elements as ``len`` says: what can't be made is left out and warned of, and as many of the first ones come again at
    its end. It has ``workers`` of its own, which end with it: they take about a second to start. Where Keras tries a
    first batch out (under a distribution strategy, or with another backend), that is an iteration too.

    Args:
        recipe: As for ``augment.stream``.
        options: See Options. ``shape`` of x overrides what was seen, as in ``shape=(None, None, 3)``.

    Returns:
        A ``tf.data.Dataset`` of single samples: add ``.batch(32).prefetch(2)``.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault; so does an error of TensorFlow
            around it, for what is found out while the data set is read.
    """
    only("dataset", options, Options)
    form, given = Labelled.parted(options)
    if given.pop("batch_size", None) is not None:
        raise AugmentError("batch_size: add .batch(…) to the dataset instead")
    shape = given.pop("shape", None)
    passes = _Passes(stream(recipe, **given), form)
    passes.spec = _spec(passes.tried(), shape)
    found = tf.data.Dataset.from_generator(passes, output_signature=passes.spec)
    return found.apply(tf.data.experimental.assert_cardinality(len(passes.live)))


class _Passes:
    """What from_generator calls for each iteration."""

    def __init__(self, live: Stream, form: Labelled) -> None:
        self.live, self.form = live, form
        self.kinds = Kinds.of(live.plan, form)
        self.epoch = live.epoch
        self.spec: Any = None

    def tried(self) -> list[Any]:
        """Some samples from all over the epoch. Raises AugmentError if there is none."""
        places = np.unique(np.linspace(0, self.live.total - 1, min(TRIED, self.live.total)).astype(int))
        made = list(self.live.these(places))
        there = [_plain(sample(one, self.form, self.kinds)) for one in made if not isinstance(one, Skip)]
        if not there:
            raise AugmentError(f"none of {len(made)} samples can be made to see what they are{_first(made)}")
        return there

    def __call__(self) -> Iterator[Any]:
        """The samples of the next epoch."""
        epoch, self.epoch = self.epoch, self.epoch + 1
        live = copy.copy(self.live) if self.live.workers else self.live.part(self.live.rank, self.live.world_size)
        live.set_epoch(epoch)
        made, missing = iter(live), len(live)
        try:
            for item in made:
                missing -= 1
                yield self._element(item)
        finally:
            made.close()  # type: ignore[attr-defined]  # it is a generator, whose workers end now, not some time
        again = self.live.part(self.live.rank, self.live.world_size)
        again.set_epoch(epoch)
        for number in again.order()[:missing] if missing else ():
            yield self._element(stand_in(again, int(number)))

    def _element(self, item: Any) -> Any:
        return _fitted(_plain(sample(item, self.form, self.kinds)), self.spec, "")


def _first(made: Sequence[Any]) -> str:
    return f": {why(made[0])}" if made else ""


def _plain(found: Any) -> Any:
    """A sample as TensorFlow takes it: no text but as bytes, and nothing that some samples may not have."""
    if isinstance(found, tuple):
        return tuple(_plain(one) for one in found)
    if isinstance(found, Mapping):
        return {name: _plain(one) for name, one in found.items() if name != "class_masks"}
    return found.encode("utf-8", "surrogatepass") if isinstance(found, str) else found


def _spec(found: Sequence[Any], shape: Sequence[int | None] | None = None) -> Any:
    """What samples have in common; ``shape`` is that of x, if it is known. Raises AugmentError."""
    first = found[0]
    if isinstance(first, tuple):
        parts = [_spec(part) for part in zip(*found, strict=True)]
        return (_spec([one[0] for one in found], shape), *parts[1:])
    if isinstance(first, Mapping):
        names = [name for name in first if all(name in one for one in found)]
        told = {name: _spec([one[name] for one in found], shape if name == "value" else None) for name in names}
        if "boxes" in told:
            told.update({name: _many(told[name]) for name in PER_OBJECT if name in told})
        return told
    one_kind(found)
    arrays = [np.asarray(one) for one in found]
    dtype = tf.string if isinstance(first, bytes) else tf.as_dtype(arrays[0].dtype)
    if shape is not None:
        return tf.TensorSpec(tuple(shape), dtype)
    if len({one.ndim for one in arrays}) > 1:
        raise AugmentError("samples differ in their number of dimensions; a tf.data.Dataset takes only one")
    sizes = [set(each) for each in zip(*(one.shape for one in arrays), strict=True)]
    return tf.TensorSpec([each.pop() if len(each) == 1 else None for each in sizes], dtype)


def _many(spec: Any) -> Any:
    """Of any number of objects."""
    return tf.TensorSpec([None, *spec.shape[1:]], spec.dtype)


def _fitted(found: Any, spec: Any, name: str) -> Any:
    """A sample without what not all have. Raises AugmentError where it is not as the others are."""
    if isinstance(spec, tuple):
        return tuple(
            _fitted(one, own, name or ("x", "y")[min(place, 1)])
            for place, (one, own) in enumerate(zip(found, spec, strict=True))
        )
    if isinstance(spec, Mapping):
        if missing := [key for key in spec if key not in found]:
            raise AugmentError(f"a sample has no {missing[0]}, and others have; say masks=True or masks=False")
        return {key: _fitted(found[key], own, key) for key, own in spec.items()}
    shape = np.shape(found)
    if not spec.shape.is_compatible_with(shape):
        free = (None,) * (len(shape) - 1) + shape[-1:]
        raise AugmentError(
            f"{name or 'x'}: expected {tuple(spec.shape)} as of the samples tried first, got {shape}; say "
            f"shape={free}, or add a step such as Resize or FixedLength to the recipe"
        )
    return found
