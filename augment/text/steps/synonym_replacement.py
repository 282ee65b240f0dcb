"""SynonymReplacement: replaces words by synonyms from WordNet, in the same form and case.

    text: [{SynonymReplacement: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, "EDA: Easy Data Augmentation Techniques for Boosting Performance on
Text Classification Tasks", EMNLP 2019), with WordNet (Miller, "WordNet: A Lexical Database for English", 1995). The
first sense alone is right for about two words in three, and each further one is seldom right (McCarthy et al.,
"Finding Predominant Word Senses in Untagged Text", ACL 2004): so ``senses`` is 1 unless said otherwise. English only:
a text most of whose words are not English stays as it is, unless ``language: any``.
"""

from __future__ import annotations

from typing import Any

from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._lexical import Lexica, Lexical, given, replaced
from augment.text.steps._passages import each_with

__all__ = ["DOCS", "LABELS", "NOTE", "Options", "apply", "given"]

LABELS = "keeps"
NOTE = (
    "Classes stay as far as a synonym means the same here, which a dictionary can't know; entities and answers are"
    " left alone, tokens follow their words and keep their facts."
)
DOCS = "https://aclanthology.org/D19-1670/"


class Options(Lexical):
    """How many words, and which synonyms."""


def apply(options: Options, sample: Sample, chance: Chance, words: Lexica) -> tuple[Sample, dict[str, Any]]:
    """The texts with synonyms in them."""
    table = words.table(options.senses)
    return each_with(options, sample, chance, replaced, (table, options.rate, options.language))
