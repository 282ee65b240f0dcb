"""Grammars: as many distinct sentences as asked for, or all that there are; labels true; the same ones each time."""

from __future__ import annotations

import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augment.chance import Chance
from augment.engine.recipe import load
from augment.errors import InputError, RecipeError, SampleError
from augment.readers import grammar
from augment.readers._grammar import fake, growing, templates, values
from augment.sample import Entry, Skip

ROWS = frozenset({".row", ".txt"})
HERE = Path()
SMALL = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
Row = tuple[str | None, str, list[tuple[str, str | None]]]


def made(base: Path = HERE, **options: Any) -> tuple[list[Row], list[Skip]]:
    """Label, text and entities of all sentences, read as a worker would; and what was told beside."""
    chosen = grammar.Options.model_validate(options)
    dataset = grammar.dataset(base, chosen)
    listed = list(grammar.entries(base, chosen, ROWS))
    rows: list[Row] = []
    for entry in (item for item in listed if isinstance(item, Entry)):
        content = grammar.read(base, entry, dataset)
        assert content.data[:1] == b"\x1e"
        row = json.loads(content.data[1:])
        assert dataset.rows is not None
        assert tuple(row) == dataset.rows.texts
        (text,) = row.values()
        assert entry.size == len(text.encode())
        assert entry.locator.endswith(".row")
        assert (content.annotations is not None) == dataset.spanned
        spans = content.annotations.spans if content.annotations else ()
        rows.append((entry.label, text, [(text[span.start : span.end], span.label) for span in spans]))
    return rows, [item for item in listed if isinstance(item, Skip)]


def texts(**options: Any) -> list[str]:
    return [text for _, text, _ in made(**options)[0]]


def told(**options: Any) -> dict[str, str]:
    """The mistakes in a grammar: path of the key -> what was expected."""
    with pytest.raises(RecipeError) as caught:
        load({"input": {"format": "grammar", **options}, "output": {}})
    return {problem.path: f"{problem.expected} {problem.fix}" for problem in caught.value.problems}


# --- all sentences of random grammars, found by brute force ----------------------------------------------------------

Part = tuple[str, Any, str, bool]
"""What it is (word, slot or group), its text, number of its rule or texts, its tag, and whether it may stay empty."""


@st.composite
def parts(draw: st.DrawFn, rules: range) -> list[Part]:
    found: list[Part] = []
    for _ in range(draw(st.integers(0, 3))):
        kinds = ["word", "slot", "slot", "group"] if len(rules) else ["word", "group"]
        kind = draw(st.sampled_from(kinds))
        if kind == "slot":
            tag = draw(st.sampled_from(["", "", "1", "2"]))
            found.append((kind, draw(st.sampled_from(list(rules))), tag, draw(st.booleans())))
        elif kind == "group":
            found.append((kind, draw(st.lists(st.sampled_from(["u", "v", ""]), min_size=2, max_size=2)), "", False))
        else:
            found.append((kind, draw(st.sampled_from(["a", "b", "a{{", " "])), "", False))
    return found


@st.composite
def grammars(draw: st.DrawFn) -> tuple[list[list[Part]], list[list[list[Part]]]]:
    """Sentences and rules; a rule only leads to later ones."""
    count = draw(st.integers(0, 3))
    rules = [draw(st.lists(parts(range(n + 1, count)), min_size=1, max_size=3)) for n in range(count)]
    return draw(st.lists(parts(range(count)), min_size=1, max_size=2)), rules


def written(given_parts: list[Part]) -> str:
    shown = {
        "word": lambda part: part[1],
        "group": lambda part: "{" + "|".join(part[1]) + "}",
        "slot": lambda part: f"{{r{part[1]}{'#' + part[2] if part[2] else ''}{'?' if part[3] else ''}}}",
    }
    return "".join(shown[part[0]](part) for part in given_parts)


