"""How one table is laid out: what it is written in, its columns and what they are; told from its beginning."""

from __future__ import annotations

import codecs
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from augment import encodings, nested, spans
from augment.errors import InputError
from augment.readers import _binary, _rows, _stretches
from augment.readers._arrow.file import ENDING
from augment.readers._binary import UnfitError
from augment.readers._texts import coded as _texts_coded
from augment.readers._texts import columns as _texts_columns
from augment.readers._texts import dialect as _texts_dialect
from augment.readers._texts import groups, objects
from augment.readers._texts.columns import Roles
from augment.readers._texts.dialect import Dialect
from augment.readers._texts.options import Options
from augment.sample import Rows

_FOUND = {**dict.fromkeys(_rows.SEPARATORS, "cells"), **dict.fromkeys(_rows.LINES, "lines"), ".parquet": "groups"}
KINDS = {**_FOUND, ENDING: "groups"}
"""Ending -> how rows are found; ``.json`` must be looked into."""

ENDINGS = (*_FOUND, ".json")
"""Those that are looked for in a folder; which of Arrow's tables count is told beside them."""

HEAD = 1 << 19
"""Bytes of a table that are looked at."""

SOME = 100
"""Rows that are looked at."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One table.

    Args:
        kind: ``cells`` (CSV), ``lines`` (JSON Lines), ``list`` (a JSON file) or ``groups`` (Parquet, Arrow).
        encoding: The codec.
        columns: All that are known.
        roles: What they are.
        shape: Where spans are told: the module of ``augment.spans``.
        types: See ``augment.sample.Rows``.
        dialect: Of a CSV.
        coded: Columns that hold lists or objects as JSON in a text, from which the shape is told.
        mixed: Whether classes may be of several types, as JSON has them; a row then tells the type of its own.
        scheme: How tokens are tagged, where they are; told from the first rows.
        classes: Column with classes -> the names of all classes in their order, where the table declares them.
    """

    kind: str
    encoding: str
    columns: tuple[str, ...]
    roles: Roles
    shape: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = field(default_factory=Dialect)
    coded: tuple[str, ...] = ()
    scheme: str = ""
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mixed: bool = False
    nested: tuple[str, ...] = field(init=False, compare=False)
    """Paths of roles that fields inside columns have."""

    def __post_init__(self) -> None:
        names = () if self.shape else nested.paths((*self.roles.texts, *self.roles[1:4]), self.columns)
        object.__setattr__(self, "nested", names)

    def plain(self) -> dict[str, Any]:
        """As JSON values, for ``read``."""
        return {
            "kind": self.kind,
            "encoding": self.encoding,
            "columns": list(self.columns),
            "roles": [list(self.roles.texts), *self.roles[1:]],
            "shape": self.shape,
            "dialect": self.dialect.plain(),
            "coded": list(self.coded),
            "scheme": self.scheme,
            "mixed": self.mixed,
        }

    @classmethod
    def restored(cls, told: Mapping[str, Any]) -> Layout:
        """The reverse, but for ``types`` and ``classes``."""
        texts, *rest = told["roles"]
        roles = Roles(tuple(texts), *rest)
        dialect = Dialect(**told["dialect"])
        columns, coded = tuple(told["columns"]), tuple(told["coded"])
        own = cls(told["kind"], told["encoding"], columns, roles, told["shape"], {}, dialect, coded, told["scheme"])
        return replace(own, mixed=told["mixed"])

    def rows(self) -> Rows:
        """What writers are told."""
        roles = self.roles
        return Rows(
            texts=roles.texts,
            columns=self.columns,
            label=roles.label,
            split=None if roles.parted else roles.split,
            shape=self.shape,
            types=self.types,
            dialect=self.dialect.plain() if self.kind == "cells" else {},
        )


@dataclass(frozen=True, slots=True)
class Look:
    """A table's layout and its first rows by column."""

    layout: Layout
    rows: Sequence[Mapping[str, Any]]


def look(path: Path, options: Options, like: Layout | None = None, whole: bool = True) -> Look:
    """Find out how a table is laid out.

    Args:
        path: The table.
        options: What the recipe says.
        like: The layout of another table of the data set; what its columns are, they are here.
        whole: Whether all of the table is looked through for its encoding, not only its beginning.

    Raises:
        InputError: It can't be read, is no table, has no texts, or lacks a column that the recipe names.
    """
    try:
        facts = os.stat(path)
        found = _look(str(path), (facts.st_mtime_ns, facts.st_size), options.model_dump_json(), whole, like is None)
    except groups.BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(f"{path}: the table can't be read ({error.strerror}); mend its rights") from None
        raise UnfitError(f"{path}: no table that can be read ({error})"[:300]) from None
    return found if like is None else _as(found, like, path)


_MARKS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar", " ": "blank"}


