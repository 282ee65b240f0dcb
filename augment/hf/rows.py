"""The rows of a ``datasets.Dataset`` on their way: decoded, with what stands beside them, and as cells again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from augment import catalog
from augment.annotations import Annotations
from augment.engine.held import Held
from augment.engine.recipe import Recipe
from augment.errors import AugmentError, SampleError
from augment.hf.beside import Beside
from augment.sample import SIGN, Dataset, Sample

LAST = 16
"""Rows that are kept as they came: those that a copy is made of."""

LOSSLESS: Mapping[str, Mapping[str, Any]] = {
    "image": {"format": "png"},
    "audio": {"format": "wav", "subtype": "FLOAT"},
}
"""How values are stored where the recipe's ``output:`` doesn't say."""


@dataclass
class Rows:
    """A data set and what is done to it; crosses to workers, which make their own bench.

    Args:
        dataset: With its values as they are stored.
        recipe: What is done.
        kind: The modality.
        columns: With the values; several where texts belong together.
        label: With the class; None where there is none.
        beside: What follows the values.
    """

    dataset: Any
    recipe: Recipe
    kind: str
    columns: tuple[str, ...]
    label: str | None
    beside: Beside
    features: Mapping[str, Any] = field(init=False, repr=False)
    _bench: Bench | None = None

    def __post_init__(self) -> None:
        self.features = self.dataset.features  # a deep copy each time

    @property
    def bench(self) -> Bench:
        """Made once a process."""
        if self._bench is None:
            self._bench = Bench(self)
        return self._bench

    def __getstate__(self) -> dict[str, Any]:
        """For another process, or a fingerprint."""
        return {**self.__dict__, "_bench": None}

    @property
    def values(self) -> list[str]:
        """The columns that values are made of."""
        return [name for name in self.columns if name in self.features] or list(self.beside.columns)

    @property
    def labels(self) -> list[str | None]:
        """The class of each row."""
        return (
            [None] * len(self.dataset) if self.label is None else [self._name(one) for one in self.dataset[self.label]]
        )

    @property
    def about(self) -> Dataset:
        """What is true of the rows as a whole."""
        names = getattr(self.features[self.label], "names", None) if self.label is not None else None
        return replace(self.beside.about, classes=tuple(names or ()))

    def cells(self, sample: Sample, number: int) -> dict[str, Any]:
        """A copy of row ``number`` as the data set stores it, by column. SampleError where columns can't hold it."""
        return self._stored(sample) | self.beside.cells(sample, number, self.bench.given)

    def _stored(self, sample: Sample) -> dict[str, Any]:
        """A sample's value as the data set stores it, by column."""
        if self.kind == "text":
            return {name: text for name, text in sample.value.texts.items() if name in self.features}
        modality = catalog.modality(self.kind)
        said = self.recipe.text.data.get("output") or {}
        encoding = self.recipe.encodings[self.kind] if self.kind in said else modality.Encoding(**LOSSLESS[self.kind])
        return {self.columns[0]: {"bytes": modality.encode(sample.value, encoding).data, "path": None}}

    def shown(self, sample: Sample) -> dict[str, Any]:
        """A sample's value as data sets show it, by column."""
        if self.kind == "text":
            return self._stored(sample)
        value, facts = catalog.modality(self.kind).plain(sample.value)
        if self.kind == "image":
            from PIL import Image

            picture, mode = Image.fromarray(value), self._mode(self.columns[0])
            return {self.columns[0]: picture.convert(mode) if mode not in (None, picture.mode) else picture}
        return {self.columns[0]: {"array": value[0] if len(value) == 1 else value, "sampling_rate": facts["rate"]}}

    def encoded(self, row: Mapping[str, Any], name: str) -> bytes | None:
        """The bytes of a cell, a picture in the mode that its column asks for. Raises SampleError."""
        return encoded(row[name], self._mode(name))

    def _mode(self, name: str) -> str | None:
        mode: str | None = getattr(self.features[name], "mode", None)
        return mode

    def class_of(self, sample: Sample, given: Any) -> Any:
        """The class of a copy as its column has it, ``given`` that of its row. AugmentError where it can't say it."""
        if sample.annotations is not None and getattr(sample.annotations, "classes", None):
            raise AugmentError("a step mixes classes, and a row has one; leave it out, or mix in the training loop")
        if sample.label == self._name(given):
            return given
        feature = self.features[str(self.label)]
        return feature.str2int(sample.label) if hasattr(feature, "str2int") else type(given)(sample.label)

    def _name(self, given: Any) -> str | None:
        """A class by its name, as readers have it; -1 is Hugging Face's number for none."""
        names = getattr(self.features[str(self.label)], "names", None)
        if given is None or not names or not isinstance(given, int):
            return None if given is None else str(given)
        return None if given < 0 else names[given] if given < len(names) else str(given)

    def value(self, row: Mapping[str, Any], texts: Mapping[str, str] | None) -> Any:
        """The decoded value of a row: as a reader gives it, with several texts as an object of them. SampleError."""
        if self.kind == "text":
            if texts is None:
                texts = {name: text for name in self.columns if (text := row[name]) is not None}
            try:
                data = SIGN + json.dumps(texts, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise SampleError("not text", "half a surrogate pair: no proper Unicode") from None
            return catalog.modality(self.kind).decode(data)
        stored = self.encoded(row, self.columns[0])
        if stored is None:
            raise SampleError("empty", "there is nothing in the cell")
        return catalog.modality(self.kind).decode(stored)


class Bench(Held):
    """A bench over the rows of a data set."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._values = rows.dataset.select_columns(rows.values)
        self._beside = rows.dataset.select_columns(list(rows.beside.columns))
        self._last: dict[int, Mapping[str, Any]] = {}
        super().__init__(rows.recipe, rows.kind, rows.labels, self._value, rows.about)

    def given(self, row: int) -> Mapping[str, Any]:
        """What stands beside the value of a row, as it came."""
        found = self._last.get(row)
        if found is None:
            cells = self._beside[row] if self.rows.beside.columns else {}
            for name in self.rows.beside.files:
                if cells[name] is not None:
                    cells[name] = {"bytes": self.rows.encoded(cells, name), "path": None}
            if len(self._last) >= LAST:
                self._last.clear()
            found = self._last[row] = cells
        return found

    def annotated(self, row: int) -> Annotations | None:
        """What stands beside it."""
        return self.rows.beside.read(self.given(row), row)

    def encoded(self, row: int) -> bytes:
        """The bytes of a picture or a sound."""
        return b"" if self.kind == "text" else self.rows.encoded(self._values[row], self.rows.columns[0]) or b""

    def turned(self, row: int) -> bool:
        """Whether decoding turns a picture, so that what was annotated on it stands elsewhere."""
        settled = self._at_hand(self.entries[row], 1).settled
        return settled is not None and settled.shown is not None

    def _value(self, row: int) -> Any:
        texts = self.rows.beside.texts(self.given(row))
        return self.rows.value(self._values[row] if texts is None else {}, texts)


def encoded(cell: Mapping[str, Any] | None, mode: str | None) -> bytes | None:
    """The bytes of a picture in a mode, or of a sound, wherever they are; None where there are none. SampleError."""
    data: bytes | None = cell["bytes"] if cell is not None else None
    if cell is not None and data is None and cell["path"] is not None:
        try:
            data = Path(cell["path"]).read_bytes()
        except OSError as error:
            raise SampleError("missing", f"{cell['path']}: {error.strerror or error}") from None
    if data is None or mode is None:
        return data
    found: bytes = catalog.module("lenders", "datasets").in_mode(data, mode)
    return found


def stored(dataset: Any, kind: str, names: Sequence[str]) -> Any:
    """The data set with the bytes of its values, not decoded. Raises InputError for a mode that can't be had."""
    plain = dataset.with_format(None)
    if kind == "text":
        return plain
    for name in names:
        feature = copy(plain.features[name])
        if kind == "image":
            catalog.module("lenders", "datasets").refuse_mode(feature.mode, name)
        feature.decode = False
        plain = plain.cast_column(name, feature)
    return plain
