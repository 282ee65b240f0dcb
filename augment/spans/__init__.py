"""Rows of JSON that say what stands where in a text, in the shapes of the tools that write them.

Each module is one shape, and has

- ``TEXTS``: the columns of its texts where the recipe names none,
- ``resembles(row)``: whether a row looks like it,
- ``parse(row, texts) -> Found``: raises ValueError with what is wrong with the row, for a person,
- ``scheme(rows)``, where tokens are tagged: how; ``parse`` then takes it as a third argument,
- ``restore(found) -> row``: its reverse; ``restore(parse(row, texts))`` equals ``row`` for all that the shape says.

Offsets in the neutral form are code points. Where a row repeats the words that it points at, they are compared; some
tools count UTF-16 units or bytes, and where only that reading fits, it is taken.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

from augment.annotations import Span


@dataclass(frozen=True, slots=True)
class Found:
    """A row in neutral terms.

    Args:
        texts: Column -> text, in the order of the row.
        spans: What stands where; ``Span.column`` is empty where there is one text.
        fields: All else that the row has, JSON values, in whatever nesting ``restore`` wants it back.
    """

    texts: Mapping[str, str]
    spans: tuple[Span, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@cache
def names() -> tuple[str, ...]:
    """All shapes, sorted."""
    return tuple(sorted(item.name for item in pkgutil.iter_modules(__path__) if not item.name.startswith("_")))


def shape(name: str) -> ModuleType:
    """The module of a shape. Raises KeyError."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"{__name__}.{name}")


def shape_of(row: Any) -> str:
    """Which shape a row has; empty where it has none."""
    return next((name for name in names() if shape(name).resembles(row)), "")


def handed_on(value: Any) -> Any:
    """What a reader takes for a row of JSON: a list that a shape knows becomes an object; all else is as it was."""
    return {"pair": value} if isinstance(value, list) and shape_of(value) else value


def scheme(name: str, rows: Iterable[Any]) -> str:
    """How the first rows of a data set tag their tokens; empty where they don't, or do not tell."""
    return str(shape(name).scheme(rows)) if hasattr(shape(name), "scheme") else ""


def parse(name: str, row: Mapping[str, Any], texts: Sequence[str] = (), scheme: str = "") -> Found:
    """A row of a shape, with the ``scheme`` of its data set. Raises ValueError with what is wrong with it."""
    if not isinstance(row, Mapping) and not shape(name).resembles(row):
        raise ValueError(f"expected an object, found {type(row).__name__}")
    how = (scheme,) if scheme else ()
    found: Found = shape(name).parse(row, tuple(texts) or shape(name).TEXTS, *how)
    return found


def restore(name: str, found: Found) -> dict[str, Any]:
    """The reverse of ``parse``."""
    row: dict[str, Any] = shape(name).restore(found)
    return row


def stray(rows: Sequence[Mapping[str, Any]], texts: Sequence[str]) -> tuple[str, str] | None:
    """A column with places in texts that no shape has taken, and how they look; see ``_strays``."""
    from augment.spans import _strays

    return _strays.stray(rows, texts)


def overlap(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans of one layer and one text that share a character, in the order of the text; None where none do."""
    last: dict[tuple[str, str], Span] = {}
    for span in sorted((one for one in spans if one.end > one.start), key=lambda one: (one.start, one.end)):
        before = last.get((span.column, span.layer))
        if before is not None and span.start < before.end:
            return before, span
        last[span.column, span.layer] = span
    return None
