"""Text on real data: ``AUGMENT_REAL_DATA=FOLDER pytest -m realdata``. Skipped without that folder."""

from __future__ import annotations

import csv
import hashlib
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import augment
from augment.catalog import modality
from augment.chance import Chance
from augment.contracts import Setting
from augment.sample import Sample
from augment.text.guards import KINDS, ranges
from augment.text.labels.options import Labels
from tests.text import flows
from tests.text.corpora import BANKING, CONLL, SHAPES, TEXTS, sentences, shaped
from tests.text.unicode_texts import edges

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif("AUGMENT_REAL_DATA" not in os.environ, reason="AUGMENT_REAL_DATA names no folder"),
]
STEPS: list[dict[str, Any]] = [
    {"SynonymReplacement": {"rate": 0.15, "p": 0.5}},
    {"RandomSwap": {"rate": 0.1, "p": 0.3}},
    {"Aeda": {"p": 0.3}},
    {"Typos": {"rate": 0.05, "p": 0.7}},
]
MIXTURES: dict[str, list[dict[str, Any]]] = {
    "letters": [{"EntitySwap": {"p": 0.5}}, *STEPS],
    "words": [{"Eda": {}}, {"EntitySwap": {"rate": 0.5, "p": 1.0}}, {"UnicodeNoise": {"p": 0.3}}, {"OcrErrors": {}}],
    "places": [{"SentenceShuffle": {"p": 1.0}}, {"RandomDeletion": {"rate": 0.3, "p": 1.0}}, {"EntitySwap": {}}],
}
LEAST = 0.75
"""Share of copies that mixtures make: the rest is told as shortfall, for what there is of `-` and `( EFE )`."""


