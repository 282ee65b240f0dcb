"""Which columns of a ``datasets.Dataset`` hold the values and the class."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from augment.engine.recipe import Recipe
from augment.errors import AugmentError, nearest
from augment.hf import inner, spanned
from augment.hf.library import library
from augment.readers._shards.columns import annotating

LABELS = ("label", "labels")
"""Columns that hold the class where a call doesn't say."""

_NAMES = re.compile(
    r"(.*[_-])?(ids?|idx|index|guid|uuid|uid|key|hash|md5|sha\d*|url|path|file|filename|file_name)|id[_-].*",
    re.IGNORECASE,
)
"""Columns that name a row, or say where it is from; they are never taken for its text."""


def values(dataset: Any, wanted: Sequence[str], recipe: Recipe) -> tuple[str, tuple[str, ...]]:
    """The modality and names of the columns with the values; several only of texts. Raises AugmentError.

    Rows of tokens have a text, too, in no column.
    """
    features = dataset.features
    kinds = {name: kind for name, feature in features.items() if (kind := _kind(feature)) is not None}
    within = inner.paths(features)
    kinds |= {name: within[name] for name in wanted if name in within and name not in features}
    for name in wanted:
        if name not in kinds:
            known = ", ".join(kinds) or "none"
            held = name in features
            fix = f"those with pictures, sounds or texts: {known}" if held else nearest(name, [*kinds, *within])
            below = [path for path in within if path.startswith(f"{name}.")]
            fix = f"say columns={below} for the texts in it" if below else fix
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
    if "text" in own and not wanted and {kinds[name] for name in fitting} <= {"text"}:
        found = spanned.of(dataset, (), plain(dataset))
        if found is not None:
            return "text", found.layout.roles.texts
    if len(fitting) > 1:
        beside = annotating(features.arrow_schema, "")
        fitting = [name for name in fitting if name not in beside] or fitting
    if len(fitting) == 1:
        return kinds[fitting[0]], (fitting[0],)
    if fitting:
        texts = [name for name in fitting if kinds[name] == "text"]
        together = f", or several that belong together, as in columns={texts[:2]}" if len(texts) > 1 else ""
        raise AugmentError(
            f"column: expected to be told which of {', '.join(fitting)}, as in column={fitting[0]!r}{together}"
        )
    there = ", ".join(f"{name} ({kind})" for name, kind in kinds.items()) or "none of pictures, sounds or texts"
    maybe = [name for name in kinds if kinds[name] in own and not wanted]
    fix = f"; say column={maybe[0]!r} if that is what they are for" if maybe else ""
    if "text" in own and not wanted and within:
        fix = f"; for the texts inside columns say columns={list(within)[:4]}"
    steps = " and ".join(sorted(own)) or "nothing"
    raise AugmentError(f"recipe: it has steps for {steps}; the columns are {there}{fix}")


def _kind(feature: Any) -> str | None:
    datasets = library()
    if isinstance(feature, datasets.Image):
        return "image"
    if isinstance(feature, datasets.Audio):
        return "audio"
    return "text" if getattr(feature, "dtype", "") in ("string", "large_string") else None


def plain(dataset: Any) -> tuple[str, ...]:
    """All columns but those with pictures and sounds."""
    return tuple(name for name, feature in dataset.features.items() if _kind(feature) not in ("image", "audio"))


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
