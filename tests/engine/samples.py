"""What tells one sample from another: marks of those that a run has written, and of those that come live."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pyarrow.parquet as pq

import augment
from augment import catalog
from augment.annotations import digest
from augment.engine.items import Item

Marks = dict[tuple[str, int], tuple[str, str | None, str | None]]
"""(source, copy) -> digest of the value, class, digest of the annotations."""


def of_value(value: Any) -> str:
    """A digest over shape, type and every pixel, sample or character."""
    if isinstance(value, np.ndarray):
        head = f"{value.shape} {value.dtype}\0".encode()
        return hashlib.sha256(head + np.ascontiguousarray(value).tobytes()).hexdigest()
    return hashlib.sha256(json.dumps(value, default=dict).encode()).hexdigest()


def mark(item: Item) -> tuple[tuple[str, int], tuple[str, str | None, str | None]]:
    """The entry of an item among Marks; importable, so that workers of any kind can say it."""
    found = None if item.annotations is None else digest(item.annotations)
    return (item.source, item.copy), (of_value(item.value), item.label, found)


def on_disk(result: augment.Result, split: str, kind: str) -> Marks:
    """What a run has encoded, decoded again. The format must lose nothing."""
    recipe = augment.load(result.output / "recipe.yaml")
    writer, modality = catalog.writer(recipe.output.format), catalog.modality(kind)
    found: Marks = {}
    for row in pq.read_table(result.output / "provenance.parquet").to_pylist():
        if row["split"] == split:
            data = writer.extract(result.output, row["shard"], row["key"])
            value = modality.plain(modality.decode(data))[0]
            found[row["source"], row["copy"]] = (of_value(value), row["class"], row["annotations_sha256"])
    return found
