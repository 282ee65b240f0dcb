"""What both kinds of datasets are: a stream, the form of its samples, and numbers that all workers share."""

from __future__ import annotations

import inspect
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch.utils import data

from augment import forms
from augment.engine import kept
from augment.engine.recipe import AnyRecipe
from augment.engine.stream import Stream, stream
from augment.errors import AugmentError
from augment.forms import Kinds, Labelled, Told, why
from augment.sample import Skip
from augment.signatures import only

MOST_WORKERS = 1024
MOST_EPOCHS = 2**31
EPOCH, TURN, ELSEWHERE, STARTS = 0, 1, 2, 3
SKIPS = STARTS + MOST_WORKERS
"""What stands where in the numbers that a dataset shares with its workers."""

AGAIN, PARTED = 0, 1
"""What a dataset warns of once."""

SHARED = ("_shared", "_told", "_given", "_warned")
"""What a dataset shares with its workers."""


class Options(forms.Options, total=False):
    """What a call may say: all of augment.forms.Options but ``batch_size`` and ``workers``, and ``even``."""

    even: Literal["auto", "pad", "drop"] | None


class Live(Told):
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
        self._kinds = Kinds.of(self._stream.plan, self.form)
        self._shared = torch.zeros(SKIPS + 1 + MOST_WORKERS, dtype=torch.int64).share_memory_()
        sources = len(self._stream.plan.listing.rows(self._stream.split))
        self._told = torch.zeros(sources, dtype=torch.uint8).share_memory_()  # 1 for a source that was warned of
        self._given = torch.zeros(1 + MOST_WORKERS, dtype=torch.int64).share_memory_()  # so that _repeated is told
        self._warned = torch.zeros(2, dtype=torch.uint8).share_memory_()
        self._home = os.getpid()
        self._shared[EPOCH] = self._stream.epoch

    @property
    def epoch(self) -> int:
        """The epoch whose copies are given."""
        self._settle()
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

    def _warn(self, what: int, told: str) -> None:
        """Warn of something if nobody of this process' family has yet."""
        if not self._warned[what]:
            self._warned[what] = 1
            warnings.warn(told, stacklevel=4)

    def _repeated(self) -> None:
        """Warn of a second pass over an epoch, if another epoch would have other copies."""
        if self._stream.renewed:
            told = f"another pass begins over the same copies of epoch {self.epoch}; for new ones call"
            self._warn(AGAIN, f"{told} dataset.set_epoch(…) before each pass, or take augment.torch.Loader")

    def _ranks(self) -> tuple[int, int]:
        """Rank and world size: as said, else torch.distributed's, else one."""
        if not self._said and waiting():
            rank, ranks = torch.distributed.get_rank(), torch.distributed.get_world_size()
            accelerate = sys.modules.get("accelerate.state")
            if ranks > 1 and accelerate is not None and accelerate.is_initialized():
                told = "accelerate's prepare() parts this dataset once more, and samples get lost: say"
                self._warn(
                    PARTED, f"{told} rank=0, world_size=1; if it isn't prepared, say {rank=}, world_size={ranks}"
                )
            return rank, ranks
        return self._stream.rank, self._stream.world_size

    def _settle(self) -> None:
        """Have numbers of one's own in a process that is no worker, but a rank that was started with the dataset."""
        if self._home != os.getpid() and data.get_worker_info() is None:
            self._home = os.getpid()
            for name in SHARED:
                setattr(self, name, getattr(self, name).clone().share_memory_())

    def __getstate__(self) -> dict[str, Any]:
        """With rank and world size, which a spawned worker could not ask for; a rank's own process can."""
        self._stream.rank, self._stream.world_size = self._ranks()
        return {**self.__dict__, "_said": self._said or waiting()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in SHARED:
            getattr(self, name).share_memory_()  # as it is in a worker of ours; a copy's own after any other pickle


def waiting() -> bool:
    """Whether ranks wait for each other here."""
    return bool(torch.distributed.is_available() and torch.distributed.is_initialized())


def _of_loaders() -> list[str]:
    """The names of what a DataLoader takes."""
    return list(inspect.signature(data.DataLoader).parameters)
