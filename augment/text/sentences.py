"""Where the sentences of a text are, in any script.

Rules after Unicode Standard Annex 29, section 5, with what it leaves to the tailor: abbreviations, initials, ordinals
and numbers, as in Kiss and Strunk, "Unsupervised Multilingual Sentence Boundary Detection" (2006). A sentence ends
after a stop and the quotes and brackets that close there, before white space; full-width stops need none, but end
nothing within a quotation, nor where one closes and the sentence goes on. An empty line ends one, too, and so does a
line after which an item of a list follows. In a text without capitals a small letter may begin a sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

Range = tuple[int, int]

_CLOSERS = "\"'’”»›)\\]}」』）】》〉〕〗］｝〞〟｣❞"
_ALSO = "“‟‘«‹"
"""Signs that close in some languages, and open in others."""

_WIDE = "。！？｡．"
"""Stops that need no white space after them."""

_FULL = "!?…।॥؟۔։።፧፨။។‽‼⁇⁈⁉"

_END = re.compile(
    rf"[{_WIDE}][{_WIDE}{_FULL}]*[{_CLOSERS}]*"
    rf"|(?<![.{_FULL}])[.{_FULL}]+[{_CLOSERS}{_ALSO}]*(?:[ \u00a0\u202f]»)?(?=\s)"
    r"|\n(?=[^\S\n]*\n|[^\S\n]*(?:[-*•–‣]|\(?[0-9]{1,3}[.)])[^\S\n]+\S)"
)

QUOTATIONS = {
    **{"“": "”", "‘": "’", "„": "“”‟", "‚": "‘’", "«": "»", "‹": "›", "»": "«»", "›": "‹›", "”": "”", '"': '"'},
    **{"「": "」", "『": "』", "｢": "｣", "《": "》", "〈": "〉", "【": "】", "〔": "〕", "〖": "〗", "〝": "〞〟"},
    **{"❝": "❞", "(": ")", "[": "]", "{": "}", "（": "）", "［": "］", "｛": "｝"},
}
"""What opens a quotation or a bracket -> what may close it."""

_OPENS_HERE = '»›”"'
"""Signs of QUOTATIONS that open before a word and after white space or some signs only; elsewhere they close."""

_QUOTE = re.compile(rf"[{re.escape(''.join({*QUOTATIONS, *''.join(QUOTATIONS.values())}))}]|\n(?=[^\S\n]*\n)")
_BEFORE = frozenset("([{（「『：，、—–-")
_AFTER = frozenset(".,;:!?…)")
"""What may stand before those signs where they open, beside white space, and what may not stand after them."""

_DEEP = 8
"""Quotations in quotations, at most."""

_WORD_BEFORE = re.compile(r"[^\s(\[{\"'“‘«„¿¡]+$")
_NEXT = re.compile(r"[\s\"'“”‘’«»‹›„([{¿¡—–-]*(\w+)?")

_NAMED = (
    "mr mrs ms mx dr prof rev hon st sr sra srta jr gen col capt lt sgt cmdr adm gov sen rep messrs mme mlle mm frl"
    " dipl ing bzw ca vgl evtl ggf inkl exkl nr abs bd hrsg dott sig avv ud uds vs cf viz approx dept univ ext tel fig"
    " figs eq eqs chap vol vols pp ed eds mt ft jan feb mar apr jun jul aug sep sept oct nov dec pág núm av art"
)
ABBREVIATIONS = frozenset(_NAMED.split())
"""What a full stop may follow without an end, in lower case: English, German, French, Spanish, Italian."""

_SMALL = frozenset({"etc", "inc", "ltd", "co", "corp", "bros", "al", "aka", "min", "max", "sec", "hr", "hrs", "oz"})
"""The same in texts without capitals; elsewhere, the next word tells."""

_LETTER = re.compile(r"[^\W\d_]")
_CODE = re.compile(r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]．[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]")
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


def quoted(text: str) -> list[Range]:
    """Quotations and brackets that are closed within their paragraph, from sign to sign; none is within another."""
    found: list[Range] = []
    waiting: list[tuple[str, int]] = []
    for match in _QUOTE.finditer(text):
        sign, place = match.group(), match.start()
        if sign == "\n":
            waiting.clear()
            continue
        opens = sign in QUOTATIONS and (sign not in _OPENS_HERE or _opens(text, place))
        turn = len(waiting) - 1
        while turn >= 0 and sign not in waiting[turn][0]:
            turn -= 1
        if turn >= 0 and not (opens and sign in _OPENS_HERE):
            if sign == "’" and text[place - 1].isalnum() and text[place + 1 : place + 2].isalnum():
                continue  # it's
            begun = waiting[turn][1]
            del waiting[turn:]
            while found and found[-1][0] > begun:
                found.pop()
            found.append((begun, match.end()))
        elif opens:
            waiting = [*waiting[1 - _DEEP :], (QUOTATIONS[sign], place)]
    return found


def _opens(text: str, place: int) -> bool:
    """Whether one of _OPENS_HERE opens something."""
    after = text[place + 1 : place + 2]
    if not after or after.isspace() or after in _AFTER:
        return False
    return not place or text[place - 1].isspace() or text[place - 1] in _BEFORE


def _ends(text: str) -> Iterator[int]:
    start = 0
    matches = [*_END.finditer(text)]
    small = _is_small(text, matches)
    quotes: list[Range] | None = None
    for match in matches:
        if match.group()[0] in _WIDE:
            quotes = quoted(text) if quotes is None else quotes
            ends = _is_wide_end(text, match, quotes)
        else:
            ends = _is_end(text, start, match, small)
        if ends:
            start = match.end()
            yield start
    yield len(text)


def _is_small(text: str, matches: Iterable[re.Match[str]]) -> bool:
    """Whether a text is written without capitals at the beginnings of sentences."""
    first = _LETTER.search(text)
    if first is None or not first.group().islower():
        return False
    nexts = (_NEXT.match(text, match.end()) for match in matches)
    return not any(found is not None and (found.group(1) or "")[:1].isupper() for found in nexts)


def _is_wide_end(text: str, match: re.Match[str], quotes: list[Range]) -> bool:
    """Whether a sentence ends with a full-width stop and what closes there."""
    after = text[match.end() : match.end() + 1]
    stop = match.group()
    if stop[-1] in _CLOSERS and not (not after or after.isspace() or after in QUOTATIONS):
        return False  # 彼は「行く。」と言った
    if stop == "．" and _CODE.fullmatch(text[max(match.start() - 1, 0) : match.end() + 1]):
        return False  # ３．５
    turn = bisect_right(quotes, (match.start(), 0)) - 1
    return turn < 0 or quotes[turn][1] <= match.end()


def _is_end(text: str, start: int, match: re.Match[str], small: bool) -> bool:
    """Whether a sentence that begins at ``start`` ends with what may be a stop; ``small``: see ``_is_small``."""
    stop = match.group()
    if stop[0] == "\n":
        return True
    follows = _NEXT.match(text, match.end())
    after = follows.group(1) if follows is not None and follows.group(1) else ""
    if after[:1].islower() and (not small or stop[-1] not in ".!?" or ".." in stop):
        return False  # "Why?" he asked; Acme Inc. said
    if stop[0] != "." or stop.startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, max(start, match.start() - _LONGEST_WORD), match.start())
    word = before.group() if before is not None else ""
    if word.isdecimal():
        opens = not text[start : match.start() - len(word)].strip()
        return not opens and not (len(word) <= 2 and _MONTH.match(after))  # 1. First; am 5. März
    if word.lower() in ABBREVIATIONS or (small and word in _SMALL):
        return False
    if small and word == "i":
        return True
    if _LETTERS.fullmatch(word):
        return word == "I" or (len(word) > 1 and not small and after.lower() in _OPENERS)  # J. Smith; in the U.S. It
    return True
