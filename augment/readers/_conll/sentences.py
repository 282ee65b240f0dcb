"""Sentences of a file of columns with the stretch of the file that each is; blank lines part them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from augment import encodings
from augment.readers import _stretches
from augment.spans import _columns, _tags
from augment.spans._columns import BLANK, TAB, Layout

DOCUMENT = "-DOCSTART-"
"""How lines begin that part documents; they are no tokens."""

HEAD = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

SOME = 2000
"""Sentences that are looked at to tell the columns."""

STEADY = 0.9
"""Share of lines that must have as many columns as most have, and a tag, for a file to be taken for such a one."""

_NUMBER = re.compile(r"[0-9]+")
_ENDINGS = frozenset({".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes", ".bilou", ".bmes"})


@dataclass(slots=True)
class Stretch:
    """One sentence.

    Args:
        line: The number of its first line, from 1.
        start: Its first byte in the file.
        length: Bytes up to the end of its last line.
        lines: With their ends.
        problem: What is wrong with one of them, and ``at``, the number of that line.
    """

    line: int
    start: int
    length: int = 0
    lines: list[str] = field(default_factory=list)
    problem: str = ""
    at: int = 0


def sentences(file: BinaryIO, encoding: str) -> Iterator[Stretch]:
    """The sentences of a file that is open at its beginning."""
    now: Stretch | None = None
    for line in _stretches.lines(file, encoding):
        text = line.text
        if not line.problem and (_columns.is_blank(text) or text.startswith(DOCUMENT)):
            if now is not None:
                yield now
                now = None
            continue
        if now is None:
            now = Stretch(line.number, line.start)
        now.length += line.length
        if not now.problem:
            now.problem, now.at = line.problem, line.number
            if now.length > _stretches.MOST:
                now.problem = f"a sentence of more than {_stretches.MOST:,} bytes; is there no blank line?"
                now.lines.clear()
            now.lines.append(text)
    if now is not None:
        yield now


def resembles(path: Path) -> bool:
    """Whether the beginning of a file is columns with tags in the last; endings such as ``.conllu`` need no tags."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    if b"\0" in head and not any(head.startswith(mark) for mark, _ in encodings.MARKS):
        return False
    name = next((name for mark, name in encodings.MARKS if head.startswith(mark)), "utf-8")
    lines = head.decode(name, "replace").removeprefix("\ufeff").splitlines(keepends=True)
    if len(head) == HEAD:
        lines.pop()
    rows = [line for line in lines if not _columns.is_blank(line) and not line.startswith((DOCUMENT, "#"))]
    if not rows:
        return False
    separator = separator_of(rows)
    columns, count = Counter(len(_columns.cells(line, separator)) for line in rows).most_common(1)[0]
    if columns < 2 or count < STEADY * len(rows):
        return False
    tags = [_columns.cells(line, separator)[-1] for line in rows]
    known = sum(_tags.parted(tag) is not None for tag in tags)
    return path.suffix.lower() in _ENDINGS or (known >= STEADY * len(tags) and _tags.OUTSIDE in tags)


def separator_of(lines: Sequence[str]) -> str:
    """What parts the columns: a tab where most lines have one, else blanks."""
    return TAB if 2 * sum(TAB in line for line in lines) > len(lines) else BLANK


def layout(found: Iterable[Stretch], separator: str | None, token: int | None, tags: int | None) -> Layout | None:
    """How the lines of a file are laid out, by its first sentences; None where it has none. The scheme is open.

    Args:
        found: Its sentences.
        separator: Where the recipe says so.
        token: The column of tokens, from 1, where the recipe says so.
        tags: That of tags; from the end where below 0.
    """
    heads = [one.lines for one in islice(found, SOME) if not one.problem]
    separator = separator or separator_of([line for lines in heads for line in lines if line[:1] != "#"])
    kept = [[line for line in lines if line[:1] != "#"] for lines in heads]
    if not any(kept):  # where a line with # is all there is, it may be a token
        kept = [[line for line in lines if _has_tag(line, separator)] for lines in heads]
    heads = [lines for lines in kept if lines]
    if not heads:
        return None
    rows = [[_columns.cells(line, separator) for line in lines] for lines in heads]
    columns, _ = Counter(len(row) for sentence in rows for row in sentence).most_common(1)[0]
    numbered = columns > 2 and _numbered(rows)
    first = token - 1 if token is not None else int(numbered)
    last = -1 if tags is None else tags
    return Layout(separator, columns, first, columns + last if last < 0 else last - 1, numbered=numbered and first > 0)


def _has_tag(line: str, separator: str) -> bool:
    """Whether the last of several columns is a tag."""
    row = _columns.cells(line, separator)
    return len(row) > 1 and _tags.parted(row[-1]) is not None


def _numbered(rows: Sequence[Sequence[Sequence[str]]]) -> bool:
    """Whether the first column counts the tokens of each sentence."""
    longest = 0
    for sentence in rows:
        numbers = [row[0] for row in sentence if row and _NUMBER.fullmatch(row[0])]
        if numbers != [str(number) for number in range(1, len(numbers) + 1)] or not numbers:
            return False
        longest = max(longest, len(numbers))
    return longest > 1
