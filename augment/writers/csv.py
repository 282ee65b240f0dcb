"""CSV: ``train/shard-000000.csv``, a row an output, with the columns and in the dialect that came in (RFC 4180).

UTF-8; delimiter, line ends, header, quoting and escapes are those of the input, else comma, ``\\n``, a header in each
shard, quotes only where they are needed, and doubled in cells. Cells with line ends, quotes and delimiters stay what
they are. All values but texts are JSON: numbers as they are written there, lists and objects; null is an empty cell.
Samples that were files have the columns ``text`` and ``label``.

A table needs to know its columns before its first row: a row with further ones is left out with its reason, unless
``columns:`` names them. Columns that told of spans hold them as JSON, and spans that no column told of stand as JSON
in ``spans``, a list of ``{"start", "end", "label"}``; the reader ``texts`` takes either for spans again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pydantic

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
NEWLINES = ("\n", "\r\n", "\r")


class Options(_Base):
    """How the table is written, where not as the input.

    Args:
        delimiter: What stands between cells: one character, such as ``;``.
        quoting: ``minimal``: quotes round cells that need them; ``all``: round every cell; ``none``: quotes are
            characters like others, and a row that would need some is left out.
        columns: Further columns, beside those that are known from the input.
        provenance: Add ``source`` and ``copy``: of what the row was made, and the how-manieth copy it is; 0 is the
            untouched original.
    """

    delimiter: str | None = pydantic.Field(default=None, pattern=r'^[^\r\n"]$')
    quoting: Literal["minimal", "all", "none"] | None = None
    columns: tuple[str, ...] = ()
    provenance: bool = False


USUAL = Options()


@dataclass(frozen=True, slots=True)
class _Dialect:
    """How rows are written; ``needy`` finds what a cell can't hold without quotes, or escapes where there are some."""

    delimiter: str
    newline: str
    quoting: str
    escape: str
    needy: Callable[[str], Any]
    head: bytes = b""

    def line(self, cells: Sequence[Any]) -> str:
        """One row with its end. Not by Python's csv, whose quoting depends on its version. Raises SampleError."""
        texts = ["" if cell is None else _cells.as_cell(cell) for cell in cells]
        if self.quoting == "all":
            texts = [self.quoted(text) for text in texts]
        elif len(texts) == 1 and not texts[0].strip() and self.quoting != "none":
            texts = [self.quoted(texts[0])]  # a line with nothing in it would be no row
        elif self.needy("".join(texts)) is not None:
            if self.quoting == "none" and not self.escape:
                raise SampleError(REASON, "a delimiter or a line end in a cell, and quoting is none; write jsonl")
            texts = [self.quoted(text) if self.needy(text) else text for text in texts]
        return self.delimiter.join(texts) + self.newline

    def quoted(self, text: str) -> str:
        """A cell that can hold anything."""
        if not self.escape:
            return '"' + text.replace('"', '""') + '"'
        bare = self.quoting == "none"
        for sign in f'{self.escape}"{self.delimiter}\r\n' if bare else f'{self.escape}"':
            text = text.replace(sign, self.escape + sign)
        return text if bare else f'"{text}"'


def shard(split: str, index: int) -> str:
    """``train/shard-000000.csv``."""
    return f"{folder_name(split)}/shard-{index:06d}.csv"


def named(shard: str, dataset: Dataset, options: Options = USUAL) -> str:
    """What a shard is called in this data set: it ends in ``.tsv`` where tabs stand between the cells."""
    return f"{shard.removesuffix('.csv')}.tsv" if _delimiter(dataset, options) == "\t" else shard


def locate(record: Record, shard: str) -> str:
    """Every output lies in its shard."""
    return shard


