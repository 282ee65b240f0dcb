"""An output opened as a ``datasets.DatasetDict``."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from augment import catalog
from augment.engine import manifest
from augment.errors import AugmentError
from augment.hf.library import library
from augment.readers._shards.columns import OURS

BUILDERS = {"csv": "csv", "jsonl": "json", "parquet": "parquet", "webdataset": "webdataset"}
"""Format of an output -> what datasets calls it."""

FOLDERS = {"image": "imagefolder", "audio": "audiofolder"}
"""The same for outputs that are files in class folders, by modality."""


def load(folder: str | Path) -> Any:
    """Open a finished output, or any that ``augment run`` has made in a format that datasets knows.

    As written out: ``datasets.load_dataset("parquet", data_files={"train": "grown/train/*.parquet", …})``, and
    ``"webdataset"`` with ``*.tar``, ``"json"`` with ``*.jsonl``, ``"csv"`` with ``*.csv``; for class folders
    ``"imagefolder"`` or ``"audiofolder"`` with ``"grown/train/**"``. ``parquet`` keeps most: ``image`` or ``audio``,
    ``label`` as text and ``label_index`` as its number (here a ClassLabel with the names of all classes), ``source``
    and ``copy``, and annotations as JSON. Rows of texts have the class as text; ``classes`` of ``manifest.json`` has
    the order. ``webdataset`` opens where all samples have the same ending, so not where originals are JPEG and copies
    PNG. To open class folders of sounds, and to hear any, datasets asks for torchcodec.

    Args:
        folder: The output: ``csv``, ``jsonl``, ``parquet``, ``webdataset``, or ``folder`` with pictures or sounds.

    Returns:
        A ``datasets.DatasetDict``, a split for each of the output's; what is no letter, digit or ``_`` in the name of
        a split is a ``_``, for datasets knows no others.

    Raises:
        AugmentError: ``datasets`` is not installed, or the folder is no finished output, or of another format.
    """
    datasets = library()
    root = Path(folder)
    facts = manifest.read(root)
    builder = BUILDERS.get(facts["format"])
    names: dict[str, list[str]] = {}
    if builder:
        for shard in facts["shards"]:
            names.setdefault(_split(shard["name"]), []).append(str(root / shard["name"]))
    elif facts["format"] == "folder":
        files = pq.read_table(root / manifest.PROVENANCE_FILE, columns=["shard"])["shard"].to_pylist()
        builder = FOLDERS.get(catalog.modality_of(Path(files[0]).suffix.lower()) or "")
        names = {_split(file): [str(root / file.split("/")[0] / "**")] for file in files}
    if builder is None:
        known = f"{', '.join(BUILDERS)}, or folder with pictures or sounds"
        raise AugmentError(f"{root}: expected an output in one of {known}, got {facts['format']}; set output.format")
    options = _dialect(next(iter(names.values()))[0]) if builder == "csv" else {}
    try:
        found = datasets.load_dataset(builder, data_files=names, **options)
    except (ImportError, ValueError, datasets.exceptions.DatasetsError) as error:
        told = error.__cause__ or error
        raise AugmentError(f"{root}: datasets can't open it ({told}); it can with output.format=parquet") from error
    return _named(found, facts["classes"]) if builder == "parquet" else found


def _named(found: Any, classes: list[str]) -> Any:
    """With the names of the classes for their numbers."""
    from datasets import ClassLabel

    if not classes or not all(part.features.keys() >= OURS for part in found.values()):
        return found
    return found.cast_column("label_index", ClassLabel(names=classes))


def _split(name: str) -> str:
    """The split of a file of an output."""
    return re.sub(r"\W", "_", name.split("/")[0])


def _dialect(table: str) -> dict[str, Any]:
    """How a table of an output is written, for pandas, which reads it for datasets."""
    reader = catalog.reader("texts")
    rows = reader.dataset(Path(table), reader.Options()).rows
    told = rows.dialect if rows is not None else {}
    found: dict[str, Any] = {"sep": told.get("delimiter", ","), "keep_default_na": False}
    if rows is not None and not told.get("header", True):
        found["column_names"] = list(rows.columns)
    return {**found, "quoting": csv.QUOTE_NONE} if told.get("quoting") == "none" else found
