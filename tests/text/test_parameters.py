"""Laws of the parameters of nlpaug's augmenters: what is taken, what is refused and how, and what is said of each."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.chance import Chance
from augment.contracts import Setting
from augment.errors import RecipeError
from augment.sample import Sample
from augment.text import describe, kinds, library, parameters, peer, schema
from augment.text.value import Document, Passage

RESERVED = [["quick", "fast", "sudden move"], ["lazy dog", "tired cat"]]

TEXT = "The quick brown fox, Nairobi and a lazy dog didn't see it. Why?"


def test_every_augmenter_of_texts_has_its_name_and_is_described() -> None:
    nlpaug = {name for name, home in peer.homes().items() if ".augmenter." in home and name.endswith("Aug")}
    assert {*library.transforms(), *library.EXCLUDED} == nlpaug
    for name in library.transforms():
        told = describe.describe(name)
        assert told.summary and told.labels_note and {"p", "columns"} < {one.name for one in told.parameters}
        assert all(one.about and one.kind and one.default for one in told.parameters)
        own = set(schema.fields(name))
        assert {one.name for one in told.parameters} <= own | {"p", "columns", "nltk_data"}
        assert own - {one.name for one in told.parameters} <= set(kinds.LEFT_OUT)
    assert describe.describe("AntonymAug").labels == "may break"
    with pytest.raises(KeyError):
        describe.describe("LambadaAug")


def problems(name: str, given: dict[str, Any], base: Path = Path()) -> str:
    with pytest.raises(RecipeError) as caught:
        parameters.build(name, given, Setting(base))
    return str(caught.value)


def wrong() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Mistakes, and a part of what is said of each."""
    yield "KeyboardAug", {"aug_char_pp": 0.5}, "did you mean aug_char_p?"
    yield "KeyboardAug", {"tokenizer": "x"}, "has a meaning only in code"
    yield "KeyboardAug", {"n": 2}, "how many copies"
    yield "KeyboardAug", {"lang": "xx"}, "de | en"
    yield "KeyboardAug", {"aug_char_p": 1.5}, "number from 0 to 1"
    yield "KeyboardAug", {"aug_char_p": True}, "number from 0 to 1"
    yield "KeyboardAug", {"aug_char_p": float("nan")}, "number from 0 to 1"
    yield "KeyboardAug", {"aug_char_min": 5, "aug_char_max": 2}, "aug_char_min <= aug_char_max"
    yield "KeyboardAug", {"aug_char_min": 50}, "aug_char_max: 10 (its default)"
    yield "KeyboardAug", {"stopwords": "the"}, "list of texts"
    yield "KeyboardAug", {"stopwords_regex": "("}, "regular expression"
    yield "KeyboardAug", {"model_path": "nowhere.json"}, "there is none at"
    yield "KeyboardAug", {"p": 2}, "probability"
    yield "KeyboardAug", {"columns": 3}, "list of names"
    yield "OcrAug", {"dict_of_path": {"a": "b"}}, "a list of what each is taken for"
    yield "RandomCharAug", {"action": "crop"}, "insert | substitute | delete | swap"
    yield "RandomWordAug", {"action": "delte"}, "did you mean delete?"
    yield "RandomWordAug", {"target_words": [""]}, "list of texts"
    yield "ReservedAug", {}, "no default"
    yield "ReservedAug", {"reserved_tokens": [["a"]]}, "two texts or more"
    yield "ReservedAug", {"reserved_tokens": [["a", "A"]], "case_sensitive": False}, "two texts or more"
    yield "ReservedAug", {"reserved_tokens": RESERVED, "generate_all_combinations": True}, "many texts"
    yield "SynonymAug", {"aug_src": "ppdb"}, "nothing is downloaded"
    yield "TfIdfAug", {}, "no default"
    yield "TfIdfAug", {"model_path": "."}, "tfidfaug_w2idf.txt"
    yield "WordEmbsAug", {"model_type": "glove"}, "no default"
    yield "BackTranslationAug", {}, "nothing is downloaded"
    yield "LambadaAug", {"model_dir": "."}, "is none"
    yield "Sequential", {}, "write sequence"
    yield "KeybordAug", {}, "did you mean KeyboardAug?"
    yield (
        "RandomCharAug",
        {"include_upper_case": False, "include_lower_case": False, "include_numeric": False, "spec_char": None},
        "expected parameters with which RandomCharAug works",
    )


@pytest.mark.parametrize(("name", "given", "said"), list(wrong()))
def test_mistakes_are_told_with_what_is_right(name: str, given: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in problems(name, given, tmp_path)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["KeyboardAug", "RandomWordAug", "SplitAug", "ReservedAug", "TfIdfAug", "OcrAug"]).flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.dictionaries(
                st.sampled_from([*schema.fields(name), "columns", "p"]),
                st.recursive(
                    st.one_of(st.none(), st.booleans(), st.integers(-3, 30), st.floats(), st.text(max_size=4)),
                    lambda inner: (
                        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
                    ),
                    max_leaves=4,
                ),
                max_size=3,
            ),
        )
    )
)
def test_any_values_are_taken_or_refused(case: tuple[str, dict[str, Any]]) -> None:
    name, given = case
    try:
        step = parameters.build(name, given, Setting(Path()))
    except RecipeError as error:
        assert error.problems
    else:
        made, _ = step.apply(Sample(Document({"text": Passage(TEXT)})), Chance.of(0, "key", 1))
        assert made.value.texts["text"].strip()


def test_broken_tables_are_told(tmp_path: Path) -> None:
    for number, content in enumerate((b"\xff\xfe\x00", b"[1, 2]", b'{"a": 3}', b"")):
        (tmp_path / f"{number}.json").write_bytes(content)
        for name, key in (("KeyboardAug", "model_path"), ("OcrAug", "dict_of_path")):
            given = {key: f"{number}.json", "aug_word_p": 1.0, "aug_char_p": 1.0, "min_char": 1}
            assert f"{name} works" in problems(name, given, tmp_path)
    (tmp_path / "words.txt").write_bytes(b"caf\xe9 cafe\n")
    assert "SpellingAug works" in problems("SpellingAug", {"dict_path": "words.txt"}, tmp_path)


def test_missing_nltk_data_are_named_and_ours_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLTK_DATA", str(tmp_path))
    said = problems("AntonymAug", {"nltk_data": "."}, tmp_path)
    assert "Antonyms" in said
    if importlib.util.find_spec("nltk"):
        assert "wordnet and omw-1.4 and averaged_perceptron_tagger_eng" in said and "nothing is downloaded" in said
    else:
        assert "pip install nltk" in said
