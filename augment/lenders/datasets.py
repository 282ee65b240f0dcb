"""Hugging Face's ``datasets.Dataset`` and ``DatasetDict`` as an input: saved as the reader ``arrow`` reads them.

Rows are those that the data set shows: selected, shuffled and filtered ones as they stand. What is drawn for a row
hangs on the name of its file where its column of pictures or sounds has one, else on its number; for texts, on its id
or content. Formats and transforms that were set for reading play no part, nor does the rate of ``Audio``: sounds are
taken as they are stored, with a warning where that is another. Needs ``pip install datasets``.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

from augment.errors import InputError


def write(value: Any, folder: Path) -> None:
    """Save a data set. Raises InputError for one that is none, or has no rows, and OSError."""
    import datasets
    from datasets.utils import logging

    if not isinstance(value, datasets.Dataset | datasets.DatasetDict):
        fix = ""
        if isinstance(value, datasets.IterableDataset | datasets.IterableDatasetDict):
            fix = "; it is read as it comes and has no end: load it without streaming=True"
        raise InputError(f"input: expected a datasets.Dataset or DatasetDict, got {type(value).__name__}{fix}")
    if not (sum(map(len, value.values())) if isinstance(value, dict) else len(value)):
        raise InputError("input: expected a data set with rows, got one with none")
    for part in value.values() if isinstance(value, dict) else [value]:
        warn_of_rates(part)
    splits = {name: part for name, part in value.items() if len(part)} if isinstance(value, dict) else {}
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        if isinstance(value, dict):
            plain = datasets.DatasetDict({name: part.with_format(None) for name, part in splits.items()})
            plain.save_to_disk(folder, num_shards=dict.fromkeys(splits, 1))
        else:
            value.with_format(None).save_to_disk(folder, num_shards=1)
    finally:
        if shown:
            logging.enable_progress_bar()


def warn_of_rates(dataset: Any) -> None:
    """Warn of a column of sounds that asks for another sample rate than they have, going by the first of them."""
    import datasets

    for name, feature in dataset.features.items():
        wanted = feature.sampling_rate if isinstance(feature, datasets.Audio) else None
        if wanted is None:
            continue
        plain = dataset.with_format(None).select_columns([name]).cast_column(name, datasets.Audio(decode=False))
        first = next((row[name] for row in plain if row[name] is not None), None)
        has = None if first is None else _rate(first)
        if has not in (None, wanted):
            warnings.warn(
                f"column {name!r} asks for {wanted} Hz, and its sounds have {has} Hz; they are taken as they are "
                f"stored. For the former write prepare: {{audio: [{{ResampleTo: {{rate: {wanted}}}}}]}}",
                UserWarning,
                stacklevel=2,
            )


def _rate(cell: dict[str, Any]) -> int | None:
    """The sample rate of a sound; None where it can't be told."""
    import soundfile

    source = io.BytesIO(cell["bytes"]) if cell["bytes"] is not None else cell["path"]
    try:
        return int(soundfile.info(source).samplerate)
    except (soundfile.SoundFileError, OSError, TypeError):
        return None
