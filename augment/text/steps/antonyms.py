"""Antonyms: replaces words by their opposites from WordNet, in the same form and case.

    text: [{Antonyms: {rate: 0.05}}]

For hard negatives and contrast sets (Gardner et al., "Evaluating Models' Local Decision Boundaries via Contrast Sets",
Findings of EMNLP 2020); nlpaug's AntonymAug does the like. English only.
"""

from __future__ import annotations

from typing import Any

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._lexical import Lexica, Lexical, Senses, given, replaced
from augment.text.steps._passages import each_with

__all__ = ["DOCS", "LABELS", "NOTE", "Options", "apply", "given"]

LABELS = "may break"
NOTE = (
    "The text says the opposite of something: a class such as sentiment, entailment or intent may become untrue."
    " Entities and answers are left alone, tokens follow their words."
)
DOCS = "https://wordnet.princeton.edu/documentation/wngloss7wn"


class Options(Lexical):
    """How many words, and which opposites."""

    senses: Senses = 2


def apply(options: Options, sample: Sample, chance: Chance, words: Lexica) -> tuple[Sample, dict[str, Any]]:
    """The texts with opposites in them."""
    table = words.table(options.senses, True)
    return each_with(options, sample, chance, replaced, (table, options.rate, options.language))
