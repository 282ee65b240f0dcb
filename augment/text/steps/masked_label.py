"""MaskedLabel: hides words behind a mask token and labels each with what it was, for a model to find out.

    text: [{MaskedLabel: {rate: 0.15, mask_token: "[MASK]"}}]

A pretext task of self-supervised learning: the masked language model of Devlin et al., "BERT", NAACL 2019. Whole words
are hidden, as in its later models, and all of them by the token.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pydantic

from augment.annotations import MASKED, Span
from augment.chance import Chance
from augment.sample import Dataset, Sample
from augment.text.handing import words
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked, valued
from augment.text.steps._tokens import edited
from augment.text.value import Document, Passage

LABELS = "keeps"
NOTE = (
    "Each hidden word becomes a span of the layer `masked`, its label the word that was there. Entities and answers "
    "are left alone, tokens go with their words; steps after it leave the mask alone."
)
DOCS = "https://aclanthology.org/N19-1423/"
P = 1.0

LOOSE = "sentence"
"""A layer that edits may touch, which the new spans have while the words become masks."""


class Options(Columns):
    """How many words, and what stands in their place."""

    rate: Rate = pydantic.Field(0.15, description="Share of the words, at least one; or [low, high].")
    mask_token: str = pydantic.Field("[MASK]", pattern=r"^\S{1,64}$", description="What stands there; no white space.")


def writes(options: Options, dataset: Dataset) -> Dataset:
    """Annotations say what stands where."""
    return replace(dataset, spanned=True)


def apply(options: Options, sample: Sample, chance: Chance) -> tuple[Sample, dict[str, Any]]:
    """The texts with words hidden."""
    made, told = each(options, sample, chance, lambda passage, numbers: _masked(options, passage, numbers))
    document: Document = made.value
    if made is sample or len(document.passages) == 1:
        return made, told
    return valued(made, document.changed({name: _placed(one, name) for name, one in document.passages.items()})), told


def _masked(options: Options, passage: Passage, numbers: Numbers) -> Passage:
    """One text with words hidden; the same one where none can be."""
    known = [word for word in words(passage) if word != options.mask_token]
    chosen = [known[place] for place in picked(many(options.rate, len(known), numbers), len(known), numbers)]
    if not chosen:
        return passage
    told = {"masked": True}  # known again by its identity, whatever fields others have
    marks = tuple(Span(word.start, word.end, str(word), LOOSE, fields=told) for word in chosen)
    open_ = Passage(passage.text, (*passage.spans, *marks), passage.policy)
    made = edited(open_, [(word.start, word.end, options.mask_token) for word in chosen])
    if made is open_:
        return passage
    spans: list[Span] = []
    for span in made.spans:
        if span.fields is not told:
            spans.append(span)
        elif made.text[span.start : span.end] == options.mask_token:  # and else it had to be left as it was
            spans.append(replace(span, layer=MASKED, fields={}))
    return Passage(made.text, tuple(spans), made.policy)


def _placed(passage: Passage, column: str) -> Passage:
    """A text of several whose masks name its column."""
    if not any(span.layer == MASKED and not span.column for span in passage.spans):
        return passage
    spans = [
        replace(span, column=column) if span.layer == MASKED and not span.column else span for span in passage.spans
    ]
    return Passage(passage.text, tuple(spans), passage.policy)
