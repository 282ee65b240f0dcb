"""Rows of Hugging Face data sets as the reader has them, and as the steps alone make them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import augment
from augment import catalog
from augment.chance import Chance
from augment.engine.draw import draw
from augment.sample import Content, Dataset, Entry, Sample


def read(dataset: Any, **options: Any) -> tuple[Dataset, list[Content]]:
    """The rows as the reader of inputs in memory has them."""
    reader = catalog.reader("arrow")
    with tempfile.TemporaryDirectory() as folder:
        catalog.module("lenders", "datasets").write(dataset, Path(folder))
        chosen = reader.Options.model_validate(options)
        whole = reader.dataset(Path(folder), chosen)
        suffixes = frozenset({".png", ".row"})
        entries = [one for one in reader.entries(Path(folder), chosen, suffixes) if isinstance(one, Entry)]
        return whole, [reader.read(Path(folder), one, whole) for one in entries]


def wanted(dataset: Any, recipe: dict[str, Any], kind: str, copies: int, **options: Any) -> Iterator[Sample]:
    """Each original as it is read, then its copies, drawn by the steps alone."""
    checked, modality = augment.load(recipe), catalog.modality(kind)
    whole, rows = read(dataset, **options)
    for number, content in enumerate(rows):
        value = modality.decode(content.data)
        labels = checked.labels_of(kind)
        settled = modality.settle(value, content, whole, labels) if content.annotations is not None else None
        for copy in range(copies):
            working = settled.working if settled else None
            steps = draw(checked.steps[kind], Chance.of(checked.frame.seed, str(number), copy).child(kind))
            if copy:
                yield modality.apply(Sample(value, annotations=working), steps, labels)[0]
            else:
                yield Sample(value, annotations=content.annotations)


def cells(dataset: Any) -> list[Any]:
    """All rows as they are stored."""
    found: list[Any] = dataset.with_format("arrow")[:].to_pylist()
    return found
