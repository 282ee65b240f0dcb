"""Hugging Face's ``datasets.Dataset`` and ``DatasetDict`` as an input: saved as the reader ``arrow`` reads them.

Rows are those that the data set shows: selected, shuffled and filtered ones as they stand. What is drawn for a row
hangs on the name of its file where its column of pictures or sounds has one, else on its number; for texts, on its id
or content. Pictures in a column ``Image(mode=…)`` are taken in that mode, packed anew where they have another. Formats
and transforms that were set for reading play no part, nor does the rate of ``Audio``: sounds are taken as they are
stored, with a warning where that is another. Rows whose files are gone are empty, with a warning.
Needs ``pip install datasets``.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path
from typing import Any

from augment.errors import InputError

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""Pillow's modes that PNG knows."""


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
        with tempfile.TemporaryDirectory(prefix="augment-input-") as name:
            if isinstance(value, dict):
                plain = datasets.DatasetDict({split: _as_asked(part, name) for split, part in splits.items()})
                plain.save_to_disk(str(folder), num_shards=dict.fromkeys(splits, 1))
            else:
                _as_asked(value, name).save_to_disk(str(folder), num_shards=1)
    finally:
        if shown:
            logging.enable_progress_bar()


def refuse_mode(mode: str | None, column: str) -> None:
    """Raises InputError for a mode of pictures that PNG does not know."""
    if mode is not None and mode not in MODES:
        fix = f"as in dataset.cast_column({column!r}, Image(mode='RGB'))"
        raise InputError(f"column {column!r}: expected a mode among {', '.join(MODES)}, got {mode}; cast it, {fix}")


def in_mode(data: bytes, mode: str) -> bytes:
    """A picture as a column ``Image(mode=…)`` shows it; its own bytes where it has that mode, or can't be read."""
    import datasets
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.mode == mode:
                return data
        out = io.BytesIO()
        datasets.Image(mode=mode).decode_example({"bytes": data, "path": None}).save(out, "PNG")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return data
    return out.getvalue()


def _as_asked(dataset: Any, folder: str) -> Any:
    """Rows without a format, with pictures in the modes that columns ask for; what that takes lies in ``folder``."""
    import datasets

    found = _without_missing(dataset.with_format(None), folder)
    for name, feature in dataset.features.items():
        if not isinstance(feature, datasets.Image) or feature.mode is None:
            continue
        refuse_mode(feature.mode, name)
        plain = found.cast_column(name, datasets.Image(decode=False))

        def packed(cell: dict[str, Any] | None, name: str = name, mode: str = feature.mode) -> dict[str, Any]:
            if cell is None:
                return {name: None}
            return {name: {**cell, "bytes": in_mode(cell["bytes"] or Path(cell["path"]).read_bytes(), mode)}}

        if any(packed(cell)[name] != cell for cell in plain[name]):
            kept = str(Path(folder) / f"{len(list(Path(folder).iterdir()))}.arrow")
            made = plain.map(packed, input_columns=name, cache_file_name=kept, features=plain.features)
            found = made.cast_column(name, feature)
    return found


def _without_missing(dataset: Any, folder: str) -> Any:
    """Rows with no picture or sound where its file is gone, which is told; tables made for that lie in ``folder``."""
    import datasets

    for name, feature in dataset.features.items():
        if not isinstance(feature, datasets.Image | datasets.Audio):
            continue
        lost = _missing(dataset.data.column(name))
        if not lost:
            continue
        plain = dataset.cast_column(name, type(feature)(decode=False))
        rows = [place for place, cell in enumerate(plain[name]) if cell is not None and _path(cell) in lost]
        if rows:
            warnings.warn(
                f"column {name!r}: the files of {len(rows)} of {len(dataset)} rows are gone, the first is "
                f"{plain[rows[0]][name]['path']} of row {rows[0]}; they are taken as empty",
                UserWarning,
                stacklevel=2,
            )

        def there(cell: dict[str, Any] | None, name: str = name, lost: frozenset[str] = lost) -> dict[str, Any]:
            return {name: None if cell is None or _path(cell) in lost else cell}

        kept = str(Path(folder) / f"there-{len(list(Path(folder).iterdir()))}.arrow")
        made = plain.map(there, input_columns=name, cache_file_name=kept, features=plain.features)
        dataset = made.cast_column(name, feature)
    return dataset


def _path(cell: dict[str, Any]) -> str | None:
    """The file of a cell that has no bytes."""
    path: str | None = cell["path"] if cell["bytes"] is None else None
    return path


def _missing(column: Any) -> frozenset[str]:
    """The files of cells without bytes that are gone; those elsewhere than on a disk are taken to be there."""
    import pyarrow.compute as pc

    paths = pc.struct_field(column, "path").filter(pc.is_null(pc.struct_field(column, "bytes")))
    told = {path for path in paths.to_pylist() if path is not None and "://" not in path}
    return frozenset(path for path in told if not Path(path).is_file())


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
