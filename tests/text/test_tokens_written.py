"""Sentences given as tokens: any format has what comes live, no copy is there twice, and columns stay true."""

from __future__ import annotations

import csv
import json
import random
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import augment
from augment.spans import _beside, _tags
from tests.text import flows

SOME = "the old captain bought five big dogs near a quiet house and they were happy about it . , Mr. 3.5 don't"
WORDS = SOME.split(" ")
NAMES = ["Ada Lovelace", "Oslo", "New York", "María José Cano", "ACME"]
FULL = [step for step in flows.steps(1.0) if "MaskedLabel" not in step]
"""But for one that gives rows a further column."""
MIXTURES: dict[str, list[Any]] = {
    "each": [{"one_of": FULL}],
    "blanks": [{"UnicodeNoise": {"rate": 0.05, "p": 1.0}}],
    "mixed": [
        {"EntitySwap": {"p": 0.5}},
        {"Eda": {"p": 0.7}},
        {"Typos": {"rate": 0.1, "p": 0.5}},
        {"UnicodeNoise": {"rate": 0.1, "p": 0.5}},
        {"Aeda": {"p": 0.3}},
        {"SentenceShuffle": {"p": 0.3}},
    ],
}


def sentence(chance: random.Random) -> list[tuple[str, str, str, str]]:
    """Token, chunk in IOB1, nested entity in BIOES, and entity in IOB2."""
    made: list[tuple[str, str, str, str]] = []
    for _ in range(chance.randint(2, 6)):
        if chance.random() < 0.6:
            words = chance.sample(WORDS, chance.randint(1, 3))
            kind, label = chance.choice(["NP", "VP"]), None
        else:
            words, kind, label = chance.choice(NAMES).split(), "NP", chance.choice(["PER", "LOC"])
        chunks = [(0, len(words), kind)] if chance.random() < 0.9 else []
        touches = bool(made) and made[-1][1][2:] == kind
        chunk = _tags.tagged(chunks, len(words), "iob1")
        if chunks and touches:
            chunk[0] = f"B-{kind}"
        ner = _tags.tagged([(0, len(words), label)] if label else [], len(words), "iob2")
        inner = _tags.tagged([(len(words) - 1, len(words), "ORG")] if label == "LOC" else [], len(words), "bioes")
        made += zip(words, chunk, inner, ner, strict=True)
    return made


def sentences() -> list[list[tuple[str, str, str, str]]]:
    chance = random.Random(5)
    return [sentence(chance) for _ in range(12)]


def columns(folder: Path) -> Path:
    path = folder / "train.conll"
    path.write_text(
        "".join("".join(" ".join(row) + "\n" for row in one) + "\n" for one in sentences()), encoding="utf-8"
    )
    return path


def lists(folder: Path) -> Path:
    path = folder / "train.jsonl"
    names = ("tokens", "chunk_tags", "inner_tags", "ner_tags")
    rows = [dict(zip(names, map(list, zip(*one, strict=True)), strict=True)) for one in sentences()]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


INPUTS: dict[str, Callable[[Path], Path]] = {"conll": columns, "jsonl": lists}


def _lines(file: Path) -> list[dict[str, Any]]:
    return flows.rows(file.read_text(encoding="utf-8"))


