"""All shapes under one law: what is read comes back, offsets are true, and what is wrong is told."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import spans
from augment.annotations import Span
from augment.spans import Found
from augment.text.guards import DEFAULT
from augment.text.value import Passage
from tests.spans.rows import SHAPES, places, texts

json_values = st.recursive(
    texts | st.integers(-5, 50) | st.booleans() | st.none() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def parsed(name: str, row: Any) -> Found:
    """A row in neutral terms; what it is made of can be written as JSON and is not shared with the row."""
    before = copy.deepcopy(row)
    found = spans.parse(name, row)
    assert row == before
    json.dumps(dict(found.fields))
    for span in found.spans:
        json.dumps(dict(span.fields))
        text = found.texts[span.column] if span.column else next(iter(found.texts.values()))
        assert 0 <= span.start <= span.end <= len(text)
    return found


def entities(found: Found) -> list[tuple[str, str | None]]:
    """The words and the labels of what is not a token."""
    return [
        (found.texts[span.column or next(iter(found.texts))][span.start : span.end], span.label)
        for span in found.spans
        if span.layer not in ("token", "sentence")
    ]


def test_every_shape_has_its_rows() -> None:
    assert tuple(SHAPES) == spans.names()


@pytest.mark.parametrize("name", spans.names())
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_row_comes_back(name: str, data: st.DataObject) -> None:
    row = data.draw(SHAPES[name]())
    found = parsed(name, row)
    again = spans.restore(name, found)
    assert again == row
    assert parsed(name, json.loads(json.dumps(again))) == found
    for column, text in found.texts.items():
        if isinstance(row, dict) and column in row:
            assert row[column] == text


@pytest.mark.parametrize("name", spans.names())
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_shape_knows_its_own(name: str, data: st.DataObject) -> None:
    row = data.draw(SHAPES[name]())
    if any(span.layer != "token" for span in spans.parse(name, row).spans):
        assert spans.shape_of(row) == name


@pytest.mark.parametrize("name", spans.names())
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_entities_keep_their_words_when_the_text_is_edited(name: str, data: st.DataObject) -> None:
    row = data.draw(SHAPES[name]())
    found = parsed(name, row)
    column = list(found.texts)[-1]
    own = [span for span in found.spans if span.column in ("", column)]
    assume(all(one.end > one.start for one in own))
    passage = Passage(found.texts[column], tuple(own), DEFAULT)
    edits = [(start, end, data.draw(texts)) for start, end in data.draw(places(found.texts[column]))]
    made = passage.edited(edits)
    edited = Found({**found.texts, column: made.text}, made.spans, found.fields)
    again = parsed(name, spans.restore(name, edited))
    assert sorted(entities(again), key=str) == sorted(entities(edited), key=str)
    if name != "tokens" or "tokens" in found.fields:
        assert again.texts == edited.texts
    else:
        assert "".join(again.texts[column].split()) == "".join(made.text.split())


@pytest.mark.parametrize("name", spans.names())
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_what_is_wrong_is_a_value_error(name: str, data: st.DataObject) -> None:
    row = data.draw(SHAPES[name]() | st.dictionaries(st.sampled_from(KEYS), json_values, max_size=5))
    row = data.draw(spoilt(row))
    spans.shape_of(row)
    try:
        found = spans.parse(name, row)
    except ValueError as error:
        assert str(error)
    else:
        spans.restore(name, found)


KEYS = ["text", "data", "label", "labels", "entities", "ents", "spans", "tokens", "ner_tags", "tags", "annotations"]
KEYS += ["predictions", "question", "context", "answers", "relations", "result", "value", "start", "end"]


@st.composite
def spoilt(draw: st.DrawFn, row: Any) -> Any:
    """A row with one value somewhere replaced by another."""
    if not isinstance(row, dict | list) or not row or draw(st.integers(0, 3)) == 0:
        return draw(json_values)
    made = copy.deepcopy(row)
    key = draw(st.sampled_from(sorted(made) if isinstance(made, dict) else range(len(made))))
    made[key] = draw(spoilt(made[key]))
    return made


BAD: list[Any] = [-1, 3, 99, 1.5, float("nan"), float("inf"), True, "1", None]


@pytest.mark.parametrize("bad", BAD, ids=repr)
@pytest.mark.parametrize("start", [True, False])
def test_a_bad_offset_is_told(bad: Any, start: bool) -> None:
    one, two = (bad, 1) if start else (2, bad)
    if (start, bad) in ((False, 3), (True, True)):
        bad = one = 2  # 2 to 1 is out of order
        two = 1
    value = {"start": one, "end": two, "text": "x", "labels": ["P"]}
    rows: dict[str, Any] = {
        "spacy": {"text": "abc", "entities": [[one, two, "P"]]},
        "doccano": {"text": "abc", "label": [[one, two, "P"]]},
        "prodigy": {"text": "abc", "spans": [{"start": one, "end": two, "label": "P"}]},
        "label_studio": {"text": "abc", "label": [value]},
        "squad": {"question": "q", "context": "abc", "answers": {"text": ["x"], "answer_start": [bad]}},
    }
    for name, row in rows.items():
        with pytest.raises(ValueError, match="expected"):
            spans.parse(name, row)


@given(texts, st.data())
@settings(max_examples=40, deadline=None)
def test_utf16_units_and_bytes_are_told_by_the_words(text: str, data: st.DataObject) -> None:
    found = data.draw(places(text))
    assume(any(end > start for start, end in found))
    for codec, unit in (("utf-16-le", 2), ("utf-8", 1)):

        def size(part: str, codec: str = codec, unit: int = unit) -> int:
            return len(part.encode(codec)) // unit

        items = [
            {"start": size(text[:start]), "end": size(text[:end]), "text": text[start:end], "labels": ["P"]}
            for start, end in found
        ]
        made = spans.parse("label_studio", {"text": text, "label": items})
        assert [text[span.start : span.end] for span in made.spans] == [text[start:end] for start, end in found]
        again = spans.restore("label_studio", made)["label"]
        assert again == items
        answers = {"text": [one["text"] for one in items], "answer_start": [one["start"] for one in items]}
        asked = spans.parse("squad", {"question": "?", "context": text, "answers": answers})
        assert [text[span.start : span.end] for span in asked.spans] == [one["text"] for one in items]


def test_emoji_shift_what_label_studio_counts() -> None:
    row: dict[str, Any] = {
        "text": "🙂🙂 Ada left",
        "label": [{"start": 5, "end": 8, "text": "Ada", "labels": ["PER"]}],
    }
    (span,) = spans.parse("label_studio", row).spans
    assert (span.start, span.end, span.label) == (3, 6, "PER")
    row["label"][0]["text"] = "Bob"
    with pytest.raises(ValueError, match=r"expected 'Bob' from 5 to 8, found 'a l'.*UTF-16"):
        spans.parse("label_studio", row)


def test_a_relation_goes_with_its_end() -> None:
    items = [{"id": n, "label": "P", "start_offset": n, "end_offset": n + 1} for n in range(3)]
    row = {
        "text": "abc",
        "entities": items,
        "relations": [{"id": 1, "from_id": 0, "to_id": 2}, {"from_id": 0, "to_id": 1}],
    }
    found = spans.parse("doccano", row)
    left = spans.restore("doccano", replace(found, spans=found.spans[:2]))
    assert left["relations"] == [{"from_id": 0, "to_id": 1}]


def test_tokens_are_numbered_anew() -> None:
    tokens = [
        {"text": w, "start": s, "end": s + 3, "id": n, "ws": n == 0}
        for n, (w, s) in enumerate([("Ada", 0), ("ran", 4)])
    ]
    row = {
        "text": "Ada ran",
        "tokens": tokens,
        "spans": [{"start": 4, "end": 7, "token_start": 1, "token_end": 1, "label": "V"}],
    }
    found = spans.parse("prodigy", row)
    made = Passage("Ada ran", found.spans, DEFAULT).edited([(0, 3, "A da"), (3, 3, " then")])
    again = spans.restore("prodigy", Found({"text": made.text}, made.spans, found.fields))
    assert [(one["id"], one["text"], one["ws"]) for one in again["tokens"]] == [
        (0, "A", True),
        (1, "da", True),
        (2, "then", True),
        (3, "ran", False),
    ]
    assert again["spans"] == [{"start": 10, "end": 13, "token_start": 3, "token_end": 3, "label": "V"}]


def test_overlap_looks_at_one_layer_of_one_text() -> None:
    one, two, three = Span(0, 3, "A"), Span(3, 5, "B"), Span(2, 4, "C")
    assert spans.overlap([one, two, Span(1, 1), replace(one, layer="token"), replace(one, column="b")]) is None
    assert spans.overlap([two, three, one]) == (one, three)
    assert spans.overlap([]) is None


@given(texts, st.data())
def test_overlap_is_as_defined(text: str, data: st.DataObject) -> None:
    found = [Span(start, end) for start, end in data.draw(places(text))]
    chars = [char for span in found for char in range(span.start, span.end)]
    assert (spans.overlap(found) is None) == (len(chars) == len(set(chars)))


@pytest.mark.parametrize("tags", [["B-PER", 5, "O"], ["O", None, "O"], [0, 1, "O"], [0, None, 1], [0, True, 1]])
def test_tags_of_two_kinds_are_refused(tags: list[Any]) -> None:
    with pytest.raises(ValueError, match="all texts or all numbers"):
        spans.parse("tokens", {"tokens": ["Lena", "walks", "there"], "ner_tags": tags})
