"""Label Studio's exports: JSON, with what each annotator marked, and JSON-MIN.

JSON: ``{"data": {"text": …}, "annotations": [{"result": [{"from_name", "to_name", "type": "labels", "value":
{"start", "end", "text", "labels": ["PER"]}}]}]}``. The first annotation that was not cancelled is taken for true, and
its spans are entities; those of others and of ``predictions`` lie in layers of their own, such as ``annotations 1``,
so that they move with the text. Other results ride along; a relation goes with either of its ends.
JSON-MIN: ``{"text": …, "label": [{"start", "end", "text", "labels": ["PER"]}]}``, under any name.

Label Studio counts UTF-16 units; ``value.text`` tells, and what was counted is counted again. See https://labelstud.io/guide/export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from augment.annotations import Span
from augment.spans import Found
from augment.spans._offsets import UNITS, Mark, brief, counted, fitted, objects, read_as, text_of, whole
from augment.spans._tokens import ENTITY, LAYER

TEXTS = ("text",)
DATA = "data"
ROUNDS = ("annotations", "predictions")
RESULT, VALUE, LABELS = "result", "value", "labels"
START, END, WORDS = "start", "end", "text"
ENDS = ("from_id", "to_id")
AT = "at"
"""The key in a span's fields that says where in the row it stood: list, place in it, and place in its results."""

UNIT = "unit"
"""The key in a span's fields that says what was counted where that is not the usual."""

USUAL, PLAIN = UNITS[0][0], "characters"

Stood = tuple[str, int, int]


def resembles(row: Any) -> bool:
    """Whether it is an exported task with a text, or a row of JSON-MIN."""
    if not isinstance(row, Mapping):
        return False
    data = row.get(DATA)
    if isinstance(data, dict) and isinstance(row.get(ROUNDS[0]), list):
        return any(isinstance(value, str) for value in data.values())
    return isinstance(row.get(TEXTS[0]), str) and any(_is_list(value) for value in row.values())


