"""``augment.show``: a look at what a recipe does, or at samples that are at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from augment import catalog
from augment.annotations import Annotations
from augment.contracts import View
from augment.engine.bench import Bench, Job
from augment.engine.items import Item
from augment.engine.lots import grows
from augment.engine.stream import Stream, Streaming, stream
from augment.errors import AugmentError, SampleError
from augment.notebook.given import checked, first_of, streamed
from augment.notebook.page import Figure, Shown, page
from augment.sample import Applied, Entry
from augment.signatures import whole

ROW = 5
"""Samples of a batch that stand side by side."""

FIRST = 3 * ROW
"""Samples of an iterator, which may have no end."""

LOOKED_AT = 50
"""Sources for each row, from which those of different classes are picked."""

PEEKED = 4
"""Sources for each row that are read, where some may have nothing annotated on them."""


def show(what: Any, *, sources: int = 3, copies: int = 4, **changes: Any) -> Shown:
    """Samples as pictures, players with spectrograms or marked texts, with what is annotated on them.

    A recipe or a stream gives one row a source: the original, then its copies, each with the steps that were drawn
    for it. Sources are of as many classes as there are; copies are those of a run, or of the stream's epoch.

    Args:
        what: A recipe (anything that ``augment.load`` takes), a Plan, a Stream, one of our data sets for PyTorch and
            Keras; an Item, a list of Items or of tuples of Items (a batch, views), or an iterator over any of these,
            of which the first 15 Items are taken.
        sources: How many rows.
        copies: How many copies of each, also where a run would make fewer.
        changes: For a recipe: as for ``augment.stream`` (``input``, ``seed``, ``settings``, ``split``, ``epoch`` …).

    Returns:
        What Jupyter shows by itself; ``.save(path)`` writes a page that stands by itself.

    Raises:
        AugmentError: Its kind says whether recipe, input or an argument is at fault.
    """
    checked("show", changes, Streaming, "sources", "copies")
    if isinstance(what, Item):
        what = [what]
    if isinstance(what, Iterator):
        what = first_of(what, FIRST)
    made = streamed(what)
    if isinstance(what, list | tuple) and all(isinstance(one, Item | tuple | list) for one in what):
        if changes:
            raise AugmentError(f"show: expected {next(iter(changes))} with a recipe only, got samples")
        rows = list(_batch(what))
    else:
        if made is not None and changes:
            kind = type(what).__name__
            raise AugmentError(f"show: expected {next(iter(changes))} where the {kind} was made, or show a recipe")
        made = made or stream(_recipe(what), **changes)
        rows = list(_grown(made, whole("show: sources", sources, 1), whole("show: copies", copies, 0)))
    return Shown(page(rows), f"{_count(sum(map(len, rows)), 'sample')} in {_count(len(rows), 'row')}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _recipe(what: Any) -> Any:
    if isinstance(what, str | Path | Mapping) or hasattr(what, "text"):
        return what
    raise AugmentError(
        f"show: expected a recipe, a Plan, a Stream, an Item or a list of Items, got {type(what).__name__}; for "
        f"arrays, write augment.explore(recipe, array)"
    )


def _grown(made: Stream, sources: int, copies: int) -> Iterator[list[Figure]]:
    """A row for each of some sources of a stream, which stays where it is."""
    listing, expand = made.plan.listing, made.plan.recipe.frame.expand
    listed = listing.rows(made.split)
    fresh = sum(copy > 0 for copy in expand.copies)
    first = made.epoch * fresh + 1
    numbers = [0, *range(first, first + copies)] if grows(made.split) else [0]
    bench = Bench(Job.of(made.plan, Path()), listing)
    looked_at = listing.entries(np.asarray(listed[: LOOKED_AT * sources]))
    for entry in _annotated(bench, _mixed(looked_at), sources):
        yield list(_source(bench, entry, numbers, first))


def _annotated(bench: Bench, entries: Sequence[Entry], count: int) -> list[Entry]:
    """The first so many, where places are annotated rather those with something on them; a few more are read."""
    if not bench.job.dataset.located:
        return list(entries[:count])
    looked_at = entries[: PEEKED * count]
    full: list[Entry] = []
    for entry in looked_at:
        if len(full) < count and _has_places(bench, entry):
            full.append(entry)
    keys = {entry.key for entry in full}
    rest = [entry for entry in entries if entry.key not in keys]
    return [*full, *rest][:count]


def _has_places(bench: Bench, entry: Entry) -> bool:
    try:
        found = bench.reader.read(bench.job.input, entry, bench.job.dataset).annotations
    except SampleError:
        return False
    return found is not None and any((found.instances, found.masks, found.events, found.spans))


def _mixed(entries: Sequence[Entry]) -> list[Entry]:
    """Sources such that classes take turns, each in its own order."""
    seen: Counter[str | None] = Counter()
    turns = []
    for place, entry in enumerate(entries):
        turns.append((seen[entry.label], place))
        seen[entry.label] += 1
    return [entries[place] for _, place in sorted(turns)]


def _source(bench: Bench, entry: Entry, numbers: Sequence[int], first: int) -> Iterator[Figure]:
    """The original of a source and its copies, or why there is none."""
    original, heard = None, ""
    for copy in numbers:
        name = f"copy {copy}" if copy else entry.key
        try:
            sample, kind, applied = bench.told(entry, copy, first)
        except SampleError as error:
            yield Figure(None, name, wrong=str(error))
            continue
        value, facts = catalog.modality(kind).plain(sample.value)
        original = value if copy == 0 else original
        view = View(value, facts, sample.annotations, original if copy else None)
        words = said(sample.annotations)
        lines = (classes(sample.label, sample.annotations), words if words != heard else "", steps(applied, copy))
        heard = words  # told again only where a step has changed it
        yield Figure(view, name, lines)


def _batch(items: Sequence[Any]) -> Iterator[list[Figure]]:
    """A row for each tuple; Items that stand alone side by side."""
    flat = [one for item in items for one in (item if isinstance(item, list | tuple) else (item,))]
    if wrong := next((one for one in flat if not isinstance(one, Item)), None):
        raise AugmentError(f"show: expected Items, got {type(wrong).__name__} among them")
    originals = {item.source: item.value for item in flat if item.copy == 0}
    loose: list[Figure] = []
    for item in items:
        if isinstance(item, list | tuple):
            yield [_item(one, originals) for one in item]
            continue
        loose.append(_item(item, originals))
        if len(loose) == ROW:
            yield loose
            loose = []
    if loose:
        yield loose


def _item(item: Item, originals: Mapping[str, Any]) -> Figure:
    view = View(item.value, item.facts, item.annotations, originals.get(item.source) if item.copy else None)
    title = f"{item.source}, copy {item.copy}" if item.copy else item.source
    return Figure(view, title, (classes(item.label, item.annotations), said(item.annotations)))


def classes(label: str | None, notes: Annotations | None) -> str:
    """The class of a sample, or its soft classes with their weights."""
    if notes is not None and notes.classes:
        return ", ".join(f"{name} {weight:.2g}" for name, weight in notes.classes.items())
    return label or ""


def said(notes: Annotations | None) -> str:
    """Its transcript, or the first of its captions."""
    found = (notes.transcript, *notes.captions[:1]) if notes is not None else ()
    return next((f"“{text}”" for text in found if text), "")


MOST = 3
"""Values that are told of each step."""


def steps(applied: Sequence[Applied], copy: int = 1) -> str:
    """The steps that were drawn, with the first of the numbers that they drew, three digits each."""
    told = " → ".join(_step(one) for one in applied if one.parameters.get("applied") is not False)
    return told or ("no step was drawn" if copy else "")


def _step(applied: Applied) -> str:
    values = [f"{key} {text}" for key, value in applied.parameters.items() if (text := _value(value))]
    return f"{applied.step} ({', '.join(values[:MOST])})" if values else applied.step


def _value(value: Any) -> str:
    """A number, a short text, or a few of them; nothing for what takes more room (matrices, places of noise)."""
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else ""
    if isinstance(value, int | float):
        return f"{value:.3g}" if abs(value) < 1e5 else f"{value:,.0f}"
    if isinstance(value, str):
        return value if len(value) <= 24 else ""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    inner = [_value(part) for part in parts] if len(parts) <= 3 else []
    return f"[{', '.join(inner)}]" if inner and all(inner) else ""
