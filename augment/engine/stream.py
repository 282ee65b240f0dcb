"""Stages 4 to 6 of 8, live: the samples of a run as epochs of an iterator, without a disk.

Sample (source, copy) is the one that a run would encode. Epoch 0 has the copies of the run; each further epoch has as
many new ones of each source, so (source, copy) says all. Their order is drawn for each epoch; ranks take every
``world_size``-th, workers take turns, and what they make comes in the order drawn, whoever made it.

With ``views: N`` in the recipe (SimCLR: Chen et al., ICML 2020; N = 2 there) a split that grows comes in tuples of N
items: copies of one source, all augmented, each drawn anew. Whatever is counted (lengths, batches, positions, ranks)
counts tuples. A tuple of which one view can't be made is left out.
"""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from augment.chance import Chance
from augment.engine import lots
from augment.engine.bench import Bench, Job
from augment.engine.crew import Crew
from augment.engine.items import Made, Turn, made_of
from augment.engine.kept import Shared
from augment.engine.listing import Rows
from augment.engine.plan import Plan, plan
from augment.engine.recipe import AnyRecipe, Changes, load
from augment.errors import AugmentError
from augment.sample import Entry, Skip
from augment.signatures import only, shows, whole

if TYPE_CHECKING:
    from typing_extensions import Unpack

TURNS = 16
"""Samples that a worker makes at a time where no batch says otherwise; fewer at first, for somebody waits for them."""


class Streaming(Changes, total=False):
    """What a call of ``stream`` may say beside Changes.

    ``split`` is ``train`` unless said; ``epoch`` counts from 0; ``shuffle`` is on unless said, without it sources come
    as they lie: files by name, rows by place; ``batch_size`` gives lists of so many items; ``rank`` of ``world_size``
    ranks; ``workers`` processes, 0 for none.
    """

    split: str
    epoch: int
    shuffle: bool
    batch_size: int | None
    rank: int
    world_size: int
    workers: int


@shows(Streaming, split="train", epoch=0, shuffle=True, rank=0, world_size=1, workers=0)
def stream(recipe: AnyRecipe, **options: Unpack[Streaming]) -> Stream:
    """The samples of a recipe, live: Items, or tuples of them where the recipe says ``views: N``.

    Args:
        recipe: As for ``augment.run``; ``output:`` and its format play no part.
        options: See Streaming.

    Raises:
        AugmentError: Its kind says whether recipe, input or an option is at fault.
    """
    only("stream", options, Streaming)
    changes = {name: value for name, value in options.items() if name in Changes.__annotations__}
    checked = load(recipe, **changes)  # type: ignore[arg-type]
    checked = replace(checked, output=checked.output.model_copy(update={"path": None}))
    own = {name: value for name, value in options.items() if name not in changes}
    return Stream(plan(checked), **own)


