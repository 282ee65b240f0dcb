"""The samples of a recipe as an iterable and as a map-style dataset of PyTorch."""

from __future__ import annotations

import inspect
import operator
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch.utils import data

from augment import forms
from augment.engine import kept
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import TURNS, Stream, stream
from augment.errors import AugmentError
from augment.executors import processes
from augment.forms import Kinds, Labelled, Told, stand_in, why
from augment.sample import Skip
from augment.signatures import only
from augment.torch.tensors import sample

if TYPE_CHECKING:
    from typing_extensions import Unpack

MOST_WORKERS = 1024
EPOCH, TURN, ELSEWHERE, STARTS = 0, 1, 2, 3
SKIPS = STARTS + MOST_WORKERS
"""What stands where in the numbers that a dataset shares with its workers."""

EVEN = ("auto", "pad", "drop", None)


class Options(forms.Options, total=False):
    """What a call may say: all of augment.forms.Options but ``batch_size`` and ``workers``, and ``even``."""

    even: Literal["auto", "pad", "drop"] | None


class _Live(Told):
    """What both kinds of datasets are: a stream, the form of its samples, and numbers shared with all workers.

    The numbers are the epoch, and for IterableDataset the part that goes first, whether workers are at it, and where
    each part begins; then how many samples this process and each worker could not make. They lie in shared memory, so
    that workers that run already (``persistent_workers``) hear of a new epoch, and this process of what they lost.
    """

    def __init__(self, recipe: AnyRecipe, options: Mapping[str, Any]) -> None:
        for name, instead in (("workers", "num_workers"), ("batch_size", "batch_size")):
            if name in options:
                raise AugmentError(f"{name}: give {instead} to the DataLoader instead")
        only(type(self).__name__, options, Options, dict.fromkeys(_of_loaders(), "give it to the DataLoader instead"))
        self.form, rest = Labelled.parted(options)
        self._said = "rank" in options or "world_size" in options
        self._stream: Stream = stream(recipe, **rest)
        self._stream.shared = kept.shared()  # before any worker is forked
        self._kinds = Kinds.of(self._stream.plan.dataset)
        self._shared = torch.zeros(SKIPS + 1 + MOST_WORKERS, dtype=torch.int64).share_memory_()
        sources = len(self._stream.plan.listing.rows(self._stream.split))
        self._told = torch.zeros(sources, dtype=torch.uint8).share_memory_()  # 1 for a source that was warned of
        self._shared[EPOCH] = self._stream.epoch

    @property
    def epoch(self) -> int:
        """The epoch whose copies are given."""
        return int(self._shared[EPOCH])

    @property
    def skipped(self) -> list[Skip]:
        """What could not be made in this process, and why; of that of workers ``skips`` has the number."""
        return self._stream.skipped

    @property
    def skips(self) -> int:
        """How many samples could not be made so far, in this process and all workers."""
        return int(self._shared[SKIPS:].sum())

    def _skip(self, number: int, skip: Skip, instead: str) -> None:
        """Count a sample that can't be made, and warn of its source if nobody of this process' family has yet."""
        self._stream.skipped.append(skip)
        worker = data.get_worker_info()
        self._shared[SKIPS if worker is None else SKIPS + 1 + worker.id] += 1  # each has its own, for none waits
        source = number * len(self._told) // self._stream.total
        if not self._told[source]:
            self._told[source] = 1
            warnings.warn(f"{why(skip)}; {instead}. `skips` of the dataset counts on", stacklevel=3)

    def _ranks(self) -> tuple[int, int]:
        """Rank and world size: as said, else torch.distributed's, else one."""
        group = torch.distributed
        if not self._said and group.is_available() and group.is_initialized():
            return group.get_rank(), group.get_world_size()
        return self._stream.rank, self._stream.world_size

    def __getstate__(self) -> dict[str, Any]:
        """With rank and world size, which a spawned worker could not ask for."""
        self._stream.rank, self._stream.world_size = self._ranks()
        return {**self.__dict__, "_said": True}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._shared.share_memory_()  # as it is in a worker of ours; a copy's own after any other pickle
        self._told.share_memory_()


def _of_loaders() -> list[str]:
    """The names of what a DataLoader takes."""
    return list(inspect.signature(data.DataLoader).parameters)


