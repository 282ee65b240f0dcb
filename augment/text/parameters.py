"""Recipe parameters of a library step -> checked ones, with every mistake found and the right name beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic

from augment import native
from augment.contracts import Setting
from augment.errors import Problem, RecipeError, nearest
from augment.references import find
from augment.steps import unknown_parameter
from augment.text import kinds, manners, nltk_data, places, schema
from augment.text.library import EXCLUDED, LibraryStep, transforms
from augment.text.names import KNOWN
from augment.text.steps._passages import Columns
from augment.text.tryout import try_out

GROUPS = {"Sequential": "write sequence", "Sometimes": "give the step a p"}
"""Compositions of nlpaug -> what recipes have for them."""

TABLES = ("tfidfaug_w2idf.txt", "tfidfaug_w2tfidf.txt")
"""What TfIdfAug reads from its folder."""


def build(name: str, parameters: Mapping[str, Any], setting: Setting) -> LibraryStep:
    """A step from its recipe. Raises RecipeError with every problem."""
    if name not in transforms():
        raise RecipeError([unknown(name)])
    given = {str(key): value for key, value in parameters.items()}
    p, problems = native.chance(given, native.P)
    columns = given.pop("columns", None)
    try:
        options = Columns(columns=columns)
    except pydantic.ValidationError:
        options = Columns()
        problems.append(Problem("columns", f"expected a name or a list of names, got {columns!r}"))
    folder = given.pop(nltk_data.KEY, "") if name in nltk_data.OURS else ""
    known = kinds.kinds(name)
    problems += [_unknown_parameter(name, key) for key in given if key not in known]
    given = {key: value for key, value in given.items() if key in known}
    problems += _value_problems(name, given)
    files = _Files(name, setting.base)
    given = files.taken(given, {problem.path for problem in problems})
    folder = files.place(nltk_data.KEY, folder, folder=True) if folder != "" else ""
    problems += files.problems
    if problems:
        raise RecipeError(problems)
    if name in nltk_data.OURS:
        needed = (nltk_data.TAGGER,) if given.get("aug_src") == "ppdb" else nltk_data.NEEDED
        files.found += nltk_data.check(name, folder, needed)
    step = LibraryStep(name, p, given, options, tuple(files.found), folder)
    try_out(step)
    return step


def names(name: str) -> list[str]:
    """The parameters of a step as a recipe may give them, less those that all steps have."""
    return [*kinds.kinds(name), *([nltk_data.KEY] if name in nltk_data.OURS else [])]


def unknown(name: str) -> Problem:
    """What is wrong with a name that is no step, and what to write."""
    if name in EXCLUDED:
        return Problem(name, f"expected a step for a recipe, {name} is none: it {EXCLUDED[name]}")
    if name in GROUPS:
        return Problem(name, f"expected a step, {name} groups steps", GROUPS[name])
    return KNOWN.unknown(name)


def _unknown_parameter(step: str, key: str) -> Problem:
    if key in kinds.LEFT_OUT and (key in schema.fields(step) or key in ("n", "num_thread")):
        return Problem(key, f"{key} of {step} {kinds.LEFT_OUT[key]}", f"leave {key} out")
    return unknown_parameter(step, key, [*names(step), "columns", "p"])


def _value_problems(name: str, given: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the values, as far as types, ranges and their order tell."""
    known, fields = kinds.kinds(name), schema.fields(name)
    problems = {key: problem for key, value in given.items() for problem in _misfit(name, key, value)}
    filled = {**{key: fields[key].default for key in known}, **given}
    for low in known:
        high = low.replace("min", "max")
        if high == low or high not in known or not ({low, high} & set(given)) or {low, high} & set(problems):
            continue
        if filled[low] is None or filled[high] is None or filled[high] == 0 or filled[low] <= filled[high]:
            continue
        told = " and ".join(f"{key}: {filled[key]}{'' if key in given else ' (its default)'}" for key in (low, high))
        key = low if low in given else high
        problems[key] = Problem(key, f"expected {low} <= {high}, got {told}")
    if name == "ReservedAug" and "reserved_tokens" not in problems and "reserved_tokens" in given:
        problems.update({problem.path: problem for problem in _lonely(given)})
    if name == "SynonymAug" and "model_path" not in problems:
        problems.update({problem.path: problem for problem in _sources(given)})
    return list(problems.values())


