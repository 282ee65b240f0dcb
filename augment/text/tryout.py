"""A step on trial when it is built: whether what it needs is there, and whether it works on some sentence."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace

from augment.chance import Chance
from augment.errors import Problem, RecipeError, SampleError
from augment.sample import Sample
from augment.text import kinds, manners
from augment.text.library import LibraryStep
from augment.text.value import Document, Passage

TEXTS = (
    "The quick brown fox jumps over the lazy dog, 1234 times. It didn't stop there! Who would have thought so?",
    "hello world",
)
"""What steps are tried on."""


def try_out(step: LibraryStep) -> None:
    """Make the instance and let it work. Raises RecipeError where it can't be made, or fails."""
    problems = [*missing(step.name)]
    if problems:
        raise RecipeError(problems)
    if kinds.still(step.parameters):
        step = replace(step, parameters={key: value for key, value in step.parameters.items() if value != 0})
    for number, text in enumerate(TEXTS):
        sample = Sample(Document({name: Passage(text) for name in _columns(step)}))
        try:
            step.apply(sample, Chance.of(0, "", number))
        except SampleError as error:
            told = ", ".join(f"{key}: {value!r}" for key, value in step.parameters.items())
            said = error.detail.partition(": ")[2] or error.detail
            expected = f"expected parameters with which {step.name} works; it fails with {told or 'none'}: {said}"
            raise RecipeError([Problem("", expected)]) from error
    step.__dict__.pop("augmenter", None)


def missing(name: str) -> Iterator[Problem]:
    """Libraries that the step needs beside nlpaug, and that are not there or can't be imported."""
    if name in manners.MODELS:
        from augment.text import models

        yield from models.missing(name)
    if name == "WordEmbsAug":
        try:
            importlib.import_module("gensim")
        except ImportError as error:
            expected = f"expected the package gensim, which {name} needs ({error})"
            yield Problem("", expected, "pip install gensim")


def _columns(step: LibraryStep) -> tuple[str, ...]:
    named = step.options.columns
    return (named,) if isinstance(named, str) else (named or ("text",))
