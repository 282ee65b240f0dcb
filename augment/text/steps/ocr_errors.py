"""OcrErrors: misreads letters and digits as optical character recognition does: 0 for O, m for rn, e for é.

    text: [{OcrErrors: {rate: 0.05, digits: false}}]

What is taken for what, and from where that is known: see _misreadings.py. Latin, Cyrillic and Greek letters; a digit
becomes a letter of the script of the letters beside it.
"""

from __future__ import annotations

from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps import _letters
from augment.text.steps._misreadings import BEGINS, ONE, TWO, digit
from augment.text.steps._passages import Columns, Draw, Rate, counted, each_with
from augment.text.value import Edit, Passage

LABELS = "keeps"
NOTE = "Words get harder to read, and numbers become others unless `digits` is false."
DOCS = "https://doi.org/10.1109/JCDL.2019.00015"


_READ = {**ONE, **dict.fromkeys("0123456789", ())}
"""A character -> what is read in its place; of a digit that hangs on the text."""


class Options(Columns):
    """How much is misread."""

    rate: Rate = pydantic.Field(0.02, description="Share of a text's characters; at least one where above 0.")
    digits: bool = pydantic.Field(True, description="Whether digits may be misread, and with them numbers.")


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each_with(options, sample, chance, _change, options)


def _change(passage: Passage, draw: Draw, options: Options) -> Passage:
    count = counted(options.rate, len(passage.text), draw)
    return _letters.tried(passage, _edits, options.digits, count, draw) if count else passage


def _edits(passage: Passage, digits: bool, count: int, random: Draw) -> list[Edit]:
    """Misreadings at places drawn until there are enough, or it seems that there are no more."""
    text, simple = passage.text, passage.simple
    length = len(text)
    edits: list[Edit] = []
    for _ in range(4 * count + 8):
        drawn = random() * length
        start = int(drawn)
        drawn -= start  # which of its misreadings
        char = text[start]
        wrong = _READ.get(char)
        if not wrong:
            if wrong is None or not digits:
                continue
            wrong = digit(text, start)
            if not wrong:
                continue
        end = start + 1
        if char in BEGINS:
            pair = TWO.get(text[start : start + 2])
            if pair is not None and drawn < 0.5:  # two letters are misread as often as one
                wrong, drawn, end = pair, 2 * drawn, start + 2
        if simple or _whole(passage, start, end):
            edits.append((start, end, wrong[int(drawn * len(wrong))]))
            if len(edits) == count:
                break
    return edits


def _whole(passage: Passage, start: int, end: int) -> bool:
    """Whether what stands there are letters that may change, without marks."""
    return all(_letters.end(passage, place) == place + 1 for place in range(start, end))
