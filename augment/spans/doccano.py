"""doccano's forms: ``{"text": …, "label": [[0, 5, "PER"]]}``, and the newer with objects under ``entities``.

The texts lie under ``text`` or, in older exports, ``data``; the lists under ``label`` or ``labels``. The newer form
has ``{"id": 1, "label": "PER", "start_offset": 0, "end_offset": 5}``, and ``relations`` between ids; a relation goes
with either of its ends. The oldest has such objects under ``annotations``. See https://doccano.github.io/doccano/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augment.spans import Found, _items
from augment.spans._offsets import brief, objects, text_of
from augment.spans._tokens import LAYER as TOKEN

TEXTS = ("text",)
OLD = "data"
"""Where older exports have the text."""

LISTS = ("label", "labels")
ENTITIES = "entities"
OLDEST = "annotations"
OBJECTS = "objects"
"""What the fields have there for the oldest form."""

APPROVER = "annotation_approver"
"""A column that tells the oldest form where it has no annotations."""

PLACES = ("start_offset", "end_offset")
ENDS = ("from_id", "to_id")
RELATIONS = "relations"
OWN = (RELATIONS, "Comments")
"""Columns that tell the newer form where it has no entities."""


def resembles(row: Any) -> bool:
    """Whether it is a text with such lists; one that lists nothing only in the newer form."""
    if not isinstance(row, Mapping) or not any(isinstance(row.get(name), str) for name in (*TEXTS, OLD)):
        return False
    if _items.all_objects(row.get(ENTITIES), PLACES) or _is_oldest(row):
        return True
    if row.get(ENTITIES) == [] and any(name in row for name in OWN):
        return True
    return any(
        isinstance(row.get(key), list) and row[key] and all(_items.resembles_list(item) for item in row[key])
        for key in LISTS
    )


def parse(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """See the package."""
    name = OLD if texts[0] not in row and isinstance(row.get(OLD), str) else texts[0]
    text = text_of(row, name)
    fields = {key: value for key, value in row.items() if key != name}
    oldest = OLDEST if ENTITIES not in row and _is_oldest(row) else ""
    key = oldest or next((key for key in (ENTITIES, *LISTS) if key in row), LISTS[0])
    if oldest or key == ENTITIES:
        items: list[Any] = objects(row[key], key)
    else:
        items = [] if row.get(key) is None else row[key]
    if not isinstance(items, list):
        raise ValueError(f"expected a list in {key}, found {brief(items)}")
    fields.pop(key, None)
    if key != LISTS[0]:
        fields[key] = OBJECTS if oldest else None  # there they go again
    return Found({name: text}, _items.spans(text, items, places=PLACES), fields)


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    name, text = next(iter(found.texts.items()))
    made = {name: text, **found.fields}
    own = OLDEST if made.get(OLDEST) == OBJECTS else ENTITIES
    if own not in made or (own == ENTITIES and made[own] is not None):
        key = LISTS[1] if LISTS[1] in made and made[LISTS[1]] is None else LISTS[0]
        made[key] = [_items.as_list(span) for span in found.spans if span.layer != TOKEN]
        return made
    made[own] = [_items.as_object(text, span, PLACES) for span in found.spans if span.layer != TOKEN]
    if isinstance(made.get(RELATIONS), list):
        there = {span.fields["id"] for span in found.spans if isinstance(span.fields.get("id"), str | int)}
        made[RELATIONS] = [one for one in made[RELATIONS] if _holds(one, there)]
    return made


def _is_oldest(row: Mapping[str, Any]) -> bool:
    """Whether it has a list as the oldest form; an empty one needs that form's other column."""
    return _items.all_objects(row.get(OLDEST), PLACES) or (row.get(OLDEST) == [] and APPROVER in row)


def _holds(relation: Any, there: set[Any]) -> bool:
    """Whether both ends of a relation are still there."""
    ends = [relation.get(key) for key in ENDS if key in relation] if isinstance(relation, dict) else []
    return all(isinstance(end, str | int) and end in there for end in ends)
