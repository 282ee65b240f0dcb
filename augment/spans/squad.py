"""Questions with answers in a context, a row a question, as the Hugging Face hub has SQuAD.

``{"id", "title", "context", "question", "answers": {"text": […], "answer_start": […]}}``; a question without answer
has empty lists (SQuAD 2.0). Answers may be objects, too: ``[{"text", "answer_start"}]``; what else is told of each
lies beside. A row of a plain table has one, in ``answer_text`` and ``answer_start``; there is none where the first is
empty. Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", 2016.
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


FLAT = "answer_text"
"""The column with the words of the one answer in a plain table; its place is in one called START."""

PLAIN = "plain"
"""What the fields have for the answers of such a row."""

SAME = (str(int), str(str))
"""What the fields have for both of these where they are told anew, by what the place was written as."""


def resembles(row: Any) -> bool:
    """Whether it is a question, a context, and answers in any form."""
    if not isinstance(row, Mapping) or not all(isinstance(row.get(name), str) for name in TEXTS):
        return False
    if ANSWERS not in row:
        return FLAT in row and START in row and (not row[FLAT] or _place(row) is not None)
    answers = row[ANSWERS]
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
    if ANSWERS not in row and FLAT in row and START in row:
        return _flat(row, found, fields)
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
    if made.get(ANSWERS) == PLAIN:
        del made[ANSWERS]
        return _flat_again(made, context, found.spans)
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


def _place(row: Mapping[str, Any]) -> int | None:
    """Where the answer of a plain table begins; None where that is no number."""
    start = row[START]
    if isinstance(start, str):
        return int(start) if start.isascii() and start.isdecimal() else None
    return start if type(start) is int else None


def _flat(row: Mapping[str, Any], texts: Mapping[str, str], fields: dict[str, Any]) -> Found:
    """A row of a plain table. Raises ValueError."""
    words = row[FLAT]
    fields[ANSWERS] = PLAIN
    if not words:
        return Found(texts, (), fields)
    start = _place(row)
    if start is None or not isinstance(words, str):
        raise ValueError(
            f"expected a text in {FLAT} and its place in {START}, found {brief(words)}, {brief(row[START])}"
        )
    ((first, last),) = _fitted(texts[CONTEXT], [(start, words)])
    fields |= {FLAT: None, START: str(type(row[START]))}
    return Found(texts, (Span(first, last, None, LAYER, CONTEXT if len(texts) > 1 else ""),), fields)


def _flat_again(made: dict[str, Any], context: str, spans: Sequence[Span]) -> dict[str, Any]:
    """The reverse of ``_flat``."""
    answer = next((span for span in spans if span.layer == LAYER), None)
    if answer is not None and made.get(FLAT) is None and made[START] in SAME:
        made[FLAT] = context[answer.start : answer.end]
        made[START] = str(answer.start) if made[START] == SAME[1] else answer.start
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
