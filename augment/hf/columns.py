"""Which columns of a ``datasets.Dataset`` hold the values and the class, and which would not follow a new value."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from augment import catalog
from augment.contracts import Lender, Reader
from augment.engine.recipe import Recipe
from augment.errors import AugmentError, InputError, SampleError, nearest
from augment.hf.library import library
from augment.readers._shards.columns import BOXES, annotating
from augment.sample import ROW, Dataset, Entry, Skip

LABELS = ("label", "labels")
"""Columns that hold the class where a call doesn't say."""

ROWS = 100
"""Rows of texts that are looked at, as many as the reader of their tables looks at."""

FIX = (
    "augment.run(recipe, input=dataset, output=…) and augment.stream(recipe, input=dataset) change both; or write "
    "allow_label_change: true at the step"
)

_NAMES = re.compile(
    r"(.*[_-])?(ids?|idx|index|guid|uuid|uid|key|hash|md5|sha\d*|url|path|file|filename|file_name)|id[_-].*",
    re.IGNORECASE,
)
"""Columns that name a row, or say where it is from; they are never taken for its text."""


def values(dataset: Any, wanted: Sequence[str], recipe: Recipe) -> tuple[str, tuple[str, ...]]:
    """The modality and names of the columns with the values; several only of texts. Raises AugmentError."""
    features = dataset.features
    kinds = {name: kind for name, feature in features.items() if (kind := _kind(feature)) is not None}
    for name in wanted:
        if name not in kinds:
            known = ", ".join(kinds) or "none"
            held = name in features
            fix = f"those with pictures, sounds or texts: {known}" if held else nearest(name, list(kinds))
            raise AugmentError(f"column: expected a column with pictures, sounds or texts, got {name!r}; {fix}")
    own = {*recipe.steps, *recipe.prepare}
    if wanted:
        fitting = [name for name in wanted if kinds[name] in own]
        if len(fitting) == len(wanted) and (len(wanted) == 1 or {kinds[name] for name in wanted} == {"text"}):
            return kinds[wanted[0]], tuple(wanted)
        if len(fitting) == len(wanted):
            raise AugmentError(f"columns: expected several of texts, or one, got {', '.join(wanted)}")
        fitting = []
    else:
        fitting = [name for name in kinds if kinds[name] in own and name not in LABELS and not _named(name, kinds)]
    if len(fitting) == 1:
        return kinds[fitting[0]], (fitting[0],)
    if fitting:
        together = f", or several that belong together, as in columns={fitting[:2]}" if "text" in own else ""
        raise AugmentError(
            f"column: expected to be told which of {', '.join(fitting)}, as in column={fitting[0]!r}{together}"
        )
    if "text" in own and not wanted and (found := spans(dataset)):
        raise AugmentError(
            f"columns: the texts are in {' and '.join(found)}, and map only changes columns of plain texts; "
            "augment.run(recipe, input=dataset, output=…) and augment.stream(recipe, input=dataset) read these"
        )
    there = ", ".join(f"{name} ({kind})" for name, kind in kinds.items()) or "none of pictures, sounds or texts"
    maybe = [name for name in kinds if kinds[name] in own and not wanted]
    fix = f"; say column={maybe[0]!r} if that is what they are for" if maybe else ""
    steps = " and ".join(sorted(own)) or "nothing"
    raise AugmentError(f"recipe: it has steps for {steps}; the columns are {there}{fix}")


def _kind(feature: Any) -> str | None:
    datasets = library()
    if isinstance(feature, datasets.Image):
        return "image"
    if isinstance(feature, datasets.Audio):
        return "audio"
    return "text" if getattr(feature, "dtype", "") in ("string", "large_string") else None


def _named(name: str, kinds: Mapping[str, str]) -> bool:
    return kinds[name] == "text" and _NAMES.fullmatch(name.strip()) is not None


