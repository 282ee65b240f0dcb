"""What a line of text is made of: a class and a text, or a text alone; told from the first lines or by a pattern.

The forms: ``__label__CLASS __label__CLASS text`` (fastText), ``COARSE:fine text`` (TREC's questions),
``text<TAB>class`` and ``class<TAB>text``, and plain lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from augment.readers._columns import LABEL
from augment.readers._pattern import IGNORED, Field, Pattern, Piece
from augment.readers._texts.columns import ALONE

TEXT, CLASS = ALONE[0], LABEL[0]
"""Names of fields, and of columns."""

CLASSES = "labels"
"""The column with all classes of a line in fastText's form."""

FASTTEXT, COARSE, LAST, FIRST, PLAIN = "fasttext", "coarse", "last", "first", "plain"

SOME = 100
"""Lines that are looked at."""

MOST = 0.9
"""Share of the first lines that have the form of all."""

FEW = 4
"""Lines from which on classes must come again."""

LONGEST, WORDS = 60, 4
"""Most characters and words of a class beside a tab."""

_MARK = "__label__"
_EXPRESSIONS = {
    FASTTEXT: rf"(?P<labels>(?:{_MARK}\S+\s+)+)(?P<text>.*)",
    COARSE: r"(?P<label>[A-Za-z][\w-]*:[\w-]+)[ \t](?P<text>.*)",
    LAST: r"(?P<text>[^\t]*)\t(?P<label>[^\t]*)",
    FIRST: r"(?P<label>[^\t]*)\t(?P<text>[^\t]*)",
    PLAIN: r"(?P<text>.*)",
}
_COLUMNS = re.compile(r"\S+(?:[ \t]+\S+)+\s*|\s*")


@dataclass(frozen=True)
class Form:
    """One form; ``name`` is one of the above, or empty where there is a pattern."""

    name: str
    pattern: str = ""

    @cached_property
    def match(self) -> Callable[[str], re.Match[str] | None]:
        """Takes a line without its end apart."""
        expression = of_pattern(self.pattern) if self.pattern else _EXPRESSIONS[self.name]
        return re.compile(expression, re.DOTALL).fullmatch

    @property
    def columns(self) -> tuple[str, ...]:
        """What lines tell: the text, the class, facts."""
        if not self.pattern:
            more = {PLAIN: (), FASTTEXT: (CLASS, CLASSES)}.get(self.name, (CLASS,))
            return (TEXT, *more)
        names = [piece.name for piece in Pattern.parse(self.pattern).pieces if isinstance(piece, Field)]
        return tuple(sorted(set(names) - IGNORED, key=lambda name: (name != TEXT, name != CLASS, names.index(name))))

    def parted(self, line: str) -> tuple[str, str | None, dict[str, str | list[str]]] | None:
        """A line as its text, class and facts; None where it has not this form."""
        found = self.match(line)
        if found is None:
            return None
        facts: dict[str, str | list[str]] = dict(found.groupdict())
        text, label = str(facts.pop(TEXT)), facts.pop(CLASS, None)
        if self.name == FASTTEXT:
            names = [name.removeprefix(_MARK) for name in found[CLASSES].split()]
            facts[CLASSES], label = list(names), names[0]
        return text, None if label is None else str(label), facts


def sniff(lines: Sequence[str]) -> str:
    """The form of a file from its first lines, without their ends."""
    told = [line for line in lines if line.strip()][:SOME]
    if not told:
        return PLAIN
    if 2 * sum(line.startswith(_MARK) for line in told) >= len(told):
        return FASTTEXT
    found = [one for line in told if (one := re.fullmatch(_EXPRESSIONS[COARSE], line))]
    if len(found) >= MOST * len(told) and _again([one[CLASS].partition(":")[0] for one in found]):
        return COARSE
    tabbed = [line.split("\t") for line in told if line.count("\t") == 1]
    if len(tabbed) >= MOST * len(told):
        sides = list(zip(*tabbed, strict=True))
        names = [_named(side) for side in sides]
        lengths = [sum(map(len, side)) for side in sides]
        if any(names):
            return LAST if names[1] and (not names[0] or lengths[1] <= lengths[0]) else FIRST
    return PLAIN


def in_columns(lines: Sequence[str]) -> bool:
    """Whether lines are no texts: rows of a table, or words with tags, a sentence ending in an empty line (CoNLL)."""
    told = [line for line in lines if line.strip()]
    for mark in ",;|\t":
        counts = {line.count(mark) for line in told}
        if len(told) > 1 and len(counts) == 1 and counts.pop() > 1:
            return True
    if len(told) == len(lines) or not all(_COLUMNS.fullmatch(line) for line in lines):
        return False
    return len({len(line.split()) for line in told if not line.startswith("-DOCSTART-")}) == 1


def of_pattern(pattern: str) -> str:
    """A pattern as a regular expression: the text takes as much as will do, others as little. Raises ValueError."""
    pieces = Pattern.parse(pattern).pieces
    names = [piece.name for piece in pieces if isinstance(piece, Field)]
    if TEXT not in names:
        raise ValueError(f"a field {{{TEXT}}} in it")
    twice = sorted({name for name in names if names.count(name) > 1} - IGNORED)
    if twice:
        raise ValueError(f"each field once; {{{twice[0]}}} stands twice")
    return "".join(_expression(piece, pieces[place + 1 :]) for place, piece in enumerate(pieces))


def _expression(piece: Piece, following: Sequence[Piece]) -> str:
    if isinstance(piece, str):
        return re.escape(piece)
    if piece.name == TEXT:
        return f"(?P<{TEXT}>.*)"
    stop = next((one for one in following if isinstance(one, str)), "")
    one = f"(?:(?!{re.escape(stop)}).)+" if stop else ".+"
    return f"(?:{one})" if piece.name in IGNORED else f"(?P<{piece.name}>{one})"


def _again(names: Sequence[str]) -> bool:
    """Whether names come again, as those of classes do."""
    return len(names) < FEW or 2 * len(set(names)) <= len(names)


def _named(side: Sequence[str]) -> bool:
    """Whether one side of a tab can be classes."""
    short = all(0 < len(cell.strip()) <= LONGEST and len(cell.split()) <= WORDS for cell in side)
    return short and _again(side)
