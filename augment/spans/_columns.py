"""How files of columns are laid out, a token a line (CoNLL), and one sentence of them.

Lines hold columns parted by a tab or by blanks: the token, its tag, and others that ride along in the token's fields
as ``column2`` and so on; those with further tags, or with the numbers of other tokens, follow them (``_beside``), and
further tags that are sparse are layers of spans with the column's name, for they are said of the very words. Where the
first column numbers the tokens (CoNLL-U), lines such as ``1-2`` and ``8.1`` are
no tokens: what is written has none. Lines that begin with ``#`` before the first token are remarks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from augment.annotations import Span
from augment.spans import _beside, _tags, _tokens

FORM = "conll"
"""The key in the fields of a data set under which the layout lies."""

REMARKS = "remarks"
"""The fact of a sample under which the lines ride along that stand before its sentence and begin with ``#``."""

TAB, BLANK = "\t", " "
NONE = "none"
"""The scheme of files whose tags mark no stretches, such as parts of speech."""

MOST_COLUMNS = 1000
UNKNOWN = "_"
ENDS = "\r\n"

_ODD = (TAB, "\r", "  ", " \n", "\n ")
_BETWEEN = re.compile(r"[0-9]+[-.][0-9]+")


class FlawError(ValueError):
    """A sentence that can't be read: the place of its line, from 0, and why."""

    def __init__(self, place: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.place, self.reason, self.detail = place, reason, detail


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines are laid out.

    Args:
        separator: A tab, or a blank that stands for any number of blanks and tabs.
        columns: How many there are.
        token: Which has the token, from 0.
        tags: Which has the tags, from 0.
        scheme: A key of ``_tags.SCHEMES``, or NONE.
        numbered: The first column has the number of the token in its sentence, from 1.
        roles: What further columns say of other tokens, by their keys (``_beside``).
        layers: Those of them whose tags are layers of spans.
    """

    separator: str = BLANK
    columns: int = 2
    token: int = 0
    tags: int = 1
    scheme: str = _tags.USUAL
    numbered: bool = False
    roles: dict[str, str] = field(default_factory=dict)
    layers: list[str] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, told: Any) -> Layout:
        """The reverse of ``plain``; the usual layout for what is none."""
        usual = cls()
        if not isinstance(told, Mapping) or told.keys() != usual.plain().keys():
            return usual
        if any(type(value) is not type(getattr(usual, name)) for name, value in told.items()):
            return usual
        made = cls(**told)
        fits = 0 <= made.token < made.columns <= MOST_COLUMNS and 0 <= made.tags < made.columns
        known = made.scheme in (*_tags.SCHEMES, NONE) and made.separator in (TAB, BLANK)
        return made if fits and known and made.token != made.tags and made._sound() else usual

    def _sound(self) -> bool:
        """Whether roles are those of columns that there are."""
        if not self.roles and not self.layers:
            return True
        known = {*_tags.SCHEMES, _beside.ID, _beside.HEAD, _beside.DEPS}
        told = [*self.roles.values(), *self.layers]
        texts = all(isinstance(one, str) for one in told)
        return texts and known >= {*self.roles.values()} and {*self.layers} <= {*self.roles} <= {*self.beside.values()}

    @property
    def tagged(self) -> bool:
        """Whether tags mark stretches."""
        return self.scheme != NONE

    @property
    def beside(self) -> dict[int, str]:
        """The other columns, and under which key they ride along."""
        counts = self.numbered and _beside.ID not in self.roles.values()
        own = {self.token, *([self.tags] if self.tagged else ()), *([0] if counts else ())}
        return {number: name_of(number) for number in range(self.columns) if number not in own}


def name_of(column: int) -> str:
    """Under which key a column rides along, by its place from 0."""
    return f"column{column + 1}"


def cells(line: str, separator: str) -> list[str]:
    """The columns of a line."""
    if separator == TAB:
        return line.rstrip(ENDS).split(TAB)
    return [cell for cell in line.rstrip(ENDS).replace(TAB, BLANK).split(BLANK) if cell]


def is_blank(line: str) -> bool:
    """Whether a line parts sentences."""
    return not line.strip(" \t\r\n")


def is_remark(line: str, layout: Layout) -> bool:
    """Whether a line before the first token is none of a token: it begins with ``#`` and has no place for tags."""
    if not line.startswith("#") or "\n" in line.rstrip(ENDS):
        return False
    row = cells(line, layout.separator)
    if len(row) != layout.columns or layout.numbered:
        return True
    return layout.tagged and _tags.parted(row[layout.tags]) is None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The lines of one sentence.

    Args:
        rows: The columns of each token.
        places: Which line each is, from 0.
        remarks: Lines before it that begin with ``#``.
    """

    rows: Sequence[Sequence[str]]
    places: Sequence[int]
    remarks: Sequence[str] = ()

    def tags(self, layout: Layout) -> list[str]:
        """The tag of each token."""
        return [row[layout.tags] for row in self.rows]


def sentence(lines: Sequence[str], layout: Layout) -> Sentence:
    """The sentence that lines hold; it may have no tokens. Raises FlawError."""
    rows: list[list[str]] = []
    places: list[int] = []
    remarks: list[str] = []
    for place, line in enumerate(lines):
        row = cells(line, layout.separator)
        if not rows and is_remark(line, layout):
            remarks.append(line.rstrip(ENDS))
            continue
        if layout.numbered and _BETWEEN.fullmatch(row[0]):
            continue
        if len(row) != layout.columns:
            told = f"expected {layout.columns} columns, found {len(row)}: {line.rstrip(ENDS)[:60]!r}"
            raise FlawError(place, "wrong number of columns", told)
        if not row[layout.token]:
            raise FlawError(place, "empty token", f"column {layout.token + 1} is empty: {line.rstrip(ENDS)[:60]!r}")
        rows.append(row)
        places.append(place)
    return Sentence(rows, places, remarks)


def plain_tags(text: str, layout: Layout) -> list[str] | None:
    """The tags of lines of which each is plainly a token; None where they need a closer look (see ``sentence``).

    Ten times as fast as that; most sentences are so.
    """
    separator = layout.separator
    if layout.numbered or text[:1] == "#":
        return None
    if separator == BLANK and (text[:1] == BLANK or text[-1:] == BLANK or any(sign in text for sign in _ODD)):
        return None
    rows = [line.split(separator) for line in text.split("\n")]
    if set(map(len, rows)) != {layout.columns}:
        return None
    if separator == TAB and not all(row[layout.token] for row in rows):
        return None
    return [row[layout.tags] for row in rows]


def chunks(found: Sentence, layout: Layout, *, repair: bool = False) -> tuple[list[_tags.Chunk], int]:
    """What the tags of a sentence mark, and how many had to be read as others. Raises FlawError."""
    try:
        return _tags.chunks(found.tags(layout), layout.scheme, repair=repair)
    except _tags.TagError as error:
        raise FlawError(found.places[error.place], "bad tags", str(error)) from None


def neutral(found: Sentence, layout: Layout, *, repair: bool = False) -> tuple[str, list[Span], int]:
    """A sentence in neutral terms.

    Returns:
        The text, the spans of tokens and of entities, and how many tags had to be read as others.

    Raises:
        FlawError: Its tags are not of the scheme.
    """
    text, places = _tokens.joined([row[layout.token] for row in found.rows])
    beside = layout.beside
    roles = {_beside.ROLES: layout.roles} if layout.roles else {}
    spans = [
        _tokens.token(text, start, end, {**{name: row[number] for number, name in beside.items()}, **roles})
        for row, (start, end) in zip(found.rows, places, strict=True)
    ]
    for number, name in beside.items():
        if name in layout.layers:
            spans += _layer([row[number] for row in found.rows], places, name, layout.roles[name])
    if not layout.tagged:
        return text, spans, 0
    marked, mended = chunks(found, layout, repair=repair)
    return text, [*spans, *_tags.spans(marked, places, layout.scheme, _tokens.ENTITY)], mended


def _layer(tags: list[str], places: Sequence[tuple[int, int]], name: str, scheme: str) -> list[Span]:
    """What a further column of tags marks; nothing where they are not legal."""
    return _tags.spans(_tags.read(tags), places, scheme, name) if _beside.legal(tags, scheme) else []


def written(text: str, spans: Iterable[Span], layout: Layout) -> list[str]:
    """The lines of a text, without ends; the reverse of ``neutral``.

    Raises:
        ValueError: Entities overlap, or share a token.
    """
    own = list(spans)
    tokens = [span for span in own if span.layer == _tokens.LAYER]
    entities = [span for span in own if span.layer == _tokens.ENTITY]
    edges = {edge for span in entities for edge in (span.start, span.end)}
    kept = BLANK if layout.separator == TAB else ""
    pieces = [piece for piece in _tokens.pieces(text, tokens, edges, kept) if piece.end > piece.start]
    tags = _tokens.tags(pieces, entities, layout.scheme) if layout.tagged else []
    beside = layout.beside
    lines = []
    for number, piece in enumerate(pieces):
        row = [UNKNOWN] * layout.columns
        for column, name in beside.items():
            row[column] = _cell(piece.fields.get(name, UNKNOWN), layout)
        if layout.numbered:
            row[0] = str(number + 1)
        row[layout.token] = _cell(text[piece.start : piece.end], layout)
        if layout.tagged:
            row[layout.tags] = _cell(tags[number], layout)
        lines.append(layout.separator.join(row))
    return lines


def _cell(value: Any, layout: Layout) -> str:
    """A value in a column: what would part columns or lines is ``_``."""
    told = value if isinstance(value, str) else str(value)
    if layout.separator == TAB:
        return re.sub(r"[\t\r\n]+", UNKNOWN, told)
    return re.sub(r"[ \t\r\n]+", UNKNOWN, told) or UNKNOWN
