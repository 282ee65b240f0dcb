"""Laws of the short ways of Typos and Aeda: they do what the long ones do."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from augment.chance import Chance
from augment.text.steps import _letters, typos
from augment.text.steps._passages import FEW, bulk
from augment.text.value import Passage
from tests.text.test_word_steps import after, step_of
from tests.text.unicode_texts import texts

KINDS = ("neighbor", "swap", "drop", "double", "insert", "space")
WEIGHTS = st.fixed_dictionaries({kind: st.sampled_from([0.0, 0.5, 1.0, 3.7]) for kind in KINDS})
LETTERS = st.one_of(st.sampled_from("aeqzAQßéñœüжЖλא"), st.characters(categories=["L"]))


@given(texts())
def test_inner_letters_are_those_that_may_change(text: str) -> None:
    passage = Passage(text)
    found = _letters.inner(passage)
    assert (found is None) == (not passage.simple)
    if found is not None:
        options = typos.Options()
        assert [*found] == [typos._able(text, place, options) for place in range(len(text))]


@settings(max_examples=60, deadline=None)
@given(weights=WEIGHTS, letter=LETTERS)
def test_the_table_of_slips_tells_what_is_drawn(weights: dict[str, float], letter: str) -> None:
    assume(any(weights.values()))
    options = typos.Options(**weights)  # type: ignore[arg-type]
    (neighbor, swap, *_), _ = options.plan
    known = 0
    for part, told in enumerate(options.slips[letter]):
        for step in range(8):
            drawn = (part + step / 8) / typos.PARTS
            if told == typos.SWAP:
                assert neighbor <= drawn < swap
            elif told is not None:
                assert typos._struck(options, letter, drawn) == told
        known += told is not None
    if letter in options.plan[1] and not weights["space"]:
        assert known > 0.9 * typos.PARTS


def test_each_slip_comes_as_often_as_its_weight_says() -> None:
    text = "considerable paragraphs containing interesting information"
    step, turns = step_of("Typos", {"rate": 0.001}), 4000
    seen = Counter[int]()
    for turn in range(turns):
        made = after(step, Passage(text), turn).text
        assert made != text
        seen[len(made) - len(text)] += 1
    for longer, share in ((-1, 2.25 / 10.5), (0, 6 / 10.5), (1, 2.25 / 10.5)):
        assert abs(seen[longer] / turns - share) < 4.5 * (share * (1 - share) / turns) ** 0.5 + 0.01


@given(
    rate=st.one_of(st.floats(0, 1), st.tuples(st.floats(0, 0.5), st.floats(0.5, 1))),
    of=st.integers(0, 2 * FEW),
    key=st.integers(0, 99),
)
def test_what_is_drawn_in_bulk_is_as_the_rate_says(rate: Any, of: int, key: int) -> None:
    count, numbers, bits = bulk(rate, of, Chance.of(1, "key", key), 2)
    low, high = rate if isinstance(rate, tuple) else (rate, rate)
    assert min(int(low * of), of) <= count <= min(int(high * of) + 1, of)
    assert (count > 0) == (high > 0 and of > 0)
    found = [*numbers]
    assert len(found) >= 8 * count
    assert all(0 <= number < 1 << bits for number in found)


@settings(max_examples=100, deadline=None)
@given(
    tokens=st.lists(st.sampled_from(["the", "dog,", '"big"', "(yes)", "it's", "@me", "café", "", "–"]), max_size=12),
    turn=st.integers(0, 99),
    rate=st.sampled_from([0.01, 0.3, 1.0, [0.1, 0.5]]),
)
def test_marks_come_before_words_and_nothing_else_changes(tokens: list[str], turn: int, rate: Any) -> None:
    text = " ".join(tokens)
    made = after(step_of("Aeda", {"rate": rate, "marks": ["~", "!!"]}), Passage(text), turn).text
    new = made.split(" ")
    put = [place for place, token in enumerate(new) if token in ("~", "!!")]
    assert [token for token in new if token not in ("~", "!!")] == tokens or not text
    assert all(new[place + 1][:1].isalnum() for place in put)
    able = [token for token in tokens if token[:1].isalnum()]
    assert bool(put) == bool(able)
    if rate == 1.0:
        assert len(put) == len(able)


@pytest.mark.parametrize("name", ["Typos", "Aeda", "RandomSwap", "RandomDeletion", "Eda"])
def test_each_copy_is_another_and_the_same_again(name: str) -> None:
    text = "I am still waiting on my card, and would like to know when it will arrive here."
    made = [after(step_of(name, {}), Passage(text), turn).text for turn in range(40)]
    assert made == [after(step_of(name, {}), Passage(text), turn).text for turn in range(40)]
    assert len({*made}) > 20
