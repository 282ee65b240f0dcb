"""Confusables: replaces letters by look-alikes of other scripts, as spammers do: ``pаypal`` with a Cyrillic а.

    text: [{Confusables: {rate: 0.1, scripts: [greek, cyrillic]}}]

After Unicode Technical Standard 39, see _lookalikes.py for the letters.
"""

from __future__ import annotations

from typing import Any, Literal

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps import _letters
from augment.text.steps._lookalikes import lookalikes
from augment.text.steps._passages import Columns, Draw, Rate, counted, each_with
from augment.text.value import Edit, Passage

LABELS = "keeps"
NOTE = "People see the same text; tokenizers see another one."
DOCS = "https://www.unicode.org/reports/tr39/#Confusable_Detection"


class Options(Columns):
    """How many, and which."""

    rate: Rate = pydantic.Field(0.05, description="Share of a text's characters; at least one where above 0.")
    scripts: tuple[Literal["latin", "greek", "cyrillic", "armenian", "fullwidth"], ...] = pydantic.Field(
        ("latin", "greek", "cyrillic"), min_length=1, description="From which look-alikes are taken."
    )


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """See augment.native. Raises nothing."""
    return each_with(options, sample, chance, _change, options)


def _change(passage: Passage, draw: Draw, options: Options) -> Passage:
    count = counted(options.rate, len(passage.text), draw)
    return _letters.tried(passage, _edits, options, count, draw) if count else passage


def _edits(passage: Passage, options: Options, count: int, random: Draw) -> list[Edit]:
    """Look-alikes at places drawn until there are enough, or it seems that there are no more."""
    text, alike, simple = passage.text, lookalikes(options.scripts), passage.simple
    edits: list[Edit] = []
    for _ in range(4 * count + 8):
        at = random() * len(text)
        place = int(at)
        others = alike.get(text[place])
        if others is None or not text[place].isalnum():
            continue
        end = place + 1 if simple else _letters.end(passage, place)
        if end:
            edits.append((place, end, others[int((at - place) * len(others)) % len(others)] + text[place + 1 : end]))
            if len(edits) == count:
                break
    return edits