def all_texts(sentence: list[Part], rules: list[list[list[Part]]], known: dict[Any, str]) -> Iterator[tuple[str, Any]]:
    """Every text, with the texts that come again."""
    if not sentence:
        yield "", known
        return
    (kind, what, tag, optional), rest = sentence[0], sentence[1:]
    heads: list[tuple[str, Any]] = []
    if kind == "word":
        heads.append((what.replace("{{", "{"), known))
    elif kind == "group":
        heads += [(text, known) for text in what]
    else:
        if optional:
            heads.append(("", known))
        if (what, tag) in known:
            heads.append((known[what, tag], known))
        else:
            for body in rules[what]:
                for text, after in all_texts(body, rules, known):
                    heads.append((text, {**after, (what, tag): text} if tag else after))
    for head, after in heads:
        for tail, last in all_texts(rest, rules, after):
            yield head + tail, last


@SMALL
@given(grammars(), st.integers(1, 60), st.integers(0, 3))
def test_there_are_as_many_as_asked_for_or_all_that_there_are(whole: Any, count: int, seed: int) -> None:
    sentences, rules = whole
    every = itertools.chain.from_iterable(all_texts(sentence, rules, {}) for sentence in sentences)
    drawn = list(itertools.islice((text for text, _ in every), 5000))
    if len(drawn) == 5000:
        return
    possible = {text for text in drawn if text.strip()}
    bodies = {f"r{number}": [written(body) for body in rule] for number, rule in enumerate(rules)}
    rows, skips = made(
        texts=[written(one) for one in sentences], rules=bodies or None, count=count, seed=seed, tidy=False
    )
    found = [text for _, text, _ in rows]
    assert len(found) == len(set(found)) == min(count, len(possible))
    assert set(found) <= possible
    short = [f"asked for {count} distinct, the grammar gives {len(possible)}"] if count > len(possible) else []
    assert [skip.detail for skip in skips] == short
    assert all(skip.reason == "shortfall" for skip in skips)


@SMALL
@given(grammars(), st.integers(0, 9))
def test_what_is_drawn_is_among_what_is_numbered(whole: Any, seed: int) -> None:
    """Also where rules lead back to themselves: the last may become the first."""
    sentences, rules = whole
    bodies = {f"r{number}": [written(body) for body in rule] for number, rule in enumerate(rules)}
    if bodies:
        bodies[f"r{len(rules) - 1}"] += ["x{r0}", "{r0?}y"]
    try:
        options = grammar.Options(texts=[written(one) for one in sentences], rules=bodies or None, depth=1)
    except pydantic.ValidationError as error:
        assert "may itself stand for" in str(error)
        return
    whole_options, parsed = grammar._whole(HERE, options)
    start = grammar._grown(whole_options, parsed, {}).starts[""]
    if start.ways > 3000:
        return
    numbered = {sentence.text for n in range(start.ways) if (sentence := growing.numbered(start, n, True)[0])}
    for turn in range(50):
        sentence, _ = growing.drawn(start, Chance.of(seed, "", turn).draws(), True)
        assert sentence is None or sentence.text in numbered


# --- labels ----------------------------------------------------------------------------------------------------------

PIECE = st.sampled_from(
    ["{city}", "{city#1}", "{city:to}", "{name?}", "{pair}", "{pair#2}", " ", "  ", ",", "é", "😀", "!"]
)


