"""Folders that Hugging Face's ``dataset.save_to_disk(FOLDER)`` writes, with splits or not, and single Arrow tables.

Rows with bytes, or with structs of bytes and path (the features Image and Audio), are read as those of Parquet:
``value`` says which column, ``label``, ``split`` and ``masks`` as there; lists of boxes become objects. Rows with
texts only, or where ``text`` names some, are read as tables of texts, with all that such a recipe may say. The names
of classes are those of the features in ``dataset_info.json``. A split is a folder, as ``dataset_dict.json`` says; a
data set alone is for training, whichever part of another it was.

A row's key is the name of its file where it has one, or its number, after its split where there are splits; that of a
row of texts, as in other tables of texts. Tables are mapped into memory, and pyarrow is all that is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from augment.errors import InputError
from augment.readers import parquet, texts
from augment.readers._arrow import saved
from augment.readers._arrow.file import ENDING
from augment.readers._shards import root_of
from augment.readers._texts import groups
from augment.readers._texts.options import Options as _Texts
from augment.sample import ROW, Content, Dataset, Entry, Skip

FALLBACK = False


class Options(_Texts):
    """Those of tables of texts, and ``value`` and ``masks``: the columns with samples, and with masks of them."""

    value: str | None = None
    masks: str | None = None


def claims(path: Path) -> bool:
    """A folder with ``dataset_dict.json``, or ``state.json`` and ``dataset_info.json``; or a file ``.arrow``."""
    return saved.holds(path)


def dataset(path: Path, options: Options) -> Dataset:
    """As of Parquet, or of texts. Raises InputError."""
    _known(path)
    if _of_texts(path, options):
        return texts.dataset(path, _texts(options))
    return parquet.dataset(path, _samples(options))


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the rows; see the Reader contract. Raises InputError."""
    if _of_texts(path, options):
        yield from texts.entries(path, _texts(options), suffixes)
    else:
        yield from parquet.entries(path, _samples(options), suffixes)


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """One row. Raises SampleError."""
    if entry.locator.endswith(ROW):
        return texts.read(path, entry, dataset)
    return parquet.read(path, entry, dataset)


def _known(path: Path) -> None:
    """Raises InputError where it is no such folder, or has nothing in it."""
    if not saved.holds(path):
        raise InputError(f"{path}: expected what dataset.save_to_disk(FOLDER) has written, or a file {ENDING}")
    if next(saved.parts(path), None) is None:
        raise InputError(f"{path}: the data set has no rows")


def _of_texts(path: Path, options: Options) -> bool:
    """Whether rows are texts: as the recipe says, else the first table that can be read."""
    if options.text is not None or options.value is not None:
        return options.text is not None
    for part in saved.parts(path):
        if isinstance(part, Skip):
            continue
        try:
            return groups.Table.open(str(root_of(path) / part.name)).texts
        except groups.BROKEN:
            continue
    return False


def _texts(options: Options) -> _Texts:
    told: dict[str, Any] = options.model_dump(exclude={"value", "masks"}, exclude_unset=True)
    return _Texts.model_validate(told)


def _samples(options: Options) -> parquet.Options:
    """Raises InputError for what only texts have."""
    told: dict[str, Any] = options.model_dump(exclude_unset=True)
    odd = [name for name in told if name not in parquet.Options.model_fields]
    if odd:
        raise InputError(f"input.{odd[0]}: it is for texts, and these rows hold bytes; remove it, or say text: COLUMN")
    return parquet.Options.model_validate(told)