def label(features: Mapping[str, Any], wanted: str | None, taken: Sequence[str]) -> str | None:
    """The column with the class: as told, of a usual name, or the only ClassLabel. Raises AugmentError."""
    if wanted is not None and wanted not in features:
        raise AugmentError(f"label: expected a column, got {wanted!r}; {nearest(wanted, list(features))}")
    if wanted is not None:
        return wanted
    plain = [name for name in LABELS if name in features and name not in taken and hasattr(features[name], "dtype")]
    fitting = [name for name in plain if "int" in features[name].dtype or "string" in features[name].dtype]
    if not fitting:
        kind = library().ClassLabel
        fitting = [name for name, feature in features.items() if isinstance(feature, kind)]
        if len(fitting) > 1:
            raise AugmentError(
                f"label: expected to be told which of {', '.join(fitting)} holds the class, as in label={fitting[0]!r}"
            )
    return next(iter(fitting), None)


def refuse_left_behind(dataset: Any, kind: str, columns: Sequence[str], recipe: Recipe) -> None:
    """Raises AugmentError where a step moves what other columns say the place of: boxes, masks, answers, tags.

    A data set as an input has them follow; here only the values change. Steps with ``allow_label_change`` may.
    """
    moving = [leaf for name, leaf in recipe.leaves() if name == kind and not leaf.allowed]
    if kind != "text":  # every step on a text moves what comes after
        moving = [leaf for leaf in moving if leaf.effect != "keeps"]
    if not moving:
        return
    found = spans(dataset, columns) if kind == "text" else _places(dataset, columns[0])
    if found:
        raise AugmentError(
            f"columns: {moving[0].step.name} moves what {' and '.join(found)} says the place of in "
            f"{' and '.join(columns)}, and map changes nothing but the latter; {FIX}"
        )
    flat = [name for name, feature in dataset.features.items() if _is_flat(name, feature)] if kind == "image" else []
    if flat:
        raise AugmentError(
            f"columns: {moving[0].step.name} moves what {' and '.join(flat)} says the place of in {columns[0]}, and "
            "map changes nothing but the latter; make it a column objects with lists bbox and category, for "
            "augment.run(recipe, input=dataset, output=…); or write allow_label_change: true at the step"
        )


def spans(dataset: Any, columns: Sequence[str] = ()) -> list[str]:
    """Columns that tell what stands where in some texts, as the reader of such tables finds them in the first rows.

    Args:
        dataset: A ``datasets.Dataset``.
        columns: The texts; whatever the reader takes for them where there are none.
    """
    plain = [name for name, feature in dataset.features.items() if _kind(feature) not in ("image", "audio")]
    first = dataset.select_columns(plain).select(range(min(ROWS, len(dataset))))
    reader = catalog.reader("arrow")
    with tempfile.TemporaryDirectory(prefix="augment-input-") as name:
        folder = Path(name)
        try:
            cast(Lender, catalog.module("lenders", "datasets")).write(first, folder)
            options = reader.Options.model_validate({"text": tuple(columns)} if columns else {})
            whole = reader.dataset(folder, options)
            listed = reader.entries(folder, options, frozenset({ROW})) if whole.spanned else ()
            found = next(filter(None, (_spanning(reader, folder, entry, whole) for entry in listed)), [])
        except InputError:
            return []  # no texts in it
    nested = [name for name in plain if not hasattr(dataset.features[name], "dtype")]
    return found and ([name for name in found if name in plain] or nested or found)


def _spanning(reader: Reader, folder: Path, entry: Entry | Skip, whole: Dataset) -> list[str]:
    """The columns that the spans of a row come from; none where it has none."""
    try:
        notes = reader.read(folder, entry, whole).annotations if isinstance(entry, Entry) else None
    except SampleError:
        return []
    rows = whole.rows
    if notes is None or not notes.spans or rows is None:
        return []
    known = {*rows.texts, rows.label, rows.split, *notes.fields}
    return [name for name in rows.columns if name not in known] or [rows.shape]


def _places(dataset: Any, column: str) -> list[str]:
    """Columns with boxes in a picture, masks of it, or our own annotations, as the reader of tables finds them."""
    listed = annotating(dataset.features.arrow_schema, column)
    return [name for name in listed if any(_told(dataset, name))]


def _told(dataset: Any, name: str) -> Iterator[bool]:
    """Whether there is anything in a column, batch by batch."""
    for batch in dataset.with_format("arrow").select_columns([name]).iter(ROWS):
        yield batch.column(name).null_count < len(batch)


def _is_flat(name: str, feature: Any) -> bool:
    """Whether a column has boxes, which no reader takes for some without their categories."""
    return name.lower().rpartition(".")[2] in BOXES and hasattr(feature, "feature")
