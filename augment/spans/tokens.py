"""Lists of tokens and of their tags, a row a sentence: ``{"tokens": ["Ada", "left"], "ner_tags": ["B-PER", "O"]}``.

The text is the tokens with one blank between each two, or the row's own where it has one. Tags of a known scheme (see
``_tags``) are entities. Tags that are numbers can't be read without their names: they ride along token by token, and
what is not 0 lies in a span of the layer ``tagged``, so that no step touches it. Other lists of the same length ride
along token by token; where they are tags as well, they stay legal, and what sparse ones mark (nested entities) is a
layer of spans with the list's name. New tokens are outside, and have ``_`` or null in the other lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from augment.annotations import Span
from augment.spans import Found, _beside, _tags, _tokens
from augment.spans._offsets import brief

TEXTS = ("text",)
TOKENS = "tokens"
TAGS = ("ner_tags", "tags", "labels")
"""Where tags may be; the first that is there."""

TAGGED = "tagged"
UNKNOWN = "_"

SPARSE, DENSE = "=", "~"
"""What stands between the name of a further list of tags and its scheme; see ``_beside.DENSE``."""


def resembles(row: Any) -> bool:
    """Whether it is a list of tokens with as many tags."""
    if not isinstance(row, Mapping) or not _all(row.get(TOKENS), str):
        return False
    length = len(row[TOKENS])
    return any(_all(row.get(name), str | int) and len(row[name]) == length for name in TAGS)


def scheme(rows: Iterable[Any]) -> str:
    """How the tokens of some rows are tagged.

    Returns:
        The scheme of the tags, where anything is tagged by which it could be told; then, each after a blank, other
        lists of tags with theirs: ``iob2 nested_tags=iob2 chunk_tags~iob1``.
    """
    evidence = _tags.Evidence()
    others: dict[str, list[list[Any]]] = {}
    for row in rows:
        if resembles(row):
            main = next(name for name in TAGS if name in row)
            tags = row[main]
            if isinstance(tags, list) and all(isinstance(tag, str) and _tags.parted(tag) for tag in tags):
                evidence.add(tags)
            for name, value in row.items():
                if name not in (TOKENS, main) and _all(value, str) and len(value) == len(row[TOKENS]):
                    others.setdefault(name, []).append(value)
    made = [evidence.scheme if evidence.marks else ""]
    for name, lists in others.items():
        told = _beside.scheme(lists) if not {*name} & {" ", SPARSE, DENSE} else None
        made += [f"{name}{DENSE if told[1] else SPARSE}{told[0]}"] if told else []
    return " ".join(made)


def parse(row: Mapping[str, Any], texts: Sequence[str], scheme: str = "") -> Found:
    """See the package. ``scheme`` is as the function has it; where it says nothing, the tags tell their own."""
    scheme, *told = scheme.split(" ")
    words = row.get(TOKENS)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        odd = next((one for one in words if not isinstance(one, str)), words) if isinstance(words, list) else words
        raise ValueError(f"expected a list of texts in {TOKENS}, found {brief(odd)} in it")
    name = next((name for name in TAGS if name in row), None)
    if name is None:
        known = ", ".join(str(name) for name in row)[:200]
        raise ValueError(f"expected tags in {', '.join(TAGS[:-1])} or {TAGS[-1]}, there are {known}")
    tags = row[name]
    if not isinstance(tags, list) or len(tags) != len(words):
        held = f"{len(tags)} tags" if isinstance(tags, list) else brief(tags)
        raise ValueError(f"expected as many {name} as tokens, found {len(words)} tokens and {held}")
    fields: dict[str, Any] = {key: value for key, value in row.items() if key not in (TOKENS, texts[0])}
    text, places = _places(row, words, texts[0])
    if isinstance(row.get(texts[0]), str):
        fields[TOKENS] = None  # the text is a column of its own
    columns = [key for key, value in fields.items() if words and isinstance(value, list) and len(value) == len(words)]
    lists = {key: fields.pop(key) for key in columns}
    entities, whole = _entities(tags, places, scheme)
    if name in lists and whole:
        lists[name] = [None] * len(words)
    roles, layers = _beside_tags(told, lists, places)
    tokens = (
        _tokens.token(text, start, end, {**{key: lists[key][number] for key in lists}, **roles})
        for number, (start, end) in enumerate(places)
    )
    return Found({texts[0]: text}, (*tokens, *entities, *layers), fields)


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    name, text = next(iter(found.texts.items()))
    spans = [span for span in found.spans if span.layer == _tokens.LAYER]
    entities = [span for span in found.spans if span.layer == _tokens.ENTITY]
    pieces = _tokens.pieces(text, spans, () if spans else {edge for one in entities for edge in (one.start, one.end)})
    columns = dict.fromkeys(key for span in spans for key in span.fields if key not in (_tokens.BLANKS, _beside.ROLES))
    made: dict[str, Any] = {name: text} if TOKENS in found.fields else {}
    made[TOKENS] = [text[piece.start : piece.end] for piece in pieces]
    made.update((key, value) for key, value in found.fields.items() if key != TOKENS)
    tagged = next((key for key in TAGS if key in columns), None)
    for key in columns:
        if key == tagged and all(span.fields.get(key) is None for span in spans):
            made[key] = _told(pieces, entities)
        else:
            made[key] = _column(key, pieces, found.spans)
    if tagged is None and not any(key in made for key in TAGS):
        made[TAGS[0]] = _told(pieces, entities)
    return made


def _all(value: Any, kind: Any) -> bool:
    """Whether it is a list of one kind of thing, and not empty."""
    return isinstance(value, list) and bool(value) and all(isinstance(item, kind) for item in value)


def _places(row: Mapping[str, Any], words: Sequence[str], column: str) -> tuple[str, list[tuple[int, int]]]:
    """The text of a row, and where each token is. Raises ValueError where the row's own text has not all tokens."""
    text = row.get(column)
    if not isinstance(text, str):
        return _tokens.joined(words)
    places: list[tuple[int, int]] = []
    done = 0
    for number, word in enumerate(words):
        start = text.find(word, done)
        if start < 0 or text[done:start].strip():
            at = done + len(text[done:]) - len(text[done:].lstrip())
            raise ValueError(f"expected token {number + 1}, {brief(word)}, at {at} of {column}: {brief(text[at:])}")
        done = start + len(word)
        places.append((start, done))
    if text[done:].strip():
        raise ValueError(f"expected the end of {column} after the last token, found {brief(text[done:])}")
    return text, places


