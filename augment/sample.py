"""The things that travel: Entry (listed), Content (read), Sample (decoded), Record (an output), and their Dataset."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from augment.annotations import Annotations, digest

if TYPE_CHECKING:
    from augment.chance import Chance

TRAINING = frozenset({"train", "training"})
"""Names, in lower case, of the splits that grow; all others pass through untouched."""

ROW = ".row"
"""How the locator of a row of a table ends, so that it is known for what it is; files don't end so."""

SIGN = b"\x1e"
"""Begins an element of a JSON text sequence (RFC 7464), as which a row travels: an object of texts by column."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")
"""Names of classes that are numbers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One source as a reader lists it: cheap, nothing of it read yet.

    Args:
        key: Unique and stable name of the source: its path below the root, ``/``-separated, with its ending. It must
            not depend on what else lies in the data set, for all random draws hang on it.
        locator: What the reader needs to read the bytes, relative to the root (for files: the path).
        split: ``train``, ``val``, ``test`` or the data set's own name for it. Only train grows.
        label: The class, or None where the data set has none.
        size: Bytes of the source, with those of its annotations.
        mtime_ns: Time of last change of either, in nanoseconds; 0 where the source has none.
        fields: Any other facts, JSON values only; ride along untouched.
        annotations: What the reader needs to find the annotations, in its own words; empty where there are none. It
            is no part of the input's fingerprint: where they lie does not matter.
    """

    key: str
    locator: str
    split: str = "train"
    label: str | None = None
    size: int = 0
    mtime_ns: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)
    annotations: str = ""

    @property
    def suffix(self) -> str:
        """The ending of what is read, lower case with dot; it tells the modality."""
        return os.path.splitext(self.locator)[1].lower()


@dataclass(frozen=True, slots=True)
class Content:
    """One source as a reader reads it: its bytes, and its annotations in the neutral form (None: it has none)."""

    data: bytes
    annotations: Annotations | None = None

    def sha256(self) -> str:
        """SHA-256 (hex) over both; that of the bytes alone where nothing is annotated."""
        found = hashlib.sha256(self.data)
        if self.annotations is not None:
            found.update(digest(self.annotations).encode())
        return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of object that instances are labelled with.

    Args:
        name: Unique in the data set.
        keypoints: Names of the keypoints that its instances have, in order.
        fields: Any other facts (COCO's id, supercategory and skeleton), JSON values only; ride along untouched.
    """

    name: str
    keypoints: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rows:
    """How the rows of a table are laid out whose cells are the samples themselves, so that outputs can be alike.

    What a row has beside its texts, class, split and spans lies in ``Annotations.fields``, by column.

    Args:
        texts: The columns whose texts are the sample's value, in their order; ``doc.body`` is a field inside the
            column ``doc`` where none has that name, see ``augment.nested``.
        columns: All columns in their order, those of ``texts`` among them; rows of JSON Lines may bring more.
        label: The column with the class; None where there is none.
        split: The column with the split; None where there is none.
        shape: Name of the form that spans were read from, a module of ``augment.spans``; empty where there are none.
        types: Column -> the name of its Arrow type, where the table tells.
        dialect: How a CSV was written: ``delimiter``, ``newline``, ``header`` (whether there is one), ``quoting``
            (``minimal``, ``all`` or ``none``), ``escape`` (what stands before quotes in cells, if not another quote);
            what is not there is as usual.
    """

    texts: tuple[str, ...]
    columns: tuple[str, ...] = ()
    label: str | None = None
    split: str | None = None
    shape: str = ""
    types: Mapping[str, str] = field(default_factory=dict)
    dialect: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What is true of a data set as a whole.

    Args:
        categories: The kinds of objects, in the data set's own order; the place is the number in formats that count
            from 0. Empty where objects are not annotated.
        classes: Names of the classes of whole samples; a class's place is its number. A reader tells those that the
            data set declares, all and in its order; the engine adds those that occur beside them (``class_order``).
        spare: Whether some of ``classes`` occur nowhere, so that samples alone don't tell the numbers of the others.
        spatial: Whether annotations say where something is: such labels must move with what they label.
        timed: Whether annotations say when something is: such labels must move with time.
        transcribed: Whether annotations say what is said, in its order.
        spanned: Whether annotations say what stands where in a text: such labels must move with the words.
        rows: How the table is laid out whose rows the samples are; None where they are no rows.
        fields: Any other facts (COCO's info and licenses), JSON values only; ride along untouched.
        reading: What the reader's ``read`` needs to know beside the entry; plain data, of no concern to others.
    """

    categories: tuple[Category, ...] = ()
    classes: tuple[str, ...] = ()
    spare: bool = False
    spatial: bool = False
    timed: bool = False
    transcribed: bool = False
    spanned: bool = False
    rows: Rows | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def located(self) -> bool:
        """Whether annotations say where or when something is."""
        return self.spatial or self.timed or self.spanned


def class_order(names: Iterable[str], told: Iterable[str] = ()) -> tuple[str, ...]:
    """The classes of a data set in the order of their numbers.

    Args:
        names: Those that occur.
        told: Those that the data set declares; they come first, in its own order, whether they occur or not.

    Returns:
        Each name once. Those that are not declared come sorted: by value where all are whole numbers, else by name.
    """
    first = dict.fromkeys(told)
    rest = {name for name in names if name not in first}
    if all(map(_WHOLE.fullmatch, rest)):
        return (*first, *sorted(rest, key=lambda name: (int(name), name)))
    return (*first, *sorted(rest))


@dataclass(frozen=True, slots=True)
class Skip:
    """One source or copy that was left out, and why (a line of skipped.jsonl). ``copy`` is None for a whole source."""

    source: str
    reason: str
    detail: str = ""
    copy: int | None = None
    split: str | None = None


@dataclass(slots=True)
class Sample:
    """A decoded source on its way through the steps. Steps return a new one and never write into this.

    It is not frozen only because that takes half a microsecond a step, a tenth of what the fastest steps take.

    Args:
        value: As the modality decodes it.
        label: Its class.
        fields: Any other facts.
        annotations: In whatever form the modality works on; only the modality looks at them.
        notes: What became of annotations: reason -> how often.
        key: That of its source.
        partners: Draws other samples of the same split, for steps that mix: ``partners(chance, count, balanced)``;
            with ``balanced`` each class comes up equally often. Raises SampleError. None where there are none to draw.
    """

    value: Any
    label: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    annotations: Any = None
    notes: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    partners: Callable[[Chance, int, bool], list[Sample]] | None = None

    def changed(self, value: Any, annotations: Any) -> Sample:
        """It with another value and annotations for that; ``dataclasses.replace`` takes four times as long."""
        return Sample(value, self.label, self.fields, annotations, self.notes, self.key, self.partners)


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded value: its bytes, the ending without dot that fits them (``jpg``), and what became of the value.

    ``notes`` count what had to be done to fit the format: reason -> how often.
    """

    data: bytes
    extension: str
    notes: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Applied:
    """One step that was applied, with the scalar parameters it drew (JSON values only). Not frozen, as Sample."""

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
        label_index: Position of the class among all classes of the data set (``Dataset.classes``), or None.
        source: The key of the source.
        copy: 0 is the untouched original, 1 and up are augmented copies.
        fields: The source's other facts.
        annotations: In pixels or seconds of this output, with its size or duration; None where there are none.
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
    annotations: Annotations | None = None
