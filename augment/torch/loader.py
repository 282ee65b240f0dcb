"""A DataLoader that knows where it is, so that a training that was killed goes on with the very next batch.

A plain DataLoader can't tell how much of what its workers have made ahead was given out. Here each batch brings along,
unseen, whose it is and where its maker was then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch.utils import data

from augment.errors import AugmentError
from augment.signatures import whole
from augment.torch.batches import collate
from augment.torch.datasets import IterableDataset
from augment.torch.live import MOST_WORKERS


class _Placed:
    """A ``collate_fn`` that says beside the batch whose it is and where its maker was."""

    def __init__(self, join: Callable[[Any], Any], dataset: IterableDataset) -> None:
        self.join, self.dataset = join, dataset

    def __call__(self, batch: Any) -> tuple[Any, int, int]:
        """Called by the process that has made the batch."""
        worker = data.get_worker_info()
        maker = self.dataset if worker is None else worker.dataset
        return self.join(batch), maker.part, maker.position


def _as_it_is(one: Any) -> Any:
    return one


class Loader(data.DataLoader):  # type: ignore[misc, unused-ignore]  # without torch it is Any
    """A torch DataLoader over an IterableDataset whose state can be saved after any batch.

    After a whole pass it goes to the next epoch by itself, also for a loop that counts ``len(loader)`` batches;
    ``set_epoch`` goes to any other. A pass that is left early begins again, and of several at once the one begun last
    says where the loader is. What rebuilds it, as accelerate's ``prepare`` does, makes a plain DataLoader of it.

    Args:
        dataset: What to load.
        batch_size: Samples a batch; None for single ones.
        options: Those of torch's DataLoader; ``collate_fn`` is augment.torch.collate unless said.

    Raises:
        AugmentError: It is no IterableDataset of ours, or there are more workers than can be told where to begin.
    """

    collate_fn: Callable[[Any], Any]

    def __init__(self, dataset: IterableDataset, batch_size: int | None = 1, **options: Any) -> None:
        if not isinstance(dataset, IterableDataset):
            raise AugmentError(
                f"Loader: expected an augment.torch.IterableDataset, got {type(dataset).__name__}; "
                "use torch.utils.data.DataLoader for others"
            )
        join = options.pop("collate_fn", None) or (_as_it_is if batch_size is None else collate)
        super().__init__(dataset, batch_size, collate_fn=join, **options)
        if self.num_workers > MOST_WORKERS:
            raise AugmentError(f"num_workers: expected at most {MOST_WORKERS}, got {self.num_workers}")
        self._positions = [0] * max(self.num_workers, 1)
        self._last = -1
        self._passes = 0
        self._sent = self._told = False

    def __len__(self) -> int:
        """Batches of an epoch for this rank, if every source is good; each worker ends with what is left for one."""
        size = self.batch_size or 1
        return sum(own // size if self.drop_last else -(-own // size) for own in self._sizes())

    def set_epoch(self, epoch: int) -> None:
        """Go to an epoch; to its beginning, unless ``load_state_dict`` has just gone into it."""
        if epoch != self.dataset.epoch or not self._sent:
            self._begin(epoch)
        self._told = self._sent

    def state_dict(self) -> dict[str, Any]:
        """Where it is, as JSON values: batches given out so far will not come again."""
        return {
            "epoch": self.dataset.epoch,
            "positions": list(self._positions),
            "last": self._last,
            **self.dataset.whose,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Have the next pass begin where a loader of the same dataset and options was. Raises AugmentError.

        Where that had given out a whole epoch, it is the next one, unless ``set_epoch`` says that epoch: so a training
        goes on right by ``for epoch in range(state["epoch"], epochs): loader.set_epoch(epoch)``, of which the first
        pass may then be empty. A loop that counts epochs without ``set_epoch`` would train one too many.
        """
        epoch = self.dataset.accept(state, ("positions", "last"))
        positions, sizes = state["positions"], self._sizes()
        if not isinstance(positions, list | tuple):
            raise AugmentError(f"positions: expected a list, got {positions!r:.200}")
        if len(positions) != len(sizes):
            raise AugmentError(
                f"num_workers: the state is of a loader with {len(positions)} parts, this one has {len(sizes)}; give "
                "it the same num_workers"
            )
        last = whole("last", state["last"], -1, len(sizes) - 1)
        checked = [whole("positions", place, 0, size) for place, size in zip(positions, sizes, strict=True)]
        self._positions, self._last = checked, last
        self.dataset.go(epoch, last + 1, checked)
        self._passes += 1
        self._sent, self._told = True, False

    def __iter__(self) -> Iterator[Any]:
        """The batches of the epoch, from its beginning or from where a state that was just loaded says."""
        if self._whole() and not self._told:
            self._begin(self.dataset.epoch + 1)
        elif not self._sent:
            self._begin(self.dataset.epoch)
        self._sent = self._told = False
        self._passes += 1
        mine = self._passes
        for batch, part, position in self._placed():
            if mine == self._passes:
                self._positions[part], self._last = position, part
            yield batch
        if mine == self._passes:
            self._begin(self.dataset.epoch + 1)

    def _placed(self) -> Iterator[tuple[Any, int, int]]:
        """The batches of torch's own loader, with their places; ``collate_fn`` stays as others know it."""
        join = self.collate_fn
        self.collate_fn = _Placed(join, self.dataset)
        try:
            coming: Iterator[tuple[Any, int, int]] = super().__iter__()
        finally:
            self.collate_fn = join
        return coming

    def _sizes(self) -> list[int]:
        """Samples of each worker's part."""
        parts, total = len(self._positions), len(self.dataset)
        return [len(range(part, total, parts)) for part in range(parts)]

    def _whole(self) -> bool:
        """Whether all batches of the epoch were given out, whoever did not ask for one more."""
        left = [size - position for size, position in zip(self._sizes(), self._positions, strict=True)]
        return any(self._positions) and max(left) < (self.batch_size or 1 if self.drop_last else 1)

    def _begin(self, epoch: int) -> None:
        """Go to the beginning of an epoch."""
        self.dataset.go(epoch)
        self._positions, self._last, self._sent = [0] * len(self._positions), -1, False
        self._passes += 1
