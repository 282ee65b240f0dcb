"""Where the words of a text are, in any script.

A word is a run of letters, marks and digits, with apostrophes and hyphens inside it (Unicode Standard Annex 29 is near
that). Scripts without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are cut by a segmenter where
one is installed, see segment.py; else each grapheme cluster counts as a word.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

Range = tuple[int, int]

_ASCII = re.compile(r"[A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*")


@cache
def _any_script() -> Any:
    import regex  # 25 ms, and plain English never needs it

    return regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’\-][\p{L}\p{M}\p{N}]+)*")


@cache
def _unspaced() -> Any:
    import regex

    scripts = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
    kind = "".join(rf"\p{{Script={name}}}" for name in scripts)
    return regex.compile(f"[{kind}][{kind}\\p{{M}}\u30fc\u3005]*")


def words(text: str) -> list[Range]:
    """Where words begin and end, in code points, in order."""
    if text.isascii():
        return [match.span() for match in _ASCII.finditer(text)]
    found: list[Range] = []
    unspaced = _unspaced()
    for match in _any_script().finditer(text):
        start, end = match.span()
        if unspaced.search(text, start, end) is None:
            found.append((start, end))
        else:
            found.extend(_parted(text, start, end))
    return found


def _parted(text: str, start: int, end: int) -> list[Range]:
    """A run in which at least a part has no spaces between words."""
    from augment.text.segment import segments

    found: list[Range] = []
    done = start
    for match in _unspaced().finditer(text, start, end):
        if match.start() > done:
            found.append((done, match.start()))
        found.extend((match.start() + first, match.start() + last) for first, last in segments(match.group()))
        done = match.end()
    if done < end:
        found.append((done, end))
    return found
