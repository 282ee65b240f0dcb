"""A ``datasets.Dataset`` grown by a recipe, at once or as it is read.

Pictures and sounds are taken as they are stored and go through the same decoders as files, so neither Pillow's nor
torchcodec's decoding plays a part.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from augment import catalog
from augment.engine.held import Held
from augment.engine.recipe import AnyRecipe, Recipe, load
from augment.errors import AugmentError, SampleError
from augment.hf import columns
from augment.hf.library import library
from augment.sample import SIGN, Dataset, Sample
from augment.signatures import only

if TYPE_CHECKING:
    from typing_extensions import Unpack

ROW, COPY = "augment_row", "augment_copy"
"""Columns that a live data set has beside its own: where a row came from, and the number of its copy."""

LOSSLESS: Mapping[str, Mapping[str, Any]] = {
    "image": {"format": "png"},
    "audio": {"format": "wav", "subtype": "FLOAT"},
}
"""How values are stored where the recipe's ``output:`` doesn't say."""


class Mapped(TypedDict, total=False):
    """What a call of ``map`` may say.

    ``column`` with the values, or ``columns`` with texts that belong together, as a question and its context do;
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
    """Grow a data set: ``multiplier`` rows for each row; but for value and class, columns stay as they are.

    So it is for values with a class, or with none. Steps that move what other columns say the place of (boxes, masks,
    answers, entities, tags of tokens) are refused: ``augment.run`` and ``augment.stream`` with ``input=dataset``
    change these columns, too, and so they do with lists of tokens.

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
        raise AugmentError(f"dataset: expected a datasets.Dataset, got {type(dataset).__name__}{fix}")
    epoch = options.get("epoch", 0)
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
        raise AugmentError(f"epoch: expected a whole number, 0 or more, got {epoch!r}")
    checked = load(recipe, multiplier=options.get("multiplier"), seed=options.get("seed"))
    kind, names = columns.values(dataset, _wanted(options), checked)
    label = columns.label(dataset.features, options.get("label"), names)
    columns.refuse_left_behind(dataset, kind, names, checked)
    if kind == "audio":
        catalog.module("lenders", "datasets").warn_of_rates(dataset)
    rows = Rows(_stored(dataset, kind, names[0]), checked, kind, names, label)
    return _live(rows, dataset, epoch) if options.get("with_transform") else _grown(rows, dataset, epoch)


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


@dataclass
class Rows:
    """A data set and what is done to it; crosses to workers, which make their own bench.

    Args:
        dataset: With its values as they are stored.
        recipe: What is done.
        kind: The modality.
        columns: With the values; several where texts belong together.
        label: With the class; None where there is none.
    """

    dataset: Any
    recipe: Recipe
    kind: str
    columns: tuple[str, ...]
    label: str | None
    _bench: Held | None = None

    @property
    def bench(self) -> Held:
        """Made once a process."""
        if self._bench is None:
            values = self.dataset.select_columns(list(self.columns))
            count = len(self.dataset)
            labels = [None] * count if self.label is None else [self._name(one) for one in self.dataset[self.label]]
            names = getattr(self.dataset.features[self.label], "names", None) if self.label is not None else None
            about = Dataset(classes=tuple(names or ()))
            self._bench = Held(self.recipe, self.kind, labels, lambda row: self._value(values[row]), about)
        return self._bench

    def __getstate__(self) -> dict[str, Any]:
        """For another process, or a fingerprint."""
        return {**self.__dict__, "_bench": None}

    def stored(self, sample: Sample) -> dict[str, Any]:
        """A sample's value as the data set stores it, by column."""
        if self.kind == "text":
            return dict(sample.value.texts)
        modality = catalog.modality(self.kind)
        said = self.recipe.text.data.get("output") or {}
        encoding = self.recipe.encodings[self.kind] if self.kind in said else modality.Encoding(**LOSSLESS[self.kind])
        return {self.columns[0]: {"bytes": modality.encode(sample.value, encoding).data, "path": None}}

    def shown(self, sample: Sample) -> dict[str, Any]:
        """A sample's value as data sets show it, by column."""
        if self.kind == "text":
            return dict(sample.value.texts)
        value, facts = catalog.modality(self.kind).plain(sample.value)
        if self.kind == "image":
            from PIL import Image

            return {self.columns[0]: Image.fromarray(value)}
        return {self.columns[0]: {"array": value[0] if len(value) == 1 else value, "sampling_rate": facts["rate"]}}

    def class_of(self, sample: Sample, given: Any) -> Any:
        """The class of a copy as its column has it, ``given`` that of its row. AugmentError where it can't say it."""
        if sample.annotations is not None and getattr(sample.annotations, "classes", None):
            raise AugmentError("a step mixes classes, and a row has one; leave it out, or mix in the training loop")
        if sample.label == self._name(given):
            return given
        feature = self.dataset.features[str(self.label)]
        return feature.str2int(sample.label) if hasattr(feature, "str2int") else type(given)(sample.label)

    def _name(self, given: Any) -> str | None:
        """A class by its name, as readers have it; -1 is Hugging Face's number for none."""
        names = getattr(self.dataset.features[str(self.label)], "names", None)
        if given is None or not names or not isinstance(given, int):
            return None if given is None else str(given)
        return None if given < 0 else names[given] if given < len(names) else str(given)

    def _value(self, row: Mapping[str, Any]) -> Any:
        """The decoded value of a row: as a reader gives it, with several texts as an object of them. SampleError."""
        if self.kind == "text":
            texts = {name: text for name in self.columns if (text := row[name]) is not None}
            try:
                data = SIGN + json.dumps(texts, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                raise SampleError("not text", "half a surrogate pair: no proper Unicode") from None
            return catalog.modality(self.kind).decode(data)
        stored = row[self.columns[0]]
        if stored is None:
            raise SampleError("empty", "there is nothing in the cell")
        data = stored["bytes"] if stored["bytes"] is not None else Path(stored["path"]).read_bytes()
        return catalog.modality(self.kind).decode(data)


def _stored(dataset: Any, kind: str, column: str) -> Any:
    """The data set with the bytes of its values, not decoded."""
    plain = dataset.with_format(None)
    if kind == "text":
        return plain
    datasets = library()
    feature = {"image": datasets.Image, "audio": datasets.Audio}[kind]
    return plain.cast_column(column, feature(decode=False))


def _grown(rows: Rows, dataset: Any, epoch: int) -> Any:
    """The whole, made now."""
    from datasets import Features, Value
    from datasets.fingerprint import Hasher

    skipped: Counter[str] = Counter()
    facts = (rows.recipe.fingerprint(), rows.recipe.text.data.get("expand"), rows.recipe.versions())
    print_of = Hasher.hash([dataset._fingerprint, facts, rows.columns, rows.label, epoch])
    cell = {"bytes": Value("binary"), "path": Value("string")}  # to make a sound of it, datasets asks for torchcodec
    features = {**dataset.features, **({} if rows.kind == "text" else {rows.columns[0]: cell})}
    made = rows.dataset.map(
        _maker(rows, epoch, skipped),
        with_indices=True,
        batched=True,
        batch_size=32,
        features=Features(features),
        new_fingerprint=print_of,
        desc="augment",
    )
    if rows.kind != "text":
        made = made.cast_column(rows.columns[0], dataset.features[rows.columns[0]])
    shown = dataset.format
    return made.with_format(
        shown["type"], shown["columns"], shown["output_all_columns"], **shown["format_kwargs"]
    )  # also a transform of the user's own


def _maker(rows: Rows, epoch: int, skipped: Counter[str]) -> Callable[[Mapping[str, Any], Sequence[int]], Any]:
    """What Dataset.map calls with some rows and their numbers."""

    def made(batch: Mapping[str, Any], numbers: Sequence[int]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {name: [] for name in batch}
        for place, number in enumerate(numbers):
            row = {name: values[place] for name, values in batch.items()}
            try:
                for copy, sample in rows.bench.grown(number, epoch):
                    new = dict(row)
                    if copy or rows.recipe.prepare.get(rows.kind):
                        new.update(rows.stored(sample))
                    if rows.label is not None:
                        new[rows.label] = rows.class_of(sample, row[rows.label])
                    for name, value in new.items():
                        found[name].append(value)
            except SampleError as error:
                _left_out(rows, number, error, skipped)
        return found

    return made


def _left_out(rows: Rows, number: int, error: SampleError, skipped: Counter[str]) -> None:
    """One row or copy less; the first of a reason is told."""
    told = f"row {number}: {error}"
    if rows.recipe.frame.on_error == "stop":
        raise AugmentError(f"{told} (on_error: stop)") from error
    if not skipped[error.reason]:
        warnings.warn(f"{told}; it and others like it are left out", UserWarning, stacklevel=2)
    skipped[error.reason] += 1


def _live(rows: Rows, dataset: Any, epoch: int) -> Any:
    """The whole, made as it is read: one view of the data set for each number of a copy."""
    datasets = library()
    count = len(rows.dataset)
    numbered = rows.dataset.add_column(ROW, list(range(count)))
    views = [numbered.add_column(COPY, [copy] * count) for copy in rows.bench.numbers(epoch)]
    return datasets.concatenate_datasets(views).with_transform(_Shown(rows, rows.bench.fresh(epoch).start))


@dataclass
class _Shown:
    """What a live data set does to the rows that are read."""

    rows: Rows
    first: int

    def __call__(self, batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        found = dict(batch)
        rows, bench = self.rows, self.rows.bench
        wanted = (*rows.columns, ROW, COPY)
        gone = [name for name in wanted if name not in batch]
        if len(gone) == len(wanted) or batch.keys() <= {ROW, COPY}:  # old datasets read single columns
            return found
        if gone:
            raise AugmentError(
                f"live, {' and '.join(rows.columns)} is made as rows are read, of {', '.join(wanted)}, and "
                f"{' and '.join(gone)} is not there; select, rename and remove columns before map, or map without "
                "with_transform"
            )
        samples = []
        for number, copy in zip(batch[ROW], batch[COPY], strict=True):
            try:
                samples.append(bench.sample(bench.entries[number], copy, self.first)[0])
            except SampleError as error:
                raise AugmentError(f"row {number}, copy {copy}: {error}") from error
        shown = [rows.shown(sample) for sample in samples]
        found.update({name: [one.get(name) for one in shown] for name in rows.columns})
        if rows.label is not None and rows.label not in batch:
            self._refuse_changed(samples, batch[ROW])
        elif rows.label is not None:
            found[rows.label] = [rows.class_of(*pair) for pair in zip(samples, batch[rows.label], strict=True)]
        return found

    def _refuse_changed(self, samples: Sequence[Sample], numbers: Sequence[int]) -> None:
        """Raises AugmentError where a copy has another class than its row, and the class's column is gone."""
        for sample, number in zip(samples, numbers, strict=True):
            if sample.label != self.rows.bench.entries[number].label:
                raise AugmentError(
                    f"row {number}: its copy is of class {sample.label}, and column {self.rows.label} is not among "
                    "what is read; rename it before map"
                )
