"""The members of a tar archive by their headers, gathered into samples as WebDataset does it.

A member belongs to the sample that its path names up to the first dot of its file name; the rest is its ending
(https://github.com/webdataset/webdataset). There, the members of a sample stand together. In an archive where they
don't, they are found all the same: first is looked whether any sample comes twice, in eight bytes a sample.
"""

from __future__ import annotations

import itertools
import os
import re
import tarfile
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from augment.readers import _files
from augment.sample import Skip

_NAME = re.compile(r"((?:.*/|)[^./][^./]*)\.([^/]*)", re.DOTALL)
_META = re.compile(r"(?:.*/)?(?:__[^/]*__|__MACOSX|\.[^/]*)(?:/.*)?", re.DOTALL)
"""What WebDataset keeps for itself, and hidden files, such as those that macOS adds."""


PACKERS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
"""How compressed files begin, and what unpacks them."""


class Member(NamedTuple):
    """One file in an archive: its name without ``./``, and where its bytes are."""

    name: str
    start: int
    size: int


@dataclass(slots=True)
class Group:
    """The members of one sample: ending in lower case -> member."""

    key: str
    members: dict[str, Member] = field(default_factory=dict)


def groups(path: Path, name: str) -> Iterator[Group | Skip]:
    """The samples of one archive, in its order; ``name`` is what it is called in a Skip."""
    try:
        facts = path.stat()
        apart = _apart(path, (facts.st_mtime_ns, facts.st_size))
    except OSError:
        apart = False  # going through it will tell
    yield from (_gathered if apart else _pieces)(members(path, name))


@lru_cache(4096)
def _apart(path: Path, stamp: tuple[int, int]) -> bool:
    """Whether members of one sample stand apart; an archive is looked through once for it."""
    hashes = array("q", (hash(key) for key, _ in _runs(members(path, ""))))
    return bool(hashes) and len(np.unique(np.frombuffer(hashes, np.int64))) != len(hashes)


def members(path: Path, name: str) -> Iterator[Member | Skip]:
    """The files in an archive, told from its headers alone."""
    try:
        with path.open("rb") as file:
            begin = file.read(6)
        packer = next((packer for sign, packer in PACKERS.items() if begin.startswith(sign)), None)
        if packer:
            yield Skip(name, "compressed", f"its samples can't be reached one by one; unpack it, as with {packer} -d")
            return
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r:", errors="surrogateescape") as archive:
            length = os.fstat(file.fileno()).st_size
            # An empty one, which is all zeros, is at 0 then, and Python 3.10 would seek before that.
            while archive.offset and (info := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined] # it would keep every header
                item = _member(info, length, name)
                if item is not None:
                    yield item
            yield from _end(archive.offset, length, path, name)
    except tarfile.TarError as error:
        yield Skip(name, "broken archive", f"{error}; what stands before this place is used. Make the archive again")
    except (OSError, ValueError, OverflowError) as error:
        yield Skip(name, "unreadable", getattr(error, "strerror", None) or str(error))


def _member(info: tarfile.TarInfo, length: int, archive: str) -> Member | Skip | None:
    parts = [part for part in info.name.split("/") if part not in ("", ".")]
    name, told = "/".join(parts), _files.printable(f"{archive}/{info.name}")
    if info.isdir():
        return None
    if info.name.startswith("/") or ".." in parts:
        return Skip(told, "outside the root", "a member's name leads out of the archive; no such file was touched")
    if _META.fullmatch(name):
        return None
    if not _files.encodes(name):
        return Skip(told, "unreadable name")
    if info.islnk() or info.issym():
        return Skip(told, "a link", "links in archives are not followed; pack the file itself (tar --dereference)")
    if not info.isreg() or info.issparse():
        return Skip(told, "not a plain file")
    if info.size < 0 or info.offset_data + info.size > length:
        return Skip(told, "truncated", f"the archive ends inside it, after {length} bytes")
    return Member(name, info.offset_data, info.size)


def _end(offset: int, length: int, path: Path, name: str) -> Iterator[Skip]:
    """Whether the archive ends where it should: tarfile takes a damaged header for the end."""
    if offset > length:
        return  # its last member has told
    with path.open("rb") as file:
        file.seek(offset)
        block = file.read(tarfile.BLOCKSIZE)
    if any(block):
        yield Skip(name, "broken archive", f"no header at byte {offset}; what stands before it is used")
    elif len(block) < tarfile.BLOCKSIZE:
        yield Skip(name, "truncated", f"the archive has no end after {length} bytes; what is in it is used")


def _split(member: Member) -> tuple[str, str] | None:
    """The key and the ending of a member's name."""
    found = _NAME.fullmatch(member.name)
    return (found[1], found[2].lower()) if found else None


def _runs(found: Iterable[Member | Skip]) -> Iterator[tuple[str, Iterable[tuple[str, str, Member]]]]:
    """Members that stand together, by their key."""
    named = ((member, _split(member)) for member in found if isinstance(member, Member))
    return itertools.groupby(((*parts, member) for member, parts in named if parts), key=lambda item: item[0])


def _pieces(found: Iterable[Member | Skip]) -> Iterator[Group | Skip]:
    """Samples whose members stand together. One whose ending comes again begins a new sample of the same key."""
    group: Group | None = None
    for item in found:
        if isinstance(item, Skip):
            yield item
            continue
        parts = _split(item)
        if parts is None:
            continue
        if group is None or group.key != parts[0] or parts[1] in group.members:
            if group is not None:
                yield group
            group = Group(parts[0])
        group.members[parts[1]] = item
    if group is not None:
        yield group


def _gathered(found: Iterable[Member | Skip]) -> Iterator[Group | Skip]:
    """Samples whose members stand anywhere in the archive; all of its names are in memory."""
    by_key: dict[str, list[Group]] = {}
    for item in found:
        if isinstance(item, Skip):
            yield item
            continue
        parts = _split(item)
        if parts is None:
            continue
        turns = by_key.setdefault(parts[0], [])
        free = next((group for group in turns if parts[1] not in group.members), None)
        if free is None:
            free = Group(parts[0])
            turns.append(free)
        free.members[parts[1]] = item
    yield from itertools.chain.from_iterable(by_key.values())
