"""The samples of a recipe as a ``keras.utils.PyDataset``, for ``model.fit`` on any backend of Keras 3.

``pip install 'augment[keras]'``, and a backend. Importing this imports Keras; ``import augment`` does not.
"""

from __future__ import annotations

import importlib
import os
import random
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from augment import forms
from augment.engine.items import Made, Turn
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import Stream, stream
from augment.errors import AugmentError
from augment.forms import PER_OBJECT, UNLABELLED, Kinds, Labelled, Told, alike, one_kind, sample, stand_in, why
from augment.sample import Skip
from augment.signatures import only, whole

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


class Options(forms.Options, total=False):
    """What a call may say: all of augment.forms.Options, ``pad``, and what keras.utils.PyDataset says.

    ``workers`` means what it means there: how many make batches ahead, in threads unless ``use_multiprocessing``; up
    to ``max_queue_size`` batches, 10 unless said. None does where it is 0, or 1 without ``use_multiprocessing``.
    """

    pad: float | None
    use_multiprocessing: bool
    max_queue_size: int


class PyDataset(Told, keras.utils.PyDataset):  # type: ignore[misc, unused-ignore]  # Keras tells no types
    """The batches of an epoch by number, in the order of ``augment.stream``: each sample once, new copies each epoch.

    ``fit`` goes to the next epoch after each pass over all batches. It also shuffles the order of the batches with
    Python's global generator; say ``fit(…, shuffle=False)`` for one that is the same each time, samples are shuffled
    here anyway. What can't be made is left out of its batch and told in ``skipped``.

    Workers are not Keras' own but those of this package, so ``dataset.workers`` is 1: Keras' queue gives what was made
    ahead for one pass in the next one, where a model's first batch was tried out or ``steps_per_epoch`` ends a pass
    early. Threads (``workers=2``) let the model train while batches are made, but make one sample at a time;
    ``use_multiprocessing=True`` makes as many as there are workers, in processes that start once and into which no
    thread of the backend is forked. ``convert`` is called in this process.

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
        workers, processes = whole("workers", given.pop("workers", 1), 0), given.pop("use_multiprocessing", False)
        most = whole("max_queue_size", given.pop("max_queue_size", 10), 1)
        super().__init__()
        self.form, given = Labelled.parted(given)
        self.pad: float | None = given.pop("pad", None)
        if given["batch_size"] is None:
            raise AugmentError("batch_size: expected a whole number, 1 or more, got None; Keras takes batches")
        every = stream(recipe, **given)
        self._kinds = Kinds.of(every.plan, self.form)
        self._stream = every.part(every.rank, every.world_size)  # it is set up once, before any worker is forked
        self._drawn: tuple[int, Any] | None = None
        self._asked: set[int] = set()
        self._fresh = self._begun = False
        self._ahead: _Ahead | None = None
        if workers > 1 or (workers and processes):
            self._ahead = _Ahead(self._stream, workers, bool(processes), most)

    def __getstate__(self) -> dict[str, Any]:
        """For another process, which makes what it is asked for by itself."""
        return {**self.__dict__, "_ahead": None}

    @property
    def epoch(self) -> int:
        """The epoch whose copies are given."""
        return int(self._stream.epoch)

    @property
    def skipped(self) -> list[Skip]:
        """What could not be made."""
        return self._stream.skipped

    def __len__(self) -> int:
        """Batches of an epoch for this rank."""
        return len(self._stream)

    @property
    def workers(self) -> int:
        """1, for Keras' own are not wanted. It asks when it takes the data set up, before 3.8 in each pass."""
        self._fresh = not self._begun and hasattr(keras.utils.PyDataset, "on_epoch_begin")
        return 1

    @property
    def num_batches(self) -> int:
        """The same, as Keras asks for it right before a pass begins."""
        if self._ahead is not None:
            self._ahead.guess.begin()
        return len(self)

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
        made = self._batch(index)
        there = [one for one in made if not isinstance(one, Skip)]
        for one in made:
            if isinstance(one, Skip):
                self.skipped.append(one)
                warnings.warn(f"{why(one)}; it is left out, see `skipped` of the dataset", stacklevel=2)
        if not there:
            there = [stand_in(self._stream, int(self._numbers(index)[0]))]
        found = _joined([sample(one, self.form, self._kinds) for one in there], self.pad)
        return found if isinstance(found, tuple) or self.form.mapping else (found,)

    def on_epoch_begin(self) -> None:
        """Called by ``fit``."""
        self._begun = True

    def on_epoch_end(self) -> None:
        """Go to the next epoch, if this one was given out.

        ``fit`` calls this once more before its first pass, after it has tried batches out; that may have been all.
        """
        if self._fresh:
            self._asked = set()
        elif len(self._asked) == len(self):
            self.set_epoch(self.epoch + 1)
        self._fresh = self._begun = False

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch: ``fit``'s next pass is over it."""
        self._stream.set_epoch(epoch)
        self._asked = set()

    def _batch(self, index: int) -> list[Made | Skip]:
        """What a batch has, or why not; by workers, if there are any in this process."""
        self._asked.add(index)
        if self._ahead is None or self._ahead.owner != os.getpid():
            return list(self._stream.these(self._numbers(index)))
        return self._ahead.batch(index, self._numbers)

    def _numbers(self, index: int) -> Any:
        """The numbers of a batch's samples, all ranks counted."""
        if self._drawn is None or self._drawn[0] != self.epoch:
            self._drawn = self.epoch, self._stream.order()
        size = self._stream.batch_size or 1
        return self._drawn[1][index * size : (index + 1) * size]


