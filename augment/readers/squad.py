"""SQuAD's JSON, versions 1.1 and 2.0: articles with paragraphs with questions, of which each is a sample.

A row is as the Hugging Face hub has it (``augment.spans.squad``): id, title, context, question, answers. Whether a
question is impossible is told by there being no answers; ``plausible_answers`` are left out. An answer that is not
where it is said to be is mended where its words stand only once in the context; else the question is left out. The
path is a file, or a folder as in ``_conll.files`` (``train-v2.0.json``, ``dev-v2.0.json``).

Listing goes through a file article by article and notes where each paragraph lies; reading parses only that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files, _stretches
from augment.readers._coco import json as _json
from augment.readers._conll import files as _sources
from augment.readers._conll.files import Source
from augment.sample import ROW, SIGN, Content, Dataset, Entry, Rows, Skip
from augment.spans import Found, squad

FALLBACK = False
DATA, PARAGRAPHS, QUESTIONS = "data", "paragraphs", "qas"
TITLE, QUESTION, IMPOSSIBLE = "title", "question", "is_impossible"
COLUMNS = ("id", TITLE, squad.CONTEXT, QUESTION, squad.ANSWERS)
LEFT_OUT = (QUESTION, squad.ANSWERS, IMPOSSIBLE, "plausible_answers")
BAD = "bad question"

HEAD = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

_BEGIN = (rb"^(?:\xef\xbb\xbf)?\s*\{", rb'"data"\s*:\s*\[', rb'"paragraphs"\s*:\s*\[', rb'"(?:qas|context)"\s*:')
"""What stands there, one after the other."""

_PLACE = re.compile(r"(?:(.*)/)?([0-9]{1,9}):([0-9]{1,18})\+([0-9]{1,9}):([0-9]{1,9})\.row", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")


class Options(_Base):
    """None: the form tells all."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Args:
        article: The place of its article, from 0.
        start: The first byte of its paragraph.
        length: Bytes of that.
        number: Its place in the paragraph, from 0.
        paragraph: That paragraph.
        title: Of the article; None where it has none.
    """

    article: int
    start: int
    length: int
    number: int
    paragraph: Mapping[str, Any]
    title: Any

    @property
    def found(self) -> tuple[Found, int]:
        """What it says, and how many answers were mended. Raises ValueError."""
        return _parsed(self.paragraph, self.number, self.title)

    @property
    def named(self) -> str:
        """Its id, or a name made of its content."""
        asked = self.paragraph[QUESTIONS][self.number]
        own = asked.get("id") if isinstance(asked, dict) else None
        if isinstance(own, str | int) and not isinstance(own, bool) and own != "":
            return str(own)
        text = json.dumps([self.paragraph.get(squad.CONTEXT), asked], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(slots=True)
class _Survey:
    """What is true of all files: facts beside the articles, titles by file, how many answers are mended."""

    facts: dict[str, Any] = field(default_factory=dict)
    titles: dict[str, list[Any]] = field(default_factory=dict)
    mended: int = 0


def claims(path: Path) -> bool:
    """A JSON file that begins as SQuAD's do, or a folder with one."""
    return _sources.any_in(path, _resembles) if path.is_dir() else _resembles(path)


