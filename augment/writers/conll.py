"""Sentences with tagged tokens, a token a line (CoNLL): ``train/shard-000000.conll``, UTF-8, a blank line after each.

Columns, their separator, and the scheme of tags are those of the input, or tokens and IOB2 tags parted by a blank.
Tokens are those that the text has now: one that has come to hold a blank is several, new ones are outside and have
``_`` in columns that nothing is known of, and a text without tokens is cut into words and signs. Classes and other
facts have no place in the format; remarks (``#``) stay with originals, for on copies they may not be true.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

from augment.annotations import Annotations
from augment.contracts import Written
from augment.errors import SampleError
from augment.options import Options as _Base
from augment.sample import Dataset, Record
from augment.spans import _columns
from augment.spans._columns import BLANK, FORM, REMARKS, TAB, Layout
from augment.writers import _annotations, _cells, _keys
from augment.writers._cells import REASON
from augment.writers._keys import assemble as assemble
from augment.writers._names import folder_name

SHARDED = True
TEXTUAL = True
SHARD_SIZE = 100_000


class Options(_Base):
    """How lines are laid out.

    Args:
        scheme: Of the tags; that of the input, or IOB2.
        separator: What parts columns; that of the input, or a blank.
    """

    scheme: Literal["iob1", "iob2", "io", "bioes", "bilou", "bmes"] | None = None
    separator: Literal["tab", "blank"] | None = None


USUAL = Options()


def shard(split: str, index: int) -> str:
    """``train/shard-000000.conll``."""
    return f"{folder_name(split)}/shard-{index:06d}.conll"


def locate(record: Record, shard: str) -> str:
    """Every output lies in its shard."""
    return shard


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The lines of an output. Raises SampleError: no text or several, no token in it, entities that share tokens."""
    texts = _cells.texts_of(record, _cells.layout(record, dataset, False))
    if len(texts.by_column) > 1:
        raise SampleError(REASON, f"a sentence is one text, this has {', '.join(texts.by_column)}; write jsonl")
    ((column, text),) = texts.by_column.items()
    notes = record.annotations or Annotations()
    layout = _layout(dataset, options)
    try:
        lines = _columns.written(text, [span for span in notes.spans if span.column in ("", column)], layout)
    except ValueError as error:
        raise SampleError(REASON, f"tags can't say it: {error}; write jsonl") from None
    if not lines:
        raise SampleError(REASON, "there is no token in it")
    before = _remarks(notes, layout) if record.copy == 0 else []
    if lines[0].startswith("\ufeff"):
        before.insert(0, "")  # a file that begins with it would lose it
    try:
        row = "".join(f"{line}\n" for line in (*before, *lines, "")).encode()
    except UnicodeEncodeError:
        raise SampleError(REASON, "half a surrogate pair; no proper Unicode") from None
    if _joined(lines, layout.separator, layout.token) == text and not texts.several and not texts.codec:
        note = json.dumps([layout.separator, layout.token, len(before)])
    else:
        note = json.dumps(asdict(texts))
    return _keys.pack(record.key, note, b"", row)


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """``dataset.json``: how the input was laid out, and what else is true of the whole."""
    return _annotations.describe(root, dataset)


def extract(root: Path, name: str, key: str) -> bytes:
    """The text of one output: of its tokens where it is no more than they, else as its note has it."""
    row, note = _keys.found(root, name, key)
    if (data := _cells.kept(note)) is not None:
        return data
    separator, token, before = json.loads(note)
    return _joined(row.decode().split("\n")[before:-2], separator, token).encode()


def _joined(lines: Sequence[str], separator: str, token: int) -> str:
    """The text that a reader makes of lines."""
    return BLANK.join(line.split(separator)[token] for line in lines)


def _layout(dataset: Dataset, options: Options) -> Layout:
    """That of the input, with what the recipe says."""
    made = Layout.of(dataset.fields.get(FORM))
    if options.scheme is not None:
        made = replace(made if made.tagged else Layout(made.separator), scheme=options.scheme)
    if options.separator is not None:
        made = replace(made, separator=TAB if options.separator == "tab" else BLANK)
    return made


def _remarks(notes: Annotations, layout: Layout) -> list[str]:
    """The lines before a sentence that a reader will know for what they are."""
    told = notes.fields.get(REMARKS)
    lines = [line for line in told if isinstance(line, str)] if isinstance(told, list) else []
    return [line for line in lines if _columns.is_remark(line, layout)]
