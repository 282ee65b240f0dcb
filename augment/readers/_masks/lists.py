"""Lists that say what belongs to a split: SegNet's ``train.txt``, a picture and its mask a line; VOC's of names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from augment.readers._masks.folders import MASK_ENDINGS, Home
from augment.readers.folder import SPLITS

_LARGEST = 2**28
"""Bytes of a list."""

_PAIR = re.compile(r"(\S.*?\.\w{2,5})[\s,;]+(\S.*\.\w{2,5})")


@dataclass(frozen=True, slots=True)
class PairList:
    """A list of pictures with their masks: its path relative to the root, and its split."""

    name: str
    split: str


def pair_lists(root: Path, homes: Iterable[Home]) -> list[PairList]:
    """The lists beside folders of pictures, and at the root."""
    found = []
    for lead in sorted({"", *(f"{home.above}/" for home in homes if home.above)}):
        for file in sorted((root / lead).glob("*.txt")):
            if file.stem.lower() in SPLITS and file.is_file() and _is_pair(next(_lines(file), (0, ""))[1]):
                found.append(PairList(f"{lead}{file.name}", file.stem))
    return found


def pairs(root: Path, listed: PairList) -> Iterator[tuple[int, str, str]]:
    """Line, picture and mask; empty names where a line is none. Names are as ``resolved`` gives them."""
    for line, text in _lines(root / listed.name):
        match = _PAIR.fullmatch(text)
        if match is None:
            yield line, "", text
        else:
            yield line, resolved(root, match[1]), resolved(root, match[2])


def resolved(root: Path, name: str) -> str:
    """A path with a foreign beginning as one below the root: the longest end of it that exists; else as written."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    for start in range(len(parts)):
        below = "/".join(parts[start:])
        if ".." not in parts[start:] and os.path.lexists(root / below):
            return below
    return name


def splits_of(root: Path, home: Home) -> dict[str, str] | None:
    """Name of a picture without ending -> split, as VOC's ``ImageSets/Segmentation`` has it; None where it is not."""
    folder = root / home.above / "ImageSets" / "Segmentation"
    found: dict[str, str] = {}
    for file in sorted(folder.glob("*.txt")):
        if file.stem.lower() in SPLITS and file.is_file():
            found.update({text.split()[0]: file.stem for _, text in _lines(file)})
    return found or None


def _is_pair(text: str) -> bool:
    match = _PAIR.fullmatch(text)
    return match is not None and all(match[place].lower().endswith(MASK_ENDINGS) for place in (1, 2))


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a list that have something on them, in whatever 8-bit encoding it is if not in UTF-8."""
    try:
        if file.stat().st_size > _LARGEST:
            return
        data = file.read_bytes()
    except OSError:
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, line.strip().replace("\0", "")
