"""A ``datasets.Dataset`` grown as it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augment.errors import AugmentError, SampleError
from augment.hf.library import library
from augment.hf.rows import Rows
from augment.sample import Sample

ROW, COPY = "augment_row", "augment_copy"
"""Columns that a live data set has beside its own: where a row came from, and the number of its copy."""


def grown(rows: Rows, dataset: Any, epoch: int) -> Any:
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
        rows = self.rows
        wanted = (*rows.values, ROW, COPY)
        gone = [name for name in wanted if name not in batch]
        if len(gone) == len(wanted) or batch.keys() <= {ROW, COPY}:  # old datasets read single columns
            return found
        if batch.keys() - rows.features.keys() > {ROW, COPY}:  # one of these may have had another name
            gone += [name for name in rows.beside.columns if name not in batch and name not in gone]
        if gone:
            raise AugmentError(
                f"live, {' and '.join(rows.values)} is made as rows are read, of {', '.join(wanted)}, and "
                f"{' and '.join(gone)} is not there; select, rename and remove columns before map, or map without "
                "with_transform"
            )
        made = [self._made(*place) for place in zip(batch[ROW], batch[COPY], strict=True)]
        for name in (*rows.values, *rows.beside.columns):
            if name in batch:
                found[name] = [cells.get(name) for _, cells in made]
        samples = [sample for sample, _ in made]
        if rows.label is not None and rows.label not in batch:
            self._refuse_changed(samples, batch[ROW])
        elif rows.label is not None:
            found[rows.label] = [rows.class_of(*pair) for pair in zip(samples, batch[rows.label], strict=True)]
        return found

    def _made(self, number: int, copy: int) -> tuple[Sample, dict[str, Any]]:
        """A copy, and what its row shows."""
        rows, bench = self.rows, self.rows.bench
        try:
            sample, _ = bench.sample(bench.entries[number], copy, self.first)
            cells = dict(bench.given(number))
            if copy or rows.recipe.prepare.get(rows.kind) or bench.turned(number):
                cells |= rows.beside.cells(sample, number, bench.given)
        except SampleError as error:
            raise AugmentError(f"row {number}, copy {copy}: {error}") from error
        for name in rows.beside.files:
            if cells[name] is not None:
                cells[name] = library().Image(mode=rows.features[name].mode).decode_example(cells[name])
        return sample, cells | rows.shown(sample)

    def _refuse_changed(self, samples: Sequence[Sample], numbers: Sequence[int]) -> None:
        """Raises AugmentError where a copy has another class than its row, and the class's column is gone."""
        for sample, number in zip(samples, numbers, strict=True):
            if sample.label != self.rows.bench.entries[number].label:
                raise AugmentError(
                    f"row {number}: its copy is of class {sample.label}, and column {self.rows.label} is not among "
                    "what is read; rename it before map"
                )
