"""Stage 3 of 8: Recipe + input -> Plan: what will be made, counted before anything is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from augment import catalog
from augment.contracts import Step
from augment.engine import history, lots
from augment.engine.draw import leaves
from augment.engine.history import Generation
from augment.engine.listing import Listing, collect
from augment.engine.lots import Batch, Chunk, Lot, Row
from augment.engine.recipe import AnyRecipe, Changes, Recipe, load
from augment.errors import ChangedError, InputError, OutputError, Problem, RecipeError
from augment.sample import Dataset, Entry, class_order
from augment.signatures import shows

if TYPE_CHECKING:
    from typing_extensions import Unpack


SHARD_SIZE = 1000
"""Outputs a shard where neither recipe nor writer says."""


@dataclass(frozen=True)
class Plan:
    """What a run will make. Printing it writes nothing.

    Args:
        recipe: As checked, with all overrides.
        reader: Name of the reader.
        input: The folder or table, absolute.
        output: The output folder, absolute; None if none was named.
        listing: All sources.
        dataset: What is true of the sources as a whole, their classes among it.
        batches: Which sources get which copies, only those still to be planned.
        lots: The units of placement, in order.
        generation: What the output folder will remember of this run.
    """

    recipe: Recipe
    reader: str
    input: Path
    output: Path | None
    listing: Listing
    dataset: Dataset
    batches: tuple[Batch, ...]
    lots: tuple[Lot, ...]
    generation: Generation

    def __repr__(self) -> str:
        """In a line, as a notebook shows it."""
        where = f" in {self.shards:,} shards" if self.shards else ""
        return f"Plan({len(self.listing):,} sources of {self.input} -> {self.outputs:,} outputs{where})"

    @property
    def outputs(self) -> int:
        """How many outputs, if every source is good."""
        return sum(lot.outputs for lot in self.lots)

    @property
    def shards(self) -> int:
        """How many shards; 0 where the format has none."""
        return sum(lot.shards for lot in self.lots) if self.shard_size else 0

    @property
    def shard_size(self) -> int | None:
        """Outputs a shard; None where the format has no shards."""
        return shard_size(self.recipe)

    def table(self) -> list[Row]:
        """Per split and class of sources: sources before, outputs after; a step may write other classes to these."""
        return lots.tally(list(self.batches), self.listing)

    def table_of_sources(self) -> list[Row]:
        """Per split and class: all sources, also those whose copies stand already."""
        whole = [Batch(split, range(1), self.listing.rows(split)) for split in self.listing.splits]
        return lots.tally(whole, self.listing)

    @property
    def read_as(self) -> Mapping[str, str]:
        """How the reader understood the input, where there was something to find out: what -> as what, in words."""
        told = getattr(catalog.reader(self.reader), "read_as", None)
        return told(self.dataset, self.recipe.reader_options(self.reader)) if told is not None else {}

    def chunks(self, lot: Lot) -> Iterator[Chunk]:
        """The chunks of a lot, made one by one."""
        return lots.cut_chunks(lot, self.listing)


@shows(Changes)
def plan(recipe: AnyRecipe, *, append: bool = False, **changes: Unpack[Changes]) -> Plan:
    """Count what a run would make; nothing is written.

    Args:
        recipe: A YAML file, plain data, a folder or table of data (a sound default recipe for what it holds is then
            used), or a checked recipe.
        append: Plan only what an output folder that stands already lacks.
        changes: ``input``, ``output``, ``multiplier``, ``seed``, ``on_error``, ``settings``; see Changes.

    Raises:
        AugmentError: Its kind says whether recipe, input or output is at fault.
    """
    checked = load(recipe, **changes)
    source = _input(checked)
    target = _target(checked.output.path) if checked.output.path else None
    if target is not None and checked.input.path:
        _apart(source, target)
    name, options = _reader(checked, source)
    suffixes = frozenset().union(*(catalog.modality(used).SUFFIXES for used in catalog.used(checked.text.data)))
    reader = catalog.reader(name)
    dataset = reader.dataset(source, options)
    listing = collect(reader.entries(source, options, suffixes), checked.frame.seed)
    if not len(listing):
        raise InputError(_nothing(source, listing))
    checked = _stepped(_written(checked, listing, name if dataset.located else ""), listing)
    classes = class_order(listing.classes, dataset.classes)
    spare = len(classes) > len(listing.classes)
    dataset = written(checked, dataclasses.replace(dataset, classes=classes, spare=spare))
    suits(checked, dataset)
    generations = history.load(target) if target is not None else []
    wanted = _generation(checked, listing, dataset, len(generations))
    current, earlier = _continue(target, generations, wanted, listing, append)
    if target is not None and current in generations:
        _unaltered(target, current, listing, lambda entry: reader.read(source, entry, dataset).sha256())
    batches = _batches(
        checked, listing, history.first_undone(target, earlier, listing) if target and earlier else None
    )
    first_lot, shards = (earlier[-1].lots, dict(earlier[-1].shards)) if earlier else (0, {})
    cut = lots.cut_lots(batches, shard_size(checked), first_lot, shards)
    current = dataclasses.replace(current, lots=first_lot + len(cut), shards=shards)
    return Plan(checked, name, source, target, listing, dataset, tuple(batches), tuple(cut), current)


def _written(recipe: Recipe, listing: Listing, own: str) -> Recipe:
    """The recipe with its output's format; ``own`` is the input's where that says where things are.

    Raises:
        RecipeError: The format can't hold what is listed.
    """
    known = catalog.names("modalities")
    used = [name for name in known if name in recipe.steps or name in recipe.prepare]
    first = catalog.modality_of(listing.first().suffix)
    modality = catalog.modality(first if first and first in (used or known) else (used or known)[0])
    if recipe.output.format == "auto":
        recipe = recipe.writing(own if own in catalog.names("writers") else modality.FORMAT)
    format = recipe.output.format
    if getattr(catalog.writer(format), "TEXTUAL", False) and not modality.TEXTUAL:
        fix = f"write another, such as {modality.FORMAT}"
        raise RecipeError([Problem("output.format", f"expected a format for more than text, got {format}", fix)])
    return recipe


def _stepped(recipe: Recipe, listing: Listing) -> Recipe:
    """The recipe with one output a source where it has no steps for texts: no copy could differ from its source.

    Raises:
        RecipeError: It says that there are to be copies.
    """
    kind, expand = catalog.modality_of(listing.first().suffix), recipe.frame.expand
    if kind is None or not catalog.modality(kind).TEXTUAL or recipe.steps.get(kind) or expand.duplicates == "keep":
        return recipe
    if ("multiplier" in expand.model_fields_set and expand.multiplier > 1) or not expand.keep_originals:
        said = f"expected copies to differ from their source, and there is no step under {kind}: to make them do so"
        fix = "add steps, or say multiplier: 1 for the sources as they are, or duplicates: keep"
        raise RecipeError([Problem("expand", said, fix)])
    return recipe.unexpanded()


def shard_size(recipe: Recipe) -> int | None:
    """Outputs a shard; None where the format has no shards."""
    writer = catalog.writer(recipe.output.format)
    return (recipe.output.shard_size or getattr(writer, "SHARD_SIZE", SHARD_SIZE)) if writer.SHARDED else None


def _input(recipe: Recipe) -> Path:
    if not recipe.input.path:
        if recipe.input.format != "auto" and getattr(catalog.reader(recipe.input.format), "PATHLESS", False):
            return Path(os.path.abspath(recipe.base))
        raise InputError("no input: give --input DIR, or input: {path: DIR} in the recipe")
    path = Path(os.path.abspath(recipe.input.path))
    if not path.exists():
        raise InputError(f"{path}: no such folder or table")
    return path


def _target(path: str) -> Path:
    """The output folder, absolute. Raises OutputError for a name that Arrow can't open: bytes that are no UTF-8."""
    target = Path(os.path.abspath(path))
    try:
        str(target).encode()
    except UnicodeEncodeError:
        raise OutputError(f"{target}: expected a name in UTF-8; give another --output") from None
    return target


