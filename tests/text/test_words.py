"""Where words are, in any script, with and without a segmenter."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise
from types import ModuleType, SimpleNamespace

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from augment.text import segment, words
from augment.text.graphemes import boundaries, narrow
from tests.text.unicode_texts import edges, texts


@pytest.fixture(autouse=True)
def _no_segmenters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if none were installed, whatever is."""
    for name in ("jieba", "janome", "pythainlp"):
        monkeypatch.setitem(sys.modules, name, None)
    segment._segmenter.cache_clear()
    yield
    segment._segmenter.cache_clear()


def listed(text: str) -> list[str]:
    return [text[start:end] for start, end in words.words(text)]


@given(texts())
def test_words_are_in_order_and_hold_all_letters_and_digits(text: str) -> None:
    found = words.words(text)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(before <= after for (_, before), (after, _) in pairwise(found))
    held = {place for start, end in found for place in range(start, end)}
    for match in regex.finditer(r"[\p{L}\p{N}]", text):
        assert match.start() in held
    assert not any(text[place].isspace() for place in held)


@given(st.text("ab1 '-’\u00adéя.״_\u05d0·", max_size=16))
def test_the_quick_ways_find_what_the_slow_one_finds(text: str) -> None:
    plain = text.encode("ascii", "ignore").decode()
    for one in (text, plain):
        assert words.words(one) == [match.span() for match in words._any_script().finditer(one)]


def test_letters_that_the_quick_way_takes_are_letters_for_both() -> None:
    known, marks = regex.compile(r"[\p{L}\p{N}]"), regex.compile(r"\p{M}")
    for code in range(0x3000):
        char = chr(code)
        if words._OTHER.search(char) is None:
            assert (words._SIMPLE.fullmatch(char) is not None) == (known.fullmatch(char) is not None), hex(code)
            assert marks.fullmatch(char) is None
            assert words._unspaced().search(char) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't like well-known re-runs, 3.5 x", "I don't like well-known re-runs 3 5 x"),
        ("L’été n'est pas fini", "L’été n'est pas fini"),
        ("Быстрая лиса", "Быстрая лиса"),
        ("मैं हर सुबह", "मैं हर सुबह"),
        ("می\u200cخواهم بروم", "می\u200cخواهم بروم"),
        ("צה״ל", "צה״ל"),
        ("'quoted' - dashed -", "quoted dashed"),
        ("iPhone手机 abc漢字-def", "iPhone 手 机 abc 漢 字 def"),
        ("กี่ทำ", "กี่ ทำ"),
        ("안녕 하세요", "안녕 하세요"),
        ("2024年1️⃣", "2024 年 1️⃣"),
    ],
)
def test_what_is_a_word(text: str, expected: str) -> None:
    assert listed(text) == expected.split(" ")


@given(texts())
def test_without_a_segmenter_each_cluster_is_a_word(text: str) -> None:
    run = "".join(regex.findall(r"[\p{Script=Han}\p{Script=Thai}]", text)) or "漢"
    assert segment.segments(run) == [*pairwise(edges(run))]


def fake(name: str, cut: object) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(cut=cut, setLogLevel=lambda level: None, word_tokenize=cut)
    return module


@given(st.lists(st.sampled_from(["漢", "字", "漢字", "\u0301", "々"]), min_size=1, max_size=6))
def test_a_segmenter_is_asked_and_clusters_stay_whole(pieces: list[str]) -> None:
    run = "".join(pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "jieba", fake("jieba", lambda text, HMM: iter(pieces)))  # noqa: N803 - its name
        segment._segmenter.cache_clear()
        found = segment.segments(run)
    segment._segmenter.cache_clear()
    cuts = boundaries(run)
    assert "".join(run[start:end] for start, end in found) == run
    assert cuts is None or all(start in cuts and end in cuts for start, end in found)
    if cuts is None:
        assert [run[start:end] for start, end in found] == pieces


def test_a_segmenter_that_loses_something_is_not_believed() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pythainlp", fake("pythainlp", lambda text, keep_whitespace: ["ก"]))
        segment._segmenter.cache_clear()
        assert segment.segments("กขค") == [(0, 3)]


def test_japanese_is_asked_of_janome_where_there_is_kana() -> None:
    tokenizer = ModuleType("janome.tokenizer")
    tokenizer.__dict__["Tokenizer"] = lambda wakati: SimpleNamespace(tokenize=lambda text: [text[:2], "", text[2:]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "janome", ModuleType("janome"))
        patch.setitem(sys.modules, "janome.tokenizer", tokenizer)
        segment._segmenter.cache_clear()
        assert segment.segments("漢字かな") == [(0, 2), (2, 4)]


def test_words_of_letters_have_no_clusters() -> None:
    told = [char for char in map(chr, range(0x10000)) if not words._OTHER.match(char)]
    assert len(told) > 1500
    for char in told:
        assert boundaries(f"a{char}b{char}{char}") is None


@given(texts())
def test_a_text_is_narrow_where_its_characters_are_of_latin_1(text: str) -> None:
    assert narrow(text) == all(char < "\u0100" for char in text)
