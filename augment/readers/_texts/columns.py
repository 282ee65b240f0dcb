"""Which columns of a table are the texts, the class, the split and the name of a row; told from its first rows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from augment.errors import InputError, nearest
from augment.readers import _columns
from augment.readers.folder import SPLITS

_TOGETHER = """
sentence1 sentence2, sentence_1 sentence_2, question1 question2, premise hypothesis, context question,
question sentence, question passage, query document, query passage, text1 text2, text_a text_b, title text,
title content, title description, title review, title body, title abstract, question answer
"""
_ALONE = """
text sentence tweet review content message utterance query question document comment comment_text review_text
review_body body post passage abstract description headline title prompt
"""

TOGETHER = tuple(tuple(names.split()) for names in _TOGETHER.split(","))
"""Columns that are texts where all of them are there; the first that fit are taken."""

ALONE = tuple(_ALONE.split())
"""Columns that are the text where nothing goes together."""

_CLASS = "gold_label intent sentiment polarity is_duplicate choices choice quality"

LABEL = (*_columns.LABEL, *_CLASS.split())
"""The last ones as MultiNLI, QQP, Label Studio and MRPC have them."""

WORDY = 60
"""Mean characters of cells with spaces from which on a column is no class."""

_PLACE = re.compile(r"column \d+")
"""What columns without names are called."""

_SPLIT = re.compile(r"\s*([a-z]+)", re.IGNORECASE)
_FRACTION = re.compile(r"[-+]?\d*\.\d*[1-9]\d*(?:[eE][-+]?\d+)?")
_NO_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]{4}")
"""Scripts that put no spaces between words, or few: Thai, Lao, Burmese, Khmer, Chinese, Japanese, Korean."""

Rows = Sequence[Mapping[str, Any]]


class Named(NamedTuple):
    """What the recipe says of columns; empty or None where it says nothing. ``id`` False: rows have no names."""

    texts: tuple[str, ...] = ()
    label: str | None = None
    split: str | None = None
    id: str | bool | None = None
    parted: bool = False


class Roles(NamedTuple):
    """What the columns are.

    Args:
        texts: Those that are the sample.
        label: The class.
        split: The split.
        id: The row's name.
        parted: Whether values of the split's column stand for splits, and stay facts.
    """

    texts: tuple[str, ...]
    label: str | None = None
    split: str | None = None
    id: str | None = None
    parted: bool = False

    @property
    def taken(self) -> frozenset[str | None]:
        """Columns that are no facts beside the others."""
        return frozenset({*self.texts, self.label, None if self.parted else self.split})


def roles(columns: Sequence[str], rows: Rows, named: Named, texts: Sequence[str] = ()) -> Roles | None:
    """The roles of a table's columns; None where no text is to be found.

    Args:
        columns: All of them.
        rows: Its first rows.
        named: What the recipe says; such columns need not be there, see ``check``.
        texts: Those that are known to be texts, where the recipe names none.
    """
    found = named.texts or tuple(texts) or _texts(columns, rows, {named.label, named.split, named.id})
    if not found:
        return None
    taken = {*found, named.split, named.id}
    label = named.label or next((name for name in _usual(columns, LABEL, taken) if _classes(cells(rows, name))), None)
    split = named.split or next(
        (name for name in _usual(columns, _columns.SPLIT, {*found, label}) if _splits(name, cells(rows, name))), None
    )
    name = named.id if isinstance(named.id, str) else ("id" if named.id is None and "id" in columns else None)
    own = None if name in (*found, label, split) and name != named.id else name
    return Roles(found, label, split, own, named.parted)


def check(table: str, columns: Collection[str], named: Named) -> None:
    """Raises InputError for a column that the recipe names and the table has not."""
    wanted = [*(("texts", name) for name in named.texts), ("label", named.label), ("split", named.split)]
    for role, name in (*wanted, ("id", named.id if isinstance(named.id, str) else None)):
        if name is not None and name not in columns:
            fix = nearest(name, sorted(columns))
            there = has(columns)
            said = f"{fix} {there}" if fix.startswith("did") else f"{there[:1].lower()}{there[1:]}"
            raise InputError(f"{table}: no column {name!r} for the {role}; {said}")
    if named.parted and named.split is None:
        raise InputError(f"{table}: which column has the splits' values? {has(columns)}; say input: {{split: COLUMN}}")


def has(columns: Collection[str]) -> str:
    """The columns that there are, for a message."""
    return f"It has: {', '.join(name[:40] for name in columns)}"[:600]


def cells(rows: Rows, column: str) -> list[Any]:
    """What the first rows have in a column, without what is empty."""
    return [value for row in rows if (value := row.get(column)) is not None and value != ""]


def _texts(columns: Sequence[str], rows: Rows, taken: Collection[Any]) -> tuple[str, ...]:
    """By usual names, else by content."""
    free = [name for name in columns if name not in taken and _plain(cells(rows, name))]
    lower = {name.strip().lower(): name for name in reversed(free)}
    for together in TOGETHER:
        if all(name in lower for name in together):
            own = {lower[name] for name in together}
            return tuple(name for name in columns if name in own)
    usual = next((lower[name] for name in ALONE if name in lower), None)
    if usual is not None:
        return (usual,)
    means = {name: wordiness(cells(rows, name)) for name in free}
    best = max(free, key=lambda name: means[name], default=None)
    if best is None or means[best] <= 0:
        return ()
    return tuple(name for name in columns if name == best or (_alike(name, best) and means.get(name, 0) > 0))


def _alike(one: str, other: str) -> bool:
    """Whether names differ in a number only, as ``#1 String`` and ``#2 String`` do."""
    return one != other and not _PLACE.fullmatch(one) and re.sub(r"\d+", "0", one) == re.sub(r"\d+", "0", other)


def _plain(values: Sequence[Any]) -> bool:
    """Whether cells are texts; half of them will do."""
    return 2 * sum(isinstance(value, str) for value in values) >= len(values)


def wordiness(values: Sequence[Any]) -> float:
    """Mean characters of cells of which half at least have words; 0 for others."""
    told = [value for value in values if isinstance(value, str)]
    wordy = sum(" " in value.strip() or _NO_SPACES.search(value) is not None for value in told)
    return sum(map(len, told)) / len(told) if told and 2 * wordy >= len(told) else 0.0


def _usual(columns: Sequence[str], usual: Sequence[str], taken: Collection[Any]) -> Iterator[str]:
    """Columns with usual names, the most usual first."""
    lower = {name.strip().lower(): name for name in reversed(columns) if name not in taken}
    return (lower[name] for name in usual if name in lower)


def _classes(values: Sequence[Any]) -> bool:
    """Whether cells can be names of classes: no lists, no fractions, no long texts; half of them will do."""
    names = [value for value in values if isinstance(value, str | int | float)]
    if 2 * len(names) < len(values) or any(isinstance(name, float) and not name.is_integer() for name in names):
        return False
    words = [name for name in names if isinstance(name, str)]
    return not any(_FRACTION.fullmatch(word.strip()) for word in words) and wordiness(words) < WORDY


def _splits(column: str, values: Sequence[Any]) -> bool:
    """Whether cells are names of splits; a column called split has them by its name."""
    if any(not isinstance(value, str) for value in values):
        return False
    found = (_SPLIT.match(value) for value in values)
    return column.strip().lower() == _columns.SPLIT[0] or any(name and name[1].lower() in SPLITS for name in found)
