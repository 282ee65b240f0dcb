"""Which folders say the split and the class of a sound, and which merely hold all sounds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from augment import timelines
from augment.readers import folder
from augment.readers._walk import UNWANTED, Walk, ignored
from augment.sample import TRAINING, Entry, Skip

_NAMES = "audio audios wav wavs flac sounds clips recordings data"
HOLDERS = frozenset(_NAMES.split())
"""Names of folders that hold sounds and are no classes, where all sounds lie in the one."""


def listed(
    root: Path, options: folder.Options, suffixes: frozenset[str], tables: frozenset[str]
) -> Iterator[Entry | Skip]:
    """All sounds, with splits and classes as folders tell them; see the Reader contract.

    Args:
        root: The folder of sounds.
        options: Those of the reader ``folder``.
        suffixes: Endings that are wanted.
        tables: Names of tables without ending. Where each top folder is called like one of them, and one of them
            train, all are splits, whatever they are called.
    """
    holder = _holder(root, suffixes)
    top = _folders(root / holder)
    if options.pattern is None and set(top) <= tables and any(name.lower() in TRAINING for name in top):
        for split in top:
            yield from _split(root / holder / split, f"{holder}{split}/", options, suffixes)
        return
    labels = {ending.lower() for kind in timelines.kinds() for ending in timelines.timeline(kind).ENDINGS}
    for item in folder.entries(root / holder, options, suffixes):
        if isinstance(item, Skip) and item.reason == UNWANTED and os.path.splitext(item.source)[1].lower() in labels:
            continue  # the labels of the sounds
        yield _below(holder, item)


def _split(path: Path, lead: str, options: folder.Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """The sounds of one split; the first folder below it is the class."""
    name = lead.rstrip("/").rpartition("/")[2]
    for here, found in Walk.of(path, suffixes).folders():
        label = here.prefix.partition("/")[0] if here.prefix and options.classes == "folders" else None
        for key, facts in found:
            if isinstance(facts, Skip):
                yield _below(lead, replace(facts, split=name))
            else:
                yield Entry(lead + key, lead + key, name, label, facts.st_size, facts.st_mtime_ns)


def _below(lead: str, item: Entry | Skip) -> Entry | Skip:
    """What was listed below a folder, as it is called from above."""
    if isinstance(item, Skip):
        return replace(item, source=lead + item.source)
    return replace(item, key=lead + item.key, locator=lead + item.locator)


def _holder(root: Path, suffixes: frozenset[str]) -> str:
    """The one folder that all sounds lie in, with ``/``; empty where that is the root."""
    found = [name for name in _folders(root) if name.lower() in HOLDERS]
    if len(found) != 1 or any(_wanted(name, suffixes) for name in os.listdir(root)):
        return ""
    others = (name for name in _folders(root) if name not in found)
    return "" if any(_sounds(root / name, suffixes) for name in others) else f"{found[0]}/"


def _sounds(path: Path, suffixes: frozenset[str]) -> bool:
    """Whether there is a wanted file anywhere below."""
    return any(_wanted(name, suffixes) for _, _, names in os.walk(path) for name in names)


def _wanted(name: str, suffixes: frozenset[str]) -> bool:
    return not ignored(name) and os.path.splitext(name)[1].lower() in suffixes


def _folders(path: Path) -> list[str]:
    """Names of folders, sorted; none where they can't be listed."""
    try:
        with os.scandir(path) as found:
            return sorted(item.name for item in found if item.is_dir() and not ignored(item.name))
    except OSError:
        return []