def hashes(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of all shards."""
    files = sorted(path for path in (folder / "train").rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def lost(folder: Path) -> int:
    """Copies that were left out, each of which must be told as shortfall."""
    told = flows.rows((folder / "skipped.jsonl").read_text(encoding="utf-8"))
    assert {row["reason"] for row in told} <= {"shortfall"}
    assert all(row.get("copy") is not None for row in told)
    return len(told)


def test_banking77_five_times_is_exact_and_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    with BANKING.open(encoding="utf-8", newline="") as file:
        source = list(csv.DictReader(file))
    recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": STEPS}
    for workers in (1, 2):
        done = augment.run(recipe, input=BANKING, output=tmp_path / str(workers), workers=workers)
        assert (done.outputs, done.skipped) == (5 * len(source), 0)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    rows = flows.rows(flows.written(tmp_path / "1", ".jsonl"))
    assert {tuple(row) for row in rows} == {("text", "category")}
    counts, before = Counter(row["category"] for row in rows), Counter(row["category"] for row in source)
    assert counts == {name: 5 * count for name, count in before.items()}
    texts = Counter(row["text"] for row in rows)
    assert all(texts[row["text"]] >= 1 for row in source), "an original was changed"
    assert not augment.verify(tmp_path / "1", rederive=20).problems


def test_banking77_as_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    recipe = {"expand": {"multiplier": 1}, "text": STEPS, "output": {"format": "csv", "shard_size": 10_000}}
    augment.run(recipe, input=BANKING, output=tmp_path / "out", executor="serial")
    (made,) = (tmp_path / "out" / "train").glob("*.csv")
    head, *lines = made.read_bytes().splitlines(keepends=True)
    first, *rest = BANKING.read_bytes().splitlines(keepends=True)
    assert head == first
    assert sorted(b"".join(lines)) == sorted(b"".join(rest))
    with made.open(encoding="utf-8", newline="") as out, BANKING.open(encoding="utf-8", newline="") as source:
        assert sorted(csv.reader(out)) == sorted(csv.reader(source))


@pytest.mark.parametrize("mixture", MIXTURES)
def test_entities_keep_their_words_and_tags_stay_legal(tmp_path: Path, mixture: str) -> None:
    recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": MIXTURES[mixture]}
    source = [flows.tagged(sentence) for sentence in sentences()]
    for workers in (1, 2):
        done = augment.run(recipe, input=CONLL, output=tmp_path / str(workers), workers=workers)
        assert done.outputs + lost(tmp_path / str(workers)) == 5 * len(source) == 3500
        assert done.outputs >= LEAST * 5 * len(source)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    made = flows.columns(flows.written(tmp_path / "1", ".conll"))
    assert len(made) == done.outputs
    flows.compare(source, [flows.tagged(sentence) for sentence in made], swaps=True)


@pytest.mark.parametrize("step", flows.steps(1.0), ids=flows.name_of)
def test_each_step_keeps_entities_and_the_facts_of_tokens(tmp_path: Path, step: dict[str, Any]) -> None:
    recipe = {"seed": 3, "expand": {"multiplier": 5}, "text": [step]}
    done = augment.run(recipe, input=CONLL, output=tmp_path, executor="serial")
    made = flows.columns(flows.written(tmp_path, ".conll"))
    assert len(made) == done.outputs == 3500 - lost(tmp_path)
    source = sentences()
    flows.compare([*map(flows.tagged, source)], [*map(flows.tagged, made)], "EntitySwap" in step)
    if {*step} <= {"RandomSwap", "RandomDeletion", "SentenceDrop", "SentenceShuffle", "RandomSentAug"}:
        known = {tuple(row) for sentence in source for row in sentence}
        assert all(tuple(row) in known for sentence in made for row in sentence)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mixture", ["alone", *MIXTURES])
def test_spans_of_any_shape_keep_their_words(tmp_path: Path, shape: str, mixture: str) -> None:
    table = tmp_path / "entities.jsonl"
    table.write_text("".join(shaped(shape)), encoding="utf-8")
    steps = MIXTURES[mixture] if mixture in MIXTURES else [{"one_of": flows.steps(1.0)}]
    recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": steps}
    for workers in (1, 2):
        done = augment.run(recipe, input=table, output=tmp_path / str(workers), workers=workers)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    made = flows.rows(flows.written(tmp_path / "1", ".jsonl"))
    assert len(made) == done.outputs == 3500 - lost(tmp_path / "1")
    assert len(made) >= LEAST * 3500
    source = flows.rows(table.read_text(encoding="utf-8"))
    flows.compare([*map(flows.marked, source)], [*map(flows.marked, made)], swaps=True)


NOTHING = {"multiplier": 1, "keep_originals": False, "duplicates": "keep"}
STILL = {"rate-0": flows.steps(0.0), "p-0": flows.without_chance(flows.steps(1.0))}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("format", ["jsonl", "csv", "folder"])
@pytest.mark.parametrize("still", STILL)
def test_steps_of_no_strength_change_nothing_on_the_way_from_file_to_file(
    tmp_path: Path, name: str, format: str, still: str
) -> None:
    place, texts = TEXTS[name]
    recipe = {"seed": 3, "expand": NOTHING, "text": STILL[still], "output": {"format": format}}
    reading = {"path": str(place), "format": "folder", "classes": "none"} if name == "emoji" else {"path": str(place)}
    done = augment.run({**recipe, "input": reading}, output=tmp_path / "out", executor="serial")
    expected = Counter(texts())
    more = {(HOME_NOTE.read_bytes().decode())} if name == "emoji" else set()
    assert done.outputs == expected.total() + len(more)
    assert (expected - Counter(_cells(tmp_path / "out", format))).total() == 0


HOME_NOTE = TEXTS["emoji"][0] / "SOURCE.txt"


def _cells(folder: Path, format: str) -> list[str]:
    """All that an output has in any cell, or in any file."""
    own = [
        path for path in folder.rglob("*") if path.is_file() and path.parent != folder and ".augment" not in path.parts
    ]
    if format == "folder":
        return [path.read_bytes().decode() for path in own if path.suffix != ".json"]
    if format == "jsonl":
        rows = [row for path in own for row in flows.rows(path.read_bytes().decode())]
        return [" ".join(cell) if isinstance(cell, list) else str(cell) for row in rows for cell in row.values()]
    found = []
    csv.field_size_limit(10_000_000)
    for path in own:
        with path.open(encoding="utf-8", newline="") as file:
            found += [cell for row in csv.reader(file) for cell in row]
    return found


LOOKS = frozenset(KINDS) - {"spans"}


@pytest.mark.parametrize("step", flows.steps(1.0), ids=flows.name_of)
def test_a_step_at_full_strength_keeps_clusters_whole_and_what_is_guarded(step: dict[str, Any]) -> None:
    text = modality("text")
    ((name, given),) = step.items()
    built = text.build(
        name, {key: value for key, value in given.items() if key != "allow_label_change"}, Setting(Path())
    )
    for turn, source in enumerate(TEXTS["emoji"][1]()):
        value = text.decode(source.encode())
        made, _ = text.apply(Sample(value, partners=lambda *_: []), [(built, Chance.of(7, str(turn), 1))], Labels())
        after = made.value.texts["text"]
        assert text.encode(made.value, text.Encoding()).data.decode() == after
        if name != "UnicodeNoise":
            clusters = [{new[1:].casefold() for new in _clusters(one) if len(new) > 1} for one in (source, after)]
            assert clusters[1] <= clusters[0], name
        if name != "SentenceDrop":
            looks = Counter(source[start:end] for start, end in ranges(source, (), LOOKS))
            assert all(after.count(look) >= count for look, count in looks.items())


def _clusters(text: str) -> list[str]:
    places = edges(text)
    return [text[start:end] for start, end in pairwise(places)]
