"""EntitySwap: replaces entities by others with the same label, from other samples of the split or from lists.

    text: [{EntitySwap: {entities: {PER: names.txt, LOC: [Oslo, La Paz]}}}]

Mention replacement, as Dai and Adel, "An Analysis of Simple Data Augmentation for Named Entity Recognition" (COLING
2020) have it. All mentions of one entity in a sample become the same other; the new words stand as they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from augment import encodings
from augment.annotations import Span
from augment.chance import Chance
from augment.errors import Problem, RecipeError, SampleError, nearest
from augment.sample import Sample
from augment.text import swaps
from augment.text.steps._passages import Columns, Numbers, Rate, each, many, picked
from augment.text.value import Document, Passage

LABELS = "keeps"
NOTE = (
    "Entities keep their labels and get the new words; what else is said of one (a link to a knowledge base) is still"
    " that of the old. Classes stay unless they hang on who or what is named. Answers are left alone; tokens in an"
    " entity are cut anew at white space."
)
DOCS = "https://aclanthology.org/2020.coling-main.343/"

LAYER = "entity"
ROUNDS = 4
"""How often partners are drawn until there is one for each label."""

Names = Mapping[str, tuple[str, ...]]
"""Label -> what can stand for an entity with it."""


class Options(Columns):
    """Which entities, and by what they are replaced."""

    rate: Rate = pydantic.Field(1.0, description="Share of a text's entities, at least one; or [low, high].")
    labels: str | tuple[str, ...] | None = pydantic.Field(None, description="Only entities with these labels.")
    entities: str | dict[str, str | tuple[str, ...]] | None = pydantic.Field(
        None,
        description=(
            "By label: a list of names, or a file with one a line; or a file with a JSON object of lists by label;"
            " null: the entities of other samples of the split."
        ),
    )
    partners: int = pydantic.Field(4, ge=1, le=100, description="How many other samples are asked at a time.")

    @pydantic.field_validator("labels", "entities")
    @classmethod
    def _some(cls, value: Any) -> Any:
        if value is not None and (not value or (isinstance(value, tuple) and "" in value)):
            raise ValueError("expected at least one, or nothing for all")
        return value


@dataclass(frozen=True)
class Lists:
    """What a recipe lists."""

    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def given(options: Options, base: Path) -> Lists:
    """The lists of a recipe. Raises RecipeError where a file can't be read, is none of names, or lacks a label's."""
    lists = _lists(options.entities, base)
    wanted = (options.labels,) if isinstance(options.labels, str) else options.labels
    if options.entities is not None and wanted is not None:
        told = ", ".join(lists.names) or "none"
        bare = [label for label in wanted if label not in lists.names]
        if bare:
            expected = f"expected labels that entities has names for ({told}), got {', '.join(map(repr, bare))}"
            raise RecipeError([Problem("labels", expected, nearest(bare[0], [*lists.names]))])
    return lists


def _lists(entities: str | Mapping[str, str | tuple[str, ...]] | None, base: Path) -> Lists:
    """What ``entities`` stands for. Raises RecipeError."""
    if entities is None:
        return Lists()
    if isinstance(entities, str):
        path = _found(entities, base, "entities")
        return Lists(_by_label(path), (path,))
    names: dict[str, tuple[str, ...]] = {}
    files: list[Path] = []
    for label, listed in entities.items():
        key = f"entities.{label}"
        if isinstance(listed, str):
            files.append(_found(listed, base, key))
            listed = tuple(_text(files[-1], key).splitlines())
        names[label] = _named(listed, key, str(files[-1]) if files else "the recipe")
    return Lists(names, tuple(files))


def _found(name: str, base: Path, key: str) -> Path:
    try:
        place = next((place for place in (base / name, Path(name)) if place.is_file()), None)
    except (OSError, ValueError):  # a name that no file can have
        place = None
    if place is None:
        raise RecipeError([Problem(key, f"expected a file with names, nothing is at {base / name}")])
    return place.absolute()


def _text(path: Path, key: str) -> str:
    try:
        return encodings.decode(path.read_bytes()).removeprefix("\ufeff")
    except (OSError, UnicodeError) as error:
        raise RecipeError([Problem(key, f"expected a file of text at {path}: {error}")]) from error


def _by_label(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        found = json.loads(_text(path, "entities"))
    except (ValueError, RecursionError) as error:
        told = f"expected a JSON object of lists by label in {path}: {error}"
        fix = "for a file with one name a line, say whose they are: entities: {LABEL: FILE}"
        raise RecipeError([Problem("entities", told, fix)]) from error
    if not isinstance(found, dict) or not all(isinstance(names, list) for names in found.values()):
        raise RecipeError([Problem("entities", f"expected a JSON object of lists by label in {path}")])
    if not found:
        raise RecipeError([Problem("entities", f"expected lists by label in {path}, got none")])
    return {str(label): _named(names, f"entities.{label}", str(path)) for label, names in found.items()}


def _named(listed: Iterable[Any], key: str, where: str) -> tuple[str, ...]:
    """Names without those that are blank. Raises RecipeError where there are none."""
    names = list(listed)
    wrong = next((name for name in names if not isinstance(name, str) or not _unicode(name)), None)
    if wrong is not None:
        raise RecipeError([Problem(key, f"expected names in {where}, got {wrong!r}")])
    found = tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
    if not found:
        raise RecipeError([Problem(key, f"expected names in {where}, found none")])
    return found


def _unicode(name: str) -> bool:
    """Whether a name may stand in a text: no NUL, no half of a surrogate pair."""
    return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in name)


def apply(options: Options, sample: Sample, chance: Chance, lists: Lists) -> tuple[Sample, dict[str, Any]]:
    """The texts with other entities. Raises SampleError where others are to be drawn and there are none."""
    wanted = (options.labels,) if isinstance(options.labels, str) else options.labels
    document: Document = sample.value
    columns = (options.columns,) if isinstance(options.columns, str) else options.columns
    fit = {
        name: _entities(passage, wanted)
        for name, passage in document.passages.items()
        if columns is None or name in columns
    }
    labels = dict.fromkeys(span.label or "" for spans in fit.values() for span in spans)
    if not labels:
        return sample, {"applied": False}
    told: dict[str, Any] = {}
    names: Names = lists.names
    if options.entities is None:
        names, told["partners"] = _drawn(sample, chance, labels, options.partners)
    chosen: dict[tuple[str, str], str] = {}
    turns = iter(fit.values())

    def change(passage: Passage, generator: Numbers) -> Passage:
        return _swapped(passage, next(turns), (options.rate, names, chosen), generator)

    made, more = each(options, sample, chance, change)
    return made, {**told, **more}


def _entities(passage: Passage, wanted: tuple[str, ...] | None) -> list[Span]:
    if not passage.spans:
        return []
    fit = swaps.swappable(passage.text, passage.spans, passage.policy)
    return [span for span in fit if span.layer == LAYER and (wanted is None or span.label in wanted)]


def _swapped(
    passage: Passage, spans: list[Span], how: tuple[Rate, Names, dict[tuple[str, str], str]], generator: Numbers
) -> Passage:
    """One text with other entities; what was chosen for an entity before is taken again."""
    rate, names, chosen = how
    mentions: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        mentions.setdefault((span.label or "", passage.text[span.start : span.end]), []).append(span)
    listed = [key for key in mentions if key in chosen or any(name != key[1] for name in names.get(key[0], ()))]
    replacements = []
    for index in picked(many(rate, len(listed), generator), len(listed), generator) if listed else ():
        key = listed[index]
        if key not in chosen:
            others = [name for name in names[key[0]] if name != key[1]]
            chosen[key] = others[int(generator.random() * len(others))]
        replacements += [(span, chosen[key]) for span in mentions[key]]
    return passage.swapped(replacements) if replacements else passage


def _drawn(sample: Sample, chance: Chance, labels: Iterable[str], count: int) -> tuple[Names, list[str]]:
    """The entities of other samples by label, and the keys of those. Raises SampleError."""
    if sample.partners is None:
        raise SampleError("no partner", "EntitySwap takes entities from other samples, and here there is only one")
    found: dict[str, dict[str, None]] = {label: {} for label in labels}
    keys: list[str] = []
    for turn in range(ROUNDS):
        for partner in sample.partners(chance.child(f"partners/{turn}"), count, False):
            keys.append(partner.key)
            for label, words in _mentions(partner):
                if label in found:
                    found[label][words] = None
        if all(found.values()):
            break
    return {label: tuple(words) for label, words in found.items()}, keys


def _mentions(partner: Sample) -> Iterable[tuple[str, str]]:
    """Label and words of the entities of a sample; those that run over a line's end are left out."""
    document: Document = partner.value
    first = next(iter(document.passages))
    for span in partner.annotations.spans if partner.annotations is not None else document.spans:
        passage = document.passages.get(span.column or first)
        words = passage.text[span.start : span.end].strip() if passage is not None and span.layer == LAYER else ""
        if words and len(words.splitlines()) == 1:
            yield span.label or "", words