class IterableDataset(_Live, data.IterableDataset):  # type: ignore[misc, unused-ignore]  # without torch it is Any
    """The samples of an epoch, each once, for any DataLoader: every worker of every rank makes its own part.

    With ``views: N`` in the recipe a sample is a tuple of N, of which ``augment.torch.collate`` makes N batches.

    A pass is over the epoch last set, as with torch's DistributedSampler: call ``set_epoch`` before each one. Bad
    sources and copies that can't be had are left out, counted in ``skips``, and each source is warned of once. To
    resume with workers, use ``Loader``.

    Ranks that wait for each other, as DistributedDataParallel's do, must have equally many batches, so ``even`` says
    what becomes of the samples that can't be parted evenly: ``pad``: some come twice, as with DistributedSampler;
    ``drop``: they are left out of this epoch; None: some ranks have one more. ``auto``, unless said: ``pad`` where
    torch.distributed is initialised, else None. With ``pad`` and ``drop`` and more than one rank, the same copy of the
    next good source stands in for a sample that can't be made. All ranks must have the same ``num_workers``.

    Args:
        recipe: As for ``augment.stream``.
        options: Those of ``augment.stream`` but ``workers`` and ``batch_size``, and ``dtype``, ``mapping``, ``masks``,
            ``convert`` and ``labels``, see augment.forms.Labelled and augment.torch.tensors.label; and ``even``. Rank
            and world size are torch.distributed's where it is initialised and nothing is said.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
        TypeError: There is no such option.
    """

    def __init__(self, recipe: AnyRecipe, **options: Unpack[Options]) -> None:
        super().__init__(recipe, {name: value for name, value in options.items() if name != "even"})
        self.even = options.get("even", "auto")
        if self.even not in EVEN:
            raise AugmentError(f"even: expected auto, pad, drop or None, got {self.even!r}")
        self.part, self.position = 0, 0
        self._start: tuple[int, int, int] | None = None

    def __len__(self) -> int:
        """Samples of an epoch for this rank, if every source is good."""
        rank, ranks = self._ranks()
        return len(range(rank, self._evened(ranks), ranks))

    def __getstate__(self) -> dict[str, Any]:
        """With what ``auto`` means here, which a spawned worker could not tell."""
        return {**super().__getstate__(), "even": self._how()}

    def _how(self) -> Literal["pad", "drop"] | None:
        """What becomes of samples that can't be parted evenly."""
        if self.even != "auto":
            return self.even
        group = torch.distributed
        return "pad" if group.is_available() and group.is_initialized() else None

    def _evened(self, ranks: int) -> int:
        """Samples of an epoch of all ranks, some of them maybe twice. Raises AugmentError if it has none."""
        total, how = self._stream.total, self._how()
        if how == "drop" and total < ranks:
            raise AugmentError(f"even='drop' leaves nothing of {total} samples for {ranks} ranks; take even='pad'")
        return total if how is None else (total if how == "drop" else total + ranks - 1) // ranks * ranks

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch; to its beginning, unless ``load_state_dict`` has just gone into the middle of it."""
        if epoch != self.epoch or self._start is None:
            self.go(epoch)

    def go(self, epoch: int, turn: int = 0, starts: Sequence[int] = ()) -> None:
        """Say where the next pass begins: whose part comes first, and where in each part; what Loader resumes by."""
        self._stream.set_epoch(epoch)
        self._shared[:SKIPS] = 0
        self._shared[EPOCH], self._shared[TURN] = epoch, turn
        for place, start in enumerate(starts):
            self._shared[STARTS + place] = start
        self.position, self._start = 0, None

    def state_dict(self) -> dict[str, Any]:
        """Where it is in this process, for ``load_state_dict``: what was given out so far will not come again.

        Raises:
            AugmentError: Workers of a plain DataLoader give out its samples, and this process does not know how many.
        """
        worker = data.get_worker_info()
        if worker is None and self._shared[ELSEWHERE]:
            raise AugmentError(
                "state_dict: workers are where it can't be seen; use augment.torch.Loader and its state"
            )
        return {
            "epoch": self.epoch,
            "position": self.position,
            "parts": worker.num_workers if worker else 1,
            **self.whose,
        }

    @property
    def whose(self) -> dict[str, str]:
        """What a state has beside places, for ``accept``."""
        return {"of": self._stream.identity}

    def accept(self, state: Any) -> None:
        """Refuse what is no state, or one of other samples. Raises AugmentError."""
        if not isinstance(state, Mapping) or not {"epoch", *self.whose} <= state.keys():
            raise AugmentError(f"expected a state that state_dict() gave, got {state!r:.200}")
        if {name: state[name] for name in self.whose} != self.whose:
            raise AugmentError("the state is of other samples: recipe, input, versions, split or shuffle differ")

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have the next pass of this process begin where a dataset of the same recipe, input and options was.

        Raises AugmentError for another's state.
        """
        self.accept(state)
        self.go(state["epoch"])
        self.position = state["position"]
        self._start = os.getpid(), state["position"], state["parts"]

    def __iter__(self) -> Iterator[Any]:
        """The samples of this worker's part, from where the state says."""
        worker = data.get_worker_info()
        number, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if worker is not None:
            self._shared[ELSEWHERE] = 1
            processes.keep_memory()
        rank, ranks = self._ranks()
        self.part = (number + int(self._shared[TURN])) % workers
        start = self._begun(workers)
        live = self._stream.part(0, 1)
        live.set_epoch(self.epoch)
        whole = np.resize(live.order(), self._evened(ranks))  # it goes on at the beginning, or ends early
        numbers = whole[rank::ranks][self.part :: workers]  # a rank's samples hang not on its workers
        return self._samples(live, numbers, start, self._how() is not None and ranks > 1)

    def _begun(self, workers: int) -> int:
        """How much of this part was given out before."""
        if self._start is None:
            return int(self._shared[STARTS + self.part])
        process, position, parts = self._start
        self._start = None
        if process != os.getpid() or parts != workers:
            raise AugmentError(
                "load_state_dict: the state is of a pass with other workers; use augment.torch.Loader and its state, "
                "with the same num_workers"
            )
        return position

    def _samples(self, live: Stream, numbers: Any, start: int, always: bool) -> Iterator[Any]:
        """Those of some numbers from a place on; ``always`` as many as there are numbers."""
        self.position, good = start, start > 0
        for begin in range(start, len(numbers), TURNS):
            block = numbers[begin : begin + TURNS]
            for place, made in enumerate(live.these(block), begin):
                if isinstance(made, Skip):
                    instead = "the next good source stands in for it" if always else "it is left out"
                    self._skip(int(numbers[place]), made, instead)
                    if not always:
                        continue
                    made = stand_in(live, int(numbers[place]))
                self.position, good = place + 1, True
                yield sample(made, self.form, self._kinds)
        self.position = len(numbers)
        if len(numbers) and not good:
            stand_in(live, int(numbers[0]))  # raises where no other part has anything either


