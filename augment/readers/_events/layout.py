"""Where the label files of a data set of sounds are, and of what kinds: beside the sounds, in a folder, in tables.

A file of a kind that may serve many recordings is a table where it names others than the one that it is called like.
What a file is, its ending says, and its beginning: an ending counts where a file of the data set that ends so begins
as its kind does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from augment import timelines
from augment.errors import InputError, SampleError, nearest
from augment.readers import _files
from augment.readers._walk import ignored
from augment.timelines import SharedTimeline, _transcripts
from augment.timelines._lines import Source, lines

BEGIN = 1 << 16
"""Bytes of a file that are looked at to tell what it is."""

LOOK = 500
"""Label files that are looked at to tell which endings count."""

GLANCE = 20_000
"""Names that are looked at to tell whether a folder is such a data set."""

ROWS = 20
"""Rows of a table that are looked at for the same."""

LARGEST = 64_000_000
"""Most bytes of a label file of one recording."""

_ENDINGS = ".wav .wave .flac .ogg .oga .opus .mp3 .m4a .aac .aif .aiff .aifc .au .snd .caf .w64 .rf64 .mp4 .mkv .webm"
SOUNDS = frozenset(_ENDINGS.split())
"""Endings that tell a sound to ``claims``, before it is known which endings are wanted."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is.

    Args:
        root: The folder of the sounds.
        labels: The folder of the label files, which nothing leads out of.
        beside: Whether each lies beside its sound.
        endings: Ending, lower case -> kind, of files of one recording.
        tables: Name below ``labels`` -> kind, of files of many recordings.
        transcripts: The table of what is said, below ``labels``; empty where there is none.
        only: Whether the data set is what the tables name, and no more.
        encoding: Of label files, where their beginning doesn't say.
    """

    root: str
    labels: str
    beside: bool
    endings: Mapping[str, str]
    tables: Mapping[str, str]
    transcripts: str
    only: bool
    encoding: str


def find(path: Path, labels: str | None, kind: str, encoding: str) -> Layout:
    """Look where labels are. Raises InputError.

    Args:
        path: The folder of sounds, or a table.
        labels: ``input.labels``.
        kind: ``input.kind``.
        encoding: ``input.encoding``.
    """
    told = timelines.kinds() if kind == "auto" else (kind,)
    if not os.path.exists(path):
        raise InputError(f"{path}: there is no such file or folder; check the path")
    root = str(path if path.is_dir() else path.parent)
    if path.is_dir():
        target = os.path.join(root, labels or "")
    elif labels is not None:
        raise InputError(f"{path}: with input.labels, give the folder of the sounds as input.path")
    else:
        target = str(path)
    if "\0" in target or not os.path.exists(target):
        raise InputError(f"{target}: there is no such file or folder; input.labels says where labels are")
    if os.path.isfile(target):
        found = _table(target, told, encoding)
        home, name = os.path.split(os.path.realpath(target))
        said = _said(home, encoding)
        return Layout(root, home, False, {}, {name: found}, said, not path.is_dir(), encoding)
    home, beside = os.path.realpath(target), labels is None
    sounds = _sounds(home) if beside else frozenset[str]()
    tables = {
        name: found
        for name in _names(home)
        if _stem(name) not in sounds and (found := table(home, name, told, encoding))
    }
    endings = {ending.lower(): kind for ending in timelines.timeline(kind).ENDINGS} if kind != "auto" else {}
    endings = endings or dict(_endings(home, beside, told, encoding))
    return Layout(root, home, beside, endings, tables, _said(home, encoding), False, encoding)


def resembles(path: Path) -> bool:
    """Whether a folder or table clearly is such a data set. Never raises."""
    try:
        home = str(path if path.is_dir() else path.parent)
        names = list(islice(_walk(home), GLANCE))
        known = {name for name in names if os.path.splitext(name)[1].lower() in SOUNDS}
        if not known:
            return False
        short = {word for name in known for word in (name, _base(name), _stem(name), _stem(_base(name)))}
        for name in [path.name] if path.is_file() else _names(home):
            kind = table(home, name, timelines.kinds(), "latin-1")
            for one in recordings(home, name, kind, "latin-1") if kind else ():
                if _base(one) in short or os.path.isfile(os.path.join(home, one)):
                    return True
        stems = {_stem(name) for name in known}
        beside = (name for name in names if name not in known and _stem(name) in stems)
        return path.is_dir() and any(_parses(home, name) for name in islice(beside, ROWS))
    except (OSError, ValueError, InputError, SampleError):
        return False


def table(home: str, name: str, kinds: Iterable[str], encoding: str) -> str:
    """The kind of a file of many recordings; empty where it is something else."""
    for kind in kinds:
        shared = timelines.shared(kind)
        if (
            shared is None
            or os.path.splitext(name)[1].lower() not in _lower(shared.ENDINGS)
            or name == _transcripts.NAME
        ):
            continue
        text = beginning(os.path.join(home, name), encoding)
        if not shared.resembles(text):
            continue
        try:
            named = {_stem(_base(one)) for one in _recordings(shared, text, name)}
        except SampleError:
            continue
        if named - {"", _stem(name)} or (not named and shared.opening(lines(text))):
            return kind
    return ""


def recordings(home: str, name: str, kind: str, encoding: str) -> list[str]:
    """The recordings that the first rows of a table name."""
    shared = timelines.shared(kind)
    text = beginning(os.path.join(home, name), encoding)
    return [one.replace("\\", "/") for one in _recordings(shared, text, name)] if shared else []


def beginning(path: str, encoding: str) -> str:
    """The first lines of a file as text; what can't be decoded is replaced. Empty where it can't be read."""
    try:
        with open(path, "rb", opener=_files._open) as file:
            data = file.read(BEGIN)
    except OSError:
        return ""
    return data.decode(coding(data, encoding), "replace").removeprefix("\ufeff")


def coding(data: bytes, encoding: str) -> str:
    """The encoding of a text: UTF-16 where it begins with its mark, as Praat writes it; else the one given."""
    return "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding


def kind_of(path: str, kinds: Iterable[str], encoding: str) -> str:
    """The kind of a label file, by its ending and beginning; empty where it is none."""
    ending = os.path.splitext(path)[1].lower()
    able = [kind for kind in kinds if ending in _lower(timelines.timeline(kind).ENDINGS)]
    text = beginning(path, encoding) if able else ""
    return next((kind for kind in able if text and timelines.timeline(kind).resembles(text)), "")


def walk(home: str, endings: Iterable[str]) -> Iterator[str]:
    """Names below ``home`` with one of some endings, sorted folder by folder; links to folders are left alone."""
    wanted = frozenset(endings)
    return (name for name in _walk(home) if os.path.splitext(name)[1].lower() in wanted)


def check_kind(value: str) -> str:
    """``value`` where it is a kind or ``auto``. Raises ValueError with the nearest right name."""
    known = ["auto", *timelines.kinds()]
    if value not in known:
        raise ValueError(f"expected a kind of label file ({nearest(value, known)})")
    return value


def _table(target: str, kinds: Iterable[str], encoding: str) -> str:
    """The kind of a file that is given as the table. Raises InputError."""
    home, name = os.path.split(target)
    found = table(home, name, kinds, encoding)
    if found:
        return found
    kind = kind_of(target, kinds, encoding)
    shared = timelines.shared(kind) if kind else None
    if shared is not None and any(recordings(home, name, kind, encoding)):
        return kind
    what = f"labels of one recording ({kind})" if kind else "no labels that are understood"
    known = ", ".join(one for one in timelines.kinds() if timelines.timeline(one).SHARED)
    raise InputError(
        f"{target}: expected a table of many recordings ({known}), with a column of files and one of onsets; it has "
        f"{what}. Give the folder of the sounds as input.path, and that of label files as input.labels"
    )


def _recordings(shared: SharedTimeline, text: str, name: str) -> list[str]:
    """What the first rows of a text are about. Raises SampleError where they are no rows."""
    if len(text) >= BEGIN // 4:  # the last line may be cut
        text = text[: text.rfind("\n") + 1]
    found = lines(text)
    source = Source(name, 0, shared.opening(found))
    named: list[str] = []
    try:
        named.extend(row.recording for row in islice(shared.rows(found, source), ROWS * 50))
    except SampleError:
        if not named:
            raise
    return named  # of rows before a cell that is cut


def _said(home: str, encoding: str) -> str:
    path = os.path.join(home, _transcripts.NAME)
    return _transcripts.NAME if os.path.isfile(path) and _transcripts.resembles(beginning(path, encoding)) else ""


def _endings(home: str, beside: bool, kinds: Iterable[str], encoding: str) -> Iterator[tuple[str, str]]:
    """Endings that count, with their kinds."""
    told = frozenset(ending for kind in kinds for ending in _lower(timelines.timeline(kind).ENDINGS))
    seen: set[str] = set()
    here, stems = "", frozenset[str]()
    for name in islice(walk(home, told), LOOK):
        folder = name.rpartition("/")[0]
        if beside and (not stems or folder != here):
            here, stems = folder, _values(os.path.join(home, folder), told)
        ending = os.path.splitext(name)[1].lower()
        if ending in seen or (beside and _stem(_base(name)) not in stems):
            continue
        kind = kind_of(os.path.join(home, name), kinds, encoding)
        if kind:
            seen.add(ending)
            yield ending, kind


def _parses(home: str, name: str) -> bool:
    path = os.path.join(home, name)
    kind = kind_of(path, timelines.kinds(), "latin-1")
    if not kind or os.path.getsize(path) > LARGEST:
        return False
    data = _files.read(path)
    return bool(timelines.timeline(kind).parse(data.decode(coding(data, "latin-1"), "replace"), Source(name)).events)


def _walk(home: str) -> Iterator[str]:
    """All files below ``home``, ``/``-separated, sorted folder by folder. Raises InputError."""
    todo = [""]
    while todo:
        here = todo.pop()
        path = os.path.join(home, here)
        with _files.listing(path), os.scandir(path) as found:
            items = sorted((item for item in found if not ignored(item.name)), key=lambda item: item.name)
        folders = {item.name for item in items if item.is_dir(follow_symlinks=False)}
        todo += [f"{here}{name}/" for name in sorted(folders, reverse=True)]
        yield from (here + item.name for item in items if item.name not in folders)


def _names(home: str) -> list[str]:
    """Names of the files in a folder, sorted. Raises InputError."""
    with _files.listing(home), os.scandir(home) as found:
        return sorted(item.name for item in found if item.is_file() and not ignored(item.name))


def _sounds(folder: str) -> frozenset[str]:
    """Names without ending of what seem to be sounds in a folder."""
    return frozenset(_stem(name) for name in _names(folder) if os.path.splitext(name)[1].lower() in SOUNDS)


def _values(folder: str, endings: frozenset[str]) -> frozenset[str]:
    """Names without ending of what can't be labels in a folder; which are wanted is not known yet."""
    return frozenset(_stem(name) for name in _names(folder) if os.path.splitext(name)[1].lower() not in endings)


def _lower(endings: Iterable[str]) -> tuple[str, ...]:
    return tuple(ending.lower() for ending in endings)


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
