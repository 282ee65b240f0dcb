"""LibriSpeech's tree: ``[subset/]speaker/chapter/speaker-chapter-nnnn.flac``, any ending, with what is said.

What is said in a chapter stands in one file beside it, ``speaker-chapter.trans.txt``: a line an utterance, with its
name and its text (https://www.openslr.org/12, README.TXT). A subset's name begins with its split: ``train-clean-100``
is of ``train``, ``dev-other`` of ``dev``. Without such folders all is ``train``; with them, what lies beside them is
left out. An utterance without its line is left out, and so is a line without its utterance, each with its reason.

Of a corpus, listing holds one chapter; ``read`` finds the line again by its place, and looks whether it is still the
same one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from augment.annotations import Annotations
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _files
from augment.readers._walk import Walk, ignored
from augment.readers.folder import SPLITS
from augment.sample import Content, Dataset, Entry, Skip

FALLBACK = False

TEXT = ".txt"
SCRIPT = ".trans.txt"
HOME = "LibriSpeech"
"""The folder that all archives unpack to; its parent is as good a path."""

LARGEST = 16_000_000
"""Most bytes of one chapter's transcript; LibriSpeech's have 20 thousand."""

LOOK = 8
"""Folders of a folder that are looked into to tell what a tree is."""

GLANCE = 1000
"""Files and folders of a folder that are looked at for the same."""

LAYOUT = "[subset/]speaker/chapter/"


class Options(_Base):
    """What becomes the class.

    Args:
        label: Whether an utterance's speaker or chapter is its class; by default it has none.
    """

    label: Literal["none", "speaker", "chapter"] = "none"


def claims(path: Path) -> bool:
    """A folder with a transcript ``speaker/chapter/speaker-chapter.trans.txt``, or one folder deeper."""
    return any(_has_script(chapter, speaker) for speaker, chapter in _candidates(str(_home(path))))


def dataset(path: Path, options: Options) -> Dataset:
    """It is known what is said, but not when."""
    return Dataset(transcribed=True)


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the utterances, chapter by chapter; see the Reader contract. Raises InputError."""
    path = _home(path)
    subsets = _subsets(path)
    seen = False
    for folder, found in Walk.of(path, suffixes | {TEXT}).folders():
        above = folder.prefix.split("/")[:-1]
        wanted = ((key, facts) for key, facts in found if _is_script(key) or not key.lower().endswith(TEXT))
        refusal = _outside(subsets, above)
        for item in _left(wanted, refusal) if refusal else _chapter(path, _Place.of(above, subsets, options), wanted):
            seen = True
            yield item
    if not seen:
        raise InputError(
            f"{path}: no utterance in it; expected {LAYOUT} with *{SCRIPT} and, beside it, files ending in one of "
            f"{' '.join(sorted(suffixes))}"
        )


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """An utterance and what is said in it. Raises SampleError where its line is no longer where it was listed."""
    path = _home(path)
    data = _files.read_below(path, entry.locator)
    script, offset, length = entry.annotations.rsplit(":", 2)
    try:
        told = _files.read_below(path, script)
    except SampleError as error:
        raise SampleError(f"transcript {error.reason}", f"{script}: {error.detail}") from None
    begin, end = int(offset), int(offset) + int(length)
    alone = told[max(begin - 1, 0) : begin] in _BEFORE and told[end : end + 1] in _AFTER
    name, said = _cut(told[begin:end])
    if not alone or len(told) < end or name != _stem(entry.locator).encode():
        raise SampleError("changed", f"{script} has changed since it was listed")
    try:
        return Content(data, Annotations(transcript=said.decode()))
    except UnicodeDecodeError as error:
        raise SampleError("bad transcript", f"{script}: not UTF-8 text ({error.reason})") from None


def _home(path: Path) -> Path:
    """The folder itself, or the one in it that the archives unpack to."""
    return path / HOME if os.path.isdir(path / HOME) else path


_BOM = b"\xef\xbb\xbf"
_BEFORE = (b"", b"\n", b"\r", _BOM[-1:])
_AFTER = (b"", b"\n", b"\r")


