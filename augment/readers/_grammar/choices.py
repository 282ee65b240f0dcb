"""What a grammar says, checked as far as that goes without its lists: names -> what each may become."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pydantic
from pydantic_core import PydanticCustomError

from augment.errors import nearest
from augment.options import Options, worded
from augment.readers._grammar import fake, templates, values
from augment.readers._grammar.templates import Node, Slot
from augment.readers._grammar.values import UnfitError, Values

Path = tuple[str | int, ...]

HEAVIEST = 1e9
"""The largest weight."""

YAML = "put it in quotes: YAML takes yes, no, on, off, 007, 1.10 and 12:30 for something else"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a grammar: the path of its key, what was expected, what was found."""

    path: Path
    expected: str
    got: Any


@dataclass(frozen=True, slots=True)
class File:
    """A list that is not read yet: its name as written, and the path of the key."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Body:
    """One of the things that a rule may become: a template, a generator's text, or a line of a list; and its key."""

    weight: float
    path: Path
    made: tuple[Node, ...] | Values | File


Rules = dict[str, tuple[Body, ...]]


@dataclass(slots=True)
class Grammar:
    """All of it.

    Args:
        classes: Name of a class -> its sentences; under the empty name where sentences have no class.
        rules: Name of a rule -> what it may become.
        spans: Name of a rule -> label of the entities that its texts are.
        mistakes: What is wrong with it.
    """

    classes: Rules = field(default_factory=dict)
    rules: Rules = field(default_factory=dict)
    spans: dict[str, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def slots(self) -> Iterator[Slot]:
        """Every slot of its classes and rules."""
        for bodies in (*self.classes.values(), *self.rules.values()):
            for body in bodies:
                if isinstance(body.made, tuple):
                    yield from (node for node in body.made if isinstance(node, Slot))

    def label(self, slot: Slot) -> str:
        """The label of the entity in a slot; empty where it is none."""
        return slot.label or self.spans.get(slot.rule, "")


class Choice(Options):
    """A choice that is more than a sentence: exactly one of the first six, and what belongs to it.

    Args:
        text: A sentence with slots.
        file: A list, one choice a line, relative to the recipe.
        faker: A method of Faker's, with ``locale`` and ``arguments``.
        number: ``[low, high]``, with ``step`` and ``format``.
        date: ``[first, last]``, with a ``step`` in days and ``format`` in strftime's codes.
        time: ``[first, last]``, with a ``step`` in minutes and ``format``.
        weight: How often it is taken, beside the others.
    """

    text: pydantic.StrictStr | None = None
    file: pydantic.StrictStr | None = None
    faker: pydantic.StrictStr | None = None
    number: tuple[pydantic.StrictInt | pydantic.StrictFloat, pydantic.StrictInt | pydantic.StrictFloat] | None = None
    date: tuple[pydantic.StrictStr, pydantic.StrictStr] | None = None
    time: tuple[pydantic.StrictStr, pydantic.StrictStr] | None = None
    weight: pydantic.StrictInt | pydantic.StrictFloat = 1
    locale: tuple[pydantic.StrictStr, ...] = ()
    arguments: dict[pydantic.StrictStr, Any] = {}  # noqa: RUF012 - a model copies it
    step: pydantic.StrictInt | pydantic.StrictFloat | None = None
    format: pydantic.StrictStr | None = None

    @pydantic.field_validator("locale", mode="before")
    @classmethod
    def _one_is_a_list(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @pydantic.field_validator("date", "time", mode="before")
    @classmethod
    def _in_quotes(cls, given: Any) -> Any:
        if isinstance(given, list) and not all(isinstance(end, str) for end in given):
            raise PydanticCustomError("quotes", "expected [first, last], each in quotes")
        return given


KINDS = tuple(Choice.model_fields)[:6]
TEXT, FILE, FAKER, NUMBER, DATE, TIME = KINDS
BESIDE: Mapping[str, tuple[str, ...]] = {
    FAKER: ("locale", "arguments"),
    NUMBER: ("step", "format"),
    DATE: ("step", "format"),
    TIME: ("step", "format"),
}
"""Kind of a choice -> the keys that go with it alone."""


def parse(classes: Any, texts: Any, rules: Any, spans: Any) -> Grammar:
    """A grammar from plain data, as it stands under keys of these names."""
    found = Grammar()
    if classes is not None and texts is not None:
        found.mistakes.append(Mistake(("texts",), "expected either `classes:` or `texts:`, not both", texts))
    if classes is not None:
        found.classes = _rules(classes, "classes", found.mistakes)
    elif texts is not None:
        found.classes = {"": _bodies(texts, ("texts",), found.mistakes)}
    else:
        found.mistakes.append(Mistake(("classes",), "expected sentences under `classes:` or `texts:`", classes))
    found.rules = {} if rules is None else _rules(rules, "rules", found.mistakes)
    found.spans = _spans(spans, found)
    for bodies in (*found.classes.values(), *found.rules.values()):
        for body in bodies:
            found.mistakes += _unknown(body, found.rules)
    return found


def _rules(given: Any, block: str, mistakes: list[Mistake]) -> Rules:
    """Names -> what each may become."""
    if not isinstance(given, Mapping) or not given:
        mistakes.append(Mistake((block,), "expected names below it, each with a list of choices", given))
        return {}
    found: Rules = {}
    for key, written in given.items():
        name = str(key) if isinstance(key, int) and not isinstance(key, bool) and block == "classes" else key
        where: Path = (block, str(name))
        if not isinstance(name, str) or not name or "\0" in name or not _proper(name):
            mistakes.append(Mistake(where, f"expected a name; {YAML}", key))
            name = str(name)
        elif block == "rules" and not isinstance(_one_slot(name), Slot):
            mistakes.append(Mistake(where, "expected a name of letters, digits, _ and -", key))
        if name in found:
            mistakes.append(Mistake(where, "expected each name once", key))
        found[name] = _bodies(written, where, mistakes)
    return found


def _one_slot(name: str) -> Any:
    """What a name becomes in braces."""
    nodes, _ = templates.parse(f"{{{name}}}")
    return nodes[0] if len(nodes) == 1 and nodes[0] == Slot(name) else None


def _bodies(given: Any, path: Path, mistakes: list[Mistake]) -> tuple[Body, ...]:
    """What a rule may become; that of weight 0 is left out."""
    if isinstance(given, str | Mapping):
        items: list[tuple[Path, Any]] = [(path, given)]
    elif isinstance(given, list | tuple) and given:
        items = [((*path, place), item) for place, item in enumerate(given)]
    else:
        mistakes.append(Mistake(path, "expected a list of choices with at least one in it", given))
        return ()
    before = len(mistakes)
    found = [body for where, item in items if (body := _body(item, where, mistakes)) is not None]
    if len(mistakes) == before and not any(body.weight for body in found):
        mistakes.append(Mistake(path, "expected a choice with a weight above 0", given))
    return tuple(body for body in found if body.weight > 0)


def _body(given: Any, path: Path, mistakes: list[Mistake]) -> Body | None:
    if isinstance(given, str):
        return Body(1.0, path, _nodes(given, path, mistakes))
    if not isinstance(given, Mapping):
        mistakes.append(Mistake(path, f"expected a text; {YAML}", given))
        return None
    if given and all(value is None for value in given.values()):
        mistakes.append(Mistake(path, "expected a text; put it in quotes, for YAML has braces too", given))
        return None
    try:
        choice = Choice.model_validate(given)
    except pydantic.ValidationError as error:
        mistakes += _told(error, path)
        return None
    kinds = [kind for kind in KINDS if getattr(choice, kind) is not None]
    if len(kinds) != 1:
        mistakes.append(Mistake(path, f"expected exactly one of {', '.join(KINDS)}", given))
        return None
    (kind,) = kinds
    strangers = choice.model_fields_set - {kind, "weight", *BESIDE.get(kind, ())}
    mistakes += [Mistake((*path, key), f"expected no `{key}:` beside `{kind}:`", given[key]) for key in strangers]
    if not (math.isfinite(choice.weight) and 0 <= choice.weight <= HEAVIEST):
        mistakes.append(Mistake((*path, "weight"), f"expected a weight from 0 to {HEAVIEST:.0e}", given["weight"]))
        return None
    try:
        made = _made(choice, kind, path, mistakes)
    except ValueError as error:
        key = (error.key if isinstance(error, UnfitError) else "") or kind
        mistakes.append(Mistake((*path, key), f"expected {error}", given.get(key)))
        return None
    return Body(float(choice.weight), path, made)


def _made(choice: Choice, kind: str, path: Path, mistakes: list[Mistake]) -> tuple[Node, ...] | Values | File:
    """What a choice of a kind stands for. Raises ValueError with what was expected."""
    if choice.text is not None:
        return _nodes(choice.text, (*path, kind), mistakes)
    if choice.file is not None:
        if not choice.file or "\0" in choice.file:
            raise ValueError("the name of a file")
        return File(choice.file, (*path, kind))
    if choice.faker is not None:
        return fake.field(choice.faker, choice.locale, choice.arguments)
    if choice.number is not None:
        return values.numbers(choice.number, choice.step, "{}" if choice.format is None else choice.format)
    if isinstance(choice.step, float):
        raise UnfitError("a whole number", "step")
    if choice.date is not None:
        return values.dates(choice.date, choice.step, choice.format or "%Y-%m-%d")
    return values.times(choice.time or ("", ""), choice.step, choice.format or "%H:%M")


def _nodes(text: str, path: Path, mistakes: list[Mistake]) -> tuple[Node, ...]:
    """A template's parts; slots that are never filled are left out."""
    if "\0" in text or not _proper(text):
        mistakes.append(Mistake(path, "expected proper Unicode without NUL", text))
        return ()
    nodes, wrong = templates.parse(text)
    mistakes += [Mistake(path, f"expected {expected}", text) for expected in wrong]
    return nodes


def _unknown(body: Body, rules: Rules) -> Iterator[Mistake]:
    """Slots for rules that there are not."""
    for node in body.made if isinstance(body.made, tuple) else ():
        if isinstance(node, Slot) and node.rule not in rules:
            near = nearest(node.rule, list(rules))
            expected = f"expected the name of a rule in braces ({near})" if near else "expected the name of a rule"
            yield Mistake(body.path, expected, f"{{{node.rule}}}")


def _spans(given: Any, grammar: Grammar) -> dict[str, str]:
    """Rules whose texts are entities -> their labels. A list names rules whose label is their own name."""
    if given is None:
        return {}
    if isinstance(given, list | tuple) and all(isinstance(name, str) for name in given):
        given = {name: name for name in given}
    if not isinstance(given, Mapping):
        grammar.mistakes.append(Mistake(("spans",), "expected names of rules, each with a label", given))
        return {}
    for name, label in given.items():
        if name not in grammar.rules:
            near = nearest(str(name), list(grammar.rules))
            grammar.mistakes.append(
                Mistake(("spans", str(name)), f"expected a rule ({near})".removesuffix(" ()"), name)
            )
        if not isinstance(label, str) or not label.strip() or not _proper(label):
            grammar.mistakes.append(Mistake(("spans", str(name)), f"expected a label; {YAML}", label))
    return dict(given)


def _told(error: pydantic.ValidationError, path: Path) -> Iterator[Mistake]:
    """What pydantic says, as ours; one for each key."""
    seen = set()
    for item in error.errors():
        key = str(item["loc"][0]) if item["loc"] else ""
        if key in seen:
            continue
        seen.add(key)
        if item["type"] == "extra_forbidden":
            near = nearest(key, list(Choice.model_fields))
            yield Mistake((*path, key), f"expected a known key ({near}); each row has one text", key)
        else:
            yield Mistake((*path, key), worded(item["msg"]), item["input"])


def _proper(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
