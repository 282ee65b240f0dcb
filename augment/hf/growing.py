"""A ``datasets.Dataset`` grown by a recipe, at once or as it is read.

Pictures and sounds are taken as they are stored and go through the same decoders as files, so neither Pillow's nor
torchcodec's decoding plays a part.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from augment import catalog
from augment.engine.held import Held
from augment.engine.recipe import AnyRecipe, Recipe, load
from augment.errors import AugmentError, SampleError, nearest
from augment.hf.library import library
from augment.sample import Sample

if TYPE_CHECKING:
    from typing_extensions import Unpack

LABELS = ("label", "labels")
"""Columns that hold the class where a call doesn't say."""

ROW, COPY = "augment_row", "augment_copy"
"""Columns that a live data set has beside its own: where a row came from, and the number of its copy."""

LOSSLESS: Mapping[str, Mapping[str, Any]] = {
    "image": {"format": "png"},
    "audio": {"format": "wav", "subtype": "FLOAT"},
}
"""How values are stored where the recipe's ``output:`` doesn't say."""


class Mapped(TypedDict, total=False):
    """What a call of ``map`` may say.

    ``column`` with the values; ``label`` with the class; ``multiplier`` and ``seed`` over those of the recipe;
    ``epoch`` counts from 0, each has copies of its own; ``with_transform`` makes copies as they are read.
    """

    column: str | None
    label: str | None
    multiplier: int | None
    seed: int | None
    epoch: int
    with_transform: bool


def map(dataset: Any, recipe: AnyRecipe, **options: Unpack[Mapped]) -> Any:
    """Grow a data set: ``multiplier`` rows for each row, all other columns as they are.

    The rows that come of one row stand together, its original first and untouched to the byte. The result is cached
    as that of ``Dataset.map``: the same data set, recipe and versions give it at once. Rows that can't be decoded are
    left out with a warning, or raise, by the recipe's ``on_error``. With ``with_transform`` nothing is made yet: rows
    are made when they are read, originals of all rows first, then copy 1 of all rows, and so on; columns
    ``augment_row`` and ``augment_copy`` say which; what can't be made raises when it is read.

    Args:
        dataset: A ``datasets.Dataset``, not an iterable one. Split it first: copies of a row belong to one split.
        recipe: As for ``augment.run``; of ``output:`` only how values are encoded plays a part (lossless where it
            isn't said), ``input:`` plays none.
        options: See Mapped. Column and class are found by themselves where only one will do: the column by its
            feature (Image, Audio, string) and the recipe's steps, the class as ``label`` or ``labels``.

    Returns:
        A ``datasets.Dataset`` with the same features. Live, a picture comes as a PIL image and a sound as
        ``{"array": (frames,) or (channels, frames) float32, "sampling_rate": Hz}``.

    Raises:
        AugmentError: ``datasets`` is not installed, or data set, column, label or recipe don't go together.
    """
    if unknown := [name for name in options if name not in Mapped.__annotations__]:
        raise TypeError(f"map() got an unexpected option {unknown[0]!r}")
    datasets = library()
    if not isinstance(dataset, datasets.Dataset):
        fix = "; give one split, as in dataset['train']" if isinstance(dataset, dict) else ""
        raise AugmentError(f"dataset: expected a datasets.Dataset, got {type(dataset).__name__}{fix}")
    epoch = options.get("epoch", 0)
    if isinstance(epoch, bool) or not isinstance(epoch, int) or epoch < 0:
        raise AugmentError(f"epoch: expected a whole number, 0 or more, got {epoch!r}")
    checked = load(recipe, multiplier=options.get("multiplier"), seed=options.get("seed"))
    kind, column = _column(dataset.features, options.get("column"), checked)
    rows = Rows(_stored(dataset, kind, column), checked, kind, column, _label(dataset.features, options.get("label")))
    return _live(rows, dataset, epoch) if options.get("with_transform") else _grown(rows, dataset, epoch)


