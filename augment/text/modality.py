"""What a text is: the text modality. Importing this imports neither nlpaug nor NLTK, nor any segmenter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from augment import interrupts
from augment.annotations import Annotations
from augment.chance import Chance
from augment.contracts import Description, Finding, Setting, Settled, Step
from augment.errors import SampleError
from augment.sample import Applied, Content, Dataset, Sample
from augment.steps import Makers
from augment.text.decode import NAME, SUFFIXES, decode, original, sound
from augment.text.encode import Encoding, encode
from augment.text.labels.options import Labels
from augment.text.names import KNOWN
from augment.text.tokenized import settled
from augment.text.value import Document, Passage

__all__ = ["SUFFIXES", "Encoding", "Labels", "decode", "encode", "original"]

STEPS = KNOWN.package
"""The package of our own steps."""

FORMAT = "jsonl"

TEXTUAL = True

BESIDE = True

VERSIONS = (
    "Faker",
    "gensim",
    "janome",
    "jieba",
    "nlpaug",
    "nltk",
    "numpy",
    "pythainlp",
    "regex",
    "tokenizers",
    "torch",
    "transformers",
)
"""Those that are not installed count too: a segmenter that comes later would cut words elsewhere."""

DEFAULT_STEPS: Sequence[Mapping[str, Any]] = (
    {"one_of": [{"SynonymReplacement": {"rate": 0.1}}, {"RandomSwap": {"rate": 0.1}}, {"Aeda": {}}]},
    {"Contractions": {"p": 0.3}},
    {"Typos": {"rate": 0.03, "p": 0.5}},
)


def names() -> list[str]:
    """All steps, sorted."""
    return KNOWN.names()


def describe(name: str) -> Description:
    """What ``augment describe`` prints. Raises KeyError."""
    from augment.text import describe as library

    return KNOWN.describe(name, library.describe)


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> Step:
    """A step from its recipe. Raises RecipeError."""
    with interrupts.held():
        from augment.text import parameters as library
        from augment.text.own import onto

    return KNOWN.build(name, parameters, setting, Makers(library.build, onto))


def references(step: Step) -> Iterator[Path]:
    """Word lists, lexicons and models."""
    yield from getattr(step, "files", ())


def diagnose() -> Iterator[Finding]:
    """Whether nlpaug is sound, and which segmenters and models' libraries are there."""
    from augment.text.diagnose import findings

    return findings()


def settle(value: Any, content: Content, dataset: Dataset, labels: Labels) -> Settled:
    """Spans within their texts. Raises SampleError where annotations are of pictures or sounds."""
    from augment.text.labels.settle import settle as true_to

    return true_to(value, content)


def objections(step: Step, dataset: Dataset, labels: Labels) -> Iterator[str]:
    """Where spans can't follow what a step does, or it names a column that is not there."""
    from augment import own
    from augment.text.labels.objections import objections as found

    yield from own.objections(step, dataset)
    yield from found(step, dataset)


def search_space(policy: str) -> Sequence[Mapping[str, Any]]:
    """None is published for text."""
    return ()


def blend(values: Sequence[Any], weights: Sequence[float]) -> Any:
    """There is no mean of texts. Raises SampleError."""
    raise SampleError("step failed", "texts can't be blended; aug_mix and its like are for pictures and sounds")


def plain(value: Any) -> tuple[Any, Mapping[str, Any]]:
    """The text; texts by column where there are several."""
    document: Document = value
    texts = document.texts
    return (texts if document.row and len(texts) > 1 else next(iter(texts.values()))), {}


def taken(value: Any, facts: Mapping[str, Any]) -> Any:
    """A document from a text, or from texts by column. Raises SampleError."""
    texts = {NAME: value} if isinstance(value, str) else value
    if not isinstance(texts, Mapping) or not texts or not all(isinstance(text, str) for text in texts.values()):
        raise SampleError("no text", f"expected a text, or texts by column, got {type(value).__name__}")
    for text in texts.values():
        sound(text)
    return Document({name: Passage(text) for name, text in texts.items()}, row=len(texts) > 1)


def identity(value: Any) -> bytes:
    """What two copies have in common that are one: their texts."""
    document: Document = value
    return "\0".join(passage.text for passage in document.passages.values()).encode("utf-8", "surrogatepass")


def apply(sample: Sample, steps: Sequence[tuple[Step, Chance]], labels: Labels) -> tuple[Sample, list[Applied]]:
    """Run the steps that were drawn for one copy, in order; spans follow their words."""
    notes = sample.annotations
    document: Document = sample.value
    marked = document.marked(notes.spans if notes else (), labels.policy)
    if marked is not document:
        sample = replace(sample, value=marked)
    told: list[Applied] = []
    for step, chance in steps:
        sample, applied = step.apply(sample, chance)
        told.append(applied)
    if notes is not None and notes.spans and sample.value is not marked:
        sample = replace(sample, value=settled(marked, sample.value, notes.fields))
    if (spans := sample.value.spans) or (notes is not None and notes.spans):
        sample = replace(sample, annotations=replace(notes or Annotations(), spans=spans))
    return sample, told
