"""Words handed out to an augmenter of nlpaug, and what it did with them taken back as edits of the passage.

nlpaug cuts a text into tokens, works on them, and joins them with spaces: what it was not asked to touch comes out
another. Here its tokenizer hands out words that know where they stand, and only those that may be edited; what it
reports of each becomes an edit, and all between stays as it is to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from augment.text.marks import Edit, rewritten
from augment.text.steps._tokens import edited
from augment.text.steps._words import Parts, joined, loose, parts_of, removable, remove, tokenized
from augment.text.value import Passage

DATA = "."
"""What stands for the text: nlpaug asks it only whether it is blank, and searches all of it once a token."""

_GAP = re.compile(r"\w+|[^\w\s]")


class Token(str):
    """A word, and where it stands in its passage."""

    start: int
    end: int
    fixed: bool
    """Whether it is there to be looked at only, as the context of others."""

    __slots__ = ("end", "fixed", "start")

    def __new__(cls, text: str, start: int, end: int, fixed: bool = False) -> Token:  # noqa: D102 - a str is made so
        made = super().__new__(cls, text)
        made.start, made.end, made.fixed = start, end, fixed
        return made


class Stopwords(list[str]):
    """The words that nlpaug skips: those that were given, and all that are fixed."""

    def __contains__(self, token: object) -> bool:
        return getattr(token, "fixed", False) or super().__contains__(token)


def words(passage: Passage, apart: bool = False) -> list[Token]:
    """The words that may be edited: not guarded, and no part of a token or of a grapheme cluster.

    Args:
        passage: The text.
        apart: Only those that can be moved or taken away by themselves: not the 5 of 3.5.
    """
    parts, cuts, found, done = parts_of(passage), passage.boundaries, list[Token](), 0
    for index, part in enumerate(parts):
        end = done + len(part)
        if index % 2 and (not apart or loose(parts, index)) and (cuts is None or (done in cuts and end in cuts)):
            found.append(Token(part, done, end))
        done = end
    return found


def symbols(passage: Passage, tokens: Sequence[Token]) -> list[Token]:
    """With the single characters between words that are neither white space nor guarded."""
    text, cuts, found = passage.text, passage.boundaries, list[Token]()
    for start, end in _gaps(passage, tokens):
        for place in range(start, end):
            if text[place].isspace() or text[place].isalnum() or passage.touches(place, place + 1):
                continue
            if cuts is None or (place in cuts and place + 1 in cuts):
                found.append(Token(text[place], place, place + 1))
    return sorted([*tokens, *found], key=_start) if found else list(tokens)


def context(passage: Passage, tokens: Sequence[Token]) -> list[Token]:
    """With all that stands between them as fixed tokens."""
    found = [
        Token(match.group(), match.start(), match.end(), True)
        for start, end in _gaps(passage, tokens)
        for match in _GAP.finditer(passage.text, start, end)
    ]
    return sorted([*tokens, *found], key=_start)


def phrases(passage: Passage, tokens: Sequence[Token], pattern: re.Pattern[str]) -> list[Token]:
    """With what a pattern finds as one token each, in one case and with single spaces; words in it give way."""
    cuts, found = passage.boundaries, list[Token]()
    for match in pattern.finditer(passage.text):
        start, end = match.span()
        if not passage.touches(start, end) and (cuts is None or (start in cuts and end in cuts)):
            found.append(Token(" ".join(match.group().split()), start, end))
    kept, turn = list[Token](), 0
    for token in tokens:
        while turn < len(found) and found[turn].end <= token.start:
            turn += 1
        if turn == len(found) or found[turn].start >= token.end:
            kept.append(token)
    return sorted([*kept, *found], key=_start)


def _gaps(passage: Passage, tokens: Sequence[Token]) -> Iterable[tuple[int, int]]:
    done = 0
    for token in tokens:
        if token.start > done:
            yield done, token.start
        done = token.end
    if done < len(passage.text):
        yield done, len(passage.text)


def _start(token: Token) -> int:
    return token.start


def worked(augmenter: Any, action: str, passage: Passage, tokens: list[Token]) -> Passage:
    """What an augmenter makes of a passage by working on tokens; the same one where it did nothing.

    Args:
        augmenter: An instance of nlpaug that works on tokens; its tokenizer is replaced.
        action: The name of its method.
        passage: The text.
        tokens: Of it, in order.
    """
    made, changes = _asked(augmenter, action, tokens)
    edits = _edits(tokens, made, changes, action)
    new = edited(passage, edits)
    if action == "swap" and new.text != rewritten(passage.text, sorted(edits)):
        return passage  # one half of a pair stayed where it was: a word would be there twice
    return new


def lessened(augmenter: Any, action: str, passage: Passage, tokens: list[Token]) -> Passage:
    """The same for one that takes words away: each goes with a space, and the last of all words stays.

    nlpaug gives the second word a capital letter where the first is gone. Nobody asked for that.
    """
    _, changes = _asked(augmenter, action, tokens)
    gone = {token.start for token in tokens if changes.get(id(token)) == ""}
    parts, place, found = parts_of(passage), 0, list[int]()
    for index, part in enumerate(parts):
        if index % 2 and place in gone:
            found.append(index)
        place += len(part)
    if 2 * len(found) + 1 == len(parts):
        found.pop()
    new: Parts = parts.copy()
    whole = tokenized(passage)
    for index in reversed(found):
        if removable(new, index, whole):
            remove(new, index)
    return joined(passage, parts, new)


def _asked(augmenter: Any, action: str, tokens: list[Token]) -> tuple[list[str], dict[int, str]]:
    """All tokens after the augmenter's work, less those that are gone; and what became of each, by its identity."""
    augmenter.tokenizer, augmenter.reverse_tokenizer, augmenter.include_detail = (lambda _: tokens), list, True
    told = getattr(augmenter, action)(DATA)
    if isinstance(told, str) or isinstance(told[0], str):
        return list(tokens), {}  # it had nothing to work on
    made, log = told
    return made, {id(item["orig_token"]): item["new_token"] for item in log}


def _edits(tokens: list[Token], made: list[str], changes: dict[int, str], action: str) -> list[Edit]:
    """What was done as edits."""
    edits, turn = list[Edit](), 0
    for index, token in enumerate(tokens):
        now = changes.get(id(token), token)
        while now and turn < len(made) and made[turn] is not now:
            new, place = made[turn], token.start
            turn += 1
            if action == "split":  # the first part of a word, and the rest of it comes next
                edits.append((place + len(new), place + len(new), " "))
            elif new:
                edits.append((place, place, new if index and tokens[index - 1].end == place else f"{new} "))
        turn += bool(now)
        if not now or now is token or action == "split":
            continue
        if action == "insert" and now.lower() == token.lower():
            continue  # a small letter for the word that was the first: nobody asked for that
        if action == "swap" and tokens[0][:1].islower() and not isinstance(now, Token):
            now = next((one for one in tokens if one.lower() == now.lower()), now)  # nor for a capital one here
        edits.append((token.start, token.end, str(now)))
    return edits


def cased(other: str, word: str) -> str:
    """A word in the case of the one whose place it takes; its own capitals stay."""
    if len(word) > 1 and word.isupper():
        return other.upper()
    return other[0].upper() + other[1:] if word[0].isupper() else other
