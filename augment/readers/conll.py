"""Sentences with tagged tokens, a token a line (CoNLL): ``esp.testa``, ``train.conll``, ``dev.iob2``.

Columns are parted by a tab or by blanks, whichever a file uses; blank lines part sentences. The last column has the
tags unless the recipe says otherwise; others ride along with their token. The text of a sentence is its tokens with a
blank between each two. Lines that begin with ``-DOCSTART-`` are passed over: sentences are samples of their own, in an
order of their own, so no document is left to be told of. Further columns of tags stay legal: sparse ones (nested
entities) are left alone as the tags are, dense ones (chunks) follow their tokens. Columns that point at other tokens
(HEAD and DEPS of CoNLL-U) point at the same ones, or are ``_`` where there is none any more. The path is a file, or a
folder as in ``_conll.files``.

The formats: Tjong Kim Sang and De Meulder, "Introduction to the CoNLL-2003 shared task", 2003;
https://universaldependencies.org/format.html.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import pydantic
from pydantic_core import PydanticCustomError

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _binary, _stretches
from augment.readers._conll import files as _files
from augment.readers._conll import sentences as _sentences
from augment.readers._conll.files import Source
from augment.readers._conll.sentences import Stretch
from augment.sample import ROW, SIGN, Content, Dataset, Entry, Rows, Skip
from augment.spans import _beside, _columns, _tags, tokens
from augment.spans._columns import BLANK, FORM, NONE, REMARKS, TAB, FlawError, Layout

FALLBACK = False

Scheme = Literal["auto", "iob1", "iob2", "io", "bioes", "bilou", "bmes", "none"]


class Options(_Base):
    """How lines are to be read, where the files don't tell.

    Args:
        tags: The column of the tags, from 1, or from the end where below 0; the last by default.
        tokens: The column of the tokens, from 1; the first by default, or the second where the first counts.
        scheme: Of the tags; ``none`` where they mark no stretches, such as parts of speech.
        separator: What parts columns.
        encoding: Of the files.
        repair: Read illegal sequences of tags as conlleval does (an entity begins where its first mark is missing)
            rather than leave their sentences out. How many tags that were, the data set tells.
    """

    tags: int | None = pydantic.Field(None, ge=-_columns.MOST_COLUMNS, le=_columns.MOST_COLUMNS)
    tokens: int | None = pydantic.Field(None, ge=1, le=_columns.MOST_COLUMNS)
    scheme: Scheme = "auto"
    separator: Literal["auto", "tab", "blank"] = "auto"
    encoding: str = "auto"
    repair: bool = False

    @pydantic.field_validator("encoding")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            return value if value == "auto" else codecs.lookup(value).name
        except (LookupError, ValueError):
            told = f"expected auto or an encoding such as latin-1, got {value!r}"
            raise PydanticCustomError("encoding", "{told}", {"told": told}) from None


def claims(path: Path) -> bool:
    """A file whose lines are columns with tags in the last, or a folder with one; only beginnings are looked at."""
    if path.is_dir():
        return _files.any_in(path, _sentences.resembles)
    return path.is_file() and (path.suffix.lower() in _sentences.ENDINGS or _sentences.resembles(path))


def dataset(path: Path, options: Options) -> Dataset:
    """How the files are laid out, for a writer; all are read to tell the scheme. Raises InputError."""
    found, layout, mended = _survey(path, options)
    told: dict[str, Any] = {FORM: layout.plain()}
    if mended:
        told["repaired tags"] = mended
    reading = {
        "files": {one.name: [one.path.name, codec] for one, codec in found},
        "layout": layout.plain(),
        "repair": options.repair,
    }
    rows = Rows(texts=tokens.TEXTS, shape=tokens.__name__.rpartition(".")[2])
    return Dataset(spanned=True, rows=rows, fields=told, reading=reading)


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the sentences; see the Reader contract. Raises InputError where there are none."""
    found, layout, _ = _survey(path, options)
    listed = False
    good: set[tuple[str, str]] = set()
    for source, codec in found:
        facts = _facts(source.path)
        lead = f"{source.name}/" if source.name else ""
        for one in _opened(source, codec):
            checked = _checked(one, layout, options.repair, good)
            if checked is True and options.encoding == "auto" and codec in _stretches.LEGACY:
                checked = _foreign(one, codec) or checked
            if isinstance(checked, FlawError):
                listed = True
                yield Skip(
                    f"{source.told}:{one.line + checked.place}", checked.reason, checked.detail, None, source.split
                )
            elif checked:
                listed = True
                place = f"{lead}{one.start}+{one.length}{ROW}"
                yield Entry(_key(one.text), place, source.split, None, one.length, facts.st_mtime_ns)
    if not listed:
        raise InputError(f"{path}: no sentence in it")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The text of a sentence, with its tokens and entities. Raises SampleError."""
    told = dataset.reading
    name, _, place = entry.locator.removesuffix(ROW).rpartition("/")
    start, _, length = place.partition("+")
    if name not in told["files"] or not (start.isdecimal() and length.isdecimal()):
        raise SampleError("unreadable", f"{entry.locator}: no stretch of a file of the data set")
    layout = Layout.of(told["layout"])
    data = _stretches.read(path / name if name else path, int(start), int(length))
    try:
        lines = _lines(data.decode(told["files"][name][1]))
        if not entry.key.startswith(_key("\n".join(lines))):
            raise SampleError("changed", f"{name or path.name}: another sentence is in its place since it was listed")
        found = _columns.sentence(lines, layout)
        text, spans, _ = _columns.neutral(found, layout, repair=told["repair"])
    except UnicodeError as error:
        raise SampleError("changed", f"{name or path.name} has changed since it was listed: {error}") from None
    except FlawError as flaw:
        raise SampleError(flaw.reason, f"{entry.locator}: {flaw.detail}") from None
    fields = {REMARKS: list(found.remarks)} if found.remarks else {}
    data = SIGN + json.dumps({tokens.TEXTS[0]: text}).encode()
    return Content(data, Annotations(spans=tuple(spans), fields=fields))


def read_as(dataset: Dataset, options: Options) -> Mapping[str, str]:
    """Encoding, columns and scheme, as they were found or told."""
    layout = Layout.of(dataset.reading["layout"])
    encoding = _stretches.guess((codec for _, codec in dataset.reading["files"].values()), options.encoding)
    tags = f"column {layout.tags + 1}, {layout.scheme}" if layout.tagged else "none"
    found = {"encoding": encoding, "tokens": f"column {layout.token + 1} of {layout.columns}", "tags": tags}
    roles = [(name, role) for name, role in layout.roles.items() if role != _beside.ID]
    kept = {True: "left alone", False: "follow their tokens"}
    beside = [f"{name.replace('column', 'column ')}, {role}: {kept[name in layout.layers]}" for name, role in roles]
    return {**found, **({"beside": "; ".join(beside)} if beside else {})}


def _lines(text: str) -> list[str]:
    """Lines as ``_stretches`` has them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


