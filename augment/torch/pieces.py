"""Batches in shared memory that is used again, once the training loop has let go of the batch that lay in it.

A DataLoader's worker takes new shared memory for each batch, and has each page of it faulted in and cleared, which
costs as much as a tenth of a second for 64 pictures of 224 px in float32. Here the worker keeps what it took: behind
the batch stands one byte that says whether anybody has it, and whoever gets the batch clears that byte when the last
tensor over it is gone. A batch that nobody lets go of is never written to again.

That holds for what the training loop does with a batch. A ``collate_fn`` of somebody else's that calls ours in the
worker could keep the batch there, or send a part of it that knows nothing of that byte, so it gets memory of torch's.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch.utils.data import default_collate, get_worker_info

from augment.errors import AugmentError

MOST = 16
"""Pieces of shared memory that a worker keeps; more than it is asked to make ahead, with what a loop holds on to."""

SMALLEST = 2**16
"""Bytes of a batch from which on its memory is kept."""

FREE, TAKEN = 0, 1

_pieces: list[Any] = []
"""Of this process; each uint8, as many bytes as a batch and one more."""


class Lent(torch.Tensor):  # type: ignore[misc, unused-ignore]  # without torch it is Any
    """A batch that lies in such a piece, in the worker that has made it; elsewhere it is a plain tensor."""

    piece: Any
    __torch_function__ = torch._C._disabled_torch_function_impl  # type: ignore[assignment, unused-ignore]

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Cross to the training loop's process, which gives the piece back."""
        return _received, (self.piece, tuple(self.shape), self.dtype)

    def __deepcopy__(self, memo: Any) -> Any:
        """Memory of its own, as every other copy."""
        return self.clone()


def by_a_loader(caller: FrameType) -> bool:
    """Whether it is a DataLoader that calls a ``collate_fn``, so that nothing but the batch goes on from there."""
    return caller.f_globals.get("__name__") in ("torch.utils.data._utils.fetch", "augment.torch.loader")


def stacked(column: Sequence[Any], lend: bool) -> Any:
    """Tensors of one shape as one; in a worker in shared memory, which may have been used before if one may ``lend``.

    Raises AugmentError where shared memory is full.
    """
    first = column[0]
    size = len(column) * first.numel() * first.element_size()
    lend = lend and size >= SMALLEST and get_worker_info() is not None
    piece = _piece(size) if lend and all(one.dtype == first.dtype for one in column) else None
    if piece is None:
        return by_torch(column)
    whole = _over(piece, (len(column), *first.shape), first.dtype)
    torch.stack(list(column), out=whole)
    lent = whole.as_subclass(Lent)
    lent.piece = piece
    return lent


def by_torch(column: Sequence[Any]) -> Any:
    """What torch's own collate makes of it. Raises what that does, and AugmentError where shared memory is full."""
    try:
        return default_collate(list(column))
    except RuntimeError as error:
        if "shared memory" not in str(error):
            raise
        told = str(error).splitlines()[0]
        fix = "give a container more (docker run --shm-size=2g), or take smaller batches or fewer workers"
        raise AugmentError(f"there is no shared memory left for batches of workers ({told}); {fix}") from None


def _piece(size: int) -> Any:
    """A free piece for so many bytes, now taken; None where as many as are kept are all in use, or memory is short."""
    for piece in _pieces:
        if len(piece) == size + 1 and piece[-1] == FREE:
            break
    else:
        if len(_pieces) >= MOST and not _dropped():
            return None
        piece = _shared(size + 1)
        if piece is None:
            return None
        _pieces.append(piece)
    piece[-1] = TAKEN
    return piece


def _shared(size: int) -> Any:
    """New shared memory of so many bytes; None where there is not enough, even without all pieces that are free."""
    while True:
        piece = torch.empty(size, dtype=torch.uint8)
        try:
            return piece.share_memory_()  # type: ignore[no-untyped-call, unused-ignore]
        except RuntimeError:
            if not _dropped():
                return None


def _dropped() -> bool:
    """Let go of a free piece; False where there is none."""
    place = next((place for place, piece in enumerate(_pieces) if piece[-1] == FREE), None)
    if place is None:
        return False
    del _pieces[place]
    return True


def _received(piece: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """In the process that gets it: a tensor over the piece, which is free again when nothing refers to that."""
    owner = piece.numpy().view(_Owner)
    weakref.finalize(owner, _give_back, piece).atexit = False
    return _over(torch.from_numpy(owner), shape, dtype)


class _Owner(np.ndarray):
    """An array that can tell when it is gone: torch holds on to the array that a tensor was made from."""


def _give_back(piece: Any) -> None:
    piece[-1] = FREE


def _over(piece: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """The batch in a piece."""
    return piece[: math.prod(shape) * dtype.itemsize].view(dtype).view(shape)
