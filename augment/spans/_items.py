"""What shapes share whose spans are objects, ``{"start": 0, "end": 5, "label": "PER"}``, or lists of the same.

An object's other keys ride along in ``Span.fields``. What repeats the text, or says again which tokens it has, is null
there, for it would not stay true; it is told anew when the row is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from augment.annotations import Span
from augment.spans import _beside
from augment.spans._beside import ROLES
from augment.spans._offsets import Mark, brief, fitted, whole
from augment.spans._tokens import BLANKS, ENTITY, pieces, token
from augment.spans._tokens import LAYER as TOKEN

WORDS = ("text", "word")
"""Under which key an object repeats the words."""

LABELS = ("label", "entity_group", "entity", "type", "entity_type", "tag")
"""Under which key it has its label; the first that is there."""

PLACES = ("start", "end")
ID, SPACE, HEAD = "id", "ws", "head"
"""A token's number, whether a blank follows it, and the number of its head."""

SAME = "same"
"""Where the other names are told under which an object repeats its words."""

MORE = "more"
"""Where what a list has beyond start, end and label rides along."""


def spans(text: str, items: Sequence[Any], layer: str = ENTITY, places: tuple[str, str] = PLACES) -> tuple[Span, ...]:
    """Items as spans, in their order.

    Args:
        text: What they are in.
        items: Objects, or lists ``[start, end, label]``.
        layer: Of the spans; tokens have no label.
        places: The keys of start and end.

    Raises:
        ValueError: One is none, or is not in the text; see ``_offsets``.
    """
    parsed = [_item(item, places, layer) for item in items]
    found = fitted(text, [mark for mark, _, _ in parsed])
    rows = [(*place, label, fields) for place, (_, label, fields) in zip(found, parsed, strict=True)]
    if layer == TOKEN:
        roles = _roles(items)
        return tuple(token(text, start, end, {**fields, **roles}) for start, end, _, fields in rows)
    return tuple(Span(start, end, label, layer, fields=_same(text[start:end], f)) for start, end, label, f in rows)


def _same(words: str, fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of an object without what repeats its words under another name, such as Rasa's ``value``."""
    names = [name for name, value in fields.items() if name not in LABELS and value == words != ""]
    return {**fields, **dict.fromkeys(names), SAME: names} if names else fields


def resembles(item: Any, places: tuple[str, str] = PLACES) -> bool:
    """Whether something is such an object."""
    return isinstance(item, dict) and all(_number(item.get(name)) for name in places)


def all_objects(items: Any, places: tuple[str, str] = PLACES) -> bool:
    """Whether it is a list of such objects, and not empty."""
    return isinstance(items, list) and bool(items) and all(resembles(item, places) for item in items)


def resembles_list(item: Any) -> bool:
    """Whether something is ``[start, end, label]``."""
    return (
        isinstance(item, list | tuple)
        and len(item) > 2
        and _number(item[0])
        and _number(item[1])
        and _label_like(item[2])
    )


def as_object(text: str, span: Span, places: tuple[str, str] = PLACES) -> dict[str, Any]:
    """A span as an object."""
    told = next((name for name in LABELS if name in span.fields and _tells(span, name)), LABELS[0])
    made: dict[str, Any] = {places[0]: span.start, places[1]: span.end}
    if span.label is not None and told not in span.fields:
        made[told] = span.label
    again = (*WORDS, *span.fields.get(SAME, ()))
    for name, value in span.fields.items():
        if name == told:
            made[name] = _label(span, told)
        elif name in again and value is None:
            made[name] = text[span.start : span.end]
        elif name not in made and name != SAME:
            made[name] = value
    return made


def token_objects(text: str, tokens: Sequence[Span]) -> list[dict[str, Any]]:
    """Token spans as objects, numbered anew where they had numbers; new tokens have what can be told of them."""
    first = tokens[0].fields if tokens else {}
    made: list[dict[str, Any]] = []
    found = pieces(text, tokens)
    before = next((number for number, piece in enumerate(found) if piece.span is not None), 0)
    for number, piece in enumerate(found):
        fields = {name: value for name, value in piece.fields.items() if name not in (BLANKS, ROLES)}
        if piece.span is None:
            fields = dict.fromkeys(name for name in (*WORDS, ID, SPACE, *first.get(ROLES, ())) if name in first)
        if ID in fields and isinstance(first.get(ID), int):
            fields[ID] = first[ID] + number - before
        if SPACE in fields:
            fields[SPACE] = text[piece.end : piece.end + 1] == " "
        base = piece.span or Span(piece.start, piece.end, None, TOKEN)
        made.append(as_object(text, replace(base, start=piece.start, end=piece.end, fields=fields)))
    return made


def as_list(span: Span) -> list[Any]:
    """A span as a list."""
    return [span.start, span.end, _label(span, LABELS[0]), *span.fields.get(MORE, ())]


def _roles(items: Sequence[Any]) -> dict[str, Any]:
    """What tokens say of each other: by their numbers, which of them is the head of which (spaCy)."""
    told = {
        name: role
        for name, role in ((ID, _beside.ID), (HEAD, _beside.HEAD))
        if items and all(isinstance(item, dict) and type(item.get(name)) is int for item in items)
    }
    return {ROLES: told} if ID in told else {}


def _tells(span: Span, key: str) -> bool:
    """Whether the label stands, or stood, under a key."""
    return span.fields[key] is None or str(span.fields[key]) == span.label


def _label(span: Span, key: str) -> Any:
    """A label as it was written, where it is still the same."""
    written = span.fields.get(key)
    return written if written is not None and str(written) == span.label else span.label


def _item(item: Any, places: tuple[str, str], layer: str) -> tuple[Mark, str | None, dict[str, Any]]:
    if isinstance(item, list | tuple):
        return _list(item)
    if not isinstance(item, dict):
        raise ValueError(f"expected an object or a list for each span, found {brief(item)}")
    for name in places:
        if name not in item:
            raise ValueError(
                f"expected {' and '.join(places)} in each span, there are {', '.join(map(str, item))[:80]}"
            )
    start, end = (whole(item[name], name) for name in places)
    fields = {name: value for name, value in item.items() if name not in places}
    repeated = next((name for name in WORDS if isinstance(item.get(name), str)), None)
    words = None if repeated is None else item[repeated]
    if repeated is not None:
        fields[repeated] = None
    if layer != ENTITY:
        return (start, end, words), None, fields
    named = [name for name in LABELS if name in item] or [LABELS[0]]
    label = _worded(item.get(named[0]))
    if isinstance(label, str) and isinstance(item[named[0]], str):
        fields[named[0]] = None
        if named == [LABELS[0]]:
            del fields[LABELS[0]]
    return (start, end, words), label, fields


def _list(item: Sequence[Any]) -> tuple[Mark, str | None, dict[str, Any]]:
    if len(item) < 3:
        raise ValueError(f"expected [start, end, label] for each span, found {len(item)} items")
    fields: dict[str, Any] = {MORE: list(item[3:])} if len(item) > 3 else {}
    label = _worded(item[2])
    if label is not None and not isinstance(item[2], str):
        fields[LABELS[0]] = item[2]
    return (whole(item[0], "start"), whole(item[1], "end"), None), label, fields


def _worded(label: Any) -> str | None:
    if label is not None and (isinstance(label, bool) or not isinstance(label, str | int)):
        raise ValueError(f"expected a label as a text or a number, found {brief(label)}")
    return None if label is None else str(label)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _label_like(value: Any) -> bool:
    return value is None or (isinstance(value, str | int) and not isinstance(value, bool))
