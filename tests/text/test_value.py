"""The core of text: edits and rearrangements of a passage, against models that count character by character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from augment.annotations import Span
from augment.text import guards, marks
from augment.text.graphemes import boundaries
from augment.text.guards import DEFAULT, KINDS, PATTERNS, ranges
from augment.text.value import Document, Edit, Passage
from tests.text.unicode_texts import annotated, edges, texts

LOOKS = frozenset(KINDS) - {"spans"}

edits_of = st.lists(
    st.tuples(st.integers(-1, 30), st.integers(-1, 32), st.sampled_from(["", "x", "yz", " ", "\u0301", "🇫"]))
)


def lawful(text: str, wanted: Sequence[Edit]) -> list[Edit]:
    """Those of some edits that a plain text takes: the first where two overlap."""
    found: list[Edit] = []
    for edit in sorted(wanted):
        start, end, new = edit
        if not 0 <= start <= end <= len(text) or text[start:end] == new:
            continue
        if found and (start < found[-1][1] or (start == end == found[-1][0])):
            continue
        found.append(edit)
    return found


def origins(text: str, edits: Sequence[Edit]) -> list[tuple[str, int]]:
    """Of each character of the new text: which character of the old it is, or by which edit it came."""
    found: list[tuple[str, int]] = []
    done = 0
    for number, (start, end, new) in enumerate(edits):
        found += [("old", place) for place in range(done, start)] + [("new", number)] * len(new)
        done = end
    return found + [("old", place) for place in range(done, len(text))]


def belongs(span: Span, edit: Edit) -> bool:
    """Whether what an edit puts in is the span's: inside of it, or in the place of all of it from its start."""
    start, end, _ = edit
    if start == end:
        return span.start < start < span.end
    return span.start <= start and (end <= span.end or start == span.start) and start < span.end


def expected(text: str, span: Span, edits: Sequence[Edit]) -> tuple[int, int] | None:
    """Where a span is after edits, told character by character; None where it is gone."""
    made = origins(text, edits)
    if span.start == span.end:
        if any(start < span.start < end for start, end, _ in edits):
            return None
        before = sum(len(new) - (end - start) for start, end, new in edits if end <= span.start)
        return span.start + before, span.start + before
    own = [
        place
        for place, (kind, number) in enumerate(made)
        if (span.start <= number < span.end if kind == "old" else belongs(span, edits[number]))
    ]
    return (min(own), max(own) + 1) if own else None


@given(st.text("ab c", max_size=24), edits_of)
def test_edits_of_a_plain_text_are_done_as_a_string_would_have_them(text: str, wanted: list[Edit]) -> None:
    wanted = [(start, end, new) for start, end, new in wanted if new.isascii()]
    done = lawful(text, wanted)
    passage = Passage(text)
    made = passage.edited(wanted)
    assert made.text == marks.rewritten(text, done)
    assert (made is passage) == (made.text == text)


@given(st.text("ab c", max_size=24), edits_of, st.data())
def test_spans_follow_edits_character_by_character(text: str, wanted: list[Edit], data: st.DataObject) -> None:
    done = lawful(text, wanted)
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    span = Span(start, end, "X", fields={"id": 1})
    moved = marks.moved((span,), done)
    place = expected(text, span, done)
    assert [(found.start, found.end) for found in moved] == ([] if place is None else [place])
    assert all((found.label, found.layer, found.fields) == ("X", "entity", {"id": 1}) for found in moved)


@given(annotated(), edits_of, st.sampled_from([DEFAULT, LOOKS, frozenset()]))
def test_no_edit_breaks_a_cluster_a_guard_or_an_entity(
    case: tuple[str, tuple[Span, ...]], wanted: list[Edit], policy: frozenset[str]
) -> None:
    text, spans = case
    whole = tuple(Span(a, b, text[a:b], "token") for a, b in pairwise(edges(text)) if b - a > 1)
    passage = Passage(text, (*spans, *whole), policy)
    made = passage.edited(wanted)
    assert all(0 <= span.start <= span.end <= len(made.text) for span in made.spans)
    cuts = set(edges(made.text))
    assert (set(edges(made.text)) if made.boundaries is not None else set(range(len(made.text) + 1))) == cuts
    if "spans" in policy:
        kept = [text[span.start : span.end] for span in spans if span.layer != "token" and span.end > span.start]
        now = [
            made.text[span.start : span.end] for span in made.spans if span.layer != "token" and span.end > span.start
        ]
        assert kept == now
    for span in made.spans[len(made.spans) - len(whole) :] if made is not passage else ():
        if span.label == made.text[span.start : span.end]:
            assert {span.start, span.end} <= cuts
            assert not set(range(span.start + 1, span.end)) & cuts
    looks = Counter(text[start:end] for start, end in ranges(text, (), policy))
    remaining = made.text
    for look, count in looks.items():
        assert remaining.count(look) >= count


@given(texts(), edits_of)
def test_what_is_guarded_is_still_taken_for_it(text: str, wanted: list[Edit]) -> None:
    passage = Passage(text)
    made = passage.edited([edit for edit in wanted if edit[2] in ("", "x", "yz", " ")])
    now = [made.text[start:end] for start, end in made.guarded]
    for start, end in passage.guarded:
        assert any(text[start:end] in found for found in now)