class _Guess:
    """The order in which Keras goes over the batches, which it does not tell. A wrong guess costs time, no more.

    It is that of their numbers, or Keras shuffles a list of them with Python's global generator, right after it has
    asked how many they are: then the state of that generator at this moment tells the order.
    """

    def __init__(self, batches: int, most: int) -> None:
        self._numbers = range(batches)
        self._order: Sequence[int] = self._numbers
        self._place, self._most, self._trust = -1, most, 0
        self._state: Any = None

    def begin(self) -> None:
        """A pass may begin now."""
        self._state = random.getstate()

    def after(self, index: int) -> Sequence[int]:
        """What will be asked for after this batch: more of it the more often that was right."""
        self._place += 1
        fresh, self._state = self._state, None
        shuffled = self._shuffled(fresh) if fresh is not None else self._numbers
        foreseen = self._place < len(self._order) and self._order[self._place] == index
        if fresh is not None and index in (shuffled[0], 0):
            self._order = shuffled if shuffled[0] == index else self._numbers
            self._place, self._trust = 0, self._most
        elif foreseen:
            self._trust = min(self._most, 2 * self._trust + 1)
        else:
            self._order, self._place, self._trust = self._numbers, index, 0
        return self._order[self._place + 1 : self._place + 1 + self._trust]

    def _shuffled(self, state: Any) -> Sequence[int]:
        """The order that a pass has which Keras shuffles."""
        same = random.Random()  # noqa: S311  # a copy of the generator that Keras draws from; nothing is drawn here
        same.setstate(state)
        order = list(self._numbers)
        same.shuffle(order)
        return order


class _Threads:
    """As a Crew, but in threads of this process."""

    def __init__(self, live: Stream, workers: int) -> None:
        self._live, self._pool = live, ThreadPoolExecutor(workers)
        self._begun: dict[int, Future[list[Made | Skip]]] = {}

    def submit(self, number: int, turns: Sequence[Turn]) -> None:
        self._begun[number] = self._pool.submit(list, self._live.make(turns))

    def result(self, number: int) -> list[Made | Skip]:
        return self._begun.pop(number).result()

    def forget(self, number: int) -> None:
        self._begun.pop(number).cancel()


class _Ahead:
    """Batches that are begun before they are asked for: which they are is said by epoch and number, never by turn."""

    def __init__(self, live: Stream, workers: int, processes: bool, most: int) -> None:
        self._live = live
        self._workers = live.crew(workers) if processes else _Threads(live, workers)
        self._begun: dict[tuple[int, int], int] = {}
        self._count = 0
        self._turn = threading.Lock()  # tf.data may still be reading an old pass beside a new one
        self.guess = _Guess(len(live), most)
        self.owner = os.getpid()
        """The process whose workers they are; one that was forked from it must not listen to them."""

    def batch(self, index: int, numbers: Callable[[int], Any]) -> list[Made | Skip]:
        """What a batch of the stream's epoch has; ``numbers`` gives the numbers of a batch's samples."""
        with self._turn:
            wanted = [(self._live.epoch, one) for one in (index, *self.guess.after(index))]
            for key in [key for key in self._begun if key not in wanted]:
                self._workers.forget(self._begun.pop(key))
            for key in wanted:
                if key not in self._begun:
                    self._count += 1
                    self._workers.submit(self._count, self._live.turns(numbers(key[1])))
                    self._begun[key] = self._count
            return self._workers.result(self._begun.pop(wanted[0]))


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
    return keras.ops.convert_to_tensor(found, "string") if keras.backend.backend() == "tensorflow" else found


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
