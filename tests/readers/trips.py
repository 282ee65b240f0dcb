"""To disk with a writer and back with its reader, as the engine would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from augment.sample import Content, Dataset, Entry, Record, Skip
from tests.writers.test_annotations import DATASET

WANTED = frozenset({".jpg", ".png"})


def write(writer: Any, root: Path, records: list[Record], dataset: Dataset = DATASET) -> None:
    for split in {one.split for one in records}:
        mine = [writer.render(one, dataset) for one in records if one.split == split]
        writer.assemble(root, writer.shard(split, 0), mine)
    writer.conclude(root, dataset)


def read(reader: Any, path: Path, **options: Any) -> tuple[Dataset, list[tuple[Entry, Content]], list[Skip]]:
    chosen = reader.Options.model_validate(options)
    dataset = reader.dataset(path, chosen)
    listed = list(reader.entries(path, chosen, WANTED))
    entries = [item for item in listed if isinstance(item, Entry)]
    skips = [item for item in listed if isinstance(item, Skip)]
    return dataset, [(entry, reader.read(path, entry, dataset)) for entry in entries], skips
