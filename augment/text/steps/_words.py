"""A text as its words and what stands between them, and back: what steps that work word by word share.

A text in letters with spaces between its words, and without anything annotated or guarded, is cut and joined as
strings, in a third of the time; for any other the same changes become edits, or a rearrangement, of the passage.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from augment.text.marks import TOKENS, Edit
from augment.text.steps._tokens import edited
from augment.text.value import Passage, Range
from augment.text.words import lettered, spelled

Parts = list[str]
"""Gap, word, gap, word, …, gap: words have odd places. Together they are the text."""

_WORD = re.compile(r"([A-Za-z0-9]+(?:['-][A-Za-z0-9]+)*)")
"""What ``Passage.words`` finds in ASCII."""

_cut = _WORD.split

_ASKED: Parts = []
"""What stands for parts that were asked for once."""

_GLUE = ".,:/_'’&+=*\\~^-%$°#@"
"""What makes one thing of two words where it stands alone between them: 3.5, U.S., and/or."""

_BOUND = "$¢£¥€₹₽₩₺₴₿%°#@&+="
"""What belongs to the word beside it, whatever is on its other side, and spaces in between: €5, 10 %, rock & roll."""

_BLANK = " \t\u00a0\u202f"
_BINDING = frozenset(_BOUND)

_OPENING = "([{\"'“‘«¿¡"
CLOSING = ".,;:!?…\"')”’»"
"""Marks that stand behind a word."""

_SIGN = f"[{re.escape(_OPENING)}]*[{_BOUND}]+[{re.escape(CLOSING)}]*"
_ended = re.compile(rf"\s{_SIGN}[{_BLANK}]+\Z").search
_begun = re.compile(rf"[{_BLANK}]+{_SIGN}\s").match
_alone = re.compile(rf"(?<![^ ]){_SIGN}(?![^ ])").search
"""A sign of ``_BOUND`` that stands by itself: at the end of a gap, at its beginning, in a text with spaces only."""

_PAIRS = dict(zip("([{\"'“‘«‹„¿¡*_（「『【《", ")]}\"'”’»›“?!*_）」』】》", strict=True))
"""Marks that go with all that stands between them."""

_SPACING = "`{<\\%[$"
"""What is guarded by its looks has a blank in it only with one of these."""

_CALM = bytes(ord("." if chr(code) in f"\n\t{_SPACING}{_BOUND}" else "x") for code in range(256))
"""Latin-1 -> a letter, but for other space than blanks, ``_SPACING`` and ``_BOUND``."""


def plain(passage: Passage) -> bool:
    """Whether a text may be joined anew from its parts without asking what stands where."""
    text = passage.text
    return passage.simple and not passage.spans and (text.isascii() or lettered(text))


def tokenized(passage: Passage) -> bool:
    """Whether tokens are told: a word that is put in then has no space in it."""
    return any(span.layer in TOKENS for span in passage.spans)


def parts_of(passage: Passage) -> Parts:
    """A passage as its words and gaps; what is guarded, or can't be parted from what it stands in, is gap.

    The list serves all who ask: it is not to be written into.
    """
    kept = passage.parts
    if kept:
        return kept
    parts = _cut_plain(passage.text) if passage.text.isascii() and plain(passage) else _parts(passage)
    passage.parts = _ASKED if kept is None else parts  # as in tokens_of
    return parts


def _parts(passage: Passage) -> Parts:
    found: Parts = []
    done = 0
    for start, end in _whole(passage):
        found += [passage.text[done:start], passage.text[start:end]]
        done = end
    return [*found, passage.text[done:]]


def tokens_of(passage: Passage) -> Sequence[str]:
    """A passage cut at its spaces, in a quarter of the time, where what it is may be told token by token.

    Nothing where something is annotated, what is guarded may have spaces in it, there is other white space, a sign of
    ``_BOUND`` is by itself, or words are more than letters. Else the ``core`` of a token, if it has one, may be
    replaced or taken away: what is guarded is in tokens without. One that is empty stands for a second space; who
    meets one had better ask ``parts_of``.
    """
    kept = passage.tokens
    if kept:
        return kept
    text = passage.text
    narrow = text.encode("latin-1", "ignore")
    if passage.spans or (len(narrow) != len(text) and not (lettered(text) and "\r" not in text)):
        return ()
    if not narrow.translate(_CALM).isalpha() and _parted(passage):
        return ()
    tokens = text.split(" ")
    passage.tokens = () if kept is None else tokens  # what is kept costs time: a single copy needs it not
    return tokens


def _parted(passage: Passage) -> bool:
    """Whether a text with signs in it can't be told by its tokens: more than words may be in one, or less."""
    text = passage.text
    if "\n" in text or "\t" in text or _alone(text):
        return True
    return any(sign in text for sign in _SPACING) and bool(passage.guarded)


def core(token: str) -> str:
    """The word of a token that is one, less quotes and brackets before it and marks behind it; else empty."""
    found = token.lstrip(_OPENING).rstrip(CLOSING)
    return found if found.isalnum() or spelled(found) is not None else ""


def _cut_plain(text: str) -> Parts:
    """Parts of ASCII; in half the time where there are but letters, digits, single spaces, and a stop at the end."""
    body = text.rstrip(".?!")
    found = body.split(" ")
    if "".join(found).isalnum() and "" not in found:
        parts = [" "] * (2 * len(found) + 1)
        parts[1::2] = found
        parts[0], parts[-1] = "", text[len(body) :]
        return parts
    return _cut(text)


