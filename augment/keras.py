"""The samples of a recipe as a ``keras.utils.PyDataset``, for ``model.fit`` on any backend of Keras 3.

``pip install 'augment[keras]'``, and a backend. Importing this imports Keras; ``import augment`` does not.
"""

from __future__ import annotations

import importlib
import multiprocessing
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from augment import forms
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import stream
from augment.errors import AugmentError
from augment.forms import PER_OBJECT, UNLABELLED, Kinds, Labelled, Told, alike, one_kind, sample, stand_in, why
from augment.sample import Skip
from augment.signatures import only

try:
    keras: Any = importlib.import_module("keras")
except ImportError as missing:
    raise AugmentError(
        f"augment.keras needs Keras and its backend, one of which is not here ({missing}): pip install "
        "'augment[keras]', and set KERAS_BACKEND to which of torch, jax and tensorflow is installed before Keras is "
        "imported"
    ) from None
if not hasattr(keras.utils, "PyDataset"):
    raise AugmentError("augment.keras needs Keras 3: pip install 'keras>=3'")

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["UNLABELLED", "PyDataset"]

PARALLEL = ("workers", "use_multiprocessing", "max_queue_size")
"""What Keras' own PyDataset takes."""


class Options(forms.Options, total=False):
    """What a call may say: all of augment.forms.Options, ``pad``, and what keras.utils.PyDataset says.

    ``workers`` is Keras' then: how many make batches, in threads unless ``use_multiprocessing``.
    """

    pad: float | None
    use_multiprocessing: bool
    max_queue_size: int


class PyDataset(Told, keras.utils.PyDataset):  # type: ignore[misc, unused-ignore]  # Keras tells no types
    """The batches of an epoch by number, in the order of ``augment.stream``: each sample once, new copies each epoch.

    ``fit`` goes to the next epoch after each pass over all batches. It also shuffles the order of the batches with
    Python's global generator; say ``fit(…, shuffle=False)`` for one that is the same each time, samples are shuffled
    here anyway. What can't be made is left out of its batch and told in ``skipped`` of the process that tried.

    Threads (``workers=2``) let the model train while batches are made, but make one sample at a time;
    ``use_multiprocessing=True`` makes as many as there are workers. Keras 3.15 on PyTorch and JAX tries a model's
    first batch out before it fits it for the first time, and with workers gives what they made ahead then a second
    time: call ``model.test_on_batch(*dataset[0])`` once before that ``fit``.

    Args:
        recipe: As for ``augment.stream``.
        options: See Options. ``batch_size`` is 32 unless said. With ``pad``, a number, sounds are filled up with it
            at the end to the longest of their batch. To train on after a crash, give ``epoch`` what
            ``initial_epoch`` of ``fit`` is given.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
    """

    def __init__(self, recipe: AnyRecipe, **options: Unpack[Options]) -> None:
        only(type(self).__name__, options, Options)
        given: dict[str, Any] = {"batch_size": 32, **options}
        super().__init__(**{name: given.pop(name) for name in PARALLEL if name in given})
        self.form, given = Labelled.parted(given)
        self.pad: float | None = given.pop("pad", None)
        if given["batch_size"] is None:
            raise AugmentError("batch_size: expected a whole number, 1 or more, got None; Keras takes batches")
        whole = stream(recipe, **given)
        self._kinds = Kinds.of(whole.plan.dataset)
        self._stream = whole.part(whole.rank, whole.world_size)  # it is set up once, before any worker is forked
        self._drawn: tuple[int, Any] | None = None
        self._asked: set[int] = set()
        self._begun = not hasattr(keras.utils.PyDataset, "on_epoch_begin")

    @property
    def epoch(self) -> int:
        """The epoch whose copies are given."""
        return int(self._stream.epoch)

    @property
    def skipped(self) -> list[Skip]:
        """What could not be made in this process."""
        return self._stream.skipped

    def __len__(self) -> int:
        """Batches of an epoch for this rank."""
        return len(self._stream)

    def __getitem__(self, index: int) -> Any:
        """One batch of N samples: (x, y), (x,) where nothing is labelled, or a mapping; as Keras wants it.

        x: pictures (N, height, width, channels), see augment.forms.Form.dtype; sounds (N, frames, channels) float32;
        texts (N,), a string tensor with the TensorFlow backend, else objects, ``str`` each (no other backend computes
        with texts: make numbers of them with ``convert``), by column where there are several. y: see
        augment.forms.Labelled, (N,) int64, (N, classes) float32 or (N, height, width) uint8; objects as a mapping of
        augment.forms.objects, each (N, M, …), filled up with 0 to the most of the batch. With ``views: V`` in the
        recipe, x is a tuple of V and y too; a mapping is then a tuple of V mappings.

        What can't be made is left out and warned of; where that is all of a batch, a sample of another source stands
        in for it, so that no batch is empty.

        Raises:
            AugmentError: No source is good, or samples don't go together; the message names what mends it.
            IndexError: There is no such batch.
        """
        if isinstance(index, slice):
            raise AugmentError(f"expected the number of a batch, got {index}; take [dataset[i] for i in range(…)]")
        if not 0 <= index < len(self):
            raise IndexError(f"batch {index} of {len(self)}")
        numbers = self._numbers(index)
        made = list(self._stream.these(numbers))
        there = [one for one in made if not isinstance(one, Skip)]
        for one in made:
            if isinstance(one, Skip):
                self.skipped.append(one)
                warnings.warn(f"{why(one)}; it is left out, see `skipped` of the dataset", stacklevel=2)
        if not there:
            there = [stand_in(self._stream, int(numbers[0]))]
        found = _joined([sample(one, self.form, self._kinds) for one in there], self.pad)
        return found if isinstance(found, tuple) or self.form.mapping else (found,)

    def on_epoch_end(self) -> None:
        """Go to the next epoch, if this one was given out; ``fit`` calls this once more before its first."""
        parallel = self.workers > 0 and self.use_multiprocessing  # then this process does not know what was asked for
        if self._begun if parallel else len(self._asked) == len(self):
            self.set_epoch(self.epoch + 1)

    def on_epoch_begin(self) -> None:
        """Called by ``fit``."""
        self._begun = True

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch: ``fit``'s next pass is over it."""
        self._stream.set_epoch(epoch)
        self._asked, self._begun = set(), not hasattr(keras.utils.PyDataset, "on_epoch_begin")

    def _numbers(self, index: int) -> Any:
        """The numbers of a batch's samples, all ranks counted."""
        self._asked.add(index)
        if self._drawn is None or self._drawn[0] != self.epoch:
            self._drawn = self.epoch, self._stream.order()
        size = self._stream.batch_size or 1
        return self._drawn[1][index * size : (index + 1) * size]


