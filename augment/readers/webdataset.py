"""WebDataset: tar archives in which ``0001.jpg``, ``0001.json`` and ``0001.cls`` are one sample.

Archives lie in one folder or in folders ``train``, ``val``, ``test``; only headers and JSON members are read when they
are listed. The class is ``label`` in the JSON, else what ``.cls`` says, else ``.txt`` if it holds class names
rather than sentences; the JSON's other keys ride along. Annotations and masks are taken where they have the form in
which our own writer leaves them: ``annotations`` in the JSON, ``0001.mask.png``, ``0001.road.mask.png``. Where our
``dataset.json`` says that samples were rows of a table, they are again: ``.txt`` has the one text, the JSON several.
The format: https://github.com/webdataset/webdataset.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from augment.annotations import INDEX
from augment.errors import InputError, SampleError
from augment.options import Options as _Base
from augment.readers import _shards
from augment.readers._places import RefusedError
from augment.readers._shards import tar as _shards_tar
from augment.readers._shards import whole as _shards_whole
from augment.readers._shards.tar import Group, Member
from augment.sample import ROW, SIGN, Content, Dataset, Entry, Skip

ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""The compressed ones are taken only to say that they can't be used."""

OWN = frozenset({"source", "copy", "split", "label", "label_index"})
"""Keys that our own JSON always has."""

MASK = "mask.png"
MOST_JSON = 2**28
MOST_WORD = 2**16
"""Bytes of a ``.cls`` or ``.txt``."""

PEEK = 200
"""Samples that are looked at to tell whether a data set has annotations."""

BESIDE = frozenset({"txt"})
"""Endings of members that are no samples where others are."""

VALUE = ""
"""The key that is given to the value in a JSON, where it is one."""

SENTENCE = 4
"""A class name has at most so many words; more of them are a sentence."""

FALLBACK = False


class Options(_Base):
    """``value``: the ending of the members that are the samples, such as ``left.jpg``, where there is a choice.

    ``txt`` says what ``.txt`` members are: names of classes or captions.
    """

    value: str | None = None
    txt: Literal["label", "captions"] | None = None


def claims(path: Path) -> bool:
    """A tar archive, or a folder of them."""
    if path.is_file():
        return path.name.lower().endswith(ENDINGS)
    return _shards.claimed(path, ENDINGS)


def dataset(path: Path, options: Options) -> Dataset:
    """What ``dataset.json`` says; else, if the first samples are annotated, the categories of all. InputError."""
    told = _shards_whole.described(path)
    if told is not None:
        return told[0]
    if not any(masks or facts is not None for masks, facts in itertools.islice(_annotated(path), PEEK)):
        return Dataset()
    seen = _shards_whole.Seen()
    for masks, facts in _annotated(path):
        seen.look(facts if isinstance(facts, dict) else {}, masks)
    return seen.dataset()


def entries(path: Path, options: Options, suffixes: frozenset[str]) -> Iterator[Entry | Skip]:
    """List the samples, archive by archive; see the Reader contract."""
    if path.is_file() and not path.name.lower().endswith(".tar"):
        raise InputError(f"{path}: samples in a compressed archive can't be reached one by one; unpack it to a .tar")
    captions = None if options.txt is None else options.txt == "captions"
    told = _shards_whole.described(path) if ROW in suffixes else None
    rows = told[0].rows if told is not None else None
    seen = False
    for sample in _samples(path):
        if isinstance(sample, Skip):
            seen = True
            yield sample
            continue
        try:
            value = _value(sample.group, options.value, suffixes) or (sample.several() if ROW in suffixes else None)
            if value is None:
                continue
            seen = True
            txt = sample.group.members.get("txt")
            beside = txt is not None and value is not txt
            if captions is None and beside:
                captions = len(sample.text("txt").split()) > SENTENCE
            yield sample.entry(value, (captions or False) if beside else None, ROW if rows and value is txt else "")
        except (RefusedError, SampleError) as refused:
            seen = True
            yield Skip(f"{sample.shard[0]}/{sample.group.key}", refused.reason, refused.detail)
    if not seen:
        wanted = options.value or " ".join(sorted(suffixes))
        raise InputError(f"{path}: no member of an archive has a wanted ending; wanted: {wanted}")


