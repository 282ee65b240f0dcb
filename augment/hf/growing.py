"""A ``datasets.Dataset`` grown by a recipe, at once or as it is read.

Pictures and sounds are taken as they are stored and go through the same decoders as files, so neither Pillow's nor
torchcodec's decoding plays a part.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from augment import catalog
from augment.engine.recipe import AnyRecipe, Recipe, load
from augment.errors import AugmentError, SampleError
from augment.hf import columns, inner, live, spanned
from augment.hf.beside import Beside, moving, refuse_new
from augment.hf.library import library
from augment.hf.rows import Rows, stored
from augment.sample import Dataset
from augment.sample import Rows as Layout
from augment.signatures import only

if TYPE_CHECKING:
    from typing_extensions import Unpack


class Mapped(TypedDict, total=False):
    """What a call of ``map`` may say.

    ``column`` with the values, or ``columns`` with texts that belong together, as a question and its context do
    (``translation.en`` is the text ``en`` inside the column ``translation``);
    ``label`` with the class; ``multiplier`` and ``seed`` over those of the recipe; ``epoch`` counts from 0, each has
    copies of its own; ``with_transform`` makes copies as they are read.
    """

    column: str | None
    columns: Sequence[str] | None
    label: str | None
    multiplier: int | None
    seed: int | None
    epoch: int
    with_transform: bool


def map(dataset: Any, recipe: AnyRecipe, **options: Unpack[Mapped]) -> Any:
    """Grow a data set: ``multiplier`` rows for each row, with the same columns and features.

    Value and class change, and what says where in the value something is: boxes in a column such as ``objects``
    (``{bbox, category, area, …}``, COCO's), masks, width and height, answers, entities, tokens and their tags, as the
    reader ``arrow`` finds them. They go back in the form that they came in; an object that leaves the picture leaves
    all lists of its row. Whole numbers are rounded; an area is that of box or mask, whichever it was, and goes with
    the box where it was of a mask that the row does not have. All other columns stay as they are. Steps that move
    what can't be written back (keypoints, boxes without categories, several masks, times of words in a sound, places
    in a text in no shape that is known) are refused. Columns ``width`` and ``height`` that give the size of a photo as
    it is stored, not as its EXIF block turns it, say so of its boxes, too.

    The rows that come of one row stand together, its original first and untouched to the byte. The result is cached
    as that of ``Dataset.map``: the same data set, recipe and versions give it at once. Rows that can't be decoded are
    left out with a warning, or raise, by the recipe's ``on_error``. With ``with_transform`` nothing is made yet: rows
    are made when they are read, originals of all rows first, then copy 1 of all rows, and so on; columns
    ``augment_row`` and ``augment_copy`` say which, and must stay, under their names, with the column of the values;
    what can't be made raises when it is read. A format that was set (``with_format("torch")``) stays, but for a live
    data set, whose own it takes the place of.

    Args:
        dataset: A ``datasets.Dataset``, not an iterable one. Split it first: copies of a row belong to one split.
        recipe: As for ``augment.run``; of ``output:`` only how values are encoded plays a part (lossless where it
            isn't said), ``input:`` plays none.
        options: See Mapped. Column and class are found by themselves where only one will do: the column by its
            feature (Image, Audio, string) and the recipe's steps, but no ``id``, ``url`` or the like for a text; the
            class as ``label``, ``labels`` or the only ClassLabel, in which -1 and None are no class.

    Returns:
        A ``datasets.Dataset`` with the same features. Live, a picture comes as a PIL image and a sound as
        ``{"array": (frames,) or (channels, frames) float32, "sampling_rate": Hz}``.

    Raises:
        AugmentError: ``datasets`` is not installed, or data set, columns, label or recipe don't go together.
    """
    only("map", options, Mapped)
    datasets = library()
    if not isinstance(dataset, datasets.Dataset):
        fix = "; give one split, as in dataset['train']" if isinstance(dataset, dict) else ""
        if isinstance(dataset, datasets.IterableDataset | datasets.IterableDatasetDict):
            fix = "; load it without streaming=True"
        raise AugmentError(f"dataset: expected a datasets.Dataset, got {type(dataset).__name__}{fix}")
    epoch = options.get("epoch", 0)
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
        raise AugmentError(f"epoch: expected a whole number, 0 or more, got {epoch!r}")
    checked = load(recipe, multiplier=options.get("multiplier"), seed=options.get("seed"))
    kind, names = columns.values(dataset, _wanted(options), checked)
    label = columns.label(dataset.features, options.get("label"), names)
    refuse_new(checked)
    if kind == "audio":
        catalog.module("lenders", "datasets").warn_of_rates(dataset)
    plain = stored(dataset, kind, names[:1])
    beside = _beside(plain, kind, names, label, checked)
    rows = Rows(stored(plain, "image", beside.files), checked, kind, names, label, beside)
    return live.grown(rows, dataset, epoch) if options.get("with_transform") else _grown(rows, dataset, epoch)


def _beside(dataset: Any, kind: str, names: tuple[str, ...], label: str | None, recipe: Recipe) -> Beside:
    """What stands beside the values. Raises AugmentError where it can't follow them."""
    if kind == "text":
        plain, about = columns.plain(dataset), Dataset(rows=Layout(names, tuple(dataset.column_names)))
        within = inner.paths(dataset.features)
        deep = any(name in within and name not in dataset.features for name in names)
        found = None if deep else spanned.of(dataset, names, plain)
        if found is None and (step := moving(recipe, kind)):
            spanned.refuse_strays(dataset, names, plain, step)
        return found or (inner.of(dataset, names, about) if deep else Beside(about=about))
    from augment.hf import pictures  # Pillow and pycocotools, which texts need not

    return pictures.of(dataset, names[0], label, recipe, kind)


def _wanted(options: Mapped) -> tuple[str, ...]:
    """The columns that a call names. Raises AugmentError."""
    one, several = options.get("column"), options.get("columns")
    if one is not None and several is not None:
        raise AugmentError("column, columns: expected one of them; several texts go into columns")
    if several is None:
        return () if one is None else (one,)
    if isinstance(several, str) or not several or len({*several}) < len(several):
        raise AugmentError(f"columns: expected names of columns, each once, got {several!r}")
    return tuple(several)


def _grown(rows: Rows, dataset: Any, epoch: int) -> Any:
    """The whole, made now."""
    from datasets import Features, Value
    from datasets.fingerprint import Hasher

    skipped: dict[str, str] = {}
    facts = (rows.recipe.fingerprint(), rows.recipe.text.data.get("expand"), rows.recipe.versions())
    print_of = Hasher.hash([dataset._fingerprint, facts, rows.columns, rows.beside.columns, rows.label, epoch])
    cell = {"bytes": Value("binary"), "path": Value("string")}  # to make a sound of it, datasets asks for torchcodec
    files = (*rows.beside.files, *(() if rows.kind == "text" else rows.columns))
    features = {**dataset.features, **dict.fromkeys(files, cell)}
    made = rows.dataset.map(
        _maker(rows, epoch, skipped),
        with_indices=True,
        batched=True,
        batch_size=32,
        features=Features(features),
        new_fingerprint=print_of,
        desc="augment",
    )
    if len(rows.dataset) and not len(made):
        why = "; ".join(skipped.values()) or "when it was first tried, a warning told why"
        raise AugmentError(f"none of the {len(rows.dataset)} rows could be grown: {why}")
    for name in files:
        made = made.cast_column(name, dataset.features[name])
    shown = dataset.format
    return made.with_format(
        shown["type"], shown["columns"], shown["output_all_columns"], **shown["format_kwargs"]
    )  # also a transform of the user's own


def _maker(rows: Rows, epoch: int, skipped: dict[str, str]) -> Callable[[Mapping[str, Any], Sequence[int]], Any]:
    """What Dataset.map calls with some rows and their numbers."""

    def made(batch: Mapping[str, Any], numbers: Sequence[int]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {name: [] for name in batch}
        for place, number in enumerate(numbers):
            row = {name: values[place] for name, values in batch.items()}
            try:
                for copy, sample in rows.bench.grown(number, epoch):
                    new = dict(row)
                    if copy or rows.recipe.prepare.get(rows.kind):
                        new.update(rows.cells(sample, number))
                    if rows.label is not None:
                        new[rows.label] = rows.class_of(sample, row[rows.label])
                    for name, value in new.items():
                        found[name].append(value)
            except SampleError as error:
                _left_out(rows, number, error, skipped)
        return found

    return made


def _left_out(rows: Rows, number: int, error: SampleError, skipped: dict[str, str]) -> None:
    """One row or copy less; the first of a reason is told."""
    told = f"row {number}: {error}"
    if rows.recipe.frame.on_error == "stop":
        raise AugmentError(f"{told} (on_error: stop)") from error
    if error.reason not in skipped:
        warnings.warn(f"{told}; it and others like it are left out", UserWarning, stacklevel=2)
    skipped.setdefault(error.reason, told)