def _key(text: str) -> str:
    """A name for a sentence that is the same whatever its encoding and its line ends."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _checked(one: Stretch, layout: Layout, repair: bool, good: set[tuple[str, str]]) -> FlawError | bool:
    """Whether a stretch has tokens, or what is wrong with it.

    ``good`` gets each tag with the next of sentences that are right: whether a tag may stand somewhere is told by its
    neighbours, so a sentence of which all pairs are good is right, too.
    """
    if one.problem:
        return FlawError(one.at - one.line, "not readable", one.problem)
    tags = None if "\0" in one.text else _columns.plain_tags(one.text, layout)
    pairs = set() if tags is None or not layout.tagged else set(zip(("", *tags), (*tags, ""), strict=True))
    if tags is not None and pairs <= good:
        return True
    try:
        found = _columns.sentence(one.lines, layout)
        if any("\0" in line for line in one.lines):
            place = next(place for place, line in enumerate(one.lines) if "\0" in line)
            return FlawError(place, "not text", "a NUL character")
        if layout.tagged and found.rows:
            _columns.chunks(found, layout, repair=repair)
    except FlawError as flaw:
        return flaw
    good |= pairs
    return bool(found.rows)


def _foreign(one: Stretch, codec: str) -> FlawError | None:
    """What is wrong with a line in another encoding than the file was taken for."""
    told = ((place, _stretches.foreign(line, codec)) for place, line in enumerate(one.lines))
    return next((FlawError(place, "not readable", problem) for place, problem in told if problem), None)


def _facts(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        raise InputError(f"{path}: the file can't be read ({error.strerror}); mend its rights") from None


def _opened(source: Source, codec: str) -> Iterator[Stretch]:
    """The sentences of a file."""
    try:
        with source.path.open("rb") as file:
            yield from _sentences.sentences(file, codec)
    except OSError as error:
        raise InputError(f"{source.path}: the file can't be read ({error.strerror}); mend its rights") from None


def _survey(path: Path, options: Options) -> tuple[list[tuple[Source, str]], Layout, int]:
    """The files with their codecs, the layout of their lines, and how many tags are mended."""
    found = _files.sources(path, _sentences.resembles, "columns of tokens and tags")
    stamps = tuple((one, (facts := _facts(one.path)).st_size, facts.st_mtime_ns) for one in found)
    return _surveyed(stamps, options)


@lru_cache(4)
def _surveyed(
    stamps: tuple[tuple[Source, int, int], ...], options: Options
) -> tuple[list[tuple[Source, str]], Layout, int]:
    found = []
    for source, _, _ in stamps:
        if options.encoding == "auto":
            _binary.refuse(source.path)
        encoding = options.encoding if options.encoding != "auto" else _stretches.encoding_of(source.path)
        with source.path.open("rb") as file:
            found.append((source, _stretches.codec(file, encoding)[0]))
    layout = _layout(found, options)
    if layout.scheme == NONE:
        return found, layout, 0
    return found, *_schemed(found, layout, options)


def _layout(found: Sequence[tuple[Source, str]], options: Options) -> Layout:
    """The layout that the first file with tokens tells; its scheme is that of the recipe, or the usual one."""
    separator = {"tab": TAB, "blank": BLANK}.get(options.separator)
    made = None
    for source, codec in found:
        made = _sentences.layout(_opened(source, codec), separator, options.tokens, options.tags)
        if made is not None:
            break
    if made is None:
        raise InputError(f"{found[0][0].path}: no sentence in it")
    scheme = _tags.USUAL if options.scheme == "auto" else options.scheme
    layout = replace(made, scheme=scheme)
    if Layout.of(layout.plain()) != layout:
        raise InputError(
            f"{source.path}: {made.columns} columns; expected tokens in column {made.token + 1} and tags in another, "
            f"{made.tags + 1}. Say which they are, as in input: {{tokens: 1, tags: 2}}, or separator: tab"
        )
    return _sentences.beside(_opened(source, codec), layout)


def _schemed(found: Sequence[tuple[Source, str]], layout: Layout, options: Options) -> tuple[Layout, int]:
    """The layout with the scheme that the tags of all sentences have, and how many of them are mended."""
    evidence = _tags.Evidence()
    sound = 0
    for tags in _tagged(found, layout):
        evidence.add(tags)
        sound += len(tags)
    strange = evidence.strange
    if 2 * strange.total() > sound:
        seen = ", ".join(tag[:20] for tag, _ in strange.most_common(3))
        raise InputError(
            f"{found[0][0].path}: column {layout.tags + 1} of {layout.columns} has no tags such as B-PER, I-PER and O "
            f"but {seen}; say which has, as in input: {{tags: 4}}, or {{scheme: none}} where no entities are tagged"
        )
    if options.scheme == "auto":
        layout = replace(layout, scheme=evidence.scheme)
    mended = 0
    for one in _sound(found, layout) if options.repair else ():
        try:
            mended += _columns.chunks(one, layout, repair=True)[1]
        except FlawError:
            continue
    return layout, mended


def _tagged(found: Sequence[tuple[Source, str]], layout: Layout) -> Iterator[list[str]]:
    """The tags of all sentences whose lines have the right number of columns."""
    for source, codec in found:
        for one in _opened(source, codec):
            tags = None if one.problem else _columns.plain_tags(one.text, layout)
            if tags is not None:
                yield tags
            elif sentence := _sentence(one, layout):
                yield sentence.tags(layout)


def _sentence(one: Stretch, layout: Layout) -> _columns.Sentence | None:
    """A stretch as a sentence; None where it is none."""
    try:
        return None if one.problem else _columns.sentence(one.lines, layout)
    except FlawError:
        return None


def _sound(found: Sequence[tuple[Source, str]], layout: Layout) -> Iterator[_columns.Sentence]:
    """All sentences whose lines have the right number of columns."""
    for source, codec in found:
        for one in _opened(source, codec):
            sentence = _sentence(one, layout)
            if sentence is not None:
                yield sentence
