"""Text through whole runs: entities and answers stay true, steps of no strength change nothing, nothing crashes."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import augment
from augment.annotations import Annotations, Span
from augment.catalog import modality
from augment.chance import Chance
from augment.contracts import Setting, Step
from augment.errors import SampleError
from augment.sample import Sample
from augment.text.graphemes import boundaries
from augment.text.guards import KINDS, ranges
from augment.text.labels.options import Labels
from augment.text.value import Document, Passage
from tests.laws.text_recipes import DROPS
from tests.text import flows
from tests.text.corpora import SHAPES
from tests.text.unicode_texts import annotated, edges

TEXT = modality("text")
LOOKS = frozenset(KINDS) - {"spans"}
FULL = flows.steps(1.0)

SENTENCES = """
The DT O|old JJ O|captain NN O|Jane NNP B-PER|Doe NNP I-PER|of IN O|ACME NNP B-ORG|quickly RB O|bought VBD O|5 CD O
On IN O|2024-03-05 CD O|she PRP O|did VBD O|not RB O|visit VB O|Paris NNP B-LOC|, , O|but CC O|Rome NNP B-LOC
I PRP O|don't VB O|like VB O|1,200 CD O|big JJ O|dogs NNS O|near IN O|Oslo NNP B-LOC|. . O|They PRP O|are VBP O
El DA O|niño NC O|visitó VMI O|São NP B-LOC|Paulo NP I-LOC|con SP O|María NP B-PER|José NP I-PER|y CC O|Ana NP B-PER
東京 N B-LOC|の P O|猫 N O|は P O|好き A O|です V O|👨‍👩‍👧 S O|e\u0301te\u0301 S O|@ana S O|#tag S O|{name} S O|end N O
- Fg O
"""
EXTRA = {"EntitySwap": {"p": 0.5}}
MIXTURE = [EXTRA, {"Eda": {"p": 0.7}}, {"Typos": {"rate": 0.2, "p": 0.5}}, {"UnicodeNoise": {"p": 0.3}}, {"Aeda": {}}]


def lines() -> list[list[list[str]]]:
    """The sentences as lists of token, part of speech and tag."""
    return [[cells.split(" ") for cells in line.split("|")] for line in SENTENCES.strip().split("\n")]


def table(folder: Path, shape: str) -> Path:
    """The sentences in a shape; ``conll`` is columns."""
    path = folder / ("entities.conll" if shape == "conll" else "entities.jsonl")
    if shape == "conll":
        text = "\n\n".join("\n".join(map(" ".join, sentence)) for sentence in lines()) + "\n"
    else:
        text = "".join(_row(shape, number, sentence) for number, sentence in enumerate(lines()))
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _row(shape: str, number: int, sentence: list[list[str]]) -> str:
    text, found = "", []
    for token, _, tag in sentence:
        start = len(text) + bool(text)
        text = f"{text} {token}".strip()
        if tag[0] == "B":
            found.append((start, len(text), tag[2:]))
        elif tag[0] == "I":
            found[-1] = found[-1][0], len(text), tag[2:]
    return json.dumps(SHAPES[shape](number, text, found), ensure_ascii=False) + "\n"


def entities(folder: Path, shape: str) -> list[list[flows.Entity]]:
    """Those of each output."""
    if shape == "conll":
        return [flows.tagged(sentence) for sentence in flows.columns(flows.written(folder, ".conll"))]
    return [flows.marked(row) for row in flows.rows(flows.written(folder, ".jsonl"))]


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in (folder / "train").rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("shape", ["conll", *SHAPES])
@pytest.mark.parametrize("mixed", [False, True])
def test_entities_keep_their_words_in_any_shape(tmp_path: Path, shape: str, mixed: bool) -> None:
    source = [flows.tagged(sentence) for sentence in lines()]
    steps = MIXTURE if mixed else [{"one_of": FULL}]
    recipe = {"seed": 5, "expand": {"multiplier": 5}, "text": steps}
    done = augment.run(recipe, input=table(tmp_path, shape), output=tmp_path / "out", executor="serial")
    made = entities(tmp_path / "out", shape)
    told = flows.rows((tmp_path / "out" / "skipped.jsonl").read_text(encoding="utf-8"))
    assert {row["reason"] for row in told} <= {"shortfall"}
    assert len(made) == done.outputs
    copies = sum(1 if row.get("copy") is not None else 5 for row in told)
    assert done.outputs + copies == 5 * len(source)
    assert done.outputs >= 4 * len(source)
    flows.compare(source, made, swaps=True)


def test_parts_of_speech_move_with_their_words(tmp_path: Path) -> None:
    known = {tuple(row) for sentence in lines() for row in sentence}
    for name in ("RandomSwap", "RandomDeletion", "SentenceShuffle"):
        recipe = {"seed": 5, "expand": {"multiplier": 4}, "text": [{name: {"rate": 0.6, "p": 1.0}}]}
        augment.run(recipe, input=table(tmp_path, "conll"), output=tmp_path / name, executor="serial")
        made = flows.columns(flows.written(tmp_path / name, ".conll"))
        assert all(tuple(row) in known for sentence in made for row in sentence)


def test_the_same_bytes_with_one_worker_two_and_resumed(tmp_path: Path) -> None:
    source = table(tmp_path, "conll")
    recipe = {"seed": 5, "expand": {"multiplier": 4}, "text": MIXTURE, "output": {"shard_size": 5}}
    for workers in (1, 2):
        augment.run(recipe, input=source, output=tmp_path / str(workers), workers=workers)

    class Stop(Exception):  # noqa: N818
        pass

    def stop(status: Any) -> None:
        raise Stop

    try:
        augment.run(recipe, input=source, output=tmp_path / "stopped", executor="serial", watch=stop)
    except Stop:
        augment.run(recipe, input=source, output=tmp_path / "stopped", executor="serial")
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2") == hashes(tmp_path / "stopped")


def test_answers_are_still_the_words_at_their_offset(tmp_path: Path) -> None:
    context = "The old captain Jane Doe 👩‍🚀 bought 5 dogs in São Paulo. She did not visit Rome, but Oslo. 東京の猫。"
    asked = [
        {"id": word, "question": f"Who is {word}?", "answers": [{"text": word, "answer_start": context.index(word)}]}
        for word in ("Jane Doe", "São Paulo", "Oslo", "5 dogs", "東京")
    ]  # fmt: skip
    source = tmp_path / "train.json"
    data = {"version": "1.1", "data": [{"title": "t", "paragraphs": [{"context": context, "qas": asked}]}]}
    source.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    steps = [{"one_of": [step for step in FULL if "EntitySwap" not in step]}, {"Typos": {"rate": 0.2}}]
    recipe = {"seed": 5, "expand": {"multiplier": 6}, "text": steps, "output": {"format": "jsonl"}}
    done = augment.run(recipe, input=source, output=tmp_path / "out", executor="serial")
    rows = flows.rows(flows.written(tmp_path / "out", ".jsonl"))
    assert len(rows) == done.outputs >= 5 * len(asked)
    for row in rows:
        text, answers = row["context"], row["answers"]
        listed = answers if isinstance(answers, list) else [
            {"text": word, "answer_start": start}
            for word, start in zip(answers["text"], answers["answer_start"], strict=True)
        ]  # fmt: skip
        assert [answer["text"] for answer in listed] == [row["id"]]
        for answer in listed:
            start = answer["answer_start"]
            assert text[start : start + len(answer["text"])] == answer["text"]


ODD_ROWS = [
    "plain words only", 'a "quoted", row\nwith a line', "CRLF\r\nin it\r", "  blanks ",
    "👨‍👩‍👧🏽 e\u0301 \u202eabc", "東京の猫。",
    "สวัสดี ครับ", "\ufeffmark", "tab\there", "`code` {x} <b>&amp;</b>", "-", "=1+1", "'", '""',
    "It's 5 March 2024, isn't it?",
]  # fmt: skip


@pytest.mark.parametrize("still", [flows.steps(0.0), flows.without_chance(FULL)], ids=["rate-0", "p-0"])
@pytest.mark.parametrize("format", ["jsonl", "csv", "folder"])
def test_steps_of_no_strength_change_nothing_from_file_to_file(
    tmp_path: Path, still: flows.Steps, format: str
) -> None:
    source = tmp_path / "rows.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], *([row, "a"] for row in ODD_ROWS)])
    expand = {"multiplier": 1, "keep_originals": False, "duplicates": "keep"}
    recipe = {"expand": expand, "text": still, "output": {"format": format}}
    done = augment.run(recipe, input=source, output=tmp_path / "out", executor="serial")
    assert done.outputs == len(ODD_ROWS)
    made = [path for path in (tmp_path / "out" / "train").rglob("*") if path.is_file()]
    if format == "folder":
        found = [path.read_bytes().decode() for path in made if path.suffix == ".txt"]
    elif format == "jsonl":
        found = [row["text"] for path in made for row in flows.rows(path.read_bytes().decode())]
    else:
        (path,) = made
        with path.open(encoding="utf-8", newline="") as file:
            found = [row["text"] for row in csv.DictReader(file)]
    assert Counter(found) == Counter(ODD_ROWS)


@cache
def built(index: int) -> Step:
    """A step at full strength, made once."""
    ((name, given),) = FULL[index].items()
    wanted = {key: value for key, value in given.items() if key != "allow_label_change"}
    step: Step = TEXT.build(name, wanted, Setting(Path()))
    return step


def partners(chance: Chance, count: int, balanced: bool) -> list[Sample]:
    """Others for EntitySwap."""
    text, spans = "Zoë 👩‍👧 lives in 東京.", (Span(0, 3, "X"), Span(17, 19, "X"))
    return [Sample(TEXT.decode(text.encode()), annotations=Annotations(spans=spans))] * count


def firm(text: str, spans: tuple[Span, ...], layers: frozenset[str]) -> Counter[tuple[str, str, str]]:
    """What spans of some layers say."""
    own = [span for span in spans if span.layer in layers and span.end > span.start]
    return Counter((span.layer, span.label or "", text[span.start : span.end]) for span in own)


SWAPS, NOISE = ({index for index, step in enumerate(FULL) if name in step} for name in ("EntitySwap", "UnicodeNoise"))
DROPPING = {index for index, step in enumerate(FULL) if {*step} & DROPS}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    case=annotated(("entity", "token", "answer", "sentence")),
    chosen=st.lists(st.integers(0, len(FULL) - 1), min_size=3, max_size=3),
    key=st.text("abc", min_size=1),
)
def test_any_three_steps_in_a_row_keep_all_laws(
    case: tuple[str, tuple[Span, ...]], chosen: list[int], key: str
) -> None:
    text, spans = case
    try:
        value = TEXT.decode(text.encode())
    except SampleError:
        return
    text = value.texts["text"]  # without a mark at its beginning
    spans = tuple(span for span in spans if span.end <= len(text))
    sample = Sample(value, annotations=Annotations(spans=spans), partners=partners)
    steps = [(built(index), Chance.of(3, key, turn)) for turn, index in enumerate(chosen)]
    made, _ = TEXT.apply(sample, steps, Labels())
    after, moved = made.value.texts["text"], made.value.spans
    assert TEXT.encode(made.value, TEXT.Encoding()).data.decode() == after
    assert all(0 <= span.start <= span.end <= len(after) for span in moved)
    layers = frozenset({"answer"} if SWAPS & {*chosen} else {"answer", "entity"})
    assert firm(after, moved, layers) == firm(text, spans, layers)
    cuts = {*edges(after)}
    assert boundaries(after) is None or boundaries(after) == cuts
    if not (NOISE | SWAPS) & {*chosen}:
        assert joined(after) <= joined(text)
    if not (DROPPING | SWAPS) & {*chosen}:
        looks = Counter(text[start:end] for start, end in ranges(text, (), LOOKS))
        assert all(after.count(look) >= count for look, count in looks.items())


def joined(text: str) -> set[str]:
    """What clusters of several code points have behind their first, whose case or look steps may change."""
    return {text[start + 1 : end].casefold() for start, end in pairwise(edges(text)) if end - start > 1}


@given(st.text(max_size=5), st.characters(categories=["Cs"]))
@example("", "\ud800")
def test_half_a_surrogate_pair_is_refused_with_its_place(before: str, half: str) -> None:
    text = f"x{before.replace(chr(0), '')}{half}"
    row = b"\x1e" + json.dumps({"text": text}).encode()
    if "\ud800" <= before[-1:] <= "\udbff" and half >= "\udc00":
        return
    with pytest.raises(SampleError, match="half a surrogate pair at place"):
        TEXT.decode(row)
    with pytest.raises(SampleError):
        TEXT.encode(Document({"text": Passage(text)}), TEXT.Encoding())


def test_sentences_follow_what_is_done_in_them_and_guard_nothing() -> None:
    text = "The old dog sleeps. They are not here."
    sents = (Span(0, 19, None, "sentence"), Span(20, 38, None, "sentence"))
    passage = Passage(text, sents)
    assert not passage.guarded
    swapped = passage.rearranged([(0, 4), (8, 11), (7, 8), (4, 7), (11, 38)])
    assert swapped.text == "The dog old sleeps. They are not here."
    assert swapped.spans == sents
    turned = passage.rearranged([(20, 38), (19, 20), (0, 19)])
    assert [turned.text[span.start : span.end] for span in turned.spans] == [text[20:38], text[:19]]
    torn = passage.rearranged([(20, 24), (3, 20), (0, 3), (24, 38)])
    assert torn.spans == ()


def test_a_word_that_is_moved_sticks_to_nothing_guarded() -> None:
    for text, order in (
        ("猫。@me 犬", [(2, 5), (1, 2), (5, 6), (0, 1), (6, 7)]),
        ("ab,@me", [(0, 1), (2, 3), (1, 2), (3, 6)]),
    ):
        passage = Passage(text)
        made = passage.rearranged(order)
        for start, _ in made.guarded:
            assert not made.text[start - 1 : start].isalnum() or start == 0
    assert Passage("ab,@me").rearranged([(0, 1), (2, 3), (1, 2), (3, 6)]).text == "ab,@me"


@pytest.mark.parametrize("edges", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_a_blank_at_the_edge_of_an_entity_stays_whatever_takes_its_place(
    tmp_path: Path, edges: tuple[int, int]
) -> None:
    before, after = edges
    rows = []
    for name in ("Ada Lovelace", "Bo", "Zoë"):
        start = len("we saw ") - before
        text = f"we saw {name} walking to the old house"
        rows.append({"text": text, "entities": [[start, start + before + len(name) + after, "PER"]]})
    source = tmp_path / "train.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {"expand": {"multiplier": 3}, "text": [{"EntitySwap": {"p": 1.0}}, {"Typos": {"rate": 0.1}}]}
    augment.run(recipe, input=source, output=tmp_path / "out", executor="serial")
    made = flows.rows(flows.written(tmp_path / "out", ".jsonl"))
    words = [row["text"][start:end] for row in made for start, end, _ in row["entities"]]
    assert len(words) == 9
    assert {*words} == {" " * before + name + " " * after for name in ("Ada Lovelace", "Bo", "Zoë")}
    assert all(row["text"].startswith(" ", row["entities"][0][1] - after) for row in made)


def test_words_that_an_entity_repeats_under_any_name_are_the_new_ones(tmp_path: Path) -> None:
    cities = ["Paris", "Oslo", "New York", "Rome"]
    rows = [
        {"text": f"{city}, year {year}", "entities": [{"start": 0, "end": len(city), "value": city, "entity": "city"}]}
        for year, city in enumerate(cities)
    ]
    source = tmp_path / "train.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    recipe = {"expand": {"multiplier": 3}, "text": [{"EntitySwap": {"p": 1.0}}]}
    augment.run(recipe, input=source, output=tmp_path / "out", executor="serial")
    made = flows.rows(flows.written(tmp_path / "out", ".jsonl"))
    assert len(made) == 12
    for row in made:
        (one,) = row["entities"]
        assert row["text"][one["start"] : one["end"]] == one["value"]


def test_steps_that_know_english_leave_other_languages_alone() -> None:
    spanish = "El general visitó la capital con 12 soldados el 2024-03-05 para hablar de la gran crisis"
    for index, step in enumerate(FULL):
        (name,) = step
        if "language" in {parameter.name for parameter in TEXT.describe(name).parameters} and name != "Eda":
            sample = Sample(TEXT.decode(spanish.encode()))
            made, _ = built(index).apply(sample, Chance.of(1, "key", 1))
            assert made.value.texts["text"] == spanish, name