class Stream:
    """An iterable over one epoch; again, over the epoch that ``set_epoch`` says by then.

    Args:
        planned: What is made.
        options: See Streaming.
    """

    def __init__(self, planned: Plan, **options: Any) -> None:
        self.plan = planned
        self.split = options.get("split", "train")
        self.epoch = whole("epoch", options.get("epoch", 0), 0)
        self.shuffle = options.get("shuffle", True)
        if not isinstance(self.shuffle, bool):
            raise AugmentError(f"shuffle: expected True or False, got {self.shuffle!r}")
        size = options.get("batch_size")
        self.batch_size = None if size is None else whole("batch_size", size, 1)
        self.world_size = whole("world_size", options.get("world_size", 1), 1)
        self.rank = whole("rank", options.get("rank", 0), 0, self.world_size - 1)
        self.workers = whole("workers", options.get("workers", 0), 0)
        if self.split not in planned.listing.splits:
            known = ", ".join(planned.listing.splits)
            raise AugmentError(f"{planned.input}: has no split {self.split!r}; say which, as in split={known!r}")
        self.skipped: list[Skip] = []
        """What could not be made in the pass under way, or in the last one."""
        self._rows = planned.listing.rows(self.split)
        frame = planned.recipe.frame
        self._copies = frame.expand.copies if lots.grows(self.split) else range(1)
        self._views = frame.views if lots.grows(self.split) else 1
        self._position = 0
        self._passes = 0
        self._bench: Bench | None = None
        self.shared: Shared | None = None
        """Where forked processes keep decoded sources for each other."""

    @property
    def total(self) -> int:
        """Items, or tuples of views, of an epoch for all ranks together, if every source is good."""
        return len(self._rows) * self._turns_each

    @property
    def _turns_each(self) -> int:
        """Turns of a source in an epoch."""
        return len(self._copies) // self._views

    @property
    def renewed(self) -> int:
        """How many copies of a source are new in each epoch."""
        return len(self._copies) - (self._copies.start == 0)

    def __repr__(self) -> str:
        """In a line, as a notebook shows it."""
        what = "batches" if self.batch_size else "tuples of views" if self._views > 1 else "samples"
        return f"Stream({self.split} of {self.plan.input}: {len(self):,} {what} an epoch, now in epoch {self.epoch})"

    def __len__(self) -> int:
        """Items of an epoch for this rank, tuples of views, or batches of either, if every source is good."""
        total = len(range(self.rank, self.total, self.world_size))
        return total if self.batch_size is None else -(-total // self.batch_size)

    def __getstate__(self) -> dict[str, Any]:
        """For another process: the sources as they were listed here, and nothing that is quickly made anew."""
        listing = replace(self.plan.listing, skipped=())
        planned = replace(self.plan, listing=listing, batches=(), lots=())
        return {**self.__dict__, "plan": planned, "_bench": None, "shared": None}

    def part(self, rank: int, world_size: int) -> Stream:
        """A stream of the same samples for another rank, in this process; both share what is set up once."""
        found = copy.copy(self)
        found._bench, found.skipped, found.workers = self._at(), [], 0
        found.rank, found.world_size = rank, world_size
        return found

    def made(self, number: int) -> Made | Skip:
        """One item of the epoch, or its views; all ranks counted, by its place where nothing is shuffled."""
        return next(self.these([number]))

    def these(self, numbers: Rows) -> Iterator[Made | Skip]:
        """As ``made`` for several; a source takes 0.1 ms to look up alone, and next to nothing among others."""
        return self.make(self.turns(np.array(numbers, np.int64)))

    def make(self, turns: Iterable[Turn]) -> Iterator[Made | Skip]:
        """What turns give, one by one."""
        at = self._at()
        return (made_of(at, turn) for turn in turns)

    def crew(self, workers: int) -> Crew:
        """Worker processes for what ``turns`` gives."""
        return Crew(self.plan, workers)

    def set_epoch(self, epoch: int) -> None:
        """Go to the beginning of an epoch. An iterator that is under way goes on, but no longer says where this is."""
        self.go(whole("epoch", epoch, 0), 0)

    def state_dict(self) -> dict[str, Any]:
        """Where it is, for ``load_state_dict``, as JSON values: what was given out so far will not come again."""
        return {"epoch": self.epoch, "position": self._position, "of": self._whose}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go where a stream of the same recipe, input and options was. Raises AugmentError for another's state."""
        if not isinstance(state, Mapping) or not {"epoch", "position", "of"} <= state.keys():
            raise AugmentError(f"expected the state that state_dict() of a stream gave, got {state!r:.200}")
        if state["of"] != self._whose:
            raise AugmentError(
                "the state is of another stream: recipe, input, versions, split, shuffle, rank or world_size differ"
            )
        total = len(range(self.rank, self.total, self.world_size))
        self.go(whole("epoch", state["epoch"], 0), whole("position", state["position"], 0, total))

    def go(self, epoch: int, position: int) -> None:
        """Go to a place of this rank's turns in an epoch."""
        self.epoch, self._position = epoch, position
        self._passes += 1

    @cached_property
    def identity(self) -> str:
        """A digest of all that decides which samples an epoch has, and in which order."""
        made = self.plan.generation
        told = [made.fingerprint, made.expand, made.versions, made.listing, self.split, self.shuffle]
        return blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=8).hexdigest()

    @property
    def _whose(self) -> str:
        """The identity with its own part."""
        return f"{self.identity} {self.rank}/{self.world_size}"

    def __iter__(self) -> Iterator[Any]:
        """What the epoch has from where it is, or lists of it; it ends at the beginning of the next epoch.

        A new iterator begins where the one before it was.
        """
        self.go(self.epoch, self._position)
        return self._items() if self.batch_size is None else self._batches(self.batch_size)

    def _items(self) -> Iterator[Made]:
        mine = self._passes
        for place, made in self._made():
            self._be_at(place + 1, mine)
            yield made
        self._ended(mine)

    def _batches(self, size: int) -> Iterator[list[Made]]:
        mine = self._passes
        batch: list[Made] = []
        for place, made in self._made():
            batch.append(made)
            if len(batch) == size:
                self._be_at(place + 1, mine)
                yield batch
                batch = []
        if batch:
            self._be_at(len(self.order()), mine)
            yield batch
        self._ended(mine)

    def _be_at(self, position: int, mine: int) -> None:
        if mine == self._passes:
            self._position = position

    def _ended(self, mine: int) -> None:
        if mine == self._passes:
            self.set_epoch(self.epoch + 1)

    def order(self) -> np.ndarray[Any, Any]:
        """The turns of this rank: each a number of source and copy."""
        if not self.shuffle:
            return np.arange(self.rank, self.total, self.world_size)
        chance = Chance.of(self.plan.recipe.frame.seed, f"epoch of {self.split}", self.epoch)
        return chance.generator().permutation(self.total)[self.rank :: self.world_size]

    def _turn(self, number: int, entry: Entry) -> Turn:
        """The turn of a number: which copy, or which views, of those that this epoch has."""
        copy, fresh = self._copies[number % self._turns_each * self._views], self.renewed
        return Turn(entry, copy + self.epoch * fresh if copy else 0, self.epoch * fresh + 1, self._views)

    def turns(self, numbers: np.ndarray[Any, Any]) -> tuple[Turn, ...]:
        """What is to be made for numbers of ``order``."""
        places = numbers // self._turns_each
        rows = self._rows.start + places if self.shuffle else self._as_they_lie[places]
        entries = self.plan.listing.entries(rows)
        return tuple(self._turn(int(number), entry) for number, entry in zip(numbers, entries, strict=True))

    @cached_property
    def _as_they_lie(self) -> np.ndarray[Any, Any]:
        """The rows by where their sources are, numbers in it by their value; any listing of them gives the same."""
        places = [(_natural(one.locator), _natural(one.key)) for one in self.plan.listing.entries(self._rows)]
        return self._rows.start + np.array(sorted(range(len(places)), key=places.__getitem__), np.int64)

    def _made(self) -> Iterator[tuple[int, Made]]:
        """Place and what is there, from where it is; what can't be made is noted in ``skipped``, told and left out.

        Raises AugmentError where there is nothing in a whole epoch, for a loop over it would train on nothing.
        """
        order, begin = self.order(), self._position
        blocks = ((start, order[start:stop]) for start, stop in self._blocks(begin, len(order)))
        self.skipped = []
        made = self._by_workers(blocks) if self.workers else self._here(blocks)
        good = begin > 0
        for start, found in made:
            for place, one in enumerate(found, start):
                if isinstance(one, Skip):
                    self.skipped.append(one)
                else:
                    good = True
                    yield place, one
        if not self.skipped:
            return
        last = self.skipped[-1]
        told = f"the last one: {last.source}: {last.reason}, {last.detail}"
        if not good:
            raise AugmentError(f"none of the {len(order)} samples of an epoch could be made; {told}")
        bad = f"{len(self.skipped)} of {len(order) - begin} samples could not be made and were left out"
        warnings.warn(f"{bad}; {told}. All of them are in `skipped` of the stream", stacklevel=3)

    def _blocks(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What is made at a time: from where to where."""
        size = self.batch_size or 1
        while start < end:
            yield start, min(start + size, end)
            start += size
            size = self.batch_size or min(2 * size, TURNS)

    def _here(self, blocks: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Iterator[Made | Skip]]]:
        """In this process, one by one."""
        for start, numbers in blocks:
            yield start, self.make(self.turns(numbers))

    def _at(self) -> Bench:
        """The bench of this process."""
        if self._bench is None:
            self._bench = Bench(Job.of(self.plan, Path()), self.plan.listing, self.shared)
        return self._bench

    def _by_workers(self, blocks: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, list[Made | Skip]]]:
        """By workers, which are gone when this is; never more than three tasks a worker are under way or waiting."""
        crew = self.crew(self.workers)
        waiting: deque[int] = deque()
        try:
            while True:
                while len(waiting) < 3 * crew.workers and (block := next(blocks, None)) is not None:
                    crew.submit(block[0], self.turns(block[1]))
                    waiting.append(block[0])
                if not waiting:
                    return
                start = waiting.popleft()
                yield start, crew.result(start)
        finally:
            crew.close()


def _natural(name: str) -> list[tuple[int, str]]:
    """What sorts ``file10`` after ``file9``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split("([0-9]+)", name)]
