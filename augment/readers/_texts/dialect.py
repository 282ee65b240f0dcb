"""How a CSV is written: what stands between cells, what ends rows, whether its first row names the columns.

Told from its beginning. The format: RFC 4180, and its kin with tabs, semicolons and bars; and with a backslash before
quotes, delimiters and line ends in cells, as Spark and MySQL write it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augment.readers import _rows
from augment.readers._texts.columns import ALONE, LABEL, TOGETHER

SOME = 200
"""Rows that are looked at."""

DELIMITERS = (",", "\t", ";", "|")

ESCAPE = "\\"
"""What may stand before a sign that is to be a character like others."""

STEADY = 0.8
"""Share of rows of equal length that speaks for a delimiter."""

NAME_WORDS, NAME_LENGTH = 4, 60
"""Most words and characters in a column's name, where nothing else tells."""

_USUAL = frozenset({*ALONE, *LABEL, *(name for names in TOGETHER for name in names), "id", "split"})
_NUMBER = re.compile(r"\s*[-+]?\d[\d.,:/-]*\s*")


@dataclass(frozen=True, slots=True)
class Dialect:
    """See ``augment.sample.Rows.dialect``; ``quoting`` is also ``none``: quotes are characters like others."""

    delimiter: str = ","
    newline: str = "\n"
    header: bool = True
    quoting: str = "minimal"
    escape: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "delimiter": self.delimiter,
            "newline": self.newline,
            "header": self.header,
            "quoting": self.quoting,
            **({"escape": self.escape} if self.escape else {}),
        }

    @property
    def reading(self) -> Mapping[str, Any]:
        """Arguments of csv.reader."""
        return reading(self.delimiter, self.quoting, self.escape)


def reading(delimiter: str, quoting: str, escape: str) -> Mapping[str, Any]:
    """Arguments of csv.reader; strict, for a stray quote is damage."""
    how = csv.QUOTE_NONE if quoting == "none" else csv.QUOTE_MINIMAL
    return {"delimiter": delimiter, "quoting": how, "escapechar": escape or None, "strict": True}


def sniff(head: str, usual: str, given: Mapping[str, Any], ended: bool) -> tuple[Dialect, list[list[str]]]:
    """The dialect of a table, and its first rows, the header among them.

    Args:
        head: Its beginning; a last row that is cut off is not looked at.
        ended: Whether that is all of it.
        usual: The delimiter that its ending speaks for.
        given: What the recipe says: ``delimiter``, ``quoting``, ``escape``, ``header``, ``columns``; None where it
            says nothing.
    """
    wanted = given.get("delimiter")
    candidates = [wanted] if wanted else [usual, *(mark for mark in DELIMITERS if mark != usual)]
    known = (given.get("quoting"), given.get("escape"))
    looks = [_Look.of(head, mark, known, ended) for mark in candidates]
    steady = [look for look in looks if look.steadiness >= (STEADY if look is looks[0] else 1)]
    look = steady[0] if steady else looks[0]
    header = given.get("header")
    if header is None:
        names = given.get("columns")
        header = look.rows[:1] == [list(names)] if names else _has_header(look.rows)
    return Dialect(look.delimiter, look.newline, bool(header), look.quoting, look.escape), look.rows