def _joined(column: Sequence[Any], pad: float | None) -> Any:
    """Samples, or one part of each, as one batch. Raises AugmentError where they don't go together."""
    first = column[0]
    if isinstance(first, tuple):
        return tuple(_joined(part, pad) for part in zip(*column, strict=True))
    one_kind(column)
    if isinstance(first, Mapping):
        return _mapping(column, pad)
    if isinstance(first, str):
        return _texts(column)
    if not isinstance(first, np.ndarray):
        return np.asarray(column)
    sounds = first.ndim == 2 and first.dtype == np.float32
    if sounds and pad is not None:
        column = _filled(column, pad)
    if sounds or first.ndim == 3:
        otherwise = "augment.keras.PyDataset(…, pad=0.0)" if sounds else "take batch_size=1"
        alike([one.shape for one in column], first.ndim - 1, otherwise)
    return np.stack(column)


def _texts(column: Sequence[str]) -> Any:
    """Texts as an array; as a tensor where the backend has such, for there Keras takes no array of texts."""
    found = np.array(column, object)
    if keras.backend.backend() != "tensorflow" or multiprocessing.parent_process() is not None:
        return found  # a tensor does not go from process to process, and Keras asks this one what batches are like
    return keras.ops.convert_to_tensor(found, "string")


def _mapping(column: Sequence[Mapping[str, Any]], pad: float | None) -> dict[str, Any]:
    """A batch of mappings; a key that not all have is left out."""
    first, found = column[0], {}
    for key in first:
        if not all(key in one for one in column):
            continue
        part = [one[key] for one in column]
        if "boxes" in first and key in PER_OBJECT:
            found[key] = np.stack(_filled(part, 0))
            continue
        found[key] = _joined(part, pad)
        if pad is not None and key == "value" and getattr(part[0], "ndim", 0) == 2:
            found["lengths"] = np.array([len(one) for one in part])
    return found


def _filled(column: Sequence[Any], value: float) -> list[Any]:
    """Arrays filled up at the end to the longest."""
    longest = max(len(one) for one in column)
    return [
        np.pad(one, [(0, longest - len(one))] + [(0, 0)] * (one.ndim - 1), constant_values=value) for one in column
    ]
