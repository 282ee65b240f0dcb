"""Laws of the steps that work word by word, sentence by sentence and on numbers, over all of them."""

from __future__ import annotations

import pickle
import re
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from augment import native
from augment.annotations import Annotations, Span
from augment.chance import Chance
from augment.errors import RecipeError
from augment.native import NativeStep
from augment.sample import Sample
from augment.text.graphemes import boundaries
from augment.text.steps._numbers import MOST, cardinal, ordinal
from augment.text.steps._words import core, parts_of
from augment.text.value import Document, Passage
from augment.text.words import words

STEPS = "augment.text.steps"
LEXICAL = ("SynonymReplacement", "RandomInsertion", "Eda", "Antonyms")
ALL: dict[str, dict[str, Any]] = {
    "SynonymReplacement": {"rate": 0.5, "senses": 5},
    "RandomInsertion": {"rate": 0.5},
    "RandomSwap": {"rate": 0.5},
    "RandomDeletion": {"rate": 0.4},
    "Eda": {"operations": [1, 4]},
    "Antonyms": {"rate": 0.5, "senses": 5},
    "Negate": {},
    "Contractions": {},
    "NumberFormats": {"limit": 120},
    "DateFormats": {"forms": ["iso", "day_month", "month_day", "slashes"], "day_first": True},
    "SentenceShuffle": {},
    "SentenceDrop": {"rate": 0.5},
}
NOTHING: dict[str, dict[str, Any]] = {
    "Eda": {"alpha_sr": 0, "alpha_ri": 0, "alpha_rs": 0, "alpha_rd": 0},
    **{name: {"rate": 0} for name in ALL if name not in ("Eda", "Negate")},
}
SPOKEN = """
a an the I he it is was not don't can't won't big small dog dogs walked happy quickly Paris card to arrive good
five 12 1234567 5% 3rd fifth 2024-03-05 5 March 2024 Dr. U.S. 3.5 and/or {name} @me #tag http://a.b/c naïve
我喜欢猫。 สวัสดี مرحبا؟ हिन्दी। 👩‍👩‍👧 été I’m it’s said. Why? No! (yes) "so" end.
"""
WORDS = SPOKEN.split()
PIECES = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
)
GAPS = st.sampled_from([" ", " ", " ", "  ", "\n", "\n\n", "\r\n", "\t", ", ", "", " - "])


@st.composite
def texts(draw: st.DrawFn) -> str:
    pieces = draw(st.lists(st.tuples(PIECES, GAPS), max_size=14))
    return "".join(piece + gap for piece, gap in pieces)


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    """Any text, with entities and an answer anywhere, and perhaps tokens at white space."""
    text = draw(texts())
    spans: list[Span] = []
    cuts = sorted(boundaries(text) or range(len(text) + 1))
    for layer in draw(st.lists(st.sampled_from(["entity", "entity", "answer"]), max_size=3)):
        low, high = sorted(draw(st.tuples(st.sampled_from(cuts), st.sampled_from(cuts)))) if cuts else (0, 0)
        spans.append(Span(low, high, "PER", layer))
    if draw(st.booleans()):
        tokens = [match.span() for match in re.finditer(r"\w+|[^\w\s]+", text)]
        spans += [Span(*place, None, "token", fields={"pos": turn}) for turn, place in enumerate(tokens)]
    return Passage(text, tuple(spans))


def step_of(name: str, parameters: dict[str, Any]) -> NativeStep:
    return native.build(STEPS, name, parameters, Path())


def after(step: NativeStep, passage: Passage, turn: int = 0) -> Passage:
    made, _ = step.apply(Sample(Document({"body": passage})), Chance.of(turn, "key", 1))
    found: Passage = made.value.passages["body"]
    return found


def named(passage: Passage) -> list[tuple[str, str | None, str]]:
    spans = [span for span in passage.spans if span.layer != "token" and span.end > span.start]
    return sorted((span.layer, span.label, passage.text[span.start : span.end]) for span in spans)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(passage=passages(), turn=st.integers(0, 1000))