def dataset(path: Path, options: Options) -> Dataset:
    """The columns of a row; all files are read. Raises InputError."""
    found = _survey(path)
    told = {**found.facts, **({"mended answers": found.mended} if found.mended else {})}
    titled = any(title is not None for titles in found.titles.values() for title in titles)
    columns = tuple(name for name in COLUMNS if name != TITLE or titled)
    rows = Rows(texts=squad.TEXTS, columns=columns, shape=squad.__name__.rpartition(".")[2])
    return Dataset(spanned=True, rows=rows, fields=told, reading={"titles": found.titles})


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the questions; see the Reader contract. Raises InputError where there are none."""
    listed = False
    for source in _found(path):
        changed = _stamp(source)[1]
        lead = f"{source.name}/" if source.name else ""
        for one in _questions(source):
            listed = True
            if isinstance(one, Skip):
                yield one
                continue
            try:
                one.found  # noqa: B018 - whether it can be read
            except ValueError as error:
                yield Skip(_files.printable(f"{source.told}: {one.named}"), BAD, str(error), None, source.split)
                continue
            place = f"{lead}{one.article}:{one.start}+{one.length}:{one.number}{ROW}"
            yield Entry(_files.printable(one.named), place, source.split, None, one.length, changed)
    if not listed:
        raise InputError(f"{path}: no question in it")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """A question, its context, and where the answers are. Raises SampleError."""
    match = _PLACE.fullmatch(entry.locator)
    titles = dataset.reading["titles"].get(match[1] or "") if match else None
    if match is None or titles is None or int(match[2]) >= len(titles):
        raise SampleError("unreadable", f"{entry.locator}: no stretch of a file of the data set")
    article, start, length, number = (int(match[group]) for group in (2, 3, 4, 5))
    data = _stretches.read(path / match[1] if match[1] else path, start, length)
    try:
        found, _ = _parsed(_json.parse(data), number, titles[article])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SampleError("changed", f"{entry.locator}: the file has changed since it was listed: {error}") from None
    return Content(SIGN + json.dumps(dict(found.texts)).encode(), Annotations(spans=found.spans, fields=found.fields))


def _resembles(path: Path) -> bool:
    if path.suffix.lower() != ".json":
        return False
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    for sign in _BEGIN:
        match = re.search(sign, head)
        if match is None:
            return False
        head = head[match.end() :]
    return True


def _found(path: Path) -> list[Source]:
    return _sources.sources(path, _resembles, "SQuAD's JSON")


def _stamp(source: Source) -> tuple[int, int]:
    try:
        facts = source.path.stat()
    except OSError as error:
        raise InputError(f"{source.path}: the file can't be read ({error.strerror}); mend its rights") from None
    return facts.st_size, facts.st_mtime_ns


def _survey(path: Path) -> _Survey:
    return _surveyed(tuple((source, *_stamp(source)) for source in _found(path)))


@lru_cache(4)
def _surveyed(stamps: tuple[tuple[Source, int, int], ...]) -> _Survey:
    found = _Survey()
    for source, _, _ in stamps:
        titles = found.titles.setdefault(source.name, [])
        for one in _questions(source, found.facts, titles):
            if not isinstance(one, Skip):
                try:
                    found.mended += one.found[1]
                except ValueError:
                    continue
    return found


def _questions(
    source: Source, facts: dict[str, Any] | None = None, titles: list[Any] | None = None
) -> Iterator[Question | Skip]:
    """The questions of a file, and paragraphs that are none; ``facts`` and ``titles`` get what else there is."""
    seen = False
    for item in _json.items(source.path, frozenset({DATA})):
        if item.key != DATA:
            if facts is not None and isinstance(item.value, str | int | float):
                facts.setdefault(item.key, item.value)
            continue
        seen = True
        if item.place < 0:
            if item.value is not None:
                raise InputError(f"{source.path}: expected {DATA} to be a list, got {json.dumps(item.value)[:40]}")
            continue
        article = item.value
        title = article.get(TITLE) if isinstance(article, dict) else None
        if titles is not None:
            titles.append(title)
        called = f"{source.told}: {DATA}[{item.place}]"
        if not isinstance(article, dict) or not isinstance(article.get(PARAGRAPHS), list):
            yield Skip(called, BAD, f"expected an article with a list of {PARAGRAPHS}", None, source.split)
            continue
        yield from _of_article(source, item, called)
    if not seen:
        raise InputError(f"{source.path}: expected a list of articles under {DATA!r}; is it SQuAD's JSON?")


def _of_article(source: Source, item: _json.Item, called: str) -> Iterator[Question | Skip]:
    """The questions of one article."""
    with source.path.open("rb") as file:
        file.seek(item.start)
        text = file.read(item.length).decode()
    for place, (start, length) in enumerate(_places(text, PARAGRAPHS)):
        paragraph = item.value[PARAGRAPHS][place]
        told = f"{called}.{PARAGRAPHS}[{place}]"
        if not isinstance(paragraph, dict) or not isinstance(paragraph.get(QUESTIONS), list):
            yield Skip(told, BAD, f"expected a paragraph with a context and a list of {QUESTIONS}", None, source.split)
        elif length > _stretches.MOST:
            yield Skip(told, "too long", f"{length:,} bytes; at most {_stretches.MOST:,} are read", None, source.split)
        else:
            for number in range(len(paragraph[QUESTIONS])):
                title = item.value.get(TITLE)
                yield Question(item.place, item.start + start, length, number, paragraph, title)


def _places(text: str, wanted: str) -> Iterator[tuple[int, int]]:
    """Where the items of a list lie in an object, in bytes: start and length. The last list of that name counts."""
    found: list[tuple[int, int]] = []
    at = _after(text, 1)
    while text[at] != "}":
        key, at = _DECODE(text, at)
        at = _after(text, _after(text, at) + 1)
        if key == wanted and text[at] == "[":
            found, at = _elements(text, at)
        else:
            _, at = _DECODE(text, at)
        at = _after(text, at)
        if text[at] == ",":
            at = _after(text, at + 1)
    done = offset = 0
    for start, end in found:
        offset += len(text[done:start].encode())
        length = len(text[start:end].encode())
        yield offset, length
        done, offset = end, offset + length


def _elements(text: str, at: int) -> tuple[list[tuple[int, int]], int]:
    """Where each item of a list begins and ends, and where the list does, in characters."""
    found: list[tuple[int, int]] = []
    at = _after(text, at + 1)
    while text[at] != "]":
        _, end = _DECODE(text, at)
        found.append((at, end))
        at = _after(text, end)
        if text[at] == ",":
            at = _after(text, at + 1)
    return found, at + 1


def _after(text: str, at: int) -> int:
    """The next place that is no space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _number(value: str) -> float:
    """Any integer as a number; Python refuses some thousand digits."""
    return float(value)