def render(record: Record, dataset: Dataset, options: Options = USUAL) -> bytes:
    """The row of an output. Raises SampleError: no text, a column that the table has not, no proper Unicode."""
    layout = _cells.layout(record, dataset, options.provenance, options.columns)
    texts = _cells.texts_of(record, layout)
    told = dataset.rows.dialect if dataset.rows is not None else {}
    delimiter = _delimiter(dataset, options)
    quoting = str(options.quoting or told.get("quoting"))
    header = layout.columns if told.get("header", True) else ()
    escape = _escape(dataset, options)
    dialect = _dialect((delimiter, quoting, escape), str(told.get("newline")), header)
    row = _cells.row(record, layout, texts)
    cells = _cells.cells(row, layout.columns)
    marks = (delimiter if quoting == "none" else f'{delimiter}"') + escape
    places = _cells.needed(texts, layout, cells)
    note = _cells.exact(texts, layout, row) or _cells.note(
        tuple(texts.by_column), texts.several, texts.codec, layout.shape, (marks, places)
    )
    line = dialect.line(cells)
    if "\0" in line:
        raise SampleError(REASON, "a NUL character, which readers of CSV don't take; write jsonl")
    try:
        return _keys.pack(record.key, note, dialect.head, line.encode())
    except UnicodeEncodeError:
        problem = "half a surrogate pair in one of its facts: no proper Unicode; write jsonl"
        raise SampleError(REASON, problem) from None


def conclude(root: Path, dataset: Dataset) -> list[Written]:
    """Nothing: each row says all."""
    return []


def extract(root: Path, name: str, key: str) -> bytes:
    """The text, or texts, of one row."""
    row, note = _keys.found(root, name, key)
    if (data := _cells.kept(note)) is not None:
        return data
    *told, marks, places = json.loads(note)
    cells = _parted(row.decode(), marks)
    return _cells.value({column: _cells.from_cell(cells[place], is_json) for column, place, is_json in places}, *told)


def _delimiter(dataset: Dataset, options: Options) -> str:
    told = dataset.rows.dialect.get("delimiter") if dataset.rows is not None else None
    return str(options.delimiter or told or ",")


def _escape(dataset: Dataset, options: Options) -> str:
    """What stands before quotes in cells; empty where it is a quote, or where the recipe says how to quote."""
    told = dataset.rows.dialect.get("escape", "") if dataset.rows is not None and options.quoting is None else ""
    return "" if told == _delimiter(dataset, options) else str(told)


@lru_cache(16)
def _dialect(signs: tuple[str, str, str], newline: str, header: tuple[str, ...]) -> _Dialect:
    """How rows are written; ``signs`` are delimiter, quoting, escape; ``header`` is empty for a table without."""
    delimiter, quoting, escape = signs
    own = re.escape(delimiter + escape)
    if quoting != "none":
        own += '"\ufeff'  # no mark at the beginning of the file
    end = newline if newline in NEWLINES else NEWLINES[0]
    needy = re.compile(f"[{own}\\r\\n" + ('"]' if escape else "]"))
    plain = _Dialect(delimiter, end, quoting, escape, needy.search)
    return replace(plain, head=plain.line(header).encode("utf-8", "replace") if header else b"")


def _parted(row: str, marks: str) -> list[str]:
    """The cells of one row of ours. Not by Python's csv, which has a limit for the length of cells."""
    cells, at, delimiter = [], 0, marks[0]
    row = row[: len(row) - (2 if row.endswith("\r\n") else 1)]
    if marks[-1] not in (delimiter, '"'):
        return _unescaped(row, delimiter, marks[-1], '"' in marks)
    while True:
        if row.startswith('"', at) and len(marks) > 1:
            end = row.index('"', at + 1)
            while row.startswith('"', end + 1):
                end = row.index('"', end + 2)
            cells.append(row[at + 1 : end].replace('""', '"'))
            end += 1
        else:
            end = row.find(delimiter, at)
            end = len(row) if end < 0 else end
            cells.append(row[at:end])
        if end >= len(row):
            return cells
        at = end + 1


def _unescaped(row: str, delimiter: str, escape: str, quotes: bool) -> list[str]:
    """The cells of one row of ours with escapes."""
    cells, cell = [], ""
    within = False
    for sign in re.findall(f"{re.escape(escape)}.|.", row, re.DOTALL):
        if len(sign) > 1:
            cell += sign[1]
        elif quotes and sign == '"':
            within = not within
        elif sign == delimiter and not within:
            cells.append(cell)
            cell = ""
        else:
            cell += sign
    return [*cells, cell]
