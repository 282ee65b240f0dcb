"""The sentences of a grammar that differ: drawn one by one, and where that finds no more, all of them in turn."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import gcd

from augment.chance import Chance
from augment.readers._grammar import growing
from augment.readers._grammar.growing import Sentence
from augment.readers._grammar.tables import COUNTABLE, Start
from augment.sample import ROW, Entry, Skip

WINDOW = 1000
FEW = 100
"""Where of ``WINDOW`` draws fewer than ``FEW`` were new, a countable grammar is gone through in turn."""

PATIENCE = 10_000
WORK = 1_000_000
"""Draws in a row, and work for them, that may bring nothing new before an uncountable grammar is left."""

MOST_WORK = 50_000_000
"""Work for going through all sentences in turn before even a countable grammar is left."""


@dataclass(frozen=True)
class Grown:
    """A grammar ready to be drawn from. ``starts`` has its classes in their order; the empty name is none."""

    starts: Mapping[str, Start]
    seed: int
    tidy: bool

    def chance(self, label: str) -> Chance:
        """The place of a class in the tree of draws."""
        return Chance.of(self.seed, label, 0).child("grammar")

    def drawn(self, label: str, attempt: int) -> tuple[Sentence | None, int]:
        """What an attempt gives, which hangs on nothing but seed, class and its number; and how much was done."""
        return growing.drawn(self.starts[label], self.chance(label).child(str(attempt)).draws(), self.tidy)

    def located(self, locator: str) -> tuple[str, Sentence | None]:
        """The class and the sentence that a locator stands for. Raises ValueError for what is no locator."""
        place, _, turn = locator.removesuffix(ROW).partition("/")
        label = list(self.starts)[int(place)]
        if turn.startswith("="):
            return label, growing.numbered(self.starts[label], int(turn[1:]), self.tidy)[0]
        return label, self.drawn(label, int(turn))[0]


class Seen:
    """Which texts there have been, by hashes of 64 bits, and whose they are; some 24 bytes a text."""

    def __init__(self) -> None:
        self.mask, self.used = (1 << 12) - 1, 0
        self.hashes, self.owners = array("Q", bytes(8 << 12)), array("I", bytes(4 << 12))

    def add(self, text: str, owner: int) -> int:
        """Whose the text is by now: ``owner``, if nobody had it, or who had it before; below 0 for ``owner`` again."""
        found = int.from_bytes(blake2b(text.encode("utf-8"), digest_size=8).digest(), "little") or 1
        place = self._place(found)
        if self.hashes[place]:
            return -1 if self.owners[place] == owner else self.owners[place]
        self.hashes[place], self.owners[place] = found, owner
        self.used += 1
        if self.used * 3 > self.mask * 2:
            self._grow()
        return owner

    def _place(self, found: int) -> int:
        hashes, mask = self.hashes, self.mask
        place = found & mask
        while (there := hashes[place]) and there != found:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        hashes, owners, size = self.hashes, self.owners, (self.mask + 1) * 2
        self.mask = size - 1
        self.hashes, self.owners = array("Q", bytes(8 * size)), array("I", bytes(4 * size))
        for found, owner in zip(hashes, owners, strict=True):
            if found:
                place = self._place(found)
                self.hashes[place], self.owners[place] = found, owner


def key_of(label: str, sentence: Sentence) -> str:
    """The key of a sentence: its class, and a hash of all that is told of it."""
    told = json.dumps([sentence.text, sentence.marks], ensure_ascii=False).encode()
    digest = blake2b(told, digest_size=8).hexdigest()
    return f"{label}/{digest}" if label else digest


def entries(grown: Grown, wanted: Mapping[str, int]) -> Iterator[Entry | Skip]:
    """As many sentences of each class as are wanted, no text twice; then what was short of that. Raises InputError."""
    seen = Seen()
    for number, label in enumerate(grown.starts):
        yield from _Class(grown, label, number, seen).entries(wanted[label])


class _Class:
    """The sentences of one class."""

    def __init__(self, grown: Grown, label: str, number: int, seen: Seen) -> None:
        self.grown, self.label, self.number, self.seen = grown, label, number, seen
        self.start = grown.starts[label]
        self.found = self.shared = self.misses = self.work = self.outgrown = 0
        self.complete = False
        self.example = ""

    def entries(self, wanted: int) -> Iterator[Entry | Skip]:
        """See the function of this name."""
        for turn, sentence in self._sentences():
            yield Entry(
                key=key_of(self.label, sentence),
                locator=f"{self.number}/{turn}{ROW}",
                label=self.label or None,
                size=len(sentence.text.encode()),
            )
            if self.found == wanted:
                break
        if self.shared:
            detail = f"{self.shared:,} of its sentences are left to a class before it, such as {self.example!r}"
            yield Skip(self.label, "in two classes", detail)
        if self.found < wanted:
            yield Skip(self.label or "texts", "shortfall", f"asked for {wanted:,} distinct, {self._given()}")

    def _given(self) -> str:
        """What there was instead."""
        if self.complete:
            beside = f" beside the {self.shared:,} of a class before it" if self.shared else ""
            return f"the grammar gives {self.found:,}{beside}"
        outgrown = (
            f"; {self.outgrown:,} gave none: blank, too long, or the same in a {{rule!}}" if self.outgrown else ""
        )
        return f"{self.found:,} were drawn and {self.misses:,} more tries gave no new one{outgrown}"

    def _sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Those that are new, each with its turn. When drawing slows down doesn't hang on how many are wanted."""
        countable = self.start.ways <= COUNTABLE
        attempt = before = 0
        chance = self.grown.chance(self.label)
        while self.misses < PATIENCE and self.work < WORK:
            drawn = growing.drawn(self.start, chance.child(str(attempt)).draws(), self.grown.tidy)
            if self._new(*drawn):
                yield str(attempt), drawn[0]  # type: ignore[misc] # what is new is no None
            attempt += 1
            if attempt % WINDOW == 0:
                if countable and self.found - before < FEW:
                    break
                before = self.found
        if countable:
            yield from self._in_turn(chance.child("order").uniform())

    def _in_turn(self, u: float) -> Iterator[tuple[str, Sentence]]:
        """Those of all sentences that are new, in an order of their own: steps prime to their number meet all."""
        count = self.start.ways
        step = max(1, int(u * count))
        while gcd(step, count) > 1:
            step += 1
        self.work = 0
        for turn in range(count):
            if self.work > MOST_WORK:
                return
            number = (turn + 1) * step % count
            sentence, work = growing.numbered(self.start, number, self.grown.tidy)
            self.work += work
            if self._new(sentence, 0):
                yield f"={number}", sentence  # type: ignore[misc] # what is new is no None
        self.complete = True

    def _new(self, sentence: Sentence | None, work: int) -> bool:
        """Whether it is one that no class has had."""
        owner = -1 if sentence is None else self.seen.add(sentence.text, self.number)
        if owner == self.number:
            self.found += 1
            self.misses = self.work = 0
            return True
        self.misses += 1
        self.work += work + 1
        if sentence is None:
            self.outgrown += 1
        elif owner >= 0 and self.seen.add(f"\0{self.number}\0{sentence.text}", self.number) == self.number:
            self.shared += 1
            self.example = self.example or sentence.text[:80]
        return False