def test_no_step_breaks_what_is_annotated_guarded_or_one_character(name: str, passage: Passage, turn: int) -> None:
    step = step_of(name, ALL[name])
    made = after(step, passage, turn)
    made.text.encode()
    assert named(made) == named(passage)
    assert (made is passage) == (made.text == passage.text)
    assert after(step, Passage(passage.text, passage.spans), turn).text == made.text
    for span in made.spans:
        assert 0 <= span.start <= span.end <= len(made.text)
    cuts = boundaries(made.text)
    for span in made.spans if cuts is not None else ():
        assert span.layer == "token" or (span.start in cuts and span.end in cuts)
    for guarded in ("{name}", "@me", "#tag", "http://a.b/c"):
        if name != "SentenceDrop" and f" {guarded} " in f" {passage.text} ":
            assert guarded in made.text


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25, deadline=None)
@given(text=texts(), turn=st.integers(0, 1000))
def test_tokens_have_no_white_space_and_overlap_nothing(name: str, text: str, turn: int) -> None:
    tokens = tuple(Span(*match.span(), None, "token") for match in re.finditer(r"\S+", text))
    made = after(step_of(name, ALL[name]), Passage(text, tokens), turn)
    for span in made.spans:
        assert span.start < span.end
        assert not re.search(r"\s", made.text[span.start : span.end])
    for one, other in pairwise(sorted(made.spans, key=lambda span: span.start)):
        assert one.end <= other.start
    covered = {place for span in made.spans for place in range(span.start, span.end)}
    assert all(char.isspace() for place, char in enumerate(made.text) if place not in covered)


@pytest.mark.parametrize("name", NOTHING)
@settings(max_examples=15, deadline=None)
@given(passage=passages())
def test_a_rate_of_nothing_changes_nothing(name: str, passage: Passage) -> None:
    assert after(step_of(name, NOTHING[name]), passage) is passage


@settings(max_examples=50, deadline=None)
@given(text=texts())
def test_the_parts_of_a_text_are_the_text_and_its_words(text: str) -> None:
    passage = Passage(text)
    parts = parts_of(passage)
    assert "".join(parts) == text
    assert len(parts) % 2 == 1
    assert parts[1::2] == [text[start:end] for start, end in passage.words]
    ascii_text = text.encode("ascii", "ignore").decode()
    assert parts_of(Passage(ascii_text, (), frozenset()))[1::2] == [ascii_text[a:b] for a, b in words(ascii_text)]


@pytest.mark.parametrize("name", ["SynonymReplacement", "RandomInsertion", "RandomSwap", "RandomDeletion", "Negate"])
@settings(max_examples=50, deadline=None)
@given(
    text=st.lists(st.sampled_from([word for word in WORDS if word.isascii()]), max_size=12), turn=st.integers(0, 99)
)
def test_plain_text_goes_the_short_way_to_the_same_place(name: str, text: list[str], turn: int) -> None:
    body = " ".join(text)
    if name in ("RandomSwap", "RandomDeletion"):  # which count tokens, not words
        assume(all(core(token) == token for token in text))
    step = step_of(name, ALL[name])
    long_way = Passage(body, (Span(0, 0, None, "other"),))  # an empty span: nothing is guarded, but it is not plain
    assert after(step, Passage(body), turn).text == after(step, long_way, turn).text


@settings(max_examples=50, deadline=None)
@given(text=texts(), turn=st.integers(0, 1000))
def test_a_swap_keeps_the_words_and_all_that_stands_between(text: str, turn: int) -> None:
    old, new = Passage(text), after(step_of("RandomSwap", {"rate": 0.5}), Passage(text), turn)
    assert Counter(new.text) == Counter(text)
    assert len(text.split()) == len(new.text.split())
    assert Counter(parts_of(old)) == Counter(parts_of(new)) or not text.isascii() or old.guarded


@settings(max_examples=50, deadline=None)
@given(text=texts(), turn=st.integers(0, 1000))
def test_deletion_leaves_a_word_and_only_takes_away(text: str, turn: int) -> None:
    made = after(step_of("RandomDeletion", {"rate": 1.0}), Passage(text), turn).text
    rest = iter(text)
    assert all(char in rest for char in made)
    assert bool(words(text)) <= bool(words(made))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["dog", "walked", "happy", "quickly", "cards", "arrive"]), min_size=1, max_size=9))
def test_no_double_blanks_are_left(chosen: list[str]) -> None:
    text = " ".join(chosen) + "."
    for name in ("RandomDeletion", "RandomInsertion", "SynonymReplacement", "Eda"):
        made = after(step_of(name, ALL[name]), Passage(text)).text
        assert "  " not in made and made == made.strip() and made.endswith(".")
        assert " ." not in made