def _apart(source: Path, target: Path) -> None:
    """Refuse an output that lies in the input, or round it: the next run would take outputs for sources."""
    real_source, real_target = source.resolve(), target.resolve()
    folder = real_source if real_source.is_dir() else None
    if folder and (real_target == folder or folder in real_target.parents):
        raise OutputError(f"{target}: lies in the input folder {source}; the next run would take outputs for sources")
    if real_target in real_source.parents:
        raise OutputError(f"{target}: the input {source} lies in it; give another folder for the output")


def _reader(recipe: Recipe, source: Path) -> tuple[str, Any]:
    """The reader and its options, found by what the input looks like if the recipe doesn't say."""
    name = recipe.input.format
    if name == "auto":
        claims = [reader for reader in catalog.names("readers") if catalog.reader(reader).claims(source)]
        if not claims:
            raise InputError(f"{source}: no reader knows this layout; known: {', '.join(catalog.names('readers'))}")
        own = [reader for reader in claims if not getattr(catalog.reader(reader), "FALLBACK", False)] or claims
        if len(own) > 1:
            which = " or ".join(own)
            raise InputError(f"{source}: it could be {which}; say which, as in input: {{format: {own[0]}}}")
        name = own[0]
    return name, recipe.reader_options(name)


def suits(recipe: Recipe, dataset: Dataset) -> None:
    """Refuse steps that would make labels of this data set untrue, unless the recipe accepts that. RecipeError."""
    problems = {
        f"{kind}: {leaf.step.name}": reason
        for kind, leaf in recipe.leaves()
        if not leaf.allowed
        for reason in catalog.modality(kind).objections(leaf.step, dataset, recipe.labels_of(kind))
    }
    found = [Problem(path, reason) for path, reason in problems.items()]
    found += [
        problem for kind in dict.fromkeys([*recipe.prepare, *recipe.steps]) for problem in _classed(recipe, kind)
    ]
    if found:
        raise RecipeError(found)


