"""Laws of all augmenters of nlpaug that need no language model."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import random
import string
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from augment.annotations import Span
from augment.chance import Chance
from augment.contracts import Setting, Step
from augment.errors import RecipeError
from augment.failures import first_line
from augment.sample import Sample
from augment.seeding import seeded
from augment.text import kinds, library, parameters, peer
from augment.text.graphemes import boundaries
from augment.text.value import Document, Passage
from tests.text import nltk_folder

SETTING = Setting(Path())

RESERVED = [["quick", "fast", "sudden move"], ["lazy dog", "tired cat"], ["C++", "Rust"], ["see you", "bye"]]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("KeyboardAug", {}),
    ("KeyboardAug", {"lang": "de", "min_char": 1, "aug_word_p": 1.0, "aug_char_p": 1.0}),
    ("OcrAug", {}),
    ("OcrAug", {"dict_of_path": {"o": ["0", "Q"], "l": ["1"]}, "aug_word_p": 1.0, "aug_char_max": None}),
    *(("RandomCharAug", {"action": action}) for action in ("insert", "substitute", "swap", "delete")),
    *(
        ("RandomCharAug", {"action": "swap", "swap_mode": mode, "min_char": 0, "aug_word_p": 1.0})
        for mode in ("middle", "random")
    ),
    ("RandomCharAug", {"action": "delete", "aug_char_p": 0.6, "aug_word_p": 1.0, "min_char": 1}),
    *(("RandomWordAug", {"action": action}) for action in ("delete", "swap", "crop", "substitute")),
    ("RandomWordAug", {"action": "delete", "aug_p": 1.0, "aug_max": None}),
    ("RandomWordAug", {"action": "crop", "aug_p": 1.0, "aug_max": None}),
    ("RandomWordAug", {"action": "swap", "aug_p": 1.0, "aug_max": None}),
    ("RandomWordAug", {"action": "substitute", "target_words": ["one", "two words"], "stopwords": ["the"]}),
    ("SpellingAug", {}),
    ("SpellingAug", {"include_reverse": False, "aug_p": 1.0}),
    ("SplitAug", {"min_char": 1, "aug_p": 1.0, "stopwords_regex": "q.*"}),
    ("ReservedAug", {"reserved_tokens": RESERVED, "aug_p": 1.0}),
    ("ReservedAug", {"reserved_tokens": RESERVED, "case_sensitive": False}),
    *(("RandomSentAug", {"mode": mode, "aug_p": 1.0}) for mode in ("left", "right", "neighbor", "random")),
    ("TfIdfAug", {"model_path": "tables", "action": "substitute"}),
    ("TfIdfAug", {"model_path": "tables", "action": "insert", "top_k": None}),
]
if importlib.util.find_spec("nltk"):
    CASES += [
        ("SynonymAug", {"nltk_data": "nltk_data", "aug_p": 1.0}),
        ("AntonymAug", {"nltk_data": "nltk_data", "aug_max": 1}),
    ]
    CASES += [("SynonymAug", {"nltk_data": "nltk_data", "aug_src": "ppdb", "model_path": "ppdb.txt"})]

PLACES = ("model_path", "nltk_data")

TEXT = (
    'The quick  brown fox, Nairobi and a lazy dog didn\'t see https://a.example/?b=c\tor {name}.\n\nWhy? "See you", '
    "he said! 🇫🇷👨‍👩‍👧 naïve café: the good house was quickly open."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables for those that need some."""
    found = tmp_path_factory.mktemp("library")
    (found / "tables").mkdir()
    words = ["The", "the", "fox", "brown", "house", "see", "quickly", "dog"]
    (found / "tables" / "tfidfaug_w2idf.txt").write_text("".join(f"{w} {n + 1}.5\n" for n, w in enumerate(words)))
    (found / "tables" / "tfidfaug_w2tfidf.txt").write_text("".join(f"{word} 0.125\n" for word in words))
    nltk_folder.draw(found / "nltk_data")
    line = "[NN] ||| house ||| {} ||| PPDB2.0Score=5 ||| 0-0 ||| Equivalence\n"
    (found / "ppdb.txt").write_text(line.format("home") + line.format("building"))
    return found


@pytest.fixture(scope="module")
def steps(folder: Path) -> list[Any]:
    return [parameters.build(name, given, Setting(folder)) for name, given in CASES]


def sample_of(text: str, spans: tuple[Span, ...] = ()) -> Sample:
    return Sample(Document({"text": Passage(text, spans)}))


def made_of(step: Step, sample: Sample, copy: int = 1) -> Passage:
    made: Passage = step.apply(sample, Chance.of(0, "key", copy))[0].value.passages["text"]
    return made


