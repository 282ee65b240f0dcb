"""RandomInsertion: puts synonyms of some words at random places between words.

    text: [{RandomInsertion: {rate: 0.1}}]

One of the four operations of EDA (Wei and Zou, EMNLP 2019). English only, as its synonyms are. Where tokens are told,
the new word is one, with the facts of the word that it is a synonym of.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate
from typing import Any

from augment.chance import Chance
from augment.sample import Sample
from augment.text.marks import TOKENS
from augment.text.steps._english import foreign
from augment.text.steps._lexical import How, Lexica, Lexical, given, in_turn, instead, known
from augment.text.steps._passages import Draw, counted, each_with
from augment.text.steps._words import Parts, joined, loose, parts_of, tokenized
from augment.text.value import Passage

__all__ = ["DOCS", "LABELS", "NOTE", "Options", "apply", "changed", "given"]

LABELS = "keeps"
NOTE = (
    "Classes stay at a small rate (EDA reports 0.1); what is put in belongs to no entity and no answer, and is a token"
    " where tokens are told."
)
DOCS = "https://aclanthology.org/D19-1670/"


class Options(Lexical):
    """How many words are put in, and of which senses."""


def apply(options: Options, sample: Sample, chance: Chance, words: Lexica) -> tuple[Sample, dict[str, Any]]:
    """The texts with more words in them."""
    table = words.table(options.senses)
    return each_with(options, sample, chance, changed, (table, options.rate, options.language))


def changed(passage: Passage, draw: Draw, how: How) -> Passage:
    """One text with more words in it."""
    parts = parts_of(passage)
    words = parts[1::2]
    count = len(words)
    table, rate, language = how
    left = counted(rate, count, draw)
    sources = known(words, table) if left else []
    if not sources or foreign(passage, language, words):
        return passage
    told = tokenized(passage)
    added: dict[int, tuple[int, str]] = {}
    for source in in_turn(sources, draw):
        found = instead(parts, source, table, draw, not told).lower()
        place = 2 * int(draw() * count) + 1
        if not found or place in added or not loose(parts, place):
            continue
        added[place] = source, found
        left -= 1
        if not left:
            break
    if not added:
        return passage
    if told:
        return _with_tokens(passage, parts, added)
    new = parts.copy()
    for place, (_, word) in added.items():
        new[place] = f"{word} {new[place]}"
    return joined(passage, parts, new)


def _with_tokens(passage: Passage, parts: Parts, added: dict[int, tuple[int, str]]) -> Passage:
    """The same where each new word becomes a token."""
    starts = list(accumulate(map(len, parts), initial=0))
    tokens = {span.start: span for span in passage.spans if span.layer in TOKENS}
    fit = [place for place in sorted(added) if starts[place] in tokens and starts[added[place][0]] in tokens]
    made = passage.edited([(starts[place], starts[place], added[place][1] + " ") for place in fit])
    more = sum(len(added[place][1]) + 1 for place in fit)
    if len(made.text) != len(passage.text) + more:
        return passage  # some of them would join grapheme clusters
    found, shift = list(made.spans), 0
    for place in fit:
        source, word = added[place]
        at = starts[place] + shift
        found.append(replace(tokens[starts[source]], start=at, end=at + len(word)))
        shift += len(word) + 1
    found.sort(key=lambda span: (span.start, span.end))
    return Passage(made.text, tuple(found), made.policy) if fit else passage
