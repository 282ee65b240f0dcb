"""One sample before and after one step, group or policy: what ``augment.explore`` shows while a slider moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from augment import catalog
from augment.annotations import Annotations
from augment.contracts import View
from augment.engine.bench import Bench, Job
from augment.engine.held import Held
from augment.engine.items import Item
from augment.engine.plan import plan
from augment.engine.recipe import Recipe, build
from augment.errors import AugmentError
from augment.notebook.page import Figure, page
from augment.notebook.show import classes, said, steps
from augment.notebook.tree import Node
from augment.sample import Dataset, Entry

ONE = ("expand", "views", "output")
"""Keys of a recipe that mean nothing to one copy of one sample."""


class Preview:
    """A sample, and what a step or several make of it.

    Args:
        recipe: Whose labels, seed and preparation count.
        kind: The modality of the step.
        item: The sample, from ``at_hand``; None: the first source of the recipe's input.
        prepared: Whether the sample passes ``prepare:`` first; not for a step that stands there.

    Raises:
        AugmentError: There is no such sample.
    """

    def __init__(self, recipe: Recipe, kind: str, item: Item | None, prepared: bool) -> None:
        self.kind = kind
        self._duplicates = recipe.frame.expand.duplicates
        self._data = _alone(recipe, prepared)
        self._text = replace(recipe.text, data={**self._data, kind: []})
        bare = build(self._text)
        self._bench, self._entry = _first(bare, kind) if item is None else _held(bare, kind, item)
        self._original, _, _ = self._bench.told(self._entry, 0, 1)

    def html(self, node: Node, seed: int, copy: int = 1) -> str:
        """Original and copy side by side; a step always fires. Raises RecipeError and SampleError.

        Of a whole block it is the copy that a run makes of this sample.
        """
        whole = node.parent is None  # a run compares its copies, each with those before
        expand = {"duplicates": self._duplicates if whole else "keep"}
        data = {**self._data, "seed": seed, "expand": expand, self.kind: node.alone()}
        self._bench.recipe = build(replace(self._text, data=data))
        sample, _, applied = self._bench.told(self._entry, copy, 1)
        original, notes = self._original, sample.annotations
        modality = catalog.modality(self.kind)
        before, facts = modality.plain(original.value)
        after, told = modality.plain(sample.value)
        lines = (classes(original.label, original.annotations), said(original.annotations))
        first = Figure(View(before, facts, original.annotations), self._entry.key, lines)
        lines = (classes(sample.label, notes), said(notes))
        name = f"copy {copy}" if whole else node.name
        return page([[first, Figure(View(after, told, notes, before), name, (*lines, steps(applied)))]])


def _alone(recipe: Recipe, prepared: bool) -> dict[str, Any]:
    """A recipe's plain data without its steps."""
    left = {*catalog.names("modalities"), *ONE, *(() if prepared else ("prepare",))}
    return {key: value for key, value in recipe.text.data.items() if key not in left}


def _first(recipe: Recipe, kind: str) -> tuple[Bench, Entry]:
    """The first source of the recipe's input that is of a modality, of the split that grows where there is one."""
    if recipe.input.path is None and getattr(recipe.text, "lent", None) is None:
        raise AugmentError("explore: expected a sample, or a recipe with an input: explore(recipe, 'a file')")
    planned = plan(recipe)
    listing = planned.listing
    for split in sorted(listing.splits, key=lambda name: name != "train"):
        rows = listing.rows(split)
        for start in range(0, len(rows), 1000):
            for entry in listing.entries(rows[start : start + 1000]):
                if catalog.modality_of(entry.suffix) == kind:
                    return Bench(Job.of(planned, Path()), listing), entry
    raise AugmentError(f"explore: {planned.input}: expected a source for a step of {kind}, found none")


def _held(recipe: Recipe, kind: str, item: Item) -> tuple[Bench, Entry]:
    bench = _One(recipe, kind, item)
    return bench, bench.entries[0]


class _One(Held):
    """A bench over one sample with its annotations; ``item`` has its value as the modality decodes it."""

    def __init__(self, recipe: Recipe, kind: str, item: Item) -> None:
        notes = item.annotations or Annotations()
        about = Dataset(
            spatial=bool(notes.instances or notes.masks), timed=bool(notes.events), spanned=bool(notes.spans)
        )
        super().__init__(recipe, kind, [item.label], lambda row: item.value, about)
        self.notes = item.annotations
        self.entries = [replace(self.entries[0], key=item.source, fields=item.fields)]

    def annotated(self, row: int) -> Annotations | None:
        """The sample's own."""
        return self.notes
