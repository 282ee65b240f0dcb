"""Sentences of a file of columns with the stretch of the file that each is; blank lines part them."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from augment import encodings
from augment.readers import _stretches
from augment.spans import _beside, _columns, _tags
from augment.spans._columns import BLANK, TAB, Layout

DOCUMENT = "-DOCSTART-"
"""How lines begin that part documents; they are no tokens."""

HEAD = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

SOME = 2000
"""Sentences that are looked at to tell the columns."""

STEADY = 0.9
"""Share of lines that must have as many columns as most have, and a tag, for a file to be taken for such a one."""

_BLANK = re.compile(rb"\n(?:[ \t\r]*\n)+")
_FIRST = re.compile(rb"(?:[ \t\r]*\n)+")
_NUMBER = re.compile(r"[0-9]+")
ENDINGS = frozenset({".conll", ".conllu", ".conllup", ".iob", ".iob2", ".bio", ".bioes", ".bilou", ".bmes"})
"""Files that end so need no tags to be known."""


CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
"""The columns of CoNLL-U; CoNLL-X has heads in the same place."""


@dataclass(slots=True)
class Stretch:
    """One sentence.

    Args:
        line: The number of its first line, from 1.
        start: Its first byte in the file.
        length: Bytes up to the end of its last line.
        text: Its lines, parted by LF whatever the file has.
        problem: What is wrong with one of them, and ``at``, the number of that line.
    """

    line: int
    start: int
    length: int = 0
    text: str = ""
    problem: str = ""
    at: int = 0

    @property
    def lines(self) -> list[str]:
        """Without their ends."""
        return self.text.split("\n")


def sentences(file: BinaryIO, encoding: str) -> Iterator[Stretch]:
    """The sentences of a file that is open at its beginning."""
    name, start = _stretches.codec(file, encoding)
    if name[:-3] in _stretches.WIDE:
        yield from _by_line(file, name, (start, 0))
        return
    number = 0
    for block in _blocks(file):
        if len(block) > _stretches.MOST or block.count(b"\r") != block.count(b"\r\n"):
            file.seek(start)
            yield from _by_line(file, name, (start, number))
            return
        at = skipped.end() if (skipped := _FIRST.match(block)) else 0
        number += block.count(b"\n", 0, at)
        for blank in _BLANK.finditer(block, at):
            yield from _whole(block[at : blank.start() + 1], name, (start + at, number))
            number += block.count(b"\n", at, blank.end())
            at = blank.end()
        if at < len(block):
            yield from _whole(block[at:], name, (start + at, number))
            number += block.count(b"\n", at)
        start += len(block)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """All of a file, cut behind blank lines; what is longer than a line may be has none."""
    kept = b""
    while more := file.read(_stretches.BLOCK):
        kept += more
        end = max((one.end() for one in _BLANK.finditer(kept, max(0, len(kept) - len(more) - 2))), default=0)
        if 0 < end < len(kept):  # at its end there may be more blank lines
            yield kept[:end]
            kept = kept[end:]
        if len(kept) > _stretches.MOST:
            break
    if kept:
        yield kept


def _whole(data: bytes, name: str, place: tuple[int, int]) -> Iterator[Stretch]:
    """The sentence that lines without a blank one between them are; more where they part documents.

    ``place`` is where they begin: the byte, and how many lines are before.
    """
    start, number = place
    if b"\0" not in data and DOCUMENT.encode() not in data:
        try:
            text = data.decode(name)
        except UnicodeError:
            pass
        else:
            if b"\r" in data:
                text = text.replace("\r\n", "\n")
            body = text.removesuffix("\n")
            last = body.rpartition("\n")[2]
            if not _columns.is_blank(last):
                yield Stretch(number + 1, start, len(data), body)
                return
    yield from _by_line(io.BytesIO(data), name, place)


def _by_line(file: BinaryIO, name: str, place: tuple[int, int]) -> Iterator[Stretch]:
    """The sentences from where a file stands; ``place`` as in ``_whole``."""
    now: Stretch | None = None
    lines: list[str] = []
    for line in _stretches.lines_from(file, name, place):
        text = line.text
        if not line.problem and (_columns.is_blank(text) or text.startswith(DOCUMENT)):
            if now is not None:
                now.text = "\n".join(lines)
                yield now
                now = None
            continue
        if now is None:
            now, lines = Stretch(line.number, line.start), []
        now.length += line.length
        if not now.problem:
            if line.problem:
                now.problem, now.at = line.problem, line.number
            elif now.length > _stretches.MOST:
                now.at = now.line
                now.problem = f"a sentence of more than {_stretches.MOST:,} bytes; is there no blank line?"
                lines.clear()
            lines.append(text.rstrip(_columns.ENDS))
    if now is not None:
        now.text = "\n".join(lines)
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
    return path.suffix.lower() in ENDINGS or (known >= STEADY * len(tags) and _tags.OUTSIDE in tags)


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
    place = columns + last if last < 0 else last - 1
    return Layout(separator, columns, first, place, numbered=numbered and first > 0)


def beside(found: Iterable[Stretch], layout: Layout) -> Layout:
    """A layout with what its further columns say of other tokens, by the first sentences of a file."""
    rows = [
        [row for line in one.lines if len(row := _columns.cells(line, layout.separator)) == layout.columns]
        for one in islice(found, SOME)
        if not one.problem
    ]
    if layout.numbered:
        rows = [[row for row in sentence if _NUMBER.fullmatch(row[0])] for sentence in rows]
    rows = [sentence for sentence in rows if sentence]
    roles: dict[str, str] = {}
    layers: list[str] = []
    for number, name in layout.beside.items():
        columns = [[row[number] for row in sentence] for sentence in rows]
        told = _beside.scheme(columns)
        if told is not None:
            roles[name] = told[0]
            layers += [] if told[1] else [name]
        elif layout.numbered:
            numbers = [[row[0] for row in sentence] for sentence in rows]
            known = (layout.columns, number) == (len(CONLLU), CONLLU.index("HEAD"))
            role = _beside.heads(list(zip(numbers, columns, strict=True)), known)
            roles |= {name: role} if role else {}
    if {*roles.values()} & {_beside.HEAD, _beside.DEPS}:
        roles[_columns.name_of(0)] = _beside.ID
    return replace(layout, roles=roles, layers=layers)


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