def parse(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """See the package."""
    if isinstance(row.get(DATA), dict):
        return _task(row, texts)
    text = text_of(row, texts[0])
    fields: dict[str, Any] = {name: value for name, value in row.items() if name != texts[0]}
    stood: list[tuple[Stood, dict[str, Any], dict[str, Any]]] = []
    for name, value in fields.items():
        if _is_list(value):
            stood += [((name, 0, place), {}, item) for place, item in enumerate(value)]
            fields[name] = None
    return Found({texts[0]: text}, tuple(_spans({"": text}, stood, lambda _: ENTITY)), fields)


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    if not isinstance(found.fields.get(DATA), Mapping):
        return _row_again(found)
    made: dict[str, Any] = dict(found.fields)
    made[DATA] = {**found.texts, **made[DATA]}
    there: dict[tuple[str, int], dict[int, Any]] = {}
    more: list[dict[str, Any]] = []
    for span in found.spans:
        if span.layer == LAYER:
            continue
        item, at = _result(found.texts, span), _at(span)
        if at is None:
            more.append(item)
        else:
            there.setdefault(at[:2], {})[at[2]] = item
    for name in ROUNDS:
        if isinstance(made.get(name), list):
            made[name] = [_round(one, there.get((name, place), {})) for place, one in enumerate(made[name])]
    if more:
        made[ROUNDS[0]] = _with(made.get(ROUNDS[0]) or [{}], more)
    return made


def _task(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """A task of the JSON export."""
    data = row[DATA]
    known = {name: text_of(data, name) for name in texts}
    fields: dict[str, Any] = {**row, DATA: {name: value for name, value in data.items() if name not in known}}
    stood: list[tuple[Stood, dict[str, Any], dict[str, Any]]] = []
    main = None
    for name in ROUNDS:
        if not isinstance(row.get(name), list):
            continue
        rounds = objects(row[name], name)
        fields[name] = [dict(one) for one in rounds]
        for place, one in enumerate(rounds):
            if main is None and name == ROUNDS[0] and not one.get("was_cancelled"):
                main = (name, place)
            results = objects(one.get(RESULT), RESULT)
            if RESULT in one:
                fields[name][place][RESULT] = [None if _is_span(item) else item for item in results]
            stood += [
                ((name, place, at), {key: item[key] for key in item if key != VALUE}, item[VALUE])
                for at, item in enumerate(results)
                if _is_span(item)
            ]

    def layer(at: Stood) -> str:
        return ENTITY if at[:2] == main else f"{at[0]} {at[1]}"

    columns = {"": next(iter(known.values()))} if len(known) == 1 else known
    return Found(known, tuple(_spans(columns, stood, layer)), fields)


def _spans(texts: Mapping[str, str], stood: Sequence[Any], layer: Any) -> Iterator[Span]:
    """What stands in a row as spans. Several texts are told apart by ``to_name``; the first has what fits none."""
    columns = [str(more.get("to_name")) if more.get("to_name") in texts else next(iter(texts)) for _, more, _ in stood]
    places: dict[int, tuple[int, int]] = {}
    units: dict[str, str] = {}
    for column, text in texts.items():
        mine = [number for number, name in enumerate(columns) if name == column]
        found, units[column] = _places(text, [_mark(stood[number][2]) for number in mine])
        places.update(zip(mine, found, strict=True))
    for number, (at, more, value) in enumerate(stood):
        kind = _kind(value, more)
        labels = value.get(kind)
        if labels is not None and (not isinstance(labels, list) or not all(isinstance(name, str) for name in labels)):
            raise ValueError(f"expected a list of labels in {kind}, found {brief(labels)}")
        rest: dict[str, Any] = {name: one for name, one in value.items() if name not in (START, END, kind)}
        if WORDS in rest:
            rest[WORDS] = None
        if labels is not None:
            rest[kind] = labels[1:]
        unit = units[columns[number]]
        fields = {AT: list(at), **({UNIT: unit} if unit != USUAL else {}), **more, VALUE: rest}
        yield Span(*places[number], labels[0] if labels else None, layer(at), columns[number], fields)


def _places(text: str, marks: Sequence[Mark]) -> tuple[list[tuple[int, int]], str]:
    """Where marks are, in code points, and what was counted."""
    told = all(words is not None for _, _, words in marks)
    usual = read_as(text, marks, USUAL) if told else None
    if usual is not None:
        return usual, USUAL
    found = fitted(text, marks)
    if found == [mark[:2] for mark in marks]:
        return found, PLAIN
    return found, next(unit for unit, _ in UNITS if read_as(text, marks, unit) == found)


def _mark(value: Mapping[str, Any]) -> Mark:
    words = value.get(WORDS)
    return whole(value[START], START), whole(value[END], END), words if isinstance(words, str) else None


def _kind(value: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """Under which key the labels stand: that of the result's type, as ``hypertextlabels``."""
    kind = more.get("type")
    return kind if isinstance(kind, str) and kind in value and kind not in (START, END, WORDS) else LABELS


def _is_span(item: Any) -> bool:
    """Whether a result marks a stretch."""
    return isinstance(item, dict) and isinstance(item.get(VALUE), dict) and {START, END} <= item[VALUE].keys()


def _is_list(value: Any) -> bool:
    """Whether it is a list as JSON-MIN has it."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and {START, END, LABELS} <= item.keys() for item in value)
    )


def _at(span: Span) -> Stood | None:
    """Where a span stood; None for one that comes from elsewhere."""
    told = span.fields.get(AT)
    if not isinstance(told, list | tuple) or len(told) != 3:
        return None
    return str(told[0]), int(told[1]), int(told[2])


def _value(texts: Mapping[str, str], span: Span) -> dict[str, Any]:
    """The value of a span."""
    text = texts.get(span.column) if span.column else next(iter(texts.values()))
    rest: Mapping[str, Any] = span.fields.get(VALUE) or {WORDS: None}
    unit = str(span.fields.get(UNIT, USUAL if WORDS in rest else PLAIN))
    made: dict[str, Any] = {START: counted(text or "", span.start, unit), END: counted(text or "", span.end, unit)}
    if WORDS in rest:
        made[WORDS] = (text or "")[span.start : span.end]
    kind = _kind(rest, span.fields)
    if span.label is not None or kind in rest:
        made[kind] = [*([] if span.label is None else [span.label]), *rest.get(kind, ())]
    return {**made, **{name: value for name, value in rest.items() if name not in made}}


def _result(texts: Mapping[str, str], span: Span) -> dict[str, Any]:
    """A span as a result of the JSON export."""
    head = {name: value for name, value in span.fields.items() if name not in (AT, VALUE, UNIT)} if _at(span) else {}
    head = head or {"from_name": "label", "to_name": span.column or next(iter(texts)), "type": LABELS}
    return {**head, VALUE: _value(texts, span)}


def _round(one: Mapping[str, Any], there: Mapping[int, Any]) -> dict[str, Any]:
    """An annotation with its results, each where it was; relations only between what is still there."""
    if not isinstance(one.get(RESULT), list):
        return dict(one)
    placed = [there.get(place) if item is None else item for place, item in enumerate(one[RESULT])]
    results = [item for item in placed if item is not None]
    if len(results) < len(placed):
        ids = {str(item.get("id")) for item in results}
        results = [item for item in results if all(str(item[key]) in ids for key in ENDS if key in item)]
    return {**one, RESULT: results}


def _with(rounds: Sequence[Any], more: Sequence[Any]) -> list[Any]:
    """Annotations whose first has some results more."""
    first = dict(rounds[0])
    return [{**first, RESULT: [*(first.get(RESULT) or ()), *more]}, *rounds[1:]]


def _row_again(found: Found) -> dict[str, Any]:
    """A row of JSON-MIN."""
    made: dict[str, Any] = {**found.texts, **found.fields}
    lists: dict[str, list[Any]] = {}
    for span in found.spans:
        if span.layer != LAYER:
            at = _at(span)
            lists.setdefault(at[0] if at else "label", []).append(_value(found.texts, span))
    return {**made, **lists}
