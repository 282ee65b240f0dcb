"""A text with tokens after steps have been at work: as it will be written, and read again.

Where a text is told by its tokens alone, what stands between these is one blank, whatever steps have put there: two
texts that differ in nothing else are one. What tokens say of others (``_beside``) is made true again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from augment.annotations import Span
from augment.spans import _beside
from augment.spans._tokens import LAYER, Piece, pieces


def alone(text: str, tokens: Sequence[Span]) -> bool:
    """Whether a text is its tokens with one blank between each two."""
    done = -1
    for span in tokens:
        if span.start != done + 1 or (done >= 0 and text[done] != " "):
            return False
        done = span.end
    return done == len(text)


def anew(first: Sequence[Span], text: str, spans: Sequence[Span], by_tokens: bool) -> tuple[str, tuple[Span, ...]]:
    """A text that was changed, and its spans.

    Args:
        first: The tokens that it had before.
        text: As it is now.
        spans: Of it.
        by_tokens: Whether it is told by its tokens alone. Else it stays, and tokens that are new get no spans.

    Returns:
        The text as its tokens tell it, or as it was where no token is left; its spans, tokens first.
    """
    tokens = [span for span in spans if span.layer == LAYER]
    if not by_tokens and not any(_beside.ROLES in span.fields for span in tokens):
        return text, tuple(spans)
    others = [span for span in spans if span.layer != LAYER]
    edges = {edge for span in others for edge in (span.start, span.end)} if by_tokens else ()
    found = pieces(text, tokens, edges) if tokens else []
    if not any(piece.end > piece.start for piece in found):
        return text, tuple(spans)
    fields = _beside.retold(found, others, first)
    if not by_tokens:
        own = zip(found, fields, strict=True)
        return text, (*(_placed(piece, piece.start, told) for piece, told in own if piece.span is not None), *others)
    starts: list[int] = []
    made: list[Span] = []
    done = 0
    for piece, told in zip(found, fields, strict=True):
        starts.append(done)
        made.append(_placed(piece, done, told))
        done += piece.end - piece.start + 1
    return " ".join([text[piece.start : piece.end] for piece in found]), (*made, *_moved(others, found, starts))


def _placed(piece: Piece, start: int, fields: Mapping[str, Any]) -> Span:
    """The span of a token that begins elsewhere; ``dataclasses.replace`` would take three times as long."""
    span, end = piece.span, start + piece.end - piece.start
    if span is None:
        return Span(start, end, None, LAYER, fields=fields)
    if span.start == start and span.end == end and span.fields is fields:
        return span
    return Span(start, end, span.label, LAYER, span.column, fields)


def _moved(spans: Sequence[Span], found: Sequence[Piece], starts: Sequence[int]) -> list[Span]:
    """Spans of the old text in that of the tokens; one of nothing but what stood between them is gone.

    Args:
        spans: All but the tokens.
        found: The tokens in the old text.
        starts: Where each begins in the new.
    """
    old_starts, old_ends = [piece.start for piece in found], [piece.end for piece in found]
    made: list[Span] = []
    for span in spans:
        first, last = bisect_right(old_ends, span.start), bisect_left(old_starts, span.end) - 1
        if span.start == span.end:
            first = min(first, len(found) - 1)
            place = starts[first] + min(max(0, span.start - old_starts[first]), old_ends[first] - old_starts[first])
            made.append(replace(span, start=place, end=place))
        elif first <= last:
            start = starts[first] + max(0, span.start - old_starts[first])
            end = starts[last] + min(span.end, old_ends[last]) - old_starts[last]
            made.append(replace(span, start=start, end=end))
    return made