class Dataset(_Live, data.Dataset):  # type: ignore[misc, unused-ignore]  # as above
    """The samples of an epoch by number, for RandomSampler, DistributedSampler and their like.

    ``set_epoch`` draws new copies, also in workers that run already. For a sample that can't be made the same copy of
    the next good source stands in; ``skips`` counts them, and each source is warned of once.

    Args:
        recipe: As for ``augment.stream``.
        options: As for IterableDataset, without ``shuffle``, ``rank``, ``world_size`` and ``even``: samplers see to
            these.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
        TypeError: There is no such option.
    """

    def __init__(self, recipe: AnyRecipe, **options: Unpack[Options]) -> None:
        for name in ("shuffle", "rank", "world_size", "even"):
            if name in options:
                raise AugmentError(f"{name}: give the DataLoader a sampler instead, such as DistributedSampler")
        super().__init__(recipe, options)
        self._said = True
        self._tuned = False

    def __len__(self) -> int:
        """Samples of an epoch."""
        return self._stream.total

    def __getitem__(self, index: int) -> Any:
        """One sample. Raises IndexError, and AugmentError where it is no whole number or no source is good."""
        if not hasattr(index, "__index__"):
            raise AugmentError(
                f"expected the number of a sample, got {index!r}; for several take torch.utils.data.Subset(dataset, "
                "range(3)), or [dataset[i] for i in range(3)]"
            )
        return self.__getitems__([operator.index(index)])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several, as a DataLoader asks for them. Raises IndexError, and AugmentError as above."""
        size = len(self)
        if wrong := [index for index in indices if not -size <= index < size]:
            raise IndexError(f"sample {wrong[0]} of {size}")
        if not self._tuned and data.get_worker_info() is not None:
            processes.keep_memory()
            self._tuned = True
        if self._stream.epoch != self.epoch:
            self._stream.set_epoch(self.epoch)
        numbers = [int(index) % size for index in indices]
        found: list[Any] = []
        for number, made in zip(numbers, self._stream.these(numbers), strict=True):
            if isinstance(made, Skip):
                self._skip(number, made, "the next good source stands in for it")
                made = stand_in(self._stream, number)
            found.append(sample(made, self.form, self._kinds))
        return found

    def set_epoch(self, epoch: int) -> None:
        """Draw the copies of another epoch from now on; call it between passes."""
        self._stream.set_epoch(epoch)
        self._shared[EPOCH] = self._stream.epoch
