"""Laws of what takes words away: what denies stays, and no sign, bracket, quote or dash is left without its word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment.annotations import Span
from augment.contracts import Setting
from augment.text import parameters
from augment.text.steps._english import DENYING
from augment.text.steps._words import parts_of, removable
from augment.text.steps.random_deletion import KEPT
from augment.text.value import Passage
from tests.text.test_word_steps import after, step_of

MANY = step_of("RandomDeletion", {"rate": 0.9})
STEPS = [
    MANY,
    step_of("RandomDeletion", {"rate": [0.5, 0.9]}),
    step_of("Eda", {"alpha_sr": 0, "alpha_ri": 0, "alpha_rs": 0, "alpha_rd": 0.9}),
]
LONG_WAY = (Span(0, 0, None, "other"),)
TURNS = range(25)


@pytest.mark.parametrize("spans", [(), LONG_WAY])
@pytest.mark.parametrize("step", STEPS)
def test_what_denies_stays(step: Any, spans: tuple[Span, ...]) -> None:
    for word in sorted(KEPT):
        for form in (word, f"{word},", f'"{word}"'):
            for turn in TURNS[:4]:
                made = after(step, Passage(f"we said {form} and went home again", spans), turn).text
                assert re.search(rf"(?<!\w){re.escape(word)}(?![\w'])", made), made


def test_what_denies_goes_where_that_is_asked_for() -> None:
    step = step_of("RandomDeletion", {"rate": 0.9, "negations": True})
    for word in sorted(DENYING):
        assert any(word not in after(step, Passage(f"we {word} went home"), turn).text for turn in TURNS)


UNITS = ["€5", "$20.", "5%", "10°", "5 €", "100 %", "rock & roll", "a + b", "C#", "x = 5", "5 €,", "(5 %)"]
ENCLOSED = ["(yes)", '"no"', "“well”,", "«oui»", "(one two)", '"one two".', "[so]", "(a (b))", "( yes )", '" no "']
PLAIN = ["the", "dog", "walks,", "home."]
SIGNED = re.compile("|".join(re.escape(unit.strip("(),.")) for unit in UNITS))


@pytest.mark.parametrize("spans", [(), LONG_WAY])
@settings(max_examples=150, deadline=None)
@given(units=st.lists(st.sampled_from([*UNITS, *ENCLOSED, *PLAIN]), min_size=2, max_size=9), turn=st.integers(0, 999))
def test_signs_brackets_and_quotes_are_never_without_their_word(
    spans: tuple[Span, ...], units: list[str], turn: int
) -> None:
    text = " ".join(units)
    made = [after(MANY, Passage(text, spans), turn).text]
    if not spans:
        made += [after(step_of("RandomSwap", {"rate": 0.5}), Passage(text), turn).text, taken(text, turn)]
    for new in made:
        assert not re.search(r"\(\W*\)|\[\W*\]|“\W*”|«\W*»|(?<!\S)\"\"", new), new
        assert not re.search(r"[€$%°&+=#]", SIGNED.sub("", new)), new


def taken(text: str, turn: int) -> str:
    """What nlpaug leaves of a text, by our hands."""
    step = parameters.build("RandomWordAug", {"action": "delete", "aug_p": 0.9}, Setting(Path()))
    return after(step, Passage(text), turn).text  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(
        st.lists(st.sampled_from(["yes", "no thanks", "maybe,", "so"]), min_size=1, max_size=3), min_size=1
    ),
    bullet=st.sampled_from(["- ", "* ", "• ", "– "]),
    turn=st.integers(0, 999),
)
def test_no_line_is_left_with_its_dash_alone(lines: list[list[str]], bullet: str, turn: int) -> None:
    text = "\n".join(bullet + " ".join(line) for line in lines)
    for made in (after(MANY, Passage(text), turn).text, taken(text, turn)):
        assert all(re.search(r"\w", line) for line in made.split("\n"))


@settings(max_examples=100, deadline=None)
@given(units=st.lists(st.sampled_from([*UNITS, *ENCLOSED, *PLAIN]), max_size=9), turn=st.integers(0, 999))
def test_tokens_go_whole(units: list[str], turn: int) -> None:
    text = " ".join(units)
    for cut in (r"\w+|[^\w\s]+", r"\S+[^,.\s]"):
        spans = tuple(Span(*match.span(), None, "token") for match in re.finditer(cut, text))
        made = after(MANY, Passage(text, spans), turn)
        known = {text[span.start : span.end] for span in spans}
        assert {made.text[span.start : span.end] for span in made.spans} <= known


def test_a_word_between_marks_of_others_stays() -> None:
    parts = parts_of(Passage('he said ("yes. And'))
    assert [word for index, word in enumerate(parts) if index % 2 and not removable(parts, index)] == ["yes"]