def written(recipe: Recipe, dataset: Dataset) -> Dataset:
    """What is true of the data set after steps that write labels."""
    for _, leaf in recipe.leaves():
        if hasattr(leaf.step, "writes"):
            dataset = leaf.step.writes(dataset)
    return dataset


def _classed(recipe: Recipe, kind: str) -> Iterator[Problem]:
    """Why the class that a step of a modality writes would not be true of every copy; nothing where it will be."""
    prepared = recipe.prepare.get(kind, ())
    nodes = [*prepared, *recipe.steps.get(kind, ())]
    found = [leaf for leaf in leaves(nodes) if _writes_class(leaf.step)]
    if not found:
        return
    name = found[0].step.name
    path = f"{kind}: {name}"
    if len(found) > 1:
        yield Problem(path, f"expected one step that writes the class, got {len(found)}", "leave the others out")
        return
    place = next((place for place, node in enumerate(nodes) if node is found[0]), None)
    if place is None or found[0].p < 1:
        expected = "expected it in no group and with p: 1, for else some copies keep the class that their source has"
        yield Problem(path, expected, "write the class to a field instead, where the step can do that")
        return
    for leaf in leaves(nodes[place + 1 :]):
        if leaf.effect != "keeps" and not leaf.allowed:
            expected = f"expected it behind {leaf.step.name}, which moves, cuts or mixes what {name} has named"
            yield Problem(path, expected, f"put {leaf.step.name} before it, or write allow_label_change: true there")
    if place >= len(prepared) and recipe.frame.expand.keep_originals:
        expected = f"expected false, for {name} gives copies another class than originals have"
        yield Problem("expand.keep_originals", expected, "write expand: {keep_originals: false}")


def _writes_class(step: Step) -> bool:
    return hasattr(step, "writes") and bool(step.writes(Dataset()).classes)


def _nothing(source: Path, listing: Listing) -> str:
    first = next(listing.skips(), None)
    if first is None:
        return f"{source}: no sources found"
    told = f"{first.source}: {first.reason} {first.detail}".strip()
    return f"{source}: none of the {listing.unusable()} listed sources can be used; the first: {told}"