@pytest.mark.parametrize("name", ALL)
def test_other_columns_stay_the_very_same(name: str) -> None:
    text = "It is 5 March 2024. I don't like the big dog, and he walked 12 miles."
    step = step_of(name, {**ALL[name], "columns": "second"})
    document = Document({"first": Passage(text), "second": Passage(text)})
    for turn in range(20):
        made, applied = step.apply(Sample(document), Chance.of(turn, "key", 1))
        assert made.value.passages["first"] is document.passages["first"]
        if made.value.passages["second"].text != text:
            assert applied.parameters["columns"] == ["second"]
            break
    else:
        pytest.fail("it never did anything")


@pytest.mark.parametrize("name", ALL)
def test_a_step_pickles_describes_itself_and_tells_what_is_wrong(name: str) -> None:
    step = step_of(name, ALL[name])
    assert pickle.loads(pickle.dumps(step)) == step
    told = native.describe(STEPS, name)
    assert told.summary and told.labels_note and told.docs.startswith("https://")
    assert told.labels == ("may break" if name in ("Antonyms", "Negate") else "keeps")
    for parameter, value in (("rate", 2), ("rate", "much"), ("columns", 5), ("nonsense", 1), ("p", 3)):
        with pytest.raises(RecipeError):
            step_of(name, {parameter: value})


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Eda", {"operations": [0, 1]}),
        ("Eda", {"operations": [3, 2]}),
        ("DateFormats", {"forms": ["slashes"]}),
        ("DateFormats", {"forms": []}),
        ("NumberFormats", {"limit": 1000}),
        ("SynonymReplacement", {"senses": 0}),
        ("SynonymReplacement", {"lexicon": "nowhere"}),
        ("SynonymReplacement", {"lexicon": "\0"}),
    ],
)
def test_values_that_can_not_be_are_refused(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        step_of(name, parameters)


def test_number_words_are_different_and_read_back() -> None:
    cardinals, ordinals = ([make(number) for number in range(MOST + 1)] for make in (cardinal, ordinal))
    assert len({*cardinals, *ordinals}) == 2 * (MOST + 1)
    step, back = (step_of("NumberFormats", {"limit": 120, "kinds": ["words"]}) for _ in range(2))
    for number in range(2, 121):
        spelled = after(step, Passage(f"there were {number} of them"))
        assert cardinal(number) in spelled.text
        assert after(back, spelled).text == f"there were {number} of them"


@settings(max_examples=50, deadline=None)
@given(st.dates(), st.sampled_from(["iso", "day_month", "month_day", "slashes"]), st.booleans())
def test_a_date_stays_the_same_day(day: Any, form: str, day_first: bool) -> None:
    assume(day.year > 999)
    text = f"It was on {day.isoformat()}, they say"
    other = after(step_of("DateFormats", {"forms": [form], "day_first": day_first}), Passage(text))
    assert (other.text == text) == (form == "iso")
    assert after(step_of("DateFormats", {"forms": ["iso"], "day_first": day_first}), other).text == text


@pytest.mark.parametrize(
    "text",
    [
        "call 555 1234 or 0791234567, room 12, Windows 10, Boeing 747, order 1234567, v1.2.3",
        "1. First\n2) other, #5 $5 5kg 5:30 5 pm 3-year 5/6 1,23 12,3456 007 in 2005",
        "one hundred and five, a fifth of it, Seven Oaks, one, first, second, ISBN 9780306406157",
        "on 05/03/2024, 2024-02-30, 29 February 2023, 31/31/2024, 2024-03-05T10:00, x2024-03-05",
        "https://a.b/2024-03-05 `12345678` {5} user5@example.com",
        "the iPhone 5, my iPad 2, an eBay 7, with Wi-Fi 6 and on macOS 11; iPhone five",
    ],
)
def test_what_only_looks_like_a_number_or_a_date_is_left_alone(text: str) -> None:
    for name, parameters in (("NumberFormats", {"limit": 99}), ("DateFormats", {})):
        assert after(step_of(name, parameters), Passage(text)).text == text


@pytest.mark.parametrize(
    ("long", "short"),
    [
        ("I do not know.", "I don't know."),
        ("You cannot go, I will not.", "You can't go, I won't."),
        ("It is fine and I am sure they are.", "It's fine and I'm sure they are."),
        ("I have been there", "I've been there"),
        ("I AM HERE", "I'M HERE"),
        ("SHE DOES NOT CARE", "SHE DOESN'T CARE"),
    ],
)
def test_contractions_go_both_ways(long: str, short: str) -> None:
    assert after(step_of("Contractions", {"mode": "contract"}), Passage(long)).text == short
    assert after(step_of("Contractions", {"mode": "expand"}), Passage(short)).text == long
    curly = short.replace("'", "’")
    assert after(step_of("Contractions", {"mode": "expand"}), Passage(curly)).text == long


@pytest.mark.parametrize(
    "text", ["isn't it?", "He's made it.", "she'd gone", "John's card", "Why don't we go?", "y'all"]
)
def test_what_can_be_read_in_two_ways_is_not_written_out(text: str) -> None:
    assert after(step_of("Contractions", {}), Passage(text)).text == text


@pytest.mark.parametrize(
    ("text", "opposite"),
    [
        ("I am still waiting", "I am not still waiting"),
        ("my card has arrived", "my card has not arrived"),
        ("Is it ready?", "Is it not ready?"),
        ("they can see", "they cannot see"),
        ("He wants it", "He does not want it"),
        ("She went home", "She did not go home"),
        ("I'm happy", "I'm not happy"),
    ],
)
def test_a_negation_is_put_in_and_taken_out(text: str, opposite: str) -> None:
    assert after(step_of("Negate", {"mode": "add"}), Passage(text)).text == opposite
    if " do" not in opposite and " did" not in opposite:
        assert after(step_of("Negate", {"mode": "remove"}), Passage(opposite)).text == text


def test_names_and_abbreviations_are_no_words() -> None:
    step = step_of("SynonymReplacement", {"rate": 1.0, "senses": 9})
    for text in ("you and Rich with Dog in Big", "the IT of the US, WHO", "we iPhone McDog", "of the and"):
        assert after(step, Passage(text)).text == text


def test_articles_agree_and_case_is_kept() -> None:
    step = step_of("SynonymReplacement", {"rate": 1.0})
    seen = {
        after(step, Passage(text), turn).text
        for text in ("a building", "A BUILDING", "A building")
        for turn in range(30)
    }
    assert {"an edifice", "AN EDIFICE", "An edifice"} <= seen
    assert not any(re.search(r"\ba [aeio]|\ban [^aeiouh]", text.lower()) for text in seen)


def test_a_token_moves_with_its_word_and_a_new_one_is_like_its_source() -> None:
    text = "the dog walked quickly home"
    spans = tuple(
        Span(*match.span(), None, "token", fields={"w": match.group()}) for match in re.finditer(r"\w+", text)
    )
    for turn in range(20):
        made = after(step_of("RandomSwap", {"rate": 0.5}), Passage(text, spans), turn)
        assert [made.text[span.start : span.end] for span in made.spans] == [span.fields["w"] for span in made.spans]
        more = after(step_of("RandomInsertion", {"rate": 0.5}), Passage(text, spans), turn)
        assert [more.text[span.start : span.end] for span in more.spans] == more.text.split()
        assert {span.fields["w"] for span in more.spans} == set(text.split())


@pytest.mark.parametrize(("name", "most"), [("RandomSwap", 60), ("RandomDeletion", 60), ("SynonymReplacement", 90)])
def test_a_sentence_takes_microseconds(name: str, most: int) -> None:
    """Six times what is measured as measured."""
    text = "I am still waiting on my card and I would like to know when it will arrive here please"
    step, chances = step_of(name, {}), [Chance.of(turn, "key", 1) for turn in range(1000)]
    best = float("inf")
    for _ in range(5):
        samples = [Sample(Document({"body": Passage(text)})) for _ in chances]
        begin = time.process_time()
        for sample, chance in zip(samples, chances, strict=True):
            step.apply(sample, chance)
        best = min(best, time.process_time() - begin)
    assert best / len(chances) * 1e6 < most


def test_annotations_ride_along() -> None:
    notes = Annotations(fields={"id": 5})
    sample = Sample(Document({"body": Passage("the big dog walked")}), "class", annotations=notes, key="key")
    made, _ = step_of("RandomSwap", {}).apply(sample, Chance.of(1, "key", 1))
    assert (made.label, made.annotations, made.key) == ("class", notes, "key")
