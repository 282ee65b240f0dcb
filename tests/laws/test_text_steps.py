"""What holds for every step of text of our own. The sweep finds them by itself; none is listed, none escapes."""

from __future__ import annotations

import json
import pickle
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augment import native
from augment.annotations import Annotations, Span
from augment.chance import Chance
from augment.errors import RecipeError
from augment.native import NativeStep
from augment.sample import Sample
from augment.text import modality
from augment.text.guards import DEFAULT, KINDS, ranges
from augment.text.value import Document, Passage
from tests.laws.text_recipes import DROPS, ENGLISH, MODELS, SPECIAL, SWAPS
from tests.text.unicode_texts import annotated, edges

OWN = native.modules(modality.STEPS)
NAMES = sorted({*OWN} - MODELS)
DESCRIBED = {name: native.describe(modality.STEPS, name) for name in OWN}
RATES = {
    name: [p.name for p in DESCRIBED[name].parameters if p.kind == "number or [low, high]"] for name in NAMES
}  # fmt: skip
"""Step -> the parameters that say how much of a text it changes."""

LOOKS = frozenset(KINDS) - {"spans"}

BUILT: dict[str, NativeStep] = {}


def build(name: str, **parameters: Any) -> NativeStep:
    """A step, built once."""
    key = f"{name} {parameters}"
    if key not in BUILT:
        BUILT[key] = native.build(modality.STEPS, name, {**SPECIAL.get(name, {}), **parameters}, Path())
    return BUILT[key]


def strong(name: str) -> NativeStep:
    """A step that changes half of what it can."""
    return build(name, **dict.fromkeys(RATES[name], 0.5))


def sample_of(text: str, spans: tuple[Span, ...] = (), policy: frozenset[str] = DEFAULT) -> Sample:
    document = Document({"text": Passage(text)}, text.encode()).marked(spans, policy)
    return Sample(document, "a", annotations=Annotations(spans=spans), partners=partners)


def partners(chance: Chance, count: int, balanced: bool) -> list[Sample]:
    """Others for steps that take something from them."""
    text = "Anna lives in New York."
    spans = (Span(0, 4, "X"), Span(14, 22, "X"))
    return [Sample(Document({"text": Passage(text, spans)}), "a", annotations=Annotations(spans=spans))] * count


def changed(step: NativeStep, sample: Sample, key: str = "a") -> Passage:
    """What a step makes of a sample, with what holds for all."""
    before = {name: (passage.text, passage.spans) for name, passage in sample.value.passages.items()}
    made, applied = step.apply(sample, Chance.of(7, key, 1))
    json.dumps(dict(applied.parameters), allow_nan=False)
    assert applied.step == step.name
    assert {name: (passage.text, passage.spans) for name, passage in sample.value.passages.items()} == before
    assert made.value.row == sample.value.row
    passage: Passage = made.value.passages["text"]
    passage.text.encode()
    assert (made is sample) == (passage is sample.value.passages["text"])
    assert made is sample or made.value.raw is None
    assert all(0 <= span.start <= span.end <= len(passage.text) for span in passage.spans)
    assert passage.policy == sample.value.passages["text"].policy
    fresh = Passage(passage.text, passage.spans, passage.policy)  # what was handed over is what would be found
    assert [*passage.guarded] == [*fresh.guarded]
    assert passage.boundaries == fresh.boundaries
    return passage


def words_of(text: str, spans: tuple[Span, ...]) -> Counter[tuple[str, str | None, str]]:
    """What entities and answers say; empty ones may go with what is around them, and steps may add masked words."""
    firm = [span for span in spans if span.layer not in ("token", "masked") and span.end > span.start]
    return Counter((text[span.start : span.end], span.label, span.layer) for span in firm)


def test_the_sweep_is_wide() -> None:
    assert len(NAMES) >= 10
    assert {*SPECIAL} <= {*NAMES}
    assert {"Typos", "OcrErrors", "Aeda", "ChangeCase", "Confusables", "UnicodeNoise"} <= {*NAMES}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=annotated(), key=st.text("abc", min_size=1))
def test_any_text_survives(name: str, case: tuple[str, tuple[Span, ...]], key: str) -> None:
    text, spans = case
    passage = changed(strong(name), sample_of(text, spans), key)
    again = changed(strong(name), sample_of(text, spans), key)
    assert (again.text, again.spans) == (passage.text, passage.spans)
    if name not in SWAPS:
        assert words_of(text, spans) == words_of(passage.text, passage.spans)
    if name not in DROPS | SWAPS:
        looks = Counter(text[start:end] for start, end in ranges(text, (), LOOKS))
        assert all(passage.text.count(look) >= count for look, count in looks.items())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=annotated(("entity",)), key=st.text("abc", min_size=1), told=st.booleans())