def _whole(passage: Passage) -> Sequence[Range]:
    """Words that begin and end no token in its midst."""
    tokens = sorted((span.start, span.end) for span in passage.spans if span.layer in TOKENS)
    if not tokens:
        return passage.words
    starts = [start for start, _ in tokens]

    def inside(place: int) -> bool:
        turn = bisect_right(starts, place - 1) - 1
        return turn >= 0 and starts[turn] < place < tokens[turn][1]

    return [word for word in passage.words if not inside(word[0]) and not inside(word[1])]


def loose(parts: Parts, index: int) -> bool:
    """Whether a word can be moved or taken away by itself: it is not glued to a neighbour, nor to a sign."""
    before, after = parts[index - 1], parts[index + 1]
    if before == after == " ":
        return True
    if before[-1:] in _BINDING or after[:1] in _BINDING:
        return False
    if _ended(f" {before}" if index == 1 else before) or _begun(f"{after} " if index + 2 == len(parts) else after):
        return False
    return (before == " " or not before or index == 1 or before.strip(_GLUE) != "") and (
        after == " " or not after or index + 2 == len(parts) or after.strip(_GLUE) != ""
    )


def removable(parts: Parts, index: int, whole: bool = False) -> bool:
    """Whether a word that is loose may go, where those behind it that go have gone: what stood around it still fits.

    Not where marks behind it would come to stand at what is guarded, or may be; where it is all that a line has beside
    marks, such as a dash; nor where it opens what it does not close, and closes something else. Nor where brackets or
    quotes would be left empty: those with spaces inside, and with ``whole`` any, as they may be parts of tokens.
    """
    at = _behind(parts, index)
    first, last = parts[index - 1], parts[at] if at % 2 == 0 else ""
    before, after = _unpaired(first, last)
    mark = after[:1]
    if mark and not mark.isalnum() and not mark.isspace() and any(map(str.isalnum, before)):
        return False
    if (whole and before != first) or _PAIRS.get(before.rstrip(_BLANK)[-1:]) == after.lstrip(_BLANK)[:1]:
        return False
    if index == 1 or "\n" in before:
        rest, ended = _rest(parts, at)
        left = "".join(_unpaired(first.rpartition("\n")[2], rest)).strip()
        if ended and left and not any(map(str.isalnum, left)):
            return False
    return not (before[-1:] in _PAIRS and mark != "" and mark in CLOSING)


def _behind(parts: Parts, index: int) -> int:
    """Where the part is that now comes after a word: words have gone in between."""
    at = index + 1
    while at < len(parts) - 1 and not parts[at]:
        at += 1
    return at


def _rest(parts: Parts, at: int) -> tuple[str, bool]:
    """What stands from a part on in its line, up to the next word, and whether there is none."""
    found: list[str] = []
    while at < len(parts) and not (at % 2 and parts[at]) and not (found and "\n" in found[-1]):
        found.append(parts[at])
        at += 1
    rest, ended, _ = "".join(found).partition("\n")
    return rest, bool(ended) or at == len(parts)


def _unpaired(before: str, after: str) -> tuple[str, str]:
    """What stands before and behind a word, without the brackets and quotes that are around it alone."""
    while before and after and _PAIRS.get(before[-1]) == after[0]:
        before, after = before[:-1], after[1:]
    return before, after


def joined(passage: Passage, old: Parts, new: Parts) -> Passage:
    """The passage with parts replaced.

    Args:
        passage: That the parts are of.
        old: All its parts.
        new: One for each of them. A word may become another, or ``WORDS + " " + word``, which puts words in before
            it; a gap may lose what is at its ends.
    """
    if plain(passage):
        text = "".join(new)
        return passage if text == passage.text else Passage(text, (), passage.policy)
    return passage if old == new else edited(passage, _edits(old, new))


def _edits(old: Parts, new: Parts) -> list[Edit]:
    found: list[Edit] = []
    place = 0
    for index, (was, now) in enumerate(zip(old, new, strict=True)):
        end = place + len(was)
        if was != now:
            if now.endswith(" " + was):
                found.append((place, place, now[: len(now) - len(was)]))
            elif index % 2:
                found.append((place, end, now))
            else:
                first = was.find(now)  # something has gone at one of its ends, or both
                found += [(place, place + first, ""), (place + first + len(now), end, "")]
        place = end
    return found


def swapped(passage: Passage, parts: Parts, pairs: Sequence[tuple[int, int]]) -> Passage:
    """The passage after pairs of words have changed places, one pair after the other."""
    if plain(passage):
        new = parts.copy()
        for one, other in pairs:
            new[one], new[other] = new[other], new[one]
        return joined(passage, parts, new)
    order = list(range(len(parts)))
    for one, other in pairs:
        order[one], order[other] = order[other], order[one]
    edges = list(accumulate(map(len, parts), initial=0))
    return passage.rearranged([(edges[index], edges[index + 1]) for index in order if parts[index]])


def remove(parts: Parts, index: int) -> None:
    """Take a word away, and what goes with it: a space, and brackets and quotes around it.

    Of neighbours, the last is to be taken first.
    """
    at = _behind(parts, index)
    before, after = _unpaired(parts[index - 1], parts[at] if at % 2 == 0 else "")
    parts[index] = ""
    opened = before[-1:].isspace() or before[-1:] in _OPENING if before else index == 1
    if opened and after[:1] in (" ", "\t"):
        after = after.lstrip(" \t")
    elif at % 2 == 0 and not after[:1].isalnum():
        before = before.rstrip(" \t")
    parts[index - 1] = before
    if at % 2 == 0:
        parts[at] = after


def shorn(before: str, after: str) -> tuple[str, str] | None:
    """The marks of a token after its word has gone; None where the word is to stay, as ``removable`` has it."""
    before, after = _unpaired(before, after)
    return None if before and after else (before, after)