def states() -> tuple[Any, ...]:
    name, keys, *rest = np.random.get_state()
    return random.getstate(), name, np.asarray(keys).tobytes(), rest


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, tuple[Span, ...]]:
    """A text of any script, and some entities and tokens in it."""
    piece = st.one_of(
        st.sampled_from(TEXT.split(" ")),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
        st.sampled_from(
            ["é́", "👩🏽‍🚀", "नमस्ते", "ภาษาไทย", "می‌خواهم", "漢字かな", "\r\n", "1️⃣", "각", "“Quoted”", "%s"]
        ),
    )
    text = draw(st.lists(piece, max_size=12).map(" ".join))
    spans = []
    if text:
        ends = draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text))), max_size=3))
        spans = [Span(min(pair), max(pair), "X", "entity") for pair in ends if pair[0] != pair[1]]
    return text, tuple(spans)


@settings(max_examples=40, deadline=None)
@given(annotated())
@example((TEXT, (Span(22, 29, "LOC"),)))
@example(("", ()))
@example(("a", ()))
@example((" \t\n", ()))
def test_any_text_gives_one_text_and_what_is_guarded_stays(steps: list[Any], drawn: tuple[str, Any]) -> None:
    text, spans = drawn
    sample = sample_of(text, spans)
    before = states()
    for step in steps:
        made = made_of(step, sample)
        assert made.text == made_of(step, sample).text
        assert bool(made.text.strip()) == bool(text.strip())
        kept = Counter(text[a:b] for a, b in sample.value.passages["text"].guarded)
        for part, times in kept.items():
            assert made.text.count(part) >= times
        assert [made.text[span.start : span.end] for span in made.spans] == [
            text[span.start : span.end] for span in sorted(spans, key=_place)
        ] or sorted(made.text[span.start : span.end] for span in made.spans) == sorted(
            text[span.start : span.end] for span in spans
        )
        assert made.text == text or made is not sample.value.passages["text"]
        made.text.encode()
    assert states() == before


def _place(span: Span) -> int:
    return span.start


@settings(max_examples=40, deadline=None)
@given(annotated())
def test_grapheme_clusters_are_not_cut(steps: list[Any], drawn: tuple[str, Any]) -> None:
    text, _ = drawn
    known = _clusters(text)
    for step in steps:
        if step.name == "RandomCharAug":  # it makes letters small and large, and those of some scripts become two
            continue
        assert _clusters(made_of(step, sample_of(text)).text.casefold()) <= known | _clusters(text.casefold())


def _clusters(text: str) -> set[str]:
    edges = sorted(boundaries(text) or ())
    return {text[a:b] for a, b in pairwise(edges) if b - a > 1}


def test_copies_differ_and_spaces_and_links_stay(steps: list[Any]) -> None:
    place = TEXT.index("Nairobi")
    sample = sample_of(TEXT, (Span(place, place + 7, "LOC"),))
    for step in steps:
        if step.parameters.get("action") == "delete" and step.parameters.get("aug_p") == 1.0:
            continue  # there is one way to take all away
        made = [made_of(step, sample, copy) for copy in range(12)]
        assert len({one.text for one in made}) > 1, step
        for one in made:
            assert [one.text[span.start : span.end] for span in one.spans] == ["Nairobi"]
            assert one.text.count("https://a.example/?b=c") == one.text.count("{name}") == 1
            assert one.text.count("\n\n") == 1 and "👨‍👩‍👧" in one.text and "🇫🇷" in one.text


STRENGTHS = ("aug_p", "aug_max", "aug_char_p", "aug_char_max", "aug_word_p", "aug_word_max")


def test_nothing_to_do_leaves_the_text_to_the_byte(folder: Path) -> None:
    sample = sample_of(TEXT)
    for name, values in CASES:
        for key in set(STRENGTHS) & set(kinds.kinds(name)):
            step = parameters.build(name, {**values, key: 0}, Setting(folder))
            assert step.apply(sample, Chance.of(0, "key", 1))[0] is sample
        assert parameters.build(name, {**values, "p": 0}, Setting(folder)).p == 0


def test_a_share_of_0_with_a_least_number_is_that_number() -> None:
    step = parameters.build("RandomWordAug", {"action": "substitute", "aug_p": 0, "aug_min": 2, "aug_max": 5}, SETTING)
    for copy in range(5):
        assert made_of(step, sample_of(TEXT), copy).text.count("_") == 2


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(string.ascii_lowercase, min_size=4, max_size=9), min_size=2, max_size=12), st.integers(0, 9))
def test_on_plain_words_it_does_what_nlpaug_does(words: list[str], copy: int) -> None:
    text = " ".join(words)
    for name, values in CASES:
        if name not in ("KeyboardAug", "OcrAug", "RandomCharAug", "RandomWordAug", "SplitAug"):
            continue
        if values.get("action") == "crop" or values.get("aug_p") == 1.0 or values.get("aug_char_p") in (0.6, 1.0):
            continue  # mended
        step = (
            parameters.build(name, values, SETTING) if (name, str(values)) not in BUILT else BUILT[name, str(values)]
        )
        BUILT[name, str(values)] = step
        own = peer.load(name)(**values)
        chance = Chance.of(0, "key", copy)
        with seeded(library.place(chance.draws())):
            expected = own.augment(text)[0]
        if values.get("action") == "swap" and name == "RandomWordAug":
            expected = expected.lower()
        assert made_of(step, sample_of(text), copy).text.split() == expected.split()


