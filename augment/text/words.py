"""Where the words of a text are, in any script.

A word is a run of letters, marks and digits, with apostrophes and hyphens inside it (Unicode Standard Annex 29 is near
that). Scripts without spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) are cut by a segmenter where
one is installed, see segment.py; else each grapheme cluster counts as a word.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from augment.text.graphemes import narrow

Range = tuple[int, int]

_JOINERS = "'’\\-\u00ad\u00b7\u05f3\u05f4"
"""Within words: apostrophes, hyphens, also the soft one, Catalan's middle dot, Hebrew's geresh and gershayim."""

_SIMPLE = re.compile(f"[^\\W_]+(?:[{_JOINERS}][^\\W_]+)*")
spelled = _SIMPLE.fullmatch
"""A match where a string is one word, of a script that needs no more than letters, digits and joiners; or None."""

_OTHER = re.compile(
    "[^\0-\u02ff\u0370-\u0482\u048a-\u052f\u0590\u05d0-\u05f4\u0621-\u064a\u0660-\u066f\u1e00-\u200b"
    "\u2010-\u203b\u203d-\u2048\u204a-\u2065]"
)
"""Letters beyond alphabets, for which only ``regex`` knows the scripts, marks, and all else that joins clusters."""

_BLANKED = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))
"""ASCII -> itself where it is a letter or a digit, else a blank."""


@cache
def _any_script() -> Any:
    import regex  # 25 ms, and plain text never needs it

    return regex.compile(
        rf"[\p{{L}}\p{{N}}][\p{{L}}\p{{M}}\p{{N}}\u200c\u200d]*(?:[{_JOINERS}][\p{{L}}\p{{N}}][\p{{L}}\p{{M}}\p{{N}}\u200c\u200d]*)*"
    )


@cache
def _unspaced() -> Any:
    import regex

    scripts = ("Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar")
    kind = "".join(rf"\p{{Script={name}}}" for name in scripts)
    return regex.compile(f"[{kind}][{kind}\\p{{M}}\u30fc\u3005]*")


def lettered(text: str) -> bool:
    """Whether all its words are written in letters and digits without marks, with spaces between them.

    Then each code point is a grapheme cluster but for CR LF.
    """
    return text.isascii() or narrow(text) or _OTHER.search(text) is None


def words(text: str) -> list[Range]:
    """Where words begin and end, in code points, in order."""
    if text.isascii():
        return _ascii(text)
    if lettered(text):
        return [match.span() for match in _SIMPLE.finditer(text)]
    found: list[Range] = []
    unspaced = _unspaced()
    for match in _any_script().finditer(text):
        start, end = match.span()
        if unspaced.search(text, start, end) is None:
            found.append((start, end))
        else:
            found.extend(_parted(text, start, end))
    return found


def _ascii(text: str) -> list[Range]:
    """The same as ``_SIMPLE`` finds, in a third of the time."""
    if "'" in text or "-" in text:
        return [match.span() for match in _SIMPLE.finditer(text)]
    found: list[Range] = []
    start = 0
    for run in text.encode().translate(_BLANKED).split(b" "):
        end = start + len(run)
        if run:
            found.append((start, end))
        start = end + 1
    return found


def _parted(text: str, start: int, end: int) -> list[Range]:
    """A run in which at least a part has no spaces between words."""
    from augment.text.segment import segments

    found: list[Range] = []
    done = start
    for match in _unspaced().finditer(text, start, end):
        found.extend(other.span() for other in _any_script().finditer(text, done, match.start()))
        found.extend((match.start() + first, match.start() + last) for first, last in segments(match.group()))
        done = match.end()
    found.extend(other.span() for other in _any_script().finditer(text, done, end))
    return found
