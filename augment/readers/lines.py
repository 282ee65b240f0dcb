"""Text files of which each line is a sample: ``LABEL text``, ``text<TAB>LABEL``, or text without a class.

Known are fastText's ``__label__x __label__y text`` (the first class is the sample's, all of them are a fact), TREC's
``COARSE:fine question``, a class before or after a tab, and plain lines; any other by ``pattern``, such as
``"{label}|{text}"`` or ``"{label}:{fine} {text}"``. Fields beside ``{text}``, ``{label}`` and ``{split}`` are facts,
``{}`` is passed over. The path is one file, or a folder with ``train.txt``, ``test.txt`` and the like, whose names say
the split; other files beside those are left out. Empty lines are no samples. A bad line is left out with its number.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydantic
from pydantic_core import PydanticCustomError

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _binary, _shards, _stretches
from augment.readers._texts import files as _texts_files
from augment.readers._texts import forms, keys
from augment.readers._texts.files import File
from augment.readers._texts.forms import CLASS, TEXT, Form
from augment.readers._texts.layout import ENDINGS as TABLES
from augment.readers._texts.layout import HEAD
from augment.readers._texts.opened import Opened, told
from augment.readers._texts.options import encoding as _encoding
from augment.sample import ROW, SIGN, TRAINING, Content, Dataset, Entry, Rows, Skip

FALLBACK = False
ENDINGS = (".txt", ".text", ".label", ".lines", ".train", ".valid", ".val", ".dev", ".test")
PLAIN = frozenset({".txt", ".text", ".lines"})
"""Endings of files that may have no classes."""

SPLIT = "split"
_ENDS = "\r\n"
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class Options(_Base):
    """What lines say.

    Args:
        pattern: What a line is made of; fields in braces.
        encoding: Of the files; ``auto`` takes their mark, UTF-8, or Windows-1252.
    """

    pattern: str | None = None
    encoding: str = "auto"

    @pydantic.field_validator("pattern", mode="before")
    @classmethod
    def _fits(cls, value: Any) -> Any:
        if isinstance(value, dict):
            raise PydanticCustomError("pattern", "expected a text; put a pattern in quotes, for YAML has braces too")
        if isinstance(value, str):
            try:
                forms.of_pattern(value)
            except ValueError as error:
                raise PydanticCustomError("pattern", "expected {told}", {"told": str(error)}) from None
        return value

    @pydantic.field_validator("encoding", mode="after")
    @classmethod
    def _known(cls, value: str) -> str:
        return value if value == "auto" else _encoding(value)


def claims(path: Path) -> bool:
    """A file whose first lines have classes, or a plain one; a folder with such at its top, one for training."""
    try:
        if path.is_file():
            ending = path.suffix.lower()
            lines = _first(path) if ending in ENDINGS else []
            plain = ending in PLAIN and not forms.in_columns(lines)
            return forms.sniff(lines) != forms.PLAIN or plain
        names = [item.name for item in os.scandir(path) if item.is_file()] if path.is_dir() else []
        if any(name.lower().endswith(TABLES) for name in names):
            return False
        splits = {name: _texts_files.split_of(name) for name in names if name.lower().endswith(ENDINGS)}
        named = {name: split for name, split in splits.items() if split}
        trains = any(split.lower() in TRAINING for split in named.values())
        return trains and all(forms.sniff(_first(path / name)) != forms.PLAIN for name in named)
    except (OSError, UnicodeError):
        return False


def dataset(path: Path, options: Options) -> Dataset:
    """Lines have a text, most of them a class, and the facts of a pattern. Raises InputError."""
    tables = [item for item in _tables(path, options) if not isinstance(item, Skip)]
    form = tables[0][1]
    columns = tuple(name for name in form.columns if name != SPLIT)
    label = CLASS if CLASS in columns else None
    plain = [(file.name, [form.name, form.pattern, codec]) for file, form, codec in tables]
    return Dataset(rows=Rows(texts=(TEXT,), columns=columns, label=label), reading=told(path, plain))


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the lines; see the Reader contract. Raises InputError where they are not wanted, or there is none."""
    if ROW not in suffixes:
        raise InputError(f"{path}: its lines are texts, and the recipe has no steps for texts; add some, or remove it")
    root, seen, fitted = _shards.root_of(path), False, False
    for table in _tables(path, options):
        if isinstance(table, Skip):
            yield table
            continue
        file, form, codec = table
        lead = f"{file.name}/" if path.is_dir() else ""
        try:
            with (root / file.name).open("rb") as opened:
                for line in _stretches.lines(opened, codec):
                    if options.encoding == "auto" and not line.problem:
                        line.problem = _stretches.foreign(line.text, codec)
                    item = _item(line, file, form, lead)
                    if item is not None:
                        seen, fitted = True, fitted or isinstance(item, Entry)
                        yield item
        except OSError as error:
            yield Skip(file.name, "unreadable", error.strerror or str(error))
    if not seen:
        raise InputError(f"{path}: no line with anything in it")
    if options.pattern is not None and not fitted:
        raise InputError(f"{path}: no line fits the pattern {options.pattern}; mend the pattern")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """One line: its text, and the facts that it tells. Raises SampleError."""
    lead, _, place = entry.locator.rpartition("/")
    (form, codec), file = _opened.table(path, dataset.reading, lead)
    start, _, length = place.removesuffix(ROW).partition("+")
    data = _stretches.read(file, int(start), int(length))
    try:
        line = data.decode(codec).rstrip(_ENDS)
    except UnicodeError as error:
        raise SampleError("changed", f"it has changed since it was listed ({error})") from None
    found = form.parted(line)
    if found is None or not keys.same(entry.key, keys.of_content(line.encode("utf-8", "surrogatepass"))):
        raise SampleError("changed", "it has changed since it was listed (another line is in its place)")
    text, _, facts = found
    facts.pop(SPLIT, None)
    return Content(SIGN + _ENCODE({TEXT: text}).encode(), Annotations(fields=facts) if facts else None)


