"""Letters that a step may change: in a word that touches nothing guarded, and whole, with their marks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from augment.text import guards
from augment.text.steps._passages import Draw
from augment.text.value import Edit, Passage

_SIGNS = guards.telling(guards.SIGNS + "\r")
_TOLD = bytes(1 if chr(code).isalpha() else 0 if _SIGNS[code] else 2 for code in range(256))
"""Latin-1 -> 1 for a letter, 2 for what a text may have guarded, or clusters of characters, by."""


def inner(passage: Passage) -> bytearray | None:
    """For each character of a simple passage, 1 where it is a letter among three or more and not the first, else 0."""
    text = passage.text
    told = text.encode("latin-1", "ignore").translate(_TOLD)
    if len(told) != len(text) or 2 in told or text.find(".", 0, -1) >= 0:
        if not passage.simple:
            return None
        told = told.replace(b"\2", b"\0") if len(told) == len(text) else bytes(map(str.isalpha, text))
    letters = int.from_bytes(told, "little")  # a byte a character: what is so of all is worked out at once
    return bytearray((letters & letters << 8 & (letters >> 8 | letters << 16)).to_bytes(len(text), "little"))


def end(passage: Passage, place: int) -> int:
    """Where the letter that begins at a place ends, with its marks; 0 where none begins, or it may not change."""
    cuts, words = passage.boundaries, passage.words
    turn = bisect_right(words, (place, len(passage.text))) - 1
    if turn < 0 or words[turn][1] <= place or (cuts is not None and place not in cuts):
        return 0
    found = place + 1
    while cuts is not None and found not in cuts:
        found += 1
    return found


def tried(
    passage: Passage,
    draw: Callable[[Passage, Any, int, Draw], list[Edit]],
    how: Any,
    count: int,
    random: Draw,
) -> Passage:
    """The passage with edits as ``draw(passage, how, count, random)`` has them, asked again where none is lawful."""
    made = passage.edited(draw(passage, how, count, random))
    if made is passage:
        for _ in range(3):
            made = passage.edited(draw(passage, how, count, random))
            if made is not passage:
                break
    return made
