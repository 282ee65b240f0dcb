"""Steps of text at no and at full strength, and what entities outputs have: for tests of the whole pipeline."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from augment import native
from augment.text import kinds, modality
from tests.laws.text_recipes import MODELS, SPECIAL

Steps = list[dict[str, dict[str, Any]]]
"""Recipe steps, one parameter mapping each."""

Entity = tuple[str, str]
"""Label and words."""

BREAKING = frozenset({"Antonyms", "Negate"})
"""Steps that a recipe must allow to change what a class says."""

LIBRARY: Steps = [
    *({name: {}} for name in ("KeyboardAug", "OcrAug", "SpellingAug", "SplitAug")),
    *({"RandomCharAug": {"action": action}} for action in ("insert", "substitute", "swap", "delete")),
    *({"RandomWordAug": {"action": action}} for action in ("delete", "swap", "crop", "substitute")),
    {"RandomSentAug": {"mode": "random"}},
    {"ReservedAug": {"reserved_tokens": [["card", "account"], ["de", "para"], ["the", "a"], ["是", "在"]]}},
]
"""Those augmenters of nlpaug that need neither model nor data."""


def steps(strength: float) -> Steps:
    """Every step that needs no model, always firing, with all its shares at ``strength``, which is 0 or 1."""
    found: Steps = []
    for name in sorted({*native.modules(modality.STEPS)} - MODELS):
        listed = native.describe(modality.STEPS, name).parameters
        shares = {one.name: strength for one in listed if one.kind == "number or [low, high]"}
        if shares or strength:
            given = {} if name == "EntitySwap" else SPECIAL.get(name, {})
            allowed = {"allow_label_change": True} if name in BREAKING else {}
            found.append({name: {**given, **allowed, **shares, "p": 1.0}})
    for step in LIBRARY:
        ((name, given),) = step.items()
        known = kinds.kinds(name)
        shares = {key: strength for key in known if key.startswith("aug_") and key.endswith("_p")}
        bounds = {key: None if strength else 0 for key in known if key.endswith(("_min", "_max"))}
        found.append({name: {**given, **shares, **bounds, "p": 1.0}})
    return found


def name_of(step: dict[str, Any]) -> str:
    """What a step is called in a test's name."""
    ((name, given),) = step.items()
    return "-".join([name, *(str(given[key]) for key in ("action", "mode") if key in given)])


def without_chance(found: Steps) -> Steps:
    """The same steps, none of which ever fires."""
    return [{name: {**given, "p": 0.0}} for step in found for name, given in step.items()]


def written(folder: Path, ending: str) -> str:
    """All training shards, one after the other."""
    files = sorted((folder / "train").glob(f"*{ending}"))
    assert files, f"no {ending} below {folder}"
    return "".join(file.read_bytes().decode() for file in files)


def columns(text: str) -> list[list[list[str]]]:
    """The sentences of CoNLL, each a list of lines as columns."""
    return [[line.split(" ") for line in block.split("\n")] for block in text.split("\n\n") if block.strip("\n")]


def tagged(sentence: Sequence[Sequence[str]]) -> list[Entity]:
    """The entities of a sentence in IOB2. Raises AssertionError for a tag that is not legal."""
    found: list[Entity] = []
    before = "O"
    for cells in sentence:
        tag = cells[-1]
        kind, _, label = tag.partition("-")
        assert tag == "O" or (kind in "BI" and label), sentence
        assert kind != "I" or before in (f"B-{label}", f"I-{label}"), sentence
        if kind == "B":
            found.append((label, cells[0]))
        elif kind == "I":
            found[-1] = label, f"{found[-1][1]} {cells[0]}"
        before = tag
    return found


def rows(text: str) -> list[dict[str, Any]]:
    """Rows of JSON Lines."""
    return [json.loads(line) for line in text.split("\n") if line]


def spans(row: Any) -> Iterator[tuple[str, int, int, str]]:
    """Text, start, end and label of what a row of any span shape marks as an entity."""
    if "data" in row and "annotations" in row:
        text = row["data"]["text"]
        for item in row["annotations"][0]["result"]:
            value = item["value"]
            start, end = (_points(text, value[key]) for key in ("start", "end"))
            assert text[start:end] == value["text"]
            yield text, start, end, value["labels"][0]
        return
    listed = next((row[key] for key in ("entities", "ents", "label", "spans") if key in row), ())
    for item in listed:
        if isinstance(item, dict):
            yield row["text"], item["start"], item["end"], item["label"]
        else:
            yield row["text"], *item


def _points(text: str, units: int) -> int:
    """A place that Label Studio counts in UTF-16 units, in code points."""
    return len(text.encode("utf-16-le")[: 2 * units].decode("utf-16-le"))


def marked(row: Any) -> list[Entity]:
    """The entities of a row."""
    found = []
    for text, start, end, label in spans(row):
        assert 0 <= start < end <= len(text)
        found.append((label, text[start:end]))
    return found


def compare(sources: Sequence[list[Entity]], outputs: Sequence[list[Entity]], swaps: bool = False) -> None:
    """Whether each output has just the entities of a source, no source oftener than it may be; after EntitySwap
    others of the same labels."""
    known = {entity for found in sources for entity in found}
    assert all(entity in known for found in outputs for entity in found)

    def kept(found: list[Entity]) -> tuple[Any, ...]:
        return tuple(sorted(label for label, _ in found) if swaps else sorted(found))

    before, after = Counter(map(kept, sources)), Counter(map(kept, outputs))
    assert {*after} <= {*before}
    assert all(count <= 5 * before[found] for found, count in after.items())
