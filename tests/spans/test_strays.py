"""Places in texts that no shape takes are found under any name and in any nesting; other numbers are not."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augment
from augment import spans
from augment.errors import InputError

SOME = "the old captain bought five big dogs near a quiet house Ada Lovelace Oslo 1990 日本 don't été"
WORDS = SOME.split(" ")


def _text(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randint(3, 15))) + "."


def _place(chance: random.Random, text: str) -> tuple[int, int]:
    """From the beginning of a word to the end of one."""
    starts = [0, *(place + 1 for place, char in enumerate(text) if char == " ")]
    ends = [*(place for place, char in enumerate(text) if char == " "), len(text) - 1]
    first = chance.randrange(len(starts))
    return starts[first], chance.choice(ends[first:])


FORMS: dict[str, Callable[[str, int, int], Any]] = {
    "begin-end": lambda text, start, end: {"begin": start, "end": end, "type": "X"},
    "offset-length": lambda text, start, end: {"offset": start, "length": end - start},
    "start_char": lambda text, start, end: {"start_char": start, "end_char": end},
    "camel": lambda text, start, end: {"beginOffset": start, "endOffset": end},
    "last": lambda text, start, end: {"label": ["X"], "points": [{"start": start, "end": end - 1}]},
    "from-to": lambda text, start, end: {"from": start, "to": end},
    "words": lambda text, start, end: {"answer_start": start, "answer": text[start:end]},
    "lists": lambda text, start, end: {"answer_start": [start], "texts": [text[start:end]]},
    "list": lambda text, start, end: [start, end, "X"],
    "pair": lambda text, start, end: [start, end],
}


@given(st.randoms(use_true_random=False), st.sampled_from([*FORMS]), st.integers(0, 2), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_places_are_found_under_any_name(chance: random.Random, form: str, depth: int, count: int) -> None:
    rows = []
    for _ in range(count):
        text = _text(chance)
        value: Any = [FORMS[form](text, *_place(chance, text)) for _ in range(chance.randint(1, 3))]
        for _ in range(depth):
            value = {"inner": value}
        rows.append({"body": text, "marks": value, "id": chance.randint(0, 9999), "year": 1990})
    found = spans.stray(rows, ("body",))
    assert found is not None
    assert found[0] == "marks"
    assert spans.stray([{**row, "marks": None} for row in rows], ("body",)) is None


HARMLESS: dict[str, Callable[[random.Random, str], dict[str, Any]]] = {
    "years": lambda chance, text: {"start": (year := chance.randint(1900, 2000)), "end": year + 5},
    "hours": lambda chance, text: {"from": chance.randint(0, 12), "to": chance.randint(13, 23)},
    "names": lambda chance, text: {"start": "Oslo", "end": "Rome", "from": "a@b.c"},
    "length": lambda chance, text: {"length": len(text), "words": text.count(" ")},
    "one": lambda chance, text: {"start": chance.randint(0, 20), "label": "pos"},
    "seconds": lambda chance, text: {"start": chance.random() * 9, "end": 10.5},
    "document": lambda chance, text: {"start": (at := chance.randint(200, 9000)), "end": at + len(text)},
    "relations": lambda chance, text: {"links": [{"from_id": chance.randint(0, 3), "to_id": chance.randint(0, 3)}]},
    "sizes": lambda chance, text: {"size": [chance.randint(3, 40), chance.randint(3, 40)]},
    "vectors": lambda chance, text: {"vector": [chance.randint(0, 9) for _ in range(5)]},
    "ids": lambda chance, text: {"start_id": 0, "end_id": len(text), "page": 1},
    "votes": lambda chance, text: {"votes": {"to": chance.randint(0, 9), "from": chance.randint(0, 9)}},
}


@pytest.mark.parametrize("kind", HARMLESS)
@given(seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_other_numbers_are_left_alone(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    rows = [{"text": (text := _text(chance)), **HARMLESS[kind](chance, text)} for _ in range(30)]
    assert spans.stray(rows, ("text",)) is None


STEPS: dict[str, Any] = {"expand": {"multiplier": 2}, "text": [{"Typos": {"p": 1.0}}]}


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@pytest.mark.parametrize("form", ["begin-end", "last", "offset-length"])
def test_a_table_with_strays_is_refused_by_name_unless_they_are_none(tmp_path: Path, ending: str, form: str) -> None:
    chance = random.Random(3)
    texts = [_text(chance) for _ in range(5)]
    rows = [{"text": text, "marks": [FORMS[form](text, *_place(chance, text))]} for text in texts]
    path = tmp_path / f"t.{ending}"
    with path.open("w", encoding="utf-8", newline="") as file:
        if ending == "csv":
            csv.writer(file).writerows([["text", "marks"], *((row["text"], json.dumps(row["marks"])) for row in rows)])
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    with pytest.raises(InputError, match=r"column 'marks' .* places in the text .*shape: none"):
        augment.run(STEPS, input=path, output=tmp_path / "no", executor="serial")
    recipe = {**STEPS, "input": {"path": str(path), "shape": "none"}}
    assert augment.run(recipe, output=tmp_path / "yes", executor="serial").outputs == 10


def test_answers_of_a_plain_table_follow(tmp_path: Path) -> None:
    chance = random.Random(3)
    path = tmp_path / "train.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "context", "question", "answer_text", "answer_start"])
        for number in range(8):
            start, end = _place(chance, text := _text(chance))
            rows.writerow([number, text, f"what was it {number}", text[start:end], start])
        rows.writerow([9, "nothing is told", "who then", "", ""])
    recipe = {"expand": {"multiplier": 4}, "text": [{"Typos": {"p": 1.0}}, {"Aeda": {"p": 1.0}}]}
    for format in ("csv", "jsonl", "parquet"):
        out = tmp_path / format
        augment.run({**recipe, "output": {"format": format}}, input=path, output=out, executor="serial")
        assert not augment.verify(out).problems
    with next((tmp_path / "csv" / "train").glob("*.csv")).open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) > 20
    assert sum(not row["answer_text"] for row in found) == 4
    for row in found:
        if row["answer_text"]:
            assert row["context"].startswith(row["answer_text"], int(row["answer_start"]))
