"""MaskedLabel of texts: what was hidden can be put back by the spans, to the character."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import augment
from augment import native
from augment.annotations import Annotations, Span
from augment.chance import Chance
from augment.errors import RecipeError
from augment.sample import Sample
from augment.text import modality
from augment.text.guards import DEFAULT
from augment.text.value import Document, Passage
from tests.laws.text_recipes import ENGLISH
from tests.text.unicode_texts import annotated


def built(**parameters: Any) -> native.NativeStep:
    return native.build(modality.STEPS, "MaskedLabel", parameters, Path())


def masks_of(spans: tuple[Span, ...]) -> list[Span]:
    return sorted((span for span in spans if span.layer == "masked"), key=lambda span: span.start)


def restored(text: str, masks: list[Span]) -> str:
    for span in reversed(masks):
        text = text[: span.start] + str(span.label) + text[span.end :]
    return text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    case=annotated(),
    rate=st.floats(0, 1),
    token=st.sampled_from(["[MASK]", "<mask>", "_", "X", "▁", "MASK"]),
    key=st.text("abc", min_size=1),
)
def test_put_back_it_is_the_text(case: tuple[str, tuple[Span, ...]], rate: float, token: str, key: str) -> None:
    text, spans = case
    document = Document({"text": Passage(text)}).marked(spans, DEFAULT)
    made, _ = built(rate=rate, mask_token=token).apply(Sample(document), Chance.of(7, key, 1))
    passage: Passage = made.value.passages["text"]
    masks = masks_of(passage.spans)
    assert all(passage.text[span.start : span.end] == token and span.label != token for span in masks)
    assert restored(passage.text, masks) == text
    assert (made.value is document) == (not masks)
    firm = [span for span in spans if span.layer not in ("token", "sentence") and span.end > span.start]
    others = [span for span in passage.spans if span.layer != "masked"]
    for span in firm:
        told = text[span.start : span.end]
        assert any(passage.text[o.start : o.end] == told and o.label == span.label for o in others)


def test_as_many_words_are_hidden_as_asked_for() -> None:
    words = " ".join(["word"] * 200)
    counts = []
    for key in range(40):
        made, _ = built(rate=0.15).apply(Sample(Document({"text": Passage(words)})), Chance.of(7, str(key), 1))
        counts.append(len(masks_of(made.value.spans)))
    assert {*counts} <= {30, 31}
    made, _ = built(rate=1).apply(Sample(Document({"text": Passage(words)})), Chance.of(7, "a", 1))
    assert made.value.texts["text"] == " ".join(["[MASK]"] * 200)


def test_steps_after_it_leave_masks_alone_and_annotations_are_made_where_there_were_none() -> None:
    names = [
        ("MaskedLabel", {"rate": 0.3, "mask_token": "MASK"}),
        ("Typos", {"rate": 0.5}),
        ("RandomDeletion", {"rate": 0.5}),
    ]
    steps = [
        (native.build(modality.STEPS, name, parameters, Path()), Chance.of(3, name, 1)) for name, parameters in names
    ]
    made, _ = modality.apply(Sample(Document({"text": Passage(ENGLISH)})), steps, modality.Labels())
    found: Annotations = made.annotations
    masks = masks_of(found.spans)
    assert len(masks) > 5
    assert all(made.value.texts["text"][span.start : span.end] == "MASK" for span in masks)


def test_masks_of_several_columns_name_theirs() -> None:
    row = Document({"a": Passage(ENGLISH), "b": Passage(ENGLISH)}, row=True)
    made, told = built(rate=0.3).apply(Sample(row), Chance.of(3, "a", 1))
    assert told.parameters == {"columns": ["a", "b"]}
    assert {span.column for span in made.value.spans} == {"a", "b"}
    again = Document({name: Passage(text) for name, text in made.value.texts.items()}, row=True).marked(
        made.value.spans, DEFAULT
    )
    for name in ("a", "b"):
        passage = again.passages[name]
        assert restored(passage.text, masks_of(passage.spans)) == ENGLISH


def test_a_step_that_writes_anew_is_refused_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(ENGLISH)
    recipe = {"text": ["MaskedLabel", {"EDA": {}}]}
    live = augment.stream({"expand": {"multiplier": 3}, "text": ["MaskedLabel"]}, input=tmp_path)
    for item in live:
        assert restored(item.value, masks_of(item.annotations.spans if item.annotations else ())) == ENGLISH
    assert live.plan.dataset.spanned
    with pytest.raises(RecipeError, match="did you mean Eda"):
        augment.load(recipe)


@pytest.mark.parametrize("wrong", [{"mask_token": ""}, {"mask_token": "a b"}, {"rate": 2}, {"rates": 0.1}])
def test_wrong_parameters_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(RecipeError) as raised:
        built(**wrong)
    assert [problem.path for problem in raised.value.problems] == [*wrong]