@dataclass
class Rows:
    """A data set and what is done to it; crosses to workers, which make their own bench.

    Args:
        dataset: With its values as they are stored.
        recipe: What is done.
        kind: The modality.
        column: With the values.
        label: With the class; None where there is none.
    """

    dataset: Any
    recipe: Recipe
    kind: str
    column: str
    label: str | None
    _bench: Held | None = None

    @property
    def bench(self) -> Held:
        """Made once a process."""
        if self._bench is None:
            values = self.dataset.select_columns([self.column])
            count = len(self.dataset)
            labels = [None] * count if self.label is None else [self._name(one) for one in self.dataset[self.label]]
            self._bench = Held(self.recipe, self.kind, labels, lambda row: self._value(values[row][self.column]))
        return self._bench

    def __getstate__(self) -> dict[str, Any]:
        """For another process, or a fingerprint."""
        return {**self.__dict__, "_bench": None}

    def stored(self, sample: Sample) -> Any:
        """A sample's value as the data set stores it."""
        if self.kind == "text":
            return sample.value.texts["text"]
        modality = catalog.modality(self.kind)
        said = self.recipe.text.data.get("output") or {}
        encoding = self.recipe.encodings[self.kind] if self.kind in said else modality.Encoding(**LOSSLESS[self.kind])
        return {"bytes": modality.encode(sample.value, encoding).data, "path": None}

    def shown(self, sample: Sample) -> Any:
        """A sample's value as data sets show it."""
        value, facts = catalog.modality(self.kind).plain(sample.value)
        if self.kind == "image":
            from PIL import Image

            return Image.fromarray(value)
        if self.kind == "audio":
            return {"array": value[0] if len(value) == 1 else value, "sampling_rate": facts["rate"]}
        return value

    def class_of(self, sample: Sample, given: Any) -> Any:
        """The class of a copy as its column has it, ``given`` that of its row. AugmentError where it can't say it."""
        if sample.annotations is not None and getattr(sample.annotations, "classes", None):
            raise AugmentError("a step mixes classes, and a row has one; leave it out, or mix in the training loop")
        if sample.label == self._name(given):
            return given
        feature = self.dataset.features[str(self.label)]
        return feature.str2int(sample.label) if hasattr(feature, "str2int") else type(given)(sample.label)

    def _name(self, given: Any) -> str | None:
        feature = self.dataset.features[str(self.label)]
        if given is None:
            return None
        return str(feature.int2str(given)) if hasattr(feature, "int2str") and isinstance(given, int) else str(given)

    def _value(self, stored: Any) -> Any:
        """The decoded value of a cell. Raises SampleError."""
        if stored is None:
            raise SampleError("empty", "there is nothing in the cell")
        if self.kind == "text":
            data = str(stored).encode("utf-8", "surrogatepass")
        else:
            data = stored["bytes"] if stored["bytes"] is not None else Path(stored["path"]).read_bytes()
        return catalog.modality(self.kind).decode(data)


def _column(features: Mapping[str, Any], wanted: str | None, recipe: Recipe) -> tuple[str, str]:
    """The modality and name of the column with the values. Raises AugmentError."""
    kinds = {name: kind for name, feature in features.items() if (kind := _kind(feature)) is not None}
    if wanted is not None and wanted not in kinds:
        known = ", ".join(kinds) or "none"
        fix = (
            nearest(wanted, list(kinds))
            if wanted not in features
            else f"those with pictures, sounds or texts: {known}"
        )
        raise AugmentError(f"column: expected a column with pictures, sounds or texts, got {wanted!r}; {fix}")
    own = {*recipe.steps, *recipe.prepare}
    fitting = [name for name in ([wanted] if wanted is not None else kinds) if kinds[name] in own]
    fitting = [name for name in fitting if name not in LABELS] or fitting
    if len(fitting) == 1:
        return kinds[fitting[0]], fitting[0]
    if fitting:
        raise AugmentError(f"column: expected to be told which of {', '.join(fitting)}, as in column={fitting[0]!r}")
    there = ", ".join(f"{name} ({kind})" for name, kind in kinds.items()) or "none of pictures, sounds or texts"
    raise AugmentError(f"recipe: it has steps for {' and '.join(sorted(own)) or 'nothing'}; the columns are {there}")


def _kind(feature: Any) -> str | None:
    datasets = library()
    if isinstance(feature, datasets.Image):
        return "image"
    if isinstance(feature, datasets.Audio):
        return "audio"
    return "text" if getattr(feature, "dtype", "") in ("string", "large_string") else None


def _label(features: Mapping[str, Any], wanted: str | None) -> str | None:
    """The column with the class. Raises AugmentError."""
    if wanted is not None and wanted not in features:
        raise AugmentError(f"label: expected a column, got {wanted!r}; {nearest(wanted, list(features))}")
    plain = [name for name in LABELS if name in features and hasattr(features[name], "dtype")]
    fitting = [name for name in plain if "int" in features[name].dtype or "string" in features[name].dtype]
    return wanted if wanted is not None else next(iter(fitting), None)


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
    print_of = Hasher.hash([dataset._fingerprint, facts, rows.column, rows.label, epoch])
    cell = {"bytes": Value("binary"), "path": Value("string")}  # to make a sound of it, datasets asks for torchcodec
    features = {**dataset.features, **({} if rows.kind == "text" else {rows.column: cell})}
    made = rows.dataset.map(
        _maker(rows, epoch, skipped),
        with_indices=True,
        batched=True,
        batch_size=32,
        features=Features(features),
        new_fingerprint=print_of,
        desc="augment",
    )
    return made.cast_column(rows.column, dataset.features[rows.column])


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
                        new[rows.column] = rows.stored(sample)
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
        if rows.column not in batch or ROW not in batch:
            return found
        samples = []
        for number, copy in zip(batch[ROW], batch[COPY], strict=True):
            try:
                samples.append(bench.sample(bench.entries[number], copy, self.first)[0])
            except SampleError as error:
                raise AugmentError(f"row {number}, copy {copy}: {error}") from error
        found[rows.column] = [rows.shown(sample) for sample in samples]
        if rows.label is not None and rows.label in batch:
            found[rows.label] = [rows.class_of(*pair) for pair in zip(samples, batch[rows.label], strict=True)]
        return found