def told(layouts: Sequence[Layout], options: Options) -> dict[str, str]:
    """How tables are read, in words: what -> as what; the columns are those of the first table."""
    first, roles = layouts[0], layouts[0].roles
    made: dict[str, str] = {}
    if first.kind != "groups":
        made["encoding"] = _stretches.guess((one.encoding for one in layouts), options.encoding)
    if first.kind == "cells":
        marks = dict.fromkeys(one.dialect.delimiter for one in layouts)
        never = options.delimiter is not None and all(len(one.columns) == 1 for one in layouts)
        warning = " (as the recipe says, but none of the first rows has it)" if never else ""
        made["delimiter"] = ", ".join(_MARKS.get(mark, mark) for mark in marks) + warning
        escapes = dict.fromkeys(one.dialect.escape for one in layouts if one.dialect.escape)
        made |= {"escape": ", ".join(escapes)} if escapes else {}
    made["texts"] = ", ".join(roles.texts)
    made |= {what: name or "none" for what, name in (("label", roles.label), ("split", roles.split), ("id", roles.id))}
    made |= {what: name for what, name in (("spans", first.shape), ("tags", first.scheme)) if name}
    return made


def kind_of(path: Path, head: bytes) -> str:
    """How rows are found in a file that begins with ``head``; empty where it is a JSON file without rows."""
    ending = path.suffix.lower()
    if ending == ".json":
        return objects.begins(head)
    return KINDS.get(ending) or objects.begins(head) or "cells"


def rowless(path: Path) -> bool:
    """Whether a file is JSON, but no list of objects: it tells something else, such as the names of classes."""
    if path.suffix.lower() != ".json":
        return False
    try:
        with path.open("rb") as file:
            return not objects.begins(file.read(HEAD))
    except OSError:
        return False


@lru_cache(512)
def _look(path: str, stamp: tuple[int, int], options: str, whole: bool, own: bool) -> Look:
    """See ``look``; ``own`` is False where texts need not be found, for they are known from elsewhere."""
    chosen = Options.model_validate_json(options)
    try:
        found = _by_head(Path(path), HEAD, chosen, (whole, own))
    except InputError:
        if stamp[1] <= HEAD:
            raise
    else:
        if found.rows or stamp[1] <= HEAD:
            return found
    return _by_head(Path(path), 2 * _stretches.MOST, chosen, (whole, own))  # a row is longer than the head


def _by_head(path: Path, size: int, options: Options, how: tuple[bool, bool]) -> Look:
    """A table by its first ``size`` bytes; ``how`` is ``whole`` and ``own``."""
    whole, own = how
    with path.open("rb") as opened:
        head = opened.read(size)
    kind = kind_of(path, head)
    if kind != "groups":
        _fit(path, head, size, options.encoding == "auto")
    if not kind:
        raise InputError(f"{path}: expected a list of objects, [{{...}}, {{...}}], or an object a line")
    if kind == "groups":
        return _of_groups(path, options, own)
    ended = len(head) < size
    encoding = _encoding(path, head, options, whole) if kind != "list" else "utf-8"
    if kind == "cells":
        return _of_cells(path, (head, ended), encoding, options, own)
    rows = objects.first(path, kind, head, encoding, SOME)
    names = tuple(dict.fromkeys(name for row in rows for name in objects.columns(row)))
    return _finished(path, Layout(kind, encoding, names, Roles(())), rows, options, (own, ended))


def _fit(path: Path, head: bytes, size: int, guessed: bool) -> None:
    """Raises UnfitError for a file that is no text, or has nothing in it."""
    if guessed:
        _binary.refuse(path, head)
    if len(head) < size and head.removeprefix(codecs.BOM_UTF8).strip() in (b"", b"[]"):
        raise UnfitError(f"{path}: there is nothing in it")
    wide = encodings.wide(head[: encodings.BEGIN]) or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if wide and path.suffix.lower() == ".json":
        raise UnfitError(f"{path}: it is in UTF-16, and JSON is in UTF-8 (RFC 8259); save it so")


def _encoding(path: Path, head: bytes, options: Options, whole: bool) -> str:
    """The codec, with its byte order."""
    name = options.encoding
    if name == "auto":
        name = _stretches.encoding_of(path) if whole else _stretches.encoding_in(io.BytesIO(head))
    return _stretches.codec(io.BytesIO(head), name)[0]