def _generation(recipe: Recipe, listing: Listing, dataset: Dataset, number: int) -> Generation:
    return Generation(
        number=number,
        recipe=recipe.text.data,
        fingerprint=recipe.fingerprint(),
        expand=recipe.frame.expand.model_dump(),
        versions=recipe.versions(),
        listing=_fingerprint(listing, dataset),
        base=os.path.abspath(recipe.base),
        categories=[category.name for category in dataset.categories],
    )


def _fingerprint(listing: Listing, dataset: Dataset) -> str:
    """Of the sources, and of what is true of them as a whole where there is anything to tell."""
    categories = [dataclasses.asdict(category) for category in dataset.categories]
    whole = [categories, dataset.spatial, dataset.timed, dataset.transcribed, dict(dataset.fields)]
    if dataset.rows is not None:
        whole += [dataset.spanned, dataclasses.asdict(dataset.rows)]
    if dataset.classes != listing.classes:  # outputs tell classes by number
        whole.append(dataset.classes)
    if not any(whole):
        return listing.digest
    return hashlib.blake2b(json.dumps([listing.digest, whole], default=str).encode(), digest_size=16).hexdigest()


def _continue(
    target: Path | None, generations: list[Generation], wanted: Generation, listing: Listing, append: bool
) -> tuple[Generation, list[Generation]]:
    """Which generation this run is, and which came before: a new one, the last one resumed, or an appended one."""
    if target is None or not generations:
        return wanted, []
    last = generations[-1]
    same_plan = last.listing == wanted.listing and dict(last.expand) == dict(wanted.expand)
    if last.same_work(wanted) and same_plan:
        return last, generations[:-1]
    if not append:
        history.refuse(target, last, wanted, listing)
    shrunk = int(wanted.expand["multiplier"]) < int(last.expand["multiplier"])
    if not last.same_work(wanted) or shrunk or last.expand["keep_originals"] != wanted.expand["keep_originals"]:
        raise ChangedError(
            f"{target}: --append adds new sources, or more copies by a higher multiplier; the rest of the recipe and "
            "the library versions must be as before. Run without --append to see what has changed"
        )
    if list(wanted.categories)[: len(last.categories)] != list(last.categories):
        raise ChangedError(
            f"{target}: the categories were {', '.join(last.categories)} and are {', '.join(wanted.categories)} now; "
            "--append may add some at the end, for outputs that stand name them by number. Give another --output"
        )
    if not history.finished(target, last):
        raise ChangedError(
            f"{target}: the run before has not finished, and only a finished one can be added to. Run it again on the "
            "input and the recipe that it was begun with, then append"
        )
    altered = history.changed_keys(history.sources(target, last), listing.table())
    if altered:
        raise ChangedError(
            f"{target}: {len(altered)} sources have changed since their copies were made, such as {altered[0]}; "
            "--append adds, it does not replace. Put them back or give them new names"
        )
    return dataclasses.replace(wanted, number=len(generations)), generations


def _unaltered(target: Path, generation: Generation, listing: Listing, sha256: Callable[[Entry], str]) -> None:
    """Refuse to resume where a source's content has changed behind the same name and size."""
    altered = history.altered_since(target, generation, listing, sha256)
    if altered:
        raise ChangedError(
            f"{target}: {len(altered)} sources have changed since outputs were made of them, such as {altered[0]}. "
            "Put them back, or give another --output"
        )


def _batches(recipe: Recipe, listing: Listing, done: np.ndarray[Any, Any] | None) -> list[Batch]:
    """Which sources get which copies; training splits first."""
    batches: list[Batch] = []
    target = recipe.frame.expand.copies
    for split in sorted(listing.splits, key=lambda name: (not lots.grows(name), name)):
        rows = listing.rows(split)
        copies = target if lots.grows(split) else range(0, 1)
        views = recipe.frame.views if lots.grows(split) else 1
        if done is None:
            batches.append(Batch(split, copies, rows, views))
            continue
        had = done[rows.start : rows.stop]
        for count in np.unique(had):
            begun = copies.start + min(int(count), len(copies))
            some = rows.start + np.flatnonzero(had == count)
            batches.append(Batch(split, range(begun, copies.stop), some, views))
    return [batch for batch in batches if len(batch.copies) and len(batch.rows)]
