"""spaCy's forms: ``{"text": …, "entities": [[0, 5, "PER"]]}``, objects in such lists, and what ``Doc.to_json`` writes.

``["text", {"entities": […]}]``, with which spaCy 2 was trained, is a list, and comes back as one; readers, whose rows
are objects, hand it on as ``{"pair": […]}``. ``Doc.to_json`` has
objects under ``ents``, and ``tokens`` and ``sents`` with places of their own; those are spans, too. See
https://spacy.io/api/data-formats#training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augment.annotations import Span
from augment.spans import Found, _items
from augment.spans._offsets import brief, text_of
from augment.spans._tokens import LAYER as TOKEN

TEXTS = ("text",)
PAIR = "annotations"
"""Under which name the second part of a pair lies in the fields."""

WRAPPED = "pair"
"""The one key of an object that is a pair."""

SENTENCE = "sentence"
SENTS = "sents"
TOKENS = "tokens"
USUAL = {"entities": "lists", "ents": "objects"}
"""Under which key entities are, and what stands in the list; where a row has it otherwise, its fields tell."""

FIRST = next(iter(USUAL))


def resembles(row: Any) -> bool:
    """Whether it is a text with a list of entities."""
    row = _unwrapped(row)
    if isinstance(row, list | tuple):
        return len(row) == 2 and isinstance(row[0], str) and isinstance(row[1], dict) and _listed(row[1]) is not None
    return isinstance(row, Mapping) and isinstance(row.get(TEXTS[0]), str) and _listed(row) is not None


def parse(row: Any, texts: Sequence[str]) -> Found:
    """See the package."""
    row = _unwrapped(row)
    if isinstance(row, list | tuple):
        if len(row) != 2 or not isinstance(row[0], str) or not isinstance(row[1], dict):
            raise ValueError(f"expected [text, {{entities: …}}], found {brief(row)} of {len(row)} items")
        found, rest = _entities(row[0], row[1])
        return Found({texts[0]: row[0]}, found, {PAIR: rest if _key(rest) else {**rest, FIRST: None}})
    text = text_of(row, texts[0])
    found, fields = _entities(text, {name: value for name, value in row.items() if name != texts[0]})
    for key, layer in ((TOKENS, TOKEN), (SENTS, SENTENCE)):
        if _items.all_objects(fields.get(key)):
            found += _items.spans(text, fields[key], layer)
            fields[key] = None
    return Found({texts[0]: text}, found, fields)


def restore(found: Found) -> Any:
    """See the package."""
    name, text = next(iter(found.texts.items()))
    pair = found.fields.get(PAIR)
    if isinstance(pair, Mapping) and _key(pair):
        return [text, _told(text, found.spans, pair)]
    return {name: text, **_told(text, found.spans, found.fields)}


def _unwrapped(row: Any) -> Any:
    """A pair out of the object that it is handed on in."""
    return row[WRAPPED] if isinstance(row, Mapping) and row.keys() == {WRAPPED} else row


def _listed(row: Mapping[str, Any]) -> str | None:
    """Under which key entities are listed; None where nothing looks like it."""
    for key in USUAL:
        items = row.get(key)
        if isinstance(items, list) and all(_items.resembles(item) or _items.resembles_list(item) for item in items):
            return key
    return None


def _key(fields: Mapping[str, Any]) -> str:
    """Where fields tell that entities were; empty where they don't."""
    marks = (None, *USUAL.values())
    return next((key for key in USUAL if key in fields and any(fields[key] == mark for mark in marks)), "")


def _entities(text: str, row: Mapping[str, Any]) -> tuple[tuple[Span, ...], dict[str, Any]]:
    """The entities of a row, and what else it has."""
    fields = dict(row)
    key = next((key for key in USUAL if key in row), FIRST)
    items = [] if row.get(key) is None else row[key]
    if not isinstance(items, list):
        raise ValueError(f"expected a list in {key}, found {brief(items)}")
    kind = "objects" if items and isinstance(items[0], dict) else "lists"
    fields.pop(key, None)
    if items and kind != USUAL[key]:
        fields[key] = kind
    elif key != FIRST:
        fields[key] = None
    return _items.spans(text, items), fields


def _told(text: str, spans: Sequence[Span], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row with the lists that belong there."""
    own: dict[str, list[Span]] = {TOKEN: [], SENTENCE: []}
    rest: list[Span] = []
    for span in spans:
        own.get(span.layer, rest).append(span)
    key = _key(fields) or FIRST
    made = dict(fields)
    if (made.get(key) or USUAL[key]) == "lists":
        made[key] = [_items.as_list(span) for span in rest]
    else:
        made[key] = [_items.as_object(text, span) for span in rest]
    if own[TOKEN] or made.get(TOKENS, ()) is None:
        made[TOKENS] = _items.token_objects(text, own[TOKEN])
    if own[SENTENCE] or made.get(SENTS, ()) is None:
        made[SENTS] = [_items.as_object(text, span) for span in own[SENTENCE]]
    return made