@SMALL
@given(st.lists(PIECE, min_size=1, max_size=8), st.booleans(), st.integers(0, 99))
def test_entities_are_the_text_that_was_chosen(pieces: list[str], tidy: bool, seed: int) -> None:
    rules = {"city": ["‹c one›", "‹c  2›"], "name": ["‹n›", ""], "pair": ["{city} - {name}", " {name}{city} "]}
    spans = {"city": "CITY", "name": "NAME", "pair": "PAIR"}
    template = "".join(pieces)
    rows, _ = made(texts=template, rules=rules, spans=spans, count=20, tidy=tidy, seed=seed)
    assert rows or not template.strip()
    for _, text, entities in rows:
        inner = [(chosen, label) for chosen, label in entities if label != "PAIR"]
        assert [chosen for chosen, _ in inner] == re.findall("‹[^›]*›", text)
        assert all((label == "NAME") == (chosen == "‹n›") for chosen, label in inner)
        assert sum(label == "PAIR" for _, label in entities) == template.count("{pair")
        same = {chosen for chosen, label in entities if label == "PAIR"} if "{pair}" not in template else set()
        assert len(same) <= 1
        if tidy:
            assert text == text.strip()
            assert "  " not in text
            assert all(chosen == chosen.strip() for chosen, _ in entities)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("hi {e} there", "hi there"),
        ("hi {e}!", "hi!"),
        ("Bonjour {e} !", "Bonjour !"),
        ("{e} hi", "hi"),
        ("hi {e}", "hi"),
        ("({e} hi)", "(hi)"),
        ("a{e}b", "ab"),
        ("a {e}b", "a b"),
        ("hi {e} {e}.", "hi."),
        ("one {e}\n{e} two", "one\ntwo"),
        ("a \t b", "a b"),
        ("  a\r\n", "a"),
        ("a\u00a0 b", "a\u00a0 b"),
        ("{{e}} {{{e}x}}", "{e} {x}"),
    ],
)
def test_white_space_is_tidied(template: str, expected: str) -> None:
    assert texts(texts=template, rules={"e": ""}, count=1) == [expected]


@SMALL
@given(st.lists(st.sampled_from(["{c}", "{c!}", "{c#1}", "{c!?}", "{d}"]), min_size=1, max_size=5), st.booleans())
def test_a_slot_may_want_another_text(slots: list[str], tidy: bool) -> None:
    rules = {"c": ["a", "b", "c"], "d": "{c!} {c}"}
    slot_rules = {"c": rules["c"], **({"d": rules["d"]} if "{d}" in slots else {})}
    found = texts(texts="-".join(slots), rules=slot_rules, count=1000, tidy=tidy)
    every = set()
    kinds = " ".join(slots).replace("{d}", "{c!} {c}").split()
    for choice in itertools.product(*(["a", "b", "c", ""] if "?" in kind else ["a", "b", "c"] for kind in kinds)):
        again = {text for text, kind in zip(choice, kinds, strict=True) if "#" in kind}
        twice = any("!" in kinds[n] and text and text in choice[:n] for n, text in enumerate(choice))
        if len(again) <= 1 and not twice:
            every.add("".join(choice))
    assert {re.sub("[- ]", "", text) for text in found} - {""} == every - {""}


def test_classes_and_labels_come_out() -> None:
    options: dict[str, Any] = {
        "classes": {"greet": ["hello {name}"], 7: "from {city:from} to {city:to}"},
        "rules": {"name": "Ann", "city": ["Rome", "Oslo"]},
        "spans": ["name"],
        "count": {"greet": 1, 7: 4},
        "column": "utterance",
    }
    rows, skips = made(**options)
    assert rows[0] == ("greet", "hello Ann", [("Ann", "name")])
    assert all(label == "7" and {kind for _, kind in spans} == {"from", "to"} for label, _, spans in rows[1:])
    assert (len(rows), skips) == (5, [])
    dataset = grammar.dataset(HERE, grammar.Options.model_validate(options))
    assert dataset.rows is not None
    assert (dataset.rows.texts, dataset.rows.columns) == (("utterance",), ("utterance", "label"))
    assert dataset.rows.label == "label"
    assert dataset.spanned
    plain = grammar.dataset(HERE, grammar.Options(texts="hi"))
    assert plain.rows is not None
    assert (plain.rows.columns, plain.rows.label, plain.spanned) == (("text",), None, False)


def test_a_text_of_two_classes_goes_to_the_first() -> None:
    rows, skips = made(classes={"a": ["yes", "ok"], "b": ["ok", "no", "well"]}, count=3)
    assert sorted((label, text) for label, text, _ in rows) == [("a", "ok"), ("a", "yes"), ("b", "no"), ("b", "well")]
    assert [(skip.source, skip.reason) for skip in skips] == [
        ("a", "shortfall"),
        ("b", "in two classes"),
        ("b", "shortfall"),
    ]
    assert "1 of its sentences" in skips[1].detail
    assert "'ok'" in skips[1].detail
    assert skips[2].detail == "asked for 3 distinct, the grammar gives 2 beside the 1 of a class before it"


