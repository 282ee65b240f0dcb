"""JSON Lines: ``train/shard-000000.jsonl``, a row an output, with the columns that came in, in their order.

UTF-8 without escapes, one object a line, lines end in ``\\n`` (https://jsonlines.org). Texts and classes are the
copy's; all else is as it was: numbers stay numbers, cells of a CSV stay texts. Spans stand in the shape that they were
read from, else in a column ``spans`` as ``{"start", "end", "label"}``. Samples that were files become
``{"text": …, "label": …}`` with their facts. A row in which something is no proper Unicode is written with escapes.
"""

from __future__ import annotations

import json
from pathlib import Path

from augment.contracts import Written
from augment.errors import SampleError
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.writers import _cells, _keys
from augment.writers._cells import REASON
from augment.writers._keys import assemble as assemble
from augment.writers._names import folder_name

SHARDED = True
TEXTUAL = True
SHARD_SIZE = 100_000

_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode
_ESCAPE = json.JSONEncoder(allow_nan=False, default=dict).encode


class Options(_Base):
    """What is written beside what came in.

    Args:
        provenance: Add ``source`` and ``copy``: of what the row was made, and the how-manieth copy it is; 0 is the
            untouched original.
    """

    provenance: bool = False


USUAL = Options()


def shard(split: str, index: int) -> str:
    """``train/shard-000000.jsonl``."""
    return f"{folder_name(split)}/shard-{index:06d}.jsonl"


def locate(record: Record, shard: str) -> str:
    """Every output lies in its shard."""
    return shard


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The line of an output. Raises SampleError: no text, spans that their shape can't hold, a number that is none."""
    layout = _cells.layout(record, dataset, options.provenance)
    texts = _cells.texts_of(record, layout)
    row = _cells.row(record, layout, texts)
    note = _cells.exact(texts, layout, row) or _cells.note(
        tuple(texts.by_column), texts.several, texts.codec, layout.shape
    )
    try:
        line = _ENCODE(row).encode()
    except UnicodeEncodeError:
        line = _ESCAPE(row).encode()
    except (ValueError, TypeError, RecursionError) as error:
        raise SampleError(REASON, f"JSON can't hold one of its facts: {error}") from None
    return _keys.pack(record.key, note, b"", line + b"\n")


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """Nothing: each row says all."""
    return []


def extract(root: Path, name: str, key: str) -> bytes:
    """The text, or texts, of one row."""
    line, note = _keys.found(root, name, key)
    if (data := _cells.kept(note)) is not None:
        return data
    return _cells.value(json.loads(line), *json.loads(note))