@dataclass(frozen=True, slots=True)
class _Place:
    """What a chapter's folder says of all that is in it."""

    split: str
    label: str | None
    fields: dict[str, str]

    @classmethod
    def of(cls, above: list[str], subsets: dict[str, str], options: Options) -> _Place:
        """Of a folder, from the names of the folders on the way to it and its own."""
        fields = dict(zip(("subset", "speaker", "chapter")[-len(above) :], above, strict=True))
        return cls(subsets.get(above[0], "train"), fields.get(options.label), fields)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a transcript: where it stands, and what is wrong with it."""

    script: str
    number: int
    start: int
    length: int
    changed: int
    said: bytes
    fault: str

    @property
    def place(self) -> str:
        """For a person."""
        return f"{self.script}:{self.number}"


Facts = os.stat_result | Skip


def _left(found: Iterable[tuple[str, Facts]], refusal: tuple[str, str]) -> Iterator[Skip]:
    """What lies where no chapter can be."""
    for key, facts in found:
        if isinstance(facts, Skip):
            yield facts
        elif not _is_script(key):
            yield Skip(key, *refusal)


def _chapter(path: Path, place: _Place, found: Iterable[tuple[str, Facts]]) -> Iterator[Entry | Skip]:
    """The utterances of one folder, and the lines that have none."""
    files = sorted(found, key=lambda item: item[0])
    lines: dict[str, _Line] = {}
    for key, facts in files:
        try:
            if _is_script(key) and isinstance(facts, Skip):
                raise SampleError(facts.reason, facts.detail)
            if _is_script(key) and not isinstance(facts, Skip):
                _learn(lines, path, key, facts)
        except SampleError as error:
            yield Skip(_files.printable(key), f"transcript {error.reason}", error.detail, None, place.split)
    spoken: set[str] = set()
    for key, facts in files:
        if not _is_script(key):
            spoken.add(_stem(key))
            yield facts if isinstance(facts, Skip) else _utterance(key, facts, place, lines.get(_stem(key)))
    for name, line in lines.items():
        if name not in spoken:
            utterance = f"{line.script.rpartition('/')[0]}/{name}"
            yield Skip(utterance, "missing", f"{line.place}: there is no such file", None, place.split)


def _utterance(key: str, facts: os.stat_result, place: _Place, line: _Line | None) -> Entry | Skip:
    if line is None:
        return Skip(
            key, "no transcript", f"no line of a *{SCRIPT} beside it begins with {_stem(key)}", None, place.split
        )
    if line.fault:
        return Skip(key, "bad transcript", f"{line.place}: {line.fault}", None, place.split)
    return Entry(
        key=key,
        locator=key,
        split=place.split,
        label=place.label,
        size=facts.st_size + line.length,
        mtime_ns=max(facts.st_mtime_ns, line.changed),
        fields=place.fields,
        annotations=f"{line.script}:{line.start}:{line.length}",
    )


def _learn(lines: dict[str, _Line], path: Path, script: str, facts: os.stat_result) -> None:
    """Note where the lines of a transcript stand. Raises SampleError."""
    if facts.st_size > LARGEST:
        raise SampleError("too large", f"at most {LARGEST} bytes are read")
    data = _files.read_below(path, script)
    start = len(_BOM) if data.startswith(_BOM) else 0
    for number, whole in enumerate(data[start:].splitlines(keepends=True), 1):
        written = whole.rstrip(b"\r\n")
        label, said = _cut(written)
        name = label.decode("utf-8", "backslashreplace")
        line = _Line(script, number, start, len(written), facts.st_mtime_ns, said, _fault(said))
        start += len(whole)
        if name and name not in lines:
            lines[name] = line
        elif name and lines[name].said != said:
            lines[name] = replace(line, fault=f"{lines[name].place} says something else")


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """The name that a line begins with, and what is said."""
    name, *rest = line.split(None, 1) or [b""]
    return name, rest[0].strip() if rest else b""


def _fault(said: bytes) -> str:
    if not said:
        return "nothing stands behind its name"
    try:
        said.decode()
    except UnicodeDecodeError as error:
        return f"not UTF-8 text ({error.reason})"
    return ""


def _subsets(path: Path) -> dict[str, str]:
    """Name of a subset's folder -> its split; empty where the top folders are speakers. Raises InputError."""
    with _files.listing(path), os.scandir(path) as found:
        top = [item.name for item in found if not ignored(item.name) and item.is_dir()]
    splits = {name: re.split("[-_]", name.lower(), maxsplit=1)[0] for name in top}
    return {name: split for name, split in splits.items() if split in SPLITS}


def _outside(subsets: dict[str, str], above: list[str]) -> tuple[str, str] | None:
    """Why files in a folder are left out; None where it may be a chapter's."""
    if subsets and not (above and above[0] in subsets):
        return "outside the splits", f"it lies beside {', '.join(sorted(subsets))}"
    if len(above) != 3 and (subsets or len(above) != 2):
        return "outside the layout", f"expected {LAYOUT}"
    return None


def _candidates(path: str) -> Iterator[tuple[str, str]]:
    """Some folders that may be a speaker's, each with one in it that may be a chapter; few are opened."""
    for top in _folders(path):
        for below in _folders(top):
            yield top, below
            for deepest in _folders(below):
                yield below, deepest


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as found:
            inner = (item.path for item in islice(found, GLANCE) if not ignored(item.name) and item.is_dir())
            return list(islice(inner, LOOK))
    except OSError:
        return []


def _has_script(chapter: str, speaker: str) -> bool:
    return os.path.isfile(os.path.join(chapter, f"{os.path.basename(speaker)}-{os.path.basename(chapter)}{SCRIPT}"))


def _is_script(key: str) -> bool:
    return key.lower().endswith(SCRIPT)


def _stem(key: str) -> str:
    return os.path.splitext(key.rpartition("/")[2])[0]
