"""Numbers and dates are rewritten where they say the same afterwards; a part of a name or of a range is not."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text.steps import _dates
from augment.text.steps._numbers import cardinal, ordinal, suffix
from augment.text.value import Document, Passage
from tests.text.test_word_steps import STEPS

DATES = st.dates(datetime.date(1000, 1, 1), datetime.date(9999, 12, 31))
JOINTS = (
    "–",
    "—",
    " – ",
    " — ",
    "-",
    " - ",
    " and ",
    " to ",
    " or ",
    " through ",
    " until ",
    " & ",
    "/",
    ", ",
    ", and ",
)
MONTHS = st.sampled_from([*_dates.MONTHS, *(name[:3] for name in _dates.MONTHS), "Sept", "Sept.", "Dec."])
STEP = {
    name: native.build(STEPS, name, parameters, Path())
    for name, parameters in (("DateFormats", {"day_first": True}), ("NumberFormats", {"limit": 99}))
}


def made(name: str, text: str, copy: int = 0) -> str:
    sample = Sample(Document({"text": Passage(text)}))
    new: str = STEP[name].apply(sample, Chance.of(copy, "key", 1))[0].value.texts["text"]
    return new


@settings(max_examples=200, deadline=None)
@given(
    date=DATES,
    month=MONTHS,
    joint=st.sampled_from(JOINTS),
    opened=st.sampled_from(["", "from ", "between ", "open "]),
    weekdays=st.booleans(),
    full=st.booleans(),
)
def test_a_range_of_days_with_one_year_is_left_alone(
    date: datetime.date, month: str, joint: str, opened: str, weekdays: bool, full: bool
) -> None:
    day, year = date.day, date.year
    ends = (f"{day}{suffix(day)}", f"{day % 28 + 1}th of") if full else (str(day), str(day % 28 + 1))
    first, last = (f"Monday {ends[0]}", f"Friday {ends[1]}") if weekdays and joint.strip() != joint else ends
    for text in (
        f"{opened}{first}{joint}{last} {month} {year}",
        f"{opened}{first} May{joint}{last} {month} {year}",
        f"{opened}{month} {day}{joint}{month} {day % 28 + 1}, {year}",
        f"{opened}{month}{joint}{last} {month} {year}",
    ):
        for name in STEP:
            assert made(name, text) == text


@settings(max_examples=100, deadline=None)
@given(one=DATES, other=DATES, joint=st.sampled_from([" and ", " to ", " – ", ", "]), before=st.sampled_from(
    ["", "On ", "In 2003, ", "We met 12345 people on ", "See page 12. "]
))  # fmt: skip
def test_dates_that_stand_by_themselves_are_rewritten(
    one: datetime.date, other: datetime.date, joint: str, before: str
) -> None:
    text = f"{before}{one.day} {one:%B} {one.year}{joint}{other.day} {other:%B} {other.year}."
    forms = [[f"{day.isoformat()}", f"{day:%B} {day.day}, {day.year}"] for day in (one, other)]
    assert made("DateFormats", text) in {f"{before}{first}{joint}{last}." for first in forms[0] for last in forms[1]}


def test_an_iso_range_is_left_alone() -> None:
    for text in ("2024-03-05–06", "2024-03-05–2024-03-06", "5 March 2024–25", "5 March 2024 – 25 Main"):
        assert made("DateFormats", text) in (text, text.replace("5 March 2024 –", "2024-03-05 –"), text.replace(
            "5 March 2024 –", "March 5, 2024 –"
        ))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    number=st.one_of(st.integers(2, 99), st.integers(10_000, 999_999)),
    name=st.sampled_from(["Main Street", "Beverly Hills", "Elm St.", "Avenue", "Ohio", "Åsgatan", "Downing Street."]),
    before=st.sampled_from(["", "at ", "we live at ", "It is ", "("]),
)
def test_what_stands_before_a_capital_is_an_address(number: int, name: str, before: str) -> None:
    for written in (str(number), f"{number}{suffix(number)}"):
        text = f"{before}{written} {name}"
        assert made("NumberFormats", text) == text


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(2, 99),
    name=st.sampled_from([
        "windows", "iphone", "ps", "vitamin", "vitamin b", "vitamin d", "type", "grade", "iphone", "xbox", "room", "s",
        *_dates.SHORT, "iPhone", "Windows",
    ]),
    spelled=st.booleans(),
)  # fmt: skip
def test_what_stands_behind_a_name_belongs_to_it(number: int, name: str, spelled: bool) -> None:
    text = f"i have {name} {cardinal(number) if spelled else number} here"
    assert made("NumberFormats", text) == text


@settings(max_examples=150, deadline=None)
@given(number=st.integers(2, 99), month=MONTHS, after=st.booleans())
def test_a_day_of_a_month_is_no_number_of_things(number: int, month: str, after: bool) -> None:
    for name in (month, month.lower()):
        text = f"it is {number} {name} now" if after else f"it is {name} {number} now"
        assert made("NumberFormats", text) == text


@settings(max_examples=150, deadline=None)
@given(
    upper=st.integers(2, 99),
    lower=st.one_of(st.sampled_from(["halves", "quarters", "hundredths"]), st.integers(3, 20).map(
        lambda number: f"{ordinal(number)}s"
    )),
    end=st.sampled_from(["", ".", ",", '"', " of it"]),
)  # fmt: skip
def test_fractions_in_words_stay_words(upper: int, lower: str, end: str) -> None:
    text = f"it was {cardinal(upper)} {lower}{end}"
    assert made("NumberFormats", text) == text


@pytest.mark.parametrize("mark", ["'", '"', "’", "”", "′", "″"])
def test_feet_and_inches_stay(mark: str) -> None:
    for number in range(2, 100):
        text = f"it is {number}{mark} high, {number}{mark}"
        assert made("NumberFormats", text) == text


@settings(max_examples=60, deadline=None)
@given(number=st.integers(2, 99), noun=st.sampled_from(["dogs", "of them", "more apples.", "open windows"]))
def test_numbers_of_things_are_still_rewritten(number: int, noun: str) -> None:
    text: Any = f"we saw {number} {noun}"
    assert made("NumberFormats", text) == f"we saw {cardinal(number)} {noun}"
    assert made("NumberFormats", f"we saw {cardinal(number)} {noun}") == text


@pytest.mark.parametrize("part", ["5 , ", "5 to the ", "1 and ", "March ", "5 – ", "5 of ", "Mon ", " ", "5\n"])
def test_no_text_takes_long(part: str) -> None:
    for name in STEP:  # a pattern that goes back over and over would take years
        made(name, "5 March" + part * 2000 + "2024")