@dataclass(frozen=True, slots=True)
class _Look:
    """A table's beginning as one delimiter cuts it."""

    delimiter: str
    quoting: str
    newline: str
    rows: list[list[str]]
    steadiness: float
    escape: str = ""

    @classmethod
    def of(cls, head: str, delimiter: str, known: tuple[str | None, str | None], ended: bool) -> _Look:
        """``known`` are quoting and escape as the recipe says; None where it doesn't."""
        quoting, escape = known
        found = _parsed(head, reading(delimiter, quoting or "minimal", escape or ""), ended)
        steadiness = _steadiness(found.rows, found.bad)
        if escape is None and ESCAPE in head and steadiness < 1:
            # where more rows are alike with it than without, it is no character like others
            own = quoting or _escaped_quoting(head, delimiter)
            plain = _parsed(head, reading(delimiter, own, ESCAPE), ended)
            better = _steadiness(plain.rows, plain.bad)
            if better > steadiness and better >= STEADY:
                return cls(delimiter, own, plain.newline, plain.rows, better, ESCAPE)
        if quoting is None and delimiter == "\t" and '"' in head and (found.bad or found.several) and steadiness < 1:
            # as tables with tabs have it often: where each line is a row without quotes, they are characters
            plain = _parsed(head, reading(delimiter, "none", escape or ""), ended)
            if plain.rows and _steadiness(plain.rows, plain.bad) == 1 and len(plain.rows[0]) > 1:
                return cls(delimiter, "none", plain.newline, plain.rows, 1.0, escape or "")
        own = quoting or ("all" if _all_quoted(found, delimiter) else "minimal")
        own = _escaped_quoting(head, delimiter) if quoting is None and escape else own
        return cls(delimiter, own, found.newline, found.rows, steadiness, escape or "")


@dataclass(slots=True)
class _Parsed:
    """Rows, how they were written, how many are bad or over several lines."""

    rows: list[list[str]]
    written: list[str]
    bad: int = 0
    several: int = 0

    @property
    def newline(self) -> str:
        ends = Counter(text[len(text.rstrip("\r\n")) :][-2:] for text in self.written)
        known = {end: count for end, count in ends.items() if end in ("\n", "\r\n", "\r")}
        return max(known, key=lambda end: (known[end], end), default="\n")


def _escaped_quoting(head: str, delimiter: str) -> str:
    """``none`` where no cell begins with a quote in a table with escapes, else ``minimal``."""
    return "minimal" if re.search(rf'(?:^|{re.escape(delimiter)})"', head, re.MULTILINE) else "none"


def _parsed(head: str, how: Mapping[str, Any], ended: bool) -> _Parsed:
    taken: list[str] = []

    def feed() -> Iterator[str]:
        for line in io.StringIO(head, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(feed(), **how)
    found = _Parsed([], [])
    limit = csv.field_size_limit(_rows.CELL)
    try:
        while len(found.rows) < SOME and found.bad < SOME:
            taken.clear()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                if "end of data" in str(error):  # cut off, or never closed
                    found.bad += ended or len(taken) > SOME
                    break
                found.bad += 1
                continue
            if cells is None:
                break
            if cells:
                found.rows.append(cells)
                found.written.append("".join(taken))
                found.several += len(taken) > 1
    finally:
        csv.field_size_limit(limit)
    return found


def _steadiness(rows: Sequence[Sequence[str]], bad: int) -> float:
    """Share of rows as long as most are; 0 where most have one cell."""
    if not rows:
        return 0.0
    (width, count), *_ = Counter(map(len, rows)).most_common(1)
    return count / (len(rows) + bad) if width > 1 else 0.0


def _all_quoted(found: _Parsed, delimiter: str) -> bool:
    """Whether each cell stands in quotes; the header may be without."""
    pairs = list(zip(found.rows, found.written, strict=True))
    for cells, written in pairs[1:] or pairs:
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="").writerow(cells)
        if out.getvalue() != written.rstrip("\r\n"):
            return False
    return bool(pairs)


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns, as most tables' do."""
    if not rows:
        return True
    first = [cell.strip() for cell in rows[0]]
    if any(cell.lower() in _USUAL for cell in first):
        return True
    told = [cell for cell in first if cell]
    if told == [str(place) for place in range(len(told))] and len(first) > 1:
        return True  # as pandas calls columns that have no names
    if len(set(told)) < len(told) or any(_NUMBER.fullmatch(cell) for cell in told):
        return False
    if any(len(cell) > NAME_LENGTH or len(cell.split()) > NAME_WORDS for cell in first):
        return False
    others = [row for row in rows[1:] if len(row) == len(first)]
    return not any(cell and cell == row[place].strip() for place, cell in enumerate(first) for row in others)
