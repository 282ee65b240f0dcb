"""Our own form: texts in any columns, and beside them ``spans``, a list of ``{"start": 0, "end": 5, "label": "PER"}``.

Writers give it to spans that came in no other form. An item may also have ``layer`` (``entity`` where it is not told),
``column``, where the row has several texts, and ``fields``; null stands for what is not there, and ``fields`` may be
JSON in a text, as in Parquet. Rows of ``prodigy`` that have no more than this are rows of this form, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from augment.annotations import Annotations, Span, plain
from augment.spans import Found
from augment.spans._offsets import brief, fitted, objects, text_of, whole
from augment.spans._tokens import ENTITY

TEXTS = ("text",)

INCLUDES = ("prodigy",)
"""Shapes whose rows may be of this one, where others beside them can only be of this one."""

KEYS = ("spans", "augment_spans")
PLACES = ("start", "end")
MORE = ("layer", "column", "fields")
_ALL = frozenset({*PLACES, "label", *MORE})


def resembles(row: Any) -> bool:
    """Whether a row has such a list; where its text is in ``text`` and there is nothing more, it is Prodigy's."""
    key = _key(row)
    if key is None or not any(isinstance(value, str) for value in row.values()):
        return False
    return not isinstance(row.get("text"), str) or any(name in item for item in row[key] for name in MORE)


def parse(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """See the package."""
    known = {name: text_of(row, name) for name in texts if row.get(name) is not None}
    if not known:
        text_of(row, texts[0])
    key = _key(row) or next((key for key in KEYS if key in row), KEYS[0])
    fields = {name: value for name, value in row.items() if name not in known and name != key}
    found = [_span(item) for item in objects(row.get(key), key)]
    for column, text in known.items():
        fitted(text, [(one.start, one.end, None) for one in found if (one.column or next(iter(known))) == column])
    lost = next((one.column for one in found if one.column and one.column not in known), None)
    if lost is not None:
        raise ValueError(f"a span in column {lost!r}; the texts are in {', '.join(known)}")
    return Found(known, tuple(found), fields if key == KEYS[0] else {**fields, key: None})


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    key = next((key for key in KEYS[1:] if key in found.fields and found.fields[key] is None), KEYS[0])
    told = plain(Annotations(spans=tuple(found.spans)))["spans"] if found.spans else []
    return {**found.fields, **found.texts, key: told}


def _key(row: Any) -> str | None:
    """Under which name the list is."""
    if not isinstance(row, Mapping):
        return None
    return next((key for key in KEYS if isinstance(row.get(key), list) and all(map(_is_one, row[key]))), None)


def _is_one(item: Any) -> bool:
    whole_numbers = isinstance(item, dict) and all(type(item.get(name)) is int for name in PLACES)
    return whole_numbers and "label" in item and item.keys() <= _ALL


def _span(item: Mapping[str, Any]) -> Span:
    """One item. Raises ValueError."""
    label, layer, column = (item.get(name) for name in ("label", "layer", "column"))
    if not all(value is None or isinstance(value, str) for value in (label, layer, column)):
        raise ValueError(f"expected texts for label, layer and column of a span, found {brief(label)}")
    fields = item.get("fields")
    if isinstance(fields, str):
        fields = json.loads(fields)
    if fields is not None and not isinstance(fields, dict):
        raise ValueError(f"expected an object in the fields of a span, found {brief(fields)}")
    start, end = (whole(item.get(name), name) for name in PLACES)
    return Span(start, end, label, layer or ENTITY, column or "", fields or {})
