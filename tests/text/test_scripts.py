"""Steps that change characters keep a text in its script, whichever it is."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps._misreadings import DIGITS, script
from augment.text.steps.unicode_noise import OTHERS
from augment.text.value import Document, Passage

DIGITAL = "In 2003 there were 30 orders of 100 items and 3000 left at 10:30."


def made(name: str, text: str, turn: int, **parameters: object) -> str:
    step = native.build("augment.text.steps", name, parameters, Path())
    sample, _ = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(7, "key", turn))
    passage: Passage = sample.value.passages["text"]
    return passage.text


@cache
def scripts() -> dict[str, str]:
    """Script -> its letters, as far as the Basic Multilingual Plane goes."""
    found: defaultdict[str, str] = defaultdict(str)
    for char in map(chr, range(0x41, 0xFFFF)):
        if unicodedata.category(char) in ("Lu", "Ll", "Lo"):
            found[script(char)] += char
    return {name: chars for name, chars in found.items() if len(chars) > 15}


def of(text: str) -> set[str]:
    return {script(char) for char in text if char.isalpha()}


def test_no_letter_of_another_script_comes_into_a_text_of_one() -> None:
    assert len(scripts()) > 60
    for name, chars in scripts().items():
        for turn, start in enumerate(range(0, min(len(chars), 400), 40)):
            text = f"2003 {chars[start : start + 40]} 3000-8, 10:30 1597"
            assert of(made("OcrErrors", text, turn, rate=0.6)) <= {name}, name


def test_digits_become_letters_of_the_script_beside_them() -> None:
    assert of("".join(made("OcrErrors", DIGITAL, turn, rate=0.1) for turn in range(300))) == {"LATIN"}
    for name, table in DIGITS.items():
        chars = scripts()[name][:5]
        read = {made("OcrErrors", f"{chars} 0", turn, rate=1.0)[-1] for turn in range(200)} - {"0"}
        assert read == {*table["0"]}
    assert {made("OcrErrors", "10:30", turn) for turn in range(40)} > {"1O:30"}
    for turn in range(40):
        new = made("OcrErrors", "В 2008 году вышел iPhone 8", turn, rate=0.9)
        assert of(new[2:6]) <= {"CYRILLIC"} and of(new[-1]) <= {"LATIN"}


@pytest.mark.parametrize("piece", ["0", "0 ", "я0", "я 0 x"])
def test_all_digits_are_read_in_a_long_text(piece: str) -> None:
    text = piece * 20_000
    new = made("OcrErrors", text, 1, rate=0.3)
    assert new != text and len(new) == len(text)


LETTERS = ["ae", "oe", "æ", "œ", "Œ", "ĳ", "ij", "a", "f"]


@given(st.lists(st.sampled_from([*OTHERS["ligatures"], *LETTERS])), st.integers(0, 99))
def test_ligatures_are_the_same_letters(pieces: list[str], turn: int) -> None:
    text = "".join(pieces)
    new = made("UnicodeNoise", text, turn, kinds="ligatures", rate=1.0)
    assert unicodedata.normalize("NFKC", new) == unicodedata.normalize("NFKC", text)
    assert [char for char in new if char in "æœŒĳ"] == [char for char in text if char in "æœŒĳ"]
