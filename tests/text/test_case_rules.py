"""Case follows the Unicode Standard: capitals at the head of a word, sigmas at its end, dots of i by language."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import native
from augment.chance import Chance
from augment.errors import RecipeError
from augment.sample import Sample
from augment.text.sentences import ABBREVIATIONS
from augment.text.value import Document, Passage
from tests.text.test_word_steps import STEPS

GREEK = st.text("αβγδεζηθικλμνξοπρστυφχψω", min_size=1, max_size=9)
TURKISH = st.text("abcçdefgğhıijklmnoöprsştuüvyz", min_size=1, max_size=9)


def made(text: str, **parameters: Any) -> str:
    step = native.build(STEPS, "ChangeCase", parameters, Path())
    new: str = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(0, "key", 1))[0].value.texts["text"]
    return new


def test_a_title_begins_with_the_letters_own_form() -> None:
    letters = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if char.isalpha() and char.title() != char.lower() and char not in "iıİ"
    ]
    assert len(letters) > 1300
    words = [f"{char}a" for char in letters]
    found = made(" ".join(words), to="title").split(" ")
    assert found == [f"{char.title()}a" for char in letters]


def test_georgian_has_no_titles_and_has_capitals() -> None:
    small = "".join(chr(code) for code in range(0x10D0, 0x10F1))
    assert made(f"{small} {small}", to="title") == f"{small} {small}"
    assert made(f"{small} {small}", to="sentence") == f"{small} {small}"
    assert unicodedata.name(made(small, to="upper")[0]).startswith("GEORGIAN MTAVRULI")


@settings(max_examples=100, deadline=None)
@given(st.lists(GREEK, min_size=1, max_size=4))
def test_a_sigma_at_the_end_is_a_final_one_in_every_form(words: list[str]) -> None:
    plain = [word[:-1] + "ς" if word.endswith("σ") and len(word) > 1 else word for word in words]
    loud = " ".join(plain).upper()
    assert made(loud, to="swap") == made(loud, to="lower") == loud.lower() == " ".join(plain)
    title = made(loud, to="title")
    assert title == " ".join(word[0].title() + word[1:] for word in plain)
    assert made(" ".join(plain), to="swap") == loud


@settings(max_examples=100, deadline=None)
@given(st.lists(TURKISH, min_size=1, max_size=5))
def test_what_is_turkish_can_be_said(words: list[str]) -> None:
    text = " ".join(words)
    loud = text.replace("i", "İ").replace("ı", "I").upper()
    assert made(text, to="upper", turkish=True) == loud
    assert made(loud, to="lower", turkish=True) == text
    assert made(text, to="swap", turkish=True) == loud
    heads = [word[0].replace("i", "İ").upper() + word[1:] for word in words]
    assert made(text, to="title", turkish=True) == " ".join(heads)
    assert made(text, to="upper", turkish=False) == text.upper()


def test_an_abbreviation_ends_no_sentence() -> None:
    for short in sorted(ABBREVIATIONS | {"e.g", "i.e", "z.b", "p.m"}):
        for after in ("list", "this", "them", "the"):
            text = f"see {short}. {after} of it, and so on. then it ends. ok"
            head = f"See {short}. {after} of it, and so on. "
            assert made(text, to="sentence").startswith(head)
            assert made(text.replace(". then", ". Then"), to="sentence").startswith(head)


def test_sentences_and_lines_begin_with_a_capital() -> None:
    text = "it was late. was it? yes! so\nhe left"
    assert made(text, to="sentence") == "It was late. Was it? Yes! So\nHe left"
    assert made(text.upper(), to="sentence") == "It was late. Was it? Yes! So\nHe left"


def test_a_language_is_not_what_it_asks_for() -> None:
    with pytest.raises(RecipeError, match="turkish"):
        made("a", turkish="tr")