# --- determinism -----------------------------------------------------------------------------------------------------

BOOK: dict[str, Any] = {
    "classes": {
        "book": ["{please?} book {from|to} {city} {when} for {name}", "{city#1} or {city#1}?"],
        "greet": ["hi {name}", {"weight": 3, "text": "hello {name}{mark?0.2}"}],
    },
    "rules": {
        "please": ["please", {"weight": 0.5, "text": "could you"}],
        "city": ["Rome", "Oslo", "New {city?}"],
        "when": ["on {day}", "at {hour}"],
        "day": {"date": ["2025-01-01", "2025-12-31"], "format": "%-d %B"},
        "hour": {"number": [1, 12], "format": "{:02d}:00"},
        "name": {"faker": "first_name", "locale": ["de_DE", "fr_FR"]},
        "mark": "!",
    },
    "spans": {"city": "CITY"},
}


def listing(**options: Any) -> list[Entry]:
    chosen = grammar.Options.model_validate({**BOOK, **options})
    return [entry for entry in grammar.entries(HERE, chosen, ROWS) if isinstance(entry, Entry)]


def test_the_same_seed_gives_the_same_and_another_others() -> None:
    assert listing(seed=3) == listing(seed=3)
    assert {entry.key for entry in listing(seed=3)} != {entry.key for entry in listing(seed=4)}


@SMALL
@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 9))
def test_a_larger_count_keeps_what_a_smaller_one_gave(count: int, more: int, seed: int) -> None:
    for label in ("book", "greet"):
        few = [entry for entry in listing(count=count, seed=seed) if entry.label == label]
        many = [entry for entry in listing(count=count + more, seed=seed) if entry.label == label]
        assert many[:count] == few
        assert len(many) == count + more


def test_the_prefix_holds_where_sentences_are_gone_through_in_turn() -> None:
    options: dict[str, Any] = {"texts": "{n} {n}", "rules": {"n": {"number": [1, 45]}}}
    every = texts(**options, count=2025)
    assert len(set(every)) == 2025
    assert texts(**options, count=1990) == every[:1990]


def test_a_class_does_not_hang_on_others() -> None:
    alone = grammar.Options.model_validate({**BOOK, "classes": {"greet": BOOK["classes"]["greet"]}})
    found = [entry.key for entry in grammar.entries(HERE, alone, ROWS) if isinstance(entry, Entry)]
    assert found == [entry.key for entry in listing() if entry.label == "greet"]


def test_sentences_can_be_read_in_any_order_and_keys_tell_them_apart() -> None:
    entries = listing(count=200)
    assert len({entry.key for entry in entries}) == 400
    dataset = grammar.dataset(HERE, grammar.Options.model_validate(BOOK))
    once = [grammar.read(HERE, entry, dataset) for entry in entries]
    assert [grammar.read(HERE, entry, dataset) for entry in reversed(entries)] == once[::-1]


# --- chances ---------------------------------------------------------------------------------------------------------


def near(count: int, of: int, chance: float) -> bool:
    """Within four standard deviations."""
    return abs(count - of * chance) < 4 * (of * chance * (1 - chance)) ** 0.5