_DECODE = json.JSONDecoder(parse_int=_number).raw_decode


def _parsed(paragraph: Any, number: int, title: Any) -> tuple[Found, int]:
    """One question of a paragraph, and how many of its answers were mended. Raises ValueError."""
    asked = paragraph[QUESTIONS][number] if isinstance(paragraph, dict) else None
    if not isinstance(asked, dict):
        raise ValueError(f"expected an object in {QUESTIONS}, found {json.dumps(asked)[:40]}")
    answers = [] if asked.get(IMPOSSIBLE) else asked.get(squad.ANSWERS) or []
    row = {
        **({TITLE: title} if title is not None else {}),
        squad.CONTEXT: paragraph.get(squad.CONTEXT),
        QUESTION: asked.get(QUESTION),
        **{name: value for name, value in asked.items() if name not in LEFT_OUT},
        squad.ANSWERS: answers,
    }
    mended = 0
    try:
        found = squad.parse(row, squad.TEXTS)
    except ValueError:
        row[squad.ANSWERS], mended = _mended(row[squad.CONTEXT], answers)
        if not mended:
            raise
        found = squad.parse(row, squad.TEXTS)
    fields = {name: value for name, value in found.fields.items() if name != squad.ANSWERS}
    return Found(found.texts, found.spans, fields), mended


def _mended(context: Any, answers: Any) -> tuple[Any, int]:
    """Answers with places that are right, where that is certain, and how many those are that were not."""
    if not isinstance(answers, list) or not isinstance(context, str):
        return answers, 0
    made: list[Any] = []
    for answer in answers:
        place = _only(context, answer) if isinstance(answer, dict) else None
        made.append(answer if place is None else {**answer, squad.START: place})
    return made, sum(one is not other for one, other in zip(made, answers, strict=True))


def _only(context: str, answer: Mapping[str, Any]) -> int | None:
    """Where the words of an answer stand that is wrong, if they stand there only once."""
    words, start = answer.get(squad.WORDS), answer.get(squad.START)
    if not isinstance(words, str) or not words:
        return None
    if isinstance(start, int) and start >= 0 and context.startswith(words, start):
        return None
    place = context.find(words)
    return place if place >= 0 and context.find(words, place + 1) < 0 else None
