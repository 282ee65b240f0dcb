"""What stands beside texts: entities, answers, tokens and their tags, in one of the shapes of ``augment.spans``.

A row is read as the reader of such tables reads it. What it tells is written in the shape that it came in, cells that
say the same as before stay as they are, and classes are numbers again.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from augment import catalog, nested, spans
from augment.annotations import Annotations
from augment.contracts import Lender
from augment.errors import InputError, SampleError
from augment.hf.beside import REASON, Beside, Given, Row, refused
from augment.hf.library import inside, library
from augment.readers._places import RefusedError
from augment.readers._texts import coded, groups, listing
from augment.readers._texts.layout import Layout
from augment.readers._texts.options import Options
from augment.sample import Dataset, Sample
from augment.spans import Found, _tags, tokens

ROWS = 100
"""Rows that are looked at, as many as the reader of such tables looks at."""

OVERLAPS = Options().overlaps
OUTSIDE = (tokens.UNKNOWN, _tags.OUTSIDE)
"""What stands beside a new token."""

NONE = -1
"""Hugging Face's number for no class."""


@dataclass(kw_only=True)
class Spanned(Beside):
    """See the module.

    Args:
        layout: How rows are laid out, as the reader of such tables has it.
        features: Column -> its feature.
    """

    layout: Layout
    features: Mapping[str, Any]
    _mend: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    _last: tuple[Row, dict[str, Any], Found] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """For another process, or a fingerprint."""
        return {**self.__dict__, "_mend": None, "_last": None}

    def texts(self, row: Row) -> Mapping[str, str]:
        """Of the shape."""
        return self._found(row)[1].texts

    def read(self, row: Row, number: int) -> Annotations:
        """The spans of a row. Raises SampleError, also where it would not come back as it is."""
        own, found = self._found(row)
        made = self._cells(row, own, found)
        odd = next((name for name, cell in made.items() if cell is not row[name]), None)
        if odd is not None:
            told = f"column {odd} would come back in another form than it has"
            raise SampleError(REASON, f"{told}; augment.run(recipe, input=dataset, output=…) reads it")
        return Annotations(spans=found.spans)

    def cells(self, sample: Sample, number: int, given: Given) -> dict[str, Any]:
        """Of all that tells texts and spans."""
        row = given(number)
        own, found = self._found(row)
        now = sample.annotations.spans if sample.annotations is not None else ()
        return self._cells(row, own, replace(found, texts=dict(sample.value.texts), spans=tuple(now)))

    def _found(self, row: Row) -> tuple[dict[str, Any], Found]:
        """A row as JSON values with names for classes, and what it tells. Raises SampleError."""
        if self._last is not None and self._last[0] is row:
            return self._last[1:]
        if self._mend is None:
            features = library().Features({name: self.features[name] for name in self.columns})
            self._mend = groups.mender(features.arrow_schema)
        own = self._mend({name: row[name] for name in self.columns})
        try:
            _, found = listing.shaped(own, self.layout, OVERLAPS)
        except RefusedError as refused:
            raise SampleError(refused.reason, refused.detail) from None
        own = coded.decoded(own, self.layout.coded) if self.layout.coded else own
        self._last = row, own, found
        return own, found

    def _cells(self, row: Row, own: Mapping[str, Any], found: Found) -> dict[str, Any]:
        """What ``found`` says by column. Raises SampleError."""
        try:
            made = spans.restore(self.layout.shape, found)
        except ValueError as error:
            raise SampleError(REASON, f"as {self.layout.shape}: {error}") from None
        if not isinstance(made, dict):
            raise SampleError(REASON, f"its row would be a list, as {self.layout.shape}")
        lost = next((name for name, value in made.items() if name not in self.features and value), None)
        if lost is not None:
            raise SampleError(REASON, f"there is no column {lost!r}, which its {self.layout.shape} would have")
        cells: dict[str, Any] = {}
        for name in self.columns:
            cells[name] = row[name]
            if name in made and made[name] != own.get(name):
                cell = self._encoded(name, made[name], row[name])
                cells[name] = row[name] if _same(cell, row[name]) else cell
        return cells

    def _encoded(self, name: str, value: Any, given: Any) -> Any:
        """A value as its column has it."""
        if isinstance(given, str) and not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False)  # as in the cells of a CSV
        return encoded(self.features[name], value, name)

    def taken(self, row: Row) -> list[str]:
        """The columns of a row that tell its texts and what stands where; none where it can't be read."""
        try:
            own, found = self._found(row)
        except SampleError:
            return []
        return [name for name in own if name not in found.fields or found.fields[name] != own[name]]


