"""Texts of all of Unicode, with what steps stumble over more often than chance would have it."""

from __future__ import annotations

import regex
from hypothesis import strategies as st

from augment.annotations import Span

ODD = [
    *(
        "👍🏽",
        "👨‍👩‍👧",
        "🇩🇪",
        "🇫",
        "❤️",
        "1️⃣",
        "é",
        "ő\u0323",
        "\r\n",
        "\r",
        "क्षि",
        "กำ",
        "กี่",
        "가",
        "각",
        "漢字",
        "かな",
    ),
    *("ﬁ", "ß", "İ", "ı", "ʼn", "\u200b", "\u200d", "\u200c", "\u00ad", "\ufeff", "\u0600", "\u202e", "א\u05b0", "لا"),
    *(
        "ŉ",
        "ΟΔΟΣ",
        "ǅ",
        "http://a.b/c?d=e",
        "www.x.org",
        "me@x.org",
        "@me",
        "#tag",
        "`code x`",
        "{name}",
        "%s",
        "[MASK]",
    ),
    *("<br />", "&amp;", "don't", "rn-m", "fi...", '"', "--", "  ", "\t", "\n", ". ", "5/0", "The", "not", "two"),
    *("May 5, 2021", "$HOME", "``"),
]

LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4)


def texts(most: int = 12) -> st.SearchStrategy[str]:
    """Any text without lone surrogates, words and spaces among it."""
    piece = st.one_of(st.sampled_from(ODD), LETTERS, st.sampled_from(["word", " ", " ", "a", "quick", "пять", "good"]))
    return st.lists(piece, max_size=most).map("".join)


def edges(text: str) -> list[int]:
    """Where grapheme clusters begin, and the end, as the package ``regex`` has it."""
    return [*(match.start() for match in regex.finditer(r"\X", text)), len(text)]


@st.composite
def annotated(
    draw: st.DrawFn, layers: tuple[str, ...] = ("entity", "token", "answer")
) -> tuple[str, tuple[Span, ...]]:
    """A text with some spans, anywhere."""
    text = draw(texts())
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        spans.append(Span(start, end, "X", draw(st.sampled_from(layers))))
    return text, tuple(spans)
