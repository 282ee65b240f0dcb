"""Token spans of a text that was edited -> the tokens that it has now, and their tags.

A token that has come to hold white space is several; what stands between tokens and is no white space is new ones.
Where there are no tokens, words, numbers and each other sign are one; scripts without spaces are cut sign by sign.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from augment.annotations import Span
from augment.spans import _tags

LAYER = "token"
ENTITY = "entity"

BLANKS = "blanks"
"""The key in a token's fields that says that it has held white space from the start, and is not to be cut there."""

KEPT = "tokens"
"""The fact of a sample that is null where its text stands in its row beside its tokens."""

SPACE = " \t\r\n"
"""At which a token is cut; other white space may be part of it."""

_ASCII = re.compile(r"\d+(?:[.,:]\d+)+|\w+(?:['-]\w+)*|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One token.

    Args:
        start: Its first code point.
        end: The one after its last.
        span: The token span that it comes from; None for a new one.
        continued: It is not the first of its span.
    """

    start: int
    end: int
    span: Span | None = None
    continued: bool = False

    @property
    def fields(self) -> Mapping[str, Any]:
        """What its span says of it."""
        return {} if self.span is None else self.span.fields


def token(text: str, start: int, end: int, fields: Mapping[str, Any]) -> Span:
    """The span of a token, with the note on white space that it needs."""
    holds = any(sign in text[start:end] for sign in SPACE)
    return Span(start, end, None, LAYER, fields={**fields, BLANKS: True} if holds and BLANKS not in fields else fields)


def joined(words: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The text of tokens, one blank between each two, and where each is."""
    places: list[tuple[int, int]] = []
    start = 0
    for word in words:
        places.append((start, start + len(word)))
        start += len(word) + 1
    return " ".join(words), places


def pieces(text: str, tokens: Sequence[Span], edges: Collection[int] = (), kept: str = SPACE) -> list[Piece]:
    """The tokens of a text, in order.

    Args:
        text: As it is now.
        tokens: Spans of tokens, in any order; of those that overlap, what is left.
        edges: Where else new tokens are cut: the edges of entities.
        kept: What of SPACE may stay in a token that has held some from the start.
    """
    if not tokens:
        return list(_new(text, 0, len(text), edges))
    made: list[Piece] = []
    done = 0
    for span in sorted(tokens, key=lambda span: (span.start, span.end)):
        start = max(span.start, done)
        if span.end < start:
            continue
        if start > done and text[done:start] != " ":
            made.extend(_new(text, done, start, edges))
        done = span.end
        part = text[start:done]
        if part and " " not in part and part.isprintable():  # nothing to cut, as with most
            made.append(Piece(start, done, span))
        else:
            made.extend(_cut(text, span, start, kept))
    made.extend(_new(text, done, len(text), edges))
    return made


def tags(found: Sequence[Piece], entities: Sequence[Span], scheme: str) -> list[str]:
    """Tags of tokens. A token is tagged that an entity has any part of; the first entity has it.

    Raises:
        ValueError: Entities overlap, or one has no token of its own.
    """
    starts, ends = [piece.start for piece in found], [piece.end for piece in found]
    chunks: list[_tags.Chunk] = []
    taken = done = 0
    for span in sorted(entities, key=lambda span: (span.start, span.end)):
        if span.start == span.end:
            continue
        if span.start < done:
            raise ValueError(f"{span.label} at {span.start} overlaps another entity; a token has one tag")
        done = span.end
        first, last = bisect_right(ends, span.start), bisect_left(starts, span.end)
        if first >= last:
            continue  # nothing but white space
        if max(first, taken) >= last:
            raise ValueError(f"{span.label} at {span.start} shares its only token with another entity")
        chunks.append((max(first, taken), last, span.label or None))
        taken = last
    return _tags.tagged(chunks, len(found), scheme)


def _cut(text: str, span: Span, start: int, kept: str) -> Iterator[Piece]:
    """The tokens that a span is now."""
    pattern = _parts(kept if BLANKS in span.fields else "")
    if pattern is None or span.start == span.end:
        yield Piece(start, span.end, span)
        return
    for number, match in enumerate(pattern.finditer(text, start, span.end)):
        yield Piece(match.start(), match.end(), span, number > 0)


@cache
def _parts(kept: str) -> re.Pattern[str] | None:
    """What finds the parts of a token; None where all white space may stay."""
    cut = "".join(sign for sign in SPACE if sign not in kept)
    return re.compile(f"[^{cut}]+") if cut else None


def _new(text: str, start: int, end: int, edges: Collection[int]) -> Iterator[Piece]:
    """Tokens of what has none."""
    part = text[start:end]
    if not part or part.isspace():
        return
    pattern = _ASCII if part.isascii() else _any_script()
    for match in pattern.finditer(part):
        first, last = start + match.start(), start + match.end()
        inside = sorted(edge for edge in edges if first < edge < last)
        if inside:
            whole = {first + cluster.end() for cluster in _clusters().finditer(match.group())}
            for edge in inside:
                if edge in whole:
                    yield Piece(first, edge)
                    first = edge
        yield Piece(first, last)


@cache
def _any_script() -> Any:
    import regex  # 25 ms, and plain English never needs it

    scripts = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
    unspaced = "[" + "".join(rf"\p{{Script={name}}}" for name in scripts) + "]"
    first = rf"(?!{unspaced})(?=[\p{{L}}\p{{M}}\p{{N}}_])"
    within = rf"(?:['’\-]|(?<=\d)[.,:](?=\d))(?!{unspaced})(?=[\p{{L}}\p{{N}}_])"
    return regex.compile(rf"(?:{first}\X(?:{within})?)+|(?=[^\s\x1c-\x1f])\X")


@cache
def _clusters() -> Any:
    import regex

    return regex.compile(r"\X")