def read(path: Path, entry: Entry, dataset: Dataset) -> Content:
    """The bytes of one sample from its archive, and its annotations. Raises SampleError."""
    root = _shards.root_of(path)
    start, size, length, rest = entry.locator.split(":", 3)
    archive = rest[: int(length)]
    data = _shards.piece(root, archive, int(start), int(size))
    if rest.endswith(ROW):
        data = _row(data, rest.endswith(f".json{ROW}"), dataset)
    if not entry.annotations:
        return Content(data)
    told = json.loads(entry.annotations)
    masks = {name: _shards.piece(root, archive, *place) for name, place in told.get("masks", {}).items()}
    facts: dict[str, Any] = {}
    if "json" in told:
        try:
            facts = _shards.parsed(_shards.piece(root, archive, *told["json"]))["annotations"]
        except (ValueError, KeyError, TypeError) as error:
            raise SampleError("bad annotations", f"the archive has changed since it was listed ({error})") from None
    found = _shards_whole.rebuilt(facts, masks)
    if "txt" in told:
        found = replace(found, captions=(*found.captions, _text(_shards.piece(root, archive, *told["txt"]))))
    return Content(data, found)


@dataclass(frozen=True, slots=True)
class _Sample:
    """One sample of an archive."""

    root: Path
    shard: _shards.Found
    group: Group

    def json(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The facts in its JSON that ride along or that we know; and those of our own making.

        Raises:
            RefusedError: It is broken.
        """
        member = self.group.members.get("json")
        if member is None:
            return {}, {}
        if member.size > MOST_JSON:
            raise RefusedError("too large", f"{member.name} has {member.size} bytes; at most {MOST_JSON} are read")
        try:
            facts = _shards.parsed(_shards.piece(self.root, self.shard[0], member.start, member.size))
        except ValueError as error:
            raise RefusedError("bad JSON", f"{member.name}: {error}") from None
        if not isinstance(facts, dict):
            return {"json": facts}, {}
        own = {"annotations": facts.pop("annotations")} if _shards_whole.ours(facts.get("annotations")) else {}
        if facts.keys() >= OWN:
            clash = facts.pop("fields", {})
            if not self.group.members.keys() - {"json", "cls"}:
                value = next((name for name in facts if name not in OWN), None)  # ours come first, it is the next
                own.update({VALUE: facts.pop(value)} if value is not None else {})
            own.update({name: facts.pop(name) for name in OWN})
            facts.update(clash if isinstance(clash, dict) else {"fields": clash})
        return facts, own

    def text(self, ending: str) -> str:
        """What a small member says. Raises RefusedError or SampleError."""
        member = self.group.members[ending]
        if member.size > MOST_WORD:
            raise RefusedError("too large", f"{member.name} has {member.size} bytes; at most {MOST_WORD} are read")
        return _text(_shards.piece(self.root, self.shard[0], member.start, member.size))

    def several(self) -> Member | None:
        """The JSON, where the value is in it: several texts. Raises RefusedError."""
        return self.group.members["json"] if _texts(self.json()[1]) is not None else None

    def entry(self, value: Member, captions: bool | None, row: str) -> Entry:
        """As an Entry. Raises RefusedError or SampleError.

        Args:
            value: The member with its value.
            captions: Whether ``.txt`` is captions, else it is the class; None where it is neither.
            row: How its locator ends where it was the row of a table, else empty.
        """
        archive, facts = self.shard
        fields, own = self.json()
        if value is self.group.members.get("json"):
            row = ROW
        place: dict[str, Any] = {}
        masks = self._masks(own)
        sizes = [value.size, *(mask.size for mask in masks.values())]
        if masks:
            place["masks"] = {name: (mask.start, mask.size) for name, mask in masks.items()}
        for ending, there in (("json", "annotations" in own), ("txt", captions and "txt" in self.group.members)):
            if there:
                member = self.group.members[ending]
                place[ending] = (member.start, member.size)
                if member is not value:
                    sizes.append(member.size)
        label, split = self._named(fields, own, captions)
        return Entry(
            key=f"{archive}/{value.name}",
            locator=f"{value.start}:{value.size}:{len(archive)}:{archive}/{value.name}{row}",
            split=split,
            label=label,
            size=sum(sizes),
            mtime_ns=facts.st_mtime_ns,
            fields=fields,
            annotations=json.dumps(place) if place else "",
        )

    def _named(self, fields: dict[str, Any], own: Mapping[str, Any], captions: bool | None) -> tuple[str | None, str]:
        """The class and the split; what tells them is taken from ``fields``."""
        split = _shards.split_of(self.shard[0]) or "train"
        if own.keys() >= OWN:
            return _shards.word(own["label"]), _shards.word(own["split"]) or split
        label = _shards.word(fields.get("label"))
        if label is not None:
            del fields["label"]
        elif "cls" in self.group.members:
            label = self.text("cls") or None
        elif "txt" in self.group.members and captions is False:
            label = self.text("txt") or None
        if isinstance(fields.get("split"), str) and fields["split"].strip():
            split = fields.pop("split").strip()
        return label, split

    def _masks(self, own: Mapping[str, Any]) -> dict[str, Member]:
        """The masks by name: as the JSON names them, else as their members are called. Raises RefusedError."""
        members = self.group.members
        told = own.get("annotations", {}).get("masks")
        if not isinstance(told, dict):
            found = {ending: member for ending, member in members.items() if _is_mask(ending)}
            return {INDEX if name == MASK else name[: -len(MASK) - 1]: mask for name, mask in found.items()}
        lost = [ending for ending in told.values() if str(ending) not in members]
        if lost:
            raise RefusedError("no mask", f"{self.group.key}.{lost[0]} is named in the JSON and not in the archive")
        return {name: members[str(ending)] for name, ending in told.items()}


def _samples(path: Path) -> Iterator[_Sample | Skip]:
    """All samples, archive by archive."""
    root = _shards.root_of(path)
    for shard in _shards.shards(path, ENDINGS):
        if isinstance(shard, Skip):
            yield shard
            continue
        for group in _shards_tar.groups(root / shard[0], shard[0]):
            yield group if isinstance(group, Skip) else _Sample(root, shard, group)


def _annotated(path: Path) -> Iterator[tuple[bool, dict[str, Any] | None]]:
    """For each sample whether it has masks, and the annotations in its JSON."""
    for sample in _samples(path):
        if isinstance(sample, Skip):
            continue
        with contextlib.suppress(RefusedError, SampleError):
            yield any(map(_is_mask, sample.group.members)), sample.json()[1].get("annotations")


def _is_mask(ending: str) -> bool:
    return ending == MASK or ending.endswith(f".{MASK}")


def _value(group: Group, wanted: str | None, suffixes: frozenset[str]) -> Member | None:
    """The member that is the sample; None where it has none of a wanted kind. Raises RefusedError: which?"""
    members = group.members
    if wanted is not None:
        return members.get(wanted.lower().lstrip("."))
    found = [name for name in members if f".{name.rpartition('.')[2]}" in suffixes and not _is_mask(name)]
    found = [name for name in found if name not in BESIDE] or found
    plain = [name for name in found if "." not in name]
    if len(plain or found) > 1:
        which = ", ".join(plain or found)
        raise RefusedError("which is it?", f"it has {which}; say it, as in input: {{value: {found[0]}}}")
    return members[(plain or found)[0]] if found else None


def _texts(own: Any) -> dict[str, str] | None:
    """The value in a JSON of ours, if it is several texts by column."""
    found = own.get(VALUE)
    good = isinstance(found, dict) and found and all(isinstance(text, str) for text in found.values())
    return found if good else None


def _row(data: bytes, in_json: bool, dataset: Dataset) -> bytes:
    """What is read of a row: its texts by column. Raises SampleError."""
    try:
        if in_json:
            facts = _shards.parsed(data)
            texts = next(value for name, value in facts.items() if name not in OWN)
        else:
            texts = {dataset.rows.texts[0]: data.decode()} if dataset.rows is not None else {}
    except (ValueError, AttributeError, StopIteration) as error:
        raise SampleError("unreadable", f"the archive has changed since it was listed ({error})") from None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise SampleError("unreadable", "the archive has changed since it was listed")
    return SIGN + json.dumps(texts, ensure_ascii=False).encode()


def _text(data: bytes) -> str:
    """A small text, in whatever 8-bit encoding it is if not in UTF-8."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\0", "").strip()