def _of_cells(path: Path, begin: tuple[bytes, bool], encoding: str, options: Options, own: bool) -> Look:
    """A CSV by how it begins, and whether that is all of it."""
    head, ended = begin
    _, mark = _stretches.codec(io.BytesIO(head), encoding)
    text = head[mark:].decode(encoding, "replace")
    if not ended:
        text = text[: text.rfind("\n") + 1] or text
    separator = _rows.SEPARATORS.get(path.suffix.lower(), ",")
    dialect, rows = _texts_dialect.sniff(text, separator, options.written, ended)
    if not rows:
        raise InputError(f"{path}: the table has no rows")
    width = len(rows[0]) if dialect.header else Counter(map(len, rows)).most_common(1)[0][0]
    names = list(options.columns or ()) or (
        _rows.names_of(path, rows[0]) if dialect.header else [f"column {place}" for place in range(1, width + 1)]
    )
    if len(names) != width:
        raise InputError(f"{path}: columns names {len(names)}, but the table has {width}: {', '.join(rows[0])[:200]}")
    good = [row for row in rows[dialect.header :] if len(row) == width][:SOME]
    cells = [dict(zip(names, row, strict=True)) for row in good]
    layout = Layout("cells", encoding, tuple(names), Roles(()), dialect=dialect)
    return _finished(path, layout, cells, options, (own, True))


def _of_groups(path: Path, options: Options, own: bool) -> Look:
    table = groups.Table.open(str(path))
    layout = Layout("groups", "utf-8", tuple(table.columns), Roles(()), types=table.types, classes=table.classes)
    return _finished(path, layout, table.first(SOME), options, (own, True))


def _finished(
    path: Path, layout: Layout, rows: Sequence[Mapping[str, Any]], options: Options, known: tuple[bool, bool]
) -> Look:
    """With the roles of the columns and the shape of the spans.

    ``known`` says whether texts must be found, and whether all columns have been seen.
    """
    own, complete = known
    named = options.named
    name_of_rows = named.id if isinstance(named.id, str) else None
    within = nested.paths((*named.texts, named.label, named.split, name_of_rows), layout.columns)
    rows = [nested.lifted(row, within) for row in rows] if within else rows
    coded = _texts_coded.columns(rows) if layout.kind in ("cells", "groups") else ()
    values = [_texts_coded.decoded(row, coded) for row in rows] if coded else rows
    shape, texts = _shape(values, options)
    texts = () if layout.kind == "cells" and not shape else texts
    if own and complete and rows:
        there = [name for name in within if any(name in row for row in rows)]
        _texts_columns.check(str(path), dict.fromkeys((*layout.columns, *texts, *there)), named)
    roles = _texts_columns.roles(layout.columns, rows, named, texts)
    if roles is None and own:
        told = "the table has no rows" if not rows else _texts_columns.has(layout.columns)
        raise InputError(f"{path}: which column holds the texts? {told}; say input: {{text: COLUMN}}, or COLUMN.FIELD")
    roles = roles or Roles(())
    if roles.label is None and len(layout.classes) == 1:  # the metadata calls it so
        roles = roles._replace(label=next(iter(layout.classes.keys() - {*roles.texts, roles.split, roles.id}), None))
    types = dict(layout.types)
    mixed = roles.label is not None and layout.kind in ("lines", "list")
    if mixed:
        kinds = {type(cell) for cell in _texts_columns.cells(rows, roles.label or "")}
        name = next((name for kind, name in _TYPES.items() if kinds == {kind}), None)
        types |= {roles.label or "": name} if name else {}
        mixed = name is None
    scheme = spans.scheme(shape, values) if shape else ""
    coded = coded if shape else ()
    found = replace(layout, roles=roles, shape=shape, types=types, coded=coded, scheme=scheme, mixed=mixed)
    return Look(found, rows)


_TYPES = {int: "int64", bool: "bool", float: "double"}


def _shape(rows: Sequence[Mapping[str, Any]], options: Options) -> tuple[str, tuple[str, ...]]:
    """The shape that most of the first rows have that have any, and the columns of its texts."""
    if options.shape == "none":
        return "", ()
    if options.shape != "auto":
        name = options.shape
    else:
        shapes = Counter(filter(None, map(spans.shape_of, rows)))
        included = {one for name in shapes for one in getattr(spans.shape(name), "INCLUDES", ())}
        name = max(shapes, key=lambda one: (one not in included, shapes[one]), default="")
    for row in rows if name else ():
        try:
            return name, tuple(spans.parse(name, row, options.named.texts).texts)
        except ValueError:
            continue
    return name, options.named.texts


def _as(found: Look, like: Layout, path: Path) -> Look:
    """A table with the roles of another. Raises InputError where it has not its texts."""
    layout, roles = found.layout, like.roles
    if layout.shape != like.shape or not {*roles.texts} <= {*layout.columns, *layout.roles.texts}:
        has = _texts_columns.has(layout.columns)
        raise InputError(f"{path}: expected {', '.join(roles.texts)} in it, as in other tables beside it. {has}")
    there = {*layout.columns, *layout.nested}
    label, split, name = (one if one in there else None for one in (roles.label, roles.split, roles.id))
    own = Roles(roles.texts, label, split, name, roles.parted)
    return Look(replace(layout, roles=own, scheme=like.scheme or layout.scheme), found.rows)