def _entities(tags: Sequence[Any], places: Sequence[tuple[int, int]], scheme: str) -> tuple[list[Span], bool]:
    """What tags say, and whether all that they say is in it. Raises ValueError for an illegal sequence."""
    if all(isinstance(tag, str) for tag in tags):
        if any(_tags.parted(tag) is None for tag in tags):
            return [], False  # no entities but parts of speech or the like
        scheme = scheme or _tags.scheme_of([tags])
        found, _ = _tags.chunks(tags, scheme)
        return _tags.spans(found, places, scheme, _tokens.ENTITY), True
    numbers = [isinstance(tag, int | float) and not isinstance(tag, bool) for tag in tags]
    odd = next((place for place, number in enumerate(numbers) if not number), None)
    if odd is not None and any(tag is not None for tag in tags):
        raise ValueError(f"expected tags that are all texts or all numbers, found {brief(tags[odd])} at {odd + 1}")
    spans: list[Span] = []
    for outside, group in groupby(range(len(tags)), key=lambda place: tags[place] in (0, None)):
        if not outside:
            inside = list(group)
            spans.append(Span(places[inside[0]][0], places[inside[-1]][1], None, TAGGED))
    return spans, False


def _beside_tags(
    told: Sequence[str], lists: Mapping[str, Sequence[Any]], places: Sequence[tuple[int, int]]
) -> tuple[dict[str, Any], list[Span]]:
    """What a row's tokens say of further lists of tags, and the spans of those that are sparse."""
    roles: dict[str, str] = {}
    spans: list[Span] = []
    for one in told:
        name, mark, scheme = one.partition(SPARSE if SPARSE in one else DENSE)
        tags = lists.get(name)
        if tags is None or not all(isinstance(tag, str) and _tags.parted(tag) for tag in tags):
            continue
        roles[name] = scheme
        if mark == SPARSE and _beside.legal(tags, scheme):
            spans += _tags.spans(_tags.read(tags), places, scheme, name)
    return ({_beside.ROLES: roles} if roles else {}), spans


def _told(pieces: Sequence[_tokens.Piece], entities: Sequence[Span]) -> list[str]:
    """The tags of tokens. Raises ValueError where entities overlap."""
    scheme = next((str(span.fields[_tags.SCHEME]) for span in entities if _tags.SCHEME in span.fields), _tags.USUAL)
    return _tokens.tags(pieces, entities, scheme if scheme in _tags.SCHEMES else _tags.USUAL)


def _column(key: str, pieces: Sequence[_tokens.Piece], spans: Sequence[Span]) -> list[Any]:
    """What each token has in a list; new ones have what stands for nothing."""
    scheme = next((piece.fields[_beside.ROLES].get(key) for piece in pieces if _beside.ROLES in piece.fields), None)
    if scheme is not None and any(piece.span is None or piece.continued for piece in pieces):
        return _beside.tags(pieces, spans, key, scheme)
    known = [piece.fields[key] for piece in pieces if key in piece.fields]
    none: Any = UNKNOWN if known and all(isinstance(value, str) for value in known) else None
    if key in TAGS:
        none = _tags.OUTSIDE if none == UNKNOWN else 0
    return [piece.fields.get(key, none) for piece in pieces]
