"""Names with fields in braces: ``{label}_{speaker}_{take}.wav`` takes a name apart, ``fold{fold}/{file}`` makes one.

All outside of the braces is literal. A field holds one character or more, as few as will do, and never ``/``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

IGNORED = frozenset({"", "_"})
"""Names of fields that nobody wants to know."""

OPEN = 2
"""Most fields of a pattern whose end may have to be tried out; time grows with the length of a name to that power."""


class Field(NamedTuple):
    """One field, with what stands in its braces."""

    name: str


Piece = str | Field


def split(text: str) -> tuple[Piece, ...]:
    """The literal parts and the fields, in order. Raises ValueError for braces that don't pair."""
    found: list[Piece] = []
    for number, part in enumerate(re.split(r"(\{[^{}]*\})", text)):
        if number % 2:
            found.append(Field(part[1:-1]))
        elif "{" in part or "}" in part:
            raise ValueError(f"each {{ closed by a }}; a brace is left over in {part!r}")
        elif part:
            found.append(part)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A checked pattern; see ``parse``.

    Args:
        text: As it was written.
        pieces: Its parts.
    """

    text: str
    pieces: tuple[Piece, ...]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Check a pattern. Raises ValueError that says what was expected."""
        pieces = split(text)
        fields = [piece.name for piece in pieces if isinstance(piece, Field)]
        for name in fields:
            if name not in IGNORED and not name.isidentifier():
                raise ValueError(f"a field's name to be a word such as {{speaker}}; {{{name}}} is none")
        if not set(fields) - IGNORED:
            raise ValueError("a field with a name, such as {label}")
        for before, after in pairwise(pieces):
            if isinstance(before, Field) and isinstance(after, Field):
                raise ValueError(f"something between {{{before.name}}} and {{{after.name}}}, to tell where one ends")
        if any(part in ("", ".", "..") for part in text.split("/")):
            raise ValueError("a path below the folder, without /, . or .. to begin or end with or in a row")
        if len(_tried(pieces)) > OPEN:
            raise ValueError("fewer fields that stand twice: there are too many ways to match them")
        return cls(text, pieces)

    @property
    def names(self) -> frozenset[str]:
        """Names of the fields."""
        return frozenset(piece.name for piece in self.pieces if isinstance(piece, Field)) - IGNORED

    def matcher(self, suffixes: Iterable[str]) -> Matcher:
        """To match names with; ``suffixes`` are the endings (lower case, with dot) that it may leave out."""
        last = self.pieces[-1]
        ended = isinstance(last, str) and os.path.splitext(f"x{last}")[1].lower() in frozenset(suffixes)
        return Matcher(re.compile(_expression(self.pieces)), self.names, "/" in self.text, ended)


@dataclass(frozen=True, slots=True)
class Matcher:
    """A pattern at work.

    Args:
        expression: Has a group ``NAME`` for each field.
        names: Of the fields.
        deep: Paths are matched, not only names of files.
        ended: The ending is part of the pattern.
    """

    expression: re.Pattern[str]
    names: frozenset[str]
    deep: bool
    ended: bool

    def match(self, path: str) -> dict[str, str] | None:
        """The fields of a file, sorted by name, from its path below the root; None where it does not fit."""
        told = path if self.deep else path.rpartition("/")[2]
        found = self.expression.fullmatch(told if self.ended else os.path.splitext(told)[0])
        return None if found is None else {name: found[name] for name in sorted(self.names)}


def _expression(pieces: Sequence[Piece]) -> str:
    """As a regular expression that does not run away: a field ends where what follows it first occurs.

    That finds the same as trying all places, for the next field may begin earlier as well as later; only beside fields
    that stand twice all places must be tried (see ``_tried``).
    """
    known: set[str] = set()
    written: list[str] = []
    for number, piece in enumerate(pieces):
        if isinstance(piece, str):
            written.append(re.escape(piece))
        elif piece.name in known:
            written.append(f"(?P={piece.name})")
        else:
            tried = number in _tried(pieces)
            any_one = "[^/]+?" if tried else f"[^/](?:(?!{_terminator(pieces[number + 1 :], known)})[^/])*"
            named = piece.name not in IGNORED
            written.append(f"(?P<{piece.name}>{any_one})" if named else f"(?:{any_one})")
            known |= {piece.name} - IGNORED
    return "".join(written)


def _terminator(following: Sequence[Piece], known: set[str]) -> str:
    """What stands between a field and the next one that is free, as a regular expression."""
    written = []
    for piece in following:
        if isinstance(piece, str):
            here, slash, _ = piece.partition("/")
            written.append(re.escape(here + slash))
            if slash:
                return "".join(written)
        elif piece.name in known:
            written.append(f"(?P={piece.name})")
        else:
            return "".join(written)
    return "".join(written) + r"\Z"


def _tried(pieces: Sequence[Piece]) -> frozenset[int]:
    """Places of the fields whose end can't be told from what follows them.

    They are the fields that stand again later, and those right before one; save the last field of a part of the path.
    """
    fields = [piece.name for piece in pieces if isinstance(piece, Field)]
    again = {name for name in fields if fields.count(name) > 1} - IGNORED
    known: set[str] = set()
    found: set[int] = set()
    for number, piece in enumerate(pieces):
        if isinstance(piece, Field) and piece.name not in known:
            beside = _beside(pieces[number + 1 :])
            free = next((name for name in beside if name not in known), None)
            if (piece.name in again and beside) or free in again:
                found.add(number)
            known |= {piece.name} - IGNORED
    return frozenset(found)


def _beside(following: Sequence[Piece]) -> list[str]:
    """Names of the fields up to the next ``/``."""
    found = []
    for piece in following:
        if isinstance(piece, Field):
            found.append(piece.name)
        elif "/" in piece:
            break
    return found
