"""A grammar: sentences of classes, made from templates with slots, in numbers as wanted and no text twice.

The grammar stands in the recipe, under ``input:``, or in a YAML file that ``path`` names, with the same keys::

    classes:
      greet: ["hello {name}", {weight: 3, text: "hi there {name}{mark?}"}]
      book:  ["{polite?0.3} book a flight {from|out of} {city:from} to {city!:to} {when}"]
    rules:
      polite: [please, "could you"]
      mark: ["!", "."]
      city: {file: cities.txt}
      name: {faker: first_name, locale: [de_DE]}
      when: ["on {day}", "at {hour}"]
      day: {date: ["2025-01-01", "2025-12-31"], format: "%-d %B"}
      hour: {number: [1, 12], format: "{:02d}:00"}
    spans: {city: CITY, name: PERSON}

``{rule}`` is a slot, ``{rule?}`` one that is filled half of the time, ``{rule?0.3}`` at 30 %; ``{rule#1}`` has the
same text wherever it stands in a sentence, ``{rule!}`` another one than the rule's before it; ``{rule:label}`` is an
entity with a label of its own; ``{one|other}`` are alternatives in place; ``{{`` and ``}}`` are braces. Rules may lead
back to themselves: each time they do, such choices weigh half as much, and ``depth`` ends it. After Chatito
(https://github.com/rodrigopivi/Chatito) and CheckList (Ribeiro et al., "Beyond accuracy", ACL 2020).

Each row has one text, with a class and entities: pairs of texts, and questions with a context and answers, are not
made. Such a data set is read from a table, or from JSON in SQuAD's shape.

A sentence hangs on seed, class and the number of the attempt that gave it, so a larger ``count`` keeps what a smaller
one gave; but for texts that two classes have, which go to the first of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pydantic
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from augment.annotations import Annotations, Span
from augment.errors import InputError, Problem, RecipeError, SampleError, nearest
from augment.options import Options as _Base
from augment.options import worded
from augment.readers._grammar import choices, distinct, documents, lists, shape
from augment.readers._grammar.choices import File, Grammar, Mistake
from augment.readers._grammar.distinct import Grown
from augment.readers._grammar.growing import EMPTY
from augment.readers._grammar.tables import Tables
from augment.sample import ROW, SIGN, Content, Dataset, Entry, Rows, Skip

FALLBACK = False

PATHLESS = True
"""The recipe may name no path: the grammar stands in it, and files are taken from its folder."""

LABEL = "label"
"""The column with the class."""

MOST = 1_000_000_000
"""Most sentences of a class that can be asked for."""

PARTS = ("classes", "texts", "rules", "spans")
"""The keys that are the grammar; the others say what is made of it."""


class Options(_Base):
    """What is made of a grammar, and the grammar where it stands in the recipe.

    Args:
        seed: Of the sentences.
        count: Distinct sentences of each class, or class -> how many.
        column: What the sentences' column is called.
        tidy: Whether blanks are put in order where slots stayed empty.
        depth: How often a rule may come back into itself, beyond what it takes to end.
        classes: Class -> its sentences.
        texts: The sentences where they have no class.
        rules: Name -> what may come in its slots.
        spans: Rules whose texts are entities -> labels; or a list of rules, labelled by their names.
    """

    seed: pydantic.StrictInt = pydantic.Field(default=0, ge=0, lt=2**63)
    count: Any = 100
    column: pydantic.StrictStr = pydantic.Field(default=choices.TEXT, min_length=1, max_length=200)
    tidy: pydantic.StrictBool = True
    depth: pydantic.StrictInt = pydantic.Field(default=5, ge=0, le=100)
    classes: Any = None
    texts: Any = None
    rules: Any = None
    spans: Any = None

    @pydantic.model_validator(mode="wrap")
    @classmethod
    def _makes_sense(cls, given: Any, check: pydantic.ModelWrapValidatorHandler[Options]) -> Options:
        """All mistakes at once: those of single keys, and those of the grammar."""
        made, wrong = None, list[InitErrorDetails]()
        try:
            made = check(given)
        except ValidationError as error:
            wrong += [_again(item) for item in error.errors()]
        if isinstance(given, Mapping):
            wrong += [_detail(mistake) for mistake in _mistakes(given)]
        if wrong or made is None:
            raise ValidationError.from_exception_data("grammar", wrong)
        return made

    @property
    def inline(self) -> bool:
        """Whether any of the grammar stands here."""
        return any(getattr(self, key) is not None for key in PARTS)


def claims(path: Path) -> bool:
    """A YAML file with classes or sentences, and nothing but what a grammar has."""
    if path.suffix.lower() not in documents.ENDINGS or not path.is_file():
        return False
    try:
        data = documents.read(path).data
    except InputError:
        return False
    return data.keys() <= Options.model_fields.keys() and bool({"classes", "texts", "rules"} & data.keys())


def dataset(path: Path, options: Options) -> Dataset:
    """Rows of one text, with a class and entities where the grammar tells them. Raises InputError or RecipeError."""
    whole, grammar = _whole(path, options)
    files = _read(path, grammar)
    classed = "" not in grammar.classes
    data = json.loads(json.dumps(whole.model_dump(exclude={"count"}), default=str))
    digests = sorted((file.name, listed.digest) for file, listed in files.items())
    digest = hashlib.sha256(json.dumps([data, digests]).encode()).hexdigest()
    return Dataset(
        rows=Rows(
            texts=(whole.column,),
            columns=(whole.column, LABEL) if classed else (whole.column,),
            label=LABEL if classed else None,
        ),
        spanned=any(grammar.label(slot) for slot in grammar.slots()),
        reading={"grammar": data, "digest": digest, "lists": dict(digests)},
    )


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """Make the sentences and list them, none of them kept; see the Reader contract."""
    if ROW not in suffixes:
        raise InputError(f"{path}: a grammar gives sentences, and the recipe has no steps for such")
    whole, grammar = _whole(path, options)
    count = whole.count
    each = {str(name): number for name, number in count.items()} if isinstance(count, Mapping) else {}
    wanted = {label: each.get(label, count) for label in grammar.classes}
    yield from distinct.entries(_grown(whole, grammar, _read(path, grammar)), wanted)


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """One sentence, made again, and its entities. Raises SampleError."""
    try:
        label, sentence = _ready(path, dataset.reading).located(entry.locator)
    except (ValueError, IndexError, InputError, RecipeError) as error:
        raise SampleError("unreadable", f"the grammar has changed since it was listed ({error})") from None
    if sentence is None or distinct.key_of(label, sentence) != entry.key:
        raise SampleError("unreadable", "the grammar gives another sentence than when it was listed")
    column = dataset.rows.texts[0] if dataset.rows else choices.TEXT
    data = SIGN + json.dumps({column: sentence.text}, ensure_ascii=False).encode()
    spans = tuple(Span(start, end, name) for start, end, name in sentence.marks)
    return Content(data, Annotations(spans=spans) if dataset.spanned else None)


def _mistakes(given: Mapping[str, Any]) -> Iterator[Mistake]:
    """All that is wrong with a grammar, as far as it can be told without its lists."""
    column, count = given.get("column"), given.get("count", 1)
    if isinstance(column, str) and (EMPTY in column or (given.get("classes") is not None and column == LABEL)):
        yield Mistake(("column",), "expected a name that no other column has", column)
    if all(given.get(key) is None for key in PARTS):
        yield from _wrong_count(count, None)
        return
    grammar = choices.parse(*(given.get(key) for key in PARTS))
    yield from grammar.mistakes
    yield from _wrong_count(count, list(grammar.classes) if grammar.classes else None)
    if not grammar.mistakes:
        yield from shape.mistakes(grammar, shape.shape(grammar))


def _wrong_count(count: Any, classes: list[str] | None) -> Iterator[Mistake]:
    """What is wrong with ``count``; ``classes`` are None where they are not known."""
    where: choices.Path = ("count",)
    expected = f"expected a whole number from 1 to {MOST:,}"
    if not isinstance(count, Mapping):
        if not _is_count(count):
            yield Mistake(where, f"{expected}, or one for each class", count)
        return
    for name, number in count.items():
        if not _is_count(number):
            yield Mistake((*where, str(name)), expected, number)
        if classes is not None and str(name) not in classes:
            expected_class = f"expected a class ({nearest(str(name), classes)})".removesuffix(" ()")
            yield Mistake((*where, str(name)), expected_class, name)
    lacking = [name for name in classes or () if name not in map(str, count)]
    if lacking:
        yield Mistake(where, f"expected a number for each class, there is none for {', '.join(lacking[:9])}", count)


def _is_count(count: Any) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= MOST


def _again(item: Any) -> InitErrorDetails:
    """A mistake that pydantic has found, to be told with the others."""
    return InitErrorDetails(type=item["type"], loc=item["loc"], input=item["input"], ctx=item.get("ctx", {}))


def _detail(mistake: Mistake) -> InitErrorDetails:
    """A mistake as pydantic tells it."""
    kind = PydanticCustomError("grammar", "{told}", {"told": mistake.expected})
    return InitErrorDetails(type=kind, loc=mistake.path, input=mistake.got)


def _parsed(options: Options) -> Grammar:
    return choices.parse(*(getattr(options, key) for key in PARTS))


def _whole(path: Path, options: Options) -> tuple[Options, Grammar]:
    """The options with the grammar in them, from wherever it stands. Raises InputError or RecipeError."""
    if not path.is_dir() and path.suffix.lower() in documents.ENDINGS:
        document = documents.read(path)
        twice = [key for key in PARTS if getattr(options, key) is not None]
        if twice:
            raise RecipeError(
                Problem(f"input.{key}", f"expected it in {path.name} alone, got it here") for key in twice
            )
        told = {**document.data, **options.model_dump(exclude_unset=True)}
        try:
            options = Options.model_validate(told)
        except pydantic.ValidationError as error:
            raise RecipeError(_problems(error, document)) from None
    if not options.inline:
        raise RecipeError([Problem("input", "expected a grammar: keys `classes:` or `texts:`, and `rules:`")])
    return options, _parsed(options)


def _problems(error: pydantic.ValidationError, document: documents.Document) -> Iterator[Problem]:
    """What is wrong with a grammar's own file."""
    for item in error.errors():
        path = item["loc"]
        shown = _shown(path)
        if item["type"] == "extra_forbidden":
            fix = nearest(str(path[-1]), list(Options.model_fields))
            yield Problem(shown, f"expected a known key, got {path[-1]!r}", fix, document.place(path))
        else:
            yield Problem(shown, f"{worded(item['msg'])}, got {item['input']!r}", "", document.place(path))


