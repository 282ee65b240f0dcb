"""The things that travel: Entry (a listed source), Sample (a decoded value), Record (an output's bytes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TRAINING = frozenset({"train", "training"})
"""Names, in lower case, of the splits that grow; all others pass through untouched."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One source as a reader lists it: cheap, nothing of it read yet.

    Args:
        key: Unique and stable name of the source: its path below the root, ``/``-separated, with its ending. It must
            not depend on what else lies in the data set, for all random draws hang on it.
        locator: What the reader needs to read the bytes, relative to the root (for files: the path).
        split: ``train``, ``val``, ``test`` or the data set's own name for it. Only train grows.
        label: The class, or None where the data set has none.
        size: Bytes of the source.
        mtime_ns: Time of last change, in nanoseconds; 0 where the source has none.
        fields: Any other annotation, JSON values only; rides along untouched.
    """

    key: str
    locator: str
    split: str = "train"
    label: str | None = None
    size: int = 0
    mtime_ns: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    """One source or copy that was left out, and why (a line of skipped.jsonl). ``copy`` is None for a whole source."""

    source: str
    reason: str
    detail: str = ""
    copy: int | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A decoded source on its way through the steps. Steps return a new one and never write into ``value``."""

    value: Any
    label: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded value: its bytes, and the ending without dot that fits them (``jpg``)."""

    data: bytes
    extension: str


@dataclass(frozen=True, slots=True)
class Applied:
    """One step that was applied, with the scalar parameters it drew (JSON values only)."""

    step: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One output, as a writer gets it.

    Args:
        key: Unique in the whole output, ASCII letters, digits, ``-`` and ``_`` only, at most 90 characters.
        data: The encoded value; an untouched original's own bytes.
        extension: Its ending without dot.
        modality: What it is (``image``); names the field where a format needs one.
        split: As in Entry.
        label: Class name or None.
        label_index: Position of the class among all classes of the data set (sorted by name), or None.
        source: The key of the source.
        copy: 0 is the untouched original, 1 and up are augmented copies.
        fields: The source's other annotations.
    """

    key: str
    data: bytes
    extension: str
    modality: str
    split: str
    label: str | None
    label_index: int | None
    source: str
    copy: int
    fields: Mapping[str, Any] = field(default_factory=dict)
