"""Sentences of many languages, and laws of what is done with them."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Span
from augment.text.sentences import sentences
from augment.text.steps._sentences import movable
from augment.text.value import Passage
from tests.text.test_word_steps import after, passages, step_of, texts

CUT = {
    "English": "Dr. Smith went to the U.S. in 2005.|He paid 3.50, e.g. for tea!|J. R. R. Tolkien wrote.|So am I.|Yes",
    "quotes": "“Why?” he asked.|\"Because!\"|(She left.)|Then what?!|'Oh.'|Done...",
    "dots": "Wait... what?|No…|See https://a.b/c.d now.|It is v1.2.3 or 3.5.|The end",
    "German": "Am 5. März 2024 kam z.B. Herr Müller an.|Er blieb bzw. ging.|Ende",
    "Spanish": "¿Qué tal?|¡Bien!|La Sra. García llegó.|Adiós",
    "French": "M. Dupont arrive.|« Bonjour ! »|Il part.",
    "Russian": "Это дом.|А. С. Пушкин жил здесь!|Да?",
    "Greek": "Ναι.|Όχι!",
    "Hindi": "यह एक वाक्य है।|यह दूसरा है।|क्या?",
    "Arabic": "هل أنت بخير؟|نعم.|شكرا",
    "Urdu": "یہ ایک جملہ ہے۔|یہ دوسرا ہے۔",
    "Amharic": "ሰላም።|እሺ።",
    "Armenian": "Սա տուն է։|Այո։",
    "Burmese": "မင်္ဂလာပါ။|ဟုတ်ကဲ့။",
}
RUN_ON = {
    "Chinese": "我喜欢猫。|你呢？|“好的。”|他说。",
    "Japanese": "今日は良い天気です！|散歩に行きましょう。|はい",
}


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize("language", CUT)
@pytest.mark.parametrize("space", [" ", "  ", "\n", "\r\n", "\n\n", "\t"])
def test_sentences_of_many_languages(language: str, space: str) -> None:
    assert cut(CUT[language].replace("|", space)) == CUT[language].split("|")


@pytest.mark.parametrize("language", RUN_ON)
def test_full_width_stops_need_no_space(language: str) -> None:
    assert cut(RUN_ON[language].replace("|", "")) == RUN_ON[language].split("|")


def test_lines() -> None:
    assert cut("one line\ntwo still\n\nNext. End") == ["one line\ntwo still", "Next.", "End"]
    assert cut("To do:\n- this\n- that\n1. First\n2) second") == [
        "To do:",
        "- this",
        "- that",
        "1. First",
        "2) second",
    ]
    assert cut("") == cut(" \n ") == []


@settings(max_examples=200, deadline=None)
@given(texts())
def test_sentences_are_in_order_and_hold_all_but_white_space(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(cut(text)).split()) == "".join(text.split())
    done = 0
    for start, end in found:
        assert done <= start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
        assert not text[done:start].strip()
        done = end


@pytest.mark.parametrize(
    "piece", [".", "a. ", "\n", '!"', " \n", "\n ", "A.B.", "。", "。”", "1. ", '. "', "… ", "-\n"]
)
def test_time_grows_with_length_and_no_faster(piece: str) -> None:
    begin = time.process_time()
    sentences(piece * 50_000)
    assert time.process_time() - begin < 3  # 0.1 s as measured


@settings(max_examples=100, deadline=None)
@given(passages())
def test_no_sentence_is_cut_where_something_is(passage: Passage) -> None:
    parts = movable(passage)
    for start, end in parts:
        assert passage.may_part(start) and passage.may_part(end)
        assert all(
            span.end <= start or span.start >= end or (start <= span.start and span.end <= end)
            for span in passage.spans
        )


@settings(max_examples=100, deadline=None)
@given(passages(), st.integers(0, 99))
def test_shuffled_sentences_are_the_same_ones_and_the_gaps_stay(passage: Passage, turn: int) -> None:
    made = after(step_of("SentenceShuffle", {}), passage, turn)
    assert Counter(made.text) == Counter(passage.text)
    assert len(made.spans) == len(passage.spans)
    told = [Counter(passage.text[span.start : span.end] for span in passage.spans)]
    assert told == [Counter(made.text[span.start : span.end] for span in made.spans)]


def test_a_shuffle_always_moves_something_and_a_drop_always_leaves_something() -> None:
    text = "One is here. Two is there!\n\nThree? Four."
    for turn in range(50):
        shuffled = after(step_of("SentenceShuffle", {}), Passage(text), turn).text
        assert shuffled != text
        assert re.sub(r"[^\s]", "", shuffled) != "" and Counter(cut(shuffled)) == Counter(cut(text))
        assert re.findall(r"(?<=[.!?])\s+", shuffled) == re.findall(r"(?<=[.!?])\s+", text)
        dropped = after(step_of("SentenceDrop", {"rate": 1.0}), Passage(text), turn).text
        assert len(cut(dropped)) == 1 and dropped == dropped.strip() and dropped in text
        fewer = after(step_of("SentenceDrop", {"rate": 0.25}), Passage(text), turn).text
        assert [one for one in cut(text) if one in cut(fewer)] == cut(fewer)


def test_a_sentence_with_an_answer_stays() -> None:
    text = "Nobody knows. Ann lives in Oslo. It rains."
    span = Span(text.index("Oslo"), text.index("Oslo") + 4, None, "answer")
    for turn in range(30):
        made = after(step_of("SentenceDrop", {"rate": 1.0}), Passage(text, (span,)), turn)
        assert made.text == "Ann lives in Oslo."
        assert made.text[made.spans[0].start : made.spans[0].end] == "Oslo"


@pytest.mark.realdata
def test_real_articles_are_cut_at_their_stops() -> None:
    """The Universal Declaration of Human Rights: 30 articles, each of them some sentences."""
    folder = os.environ.get("AUGMENT_REAL_DATA")
    if folder is None:
        pytest.skip("no real data here")
    for path in sorted(Path(folder, "multilingual", "udhr2").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert 60 < len(sentences(text)) < 400, path.name
