"""Placeholders are left alone in every form that people write them in."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augment import native
from augment.chance import Chance
from augment.sample import Sample
from augment.text.guards import DEFAULT, PATTERNS, ranges
from augment.text.value import Document, Passage

FLAGS = ("", "-", "+", "0", "#", "-0", "+#", "'")
WIDTHS = ("", "5", "10", "*")
POINTS = ("", ".2", ".10", ".*", ".")
LENGTHS = ("", "h", "hh", "l", "ll", "z", "j", "t", "L", "q")
ENDS = "diouxXeEfFgGaAcCsSpnrb@"
PRINTF = st.tuples(
    *(st.sampled_from(part) for part in (("", "1$", "12$", "(name)"), FLAGS, WIDTHS, POINTS, LENGTHS, [*ENDS]))
).map(lambda parts: "%" + "".join(parts))

FORMS = """
    {name} ${name} #{name} %{name} @{name} {{name}} {{{name}}} {{ name }} ${{ secrets.NAME }} {0} {:.2f} {% if x %}
    $(name) $name $name$ $NAME %NAME% %AppData% <<name>> <<first.name>> <NAME> <%= x %> <% code %> <%- x %>
    [[link]] [[Some page|text]] [NAME] [MASK] [unused1] [company_name] <0x1F> <|endoftext|> __NAME__ __init__ __x__
    %s %d %.2f %02d %5d %-10s %1$s %2$d %@ %ld %lu %x %c %5.1f %% %(name)s %(price).2f %Y %m
"""
PLAIN = (
    *("5% d", "5 % of", "100% sure", "50%-60%", "5%'i", "100 %", "20%.", "(5%)", "5%, d", "a % b", "5% - s", "%"),
    *("1 << 3 and 5 >> 2", "costs $(5)", "$5", "a [note] here", "[1]", "snake_case", "a__b", "5 < 6", "50%of"),
    *("(see $5) (x)", "x < % y", "no @ 5", "100%certain"),
)
TIMES = ("%", "%5", "{", "{{", "<%", "[[", "[a", "__a", "$(a", "%A", "%a_", "$a", "<<a", "%(a", "%.", "[a_", "{}")
STEPS = ("Typos", "OcrErrors", "ChangeCase", "RandomSwap", "RandomDeletion", "Confusables", "UnicodeNoise", "Aeda")


def forms() -> list[str]:
    """Those above; some have blanks in them."""
    found, rest = [], FORMS.split()
    while rest:
        form = rest.pop(0)
        while sum(map(form.count, "{[<")) != sum(map(form.count, "}]>")):
            form = f"{form} {rest.pop(0)}"
        found.append(form)
    return found


def guarded(text: str) -> list[str]:
    return [text[start:end] for start, end in ranges(text, (), DEFAULT)]


@pytest.mark.parametrize("after", ["", " now", ",", ").", "!"])
@pytest.mark.parametrize("before", ["", "see ", "(", "é ", "price: "])
def test_each_form_is_guarded_whole(before: str, after: str) -> None:
    assert len(forms()) > 50
    for form in forms():
        assert guarded(f"{before}{form}{after}") == [form]


BEFORE = st.sampled_from(["", "is ", "(", "v", "id_", "%d ", "“", "Größe "])


@given(PRINTF, BEFORE, st.sampled_from(["", " x", ".", ")", ": y", "!"]))
def test_every_conversion_of_printf_is_guarded_whole(form: str, before: str, after: str) -> None:
    assert guarded(before + form + after)[-1] == form


@given(st.lists(PRINTF, min_size=2, max_size=5))
def test_conversions_side_by_side_are_guarded(several: list[str]) -> None:
    text = "".join(several)
    assert "".join(guarded(text)) == text


def test_every_number_and_letter_of_printf_and_strftime() -> None:
    for flag, width, point, end in product(FLAGS, WIDTHS, POINTS, ENDS):
        assert guarded(f"at %{flag}{width}{point}{end} or") == [f"%{flag}{width}{point}{end}"]
    for end in "aAbBcCdDeFgGhHIjmMnprRStTuUVwWxXyYzZ":
        assert guarded(f"on %{end}, %d%{end}.") == [f"%{end}", "%d", f"%{end}"]


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_a_bit_like_one_is_not(text: str) -> None:
    assert guarded(text) == []
    assert guarded(f"It is {text} here") == []


@pytest.mark.parametrize("name", STEPS)
def test_no_step_touches_a_placeholder(name: str) -> None:
    several = forms()
    for turn in range(0, len(several), 4):
        some = several[turn : turn + 4]
        text = " ".join(f"the user number {form} is waiting here 10 times" for form in some)
        step = native.build("augment.text.steps", name, {"rate": 0.8}, Path())
        sample, _ = step.apply(Sample(Document({"text": Passage(text)})), Chance.of(1, "key", turn))
        made = sample.value.passages["text"]
        assert [made.text[start:end] for start, end in made.guarded] == some


@pytest.mark.parametrize("piece", TIMES)
def test_time_grows_with_length_and_no_faster(piece: str) -> None:
    begin = time.process_time()
    ranges(piece * 20_000, (), frozenset({"placeholders"}))
    assert time.process_time() - begin < 3  # 0.3 s as measured
    assert PATTERNS["placeholders"]