def _cells(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as opened:
        return [*map(_text, csv.DictReader(opened))]


def _table(file: Path) -> list[str]:
    return [*map(_text, pq.read_table(file).to_pylist())]


def _text(row: dict[str, Any]) -> str:
    return str(row["text"]) if "text" in row else " ".join(json.loads(row["tokens"]))


def _members(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        found = [(one, tar.extractfile(one)) for one in tar if one.name.endswith(".txt")]
        return [member.read().decode() for _, member in found if member is not None]


FORMATS: dict[str, Callable[[Path], list[str]]] = {
    "jsonl": lambda file: [" ".join(row["tokens"]) for row in _lines(file)],
    "conll": lambda file: [" ".join(row[0] for row in one) for one in flows.columns(file.read_text(encoding="utf-8"))],
    "csv": _cells,
    "parquet": _table,
    "webdataset": _members,
}
"""How anyone would read the texts of a shard."""


@pytest.mark.filterwarnings("ignore:.*could not be made")
@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("mixture", MIXTURES)
def test_what_is_written_is_what_comes_live_and_nothing_is_there_twice(
    tmp_path: Path, name: str, mixture: str
) -> None:
    source = INPUTS[name](tmp_path)
    recipe = {"seed": 5, "expand": {"multiplier": 5}, "text": MIXTURES[mixture]}
    live = [(item.source, item.value) for item in augment.stream(recipe, input=source)]
    assert len(live) > 2 * len(sentences())
    assert len(set(live)) == len(live)
    for format, read in FORMATS.items() if mixture != "each" else [*FORMATS.items()][:2]:
        out = tmp_path / format
        augment.run({**recipe, "output": {"format": format}}, input=source, output=out, executor="serial")
        files = [path for path in (out / "train").rglob("*") if path.is_file()]
        assert Counter(text for path in files for text in read(path)) == Counter(value for _, value in live), format


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize("mixture", MIXTURES)
def test_every_column_of_tags_stays_legal_and_sparse_ones_keep_their_words(
    tmp_path: Path, name: str, mixture: str
) -> None:
    source = INPUTS[name](tmp_path)
    recipe = {"seed": 5, "expand": {"multiplier": 5}, "text": MIXTURES[mixture]}
    format = "conll" if name == "conll" else "jsonl"
    augment.run({**recipe, "output": {"format": format}}, input=source, output=tmp_path / "out", executor="serial")
    made = flows.written(tmp_path / "out", f".{format}")
    found: list[Any] = flows.columns(made)
    if name == "jsonl":
        found = [[*zip(*row.values(), strict=True)] for row in flows.rows(made)]
        assert {tuple(row) for row in flows.rows(made)} == {("tokens", "chunk_tags", "inner_tags", "ner_tags")}
    known = {words for one in sentences() for words in _marked(one, 2, "bioes")}
    assert known
    assert len(found) > 2 * len(sentences())
    for one in found:
        assert all(_beside.legal([row[place] for row in one], scheme) for place, scheme in ((1, "iob1"), (3, "iob2")))
        assert {*_marked(one, 2, "bioes")} <= known


def _marked(one: Any, place: int, scheme: str) -> Iterator[tuple[str | None, str]]:
    """Labels and words of what a column marks. Raises TagError where it is not legal."""
    chunks, _ = _tags.chunks([row[place] for row in one], scheme)
    return ((label, " ".join(row[0] for row in one[start:end])) for start, end, label in chunks)


def tree(chance: random.Random, number: int) -> str:
    """A sentence in CoNLL-U whose lemmas name its tokens; heads are anywhere before, or the root."""
    count = chance.randint(3, 12)
    lines = [f"# sent_id = {number}", f"1-2\t{WORDS[0]}{WORDS[1]}" + "\t_" * 8]
    for place in range(1, count + 1):
        head = chance.randint(1, place - 1) if place > 1 else 0
        other = chance.randint(1, count)
        deps = f"{head}:dep" if other <= head else f"{head}:dep|{other}:conj"
        cells = (place, chance.choice(WORDS), f"w{place}", "X", "_", "_", head, f"r{head}", deps, f"n{count}")
        lines.append("\t".join(map(str, cells)))
    return "\n".join(lines) + "\n\n"


@pytest.mark.parametrize("mixture", MIXTURES)
def test_heads_point_at_the_same_tokens_or_at_none(tmp_path: Path, mixture: str) -> None:
    chance = random.Random(7)
    source = tmp_path / "train.conllu"
    text = "".join(tree(chance, number) for number in range(12))
    source.write_text(text, encoding="utf-8")
    recipe = {"seed": 5, "expand": {"multiplier": 5}, "text": MIXTURES[mixture]}
    recipe |= {"input": {"path": str(source), "scheme": "none"}}
    augment.run(recipe, output=tmp_path / "out", executor="serial")
    blocks = flows.written(tmp_path / "out", ".conll").split("\n\n")
    made = [[line.split("\t") for line in block.split("\n") if line[:1] not in ("#", "")] for block in blocks]
    pointed = 0
    for one in made:
        assert [row[0] for row in one] == [str(place + 1) for place in range(len(one))]
        lemma = {row[0]: row[2] for row in one} | {"0": "w0"}
        for _, _, own, _, _, _, head, relation, deps, _ in one:
            if own == "_":
                assert (head, deps) == ("_", "_")
            elif head != "_":
                pointed += 1
                assert lemma[head] == relation.replace("r", "w")
            places = [int(item.partition(":")[0]) for item in deps.split("|") if item != "_"]
            assert places == sorted(places)
            assert all(str(place) in lemma for place in places)
            assert head == "_" or f"{head}:dep" in deps.split("|")
    assert pointed > 2 * text.count("\tw")


@pytest.mark.parametrize("shape", ["spacy", "prodigy"])
def test_tokens_beside_a_text_are_numbered_and_point_as_before(tmp_path: Path, shape: str) -> None:
    chance = random.Random(7)
    source = tmp_path / "train.jsonl"
    rows = []
    for number in range(12):
        words = [f"w{place}x{number}" for place in range(chance.randint(3, 9))]
        text = " ".join(words)
        tokens: list[dict[str, Any]] = [
            {"start": text.index(word), "end": text.index(word) + len(word), "id": n} for n, word in enumerate(words)
        ]
        for token in tokens:
            head = chance.randrange(len(words))
            token |= (
                {"head": head, "dep": words[head]} if shape == "spacy" else {"text": words[token["id"]], "ws": True}
            )
        rows.append({"text": text, ("ents" if shape == "spacy" else "spans"): [], "tokens": tokens})
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    steps = [{name: {"rate": 0.3, "p": 1.0}} for name in ("RandomDeletion", "RandomSwap", "RandomInsertion")]
    recipe = {"expand": {"multiplier": 5}, "text": [*steps, {"Aeda": {"p": 0.5}}]}
    augment.run(recipe, input=source, output=tmp_path / "out", executor="serial")
    made = flows.rows(flows.written(tmp_path / "out", ".jsonl"))
    pointed = 0
    for row in made:
        assert [token["id"] for token in row["tokens"]] == [*range(len(row["tokens"]))]
        for token in row["tokens"]:
            if token.get("head") is not None:
                pointed += 1
                head = row["tokens"][token["head"]]
                assert row["text"][head["start"] : head["end"]] == token["dep"]
    assert pointed > len(rows) or shape == "prodigy"
