"""Random rows of each shape, true to their texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

SIGNS = [
    "a",
    "é",
    "e\u0301",
    "🙂",
    "👩\u200d🚀",
    "\ud83c\uddea".encode("utf-16", "surrogatepass").decode("utf-16"),
    "ק",
    "ب",
    "\u200f",
    "日",
    "ไทย",
]
SIGNS += [" ", "  ", "\n", "\t", "\u00a0", ".", "'", '"', "\\", "O", "B-X", "#", "x" * 12, "\r\n", "\u2028", "😀"]
texts = st.lists(st.sampled_from(SIGNS) | st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).map(
    "".join
)
labels = st.sampled_from(["PER", "LOC", "B-PER", "a b", "日本", "1"])
facts = st.dictionaries(
    st.sampled_from(["id", "meta", "cats", "score", "É"]), st.integers(0, 9) | st.none() | texts, max_size=3
)
"""Other columns; none has a name that a shape knows."""

Place = tuple[int, int]


@st.composite
def places(draw: st.DrawFn, text: str) -> list[Place]:
    """Stretches of a text, of which some may touch, overlap or be empty."""
    place = st.integers(0, len(text))
    found = draw(st.lists(st.tuples(place, place), max_size=4))
    return [(min(one, other), max(one, other)) for one, other in found]


def cut(text: str) -> list[Place]:
    """Tokens as many tools make them: what stands between blanks."""
    found, start = [], 0
    for number, char in enumerate([*text, " "]):
        if char.isspace():
            if number > start:
                found.append((start, number))
            start = number + 1
    return found


@st.composite
def listed(draw: st.DrawFn) -> Any:
    text = draw(texts)
    items: list[dict[str, Any]] = [
        {"start": start, "end": end, "label": draw(labels | st.none())} for start, end in draw(places(text))
    ]
    for item in items:
        item.update(draw(st.fixed_dictionaries({}, optional={"layer": st.just("answer"), "column": st.just("text")})))
    more = draw(facts)
    first = {"start": 0, "end": len(text), "label": None, "layer": "token", "fields": {"n": 1}}
    return {"text": text, "spans": [first, *items], **more}


@st.composite
def spacy(draw: st.DrawFn) -> Any:
    text = draw(texts)
    items: list[Any] = [[start, end, draw(labels)] for start, end in draw(places(text))]
    kind = draw(st.sampled_from(["entities", "ents", "objects", "pair", "json"]))
    if kind in ("ents", "objects", "json"):
        items = [{"start": start, "end": end, "label": label} for start, end, label in items]
    key = "ents" if kind in ("ents", "json") else "entities"
    rest = draw(facts)
    if kind == "pair":
        return [text, {key: items, **rest}]
    row: dict[str, Any] = {"text": text, key: items, **rest}
    if kind == "json" and cut(text):
        row["tokens"] = [{"id": n, "start": a, "end": b, "tag": "X"} for n, (a, b) in enumerate(cut(text))]
        row["sents"] = [{"start": 0, "end": len(text)}]
    return row


@st.composite
def doccano(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)
    found = [(*place, draw(labels)) for place in draw(places(text))]
    row: dict[str, Any] = {draw(st.sampled_from(["text", "data"])): text, **draw(facts)}
    key = draw(st.sampled_from(["label", "labels", "entities", "annotations"]))
    if key in ("label", "labels"):
        return {**row, key: [list(one) for one in found]}
    if key == "annotations":
        row["annotation_approver"] = None
    row[key] = [
        {"id": n, "label": label, "start_offset": start, "end_offset": end}
        for n, (start, end, label) in enumerate(found)
    ]
    ends = st.integers(0, max(0, len(found) - 1))
    related = [{"id": 7, "from_id": draw(ends), "to_id": draw(ends), "type": "of"}] if found else []
    return {**row, "relations": related, "Comments": []}


@st.composite
def prodigy(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)
    tokens = cut(text)
    row: dict[str, Any] = {"text": text, **draw(facts)}
    if draw(st.booleans()):
        key = draw(st.sampled_from(["label", "entity", "entity_group", "type"]))
        row["spans"] = [
            {"start": start, "end": end, key: draw(labels), "text": text[start:end]}
            for start, end in draw(places(text))
        ]
        return row
    first = st.integers(0, max(0, len(tokens) - 1))
    row["spans"] = []
    for _ in range(draw(st.integers(0, 3)) if tokens else 0):
        one, other = sorted((draw(first), draw(first)))
        counted = {"token_start": one, "token_end": other}
        row["spans"].append({"start": tokens[one][0], "end": tokens[other][1], **counted, "label": draw(labels)})
    row["tokens"] = [
        {"text": text[start:end], "start": start, "end": end, "id": n, "ws": text[end : end + 1] == " "}
        for n, (start, end) in enumerate(tokens)
    ]
    return row


@st.composite
def label_studio(draw: st.DrawFn) -> dict[str, Any]:
    text = draw(texts)

    def values() -> list[dict[str, Any]]:
        return [
            {
                "start": start,
                "end": end,
                "text": text[start:end],
                "labels": draw(st.lists(labels, min_size=1, max_size=2)),
            }
            for start, end in draw(places(text))
        ]

    if draw(st.booleans()):
        found = values()
        return {"id": 1, "text": text, "annotator": 2, **({"label": found} if found else {"ner": None})}
    rounds: list[Any] = []
    for cancelled in draw(st.lists(st.booleans(), min_size=1, max_size=3)):
        results: list[Any] = [
            {"id": str(n), "from_name": "l", "to_name": "text", "type": "labels", "value": value}
            for n, value in enumerate(values())
        ]
        other = {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["news"]}}
        results.insert(draw(st.integers(0, len(results))), other)
        if len(results) > 2:
            results.append({"type": "relation", "from_id": "0", "to_id": "1", "direction": "right"})
        rounds.append({"id": len(rounds), "was_cancelled": cancelled, "result": results})
    return {"id": 1, "data": {"text": text, **draw(facts)}, "annotations": rounds, "predictions": []}


@st.composite
def squad(draw: st.DrawFn) -> dict[str, Any]:
    context = draw(texts)
    found = draw(places(context))
    answers: Any = {
        "text": [context[start:end] for start, end in found],
        "answer_start": [start for start, _ in found],
    }
    if draw(st.booleans()):
        answers["answer_id"] = list(range(len(found)))
    if draw(st.booleans()):
        answers = [{"text": context[start:end], "answer_start": start, "by": 3} for start, end in found]
    if draw(st.booleans()):
        start, end = found[0] if found else (0, 0)
        kind = draw(st.sampled_from([int, str]))
        one = {"answer_text": context[start:end], "answer_start": kind(start)}
        return {"context": context, "question": draw(texts), **one, **draw(facts)}
    return {"id": "q", "title": "t", "context": context, "question": draw(texts), "answers": answers, **draw(facts)}


@st.composite
def tokens(draw: st.DrawFn) -> dict[str, Any]:
    words = draw(st.lists(texts.filter(bool), min_size=1, max_size=6))
    name = draw(st.sampled_from(["ner_tags", "tags", "labels"]))
    kind = draw(st.sampled_from(["iob2", "numbers", "words", "bioes"]))
    if kind == "numbers":
        tags: list[Any] = [draw(st.integers(0, 4)) for _ in words]
    elif kind == "words":
        tags = [draw(st.sampled_from(["NN", "DT", "VB"])) for _ in words]
    else:
        tags = draw(sequences(len(words), kind))
    row: dict[str, Any] = {"tokens": words, name: tags, **draw(facts)}
    if draw(st.booleans()):
        row["pos"] = [draw(st.sampled_from(["NN", "DT"])) for _ in words]
    if draw(st.booleans()) and all(word.strip() == word for word in words):
        row["text"] = "".join(word + draw(st.sampled_from([" ", "  ", "\n"])) for word in words)
    return row


@st.composite
def chunks(draw: st.DrawFn, length: int, apart: bool = False) -> list[tuple[int, int, str | None]]:
    """Stretches of tokens, in order; with ``apart`` none touches another."""
    found: list[tuple[int, int, str | None]] = []
    at = 0
    while at < length and len(found) < 5:
        at += draw(st.integers(0, 2))
        end = at + draw(st.integers(1, 3))
        if end > length:
            break
        found.append((at, end, draw(st.sampled_from(["PER", "LOC", "a-b", None]))))
        at = end + apart
    return found


@st.composite
def sequences(draw: st.DrawFn, length: int, scheme: str) -> list[str]:
    """Legal tags."""
    from augment.spans import _tags

    return _tags.tagged(draw(chunks(length, scheme == "io")), length, scheme)


SHAPES: dict[str, Callable[[], st.SearchStrategy[Any]]] = {
    "doccano": doccano,
    "label_studio": label_studio,
    "listed": listed,
    "prodigy": prodigy,
    "spacy": spacy,
    "squad": squad,
    "tokens": tokens,
}