def test_weights_and_chances_are_as_written(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes("\ufeffrare\r\n\r\nusual\t4\r\nnever\t0\r\n".encode())
    rows, _ = made(
        tmp_path,
        texts=["A{n} {list}{o?0.3}", {"weight": 3, "text": "B{n} {list}{o?}"}, {"weight": 0, "text": "C{n}"}],
        rules={"n": {"number": [1, 10**6]}, "list": {"file": "list.txt"}, "o": "+"},
        count=4000,
    )
    found = Counter((text[0], text.endswith("+")) for _, text, _ in rows)
    first, second = (found[letter, True] + found[letter, False] for letter in "AB")
    assert first + second == 4000
    assert near(second, 4000, 0.75)
    assert near(found["A", True], first, 0.3)
    assert near(found["B", True], second, 0.5)
    words = Counter("rare" if "rare" in text else "usual" if "usual" in text else "never" for _, text, _ in rows)
    assert near(words["usual"], 4000, 0.8)
    assert words["never"] == 0


def test_recursion_shrinks_and_ends() -> None:
    found = texts(texts="{e}", rules={"e": ["{n}", "({e} + {e})"], "n": {"number": [0, 9]}}, count=3000, depth=3)
    assert all(text.count("(") == text.count(")") for text in found)
    depths = [max(itertools.accumulate((char == "(") - (char == ")") for char in text)) for text in found]
    assert set(depths) <= set(range(4))
    assert {0, 1, 2} <= set(depths)


@pytest.mark.parametrize(
    "rules",
    [
        {"a": ["x", {"weight": 1e9, "text": "{a}{a}{a}"}]},
        {"a": "{b}" * 50, "b": "{c}" * 50, "c": "{d}" * 50, "d": ["x", "y"]},
        {"a": ["", "{a?}"]},
    ],
)
def test_what_grows_without_bounds_is_left_out_and_told(rules: dict[str, Any]) -> None:
    rows, skips = made(texts="{a}", rules=rules, count=10, depth=60)
    assert not rows
    assert [skip.reason for skip in skips] == ["shortfall"]


def test_a_chain_of_rules_may_be_long() -> None:
    rules = {f"r{n}": f"{{r{n + 1}}}" for n in range(1500)}
    assert texts(texts="{r0}", rules={**rules, "r1500": "end"}, count=1) == ["end"]


# --- generators ------------------------------------------------------------------------------------------------------


def test_numbers_dates_and_times() -> None:
    numbers = values.numbers((0.1, 0.5), 0.1, "{:.1f}")
    assert [numbers.at(n) for n in range(numbers.size)] == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert values.numbers((1, 12), 5, "{:02d}").at(2) == "11"
    days = values.dates(("2024-02-28", "2024-03-02"), 2, "%-d %B %Y, %a %j %%")
    assert [days.at(n) for n in range(days.size)] == ["28 February 2024, Wed 059 %", "1 March 2024, Fri 061 %"]
    hours = values.times(("00:00", "23:59"), 719, "%H:%M %-I %p")
    assert [hours.at(n) for n in range(hours.size)] == ["00:00 12 AM", "11:59 11 AM", "23:58 11 PM"]


@SMALL
@given(st.floats(0, 1, exclude_max=True), st.integers(-50, 50), st.integers(0, 40), st.integers(1, 9))
def test_a_number_lies_where_it_should(u: float, low: int, width: int, step: int) -> None:
    found = values.numbers((low, low + width), step, "{}")
    assert int(found.pick(u)) in range(low, low + width + 1, step)
    assert found.size == len(range(low, low + width + 1, step))


@pytest.mark.parametrize(
    "method",
    [
        "date_of_birth",
        "date_this_year",
        "pybool",
        "json_bytes",
        "profile",
        "add_provider",
        "simple_profile",
        "seed",
        "_x",
    ],
)
def test_methods_of_faker_that_are_not_fit_are_refused(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        fake.field(method, (), {})


def test_faker_gives_what_its_seed_says() -> None:
    one, other = fake.field("name", (), {}), fake.field("bothify", (), {"text": "??-##"})
    first = [one.pick(0.25), other.pick(0.5)]
    one.pick(0.9)
    assert [one.pick(0.25), other.pick(0.5)] == first
    assert re.fullmatch("[a-zA-Z]{2}-[0-9]{2}", first[1])


def test_without_faker_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fake._field.cache_clear()
    monkeypatch.setitem(sys.modules, "faker", None)
    monkeypatch.setitem(sys.modules, "faker.config", None)
    found = told(texts="{n}", rules={"n": {"faker": "name"}})
    assert "pip install 'augment[faker]'" in found["input.rules.n.faker"]


# --- mistakes --------------------------------------------------------------------------------------------------------


def test_all_mistakes_come_at_once_with_their_keys() -> None:
    found = told(
        classes={"a": ["{ctiy} b", True, "x { y"], "b": [], "c": [{"weight": -1, "text": "x"}], "d": "{e?2}"},
        rules={
            "city": {"file": "a", "texts": "b"},
            "n": {"faker": "frist_name"},
            "m": {"number": [5, 1]},
            "o": {"number": [1, 2], "format": "{0.real}"},
            "p": [{"weight": 0, "text": "x"}],
            "q": {"date": ["2025-02-30", "2025-03-01"]},
            "r": {"time": ["08:00", 1200]},
            "e": [{"x": None}],
            "s": {"faker": "name", "locale": "xx"},
        },
        spans={"ctiy": "CITY"},
        count={"a": 1, "z": 0},
        column=5,
        tidyy=1,
    )
    for path, words in {
        "input.classes.a[0]": "did you mean city?",
        "input.classes.a[1]": "quotes",
        "input.classes.a[2]": "partner",
        "input.classes.b": "at least one",
        "input.classes.c[0].weight": "from 0",
        "input.classes.d": "probability",
        "input.rules.city.texts": "did you mean text?",
        "input.rules.n.faker": "first_name",
        "input.rules.m.number": "low first",
        "input.rules.o.format": "{:02d}",
        "input.rules.p": "above 0",
        "input.rules.q.date": "two days",
        "input.rules.e[0]": "quotes",
        "input.rules.r.time": "quotes",
        "input.rules.s.locale": "de_DE",
        "input.spans.ctiy": "did you mean city?",
        "input.count.z": "known: a, b, c, d",
        "input.column": "string",
        "input.tidyy": "did you mean tidy?",
    }.items():
        assert words in found[path], (path, found.get(path))
    assert len(found) == 20  # and a number for b


def test_rules_that_never_end_are_told() -> None:
    found = told(texts="{a}", rules={"a": ["x{b}"], "b": ["{a}y", "{b}"], "c": ["{a?} {c?}"], "d": "{a}"})
    assert sorted(found) == ["input.rules.a", "input.rules.b"]
    found = told(texts="{a}", rules={"a": ["x{b#1}", "y"], "b": ["{a}"]})
    assert sorted(found) == ["input.rules.a"]


@pytest.mark.parametrize(
    "options",
    [
        {"texts": "a", "classes": {"a": "b"}},
        {"rules": {"a": "b"}},
        {"classes": {}},
        {"classes": [1]},
        {"texts": "a\0b"},
        {"texts": "a\ud800"},
        {"texts": "a", "rules": {"a b": "c"}},
        {"texts": "a", "spans": {"a": ""}},
        {"texts": "a", "count": True},
        {"classes": {"a": "b"}, "column": "label"},
        {"texts": [{"number": [1, 2], "step": 0}]},
        {"texts": [{"number": [1, float("inf")]}]},
        {"texts": [{"number": [1, 2], "format": "{:99999999d}"}]},
        {"texts": [{"number": [1, 2], "format": "{:{}}"}]},
        {"texts": [{"time": [8, "9"]}]},
        {"texts": [{"date": ["2025-01-01", "2025-01-02"], "format": "%Q"}]},
        {"texts": [{"text": "a", "locale": "de_DE"}]},
        {"texts": [{}]},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        grammar.Options.model_validate(options)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("{}|?#:ab \0\ud800", max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "b", "text", "weight", "number", "date", "faker", "step", "format", ""]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(SMALL, max_examples=120)
@given(PLAIN, PLAIN, PLAIN, PLAIN)
def test_nothing_written_is_too_odd(sentences: Any, rules: Any, spans: Any, count: Any) -> None:
    try:
        grammar.Options.model_validate({"classes": sentences, "rules": rules, "spans": spans, "count": count})
    except pydantic.ValidationError:
        return


@SMALL
@given(st.text("{}|?#: ab1.-", max_size=20))
def test_any_text_has_parts_or_a_reason(text: str) -> None:
    nodes, wrong = templates.parse(text)
    assert wrong or "".join(str(node) for node in nodes) or not text


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_grammar_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/cities.txt").write_text("Köln\nNew {York}\n", encoding="utf-8")
    path = tmp_path / "g.yaml"
    path.write_text(
        "count: 9\nclasses:\n  go: ['to {city}', 2025-01-01, '{day}']\n"
        "rules:\n  city: {file: lists/cities.txt}\n  day: {date: [2025-01-02, 2025-01-02]}\n"
    )
    assert grammar.claims(path)
    rows, skips = made(path, seed=1)
    assert sorted(text for _, text, _ in rows) == ["2025-01-01", "2025-01-02", "to Köln", "to New {York}"]
    assert "asked for 9" in skips[0].detail
    assert made(path, count=1)[1] == []
    with pytest.raises(RecipeError, match="alone"):
        made(path, texts="b")


def test_a_file_that_is_no_grammar_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "g.yaml"
    path.write_text("classes:\n  go: to {city}\nrules:\n  city:\n  - a\n  - yes\ncuont: 3\n")
    with pytest.raises(RecipeError) as caught:
        made(path)
    assert {(problem.place, problem.path) for problem in caught.value.problems} == {
        (f"{path}:6", "rules.city[1]"),
        (f"{path}:7", "cuont"),
    }
    assert not grammar.claims(path)
    for text in ("a: [", "a: 1\na: 2\n", "- a\n", "", "a: *b\n", "\x00", "a: &a [*a]\n", "&a [" * 40):
        path.write_text(text)
        assert not grammar.claims(path)
        with pytest.raises((InputError, RecipeError)):
            made(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        made(path)
    assert not grammar.claims(tmp_path)


def test_lists_that_can_not_be_used_are_told_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n \n")
    (tmp_path / "bad").write_text("a\tb\n")
    (tmp_path / "nul").write_bytes(b"a\0b")
    (tmp_path / "folder").mkdir()
    rules = {name: [{"file": name}] for name in ("empty", "bad", "nul", "folder", "gone")}
    with pytest.raises(RecipeError) as caught:
        made(tmp_path, texts="a", rules=rules)
    assert [problem.path for problem in caught.value.problems] == [f"input.rules.{name}[0].file" for name in rules]
    assert "bad:1" in caught.value.problems[1].expected


def test_lists_are_part_of_what_is_listed(tmp_path: Path) -> None:
    cities = tmp_path / "cities.txt"
    cities.write_text("Rome\nOslo\n")
    options = grammar.Options.model_validate({"texts": "{c}", "rules": {"c": {"file": "cities.txt"}}, "count": 1})
    (entry,) = [one for one in grammar.entries(tmp_path, options, ROWS) if isinstance(one, Entry)]
    dataset = grammar.dataset(tmp_path, options)
    assert grammar.read(tmp_path, entry, dataset).data
    cities.write_text("Bonn\nKiel\n")
    changed = grammar.dataset(tmp_path, options)
    assert changed.reading["digest"] != dataset.reading["digest"]
    with pytest.raises(SampleError, match="another sentence"):
        grammar.read(tmp_path, entry, changed)
    with pytest.raises(SampleError, match="changed"):
        grammar.read(tmp_path, entry, dataset)


def test_other_steps_than_for_sentences_are_refused() -> None:
    with pytest.raises(InputError, match="sentences"):
        list(grammar.entries(HERE, grammar.Options(texts="hi"), frozenset({".wav"})))


def test_a_locator_of_another_grammar_is_no_crash() -> None:
    dataset = grammar.dataset(HERE, grammar.Options(texts="hi {a|b}"))
    for locator in ("7/0.row", "x.row", "0/=99.row", "0/=x.row", "0/1.row", "-9/1.row", "0/=-5.row"):
        with pytest.raises(SampleError):
            grammar.read(HERE, Entry("k", locator), dataset)