def test_clusters_stay_whole(name: str, case: tuple[str, tuple[Span, ...]], key: str, told: bool) -> None:
    """Tokens on clusters tell which are still there; and none is new in parts where none is put in."""
    text, spans = case
    places = edges(text)
    whole = [Span(a, b, "C", "token") for a, b in pairwise(places) if b - a > 1] if told else []
    passage = changed(strong(name), sample_of(text, (*spans, *whole)), key)
    cuts = {*edges(passage.text)}
    old = {text[span.start : span.end] for span in whole}
    for span in passage.spans:
        if span.layer == "token" and passage.text[span.start : span.end] in old:
            assert {span.start, span.end} <= cuts
            assert not cuts & set(range(span.start + 1, span.end))


@pytest.mark.parametrize("name", [name for name in NAMES if RATES[name]])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=annotated())
def test_at_rate_0_nothing_happens(name: str, case: tuple[str, tuple[Span, ...]]) -> None:
    for nothing in (0, [0, 0]):
        sample = sample_of(*case)
        made, applied = build(name, **dict.fromkeys(RATES[name], nothing)).apply(sample, Chance.of(7, "a", 1))
        assert made is sample
        assert applied.parameters["applied"] is False


@pytest.mark.parametrize("name", NAMES)
def test_english_is_changed_within_a_few_draws(name: str) -> None:
    spans = (Span(ENGLISH.index("Paris"), ENGLISH.index("Paris") + 5, "X"),)
    texts = {changed(build(name), sample_of(ENGLISH, spans), str(key)).text for key in range(8)}
    assert texts - {ENGLISH}


@pytest.mark.parametrize("name", NAMES)
def test_each_draw_is_its_own(name: str) -> None:
    spans = (Span(ENGLISH.index("Paris"), ENGLISH.index("Paris") + 5, "X"),)
    sample = sample_of(ENGLISH, spans)
    state = random.getstate()
    step = build(name)
    first = [changed(step, sample, str(key)).text for key in range(6)]
    again = pickle.loads(pickle.dumps(step))
    assert first == [changed(again, sample_of(ENGLISH, spans), str(key)).text for key in range(6)]
    assert random.getstate() == state
    columns = Document({"text": Passage(ENGLISH, spans), "b": Passage(ENGLISH, spans)}, row=True)
    for wanted, others in ((("text",), ["b"]), ("b", ["text"])):
        two = [
            step_of(name, wanted).apply(Sample(columns, partners=partners), Chance.of(7, str(key), 1))
            for key in range(8)
        ]
        assert all(made.value.texts[other] == ENGLISH for made, _ in two for other in others)
        assert any(applied.parameters["columns"] for _, applied in two)
    made, _ = build(name).apply(Sample(columns, partners=partners), Chance.of(7, "0", 1))
    assert made.value.texts["text"] == first[0]


def step_of(name: str, columns: Any) -> NativeStep:
    return build(name, columns=columns)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "text", ["a", "ab", "1", "x" * 3000, "é" * 2000, "👍🏽" * 500, "\u0301", "🇩" * 501, "- -", "{" * 3000]
)
def test_odd_texts_survive(name: str, text: str) -> None:
    for key in "abc":
        changed(strong(name), sample_of(text), key)


@pytest.mark.parametrize("name", [name for name in NAMES if RATES[name]])
@pytest.mark.parametrize("wrong", [-0.1, 1.5, [0.5, 0.2], [0.1], "much", True, None, float("nan"), [0, 2]])
def test_a_rate_is_a_share(name: str, wrong: Any) -> None:
    for parameter in RATES[name]:
        with pytest.raises(RecipeError) as raised:
            build(name, **{parameter: wrong})
        assert len(raised.value.problems) == 1
        assert raised.value.problems[0].path == parameter


@pytest.mark.parametrize("name", sorted(OWN))
def test_it_can_be_described(name: str) -> None:
    found = DESCRIBED[name]
    assert found.name == name
    assert len(found.summary) > 10
    assert found.labels in ("keeps", "moves", "may break")
    assert len(found.labels_note) > 10
    assert found.docs.startswith("https://")
    assert "p" in {parameter.name for parameter in found.parameters}
    assert all(parameter.kind for parameter in found.parameters)