def _misfit(name: str, key: str, value: Any) -> Iterator[Problem]:
    """What is wrong with one value by itself."""
    kind = kinds.kinds(name)[key]
    if (name, key) == ("OcrAug", "dict_of_path") and isinstance(value, Mapping):
        if not value or not all(isinstance(one, str) and kinds.texts(found) for one, found in value.items()):
            yield Problem(key, f"expected {kind.words}, got {value!r}")
    elif not kind.fits(value):
        close = nearest(value, kind.choices) if isinstance(value, str) and kind.choices else ""
        right = f"{kind.words}{' or null' if kind.null else ''}"
        yield Problem(key, f"expected {right}, got {value!r}", close if close.startswith("did") else "")


def _lonely(given: Mapping[str, Any]) -> Iterator[Problem]:
    """Groups in which there is nothing that a phrase could be replaced by."""
    cased = given.get("case_sensitive", True)
    for place, group in enumerate(given["reserved_tokens"]):
        if len({" ".join(one.split()) if cased else " ".join(one.lower().split()) for one in group}) < 2:
            expected = f"expected two texts or more that differ, got {list(group)!r}"
            yield Problem("reserved_tokens", f"{expected} as number {place + 1}")


def _sources(given: Mapping[str, Any]) -> Iterator[Problem]:
    """PPDB needs a file, and WordNet takes none."""
    ppdb = given.get("aug_src", "wordnet") == "ppdb"
    if ppdb and not given.get("model_path"):
        words = kinds.kinds("SynonymAug")["model_path"].words
        yield Problem("model_path", f"expected {words}, for aug_src is ppdb; nothing is downloaded")
    elif not ppdb and given.get("model_path"):
        yield Problem("model_path", "expected none, for aug_src is wordnet", "write aug_src: ppdb, or nltk_data")


class _Files:
    """The files and folders that parameters name.

    Args:
        name: Of the step.
        base: The recipe's folder.
    """

    def __init__(self, name: str, base: Path) -> None:
        self.name, self.base = name, base
        self.found: list[Path] = []
        self.problems: list[Problem] = []

    def taken(self, given: Mapping[str, Any], wrong: set[str]) -> dict[str, Any]:
        """The parameters with absolute paths for names; those in ``wrong`` are left alone."""
        made = dict(given)
        for key, kind in kinds.kinds(self.name).items():
            if kind.base not in ("file", "folder") or key in wrong:
                continue
            value = given.get(key)
            if isinstance(value, str):
                made[key] = self.place(key, value, kind.base == "folder")
            elif value is None and (self.name, key) not in kinds.OPTIONAL:
                expected = f"expected {kind.words}; it has no default, for nothing is downloaded"
                self.problems.append(Problem(key, expected))
        if self.name == "ReservedAug" and "reserved_tokens" not in wrong and "reserved_tokens" in given:
            made["reserved_tokens"] = [[" ".join(one.split()) for one in group] for group in given["reserved_tokens"]]
        elif self.name == "ReservedAug" and "reserved_tokens" not in given:
            words = kinds.kinds(self.name)["reserved_tokens"].words
            self.problems.append(Problem("reserved_tokens", f"expected {words}; it has no default"))
        if self.name == "AbstSummAug":
            made.setdefault("tokenizer_path", made.get("model_path"))
        return made

    def place(self, key: str, value: Any, folder: bool) -> str:
        """The absolute path that a name stands for, whose files are kept in mind; empty where it leads nowhere."""
        try:
            if not isinstance(value, str):
                raise RecipeError([Problem(key, f"expected a folder, got {value!r}")])
            model = folder and key != nltk_data.KEY and self.name in manners.MODELS
            found = places.model(value, self.base, key) if model else places.place(value, self.base, key, folder)
            self.found += self._used(found, key)
        except RecipeError as error:
            self.problems += error.problems
            return ""
        return str(found)

    def _used(self, found: Path, key: str) -> list[Path]:
        """The files of a place that the step will read. Raises RecipeError where they are not there."""
        if self.name == "TfIdfAug":
            tables = [found / table for table in TABLES]
            if not all(table.is_file() for table in tables):
                raise RecipeError([Problem(key, f"expected a folder with {' and '.join(TABLES)}, got {found}")])
            return tables
        if found.is_file():
            return [found]
        if key == nltk_data.KEY:
            return []  # see nltk_data.check
        return [file for file, _ in find(str(found), self.base, key, "a model's files", places.SUFFIXES)]
