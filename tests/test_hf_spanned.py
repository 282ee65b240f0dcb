"""What stands where in the texts of a Hugging Face data set follows them, in the columns and form that it came in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

datasets = pytest.importorskip("datasets")

import augment  # noqa: E402
from augment import catalog  # noqa: E402
from augment.annotations import Annotations  # noqa: E402
from augment.sample import Content  # noqa: E402
from tests.hf_rows import cells, read, wanted  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of the library, which has its own
datasets.disable_progress_bars()

STRING, INT = datasets.Value("string"), datasets.Value("int64")
KEPT = {"expand": {"duplicates": "keep"}}


@pytest.fixture(autouse=True)
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


TOKENS = ["Ada", "Bob", "left", "Rome", "ran", "the", "green", "ok", "é", "猫", "🎉"]
WORDS = st.lists(st.sampled_from(TOKENS), min_size=3, max_size=9)
TAGS = datasets.ClassLabel(names=["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "never"])
POS = datasets.ClassLabel(names=["NN", "VB"])
EDITS: list[dict[str, Any]] = [
    {"Typos": {"rate": 0.4, "p": 1}},
    {"Aeda": {"p": 1}},
    {"EntitySwap": {"p": 1}},
    {"ChangeCase": {"p": 1}},
]


@st.composite
def worded(draw: Any, shape: str) -> Any:
    """A data set of texts with what stands where in them."""
    rows = []
    for number, words in enumerate(draw(st.lists(WORDS, min_size=1, max_size=4))):
        text, first = " ".join(words), draw(st.integers(0, len(words) - 1))
        last = draw(st.integers(first, len(words) - 1))
        start = len(" ".join(words[:first])) + (first > 0)
        span = {"start": start, "end": start + len(" ".join(words[first : last + 1])), "label": "PER"}
        told = draw(st.booleans())
        if shape == "entities":
            rows.append({"text": text, "entities": [span] if told else [], "n": number})
        elif shape == "squad":
            answers = {"text": [text[span["start"] : span["end"]]], "answer_start": [start]}
            none: dict[str, list[Any]] = {"text": [], "answer_start": []}
            rows.append(
                {"id": str(number), "context": text, "question": "Who is it?", "answers": answers if told else none}
            )
        else:
            tags = [
                (1 if place == first else 2) if first <= place <= last and told else 0 for place in range(len(words))
            ]
            pos = [number % 2] * len(words)
            rows.append({"id": str(number), "tokens": words, "pos_tags": pos, "ner_tags": tags})
    features: dict[str, Any] = {
        "entities": {
            "text": STRING,
            "entities": [{"start": datasets.Value("int32"), "end": datasets.Value("int32"), "label": STRING}],
            "n": INT,
        },
        "squad": {
            "id": STRING,
            "context": STRING,
            "question": STRING,
            "answers": {"text": datasets.List(STRING), "answer_start": datasets.List(datasets.Value("int32"))},
        },
        "tokens": {
            "id": STRING,
            "tokens": datasets.List(STRING),
            "pos_tags": datasets.List(POS),
            "ner_tags": datasets.List(TAGS),
        },
    }[shape]
    return datasets.Dataset.from_list(rows, features=datasets.Features(features))


def surfaces(content: Content, value: Any) -> list[tuple[str | None, str, str]]:
    """What the spans of a row say, but for where tokens are."""
    found = content.annotations.spans if content.annotations is not None else ()
    texts = dict(value.texts)
    first = next(iter(texts))
    return [
        (one.label, one.layer, texts[one.column or first][one.start : one.end])
        for one in found
        if one.layer != "token"
    ]


@pytest.mark.parametrize("shape", ["entities", "squad", "tokens"])
@given(step=st.sampled_from(EDITS), data=st.data())
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spans_are_where_the_steps_have_put_them(shape: str, step: dict[str, Any], data: Any) -> None:
    dataset = data.draw(worded(shape))
    recipe = {"text": [step], **KEPT}
    if not read(dataset)[0].spanned:
        return  # nothing by which the reader could tell
    if "EntitySwap" in step and not any(one.annotations and one.annotations.spans for one in read(dataset)[1]):
        return
    grown = augment.hf.map(dataset, recipe, multiplier=3)
    assert grown.features == dataset.features and cells(grown)[::3] == cells(dataset)
    modality, (_, now) = catalog.modality("text"), read(grown, id=False)
    assert len(now) == len(grown) == 3 * len(dataset)
    if "EntitySwap" not in step:  # which asks for the other rows
        for sample, content in zip(wanted(dataset, recipe, "text", 3, id=False), now, strict=True):
            notes = sample.annotations or Annotations()
            assert surfaces(content, modality.decode(content.data)) == surfaces(Content(b"", notes), sample.value)
            texts = dict(modality.decode(content.data).texts)
            same = str.split if shape == "tokens" else str
            assert {name: same(text) for name, text in texts.items()} == {
                name: same(text) for name, text in sample.value.texts.items()
            } or shape == "tokens"
    live = augment.hf.map(dataset, recipe, multiplier=3, with_transform=True)
    for row in live:
        same_row = grown[row["augment_row"] * 3 + row["augment_copy"]]
        assert {name: row[name] for name in same_row} == same_row


@pytest.mark.parametrize("shape", ["entities", "squad", "tokens"])
@given(data=st.data())
@settings(deadline=None, max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_steps_that_do_nothing_change_no_cell(shape: str, data: Any) -> None:
    dataset = data.draw(worded(shape))
    if read(dataset)[0].spanned:
        grown = augment.hf.map(dataset, {"text": [{"Typos": {"p": 0}}], **KEPT}, multiplier=2)
        assert cells(grown)[::2] == cells(grown)[1::2] == cells(dataset)


def test_new_tokens_are_outside() -> None:
    tokens = ["Ada", "Bell", "left"]
    rows = [{"tokens": tokens, "pos_tags": [0, 0, 1], "ner_tags": [1, 2, 0]}]
    features = {"tokens": datasets.List(STRING), "pos_tags": datasets.List(POS), "ner_tags": datasets.List(TAGS)}
    dataset = datasets.Dataset.from_list(rows, features=datasets.Features(features))
    grown = augment.hf.map(dataset, {"text": [{"Aeda": {"p": 1}}]}, multiplier=4)
    for row in grown.select(range(1, 4)):
        old = [place for place, token in enumerate(row["tokens"]) if token in tokens]
        assert [row["ner_tags"][place] for place in old] == [1, 2, 0]
        assert [row["pos_tags"][place] for place in old] == [0, 0, 1]
        new = set(range(len(row["tokens"]))) - set(old)
        assert new and {(row["ner_tags"][place], row["pos_tags"][place]) for place in new} == {(0, -1)}


def test_steps_that_write_places_have_no_column_for_them() -> None:
    dataset = datasets.Dataset.from_dict({"text": ["Ada left Rome in the year of the great fire"]})
    with pytest.raises(augment.AugmentError, match=r"MaskedLabel labels where something is.*augment.stream"):
        augment.hf.map(dataset, {"text": [{"MaskedLabel": {"p": 1}}]})


@pytest.mark.parametrize("tokens", [False, True])
def test_without_a_column_named_the_text_is_found(tokens: bool) -> None:
    rows: list[dict[str, Any]] = [{"source": "a page of news", "title": "On Rome", "context": "Ada left Rome."}]
    rows[0] |= {"question": "Who left?", "answers": {"text": ["Ada"], "answer_start": [0]}}
    if tokens:
        rows = [{"source": "a page of news", "tokens": ["Ada", "left"], "ner_tags": ["B-PER", "O"]}]
    grown = augment.hf.map(
        datasets.Dataset.from_list(rows), {"text": [{"Typos": {"rate": 0.5, "p": 1}}]}, multiplier=4
    )
    assert {*grown["source"]} == {"a page of news"}
    changed = ["tokens"] if tokens else ["context", "question"]
    assert all(len({*map(str, grown[name])}) > 1 for name in changed)


def test_rows_that_would_come_back_otherwise_are_left_out() -> None:
    text = "\U0001f389 Ada left Rome"  # places in UTF-16, as JavaScript counts them
    span = {"start": 3, "end": 6, "text": "Ada", "label": "PER"}
    good = {"start": 0, "end": 3, "text": "Ada", "label": "PER"}
    rows = [{"text": text, "entities": [span]}, {"text": "Ada left Rome", "entities": [good]}]
    with pytest.warns(UserWarning, match=r"row 0: can't be written: column entities would come back in another form"):
        grown = augment.hf.map(datasets.Dataset.from_list(rows), {"text": [{"Typos": {"p": 1}}]}, multiplier=2)
    assert len(grown) == 2
