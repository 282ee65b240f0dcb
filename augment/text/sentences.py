"""Where the sentences of a text are, in any script.

Rules after Unicode Standard Annex 29, section 5, with what it leaves to the tailor: abbreviations, initials, ordinals
and numbers, as in Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection" (2006). A sentence ends
after a stop and the quotes and brackets that close there, before white space; full-width stops need none. An empty
line ends one, too, and so does a line after which an item of a list follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Range = tuple[int, int]

_CLOSERS = "\"'’”»›)\\]}」』）】》〉"
_WIDE = "。！？｡．"
"""Stops that need no white space after them."""

_FULL = "!?…।॥؟۔։።፧፨။។‽‼⁇⁈⁉"

_END = re.compile(
    rf"[{_WIDE}][{_WIDE}{_FULL}]*[{_CLOSERS}]*"
    rf"|(?<![.{_FULL}])[.{_FULL}]+[{_CLOSERS}]*(?:[ \u00a0\u202f]»)?(?=\s)"
    r"|\n(?=[^\S\n]*\n|[^\S\n]*(?:[-*•–‣]|\(?[0-9]{1,3}[.)])[^\S\n]+\S)"
)
_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘«„¿¡]+$")
_NEXT = re.compile(r"[\s\"'“”‘’«»‹›„([{¿¡—–-]*(\w+)?")

_NAMED = (
    "mr mrs ms mx dr prof rev hon st sr sra srta jr gen col capt lt sgt cmdr adm gov sen rep messrs mme mlle mm frl"
    " dipl ing bzw ca vgl evtl ggf inkl exkl nr abs bd hrsg dott sig avv ud uds vs cf viz approx dept univ ext tel fig"
    " figs eq eqs chap vol vols pp ed eds mt ft jan feb mar apr jun jul aug sep sept oct nov dec pág núm av art"
)
ABBREVIATIONS = frozenset(_NAMED.split())
"""What a full stop may follow without an end, in lower case: English, German, French, Spanish, Italian."""

_LETTERS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
"""Initials and abbreviations such as J., U.S., z.B. and e.g."""

_MONTH = re.compile(r"(?:jan|feb|mär|mar|apr|mai|may|jun|jul|aug|sep|okt|oct|nov|dez|dec)", re.IGNORECASE)

_COMMON = "he she it we you they i this that these those there the a an but and so in"
_OPENERS = frozenset(_COMMON.split())
"""Words that open a sentence after U.S. and its like more often than they stand in the midst of one."""

_LONGEST_WORD = 64


def sentences(text: str) -> list[Range]:
    """Where sentences begin and end, in code points, in order, without the white space round them."""
    found: list[Range] = []
    start = 0
    for end in _ends(text):
        part = text[start:end]
        if part.strip():
            found.append((start + len(part) - len(part.lstrip()), start + len(part.rstrip())))
        start = end
    return found


def _ends(text: str) -> Iterator[int]:
    start = 0
    for match in _END.finditer(text):
        if _is_end(text, start, match):
            start = match.end()
            yield start
    yield len(text)


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sentence that begins at ``start`` ends with what may be a stop."""
    stop = match.group()
    if stop[0] == "\n" or stop[0] in _WIDE:
        return True
    follows = _NEXT.match(text, match.end())
    after = follows.group(1) if follows is not None and follows.group(1) else ""
    if after[:1].islower():
        return False  # "Why?" he asked; Acme Inc. said
    if stop[0] != "." or stop.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, max(start, match.start() - _LONGEST_WORD), match.start())
    word = before.group() if before is not None else ""
    if word.isdecimal():
        opens = not text[start : match.start() - len(word)].strip()
        return not opens and not (len(word) <= 2 and _MONTH.match(after))  # 1. First; am 5. März
    if word.lower() in ABBREVIATIONS:
        return False
    if _LETTERS.fullmatch(word):
        return word == "I" or (len(word) > 1 and after.lower() in _OPENERS)  # J. Smith; in the U.S. It
    return True