def of(dataset: Any, columns: Sequence[str], plain: Sequence[str]) -> Spanned | None:
    """How some texts are spanned; None where they are not.

    Args:
        dataset: A ``datasets.Dataset``.
        columns: The texts; whatever the reader takes for them where there are none.
        plain: All columns but pictures and sounds.
    """
    first = dataset.with_format(None).select_columns(list(plain)).select(range(min(ROWS, len(dataset))))
    reader = catalog.reader("arrow")
    with tempfile.TemporaryDirectory(prefix="augment-input-") as name:
        folder = Path(name)
        try:
            cast(Lender, catalog.module("lenders", "datasets")).write(first, folder)
            known = tuple(one for one in columns if one in dataset.features)
            whole = reader.dataset(folder, reader.Options.model_validate({"text": known} if known else {}))
        except InputError:
            return None  # no texts in it
    if not whole.spanned:
        return None
    layout = Layout.restored(whole.reading["layouts"][0])
    found = Spanned(tuple(plain), (), Dataset(spanned=True, rows=whole.rows), layout=layout, features=dataset.features)
    taken = {name for row in first for name in found.taken(row)}
    own = tuple(name for name in plain if name in taken)
    return replace(found, columns=own, _mend=None, _last=None) if taken else None


def refuse_strays(dataset: Any, texts: Sequence[str], plain: Sequence[str], step: str) -> None:
    """Raises AugmentError where other columns have places in the texts, in no shape that ``of`` knows.

    Args:
        dataset: A ``datasets.Dataset``.
        texts: The columns of the texts, or paths into columns.
        plain: All columns but pictures and sounds.
        step: What moves them.
    """
    first = dataset.with_format(None).select_columns(list(plain)).select(range(min(ROWS, len(dataset))))
    stray = spans.stray([nested.lifted(row, texts) for row in first], texts)
    if stray is not None:
        fix = "remove it first, or write allow_label_change: true at the step if it says no places"
        raise refused(step, [stray[0]], texts, f"this ({stray[1]}) is in no shape that is known; {fix}")


def encoded(feature: Any, value: Any, column: str) -> Any:
    """A value with names of classes as its column has it. Raises SampleError for what the column can't hold."""
    names = getattr(feature, "names", None)
    if names is not None and (value is None or isinstance(value, str)):
        if value in names:
            return names.index(value)
        if value in (None, *OUTSIDE):
            return NONE
        if value.isdecimal():
            return int(value)
        raise SampleError(REASON, f"{value!r} is none of the classes of column {column}")
    if isinstance(value, list):
        return [encoded(inside(feature), item, column) for item in value]
    if isinstance(value, dict) and isinstance(feature, dict):
        lost = next((key for key, item in value.items() if key not in feature and item is not None), None)
        if lost is not None:
            raise SampleError(REASON, f"column {column} has no {lost!r}")
        return {key: encoded(kind, value.get(key), column) for key, kind in feature.items()}
    return value


def _same(value: Any, given: Any) -> bool:
    """Whether two cells say the same; what is not there is null, and may be empty."""
    if isinstance(value, dict) and isinstance(given, dict):
        return all(_same(value.get(key), given.get(key)) for key in value.keys() | given.keys())
    if isinstance(value, list) and isinstance(given, list):
        return len(value) == len(given) and all(map(_same, value, given))
    return bool(value == given or (value in (None, [], {}) and given in (None, [], {})))
