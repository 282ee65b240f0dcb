"""What values the parameters of nlpaug's augmenters take: it checks none of them itself."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from augment.text import peer, schema

CODE = "has a meaning only in code, and a recipe is data"
ENGINE = "is a matter of how it runs, not of what it makes"

LEFT_OUT: Mapping[str, str] = {
    "tokenizer": CODE,
    "reverse_tokenizer": CODE,
    "model": f"{CODE}; give model_path",
    "device": "would make outputs differ from machine to machine; models run on the processor",
    "name": "is not needed: a step is called what it is",
    "batch_size": ENGINE,
    "force_reload": ENGINE,
    "silence": ENGINE,
    "use_custom_api": "has one value that works here: the other starts a process for each text",
    "verbose": ENGINE,
    "generate_all_combinations": "gives many texts, and a step gives one; the recipe says how many copies",
    "n": "is said by the recipe for all steps: how many copies",
    "num_thread": "is said by the run for all steps: --workers",
}
"""Parameters of nlpaug that recipes don't have, and why."""

FOLDERS = frozenset({"from_model_name", "to_model_name", "tokenizer_path"})
"""Parameters that name a folder with a model or a part of it."""

FILES: Mapping[tuple[str, str], str] = {
    ("KeyboardAug", "model_path"): "a JSON file with keys and their neighbours",
    ("OcrAug", "dict_of_path"): "a JSON file, or a mapping, with characters and a list of what each is taken for",
    ("SpellingAug", "dict_path"): "a text file with a word and its misspellings in each line",
    ("SynonymAug", "model_path"): "a file of PPDB, see paraphrase.org",
    ("WordEmbsAug", "model_path"): "a file with word embeddings",
}
"""Parameters that name a file, and what is in it."""

OPTIONAL = frozenset({("KeyboardAug", "model_path"), ("OcrAug", "dict_of_path"), ("SpellingAug", "dict_path"),
                      ("SynonymAug", "model_path"), ("AbstSummAug", "tokenizer_path")})  # fmt: skip
"""Names of files and folders that may be left out; the others have no default, for nlpaug's is a download."""

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("ContextualWordEmbsAug", "model_type"): ("bert", "distilbert", "roberta", "bart", ""),
    ("ContextualWordEmbsForSentenceAug", "model_type"): ("gpt2", "xlnet", ""),
    ("RandomCharAug", "swap_mode"): ("adjacent", "middle", "random"),
    ("RandomSentAug", "mode"): ("left", "right", "neighbor", "random"),
    ("SynonymAug", "aug_src"): ("wordnet", "ppdb"),
    ("WordEmbsAug", "model_type"): ("word2vec", "glove", "fasttext"),
}
"""Parameters that take one of some words, as the sources of nlpaug compare them; '' is found out by itself."""

WORDS: Mapping[str, str] = {
    "bool": "true | false",
    "float": "number",
    "int": "whole number",
    "list": "list of texts",
    "str": "text",
}


@dataclass(frozen=True)
class Kind:
    """What one parameter takes.

    Args:
        base: ``bool``, ``float``, ``int``, ``str``, ``list``, ``groups`` of texts, ``file``, ``folder``, ``regex``.
        words: The same for a person, with its limits.
        null: Whether null is one of its values.
        choices: The words that it takes; empty where it takes any.
        least: The smallest number that it takes.
        most: The largest.
    """

    base: str
    words: str
    null: bool = False
    choices: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf

    def fits(self, value: Any) -> bool:
        """Whether a value is one that the parameter takes; of files and folders only whether it is a name."""
        if value is None:
            return self.null
        if self.base in ("float", "int"):
            right = isinstance(value, int) or (self.base == "float" and isinstance(value, float))
            return right and not isinstance(value, bool) and self.least <= value <= self.most
        if self.base == "bool":
            return isinstance(value, bool)
        if self.base == "list":
            return texts(value)
        if self.base == "groups":
            return isinstance(value, (list, tuple)) and bool(value) and all(map(texts, value))
        if self.base == "regex":
            return isinstance(value, str) and _compiles(value)
        return isinstance(value, str) and (not self.choices or value in self.choices)


def texts(value: Any) -> bool:
    """Whether it is a list of texts, none of them blank."""
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) and one.strip() for one in value)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


@cache
def kinds(name: str) -> Mapping[str, Kind]:
    """Parameter -> what it takes, of those that a recipe may give to an augmenter. Raises KeyError."""
    return {key: _kind(name, key, field) for key, field in schema.fields(name).items() if key not in LEFT_OUT}


def _kind(name: str, key: str, field: schema.Field) -> Kind:
    null = field.default is None
    if (name, key) in FILES:
        return Kind("file", FILES[name, key], null)
    if key in FOLDERS or key in ("model_path", "model_dir"):
        return Kind("folder", "a folder with a model", (name, key) in OPTIONAL)
    if key == "reserved_tokens":
        return Kind("groups", "list of lists of two texts or more that stand for each other")
    if key == "stopwords_regex":
        return Kind("regex", "regular expression", null)
    choices = CHOICES.get((name, key)) or _actions(name, key) or _languages(name, key)
    if choices:
        return Kind("str", " | ".join(choice or "''" for choice in choices), null, choices)
    base = field.kind
    if key.endswith("_p") or key == "threshold":
        return Kind("float", "number from 0 to 1", null, least=0, most=1)
    if base == "int":
        least = 1 if key.startswith(("top_", "max_length")) else 0
        return Kind("int", f"whole number from {least}", key.endswith(("_min", "_max", "top_k")), least=least)
    if base == "float":
        return Kind("float", "number above 0", null, least=1e-6, most=1e6)
    return Kind(base, WORDS[base], null or key == "spec_char")


def _actions(name: str, key: str) -> tuple[str, ...]:
    """What an augmenter can do: the names of its own methods that stand for actions."""
    if key != "action":
        return ()
    methods = [node.name for node in peer.source(name).body if isinstance(node, ast.FunctionDef)]
    return tuple(action for action in schema.constants("Action").values() if action in methods)


def _languages(name: str, key: str) -> tuple[str, ...]:
    """The keyboards that nlpaug brings."""
    if (name, key) != ("KeyboardAug", "lang"):
        return ()
    return tuple(sorted(file.stem for file in (peer.folder() / "res" / "char" / "keyboard").glob("*.json")))


PARTS = ("aug", "aug_char", "aug_word")
"""What parameters begin with that say how much is done: ``aug_p``, ``aug_min``, ``aug_max``."""


def still(parameters: Mapping[str, Any]) -> bool:
    """Whether parameters ask for nothing: a share of 0 and no least number of words, or at most 0 of them.

    nlpaug takes 0 for not given, and does as it likes.
    """
    return any(
        parameters.get(f"{part}_max") == 0 or (parameters.get(f"{part}_p") == 0 and not parameters.get(f"{part}_min"))
        for part in PARTS
    )


def counted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with shares of 0 written in a way that nlpaug takes for it: so little that it rounds to none."""
    shares = {f"{part}_p" for part in PARTS}
    return {key: 1e-12 if key in shares and value == 0 else value for key, value in parameters.items()}
