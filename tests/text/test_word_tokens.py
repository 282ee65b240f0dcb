"""Laws of the steps that cut a text at its spaces: what the words in tokens with marks get, and what is guarded."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment import native
from augment.annotations import Span
from augment.chance import Chance
from augment.native import NativeStep
from augment.sample import Sample
from augment.text import guards
from augment.text.guards import DEFAULT, ranges
from augment.text.steps._words import parts_of, tokens_of
from augment.text.value import Document, Passage

ALL: dict[str, dict[str, Any]] = {
    "RandomSwap": {"rate": 0.5},
    "RandomDeletion": {"rate": 0.4},
    "Eda": {"operations": [1, 4]},
}


def step_of(name: str, parameters: dict[str, Any]) -> NativeStep:
    return native.build("augment.text.steps", name, parameters, Path())


def after(step: NativeStep, passage: Passage, turn: int = 0) -> Passage:
    made, _ = step.apply(Sample(Document({"body": passage})), Chance.of(turn, "key", 1))
    found: Passage = made.value.passages["body"]
    return found


@pytest.mark.parametrize("name", ["RandomSwap", "RandomDeletion"])
@settings(max_examples=50, deadline=None)
@given(
    tokens=st.lists(
        st.sampled_from(["the", "big,", "it's", "end.", "so-so;", "no?!", 'dog".', "été,", "a)"]), max_size=9
    ),
    turn=st.integers(0, 99),
)
def test_words_with_marks_go_the_short_way_to_the_same_place(name: str, tokens: list[str], turn: int) -> None:
    text, step = " ".join(tokens), step_of(name, ALL[name])
    assert not text or [*tokens_of(Passage(text))] == tokens
    long_way = after(step, Passage(text, (Span(0, 0, None, "other"),)), turn)
    assume(name == "RandomSwap" or len(long_way.words) > 1)  # of one word that is kept, it is the marks that differ
    assert after(step, Passage(text), turn).text == long_way.text


GUARDED = ["@me,", "#tag", "http://a.b/c.", "www.a.org", "me@a.org", "$name", "50%", "%s", "&amp;", "[NAME]", "and/or"]


@pytest.mark.parametrize("name", ["RandomSwap", "RandomDeletion", "Eda"])
@settings(max_examples=50, deadline=None)
@given(
    tokens=st.lists(
        st.one_of(
            st.sampled_from(GUARDED),
            st.sampled_from(["{a b}", "<a b>", "`a b`", "%(a) d", "C:\\a b\\c"]),
            st.sampled_from(["the", "(big,", "it's", '"end."', "dog", "", "é", "-", "ok."]),
        ),
        max_size=12,
    ),
    turn=st.integers(0, 99),
)
def test_guarded_tokens_stay_among_words_with_marks(name: str, tokens: list[str], turn: int) -> None:
    def looks(passage: Passage) -> list[str]:
        return [passage.text[start:end] for start, end in passage.guarded]

    passage = Passage(" ".join(tokens))
    made = after(step_of(name, ALL[name]), passage, turn)
    assert looks(made) == looks(passage)
    assert bool(passage.words) == bool(made.words)
    signs = sorted(char for char in passage.text if not char.isalnum() and char not in " ,.'\"()-")
    assert signs == sorted(char for char in made.text if not char.isalnum() and char not in " ,.'\"()-")


@pytest.mark.parametrize("rate", [0.05, 0.3, [0.2, 0.4]])
def test_each_word_goes_as_often(rate: Any) -> None:
    text, step, turns = (
        "One, two three; (four five's) six-seven eight.",
        step_of("RandomDeletion", {"rate": rate}),
        3000,
    )
    gone = Counter[str]()
    for turn in range(turns):
        gone.update(set(parts_of(Passage(text))[1::2]) - set(parts_of(after(step, Passage(text), turn))[1::2]))
    mean = rate if isinstance(rate, float) else sum(rate) / 2
    wide = 4.5 * (mean * (1 - mean) / turns) ** 0.5
    assert len(gone) == 7
    assert all(abs(count / turns - mean) < wide for count in gone.values())


@settings(max_examples=200, deadline=None)
@given(
    text=st.lists(
        st.sampled_from(
            [*"`{}<>%()[]|$_@#&;:/\\.~+-Aad ", "  ", "``", "{{", "%(", "C:\\", "__", "://", "www.", "<a", " a"]
        ),
        max_size=14,
    ).map("".join)
)
def test_what_is_guarded_has_a_space_in_it_only_where_tokens_are_not_asked(text: str) -> None:
    looks = ranges(text, (), DEFAULT)
    assert looks == [match.span() for match in guards._pattern(DEFAULT).finditer(text)]  # of all kinds at once
    if any(" " in text[start:end] for start, end in looks):
        assert tokens_of(Passage(text)) == ()


def test_no_text_begins_with_a_comma() -> None:
    step = step_of("RandomDeletion", {"rate": 0.5})
    for text, spans in (("Well, no; ok, the end.", ()), ("Well, no; ok, the end.", (Span(0, 0, None, "other"),))):
        made = {after(step, Passage(text, spans), turn).text for turn in range(60)}
        assert len(made) > 9
        assert all(re.match(r"\w", found) for found in made)
