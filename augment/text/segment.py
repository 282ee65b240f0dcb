"""Words in scripts that put no spaces between them, by whichever segmenter is installed."""

from __future__ import annotations

import importlib
import logging
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from augment.text.graphemes import boundaries

Range = tuple[int, int]

SEGMENTERS = {"CJK": "jieba", "HIRAGANA": "janome", "KATAKANA": "janome", "THAI": "pythainlp"}
"""The beginning of the Unicode name of a script's characters -> the package that knows its words."""


def segments(run: str) -> list[Range]:
    """The words of a run of letters without spaces; each grapheme cluster where no segmenter is installed."""
    kinds = {unicodedata.name(char, "").split(" ")[0].split("-")[0] for char in run}
    script = (
        "HIRAGANA" if kinds & {"HIRAGANA", "KATAKANA"} else next((kind for kind in SEGMENTERS if kind in kinds), "")
    )
    cut = _segmenter(SEGMENTERS[script]) if script else None
    allowed = boundaries(run)
    found: list[Range] = []
    start = end = 0
    for piece in cut(run) if cut is not None else run:
        end += len(piece)
        if end > start and (allowed is None or end in allowed):
            found.append((start, end))
            start = end
    return found if end == len(run) and start == end else [(0, len(run))]


@cache
def _segmenter(name: str) -> Callable[[str], Iterable[str]] | None:
    """How to cut a text into words whose concatenation it is; None where the package is not installed."""
    try:
        package = importlib.import_module(name)
    except ImportError:
        return None
    if name == "jieba":
        package.setLogLevel(logging.WARNING)
        return lambda text: package.cut(text, HMM=False)
    if name == "janome":
        tokenizer = importlib.import_module("janome.tokenizer").Tokenizer(wakati=True)
        return lambda text: tokenizer.tokenize(text)
    return lambda text: package.word_tokenize(text, keep_whitespace=True)
