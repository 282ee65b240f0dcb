"""Language models that lie in a local folder as Hugging Face writes them: loaded once a process, and never downloaded.

The packages torch and transformers are an extra. Models run on the processor, in one thread, in evaluation mode: on
one kind of machine the same chance gives the same words.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from augment import interrupts
from augment.errors import Problem, RecipeError
from augment.failures import first_line
from augment.references import find
from augment.text import places

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
"""What the packages read from the environment; the last keeps the tokenizers from threads of their own."""

HELD = 4
"""Models that one process holds."""

MOST = 512
"""Tokens that a model gets at once, if it takes as many."""

_NEAR = 32
"""Characters between two tokens of a text at most; what is farther away is another."""


@dataclass(frozen=True)
class Folders:
    """Folders with models that a step was given.

    Args:
        places: Absolute paths, in the order of the parameters.
        files: All that is in them and belongs to a model.
    """

    places: tuple[Path, ...]
    files: tuple[Path, ...]


def missing(name: str) -> Iterator[Problem]:
    """What of the packages is not there or can't be imported; ``name`` is the step that needs them."""
    for module in ("torch", "transformers"):
        try:
            library(module)
        except ImportError as error:
            expected = f"expected the package {module}, which {name} needs ({error})"
            yield Problem("", expected, "pip install 'augment[models]'")
            return


def library(name: str) -> Any:
    """torch or transformers, imported so that they ask nothing of the network. Raises ImportError."""
    os.environ.update(OFFLINE)
    with interrupts.held(), _quiet():
        return importlib.import_module(name)


def folders(name: str, given: dict[str, str], base: Path, head: str) -> Folders:
    """The models that a step's parameters name, each loaded once to see that it can be.

    Args:
        name: Of the step.
        given: Parameter -> name of a folder.
        base: The recipe's folder.
        head: The class of transformers that loads them.

    Raises:
        RecipeError: With every problem.
    """
    problems, found, files = [*missing(name)], list[Path](), list[Path]()
    for key, value in given.items():
        try:
            found.append(places.model(value, base, key))
            files += [file for file, _ in find(str(found[-1]), base, key, "a model's files", places.SUFFIXES)]
            if not problems:
                loaded(str(found[-1]), head)
        except RecipeError as error:
            problems += error.problems
        except Exception as error:  # a broken model may fail in any way
            problems.append(
                Problem(key, f"expected a model that {head} of transformers loads, got {value!r}: {first_line(error)}")
            )
    loaded.cache_clear()  # workers load their own
    if problems:
        raise RecipeError(problems)
    return Folders(tuple(found), tuple(files))


@lru_cache(HELD)
def loaded(folder: str, head: str) -> tuple[Any, Any]:
    """Tokenizer and model of a folder; ``head`` is the class of transformers. Raises whatever it raises."""
    transformers = library("transformers")
    with _quiet():
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = getattr(transformers, head).from_pretrained(folder, local_files_only=True)
    return tokenizer, model.eval()


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Within it torch draws from ``seed``, in one thread, and keeps no gradients; after it, all is as before."""
    torch = library("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad(), _quiet():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def translated(data: Sequence[str], tokenizer: Any, model: Any, longest: int | None = None, **how: Any) -> list[str]:
    """Texts as a sequence-to-sequence model gives them back.

    Args:
        data: Texts.
        tokenizer: Of the model.
        model: Of transformers, for conditional generation.
        longest: Tokens of one output at most.
        **how: For ``generate``.
    """
    most = room(model, longest or MOST)
    fed = tokenizer(list(data), padding=True, truncation=True, max_length=most, return_tensors="pt")
    made = model.generate(input_ids=fed["input_ids"], attention_mask=fed["attention_mask"], max_length=most, **how)
    texts: list[str] = tokenizer.batch_decode(made, skip_special_tokens=True)
    return texts


def room(model: Any, wanted: int) -> int:
    """How many tokens a model takes, and no more than are wanted; at least one."""
    known = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(known, int) or known <= 0:
        return wanted
    tables = (getattr(part, "position_embeddings", None) for part in model.modules())
    padding = next((place for table in tables if (place := getattr(table, "padding_idx", None)) is not None), -1)
    return max(1, min(wanted, known - padding - 1))  # RoBERTa and its kin count positions from behind the padding's


def windows(tokenizer: Any, model: Any, text: str) -> list[list[int]]:
    """The tokens of a text in stretches that a model takes, near to equal in length, each with the special tokens.

    Together they hold every token of the text once, in order; a short text is one stretch.
    """
    most = min(room(model, MOST), tokenizer.model_max_length)  # a tokenizer that knows of no end has a very large one
    whole: list[int] = tokenizer(text)["input_ids"]
    if len(whole) <= most:
        return [whole]
    bare: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    ends = len(whole) - len(bare)
    first = next(place for place in range(ends + 1) if whole[place : place + len(bare)] == bare)
    count = -(-len(bare) // max(1, most - ends))
    edges = [turn * len(bare) // count for turn in range(count + 1)]
    return [whole[:first] + bare[start:end] + whole[first + len(bare) :] for start, end in pairwise(edges)]


def pieces(tokenizer: Any, text: str) -> list[tuple[int, int]]:
    """Where the tokens of a text stand in it, in code points and without white space, special tokens not added.

    Empty is the place of a token that is not in the text as it is written: tokenizers in Python alone don't say where
    theirs are, and change letters.
    """
    if not tokenizer.is_fast:
        return list(_sought(tokenizer, text))
    found = []
    for start, end in tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]:
        part = text[start:end]
        start += len(part) - len(part.lstrip())
        found.append((start, start + len(part.strip())))
    return found


def _sought(tokenizer: Any, text: str) -> Iterator[tuple[int, int]]:
    """The same by looking for each token a little after the one before."""
    done, lower = 0, text.lower()
    for token in tokenizer.tokenize(text):
        written = tokenizer.convert_tokens_to_string([token]).strip().removeprefix("##")
        start = text.find(written, done, done + len(written) + _NEAR)
        if start < 0 and len(lower) == len(text):
            start = lower.find(written, done, done + len(written) + _NEAR)
        if not written or start < 0:
            yield done, done
        else:
            done = start + len(written)
            yield start, done


@contextmanager
def _quiet() -> Iterator[None]:
    """Within it the packages say nothing of deprecations and missing heads, and draw no progress bars."""
    log = logging.getLogger("transformers")
    level, told = log.level, sys.modules.get("transformers.utils.logging")
    bars = told is not None and told.is_progress_bar_enabled()
    log.setLevel(logging.ERROR)
    if told is not None and bars:
        told.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
        if told is not None and bars:
            told.enable_progress_bar()
