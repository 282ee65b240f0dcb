"""Stages 5 and 6 of 8 for values that are in memory: the copies of a run, with nothing read and nothing encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from augment import catalog
from augment.annotations import Annotations
from augment.engine.bench import Bench, Job, Source, guarded
from augment.engine.listing import collect
from augment.engine.plan import suits, written
from augment.engine.recipe import Recipe
from augment.errors import AugmentError, SampleError
from augment.sample import Content, Dataset, Entry, Sample, class_order

Load = Callable[[int], Any]
"""The decoded value of a row, by its number. Raises SampleError."""


class Held(Bench):
    """A bench over rows that are held in memory. The key of a row is its number; its locator is so in any case.

    Args:
        recipe: What is done; it must have steps for ``kind``.
        kind: The modality of the rows.
        labels: The class of each row, None where it has none.
        load: Gives their values.
        about: What is true of the rows as a whole; its classes are those that are declared.
    """

    def __init__(
        self, recipe: Recipe, kind: str, labels: Sequence[str | None], load: Load, about: Dataset | None = None
    ) -> None:
        if recipe.frame.views > 1:
            told = f"views: expected 1 where rows go in and rows come out, got {recipe.frame.views}"
            raise AugmentError(f"{told}; augment.stream and augment.torch give views together")
        modality = catalog.modality(kind)
        whole = recipe.writing(modality.FORMAT) if recipe.output.format == "auto" else recipe
        self.kind = kind
        self.load = load
        self.entries = [Entry(str(row), str(row), label=label) for row, label in enumerate(labels)]
        listing = collect(self.entries, recipe.frame.seed)
        about = about or Dataset()
        dataset = written(recipe, replace(about, classes=class_order(listing.classes, about.classes)))
        suits(recipe, dataset)
        super().__init__(Job(whole.text, catalog.names("readers")[0], Path(), Path(), dataset, Path()), listing)

    def grown(self, row: int, epoch: int = 0) -> Iterator[tuple[int, Sample]]:
        """The copies of a row, with their numbers, each different from those before where the modality compares them.

        Each epoch has new ones, as in ``augment.stream``; epoch 0 has those of a run. Raises SampleError.
        """
        source = self._source(self.entries[row])
        if self.recipe.frame.expand.keep_originals:
            yield 0, replace(source.sample(), annotations=source.settled.original if source.settled else None)
        fresh = self.fresh(epoch)
        seen = self._seen(source, fresh, fresh.start)
        for copy in fresh:
            with guarded():
                sample, _ = self._drawn(source, copy, seen)
            yield copy, sample

    def fresh(self, epoch: int) -> range:
        """The numbers of an epoch's copies, the original left out."""
        many = sum(copy > 0 for copy in self.recipe.frame.expand.copies)
        return range(epoch * many + 1, (epoch + 1) * many + 1)

    def numbers(self, epoch: int) -> list[int]:
        """The numbers of all copies of a row in an epoch; 0 is the original."""
        return [*([0] if self.recipe.frame.expand.keep_originals else []), *self.fresh(epoch)]

    def annotated(self, row: int) -> Annotations | None:
        """What is annotated on a row; those who have any say so here."""
        return None

    def encoded(self, row: int) -> bytes:
        """What a value was decoded from; those who have it say so here. It may tell how annotations are meant."""
        return b""

    def _source(self, entry: Entry, hashed: bool = True) -> Source:
        row = int(entry.locator)
        with guarded():
            value = self.load(row)
        annotations = self.annotated(row)
        data = b"" if annotations is None else self.encoded(row)
        settled = self._settled(self.kind, value, Content(data, annotations))
        source = Source(entry, self.kind, "", b"", "", value, settled)
        nodes = self.recipe.prepare.get(self.kind)
        return self._prepared(source, nodes) if nodes else source

    def _held_by(self, entry: Entry) -> frozenset[str]:
        try:
            found = self.annotated(int(entry.locator))
        except SampleError:
            return frozenset()
        return frozenset(str(one.label) for one in found.instances) if found is not None else frozenset()
