"""How texts are shown to people: what was changed word by word, and what stands where, in HTML."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from augment.annotations import Span
from augment.contracts import View

WIDTH = 0

MOST = 3_000
"""Words, gaps and signs of a text that are shown; a book would take minutes to compare."""

HIDDEN = frozenset({"token"})
"""Layers that say nothing to a reader."""

STYLE = """
.augment-show .text {white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.6; max-width: 60em}
.augment-show .text del {background: #e69f0038; text-decoration: line-through 1px #d55e00; border-radius: 2px;
 padding: 0 1px}
.augment-show .text ins {background: #56b4e948; text-decoration: underline 2px #56b4e9; border-radius: 2px;
 padding: 0 1px}
.augment-show .text del + ins {margin-left: 2px}
.augment-show .text mark {background: none; color: inherit; border-bottom: 2px dotted #009e73}
.augment-show .text sub {color: #fff; background: #00704f; border-radius: 3px; padding: 0 3px; margin: 0 1px;
 font-size: 70%; vertical-align: baseline; user-select: none}
.augment-show .text b {opacity: .75; font-weight: 600; margin-right: .5em}
"""

_PARTS = re.compile(r"\w+(?:['’]\w+)*|\s+|[^\w\s]")


def takes(value: Any, facts: Mapping[str, Any]) -> bool:
    """A text, or texts by column."""
    return isinstance(value, str) or (
        isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values())
    )


def draw(views: Sequence[View]) -> list[str]:
    """Each text, or its columns one below the other: deleted words struck, new ones underlined."""
    return ["".join(_columns(view)) for view in views]


def _columns(view: View) -> Iterator[str]:
    spans = view.annotations.spans if view.annotations is not None else ()
    shown = [span for span in spans if span.layer not in HIDDEN]
    if isinstance(view.value, str):
        against = view.against if isinstance(view.against, str) else None
        yield f'<div class="text">{_compared(view.value, against, shown)}</div>'
        return
    before = view.against if isinstance(view.against, Mapping) else {}
    first = next(iter(view.value), "")
    for column, text in view.value.items():
        own = [span for span in shown if (span.column or first) == column]
        yield f'<div class="text"><b>{escape(column)}</b>{_compared(text, before.get(column), own)}</div>'


def _compared(text: str, before: str | None, spans: Sequence[Span]) -> str:
    """A text in HTML: what became of ``before``, and its spans."""
    parts, rest = _parts(text)
    if before is None:
        return _marked(text[: len(text) - rest], 0, spans, "") + ("…" if rest else "")
    old, _ = _parts(before)
    found, place = [], 0
    for kind, low, high, first, last in difflib.SequenceMatcher(None, old, parts, autojunk=False).get_opcodes():
        if high > low and kind != "equal":
            found.append(f"<del>{escape(''.join(old[low:high]))}</del>")
        new = "".join(parts[first:last])
        found.append(_marked(new, place, spans, "" if kind == "equal" else "ins"))
        place += len(new)
    return "".join(found) + ("…" if rest else "")


def _parts(text: str) -> tuple[list[str], int]:
    """A text cut into words, gaps and signs, as many as are shown, and how many characters are left over."""
    found = [match[0] for match, _ in zip(_PARTS.finditer(text), range(MOST), strict=False)]
    return found, len(text) - sum(map(len, found))


def _marked(piece: str, place: int, spans: Sequence[Span], tag: str) -> str:
    """A piece that stands at ``place`` of its text: spans underlined, each with its label where it ends."""
    end = place + len(piece)
    inside = [span for span in spans if span.start < end and span.end > place]
    cuts = sorted({place, end, *(cut for span in inside for cut in (span.start, span.end) if place < cut < end)})
    found = []
    for low, high in pairwise(cuts):
        words = escape(piece[low - place : high - place])
        over = [span for span in inside if span.start <= low and span.end >= high]
        names = "".join(f"<sub>{escape(span.label or span.layer)}</sub>" for span in over if span.end == high)
        found.append(f"<mark>{words}{names}</mark>" if over else words)
    whole = "".join(found)
    return f"<{tag}>{whole}</{tag}>" if tag and whole else whole
