"""Letters that a step may change: in a word that touches nothing guarded, and whole, with their marks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from augment.text.steps._passages import Draw
from augment.text.value import Edit, Passage


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
