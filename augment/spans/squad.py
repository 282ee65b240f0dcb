"""Questions with answers in a context, a row a question, as the Hugging Face hub has SQuAD.

``{"id", "title", "context", "question", "answers": {"text": […], "answer_start": […]}}``; a question without answer
has empty lists (SQuAD 2.0). Answers may be objects, too: ``[{"text", "answer_start"}]``. What else is told of each
lies beside. Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", 2016.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from augment.annotations import Span
from augment.spans import Found
from augment.spans._offsets import brief, fitted, text_of, whole

TEXTS = ("question", "context")
CONTEXT = TEXTS[1]
ANSWERS = "answers"
WORDS, START = "text", "answer_start"
LAYER = "answer"
OBJECTS = "objects"
"""What the fields have for answers that were a list of objects; for further lists beside the usual, their names."""


def resembles(row: Any) -> bool:
    """Whether it is a question, a context, and answers in either form."""
    if not isinstance(row, Mapping) or not all(isinstance(row.get(name), str) for name in TEXTS):
        return False
    answers = row.get(ANSWERS)
    if isinstance(answers, dict):
        return isinstance(answers.get(WORDS), list) and isinstance(answers.get(START), list)
    return isinstance(answers, list) and all(
        isinstance(item, dict) and WORDS in item and START in item for item in answers
    )


def parse(row: Mapping[str, Any], texts: Sequence[str]) -> Found:
    """See the package. Where ``texts`` has no context, answers are left as they are."""
    found = {name: text_of(row, name) for name in texts}
    fields = {name: value for name, value in row.items() if name not in found}
    if CONTEXT not in found:
        return Found(found, (), fields)
    if ANSWERS not in row:
        raise ValueError(f"expected answers, there are {', '.join(str(name) for name in row)[:200]}")
    context, column = found[CONTEXT], CONTEXT if len(found) > 1 else ""
    marks, rest = [], []
    for answer in _answers(row[ANSWERS]):
        words = answer.get(WORDS)
        if not isinstance(words, str) or START not in answer:
            raise ValueError(f"expected an answer with {WORDS} and {START}, found {brief(words)}")
        start = whole(answer[START], START)
        marks.append((start, words))
        rest.append({name: value for name, value in answer.items() if name not in (WORDS, START)})
    told = fields.pop(ANSWERS)
    more = [name for name in told if name not in (WORDS, START)] if isinstance(told, dict) else OBJECTS
    if more:
        fields[ANSWERS] = more
    places = _fitted(context, marks)
    spans = (Span(start, end, None, LAYER, column, more) for (start, end), more in zip(places, rest, strict=True))
    return Found(found, tuple(spans), fields)


def restore(found: Found) -> dict[str, Any]:
    """See the package."""
    context = found.texts.get(CONTEXT)
    made: dict[str, Any] = {**found.texts, **found.fields}
    if context is None:
        return made
    answers = [
        {WORDS: context[span.start : span.end], START: span.start, **span.fields}
        for span in found.spans
        if span.layer == LAYER
    ]
    if made.get(ANSWERS) == OBJECTS:
        made[ANSWERS] = answers
    else:
        more = made.get(ANSWERS) or ()
        names = dict.fromkeys((WORDS, START, *more, *(name for answer in answers for name in answer)))
        made[ANSWERS] = {name: [answer.get(name) for answer in answers] for name in names}
    return made


def _answers(value: Any) -> list[dict[str, Any]]:
    """Answers as objects. Raises ValueError."""
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    if not isinstance(value, dict) or not all(isinstance(value.get(name), list) for name in (WORDS, START)):
        raise ValueError(f"expected answers with lists {WORDS} and {START}, found {brief(value)}")
    count = len(value[WORDS])
    for name, items in value.items():
        if not isinstance(items, list) or len(items) != count:
            held = len(items) if isinstance(items, list) else brief(items)
            raise ValueError(f"expected lists of one length in answers; {WORDS} has {count}, {name} {held}")
    return [{name: items[place] for name, items in value.items()} for place in range(count)]


def _fitted(context: str, marks: Sequence[tuple[int, str]]) -> list[tuple[int, int]]:
    """Where answers are, in code points; only where each begins is told, in whatever was counted."""
    try:
        return fitted(context, [(start, start + len(words), words) for start, words in marks])
    except ValueError as error:
        for size in (_utf16, _utf8):
            try:
                return fitted(context, [(start, start + size(words), words) for start, words in marks])
            except ValueError:
                continue
        raise error from None


def _utf16(words: str) -> int:
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _utf8(words: str) -> int:
    return len(words.encode("utf-8", "surrogatepass"))
