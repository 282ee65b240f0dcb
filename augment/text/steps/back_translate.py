"""BackTranslate: translates a text into another language and back, by two models that lie in local folders.

    text: [{BackTranslate: {there: models/opus-mt-en-de, back: models/opus-mt-de-en}}]

Sennrich, Haddow and Birch, "Improving Neural Machine Translation Models with Monolingual Data", ACL 2016; Xie et al.,
"Unsupervised Data Augmentation for Consistency Training", NeurIPS 2020. Sentence by sentence, each drawn anew by its
probability; one that would lose a link, a placeholder or whatever else is guarded stays as it was. Needs the extra
``models``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydantic

from augment.chance import Chance
from augment.sample import Sample
from augment.text import models
from augment.text.manners import anew, sentences
from augment.text.models import Folders
from augment.text.steps._passages import Columns, Numbers, each
from augment.text.value import Passage

LABELS = "keeps"
NOTE = "The class stays where the models are good; the whole text is written anew, so spans can't follow."
DOCS = "https://aclanthology.org/P16-1009/"

REWRITES = True

HEAD = "AutoModelForSeq2SeqLM"


class Options(Columns):
    """Which models, and how freely they translate."""

    there: str = pydantic.Field(description="Folder with a model into the other language, as Hugging Face writes it.")
    back: str = pydantic.Field(description="Folder with a model that translates back.")
    temperature: float = pydantic.Field(
        0.9, ge=0, le=10, description="How freely words are drawn; at 0 the likeliest are taken, and copies are alike."
    )
    top_k: int = pydantic.Field(50, ge=1, le=1000, description="Of how many likeliest words each is drawn.")
    longest: int = pydantic.Field(256, ge=8, le=4096, description="Tokens of one translated sentence at most.")


def given(options: Options, base: Path) -> Folders:
    """Both models. Raises RecipeError."""
    return models.folders("BackTranslate", {"there": options.there, "back": options.back}, base, HEAD)


def apply(options: Options, sample: Sample, chance: Chance, given: Folders) -> tuple[Sample, dict[str, Any]]:
    """The texts in other words."""

    def change(passage: Passage, generator: Numbers) -> Passage:
        text, parts, done = passage.text, list[str](), 0
        with models.drawing(int(generator.random() * 2**53)):
            for start, end in sentences(passage):
                parts += [text[done:start], _other(options, given, Passage(text[start:end], (), passage.policy))]
                done = end
        return anew(passage, "".join([*parts, text[done:]]))

    return each(options, sample, chance, change)


def _other(options: Options, given: Folders, sentence: Passage) -> str:
    """A sentence in other words; the same one where the models lose what is guarded, or it is too long for them."""
    how: dict[str, Any] = {"num_beams": 1, "do_sample": options.temperature > 0}
    if options.temperature > 0:
        how |= {"temperature": options.temperature, "top_k": options.top_k}
    text = sentence.text
    for folder in given.places:
        tokenizer, model = models.loaded(str(folder), HEAD)
        if len(tokenizer(text)["input_ids"]) > models.room(model, options.longest):
            return sentence.text
        text = models.translated([text], tokenizer, model, options.longest, **how)[0].strip()
        if not text:
            return sentence.text
    return anew(sentence, text).text
