"""The samples of a recipe as an iterable and as a map-style dataset of PyTorch."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch.utils import data

from augment.engine.recipe import AnyRecipe
from augment.engine.stream import TURNS, Stream
from augment.errors import AugmentError
from augment.executors import processes
from augment.forms import stand_in
from augment.sample import Skip
from augment.signatures import whole
from augment.torch.live import (
    ELSEWHERE,
    EPOCH,
    MOST_EPOCHS,
    MOST_WORKERS,
    SKIPS,
    STARTS,
    TURN,
    Live,
    Options,
    waiting,
)
from augment.torch.tensors import sample

if TYPE_CHECKING:
    from typing_extensions import Unpack

EVEN = ("auto", "pad", "drop", None)


class IterableDataset(Live, data.IterableDataset):  # type: ignore[misc, unused-ignore]  # without torch it is Any
    """The samples of an epoch, each once, for any DataLoader: every worker of every rank makes its own part.

    With ``views: N`` in the recipe a sample is a tuple of N, of which ``augment.torch.collate`` makes N batches.

    A pass is over the epoch last set, as with torch's DistributedSampler: call ``set_epoch`` before each one. Bad
    sources and copies that can't be had are left out, counted in ``skips``, and each source is warned of once. To
    resume with workers, use ``Loader``.

    Ranks that wait for each other, as DistributedDataParallel's do, must have equally many batches, so ``even`` says
    what becomes of the samples that can't be parted evenly: ``pad``: some come twice, as with DistributedSampler;
    ``drop``: they are left out of this epoch; None: some ranks have one more. ``auto``, unless said: ``pad`` where
    torch.distributed is initialised, else None. With ``pad`` and ``drop`` and more than one rank, the same copy of the
    next good source stands in for a sample that can't be made. All ranks must have the same ``num_workers``. As they
    are then always at the same place, the state of rank 0 serves all; with None each needs its own.

    Accelerate's ``prepare``, and with it Hugging Face's Trainer, parts any iterable dataset among the ranks itself:
    say ``rank=0, world_size=1`` for it, or take ``Dataset``.

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
        return {**super().__getstate__(), "even": self._how() if waiting() else self.even}

    def _how(self) -> Literal["pad", "drop"] | None:
        """What becomes of samples that can't be parted evenly."""
        if self.even != "auto":
            return self.even
        return "pad" if waiting() else None

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
        self._settle()
        self._stream.set_epoch(whole("epoch", epoch, 0, MOST_EPOCHS))
        self._given[:] = 0
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
    def whose(self) -> dict[str, Any]:
        """What a state has beside places, for ``accept``."""
        rank, ranks = self._ranks()
        even = self._how() if ranks > 1 else None
        return {"of": self._stream.identity, "rank": rank, "world_size": ranks, "even": even}

    def accept(self, state: Any, places: Sequence[str]) -> int:
        """The epoch of a state that has such places. Raises AugmentError for what is none, or one of other samples."""
        own = self.whose
        if not isinstance(state, Mapping) or not {"epoch", *places, *own} <= state.keys():
            raise AugmentError(f"expected a state that state_dict() gave, got {state!r:.200}")
        if state["of"] != own["of"]:
            raise AugmentError("the state is of other samples: recipe, input, versions, split or shuffle differ")
        for name in ("world_size", "even"):
            if state[name] != own[name]:
                told = f"{name}: the state is of a dataset with {state[name]!r}, this one has {own[name]!r}"
                raise AugmentError(f"{told}, which gives each rank other samples; resume with the same")
        if own["even"] is None and state["rank"] != own["rank"]:
            told = f"rank: the state is of rank {state['rank']!r}, this is rank {own['rank']}, which may be elsewhere"
            raise AugmentError(f"{told}; save one for each rank, or say even='pad', with which one serves all")
        return whole("epoch", state["epoch"], 0, MOST_EPOCHS)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have the next pass of this process begin where a dataset of the same recipe, input and options was.

        Raises AugmentError for another's state.
        """
        epoch = self.accept(state, ("position", "parts"))
        parts = whole("parts", state["parts"], 1, MOST_WORKERS)
        position = whole("position", state["position"], 0, -(-len(self) // parts))
        self.go(epoch)
        self.position = position
        self._start = os.getpid(), position, parts

    def __iter__(self) -> Iterator[Any]:
        """The samples of this worker's part, from where the state says."""
        self._settle()
        worker = data.get_worker_info()
        number, workers = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if worker is not None:
            self._shared[ELSEWHERE] = 1
            processes.keep_memory()
        rank, ranks = self._ranks()
        self.part = (number + int(self._shared[TURN])) % workers
        if self._given[self.part] == self.epoch + 1:
            self._repeated()
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
                if self.position == len(numbers):
                    self._given[self.part] = live.epoch + 1
                yield sample(made, self.form, self._kinds)
        self.position = len(numbers)
        if len(numbers) and not good:
            stand_in(live, int(numbers[0]))  # raises where no other part has anything either


class Dataset(Live, data.Dataset):  # type: ignore[misc, unused-ignore]  # as above
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
        return self._samples([operator.index(index)])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several, as a DataLoader asks for them. Raises IndexError, and AugmentError as above."""
        self._settle()
        worker = data.get_worker_info()
        ranks = torch.distributed.get_world_size() if waiting() else 1
        if int(self._given.sum()) >= -(-len(self) // ranks):
            self._repeated()
        self._given[0 if worker is None else 1 + worker.id] += len(indices)
        return self._samples(indices)

    def _samples(self, indices: Sequence[int]) -> list[Any]:
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
        self._settle()
        self._stream.set_epoch(whole("epoch", epoch, 0, MOST_EPOCHS))
        self._given[:] = 0
        self._shared[EPOCH] = self._stream.epoch