def _restored(plain: Sequence[str]) -> tuple[Form, str]:
    name, pattern, codec = plain
    return Form(name, pattern), codec


def read_as(dataset: Dataset, options: Options) -> Mapping[str, str]:
    """Encoding and form, as they were found or told."""
    name, pattern, _ = dataset.reading["layouts"][0]
    encoding = _stretches.guess((codec for _, _, codec in dataset.reading["layouts"]), options.encoding)
    return {"encoding": encoding, "lines": pattern or _SHOWN[name]}


_SHOWN = {
    forms.FASTTEXT: "__label__CLASS text",
    forms.COARSE: "COARSE:fine text",
    forms.LAST: "text, tab, class",
    forms.FIRST: "class, tab, text",
    forms.PLAIN: "text without a class",
}

_opened = Opened(_restored)


def _tables(path: Path, options: Options) -> Iterator[tuple[File, Form, str] | Skip]:
    """The files, those for training first, with their form (that of the first) and codec. Raises InputError."""
    form = None if options.pattern is None else Form("", options.pattern)
    good = False
    endings = ENDINGS if path.is_dir() else ("",)
    for file in _texts_files.parted(_texts_files.found(path, endings)):
        if isinstance(file, Skip):
            yield file
            continue
        where = _shards.root_of(path) / file.name
        codec = options.encoding if options.encoding != "auto" else _stretches.encoding_of(where)
        try:
            if options.encoding == "auto":
                _binary.refuse(where)
            form = form or Form(forms.sniff(_first(where, codec)))
            with where.open("rb") as opened:
                codec = _stretches.codec(opened, codec)[0]
        except OSError as error:
            yield Skip(file.name, "unreadable", error.strerror or str(error))
            continue
        except _binary.UnfitError as error:
            if not path.is_dir():
                raise
            yield Skip(file.name, "not text", str(error))
            continue
        good = True
        yield file, form, codec
    if not good:
        raise InputError(f"{path}: no file that can be used")


def _first(path: Path, codec: str = "auto") -> list[str]:
    """The first lines of a file, without their ends; what is cut off is left out. Raises OSError."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    name = _stretches.encoding_in(io.BytesIO(head)) if codec == "auto" else codec
    lines = list(_stretches.lines(io.BytesIO(head), name))
    kept = lines[:-1] if len(head) == HEAD and len(lines) > 1 else lines
    return [line.text.rstrip(_ENDS) for line in kept[: 2 * forms.SOME] if not line.problem]


def _item(line: _stretches.Line, file: File, form: Form, lead: str) -> Entry | Skip | None:
    """A line as a source; None where it is empty."""
    here = f"{file.name}:{line.number}"
    if line.problem:
        return Skip(here, "bad row", line.problem)
    told = line.text.rstrip(_ENDS)
    if not told or told.isspace():
        return None
    found = form.parted(told)
    if found is None:
        wanted = form.pattern or ", ".join(form.columns)
        return Skip(here, "bad row", f"expected {wanted} in it, got {told[:40]!r}")
    text, label, facts = found
    if not text or text.isspace():
        return Skip(here, "empty", "nothing in it beside its class")
    if "\0" in text:
        return Skip(here, "not text", "a NUL character")
    return Entry(
        key=keys.of_content(told.encode("utf-8", "surrogatepass")),
        locator=f"{lead}{line.start}+{line.length}{ROW}",
        split=str(facts.get(SPLIT) or file.split or "train"),
        label=label or None,
        size=line.length,
        mtime_ns=file.facts.st_mtime_ns,
    )