def _shown(path: Iterable[str | int]) -> str:
    """A path as people write it: ``rules.city[2]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _read(path: Path, grammar: Grammar) -> dict[File, lists.Listed]:
    """The lists that a grammar names, read. Raises RecipeError with all that can't be."""
    folder = path if path.is_dir() else path.parent
    found: dict[File, lists.Listed] = {}
    problems: list[Problem] = []
    for bodies in (*grammar.classes.values(), *grammar.rules.values()):
        for file in (body.made for body in bodies if isinstance(body.made, File)):
            try:
                found[file] = lists.load(folder / file.name)
            except ValueError as error:
                problems.append(Problem(f"input.{_shown(file.path)}", f"expected {error}"))
    if problems:
        raise RecipeError(problems)
    return found


def _grown(options: Options, grammar: Grammar, files: dict[File, lists.Listed]) -> Grown:
    tables = Tables(grammar, files, options.depth, EMPTY if options.tidy else "")
    return Grown({label: tables.start(label) for label in grammar.classes}, options.seed, options.tidy)


@dataclass(slots=True)
class _Kept:
    """The grammar that this process reads from, ready; one at a time."""

    key: tuple[str, str] = ("", "")
    grown: Grown | None = None


_KEPT = _Kept()


def _ready(path: Path, reading: Mapping[str, Any]) -> Grown:
    """The grammar of a data set. Raises SampleError if its lists have changed; RecipeError."""
    key = (str(path), str(reading["digest"]))
    if _KEPT.grown is None or _KEPT.key != key:
        options = Options.model_validate(reading["grammar"])
        grammar = _parsed(options)
        files = _read(path, grammar)
        for file, listed in files.items():
            if reading["lists"].get(file.name) != listed.digest:
                raise SampleError("unreadable", f"the list {file.name} has changed since the grammar was listed")
        _KEPT.key, _KEPT.grown = key, _grown(options, grammar, files)
    return _KEPT.grown
