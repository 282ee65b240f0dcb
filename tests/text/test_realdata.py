"""Text on real data: ``AUGMENT_REAL_DATA=FOLDER pytest -m realdata``. Skipped without that folder."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import augment
from augment import encodings
from augment.catalog import modality
from augment.chance import Chance
from augment.contracts import Setting
from augment.sample import Sample
from augment.text.labels.options import Labels

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif("AUGMENT_REAL_DATA" not in os.environ, reason="AUGMENT_REAL_DATA names no folder"),
]
HOME = Path(os.environ.get("AUGMENT_REAL_DATA", "."))
BANKING = HOME / "intent_banking77/banking_data/test.csv"
CONLL = HOME / "ner_conll2002/esp.testa"
STEPS: list[dict[str, Any]] = [
    {"SynonymReplacement": {"rate": 0.15, "p": 0.5}},
    {"RandomSwap": {"rate": 0.1, "p": 0.3}},
    {"Aeda": {"p": 0.3}},
    {"Typos": {"rate": 0.05, "p": 0.7}},
]


def hashes(folder: Path) -> dict[str, str]:
    """Name -> SHA-256 of all shards."""
    files = sorted(path for path in (folder / "train").rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of all shards of JSON Lines."""
    files = sorted((folder / "train").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").split("\n") if line]


def test_banking77_five_times_is_exact_and_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    with BANKING.open(encoding="utf-8", newline="") as file:
        source = list(csv.DictReader(file))
    recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": STEPS}
    for workers in (1, 2):
        done = augment.run(recipe, input=BANKING, output=tmp_path / str(workers), workers=workers)
        assert (done.outputs, done.skipped) == (5 * len(source), 0)
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")
    rows = rows_of(tmp_path / "1")
    assert {tuple(row) for row in rows} == {("text", "category")}
    counts, before = Counter(row["category"] for row in rows), Counter(row["category"] for row in source)
    assert counts == {name: 5 * count for name, count in before.items()}
    texts = Counter(row["text"] for row in rows)
    assert all(texts[row["text"]] >= 1 for row in source), "an original was changed"
    assert not augment.verify(tmp_path / "1", rederive=20).problems


def test_banking77_as_csv_comes_back_as_it_was(tmp_path: Path) -> None:
    recipe = {"expand": {"multiplier": 1}, "text": STEPS, "output": {"format": "csv"}}
    augment.run(recipe, input=BANKING, output=tmp_path / "out", executor="serial")
    (made,) = (tmp_path / "out" / "train").glob("*.csv")
    head, *lines = made.read_bytes().splitlines(keepends=True)
    first, *rest = BANKING.read_bytes().splitlines(keepends=True)
    assert head == first
    assert sorted(b"".join(lines)) == sorted(b"".join(rest))
    with made.open(encoding="utf-8", newline="") as out, BANKING.open(encoding="utf-8", newline="") as source:
        assert sorted(csv.reader(out)) == sorted(csv.reader(source))


def test_entities_keep_their_words_and_tags_stay_legal(tmp_path: Path) -> None:
    steps = [{"EntitySwap": {"p": 0.5}}, *STEPS]
    recipe = {"seed": 7, "expand": {"multiplier": 5}, "text": steps}
    done = augment.run(recipe, input=CONLL, output=tmp_path / "out")
    sentences: list[list[list[str]]] = [[]]
    (made,) = (tmp_path / "out" / "train").glob("*.conll")
    for line in made.read_text(encoding="utf-8").split("\n"):
        if line:
            sentences[-1].append(line.split())
        elif sentences[-1]:
            sentences.append([])
    sentences.pop()
    assert len(sentences) == done.outputs == 5 * done.manifest["input"]["sources"]
    surfaces = _surfaces(CONLL.read_text(encoding="utf-8").split("\n"))
    for sentence in sentences:
        before = "O"
        for columns in sentence:
            tag = columns[-1]
            assert tag[:2] != "I-" or before[2:] == tag[2:], sentence
            before = tag
    made_surfaces = _surfaces(made.read_text(encoding="utf-8").split("\n"))
    assert made_surfaces <= surfaces


def _surfaces(lines: list[str]) -> set[tuple[str, str]]:
    """Every entity's words and label."""
    found: set[tuple[str, str]] = set()
    words: list[str] = []
    label = ""
    for line in [*lines, ""]:
        columns = line.split()
        tag = columns[-1] if columns else "O"
        if words and not (tag.startswith("I-") and tag[2:] == label):
            found.add((" ".join(words), label))
            words = []
        if tag != "O" and tag != "-DOCSTART-" and tag[1:2] == "-":
            words.append(columns[0])
            label = tag[2:]
    return found


TEXTS = ("multilingual", "imdb", "20newsgroups", "trec_qc", "intent_banking77", "sentiment140", "ner_conll2002")


@pytest.mark.parametrize("folder", TEXTS)
def test_a_step_of_no_strength_changes_no_byte(folder: str) -> None:
    text = modality("text")
    steps = [
        text.build(name, {"rate": 0.0}, Setting(Path()))
        for name in text.names()
        if any(parameter.name == "rate" for parameter in text.describe(name).parameters)
        and all(parameter.default != "required" for parameter in text.describe(name).parameters)
    ]
    assert len(steps) >= 8
    files = [path for path in sorted((HOME / folder).rglob("*")) if path.is_file() and path.name != "SOURCE.txt"]
    for path in files[:: 1 + len(files) // 40]:
        data = path.read_bytes()
        if b"\0" in data or not data.strip():
            continue
        value = text.decode(data)
        for step in steps:
            made, _ = text.apply(Sample(value), [(step, Chance.of(7, path.name, 1))], Labels())
            assert text.encode(made.value, text.Encoding()).data == data, (path, step.name)
        assert encodings.decode(data).encode("utf-8", "strict")
