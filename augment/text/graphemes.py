"""Grapheme clusters, what a reader takes for one character: Unicode Standard Annex 29, by the package ``regex``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_find: Callable[[str], Iterator[Any]] | None = None


def boundaries(text: str) -> frozenset[int] | None:
    """Where clusters begin, and the end of the text; None where every place is one, as in most English text."""
    if text.isascii() and "\r\n" not in text:
        return None
    global _find
    if _find is None:
        import regex  # 25 ms, and plain English never needs it

        _find = regex.compile(r"\X").finditer
    return frozenset([*(match.start() for match in _find(text)), len(text)])
