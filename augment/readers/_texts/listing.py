"""Rows as sources: an Entry for each with the stretch of the file that it is, or a Skip with its line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from augment import nested, spans
from augment.errors import InputError
from augment.readers import _files, _shards, _stretches
from augment.readers._arrow import saved
from augment.readers._columns import Parts
from augment.readers._places import RefusedError
from augment.readers._rows import word
from augment.readers._texts import cells as _texts_cells
from augment.readers._texts import coded as _texts_coded
from augment.readers._texts import columns as _texts_columns
from augment.readers._texts import files as _texts_files
from augment.readers._texts import groups, keys, objects
from augment.readers._texts.files import File
from augment.readers._texts.ids import Ids
from augment.readers._texts.layout import ENDINGS, Layout, Look, look, rowless
from augment.readers._texts.options import Options
from augment.sample import ROW, Entry, Skip

BAD = "bad row"
MANY = 10
"""Bad rows of a CSV from which on it is asked how it is written, where they are more than the good ones."""

SHOWN = 40
ENTITY = "entity"
"""The layer whose spans must not overlap; answers to one question often do."""


def tables(path: Path, options: Options) -> Iterator[tuple[File, Look] | Skip]:
    """The tables of a data set and how they are laid out, those for training first. Raises InputError: none."""
    root = _shards.root_of(path)
    like: Layout | None = None
    first: InputError | None = None
    chosen = options.model_copy(update={"id": False}) if options.id is None and _files.ours(path) else options
    listed = _listed(path)
    if path.is_dir():
        listed = [file for file in listed if isinstance(file, Skip) or not rowless(root / file.name)]
    for file in _texts_files.parted(listed):
        if isinstance(file, Skip):
            yield file
            continue
        try:
            found = look(root / file.name, chosen, like)
        except InputError as error:
            first = first or error
            if not path.is_dir():
                raise
            yield Skip(file.name, "no samples", str(error))
            continue
        _refuse_strays(root / file.name, found, chosen)
        like = like or found.layout
        yield file, found
    if like is None:
        raise first or InputError(f"{path}: no table that can be used")


def _refuse_strays(path: Path, found: Look, options: Options) -> None:
    """Raises InputError where rows tell places in their texts that would not follow what is done to these."""
    layout = found.layout
    if options.shape == "none":
        return
    rows: list[Mapping[str, Any]] = []
    for row in found.rows:
        try:
            if layout.shape:
                texts, told = shaped(row, layout, "keep")
                rows.append({**told.fields, **texts})
            else:
                rows.append(_texts_coded.decoded(row, _texts_coded.columns([row])))
        except RefusedError:
            continue
    stray = spans.stray(rows, layout.roles.texts)
    if stray is not None:
        known, fix = "in no shape that is known", f"say input: {{shape: NAME}}, one of {', '.join(spans.names())}"
        if layout.shape:
            known, fix = f"beside those of the shape {layout.shape}", "leave the column out"
        raise InputError(
            f"{path}: column {stray[0]!r} has what look like places in the text ({stray[1]}), {known}; they would be "
            f"wrong once the text has changed: {fix}, or input: {{shape: none}} if they are none"
        )


def _listed(path: Path) -> list[File | Skip]:
    """The tables, wherever they are told. Raises InputError."""
    if not saved.holds(path):
        return _texts_files.found(path, ENDINGS)
    return [one if isinstance(one, Skip) else File(one.name, one.split, one.facts) for one in saved.parts(path)]


class Listing:
    """One pass over all tables of a data set."""

    def __init__(self, path: Path, options: Options) -> None:
        self.path, self.options = path, options
        self.root = _shards.root_of(path)
        self.parts = Parts(options.splits) if options.splits else None
        self.ids = Ids()
        self.late: set[str] = set()
        """Columns that were not in the first rows, and came later: rows of JSON may bring new ones."""

    def items(self) -> Iterator[Entry | Skip]:
        """Rows as sources. Raises InputError."""
        known: dict[str, None] = {}
        split: str | None = None
        rows = 0
        for table in tables(self.path, self.options):
            if isinstance(table, Skip):
                yield table
                continue
            file, found = table
            known.update(dict.fromkeys(found.layout.columns))
            known.update(dict.fromkeys(found.layout.roles.texts if found.layout.shape else ()))
            split = split or found.layout.roles.split
            for item in _Table(self, file, found.layout).items():
                rows += 1
                yield item
        if not rows:
            raise InputError(f"{self.path}: the table has no rows")
        _texts_columns.check(str(self.path), known | dict.fromkeys(sorted(self.late)), self.options.named)
        if self.parts is not None:
            self.parts.check(str(self.path), split)


class _Table:
    """One table of a data set."""

    def __init__(self, listing: Listing, file: File, layout: Layout) -> None:
        self.listing, self.file, self.layout = listing, file, layout
        self.roles = layout.roles
        self.path = listing.root / file.name
        self.lead = f"{file.name}/" if listing.path.is_dir() else ""
        self.changed = file.facts.st_mtime_ns
        self.usual = file.split or "train"
        self.late = {*self.roles.texts, *filter(None, self.roles[1:4])} - {*layout.columns}

    def items(self) -> Iterator[Entry | Skip]:
        """Its rows as sources. Raises InputError."""
        kind = self.layout.kind
        try:
            if kind == "cells":
                with self.path.open("rb") as file:
                    rows = _texts_cells.rows(str(self.path), file, self.layout.encoding, self.layout.dialect.reading)
                    yield from self._of_cells(self._mostly_good(rows))
            elif kind == "lines":
                with self.path.open("rb") as file:
                    yield from self._of_objects(objects.lines(file, self.layout.encoding), ":")
            elif kind == "list":
                yield from self._of_objects(objects.items(self.path), ": row ")
            else:
                yield from self._of_groups()
        except OSError as error:
            yield self._skip(": ", 0, "unreadable", error.strerror or str(error))

    def _guessed(self) -> str:
        """The encoding where nobody named it and it is no Unicode; a line of UTF-8 is none of such a file."""
        codec = self.layout.encoding
        return codec if self.listing.options.encoding == "auto" and codec in _stretches.LEGACY else ""

    def _skip(self, mark: str, line: int, reason: str, detail: str) -> Skip:
        return Skip(f"{self.file.name}{mark}{line or ''}".removesuffix(": "), reason, detail)

    def _mostly_good(self, rows: Iterator[_texts_cells.Row]) -> Iterator[_texts_cells.Row]:
        """The rows of a CSV. Raises InputError at their end where most are bad: it is written in another way."""
        width, good, bad = len(self.layout.columns), 0, 0
        first: _texts_cells.Row | None = None
        for row in rows:
            if isinstance(row.cells, str) or len(row.cells) != width:
                bad += 1
                first = first or row
            else:
                good += 1
            yield row
        if first is not None and bad >= MANY and bad > good:
            told = first.cells if isinstance(first.cells, str) else f"expected {width} cells, got {len(first.cells)}"
            raise InputError(
                f"{self.path}: {bad:,} of {bad + good:,} rows are bad, the first in line {first.line}: {told}; say "
                "how it is written, as in input: {delimiter: ';', quoting: none, escape: '\\'}"
            )

    def _of_cells(self, rows: Iterator[_texts_cells.Row]) -> Iterator[Entry | Skip]:
        """Rows of a CSV; the loop is as lean as it can be, for there may be ten million."""
        roles, columns, lead, changed = self.roles, self.layout.columns, self.lead, self.changed
        width = len(columns)
        shaped_ = bool(self.layout.shape)  # then texts need not be columns
        places = [] if shaped_ else [columns.index(name) for name in roles.texts]
        first, alone = (places or [0])[0], len(places) == 1
        label, split, own = (
            -1 if name is None or shaped_ else columns.index(name) for name in (roles.label, roles.split, roles.id)
        )
        header, usual, part, hashed = self.layout.dialect.header, self.usual, self._part, keys.of_content
        guessed = self._guessed()
        for line, start, length, found in rows:
            if header:
                header = False
                if isinstance(found, str):
                    raise InputError(f"{self.path}:{line}: expected the names of columns: {found}")
            elif isinstance(found, str):
                yield self._skip(":", line, BAD, found)
            elif len(found) != width:
                yield self._skip(":", line, BAD, f"expected {width} cells, got {len(found)}")
            else:
                content = "\x1f".join(found)
                text = found[first] if alone else "".join([found[place] for place in places])
                if not shaped_ and (not text or text.isspace()):
                    yield self._skip(":", line, "empty", f"nothing in column {', '.join(roles.texts)}")
                    continue
                if "\0" in content:
                    yield self._skip(":", line, "not text", "a NUL character")
                    continue
                if guessed and (problem := _stretches.foreign(content, guessed)):
                    yield self._skip(":", line, BAD, problem)
                    continue
                if shaped_:
                    row = dict(zip(columns, found, strict=True))
                    yield self._entry(row, content.encode(), (f"{start}+{length}", length), (":", line))
                    continue
                where = usual if split < 0 else part(found[split])
                key = None if own < 0 else self._named(found[own], where)
                if key == "":
                    yield self._twice(":", line, found[own])
                    continue
                yield Entry(
                    key or hashed(content.encode()),
                    f"{lead}{start}+{length}{ROW}",
                    where,
                    (found[label] or None) if label >= 0 else None,
                    length,
                    changed,
                )

    def _of_objects(self, rows: Iterator[objects.Row], mark: str) -> Iterator[Entry | Skip]:
        """Rows of JSON."""
        guessed = self._guessed()
        for line, start, length, row, written in rows:
            if isinstance(row, str):
                yield self._skip(mark, line, BAD, row)
            elif guessed and (problem := _stretches.foreign(written.decode(), guessed)):
                yield self._skip(mark, line, BAD, problem)
            else:
                yield self._entry(row, written, (f"{start}+{length}", length), (mark, line))

    def _of_groups(self) -> Iterator[Entry | Skip]:
        """Rows of Parquet, which are told by their number."""
        number = 0
        try:
            for group, place, row in groups.Table.open(str(self.path)).rows():
                number += 1
                good = objects.checked(row)
                if isinstance(good, str):
                    yield self._skip(": row ", number, BAD, good)
                    continue
                written = objects.written(row)
                yield self._entry(row, written, (f"{group}:{place}", len(written)), (": row ", number))
        except groups.BROKEN as error:
            yield self._skip(": row ", number + 1, "unreadable", f"{error}"[:200])

    def _entry(
        self, row: Mapping[str, Any], written: bytes, place: tuple[str, int], told: tuple[str, int]
    ) -> Entry | Skip:
        """One row: what it is known by, its place and size; ``told`` is how a Skip names it."""
        roles, listing = self.roles, self.listing
        row = nested.lifted(row, self.layout.nested) if self.layout.nested else row
        if self.late:
            listing.late |= self.late & row.keys()
        try:
            if self.layout.shape:
                fields = shaped(row, self.layout, listing.options.overlaps)[1].fields
                label = word(fields.get(roles.label), roles.label) if roles.label is not None else None
            else:
                check_texts(row, roles.texts)
                label = word(row.get(roles.label), roles.label) if roles.label is not None else None
            split = self.usual if roles.split is None else self._part(word(row.get(roles.split), roles.split))
            name = None if roles.id is None else word(row.get(roles.id), roles.id)
        except RefusedError as refused:
            return self._skip(*told, refused.reason, refused.detail)
        key = self._named(name, split) if name else None
        if key == "":
            return self._twice(*told, name or "")
        return Entry(
            key or keys.of_content(written),
            f"{self.lead}{place[0]}{ROW}",
            split,
            label or None,
            place[1],
            self.changed,
        )

    def _part(self, value: str | None) -> str:
        """The split that a cell names."""
        if self.listing.parts is not None:
            return self.listing.parts.of(value or "")
        return (value or "").strip() or self.usual

    def _named(self, name: str, split: str) -> str | None:
        """The key of a row with this name; None where it is empty, and empty where it has come before."""
        if not name or name.isspace():
            return None
        key = keys.of_name(name, split)
        return key if self.listing.ids.add(key) else ""

    def _twice(self, mark: str, line: int, name: str) -> Skip:
        detail = f"{name[:SHOWN]!r} in column {self.roles.id} has come before; input: {{id: false}} goes by content"
        return self._skip(mark, line, "duplicate id", detail)


def check_texts(row: Mapping[str, Any], columns: Sequence[str]) -> None:
    """Raises RefusedError where a row has no text, or something else instead."""
    told = False
    for name in columns:
        text = row.get(name)
        if isinstance(text, str):
            told = told or (bool(text) and not text.isspace())
            if "\0" in text:
                raise RefusedError("not text", f"a NUL character in column {name}")
        elif text is not None:
            raise RefusedError(BAD, f"expected a text in column {name}, got {str(text)[:SHOWN]}")
    if not told:
        has = "" if row.keys() >= {*columns} else f". {_texts_columns.has(row)}"
        raise RefusedError("empty", f"nothing in column {', '.join(columns)}{has}")


def _parsed(row: Mapping[str, Any], layout: Layout) -> spans.Found:
    """What a row tells. In a table, an empty cell of a text may stand for one that is not there. Raises ValueError."""
    texts = layout.roles.texts
    try:
        return spans.parse(layout.shape, row, texts, layout.scheme)
    except ValueError:
        less = {name: value for name, value in row.items() if value not in (None, "") or name not in texts}
        if not layout.coded or len(less) == len(row):
            raise
        return spans.parse(layout.shape, less, texts, layout.scheme)


def shaped(row: Mapping[str, Any], layout: Layout, overlaps: str) -> tuple[dict[str, str], spans.Found]:
    """The texts of a row that tells spans, and all that it tells. Raises RefusedError."""
    if layout.coded:
        row = _texts_coded.decoded(row, layout.coded)
    try:
        found = _parsed(row, layout)
    except (ValueError, RecursionError) as error:
        raise RefusedError("bad annotations", f"as {layout.shape}: {error}"[:300]) from None
    texts = dict(found.texts)
    check_texts(texts, tuple(texts))
    pair = None if overlaps == "keep" else spans.overlap(span for span in found.spans if span.layer == ENTITY)
    if pair is not None:
        one, other = (f"{span.label} from {span.start} to {span.end}" for span in pair)
        raise RefusedError(
            "overlapping spans", f"{one}, and {other}; input: {{overlaps: keep}} takes them as they are"
        )
    return texts, found
