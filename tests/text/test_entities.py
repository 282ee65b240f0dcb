"""Entities are swapped whole, for others with the same label; whatever else stands in the text stays true."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import native
from augment.annotations import Annotations, Span
from augment.chance import Chance
from augment.errors import RecipeError, SampleError
from augment.sample import Sample
from augment.text.graphemes import boundaries
from augment.text.value import Document, Passage
from tests.text.test_word_steps import STEPS, passages

NAMES = {"PER": ["Ann Lee", "José", "王小明", "X Æ A-12", "Bo"], "LOC": ["Oslo", "La Paz", "Rio de Janeiro"]}
TEXT = "Ann met Bob in Paris, and Bob left."
SPANS = (Span(0, 3, "PER"), Span(8, 11, "PER"), Span(15, 20, "LOC"), Span(26, 29, "PER"))


def tokens(text: str) -> tuple[Span, ...]:
    found = re.finditer(r"\w+|[^\w\s]+", text)
    return tuple(Span(*match.span(), None, "token", fields={"pos": match.group()}) for match in found)


def swapped(passage: Passage, parameters: dict[str, Any], turn: int = 0, **more: Any) -> Passage:
    step = native.build(STEPS, "EntitySwap", parameters, Path())
    made, _ = step.apply(Sample(Document({"body": passage}), **more), Chance.of(turn, "key", 1))
    found: Passage = made.value.passages["body"]
    return found


def words(passage: Passage, layer: str = "entity") -> list[tuple[str | None, str]]:
    return [(span.label, passage.text[span.start : span.end]) for span in passage.spans if span.layer == layer]


@settings(max_examples=150, deadline=None)
@given(passages(), st.lists(st.one_of(st.sampled_from(NAMES["PER"]), st.text(max_size=5)), min_size=9, max_size=9))
def test_whole_spans_are_swapped_and_all_else_stays(passage: Passage, names: list[str]) -> None:
    clean = [name.encode("utf-8", "ignore").decode() for name in names]
    made = passage.swapped(list(zip(passage.spans, clean, strict=False)))
    assert (made is passage) == (made.text == passage.text)
    answers = [[one for one in words(which, "answer") if one[1]] for which in (passage, made)]
    assert sorted(answers[0], key=repr) == sorted(answers[1], key=repr)
    assert len(words(made)) == len(words(passage)) or any(span.start == span.end for span in passage.spans)
    cuts = boundaries(made.text)
    for span in made.spans:
        assert 0 <= span.start <= span.end <= len(made.text)
        assert span.layer == "token" or cuts is None or (span.start in cuts and span.end in cuts)
    if not any(span.layer == "entity" for span in passage.spans):
        assert made is passage


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10_000), st.floats(0, 1), st.booleans())
def test_labels_stay_and_surfaces_are_from_the_lists(turn: int, rate: float, tokenized: bool) -> None:
    passage = Passage(TEXT, (*SPANS, *(tokens(TEXT) if tokenized else ())))
    made = swapped(passage, {"entities": NAMES, "rate": rate}, turn)
    old, new = words(passage), words(made)
    assert [label for label, _ in new] == [label for label, _ in old]
    changed = [(before, now) for before, now in zip(old, new, strict=True) if before != now]
    assert all(now[1] in NAMES[str(now[0])] for _, now in changed)
    assert bool(changed) == (rate > 0)
    assert (old[1] == new[1]) == (old[3] == new[3]) and new[1] == new[3]  # Bob is one, whoever he becomes
    rest = re.sub("|".join(sorted((re.escape(one) for _, one in new), key=len, reverse=True)), "#", made.text)
    assert rest == "# met # in #, and # left."
    if tokenized:
        pieces = [made.text[span.start : span.end] for span in made.spans if span.layer == "token"]
        assert "".join(pieces) == "".join(made.text.split())
        assert not any(piece != piece.strip() or " " in piece for piece in pieces)


def test_tokens_in_a_swapped_entity_are_cut_anew() -> None:
    text = "in New York City now"
    old = Passage(text, (Span(3, 16, "LOC"), *tokens(text)))
    made = swapped(old, {"entities": {"LOC": ["Rio de la Plata"]}})
    assert made.text == "in Rio de la Plata now"
    listed = [(made.text[span.start : span.end], span.fields["pos"]) for span in made.spans if span.layer == "token"]
    assert listed == [("in", "in"), ("Rio", "New"), ("de", "City"), ("la", "City"), ("Plata", "City"), ("now", "now")]
    shorter = swapped(old, {"entities": {"LOC": ["Rome"]}})
    assert [(shorter.text[s.start : s.end], s.fields["pos"]) for s in shorter.spans if s.layer == "token"] == [
        ("in", "in"), ("Rome", "New"), ("now", "now"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "spans",
    [
        (Span(0, 8, "LOC"), Span(4, 12, "LOC")),
        (Span(0, 12, "LOC"), Span(4, 8, "LOC")),
        (Span(4, 8, "LOC"), Span(4, 8, "PER")),
        (Span(4, 8, "LOC"), Span(0, 12, None, "answer")),
        (Span(4, 8, "LOC", "answer"),),
        (Span(4, 4, "LOC"),),
        (Span(14, 17, "LOC"),),
    ],
)
def test_what_overlaps_an_answer_or_another_entity_is_left_alone(spans: tuple[Span, ...]) -> None:
    passage = Passage("new york city @nyc #a", spans)
    assert swapped(passage, {"entities": {"LOC": ["Rome"]}}) is passage


def test_a_mention_that_is_an_entity_is_swapped_whole() -> None:
    made = swapped(Passage("hi @nyc and more", (Span(3, 7, "ORG"),)), {"entities": {"ORG": ["@rome"]}})
    assert made.text == "hi @rome and more"


def partners_of(*texts: str) -> Callable[[Chance, int, bool], list[Sample]]:
    listed = []
    for turn, text in enumerate(texts):
        spans = tuple(Span(*match.span(), "PER") for match in re.finditer("[A-Z][a-z]+", text))
        listed.append(Sample(Document({"other": Passage(text)}), annotations=Annotations(spans=spans), key=f"k{turn}"))
    return lambda chance, count, balanced: [
        listed[int(chance.child(str(i)).uniform() * len(listed))] for i in range(count)
    ]


def test_entities_come_from_other_samples() -> None:
    seen = set()
    for turn in range(40):
        made = swapped(
            Passage(TEXT, SPANS), {"labels": "PER"}, turn, partners=partners_of("here is Carl", "and Dora, Ed")
        )
        assert words(made)[2] == ("LOC", "Paris")
        seen |= {word for label, word in words(made) if label == "PER"}
    assert seen == {"Carl", "Dora", "Ed"}


def test_where_there_are_no_others_it_is_told_or_nothing_is_done() -> None:
    with pytest.raises(SampleError, match="no partner"):
        swapped(Passage(TEXT, SPANS), {})
    assert swapped(Passage(TEXT), {}).text == TEXT
    assert swapped(Passage(TEXT, SPANS), {}, partners=partners_of("nobody here")).text == TEXT


def test_all_columns_name_the_same_people() -> None:
    step = native.build(STEPS, "EntitySwap", {"entities": NAMES}, Path())
    both = Document(
        {"one": Passage("Bob left", (Span(0, 3, "PER"),)), "two": Passage("so Bob did", (Span(3, 6, "PER"),))}
    )
    for turn in range(20):
        made, told = step.apply(Sample(both), Chance.of(turn, "key", 1))
        assert words(made.value.passages["one"]) == words(made.value.passages["two"])
        assert told.parameters == {"columns": ["one", "two"]}
    only = native.build(STEPS, "EntitySwap", {"entities": NAMES, "columns": "two"}, Path())
    assert only.apply(Sample(both), Chance.of(0, "key", 1))[0].value.passages["one"] is both.passages["one"]


def test_lists_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_bytes("\ufeffZoë  Q\r\n\r\nYul\r\n".encode())
    (tmp_path / "all.json").write_text(json.dumps(NAMES))
    for given_as, names, file in (
        ({"PER": "names.txt", "LOC": ["Rom"]}, {"Zoë Q", "Yul", "Rom"}, "names.txt"),
        ("all.json", {*NAMES["PER"], *NAMES["LOC"]}, "all.json"),
    ):
        step = native.build(STEPS, "EntitySwap", {"entities": given_as}, tmp_path)
        assert [path.name for path in step.files] == [file]
        made, _ = step.apply(Sample(Document({"body": Passage(TEXT, SPANS)})), Chance.of(0, "key", 1))
        assert {word for _, word in words(made.value.passages["body"])} <= names


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"PER": 5}', b'{"PER": []}', b'{"PER": [5]}', b'{"PER": ["\\ud800"]}', b"[" * 99_999],
)
def test_what_is_no_list_of_names_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "all.json").write_bytes(content)
    for given_as in (
        "all.json",
        "none.json",
        {"PER": []},
        {"PER": [" "]},
        {"PER": "none.txt"},
        {"PER": ["a\0b"]},
        dict[str, Any](),
        "",
        5,
        "\0",
    ):
        with pytest.raises(RecipeError):
            native.build(STEPS, "EntitySwap", {"entities": given_as}, tmp_path)


@pytest.mark.parametrize("nothing", [[], "", [""]])
@pytest.mark.parametrize("key", ["labels", "columns"])
def test_what_would_do_nothing_is_refused(key: str, nothing: Any) -> None:
    for more in ({}, {"entities": NAMES}):
        with pytest.raises(RecipeError, match=key):
            native.build(STEPS, "EntitySwap", {key: nothing, **more}, Path())


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(["PER", "LOC", "PERX", "ORG"]), min_size=1))
def test_labels_without_names_are_told(labels: set[str]) -> None:
    parameters = {"entities": NAMES, "labels": sorted(labels)}
    if labels <= {*NAMES}:
        assert native.build(STEPS, "EntitySwap", parameters, Path()).options
        return
    with pytest.raises(RecipeError, match="labels") as caught:
        native.build(STEPS, "EntitySwap", parameters, Path())
    assert all(label in str(caught.value) for label in labels - {*NAMES})
    assert native.build(STEPS, "EntitySwap", {"labels": sorted(labels)}, Path()).options


@pytest.mark.realdata
def test_real_news_stay_true() -> None:
    """CoNLL-2002's Spanish news: each entity has the text of its span, and IOB is as it was, for 500 sentences."""
    folder = os.environ.get("AUGMENT_REAL_DATA")
    if folder is None:
        pytest.skip("no real data here")
    blocks = Path(folder, "ner_conll2002", "esp.testa").read_text(encoding="latin-1").split("\n\n")[:500]
    for turn, block in enumerate(blocks):
        rows = [line.split() for line in block.splitlines() if line.strip()]
        text, spans, entities = "", [], []
        for word, *_, tag in rows:
            start = len(text)
            text += word + " "
            spans.append(Span(start, start + len(word), None, "token", fields={"tag": tag}))
            if tag.startswith("B-"):
                entities.append([start, start + len(word), tag[2:]])
            elif tag.startswith("I-"):
                entities[-1][1] = start + len(word)
        named = [Span(start, end, label) for start, end, label in entities]
        made = swapped(
            Passage(text, (*spans, *named)), {"entities": {**NAMES, "ORG": ["Acme Inc"], "MISC": ["Q"]}}, turn
        )
        assert [label for label, _ in words(made)] == [span.label for span in named]
        assert all(word in {*NAMES["PER"], *NAMES["LOC"], "Acme Inc", "Q"} for _, word in words(made))
        assert [word for _, word in words(made, "token")] == made.text.split()