@given(annotated(), st.data())
def test_a_rearrangement_carries_what_it_holds_or_is_not_done(
    case: tuple[str, tuple[Span, ...]], data: st.DataObject
) -> None:
    text, spans = case
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces = [*pairwise(places)]
    pieces = data.draw(st.permutations(pieces))[: data.draw(st.integers(0, len(pieces)))]
    passage = Passage(text, spans)
    made = passage.rearranged(pieces)
    if made is passage:
        return
    assert made.text == "".join(text[start:end] for start, end in pieces)
    firm = [text[span.start : span.end] for span in spans if span.layer != "token"]
    assert Counter(made.text[span.start : span.end] for span in made.spans if span.layer != "token") == Counter(firm)
    for span in made.spans:
        assert 0 <= span.start <= span.end <= len(made.text)
    starts = [made.text[span.start : span.end] for span in made.spans if span.layer == "token"]
    assert not Counter(starts) - Counter(text[span.start : span.end] for span in spans if span.layer == "token")
    inside = {place for start, end in pieces for place in (start, end)}
    assert not any(start < place < end for start, end in passage.guarded for place in inside)
    whole = Counter(regex.findall(r"\X", text))
    assert not Counter(cluster for cluster in regex.findall(r"\X", made.text) if len(cluster) > 1) - whole


@given(texts())
def test_boundaries_are_those_of_the_standard(text: str) -> None:
    found = boundaries(text)
    assert edges(text) == (list(range(len(text) + 1)) if found is None else sorted(found))


@given(annotated())
def test_words_can_be_edited(case: tuple[str, tuple[Span, ...]]) -> None:
    passage = Passage(*case)
    done = 0
    for start, end in passage.words:
        assert done <= start < end
        assert not passage.touches(start, end)
        assert passage.clusters(start, end)[0][0] == start
        assert passage.clusters(start, end)[-1][1] == end
        done = end


@given(annotated(), st.integers(0, 40), st.integers(0, 40))
def test_touching_is_overlapping(case: tuple[str, tuple[Span, ...]], one: int, other: int) -> None:
    passage = Passage(*case)
    start, end = sorted((one, other))
    naive = any(low < end and start < high if start < end else low < start < high for low, high in passage.guarded)
    assert passage.touches(start, end) == naive
    for (_, before), (after, _) in pairwise(passage.guarded):
        assert before <= after


@pytest.mark.parametrize("kind", PATTERNS)
@pytest.mark.parametrize(
    "unit",
    [
        *("a", "{", "{{", "`", "`a", "<a", "&#", "%(a)", "%(a)0", "[A", "__A", "a.", "a@", "http:", "@a"),
        *("/a", "/a/", "~/", "./", "C:\\a ", "C:\\", "\\\\a", ":a", ":a:", "a-", "a.com", "a.com/"),
    ],
)
def test_guards_take_time_as_the_text_is_long(kind: str, unit: str) -> None:
    ranges(unit * 20_000 + "@0", (), frozenset({kind}))  # seconds where a pattern looks at all pairs of places


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("visit bigbank.com. Or news.bbc.co.uk/a?b=1 (shop.de)", ["bigbank.com", "news.bbc.co.uk/a?b=1", "shop.de"]),
        ("the end.Next one. It was.in the end.it 3.5, e.g. U.S. Node.js", []),
        ("me.io@x.com, 日本語bigbank.com日本", ["me.io@x.com", "bigbank.com"]),
        ("see /home/user/file.txt, ~/x and ../a/b", ["/home/user/file.txt", "~/x", "../a/b"]),
        ("and/or 1/2 he/she 5/3/2024 / s/he", []),
        ("in C:\\Users\\me\\My Files\\a.txt or \\\\srv\\share", ["C:\\Users\\me\\My Files\\a.txt", "\\\\srv\\share"]),
        ("nice :smile::heart: :+1: at 10:30:45 :p", [":smile:", ":heart:", ":+1:"]),
    ],
)
def test_domains_paths_and_shortcodes_are_known(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in ranges(text, (), DEFAULT)] == found


@given(st.lists(st.sampled_from([*".:/\\@#a~wC ", "com", "www", "://", "de", ".com", "+1", "é"]), max_size=12))
def test_the_quick_look_misses_nothing(parts: list[str]) -> None:
    text = "".join(parts)
    slow = [match.span() for match in guards._pattern(LOOKS).finditer(text)]
    assert ranges(text, (), DEFAULT) == slow


def test_a_letter_does_not_grow_onto_what_is_guarded() -> None:
    passage = Passage("see @me now", (), DEFAULT)
    assert passage.edited([(3, 4, "")]) is passage
    assert passage.edited([(7, 8, "")]) is passage
    assert passage.edited([(3, 4, ", ")]).text == "see, @me now"


def test_a_document_keeps_what_has_not_changed() -> None:
    one, two = Passage("one"), Passage("two")
    document = Document({"a": one, "b": two}, b"raw", row=True)
    assert document.changed({"a": one}) is document
    made = document.changed({"a": Passage("ONE")})
    assert made.texts == {"a": "ONE", "b": "two"}
    assert made.raw is None
    assert made.row
    marked = document.marked((Span(0, 1, "X", column="b"),), DEFAULT)
    assert marked is document.marked((), DEFAULT)
    assert marked.raw == b"raw"
    assert [span.column for span in marked.spans] == ["b"]
