"""The texts of real data sets, read by means of the standard library: what readers must give back."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HOME = Path(os.environ.get("AUGMENT_REAL_DATA", "."))
BANKING = HOME / "intent_banking77/banking_data/test.csv"
CONLL = HOME / "ner_conll2002/esp.testa"
TREC = HOME / "trec_qc/train.txt"
TWEETS = HOME / "sentiment140/training.1600000.processed.noemoticon.csv"


def _files(folder: Path) -> list[str]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "SOURCE.txt"]
    return [path.read_bytes().decode() for path in paths]


def _tweets() -> list[str]:
    with TWEETS.open(encoding="latin-1", newline="") as file:
        return [row[5] for row in csv.reader(file)]


def _banking() -> list[str]:
    with BANKING.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file)]


def sentences() -> list[list[list[str]]]:
    """CoNLL 2002: the lines of each sentence as columns."""
    blocks = CONLL.read_text(encoding="utf-8").split("\n\n")
    return [[line.split() for line in block.split("\n") if line] for block in blocks if block.strip()]


def _questions() -> list[str]:
    return [line.split(" ", 1)[1] for line in TREC.read_bytes().decode("latin-1").split("\n") if line]


TEXTS: dict[str, tuple[Path, Callable[[], list[str]]]] = {
    "banking77": (BANKING, _banking),
    "trec": (TREC, _questions),
    "sentiment140": (TWEETS, _tweets),
    "imdb": (HOME / "imdb/aclImdb", lambda: _files(HOME / "imdb/aclImdb")),
    "20newsgroups": (HOME / "20newsgroups/mini_newsgroups", lambda: _files(HOME / "20newsgroups/mini_newsgroups")),
    "conll2002": (CONLL, lambda: [" ".join(row[0] for row in sentence) for sentence in sentences()]),
    "udhr": (HOME / "multilingual/udhr2", lambda: _files(HOME / "multilingual/udhr2")),
    "emoji": (HOME / "multilingual", lambda: _files(HOME / "multilingual")),
}
"""Name -> where it lies, and its texts in any order."""


def _points(sentence: list[list[str]]) -> tuple[str, list[tuple[int, int, str]]]:
    """The text of a sentence and its entities by code points."""
    text, found = "", []
    for token, _, tag in sentence:
        start = len(text) + bool(text)
        text = f"{text} {token}".strip()
        if tag[0] == "B":
            found.append((start, len(text), tag[2:]))
        elif tag[0] == "I":
            found[-1] = found[-1][0], len(text), tag[2:]
    return text, found


def _task(number: int, text: str, found: list[tuple[int, int, str]]) -> dict[str, Any]:
    """As Label Studio exports it, in UTF-16 units, which are the same here."""
    results = [
        {
            "id": f"r{number}-{place}",
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": start, "end": end, "text": text[start:end], "labels": [label]},
        }
        for place, (start, end, label) in enumerate(found)
    ]
    return {"id": number, "data": {"text": text}, "annotations": [{"id": number, "result": results}]}


def _sents(text: str) -> list[dict[str, int]]:
    return [{"start": 0, "end": len(text)}]


SHAPES: dict[str, Callable[[int, str, list[tuple[int, int, str]]], dict[str, Any]]] = {
    "spacy": lambda number, text, found: {"text": text, "entities": [[*one] for one in found]},
    "spacy-doc": lambda number, text, found: {
        "text": text,
        "ents": [{"start": start, "end": end, "label": label} for start, end, label in found],
        "sents": _sents(text),
    },
    "doccano": lambda number, text, found: {"id": number, "text": text, "label": [[*one] for one in found]},
    "prodigy": lambda number, text, found: {
        "text": text,
        "spans": [{"start": start, "end": end, "label": label} for start, end, label in found],
    },
    "label-studio": _task,
}
"""Shape -> a row of a text with entities."""


def shaped(name: str) -> Iterator[str]:
    """The sentences of CoNLL 2002 in a shape, as lines of JSON."""
    for number, sentence in enumerate(sentences()):
        yield json.dumps(SHAPES[name](number, *_points(sentence)), ensure_ascii=False) + "\n"
