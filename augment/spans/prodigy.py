"""Prodigy's form: ``{"text": …, "spans": [{"start": 0, "end": 5, "label": "PER"}], "tokens": […]}``.

Many sets on the Hugging Face hub have the same, without tokens. ``token_start`` and ``token_end`` (the last token, not
the one after it) and the numbers of tokens are told anew from where tokens are. See
https://prodi.gy/docs/api-interfaces#ner_manual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from augment.annotations import Span
from augment.spans import Found, _items
from augment.spans._offsets import objects, text_of
from augment.spans._tokens import LAYER as TOKEN

TEXTS = ("text",)
SPANS = "spans"
TOKENS = "tokens"
FIRST, LAST = "token_start", "token_end"


def resembles(row: Any) -> bool:
    """Whether it is a text with a list of spans, which may be empty."""
    if not isinstance(row, Mapping) or not isinstance(row.get(TEXTS[0]), str):
        return False
    return row.get(SPANS) == [] or _items.all_objects(row.get(SPANS))


def parse(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """See the package."""
    text = text_of(row, texts[0])
    fields: dict[str, Any] = {name: value for name, value in row.items() if name not in (texts[0], SPANS)}
    found = _items.spans(text, objects(row.get(SPANS), SPANS))
    if _items.all_objects(row.get(TOKENS)):
        found = (*(_open(span) for span in found), *_items.spans(text, row[TOKENS], TOKEN))
        fields[TOKENS] = None
    return Found({texts[0]: text}, found, fields)


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    name, text = next(iter(found.texts.items()))
    tokens = [span for span in found.spans if span.layer == TOKEN]
    made: dict[str, Any] = {name: text, **found.fields}
    told = made.get(TOKENS, ()) is None or (bool(tokens) and TOKENS not in made)
    if told:
        made[TOKENS] = _items.token_objects(text, tokens)
    counted = made[TOKENS] if told else []
    made[SPANS] = [
        {**_items.as_object(text, span), **_counted(span, counted)} for span in found.spans if span.layer != TOKEN
    ]
    return made


def _open(span: Span) -> Span:
    """A span whose tokens are to be counted anew."""
    return replace(span, fields={name: None if name in (FIRST, LAST) else span.fields[name] for name in span.fields})


def _counted(span: Span, tokens: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The first and the last token of a span, where it told them."""
    wanted = [name for name in (FIRST, LAST) if name in span.fields and span.fields[name] is None]
    if not wanted:
        return {}
    inside = [number for number, token in enumerate(tokens) if token["start"] < span.end and span.start < token["end"]]
    places = {FIRST: inside[0], LAST: inside[-1]} if inside else {}
    return {name: places[name] for name in wanted if name in places}
