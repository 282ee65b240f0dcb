"""Laws of the modality as a whole: its steps by name, what they say of themselves, and what it refuses."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from augment import catalog, native
from augment.annotations import Annotations, Box, Instance, Span
from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError, SampleError
from augment.sample import Content, Dataset, Rows, Sample
from augment.text import modality
from augment.text.value import Document

SETTING = Setting(Path())


def test_it_is_found_by_name_and_by_ending() -> None:
    assert catalog.module("modalities", "text") is modality
    assert catalog.modality_of(".txt") == "text"


@pytest.mark.parametrize("name", modality.names())
def test_every_step_says_what_it_is(name: str) -> None:
    told = modality.describe(name)
    assert told.name == name and told.summary[:1].isupper() and told.labels_note and told.docs.startswith("https://")
    listed = [one.name for one in told.parameters]
    assert len(listed) == len(set(listed)) and {"p", "columns"} <= set(listed)
    assert all(one.about and one.kind and one.default for one in told.parameters)
    with pytest.raises(RecipeError) as caught:
        modality.build(name, {"colums": "body", "p": 3}, SETTING)
    assert "columns" in str(caught.value) and "probability" in str(caught.value)


def test_names_are_sorted_and_unknown_ones_get_the_nearest() -> None:
    assert modality.names() == sorted(set(modality.names()))
    with pytest.raises(RecipeError, match="did you mean"):
        modality.build("SynonymAugg", {}, SETTING)
    with pytest.raises(KeyError):
        modality.describe("Nothing")


def test_the_default_steps_can_be_built_and_do_something() -> None:
    grouped = [item for step in modality.DEFAULT_STEPS for item in step.get("one_of", [step])]
    for step in grouped:
        ((name, given),) = step.items()
        built = modality.build(name, given, SETTING)
        sample = Sample(modality.decode(b"I do not think the quick brown fox jumps over the big happy dog"))
        made = [built.apply(sample, Chance.of(0, "key", copy))[0].value.texts for copy in range(5)]
        assert any(texts != sample.value.texts for texts in made)
        assert pickle.loads(pickle.dumps(built)) is not None


def test_doctor_finds_nlpaug_sound() -> None:
    found = list(modality.diagnose())
    assert any(one.status == "ok" and "nlpaug 1.1.11" in one.about for one in found)
    assert not [one for one in found if one.status == "bad"]
    assert all(one.fix for one in found if one.status == "bad")


@pytest.mark.parametrize("module", ["augment.text.modality", "augment.text.preload"])
def test_importing_it_imports_nothing_heavy(module: str) -> None:
    heavy = (
        "cv2",
        "librosa",
        "sklearn",
        "pandas",
        "nltk",
        "nlpaug",
        "torch",
        "transformers",
        "scipy",
        "faker",
        "jieba",
    )
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_writes_texts_anew_is_refused_where_spans_are_told() -> None:
    class Rewriting:
        name, p, rewrites = "BackTranslate", 1.0, True

    rows = Rows(("title", "body"))
    step: Any = Rewriting()
    assert list(modality.objections(step, Dataset(rows=rows, spanned=True), modality.Labels()))
    assert not list(modality.objections(step, Dataset(rows=rows), modality.Labels()))
    options: Any = type("Options", (), {"columns": "bodi"})()
    step = native.NativeStep("Any", 1.0, "augment.text.steps.random_swap", options)
    assert not step.rewrites
    (said,) = modality.objections(step, Dataset(rows=rows), modality.Labels())
    assert "did you mean body?" in said
    assert native.NativeStep("Any", 1.0, "augment.text.steps.back_translate", options).rewrites


def test_apply_moves_spans_and_gives_the_annotations_back() -> None:
    document: Document = modality.decode(b"Then Nairobi was there, and so was the quick brown fox of Kenya")
    content = Content(b"", Annotations(spans=(Span(5, 12, "LOC"), Span(58, 63, "LOC")), fields={"id": 3}))
    settled = modality.settle(document, content, Dataset(spanned=True), modality.Labels())
    step = modality.build("KeyboardAug", {"aug_word_p": 1.0, "aug_word_max": None}, SETTING)
    crop = modality.build("RandomWordAug", {"action": "delete"}, SETTING)
    sample = Sample(document, annotations=settled.working)
    for copy in range(9):
        chance = Chance.of(0, "key", copy)
        made, told = modality.apply(sample, [(crop, chance.child("0")), (step, chance.child("1"))], modality.Labels())
        text = made.value.texts["text"]
        assert [text[span.start : span.end] for span in made.annotations.spans] == ["Nairobi", "Kenya"]
        assert made.annotations.fields == {"id": 3} and len(told) == 2
        assert modality.identity(made.value) != modality.identity(document)


def test_spans_outside_their_text_are_dropped_and_counted_and_boxes_refused() -> None:
    document = modality.decode(b"short")
    spans = (Span(0, 5, "A"), Span(2, 9, "B"), Span(0, 1, "C", column="other"))
    settled = modality.settle(document, Content(b"", Annotations(spans=spans)), Dataset(), modality.Labels())
    assert [span.label for span in settled.original.spans] == ["A"] and sum(settled.notes.values()) == 2
    box: Box = (0.0, 0.0, 1.0, 1.0)
    with pytest.raises(SampleError):
        modality.settle(document, Content(b"", Annotations((Instance("A", box),))), Dataset(), modality.Labels())


@pytest.mark.parametrize("data", [b"", b" \n\t", b"a\0b", b"\x1e" + b'{"a": "\\ud800"}', b"x" * 40_000_001])
def test_what_is_no_text_is_told(data: bytes) -> None:
    with pytest.raises(SampleError):
        modality.decode(data)


def test_texts_have_no_mean() -> None:
    with pytest.raises(SampleError):
        modality.blend([], [])
