"""The samples of a recipe as an iterable and as a map-style dataset of PyTorch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch.utils import data

from augment.engine import kept
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import Stream, Streaming, stream
from augment.errors import AugmentError
from augment.executors import processes
from augment.forms import Form, Kinds
from augment.sample import Skip
from augment.torch.tensors import sample

if TYPE_CHECKING:
    from typing_extensions import Unpack

MOST_WORKERS = 1024
EPOCH, TURN, ELSEWHERE, STARTS = 0, 1, 2, 3
"""What stands where in the numbers that a dataset shares with its workers."""


class Options(Streaming, total=False):
    """What a call may say: all of Streaming but ``batch_size`` and ``workers``, and what Form says."""

    dtype: Literal["uint8", "float"]
    mapping: bool
    masks: bool | None
    convert: Callable[[Any], Any] | None


class _Live:
    """What both kinds of datasets are: a stream, the form of its samples, and numbers shared with all workers.

    The numbers are the epoch, and for IterableDataset the part that goes first, whether workers are at it, and where
    each part begins. They lie in shared memory, so that workers that run already (``persistent_workers``) hear of a
    new epoch.
    """

    def __init__(self, recipe: AnyRecipe, options: Mapping[str, Any]) -> None:
        for name, instead in (("workers", "num_workers"), ("batch_size", "batch_size")):
            if name in options:
                raise AugmentError(f"{name}: give {instead} to the DataLoader instead")
        own = {name: value for name, value in options.items() if name in Form.__dataclass_fields__}
        self.form = Form(**own)
        self._said = "rank" in options or "world_size" in options
        rest: Any = {name: value for name, value in options.items() if name not in own}
        self._stream: Stream = stream(recipe, **rest)
        self._stream.shared = kept.shared()  # before any worker is forked
        self._kinds = Kinds.of(self._stream.plan.dataset)
        self._shared = torch.zeros(STARTS + MOST_WORKERS, dtype=torch.int64).share_memory_()
        self._shared[EPOCH] = self._stream.epoch

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a label is a place in it."""
        return self._kinds.classes

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the kinds of objects; 1 in ``labels`` is the first, 0 the background."""
        return self._kinds.categories

    @property
    def epoch(self) -> int:
        """The epoch whose copies are given."""
        return int(self._shared[EPOCH])

    @property
    def skipped(self) -> list[Skip]:
        """What could not be made in this process; that of workers is known to them only."""
        return self._stream.skipped

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
        self._shared = (
            self._shared.share_memory_()
        )  # as it is in a worker of ours; a copy's own after any other pickle


class IterableDataset(_Live, data.IterableDataset):  # type: ignore[misc, unused-ignore]  # without torch it is Any
    """The samples of an epoch, each once, for any DataLoader: every worker of every rank makes its own part.

    With ``views: N`` in the recipe a sample is a tuple of N, of which ``augment.torch.collate`` makes N batches.

    A pass is over the epoch last set, as with torch's DistributedSampler: call ``set_epoch`` before each one. Bad
    sources and copies that can't be had are left out. To resume with workers, use ``Loader``.

    Args:
        recipe: As for ``augment.stream``.
        options: Those of ``augment.stream`` but ``workers`` and ``batch_size``, and ``dtype``, ``mapping``, ``masks``
            and ``convert``, see augment.forms.Form. Rank and world size are torch.distributed's where it is
            initialised and nothing is said.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
    """

    def __init__(self, recipe: AnyRecipe, **options: Unpack[Options]) -> None:
        super().__init__(recipe, options)
        self.part, self.position = 0, 0
        self._start: tuple[int, int, int] | None = None

    def __len__(self) -> int:
        """Samples of an epoch for this rank, if every source is good."""
        rank, ranks = self._ranks()
        return len(range(rank, self._stream.total, ranks))

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch; to its beginning, unless ``load_state_dict`` has just gone into the middle of it."""
        if epoch != self.epoch or self._start is None:
            self.go(epoch)

    def go(self, epoch: int, turn: int = 0, starts: Sequence[int] = ()) -> None:
        """Say where the next pass begins: whose part comes first, and where in each part; what Loader resumes by."""
        self._stream.set_epoch(epoch)
        self._shared.zero_()
        self._shared[EPOCH], self._shared[TURN] = epoch, turn
        for place, start in enumerate(starts):
            self._shared[STARTS + place] = start
        self.position, self._start = 0, None

    def state_dict(self) -> dict[str, int]:
        """Where it is in this process, for ``load_state_dict``: what was given out so far will not come again.

        Raises:
            AugmentError: Workers of a plain DataLoader give out its samples, and this process does not know how many.
        """
        worker = data.get_worker_info()
        if worker is None and self._shared[ELSEWHERE]:
            raise AugmentError(
                "state_dict: workers are where it can't be seen; use augment.torch.Loader and its state"
            )
        return {"epoch": self.epoch, "position": self.position, "parts": worker.num_workers if worker else 1}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Have the next pass of this process begin where a dataset of the same recipe, input and options was."""
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
        live = self._stream.part(rank + ranks * self.part, ranks * workers)  # a rank's samples hang not on its workers
        live.go(self.epoch, start)
        return self._samples(live)

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

    def _samples(self, live: Stream) -> Iterator[Any]:
        self.position = live.state_dict()["position"]
        for item in live:
            self.position = live.state_dict()["position"]
            yield sample(item, self.form, self._kinds)
        self.position = len(live)
        self._stream.skipped.extend(live.skipped)


class Dataset(_Live, data.Dataset):  # type: ignore[misc, unused-ignore]  # as above
    """The samples of an epoch by number, for RandomSampler, DistributedSampler and their like.

    ``set_epoch`` draws new copies, also in workers that run already. A sample that can't be made is None, which
    ``augment.torch.collate`` leaves out; ``skipped`` tells of it.

    Args:
        recipe: As for ``augment.stream``.
        options: As for IterableDataset, without ``shuffle``, ``rank`` and ``world_size``: samplers see to these.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
    """

    def __init__(self, recipe: AnyRecipe, **options: Unpack[Options]) -> None:
        for name in ("shuffle", "rank", "world_size"):
            if name in options:
                raise AugmentError(f"{name}: give the DataLoader a sampler instead, such as DistributedSampler")
        super().__init__(recipe, options)
        self._said = True
        self._tuned = False

    def __len__(self) -> int:
        """Samples of an epoch."""
        return self._stream.total

    def __getitem__(self, index: int) -> Any:
        """One sample; None if it can't be made. Raises IndexError."""
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """Several, as a DataLoader asks for them. Raises IndexError."""
        size = len(self)
        if wrong := [index for index in indices if not -size <= index < size]:
            raise IndexError(f"sample {wrong[0]} of {size}")
        if not self._tuned and data.get_worker_info() is not None:
            processes.keep_memory()
            self._tuned = True
        if self._stream.epoch != self.epoch:
            self._stream.set_epoch(self.epoch)
        found: list[Any] = []
        for item in self._stream.these([int(index) % size for index in indices]):
            if isinstance(item, Skip):
                self._stream.skipped.append(item)
            found.append(None if isinstance(item, Skip) else sample(item, self.form, self._kinds))
        return found

    def set_epoch(self, epoch: int) -> None:
        """Draw the copies of another epoch from now on; call it between passes."""
        self._stream.set_epoch(epoch)
        self._shared[EPOCH] = self._stream.epoch
