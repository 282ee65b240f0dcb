"""Places in a text that stand in no shape that is known: they would stay while the text changes.

A pair is two whole numbers under keys such as ``start`` and ``end``, ``offset`` and ``length``, ``begin`` and ``end``,
``from`` and ``to``, or at the head of a list; or one number and the words that stand there. Numbers may be anything,
so a column counts only where nearly all of its pairs lie within the text and cut it between words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MOSTLY = 0.9
"""Share of a column's pairs that must fit."""

DEEP, LONG = 6, 50
"""How deep values are looked into, and how many items of a list."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]")
_STARTS = frozenset({"start", "begin", "from", "offset"})
_ENDS = frozenset({"end", "stop", "to", "until"})
_LENGTHS = frozenset({"length", "len"})
_OTHERS = frozenset({"id", "date", "time", "year", "page", "line", "ms", "sec", "seconds"})
"""Words in keys of numbers that count something else."""


class Pair(NamedTuple):
    """Start, end if told, length if told, and texts that stand beside them."""

    start: int
    end: int | None
    length: int | None
    words: tuple[str, ...]


def stray(rows: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> tuple[str, str] | None:
    """The first column with such places, and how they look; None where there is none.

    Args:
        rows: Some rows, without what a shape has taken from them.
        texts: The columns of their texts.
    """
    found: Counter[str] = Counter()
    fits: Counter[str] = Counter()
    looks: dict[str, str] = {}
    for row in rows:
        own = [text for name in texts if isinstance(text := row.get(name), str)]
        beside = {name: value for name, value in row.items() if name not in texts}
        for name, pair in _pairs(beside):
            found[name] += 1
            if any(_fits(pair, text) for text in own):
                fits[name] += 1
                looks.setdefault(name, _look(pair))
    return next(((name, looks[name]) for name in found if fits[name] >= MOSTLY * found[name]), None)


def _pairs(row: Mapping[str, Any]) -> Iterator[tuple[str, Pair]]:
    """The pairs of a row, each with its column: that of the start, where the row itself has them."""
    for key, pair in _in_object(row):
        yield key, pair
    for name, value in row.items():
        for pair in _within(value, DEEP):
            yield name, pair


def _within(value: Any, depth: int) -> Iterator[Pair]:
    """The pairs in a value, at any depth."""
    if depth == 0:
        return
    if isinstance(value, Mapping):
        for _, pair in _in_object(value):
            yield pair
        for one in value.values():
            yield from _within(one, depth - 1)
    elif isinstance(value, list | tuple):
        if len(value) in (2, 3, 4) and all(type(one) is int for one in value[:2]):
            if len(value) == 2 or not all(isinstance(one, int | float) for one in value[2:]):
                words = tuple(one for one in value[2:] if isinstance(one, str) and one.strip())
                yield Pair(value[0], value[1], None, words)
            return
        for one in value[:LONG]:
            if isinstance(one, Mapping | list | tuple):
                yield from _within(one, depth - 1)


def _in_object(row: Mapping[str, Any]) -> Iterator[tuple[str, Pair]]:
    """The pairs of one object, with the key of the start; lists of one length are as many objects."""
    keys = {key: _WORDS.findall(key) for key in row if isinstance(key, str)}
    kinds = {key: kind for key, words in keys.items() if (kind := _kind({word.lower() for word in words}))}
    for key in kinds:
        if kinds[key] != "start":
            continue
        if not isinstance(row[key], list):
            yield from _one(key, row, kinds)
            continue
        count = len(row[key])
        lists = {name: one for name, one in row.items() if isinstance(one, list) and len(one) == count}
        for place in range(min(count, LONG)):
            yield from _one(key, {name: one[place] for name, one in lists.items()}, kinds)


def _one(key: str, row: Mapping[str, Any], kinds: Mapping[str, str]) -> Iterator[tuple[str, Pair]]:
    """The pair that begins under a key, if there is one."""
    start = _whole(row[key])
    if start is None:
        return
    told: dict[str, int | None] = {"end": None, "length": None}
    for other, kind in kinds.items():
        if kind != "start" and told[kind] is None:
            told[kind] = _whole(row.get(other))
    words = tuple(one for name, one in row.items() if name != key and isinstance(one, str) and one.strip())
    if words or told != {"end": None, "length": None}:
        yield key, Pair(start, told["end"], told["length"], words)


def _kind(words: set[str]) -> str:
    """What a key with such words tells."""
    if words & _OTHERS:
        return ""
    for kind, known in (("end", _ENDS), ("length", _LENGTHS), ("start", _STARTS)):
        if words & known:
            return kind
    return ""


def _whole(value: Any) -> int | None:
    """A whole number, in a cell of a table too."""
    if isinstance(value, str):
        return int(value) if _NUMBER.fullmatch(value) else None
    return value if type(value) is int and value >= 0 else None


def _fits(pair: Pair, text: str) -> bool:
    """Whether the words stand there, or the text has words from there to there; some tools tell the last character."""
    start, end, length, words = pair
    if any(text.startswith(one, start) and (len(one) > 1 or _alone(text, start)) for one in words):
        return True
    ends = [] if end is None else [end, end + 1]
    ends += [] if length is None else [start + length]
    return _between(text, start) and any(
        start < one <= len(text) and _between(text, one) and not (text[start].isspace() or text[one - 1].isspace())
        for one in ends
    )


def _alone(text: str, place: int) -> bool:
    """Whether one character is a word."""
    return _between(text, place) and _between(text, place + 1)


def _between(text: str, place: int) -> bool:
    """Whether a place is at the edge of a word."""
    if not 0 < place < len(text):
        return place in (0, len(text))
    before, after = text[place - 1], text[place]
    inside = before.isalnum() and after.isalnum()
    return not inside or _UNSPACED.match(before) is not None or _UNSPACED.match(after) is not None


def _look(pair: Pair) -> str:
    """A pair in a message."""
    if pair.end is not None:
        return f"from {pair.start} to {pair.end}"
    return f"{pair.length} from {pair.start}" if pair.length is not None else f"{pair.words[0][:30]!r} at {pair.start}"
