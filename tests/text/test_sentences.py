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
from augment.text.sentences import QUOTATIONS, quoted, sentences
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
    "Chinese": "我喜欢猫。|你呢？|“好的。”他说。|我说：“走。快走！”然后走了。|（完。）",
    "Japanese": "今日は良い天気です！|彼は「行く。すぐ行く。」と言った。|「おはよう。」|「やあ」だ。|３．５％。|はい",
}


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def parts_of(text: str) -> list[str]:
    return [text[start:end] for start, end in movable(Passage(text))]


@pytest.mark.parametrize("language", CUT)
@pytest.mark.parametrize("space", [" ", "  ", "\n", "\r\n", "\n\n", "\t"])
def test_sentences_of_many_languages(language: str, space: str) -> None:
    assert cut(CUT[language].replace("|", space)) == CUT[language].split("|")


@pytest.mark.parametrize("language", RUN_ON)
def test_full_width_stops_need_no_space(language: str) -> None:
    assert cut(RUN_ON[language].replace("|", "")) == RUN_ON[language].split("|")


PAIRS = [(opens, closes) for opens, some in QUOTATIONS.items() for closes in some]


@pytest.mark.parametrize(("opens", "closes"), PAIRS)
def test_quotations_stay_whole(opens: str, closes: str) -> None:
    wide = f"彼は、{opens}行く。すぐ行く！{closes}と言った。", "私は帰った。"
    assert cut("".join(wide)) == [*wide]
    said = f"He said: {opens}Go. Now! Or not?{closes} and left.", "Then it rained.", f"{opens}Oh.{closes}", "Yes."
    assert parts_of(" ".join(said)) == [*said]
    assert cut(f"{opens}Go.{closes} He left.") == [f"{opens}Go.{closes}", "He left."]
    assert parts_of(f"{opens}Go. He left.") == [f"{opens}Go.", "He left."]
    assert parts_of(f"{opens}Go.\n\nHe left.{closes}") == [f"{opens}Go.", f"He left.{closes}"]
    for turn in range(10):
        for step in ("SentenceShuffle", "SentenceDrop"):
            made = after(step_of(step, {"rate": 0.5}), Passage(" ".join(said) + "".join(wide)), turn).text
            assert made.count(opens) + made.count(closes) in (0, 2, 4, 6, 8, 12)
            assert f"{opens}Go. Now! Or not?{closes}" in made or "Now" not in made
            assert f"{opens}行く。すぐ行く！{closes}" in made or "行く" not in made


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from([*'“”„‘’«»"()「」。.!a A\n', "’"])))
def test_quotations_are_in_order_and_closed(text: str) -> None:
    done = 0
    for start, end in quoted(text):
        assert done <= start < end - 1 < len(text)
        assert text[end - 1] in QUOTATIONS[text[start]]
        assert "\n\n" not in text[start:end]
        done = end


@pytest.mark.parametrize("language", ["quotes", "Spanish", "Russian", "Greek"])
def test_texts_without_capitals_are_cut_too(language: str) -> None:
    plain = [part.lower().strip("\"'()") for part in CUT[language].split("|") if "asked" not in part]
    assert cut(" ".join(plain)) == plain


def test_a_small_letter_begins_a_sentence_only_where_no_capital_does() -> None:
    tokens = ["the movie is good .", "i like it .", "it is fun !", "why ?", "so am i .", "yes ."]
    assert cut(" ".join(tokens)) == tokens
    tweet = "so am i.|see e.g. the list, i.e. this one vs. that.|he works at acme inc. these days.|wait... what?|yes"
    assert cut(tweet.replace("|", " ")) == tweet.split("|")
    assert cut("Acme Inc. said it. was fine") == ["Acme Inc. said it. was fine"]
    assert cut("the end. Then. more") == ["the end.", "Then. more"]
    assert cut("“why?” he asked. then he left.") == ["“why?” he asked.", "then he left."]


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


PIECES = (
    ".",
    "a. ",
    "\n",
    '!"',
    " \n",
    "\n ",
    "A.B.",
    "。",
    "。”",
    "1. ",
    '. "',
    "… ",
    "-\n",
    "“",
    "(a. ",
    "“。”",
    "「",
)


@pytest.mark.parametrize("piece", [*PIECES, "」", "»a ", "「「。」」"])
def test_time_grows_with_length_and_no_faster(piece: str) -> None:
    begin = time.process_time()
    sentences(piece * 50_000)
    quoted(piece * 50_000)
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
