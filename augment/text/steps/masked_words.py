"""MaskedWords: replaces words by others that a masked language model expects there; the model is a local folder.

    text: [{MaskedWords: {model: models/bert-base-cased, rate: 0.15}}]

Each of some drawn words is hidden, and one of the likeliest others is drawn by its probability: Kobayashi, "Contextual
Augmentation", NAACL 2018; Wu et al., "Conditional BERT Contextual Augmentation", ICCS 2019. Needs the extra
``models``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text import models
from augment.text.handing import Token, cased, words
from augment.text.models import Folders
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.steps._tokens import edited
from augment.text.value import Passage

LABELS = "keeps"
NOTE = (
    "The class stays where the model hits it: it may put in a word that means the opposite. Entities and answers are "
    "left alone, tokens go with their words."
)
DOCS = "https://aclanthology.org/N18-2072/"

HEAD = "AutoModelForMaskedLM"


class Options(Columns):
    """Which model, and how many words."""

    model: str = pydantic.Field(description="Folder with a masked language model, as Hugging Face writes it.")
    rate: Rate = pydantic.Field(0.15, description="Share of the words, at least one; or [low, high].")
    top_k: int = pydantic.Field(10, ge=1, le=1000, description="Of how many likeliest words one is drawn.")


def given(options: Options, base: Path) -> Folders:
    """The model. Raises RecipeError."""
    return models.folders("MaskedWords", {"model": options.model}, base, HEAD)


def apply(options: Options, sample: Sample, chance: Chance, given: Folders) -> tuple[Sample, dict[str, Any]]:
    """The texts with other words in them."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        known = words(passage)
        chosen = picked(many(options.rate, len(known), generator), len(known), generator)
        if not chosen:
            return passage
        with models.drawing(0):
            return edited(
                passage, list(_edits(str(given.places[0]), options.top_k, passage, known, chosen, generator))
            )

    return each(options, sample, chance, change)


def _edits(
    folder: str, top: int, passage: Passage, known: list[Token], chosen: list[int], generator: Numbers
) -> Iterator[tuple[int, int, str]]:
    """What to put in the place of which words.

    Args:
        folder: With the model.
        top: Of how many words one is drawn.
        passage: The text.
        known: Its words.
        chosen: Which of them are to be replaced.
        generator: To draw from.
    """
    hidden = [known[index] for index in chosen]
    for word, likely in zip(hidden, _likely(folder, top, passage.text, hidden), strict=True):
        fit = [(other, weight) for other, weight in likely if other.lower() != word.lower()][:top]
        draw = generator.random() * sum(weight for _, weight in fit)
        for other, weight in fit:
            draw -= weight
            if draw < 0:
                yield word.start, word.end, cased(other, word)
                break


def _likely(folder: str, top: int, text: str, words: list[Token]) -> Iterator[list[tuple[str, float]]]:
    """For each of some words of a text, hidden all at once: the likeliest, with their probabilities.

    A text that is longer than the model takes is seen in stretches, see ``models.windows``.
    """
    torch = models.library("torch")
    tokenizer, model = models.loaded(folder, HEAD)
    mask, hidden, done = tokenizer.mask_token, list[str](), 0
    for word in words:
        hidden += [text[done : word.start].replace(mask, " "), mask]
        done = word.end
    hidden.append(text[done:].replace(mask, " "))
    ids, spelled = _vocabulary(folder)
    for window in models.windows(tokenizer, model, "".join(hidden)):
        fed = torch.tensor([window])
        places = (fed[0] == tokenizer.mask_token_id).nonzero()[:, 0]
        if not len(places):
            continue
        scores = model(input_ids=fed, attention_mask=torch.ones_like(fed)).logits[0, places][:, ids]
        weights, found = torch.softmax(scores.double(), -1).topk(min(top + 2, len(spelled)), -1)
        for row in zip(found.tolist(), weights.tolist(), strict=True):
            yield [(spelled[index], weight) for index, weight in zip(*row, strict=True)]


@lru_cache(models.HELD)
def _vocabulary(folder: str) -> tuple[Any, list[str]]:
    """The tokens of a model that are whole words, and no parts: their numbers, and how they are written."""
    torch = models.library("torch")
    tokenizer, model = models.loaded(folder, HEAD)
    known = {index: token for token, index in tokenizer.get_vocab().items()}
    size = model.get_output_embeddings().weight.shape[0]
    opened = next((mark for mark in ("Ġ", "▁") if any(token.startswith(mark) for token in known.values())), "")
    whole: dict[int, str] = {}
    for index in sorted(known):
        written = tokenizer.convert_tokens_to_string([known[index]]).strip()
        if known[index].startswith(opened) and written.isalpha() and index < size:
            whole[index] = written
    for index in tokenizer.all_special_ids:
        whole.pop(index, None)
    return torch.tensor(list(whole), dtype=torch.long), list(whole.values())