BUILT: dict[tuple[str, str], Any] = {}


def test_a_step_pickles_small_and_works_as_before(steps: list[Any]) -> None:
    for step in steps:
        made_of(step, sample_of(TEXT))
        packed = pickle.dumps(step)
        assert len(packed) < 4000
        assert made_of(pickle.loads(packed), sample_of(TEXT)).text == made_of(step, sample_of(TEXT)).text


def test_files_count_for_the_fingerprint(steps: list[Any], folder: Path) -> None:
    for step, (_, values) in zip(steps, CASES, strict=True):
        named = [folder / values[key] for key in PLACES if key in values]
        assert all(file.is_file() and file.is_absolute() for file in step.files)
        for path in named:
            assert any(path in (file, *file.parents) for file in step.files)


def test_each_step_reads_its_own_table(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "words.txt").write_text(f"fox {name}\n")
    made = [
        parameters.build("SpellingAug", {"dict_path": f"{name}/words.txt", "aug_p": 1.0}, Setting(tmp_path))
        for name in ("one", "two")
    ]
    assert [made_of(step, sample_of("a fox")).text for step in made] == ["a one", "a two"]


RUN = """
import sys, json
from pathlib import Path
from augment.chance import Chance
from augment.contracts import Setting
from augment.sample import Sample
from augment.text import modality, preload
from augment.text.value import Document, Passage
text = "The quick brown fox is there and didn't believe their address, because of which they were beautiful."
made = []
for name in json.loads(sys.argv[1]):
    step = modality.build(name, {}, Setting(Path()))
    sample = Sample(Document({"text": Passage(text)}))
    made += [step.apply(sample, Chance.of(0, "k", copy))[0].value.texts["text"] for copy in range(9)]
heavy = {"cv2", "librosa", "sklearn", "pandas", "torch", "nltk", "requests", "gdown", "scipy"} & set(sys.modules)
print(json.dumps([made, sorted(heavy)]))
"""


def test_no_hash_seed_changes_a_word_and_no_heavy_library_is_imported() -> None:
    names = ["KeyboardAug", "OcrAug", "RandomCharAug", "RandomSentAug", "RandomWordAug", "SpellingAug", "SplitAug"]
    found = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", RUN, json.dumps(names)], capture_output=True, text=True, env=environment, check=True
        )
        found.append(json.loads(done.stdout))
    assert found[0] == found[1]
    assert found[0][1] == []


def test_nlpaug_is_still_what_it_is_after_us() -> None:
    peer.load("KeyboardAug")
    code = "from augment.text import peer; kind = peer.load('SplitAug'); import nlpaug.augmenter.word as naw; "
    code += (
        "assert naw.SplitAug is kind; assert naw.SpellingAug().augment('hello there'); import pandas; pandas.DataFrame"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_only_named_columns_change() -> None:
    step = parameters.build("KeyboardAug", {"columns": ["body"]}, SETTING)
    sample = Sample(Document({"title": Passage(TEXT), "body": Passage(TEXT)}))
    made, told = step.apply(sample, Chance.of(0, "key", 1))
    assert made.value.texts["title"] == TEXT != made.value.texts["body"]
    assert told.parameters == {"columns": ["body"]}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(["*" * 70, "", "  ", "-- 5 --", "  No such file: a"]), st.text())))
def test_an_error_is_told_by_its_first_line_with_a_letter(lines: list[str]) -> None:
    text = "\n".join(lines)
    told = first_line(ValueError(text))
    split = [line.strip() for line in text.splitlines()]
    lettered = [line for line in split if any(map(str.isalpha, line))]
    assert told == next(iter(lettered or filter(None, split)), "ValueError")


@pytest.mark.skipif(importlib.util.find_spec("nltk") is None, reason="it needs NLTK")
def test_a_language_that_is_not_there_is_told_in_words(folder: Path) -> None:
    with pytest.raises(RecipeError) as caught:
        parameters.build("SynonymAug", {"nltk_data": "nltk_data", "lang": "fra"}, Setting(folder))
    assert "***" not in str(caught.value)
    said = str(caught.value).partition("'fra'")[2]
    assert sum(map(str.isalpha, said)) > 5
